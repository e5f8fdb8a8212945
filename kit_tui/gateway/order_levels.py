"""Stops and targets as they are said, as prices: per cent, multiples of the ATR or of the risk."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from kit_tui.commands.command import MarketSource
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import UsageError
from kit_tui.domain.numbers import Price, exact, plain
from kit_tui.domain.pair import Pair
from kit_tui.trading.average_range import AverageRange, average_range

HUNDRED: Final = Decimal(100)
_SAID: Final = re.compile(r"(?P<figure>[\d.]+)(?P<unit>%|atr|r)?")


class Levels:
    """The levels of one order; distances count from its own price, else from the market's.

    `notes` says what a level was counted with, for the reply.
    """

    def __init__(self, pair: Pair, market: MarketSource, clock: Clock, own: Price | None) -> None:
        self.notes: list[str] = []
        self._pair = pair
        self._market = market
        self._clock = clock
        self._own = own
        self._range: AverageRange | None = None

    async def stop(self, text: str | None) -> Price | None:
        """`64000`, `2%` or `1.5atr` below the order's price."""
        return await self._at(text, away=-1, stop=None)

    async def target(self, text: str | None, stop: Price | None) -> Price | None:
        """`68000`, `6%` or `3atr` above the order's price, or `2r`: twice the way to the stop."""
        return await self._at(text, away=1, stop=stop)

    async def _at(self, text: str | None, *, away: int, stop: Price | None) -> Price | None:
        if text is None:
            return None
        said = _SAID.fullmatch(text)
        if said is None:
            raise UsageError(f"A level cannot be {text[:20]!r}.", hint="Say a price, 2% or 1.5atr.")
        figure, unit = exact(said["figure"]), said["unit"]
        if unit is None:
            return Price(figure)
        reference = await self._reference()
        if unit == "%":
            distance = reference * figure / HUNDRED
        elif unit == "atr":
            distance = figure * (await self._average_range()).value
        else:
            distance = figure * self._risk(reference, stop)
            self.notes.append(f"1R is {plain(distance / figure)} here." if figure else "")
        if reference + away * distance <= 0:
            raise UsageError(f"{text} below {plain(reference)} is no price; nothing was proposed.")
        return Price(reference + away * distance)

    async def _reference(self) -> Decimal:
        return self._own or (await self._market.ticker(self._pair)).last

    async def _average_range(self) -> AverageRange:
        if self._range is None:
            self._range = await average_range(self._market, self._clock, self._pair)
            self.notes.append(f"{self._range.said}.")
        return self._range

    def _risk(self, reference: Decimal, stop: Price | None) -> Decimal:
        if stop is None or stop >= reference:
            raise UsageError(
                "A target in R needs a stop below the price to count from; nothing was proposed.",
                hint="Say for instance: stop 2% target 2R",
            )
        return reference - stop
