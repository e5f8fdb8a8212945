"""Chart cards of made-up markets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from kit_tui.domain.candles import Candles
from kit_tui.domain.cards import Candle, ChartCard, PriceLevel
from kit_tui.domain.pair import Pair
from tests.support.clock import EPOCH
from tests.support.market import BTC, make_candles


def chart_of(
    closes: Sequence[float],
    *,
    pair: Pair = BTC,
    timeframe: str = "4h",
    tick: str = "0.01",
    levels: Sequence[tuple[str, str]] = (),
    notes: tuple[str, ...] = (),
    age_s: float = 2.0,
    wick: float = 0.001,
    volumes: Sequence[float] | None = None,
    left_out: range = range(0),
    now: datetime = EPOCH,
) -> ChartCard:
    """A chart with these closes, but for the candles `left_out`; levels are kind and price."""
    series = make_candles(
        closes, pair=pair, timeframe=timeframe, now=now, wick=wick, volumes=volumes
    )
    candles = [candle for at, candle in enumerate(_rows(series)) if at not in left_out]
    step = Decimal(tick)

    def priced(value: float) -> Decimal:
        return Decimal(repr(value)).quantize(step)

    price, opened = priced(candles[-1].close), priced(candles[0].open)
    return ChartCard(
        pair=pair,
        venue="kraken",
        timeframe=timeframe,
        as_of=now - timedelta(seconds=age_s),
        age_s=age_s,
        price=price,
        tick=step,
        change=round(price / opened - 1, 6),
        high=priced(max(candle.high for candle in candles)),
        low=priced(min(candle.low for candle in candles)),
        span_s=(candles[-1].time - candles[0].time + series.step_ms) // 1000,
        candles=tuple(candles),
        levels=tuple(
            PriceLevel(kind=kind, price=Decimal(at), origin="long 0.1 BTC") for kind, at in levels
        ),
        account="paper" if levels else "",
        notes=notes,
    )


def _rows(series: Candles) -> list[Candle]:
    columns = (series.time, series.open, series.high, series.low, series.close, series.volume)
    return [Candle(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]
