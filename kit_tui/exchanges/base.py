"""The Exchange contract: what every venue, real or simulated, does for K.I.T.

A user adds a venue by subclassing `Exchange` and registering it behind the entry-point group
`kit_tui.exchanges`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from kit_tui.domain.candles import Candles
from kit_tui.domain.errors import OrderRejectedError, UnknownPairError
from kit_tui.domain.market_data import OrderBook, PublicTrade, Ticker
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Fill, Mode, OrderStatus, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.portfolio import Balance


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent to a venue: already rounded, with our own id which the venue keeps.

    `trail` is the distance of a trailing stop as a fraction of the price.
    """

    client_id: str
    pair: Pair
    side: Side
    type: OrderType
    quantity: Quantity
    price: Price | None = None
    stop_price: Price | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    reduce_only: bool = False
    post_only: bool = False
    trail: Decimal | None = None


class NewOco(msgspec.Struct, frozen=True, kw_only=True):
    """Two orders of which one cancels the other: a target (limit) and a stop, of one quantity.

    With `stop_limit_price` the stop is a stop-limit order.
    """

    client_id: str
    pair: Pair
    side: Side
    quantity: Quantity
    target_client_id: str
    target_price: Price
    stop_client_id: str
    stop_price: Price
    stop_limit_price: Price | None = None


class VenueOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the venue reports it."""

    client_id: str
    venue_order_id: str
    pair: Pair
    side: Side
    type: OrderType
    status: OrderStatus
    quantity: Quantity
    filled: Quantity
    price: Price | None = None
    stop_price: Price | None = None
    average_price: Price | None = None
    reduce_only: bool = False
    post_only: bool = False
    trail: Decimal | None = None
    group_id: str = ""
    reason: str = ""
    updated_at: datetime


class VenuePosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position of a margined account as the venue reports it; `quantity` is below zero short."""

    pair: Pair
    quantity: Decimal
    entry_price: Price | None
    mark_price: Price | None = None
    liquidation_price: Price | None = None
    leverage: Decimal | None = None
    margin: Literal["isolated", "cross"] = "cross"


class KeyPermissions(msgspec.Struct, frozen=True, kw_only=True):
    """What a key may do; None where the venue does not say."""

    read: bool | None = None
    trade: bool | None = None
    withdraw: bool | None = None
    ip_restricted: bool | None = None


class NotFoundRule(msgspec.Struct, frozen=True, kw_only=True):
    """How often, and over how many seconds, a venue must deny an order before that is proof."""

    times: int = 4
    seconds: float = 60.0


class MarketData(ABC):
    """The public side of a venue: markets, prices, candles. No keys are needed for it.

    Every read raises `VenueUnavailableError` when the venue cannot be reached and
    `UnknownPairError` for a pair it does not trade; a missing number is an error, never a zero.
    """

    name: str
    costs_requests: bool = True
    """Whether reads go over a network and count against a venue's limits."""

    async def open(self) -> None:
        """Get ready without the network, such as importing a large library in a thread."""

    async def ping(self) -> None:
        """The cheapest proof that the venue answers; raises a VenueError otherwise."""
        await self.load_markets()

    @abstractmethod
    async def load_markets(self) -> Mapping[Pair, Market]:
        """All markets, those not traded now with `active` False; cached after the first call."""

    async def reload_markets(self) -> Mapping[Pair, Market]:
        """The markets as the venue lists them now, where they can change."""
        return await self.load_markets()

    @abstractmethod
    async def fetch_tickers(self, pairs: Sequence[Pair]) -> Mapping[Pair, Ticker]:
        """Quotes of `pairs`; pairs the venue did not answer for are left out."""

    @abstractmethod
    async def fetch_candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        """The newest `limit` candles, the open one included, oldest first."""

    async def fetch_order_book(self, pair: Pair, depth: int = 5) -> OrderBook | None:
        """The top of the book, or None where the venue offers none."""
        del pair, depth
        return None

    async def fetch_trades(self, pair: Pair, limit: int = 20) -> Sequence[PublicTrade]:
        """The newest public trades, oldest first; empty where the venue offers none."""
        del pair, limit
        return ()

    async def fetch_ticker(self, pair: Pair) -> Ticker:
        """One quote.

        Raises:
            UnknownPairError: when the venue has no such pair.
        """
        found = await self.fetch_tickers([pair])
        if pair not in found:
            raise UnknownPairError(f"{self.name} gave no price for {pair}.")
        return found[pair]

    async def close(self) -> None:
        """Release connections."""


