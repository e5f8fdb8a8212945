"""Which of Telegram's updates may be confirmed: those before the oldest that is not settled yet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telegram import Update

PATIENCE_S = 1.0
"""So long a poll waits for what it brought to be settled; what takes longer is confirmed later."""
AGAIN_S = 0.5
"""Between two polls while something waits: Telegram gives what is not confirmed at once."""
MOST = 100
log = logging.getLogger(__name__)


class Intake:
    """Hands on updates in their order, each once, and counts up to where all are settled.

    `hear` takes one in and gives what to wait for until it is settled. What fails in either is
    handed on again when it comes again.
    """

    def __init__(self, hear: Callable[[Update], Awaitable[Awaitable[None]]]) -> None:
        self.offset: int | None = None
        self._hear = hear
        self._open: dict[int, asyncio.Future[None] | None] = {}

    @property
    def is_waiting(self) -> bool:
        """Whether there is something that cannot be confirmed yet."""
        return bool(self._open)

    async def take(self, updates: Sequence[Update]) -> None:
        """Take in what a poll has brought."""
        if not updates and not self._open:
            self.offset = None  # all is confirmed; numbers start anew after a quiet week
        brought = {update.update_id for update in updates}
        for number in [n for n, settling in self._open.items() if settling is None]:
            if number not in brought and len(updates) < MOST:  # Telegram keeps nothing for ever
                del self._open[number]
        for update in updates:
            if self._open.get(update.update_id) is None:
                self._open[update.update_id] = await self._begun(update)
        waits = [settling for settling in self._open.values() if settling is not None]
        if waits:
            await asyncio.wait(waits, timeout=PATIENCE_S)
        self._count()

    def close(self) -> None:
        """Wait for nothing any more."""
        self._count()
        for settling in self._open.values():
            if settling is not None:
                settling.cancel()

    async def _begun(self, update: Update) -> asyncio.Future[None] | None:
        try:
            return asyncio.ensure_future(await self._hear(update))
        except Exception:
            log.exception("an update of Telegram could not be taken in")
            return None

    def _count(self) -> None:
        for number in sorted(self._open):
            settling = self._open[number]
            if settling is not None and settling.done() and _failed(settling):
                self._open[number] = None
        for number in sorted(self._open):
            settling = self._open[number]
            if settling is None or not settling.done():
                return
            del self._open[number]
            self.offset = number + 1


def _failed(settling: asyncio.Future[None]) -> bool:
    return settling.cancelled() or settling.exception() is not None
