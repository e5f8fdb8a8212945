"""The pace of one chat: a few posts at once, then one in every so many seconds."""

from __future__ import annotations

from kit_tui.domain.clock import Clock


class Pace:
    """Tokens that come back with time. One who was asked to wait starts again with none."""

    def __init__(self, clock: Clock, every_s: float, burst: int) -> None:
        self._clock = clock
        self._every_s = every_s
        self._burst = burst
        self._tokens = float(burst)
        self._at = clock.monotonic()

    def wait(self) -> float:
        """Seconds until the next post may go; zero when it may go now."""
        self._refill()
        return max(0.0, (1.0 - self._tokens) * self._every_s)

    def spend(self) -> None:
        """A post goes out."""
        self._refill()
        self._tokens -= 1.0

    def slow_down(self, seconds: float) -> None:
        """The service asked for a pause of so many seconds: one post after it, no burst."""
        self._at = self._clock.monotonic()
        self._tokens = 1.0 - seconds / self._every_s

    def _refill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) / self._every_s)
        self._at = now
