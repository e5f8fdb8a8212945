"""Another program that reads the messages of the same bot: each poll ends the other's."""

from __future__ import annotations

from kit_tui.domain.clock import Clock

CALM_S = 90.0
"""So long must pass without a sign of it: it may wait for a minute itself before it asks again."""


class Rivals:
    """Whether there was a sign of another program lately.

    One good poll does not show that it has gone. Two engines that believed so would end each
    other's polls every second, and each would say every second that all is well.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._met_at: float | None = None

    @property
    def are_there(self) -> bool:
        """Whether another program has to be reckoned with."""
        met_at = self._met_at
        return met_at is not None and self._clock.monotonic() - met_at < CALM_S

    def met(self) -> None:
        """Telegram says that another program reads."""
        self._met_at = self._clock.monotonic()
