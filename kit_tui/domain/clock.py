"""The clock as everything sees it, so that tests can hold it still."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, injected wherever it matters."""

    def now(self) -> datetime:
        """The present moment, time-zone aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        ...


def utc_from_ms(milliseconds: int) -> datetime:
    """The UTC moment of a Unix time in milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def to_ms(moment: datetime) -> int:
    """Unix time in milliseconds."""
    return round(moment.timestamp() * 1000)
