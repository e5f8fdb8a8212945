"""Time frames side by side: which way each points, and whether they agree."""

from __future__ import annotations

from collections.abc import Mapping

from kit_tui.domain.candles import Candles
from kit_tui.domain.cards import Reading
from kit_tui.skills import wording
from kit_tui.skills.market_analysis.figures import Figures, figures

NAME = "Time frames"


def frame_readings(frames: Mapping[str, Candles | None]) -> tuple[Reading, ...]:
    """One reading per time frame: up when close > MA20 > MA50, down when the reverse."""
    return tuple(_frame(name, candles) for name, candles in frames.items())


def consensus(readings: tuple[Reading, ...]) -> Reading:
    """Leans when three quarters of the known time frames do."""
    known = [r for r in readings if r.value != wording.MISSING]
    if len(known) < 2:
        return Reading(name=NAME, value=wording.MISSING, meaning="fewer than two are known")
    up, down = sum(r.lean > 0 for r in known), sum(r.lean < 0 for r in known)
    lean = 1 if up >= 0.75 * len(known) else -1 if down >= 0.75 * len(known) else 0
    meaning = "mixed" if not lean else "agree up" if lean > 0 else "agree down"
    return Reading(name=NAME, value=f"{up} up, {down} down", meaning=meaning, lean=lean)


def direction(f: Figures) -> int | None:
    """1 for close > MA20 > MA50, -1 for the reverse, 0 between, None without MA50."""
    fast, slow = f.averages[20], f.averages[50]
    if fast is None or slow is None:
        return None
    if f.close > fast > slow:
        return 1
    return -1 if f.close < fast < slow else 0


def _frame(name: str, candles: Candles | None) -> Reading:
    closed = None if candles is None else candles.closed()
    if closed is None or not len(closed):
        return Reading(name=name, value=wording.MISSING, meaning="no candles")
    f = figures(closed)
    lean = direction(f)
    if lean is None:
        return Reading(name=name, value=wording.MISSING, meaning="needs 50 candles")
    parts = [f"RSI {wording.MISSING if f.rsi is None else format(f.rsi, '.0f')}"]
    if f.macd is not None:
        parts.append("MACD " + ("above" if f.macd > 0 else "below" if f.macd < 0 else "on"))
    if f.volume_ratio is not None:
        parts.append(f"volume {f.volume_ratio:.1f}×")
    value = {1: "up", 0: "mixed", -1: "down"}[lean]
    return Reading(name=name, value=value, meaning=", ".join(parts), lean=lean)
