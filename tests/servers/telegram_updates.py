"""The queue of updates: numbered, confirmed by offset, read by one poll at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.servers.telegram_rules import Data, decoded, integer
from tests.servers.telegram_words import OTHER_POLL, WEBHOOK_ACTIVE, ApiError

ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
MOST_SECONDS = 50


class Updates:
    """Updates that wait for the bot. `changed` is told of everything that happens."""

    def __init__(self) -> None:
        self.waiting: list[dict[str, Any]] = []
        self.pushed: dict[int, dict[str, Any]] = {}
        self.next_id = 1_000
        self.allowed: frozenset[str] = frozenset()
        self.webhook = ""
        self.down = False
        self.closing = False
        self.changed = asyncio.Condition()
        self._again: list[dict[str, Any]] = []
        self._poll = 0

    async def notify(self) -> None:
        """Let everybody who waits look again."""
        async with self.changed:
            self.changed.notify_all()

    async def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Wait for something that happens on the server."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: bool(condition()))

    async def push(
        self, update: dict[str, Any], update_id: int | None = None, *, forced: bool = False
    ) -> int:
        """Put an update up, unless its kind is not asked for; returns its number.

        `forced` puts it up all the same, as one from before the bot said what it asks for.
        """
        number = self.next_id if update_id is None else update_id
        self.next_id = max(self.next_id, number + 1)
        kept = {"update_id": number, **update}
        self.pushed[number] = kept
        if forced or all(self._is_wanted(kind) for kind in update):
            self.waiting.append(kept)
        await self.notify()
        return number

    async def again(self, number: int) -> None:
        """Deliver an update once more with the next poll, whatever has been confirmed."""
        self._again.append(self.pushed[number])
        await self.notify()

    def forget(self) -> None:
        """Drop all that wait, as `drop_pending_updates` does."""
        self.waiting.clear()

    async def poll(self, data: Data) -> list[dict[str, Any]]:
        """What `getUpdates` answers.

        Raises:
            ApiError: 409 when a webhook is set, or another poll takes this one's place.
        """
        if self.webhook:
            raise ApiError(409, WEBHOOK_ACTIVE)
        limit = min(max(integer(data, "limit", 100), 1), 100)
        timeout = min(max(integer(data, "timeout"), 0), MOST_SECONDS)
        allowed = decoded(data, "allowed_updates", "allowed_updates")
        if isinstance(allowed, list):
            self.allowed = frozenset(str(kind) for kind in allowed)
        self._confirm(integer(data, "offset"))
        await self.notify()
        if not self._is_something() and timeout:
            await self._wait(timeout)
        found, self._again = [*self._again, *self.waiting][:limit], self._again[limit:]
        return found

    async def _wait(self, seconds: float) -> None:
        self._poll += 1
        mine = self._poll
        await self.notify()  # whoever polled before is answered 409
        try:
            async with asyncio.timeout(seconds), self.changed:
                await self.changed.wait_for(lambda: self._is_over(mine))
        except TimeoutError:
            return
        if self.webhook:
            raise ApiError(409, "Conflict: terminated by setWebhook request")
        if self._poll != mine:
            raise ApiError(409, OTHER_POLL)

    def _is_over(self, mine: int) -> bool:
        gone = self.closing or self.down or bool(self.webhook) or self._poll != mine
        return gone or self._is_something()

    def _is_something(self) -> bool:
        return bool(self.waiting or self._again)

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self.waiting = self.waiting[offset:]
        self.waiting = [one for one in self.waiting if one["update_id"] >= offset]

    def _is_wanted(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in ON_REQUEST
