"""The answer to "chart": candles of one market with the asker's own levels, and one line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from kit_tui.commands.command import Context
from kit_tui.domain.candles import Candles
from kit_tui.domain.cards import Candle, ChartCard, PriceLevel, Reply
from kit_tui.domain.errors import KitError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.message import Role
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import Position
from kit_tui.skills import wording
from kit_tui.skills.market_analysis.collect import attempt, or_none, tick_of
from kit_tui.skills.market_analysis.notes import closing_time, series_notes
from kit_tui.skills.market_analysis.prices import on_tick, to_price
from kit_tui.state.slices import ORDERS, POSITIONS

# As many as a phone's screen can still show apart.
CANDLES = 120
# A grid of orders would hide the candles; those nearest to the price say most.
MOST_ORDERS = 6


async def chart(ctx: Context, pair: Pair, timeframe: str) -> Reply:
    """The newest candles of a market as a card, and the same in a line.

    Raises:
        KitError: when there are no candles; a quote may be missing.
    """
    series, ticker, tick = await asyncio.gather(
        attempt(ctx.market.candles(pair, timeframe, CANDLES)),
        attempt(ctx.market.ticker(pair)),
        attempt(tick_of(ctx, pair)),
    )
    if isinstance(series, KitError):
        raise series
    if not len(series):
        raise KitError(f"{series.venue} gave no {timeframe} candles of {pair}.", title="No candles")
    step = ZERO if isinstance(tick, KitError) else tick
    card = _card(ctx, series.tail(CANDLES), or_none(ticker), step)
    return Reply(text=_words(card), cards=(card,))


def _card(ctx: Context, series: Candles, ticker: Ticker | None, tick: Decimal) -> ChartCard:
    now = ctx.clock.now()
    price, as_of = _priced(series, ticker, tick)
    candles = _candles(series)
    first = to_price(candles[0].open, tick)
    high = max(price, to_price(max(candle.high for candle in candles), tick))
    low = min(price, to_price(min(candle.low for candle in candles), tick))
    levels = tuple(_levels(ctx, series.pair, price, tick))
    notes = [] if ticker else ["no quote, so the price is the last candle's"]
    return ChartCard(
        pair=series.pair,
        venue=series.venue,
        timeframe=series.timeframe,
        as_of=as_of,
        age_s=max(0.0, (now - as_of).total_seconds()),
        price=price,
        tick=tick,
        change=round(price / first - 1, 6) if first else ZERO,
        high=high,
        low=low,
        span_s=(candles[-1].time - candles[0].time + series.step_ms) // 1000,
        candles=candles,
        levels=levels,
        account=ctx.account if levels else "",
        notes=(*notes, *series_notes(series.closed(), now)),
    )


def _priced(series: Candles, ticker: Ticker | None, tick: Decimal) -> tuple[Decimal, datetime]:
    """The quote's last price and when it came, else the newest candle's close and its time."""
    if ticker is not None:
        return on_tick(ticker.last, tick), ticker.received_at
    price = to_price(float(series.close[-1]), tick)
    if series.last_is_open:
        return price, series.received_at
    return price, min(series.received_at, closing_time(series))


def _candles(series: Candles) -> tuple[Candle, ...]:
    columns = (series.time, series.open, series.high, series.low, series.close, series.volume)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(Candle(*row) for row in rows)


def _levels(ctx: Context, pair: Pair, price: Decimal, tick: Decimal) -> Iterator[PriceLevel]:
    """What the account holds and has working in this market; only for those who may trade it."""
    if ctx.principal.role < Role.TRADER:
        return
    held = {
        level.price: level
        for marked in ctx.store.get(POSITIONS) or ()
        if marked.position.pair == pair and marked.position.is_open
        for level in _of_position(marked.position, tick)
    }
    yield from held.values()
    working = [
        PriceLevel(kind=order.side.value, price=on_tick(at, tick), origin=f"order {order.id}")
        for order in ctx.store.get(ORDERS) or ()
        if order.pair == pair and order.is_open and (at := order.stop_price or order.price)
    ]
    # The orders that are a position's stop and target are told as those.
    others = [level for level in working if level.price not in held]
    yield from sorted(others, key=lambda level: abs(level.price - price))[:MOST_ORDERS]


def _of_position(held: Position, tick: Decimal) -> Iterator[PriceLevel]:
    origin = f"{held.side} {wording.amount(held.quantity)} {held.pair.base}"
    prices = {
        "liquidation": held.liquidation_price,
        "entry": held.entry_price,
        "target": held.take_profit_price,
        "stop": held.stop_price,
    }
    for kind, price in prices.items():
        if price is not None:
            yield PriceLevel(kind=kind, price=on_tick(price, tick), origin=origin)


def _words(card: ChartCard) -> str:
    """`**BTC/USDT** 4h 67,012.40 (kraken, 2 s old), +1.24% in 20 d, range 61,000.00–68,000.00`."""
    age = f"{card.venue}, {wording.span(card.age_s)} old"
    line = (
        f"**{card.pair}** {card.timeframe} {wording.price(card.price)} ({age}), "
        f"{wording.percent(card.change)} in {wording.span(card.span_s)}, "
        f"range {wording.price(card.low)}–{wording.price(card.high)}"
    )
    return "; ".join((line, *card.notes))
