"""Gathers what an analysis needs from the venue, and notes what could not be had."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from kit_tui.commands.command import Context
from kit_tui.domain.candles import Candles
from kit_tui.domain.errors import KitError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.pair import Pair
from kit_tui.skills.market_analysis.settings import AnalysisSettings

# MA50 has settled and volume has its 20-candle mean; all that a time frame's line needs.
FRAME_CANDLES = 150
T = TypeVar("T")


class Inputs(msgspec.Struct, frozen=True):
    """Raw material: `candles` as they came, other time frames, quote, tick size, and gaps in it."""

    pair: Pair
    candles: Candles
    frames: dict[str, Candles | None]
    ticker: Ticker | None
    tick: Decimal
    now: datetime
    problems: tuple[str, ...]


async def collect(ctx: Context, pair: Pair, timeframe: str, settings: AnalysisSettings) -> Inputs:
    """Ask for everything at once.

    Raises:
        KitError: when the candles to analyse are not to be had; the rest may be missing.
    """
    others = [frame for frame in settings.timeframes if frame != timeframe]
    (main, ticker, tick), frames = await asyncio.gather(
        asyncio.gather(
            attempt(ctx.market.candles(pair, timeframe, settings.candles)),
            attempt(ctx.market.ticker(pair)),
            attempt(tick_of(ctx, pair)),
        ),
        asyncio.gather(
            *(attempt(ctx.market.candles(pair, frame, FRAME_CANDLES)) for frame in others)
        ),
    )
    if isinstance(main, KitError):
        raise main
    if not len(main.closed()):
        raise KitError(
            f"{main.venue} gave no closed {timeframe} candles of {pair}.", title="No candles"
        )
    found = {frame: or_none(got) for frame, got in zip(others, frames, strict=True)}
    found[timeframe] = main
    problems = [f"no quote ({ticker.message})"] if isinstance(ticker, KitError) else []
    problems += [f"no {frame} candles" for frame in others if found[frame] is None]
    return Inputs(
        pair=pair,
        candles=main,
        frames={frame: found[frame] for frame in settings.timeframes},
        ticker=or_none(ticker),
        tick=ZERO if isinstance(tick, KitError) else tick,
        now=ctx.clock.now(),
        problems=tuple(problems),
    )


async def tick_of(ctx: Context, pair: Pair) -> Decimal:
    """The price step of a market, zero when the venue names none."""
    market = (await ctx.market.markets()).get(pair)
    return ZERO if market is None else market.tick_size


async def attempt(request: Coroutine[Any, Any, T]) -> T | KitError:
    """What a request gives, or the error it raised."""
    try:
        return await request
    except KitError as error:
        return error


def or_none(found: T | KitError) -> T | None:
    """What was found; None for an error."""
    return None if isinstance(found, KitError) else found
