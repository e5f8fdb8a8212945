"""Pure rules of fills, for paper trading and backtests: what an order gets from a market.

Everything errs against the trader: market orders pay the spread and slippage, resting limits fill
only when the market trades through them, stops fill at the worse of stop and market.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import takewhile

import msgspec

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import ZERO, Price, Quantity
from kit_tui.domain.orders import Side
from kit_tui.domain.pair import Market

_MINUTES_OF_DAY = 1_440


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What trading costs beside fees. All are fractions.

    `half_spread` stands in where a venue quotes no bid or ask; `slippage` worsens market orders,
    once more for every further level they reach. A level holds `level_share` of the volume of a
    usual minute; a resting order gets at most `participation` of what traded while it rested.
    """

    slippage: Decimal = Decimal("0.0005")
    half_spread: Decimal = Decimal("0.0001")
    level_share: Decimal = Decimal(1)
    participation: Decimal = Decimal("0.25")
    levels: int = 10
    wild_move: Decimal = Decimal("0.5")


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The touch now; `level_volume` is what one price level holds, None when that is not known."""

    bid: Price
    ask: Price
    last: Price
    level_volume: Decimal | None = None


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """Where the market went between two moments; `volume` is None when nothing limits fills."""

    from_ms: int
    at_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None = None

    def flattened(self) -> Bar:
        """Only its end, for an order that was not there from the start."""
        return msgspec.structs.replace(self, open=self.close, high=self.close, low=self.close)


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """A trade that an order gets."""

    price: Price
    quantity: Quantity
    is_maker: bool = False


def quote_from(ticker: Ticker, market: Market, terms: Terms) -> Quote:
    """The touch of a ticker, spread around the last price where bid or ask is missing."""
    last = ticker.last
    bid = ticker.bid or market.price_down(max(last * (1 - terms.half_spread), market.tick_size))
    ask = ticker.ask or market.price_up(last * (1 + terms.half_spread))
    usual = None
    if ticker.volume_24h:
        usual = ticker.volume_24h / _MINUTES_OF_DAY * terms.level_share
    return Quote(bid=bid, ask=max(ask, bid), last=last, level_volume=usual)


class Matcher(msgspec.Struct, frozen=True):
    """The rules of fills in one market."""

    market: Market
    terms: Terms = Terms()

    def market_order(self, side: Side, quantity: Quantity, quote: Quote) -> tuple[Execution, ...]:
        """What a market order gets: from the touch, each level worse by the slippage.

        What is left when `terms.levels` are empty finds no counterparty.
        """
        prices = (self._level(side, quote, level) for level in range(1, self.terms.levels + 1))
        return self._walk(prices, quantity, quote.level_volume)

    def limit_order(
        self, side: Side, quantity: Quantity, limit: Price, quote: Quote
    ) -> tuple[Execution, ...]:
        """What a new limit order gets at once, at the touch and up to its limit, as a taker."""
        prices = (self._level(side, quote, level) for level in range(self.terms.levels))
        within = takewhile(lambda price: not _is_worse(side, price, limit), prices)
        return self._walk(within, quantity, quote.level_volume)

    def resting(self, side: Side, quantity: Quantity, limit: Price, bar: Bar) -> Execution | None:
        """What a resting limit order gets in a bar: its own price, if trades went through it."""
        if not (bar.low < limit if side is Side.BUY else bar.high > limit):
            return None
        most: Decimal = quantity
        if bar.volume is not None:
            most = min(most, bar.volume * self.terms.participation)
        filled = quantity if most == quantity else self.market.quantity_down(most)
        return Execution(price=limit, quantity=filled, is_maker=True) if filled else None

    def stop(self, side: Side, quantity: Quantity, stop: Price, bar: Bar) -> Execution | None:
        """What a stop gets in a bar that touches it: the worse of stop and opening, with slippage.

        A gap beyond the stop fills where the market reopened. The price stays inside the bar,
        because nothing traded outside of it.
        """
        if not stop_touched(side, stop, bar):
            return None
        slippage = self.terms.slippage
        if side is Side.SELL:
            worst = min(stop, bar.open) * (1 - slippage)
            price = self.market.price_down(max(worst, bar.low, self.market.tick_size))
        else:
            worst = max(stop, bar.open) * (1 + slippage)
            price = self.market.price_up(min(worst, bar.high))
        return Execution(price=price, quantity=quantity)

    def _level(self, side: Side, quote: Quote, level: int) -> Price:
        worse = self.terms.slippage * level
        if side is Side.BUY:
            return self.market.price_up(quote.ask * (1 + worse))
        return self.market.price_down(max(quote.bid * (1 - worse), self.market.tick_size))

    def _walk(
        self, prices: Iterable[Price], quantity: Quantity, level_volume: Decimal | None
    ) -> tuple[Execution, ...]:
        left = Decimal(quantity)
        # A level always holds something tradable, however little the venue trades.
        least = self.market.min_quantity or self.market.quantity_step or quantity
        found: list[Execution] = []
        for price in prices:
            if left <= ZERO:
                break
            taken = left
            if level_volume is not None and level_volume < left:
                taken = min(left, max(self.market.quantity_down(level_volume), least))
            found.append(Execution(price=price, quantity=Quantity(taken)))
            left -= taken
        return tuple(found)


def stop_touched(side: Side, stop: Price, bar: Bar) -> bool:
    """Whether a stop order is triggered in a bar: a sell below the market, a buy above it."""
    return bar.low <= stop if side is Side.SELL else bar.high >= stop


def _is_worse(side: Side, price: Price, limit: Price) -> bool:
    return price > limit if side is Side.BUY else price < limit


def sane_bars(bars: Sequence[Bar], reference: Decimal | None, terms: Terms) -> tuple[Bar, ...]:
    """Bars without prints that nobody would believe.

    A wick further than `wild_move` from both ends of its bar is cut to the body, and a bar as far
    from `reference` (the price before it) is dropped unless the next one stands there too.
    """
    kept: list[Bar] = []
    for place, bar in enumerate(bars):
        top, bottom = max(bar.open, bar.close), min(bar.open, bar.close)
        cut = msgspec.structs.replace(
            bar,
            high=bar.high if bar.high <= top * (1 + terms.wild_move) else top,
            low=bar.low if bar.low >= bottom * (1 - terms.wild_move) else bottom,
        )
        confirmed = place + 1 < len(bars) and not is_wild(bar.close, bars[place + 1].open, terms)
        if reference is not None and is_wild(reference, cut.close, terms) and not confirmed:
            continue
        kept.append(cut)
        reference = cut.close
    return tuple(kept)


def is_wild(before: Decimal, after: Decimal, terms: Terms) -> bool:
    """Whether a price moved further than one look can be believed about."""
    return abs(after - before) > before * terms.wild_move