class Exchange(MarketData):
    """The whole contract: market data plus one account.

    A call which changes something has three outcomes. It returns: confirmed. It raises
    `OrderRejectedError` or `KeysRefusedError`: the venue proved it did nothing. It raises anything
    else, `OrderOutcomeUnknownError` as a rule: nobody knows, and only a query may tell.
    Implementations never retry `create_order`.

    `native_types` are the orders the venue itself has; others are watched here. `is_margined`
    accounts hold positions which may be short; others hold coins. `not_found` says when a denied
    order counts as never placed.
    """

    account: str
    mode: Mode
    native_types: frozenset[OrderType] = frozenset(
        {OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT}
    )
    has_oco: bool = False
    has_post_only: bool = False
    is_margined: bool = False
    not_found: NotFoundRule = NotFoundRule()

    @abstractmethod
    async def create_order(self, order: NewOrder) -> VenueOrder:
        """Send an order and return it as the venue took it."""

    @abstractmethod
    async def cancel_order(self, pair: Pair, client_id: str) -> VenueOrder:
        """Cancel a working order and return how it stands; already ended is not an error."""

    @abstractmethod
    async def find_order(self, pair: Pair, client_id: str) -> VenueOrder | None:
        """The order with this client id whatever its status, or None if the venue never had it."""

    @abstractmethod
    async def fetch_open_orders(self) -> Sequence[VenueOrder]:
        """All working orders of the account."""

    @abstractmethod
    async def fetch_fills(self, since: datetime | None) -> Sequence[Fill]:
        """Executions at or after `since`, oldest first; `order_id` holds the client id."""

    def watch_pairs(self, pairs: Collection[Pair]) -> None:
        """More pairs whose executions matter, for venues that must be asked by pair.

        Pairs of orders sent by this object are known already.
        """

    @abstractmethod
    async def fetch_balances(self) -> Sequence[Balance]:
        """What the account holds. A failure raises; it is never an empty list."""

    async def create_oco(self, oco: NewOco) -> tuple[VenueOrder, VenueOrder]:
        """Place a target and a stop of which one cancels the other, in that order.

        Raises:
            OrderRejectedError: where the venue has no such thing (`has_oco` is False).
        """
        raise OrderRejectedError(f"{self.name} has no OCO orders.", code="UNSUPPORTED_ORDER_TYPE")

    async def fetch_positions(self) -> Sequence[VenuePosition]:
        """Open positions of a margined account; empty for others. A failure raises."""
        return ()

    async def set_leverage(
        self, pair: Pair, leverage: Decimal, margin: Literal["isolated", "cross"]
    ) -> None:
        """Set leverage and margin mode of a pair; for margined accounts only."""
        raise OrderRejectedError(f"{self.name} has no leverage here.", code="NO_LEVERAGE")

    async def fetch_permissions(self) -> KeyPermissions:
        """What the account's key may do."""
        return KeyPermissions()

    async def clock_offset_s(self) -> float:
        """How far the venue's clock is ahead of ours, in seconds."""
        return 0.0

    async def buy(
        self,
        pair: Pair,
        *,
        base: Decimal | None = None,
        quote: Decimal | None = None,
        client_id: str,
    ) -> VenueOrder:
        """Buy at market; the unit is always named: `base` or `quote`."""
        return await self._trade(Side.BUY, pair, base, quote, client_id)

    async def sell(
        self,
        pair: Pair,
        *,
        base: Decimal | None = None,
        quote: Decimal | None = None,
        client_id: str,
    ) -> VenueOrder:
        """Sell at market; the unit is always named: `base` or `quote`."""
        return await self._trade(Side.SELL, pair, base, quote, client_id)

    async def get_balance(self, currency: str) -> Balance:
        """What the account holds of one currency; zero only when the venue answered."""
        for balance in await self.fetch_balances():
            if balance.currency == currency:
                return balance
        return Balance(currency=currency, total=Decimal(0), free=Decimal(0))

    async def _trade(
        self,
        side: Side,
        pair: Pair,
        base: Decimal | None,
        quote: Decimal | None,
        client_id: str,
    ) -> VenueOrder:
        if (base is None) == (quote is None):
            raise TypeError("name exactly one unit: base=… or quote=…")
        market = (await self.load_markets())[pair]
        if base is None:
            assert quote is not None  # noqa: S101 - narrowed above
            ticker = await self.fetch_ticker(pair)
            base = quote / ((ticker.ask if side is Side.BUY else ticker.bid) or ticker.last)
        order = NewOrder(
            client_id=client_id,
            pair=pair,
            side=side,
            type=OrderType.MARKET,
            quantity=market.quantity_down(base),
        )
        return await self.create_order(order)
