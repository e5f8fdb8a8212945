"""When a venue may be asked again: its rate limits and bans, and our own patience with it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError, RateLimitedError, VenueUnavailableError

T = TypeVar("T")

_LONGEST_BACK_OFF_S = 60.0


class Gate:
    """Shut while the venue asked us to wait; between failures it opens less and less often."""

    def __init__(self, venue: str, clock: Clock, poll_seconds: float, random: Random) -> None:
        self._venue = venue
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._random = random
        self._failures = 0
        self._due_at = float("-inf")  # of the monotonic clock, as is the next one
        self._blocked_until = float("-inf")

    @property
    def is_open(self) -> bool:
        """Whether the venue may be asked now."""
        return self._clock.monotonic() >= max(self._due_at, self._blocked_until)

    @property
    def is_blocked(self) -> bool:
        """Whether the venue itself asked us to wait, and the time is not over."""
        return self._clock.monotonic() < self._blocked_until

    @property
    def is_backing_off(self) -> bool:
        """Whether only our own patience keeps us from asking."""
        return not self.is_open and not self.is_blocked

    @property
    def until(self) -> datetime | None:
        """When a venue that asked us to wait may be asked again."""
        if not self.is_blocked:
            return None
        left = self._blocked_until - self._clock.monotonic()
        return self._clock.now() + timedelta(seconds=left)

    def hurry(self) -> None:
        """Forget our own back-off; a rate limit is still waited for."""
        self._due_at = float("-inf")

    def answered(self) -> None:
        """The venue did all it was asked."""
        self._failures = 0
        self._due_at = float("-inf")

    def failed(self, problems: Sequence[KitError]) -> None:
        """Wait longer after every outage, with jitter; a partial answer needs no wait."""
        if not any(map(is_outage, problems)):
            self._failures = 0
            return
        self._failures += 1
        longest = self._poll_seconds * 2.0 ** min(self._failures - 1, 10)
        wait = min(_LONGEST_BACK_OFF_S, longest) * (0.5 + 0.5 * self._random.random())
        self._due_at = self._clock.monotonic() + wait

    def refuse_while_blocked(self) -> None:
        """Raise a RateLimitedError instead of asking a venue that told us to wait."""
        if self.is_blocked:
            left = self._blocked_until - self._clock.monotonic()
            raise RateLimitedError(f"{self._venue} asks to wait {left:.0f} s more.",
                                   retry_after=left)  # fmt: skip

    async def through(self, call: Awaitable[T]) -> T:
        """Await a request, remembering how long the venue wants to be left alone."""
        try:
            return await call
        except RateLimitedError as error:
            until = self._clock.monotonic() + error.retry_after
            self._blocked_until = max(self._blocked_until, until)
            raise


def is_outage(problem: KitError) -> bool:
    """Whether a problem is that the venue does not answer, or will not."""
    return isinstance(problem, VenueUnavailableError | RateLimitedError)
