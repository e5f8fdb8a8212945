"""What happened in a market since the paper venue last looked at it. Pure."""

from __future__ import annotations

from kit_tui.domain.candles import Candles
from kit_tui.domain.market_data import TIMEFRAME_SECONDS
from kit_tui.domain.numbers import Price, from_float
from kit_tui.exchanges.matching import Bar
from kit_tui.exchanges.paper_store import PaperLook

LOOK_BACK_CANDLES = 500
_LOOK_BACK = ("1m", "5m", "15m", "1h", "4h")


def look_back(since_ms: int, now_ms: int) -> tuple[str, int] | None:
    """The finest timeframe and count of candles reaching back to `since_ms`; None if too far."""
    for timeframe in _LOOK_BACK:
        count = (now_ms - since_ms) // (TIMEFRAME_SECONDS[timeframe] * 1000) + 2
        if count <= LOOK_BACK_CANDLES:
            return timeframe, int(count)
    return None


def bars_since(look: PaperLook, candles: Candles, now_ms: int) -> tuple[Bar, ...]:
    """The candles after a look, oldest first, without anything from before it.

    Of the candle that was forming at the look only new extremes count, when its old ones are
    known; else only its close does.
    """
    step = candles.step_ms
    bars: list[Bar] = []
    for place in range(len(candles)):
        start = int(candles.time[place])
        if start + step <= look.at_ms:
            continue
        bar = Bar(
            from_ms=start,
            at_ms=min(start + step, now_ms),
            open=from_float(candles.open[place]),
            high=from_float(candles.high[place]),
            low=from_float(candles.low[place]),
            close=from_float(candles.close[place]),
            volume=from_float(candles.volume[place]),
        )
        fresh = start >= look.at_ms and start != look.candle_ms
        bars.append(bar if fresh else _rest_of(bar, look))
    return tuple(bars)


def look_now(last: Price, candles: Candles | None, now_ms: int) -> PaperLook:
    """What to remember of this look; candles coarser than a minute are not worth remembering."""
    if candles is None or candles.timeframe != "1m" or not len(candles):
        return PaperLook(at_ms=now_ms, last=last)
    return PaperLook(
        at_ms=now_ms,
        last=last,
        candle_ms=int(candles.time[-1]),
        high=from_float(candles.high[-1]),
        low=from_float(candles.low[-1]),
        volume=from_float(candles.volume[-1]),
    )


def _rest_of(bar: Bar, look: PaperLook) -> Bar:
    opening, close = look.last, bar.close
    high, low, volume = max(opening, close), min(opening, close), None
    if look.candle_ms == bar.from_ms:
        if look.high is not None and bar.high > look.high:
            high = max(high, bar.high)
        if look.low is not None and bar.low < look.low:
            low = min(low, bar.low)
        if look.volume is not None and bar.volume is not None:
            volume = max(bar.volume - look.volume, bar.volume * 0)
    return Bar(
        from_ms=look.at_ms, at_ms=bar.at_ms, open=opening, high=high, low=low, close=close,
        volume=volume,
    )  # fmt: skip
