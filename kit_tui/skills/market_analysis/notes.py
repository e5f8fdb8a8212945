"""What a reader should know about candles: what is missing in them, and that they have stopped."""

from __future__ import annotations

from datetime import datetime

from kit_tui.domain.candles import Candles
from kit_tui.domain.clock import utc_from_ms
from kit_tui.indicators.gaps import find_gaps
from kit_tui.skills import wording


def closing_time(closed: Candles) -> datetime:
    """When the last of these candles closed."""
    return utc_from_ms(int(closed.time[-1]) + closed.step_ms)


def series_notes(closed: Candles, now: datetime) -> list[str]:
    """Gaps in these closed candles, and how long ago they ended when that is long."""
    if not len(closed):
        return []
    notes = []
    gaps = find_gaps(closed)
    if gaps.missing:
        missing = wording.count(gaps.missing, "candle is", "candles are")
        notes.append(f"{missing} missing in {wording.count(gaps.holes, 'gap')}")
    age = (now - closing_time(closed)).total_seconds()
    if age * 1000 > 2 * closed.step_ms:
        notes.append(f"the newest closed candle ended {wording.span(age)} ago")
    return notes
