"""What the risk manager looks at: one account at one moment, and what an order would change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import field

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.orders import Order, OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.portfolio import Portfolio
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.risk import TradingStatus
from kit_tui.domain.ticket import OrderDraft
from kit_tui.domain.trust import Barrier


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """One account as the checks see it.

    `rates` gives the worth of one unit of a quote currency in the reference currency; `frozen`
    names pairs with an order whose outcome is unknown; `barriers` are further reasons why entries
    are refused now. `market` and `ticker` belong to the pair of the order in question and are None
    when there is none or the venue did not say.
    """

    now: datetime
    status: TradingStatus
    portfolio: Portfolio | None
    positions: tuple[MarkedPosition, ...] = ()
    working: tuple[Order, ...] = ()
    frozen: frozenset[Pair] = frozenset()
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    market: Market | None = None
    ticker: Ticker | None = None
    barriers: tuple[Barrier, ...] = ()
    margined: bool = False
    native_types: frozenset[OrderType] = frozenset(OrderType)
    has_post_only: bool = True
    recent_orders: int = 0

    @property
    def equity(self) -> Decimal:
        return self.portfolio.equity if self.portfolio is not None else ZERO

    def rate(self, currency: str) -> Decimal:
        """Worth of one `currency` in the reference currency; zero when no price is known."""
        return self.rates.get(currency, ZERO)

    def position(self, pair: Pair) -> MarkedPosition | None:
        return next((p for p in self.positions if p.position.pair == pair), None)

    def held_value(self, pair: Pair) -> Decimal:
        """Exposure of the open position in `pair`, in reference currency."""
        held = self.position(pair)
        return ZERO if held is None else self._worth(held)

    def entries_value(self, pair: Pair | None = None) -> Decimal:
        """What working entry orders would add, in reference currency; of all pairs by default."""
        return sum(
            (
                order.remaining * self._price_of(order) * self.rate(order.pair.quote)
                for order in self.entries()
                if pair is None or order.pair == pair
            ),
            ZERO,
        )

    def entries(self) -> tuple[Order, ...]:
        """Working orders which open or add."""
        return tuple(
            o
            for o in self.working
            if not o.reduce_only and not o.outside and (self.margined or o.side is Side.BUY)
        )

    @property
    def gross_exposure(self) -> Decimal:
        """Sum of what all open positions are worth, in reference currency."""
        return sum((self._worth(position) for position in self.positions), ZERO)

    def free(self, currency: str) -> Decimal:
        """What may be spent of a currency."""
        holdings = self.portfolio.holdings if self.portfolio is not None else ()
        return sum((h.free for h in holdings if h.currency == currency), ZERO)

    def is_exit(self, draft: OrderDraft) -> bool:
        """Whether the order truly reduces: against the position, and not beyond flat."""
        held = self.position(draft.pair)
        if held is None or not held.position.is_open:
            return False
        against = Side.SELL if held.position.side == "long" else Side.BUY
        return draft.side is against and draft.quantity <= held.position.quantity

    def order_value(self, draft: OrderDraft) -> Decimal:
        """Notional of the order in reference currency, at the price of the ticket."""
        return draft.notional * self.rate(draft.pair.quote)

    def _worth(self, held: MarkedPosition) -> Decimal:
        # Without a mark the cost stands in, so that an unpriced position is never counted as none.
        notional = held.notional if held.notional is not None else abs(held.position.cost)
        return notional * self.rate(held.position.pair.quote)

    def _price_of(self, order: Order) -> Decimal:
        stated = order.price or order.stop_price
        if stated is not None:
            return stated
        held = self.position(order.pair)
        if held is not None and held.mark_price is not None:
            return held.mark_price
        if self.ticker is not None and self.ticker.pair == order.pair:
            return self.ticker.last
        return order.average_price or ZERO
