"""Telegram's flood control: so many messages a second, and longer waits for whoever insists."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tests.servers.telegram_words import TooManyError

GLOBAL = "*"


@dataclass(frozen=True, slots=True)
class Flooded:
    """One 429 that was given. `provoked_twice`: asked again before the last one had passed."""

    at: float
    method: str
    chat: str
    retry_after: int
    provoked_twice: bool


class Flood:
    """Off until `enabled`. Sends and edits count alike.

    A chat takes `burst` at once and then `per_second`; a group also no more than `per_minute` a
    minute; all chats together `overall` a second.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.enabled = False
        self.burst = 3
        self.per_second = 1.0
        self.per_minute = 20
        self.overall = 30
        self.floods: list[Flooded] = []
        self.early: list[tuple[float, str, str]] = []
        """Time, method and chat of calls that came while a 429 was in force, taken or not."""
        self._now = now
        self._tokens: dict[str, tuple[float, float]] = {}
        self._times: dict[str, deque[float]] = {}
        self._until: dict[str, float] = {}
        self._last: dict[str, int] = {}

    def take(self, method: str, chat: str, *, group: bool = False) -> None:
        """Count a message.

        Raises:
            TooManyError: when it is one too many; it is not counted then.
        """
        now = self._now()
        if any(now < self._until.get(place, -math.inf) for place in (chat, GLOBAL)):
            self.early.append((now, method, chat))
        if not self.enabled:
            return
        for place in (chat, GLOBAL):
            if now < self._until.get(place, -math.inf):
                self._refuse(method, place, self._last[place] * 2)
        wait = max(self._chat_wait(chat, now), self._window_wait(GLOBAL, now, self.overall, 1.0))
        if group:
            wait = max(wait, self._window_wait(chat, now, self.per_minute, 60.0))
        if wait > 0:
            self._refuse(method, chat, math.ceil(wait))
        tokens, _ = self._tokens[chat]
        self._tokens[chat] = (tokens - 1, now)
        for place in (chat, GLOBAL):
            self._times.setdefault(place, deque()).append(now)

    def given(self, method: str, chat: str, seconds: int) -> None:
        """A 429 that a script gave; it is in force as any other."""
        chat = chat or GLOBAL
        now = self._now()
        again = any(now < self._until.get(place, -math.inf) for place in {chat, GLOBAL})
        self._until[chat] = now + seconds
        self._last[chat] = seconds
        self.floods.append(Flooded(now, method, chat, seconds, again))

    @property
    def provoked_twice(self) -> bool:
        """Whether anything was asked again before its 429 had passed."""
        return any(flooded.provoked_twice for flooded in self.floods)

    def _refuse(self, method: str, chat: str, seconds: int) -> None:
        self.given(method, chat, seconds)
        raise TooManyError(seconds)

    def _chat_wait(self, chat: str, now: float) -> float:
        tokens, at = self._tokens.get(chat, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + (now - at) * self.per_second)
        self._tokens[chat] = (tokens, now)
        # A hair of a token is lost to rounding; it must not cost a second.
        return 0.0 if tokens > 1 - 1e-6 else (1 - tokens) / self.per_second

    def _window_wait(self, place: str, now: float, most: int, seconds: float) -> float:
        times = self._times.setdefault(place, deque())
        while times and times[0] <= now - 60.0:
            times.popleft()
        inside = [at for at in times if at > now - seconds]
        return inside[-most] + seconds - now if len(inside) >= most else 0.0
