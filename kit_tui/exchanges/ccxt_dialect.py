"""How one venue is spoken to through ccxt where ccxt does not make all venues alike.

The base class suits venues that follow ccxt's unified methods; Binance and others override what
differs. Everything here may raise ccxt's own errors: the exchange reads them by the dialect's rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kit_tui.domain.errors import OrderRejectedError
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import Fill, OrderType, TimeInForce
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Balance
from kit_tui.exchanges.base import (
    KeyPermissions,
    NewOco,
    NewOrder,
    NotFoundRule,
    VenueOrder,
    VenuePosition,
)
from kit_tui.exchanges.budget import Budget, Cost
from kit_tui.exchanges.ccxt_errors import retry_after
from kit_tui.exchanges.ccxt_orders import (
    Frame,
    balances_from,
    fill_from,
    order_from,
    position_from,
)
from kit_tui.exchanges.ccxt_outcomes import Row
from kit_tui.exchanges.ccxt_wire import Call, Request

_TIF = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}


@dataclass(frozen=True, slots=True)
class Sending:
    """An order in ccxt's words. `expected` are parameters that must reach the wire exactly so."""

    type: str
    price: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the account's trades in one pair; `is_last` when there are no newer ones."""

    trades: Sequence[Mapping[str, Any]]
    is_last: bool
    next_from: int | None = None


class Dialect:
    """A venue that follows ccxt's unified methods, for spot or perpetuals.

    One object per exchange object: dialects may remember things. `frame` tells pairs and contract
    sizes; it is set once the markets are known.
    """

    rows: tuple[Row, ...] = ()
    native_types: frozenset[OrderType] = frozenset({OrderType.MARKET, OrderType.LIMIT})
    has_oco = False
    has_post_only = False
    not_found = NotFoundRule()
    page_size = 500
    main_bucket = ""
    has_limits = False

    def __init__(self, market: str, account: str) -> None:
        self.market = market
        self.account = account
        self.frame = Frame()

    # -- setting up -----------------------------------------------------------------------------

    def options(self) -> dict[str, Any]:
        """Options for ccxt beyond the venue's traits."""
        # All working orders are asked for at once: those of others are in pairs we do not know.
        every: dict[str, Any] = {"fetchOpenOrders": {"warnWithoutSymbol": False}}
        return every | ({"defaultType": "swap"} if self.market == "perpetual" else {})

    def use_sandbox(self, client: Any) -> None:
        """Turn a client to the venue's own testnet."""
        client.set_sandbox_mode(True)

    def set_limits(self, budget: Budget) -> None:
        """Tell a budget what the venue allows, before it is asked anything."""

    def costs(self, request: Request) -> list[Cost]:
        """What a request takes from which buckets; nothing where ccxt spaces the requests."""
        del request
        return []

    def learn(self, call: Call, request: Request | None, budget: Budget) -> None:
        """Read what a reply says about limits."""
        del request
        if call.status in {418, 429}:
            budget.ban(retry_after(call.headers, banned=call.status == 418))

    # -- orders ---------------------------------------------------------------------------------

    def sending(self, order: NewOrder) -> Sending:
        """An order in ccxt's words.

        Raises:
            OrderRejectedError: for what the venue does not have; nothing was sent.
        """
        if order.type not in self.native_types:
            raise unsupported(order.type.value)
        params: dict[str, Any] = {"clientOrderId": order.client_id}
        if order.type in {OrderType.STOP, OrderType.STOP_LIMIT}:
            params["triggerPrice"] = number_text(order.stop_price)
        if order.price is not None and not order.post_only:
            params["timeInForce"] = _TIF[order.time_in_force]
        if order.post_only:
            params["postOnly"] = True
        if order.reduce_only and self.market == "perpetual":
            params["reduceOnly"] = True
        kind = "market" if order.price is None else "limit"
        price = None if order.price is None else plain(order.price)
        return Sending(kind, price, params)

    async def place(self, client: Any, order: NewOrder, sending: Sending, amount: str) -> Any:
        """Send an order; ccxt's dictionary of it."""
        return await client.create_order(
            str(order.pair), sending.type, order.side.value, amount, sending.price,
            dict(sending.params),
        )  # fmt: skip

    async def place_oco(self, client: Any, oco: NewOco, amount: str) -> tuple[Any, Any]:
        """Send an OCO; ccxt's dictionaries of the target and of the stop."""
        raise unsupported("OCO")

    async def find(self, client: Any, pair: Pair, client_id: str) -> Any:
        """ccxt's dictionary of one order; None when complete lists do not have it."""
        for method, has in (
            (client.fetch_open_orders, "fetchOpenOrders"),
            (client.fetch_closed_orders, "fetchClosedOrders"),
            (client.fetch_canceled_orders, "fetchCanceledOrders"),
        ):
            if client.has.get(has):
                for raw in await method(str(pair)):
                    if raw.get("clientOrderId") == client_id:
                        return raw
        return None

    async def cancel(self, client: Any, pair: Pair, client_id: str) -> Any:
        """Cancel; ccxt's dictionary of the order when the reply tells how it stands, else None."""
        raw = await self.find(client, pair, client_id)
        if raw is not None:
            await client.cancel_order(raw["id"], str(pair))
        return None

    async def open_orders(self, client: Any, pairs: Collection[Pair] | None) -> list[Any]:
        """ccxt's dictionaries of working orders, of all pairs or of some."""
        if pairs is None:
            return list(await client.fetch_open_orders())
        return [raw for pair in pairs for raw in await client.fetch_open_orders(str(pair))]

    async def order_ids(
        self, client: Any, pair: Pair, wanted: Collection[str]
    ) -> Mapping[str, str]:
        """Client ids by the venue's order ids, as far as the venue tells."""
        from ccxt.base.errors import OrderNotFound

        found: dict[str, str] = {}
        for order_id in wanted if client.has.get("fetchOrder") else ():
            try:
                raw = await client.fetch_order(order_id, str(pair))
            except OrderNotFound:
                continue
            if raw.get("clientOrderId"):
                found[order_id] = str(raw["clientOrderId"])
        return found

    async def trades(
        self, client: Any, pair: Pair, since_ms: int | None, from_id: int | None
    ) -> Page:
        """One page of the account's trades, oldest first."""
        del from_id
        rows = await client.fetch_my_trades(str(pair), since_ms, self.page_size)
        newest = max((int(row.get("timestamp") or 0) for row in rows), default=0)
        is_last = len(rows) < self.page_size or newest <= (since_ms or 0)
        return Page(rows, is_last, None)

    async def balances(self, client: Any) -> Any:
        """ccxt's dictionary of balances."""
        return await client.fetch_balance()

    async def positions(self, client: Any) -> Sequence[Any]:
        """ccxt's dictionaries of positions."""
        found: Sequence[Any] = await client.fetch_positions()
        return found

    async def set_leverage(self, client: Any, pair: Pair, leverage: Decimal, margin: str) -> None:
        """Set margin mode and leverage of a pair."""
        if client.has.get("setMarginMode"):
            await client.set_margin_mode(margin, str(pair))
        await client.set_leverage(int(leverage), str(pair))

    async def permissions(self, client: Any) -> KeyPermissions:
        """What the key may do; unknown by default."""
        del client
        return KeyPermissions()

    # -- reading --------------------------------------------------------------------------------

    def is_readable(self, what: str, request: Request, answer: object) -> bool:
        """Whether a decoded reply can be one to a query of `what`: orders, balances, …"""
        del what, request
        return isinstance(answer, list) or (isinstance(answer, dict) and bool(answer))

    def order(self, raw: Mapping[str, Any], pair: Pair | None = None) -> VenueOrder:
        """An order from ccxt's dictionary; raises one of UNREADABLE when it says too little."""
        return order_from(raw, self.frame, pair)

    def fill(self, raw: Mapping[str, Any], pair: Pair, order_id: str, venue: str) -> Fill:
        """An execution from ccxt's dictionary."""
        return fill_from(
            raw, pair, self.frame, order_id=order_id, venue=venue, account=self.account
        )

    def balances_of(self, raw: Mapping[str, Any]) -> list[Balance]:
        """The account's balances, those of nothing left out."""
        return balances_from(raw)

    def position(self, raw: Mapping[str, Any]) -> VenuePosition | None:
        """A position from ccxt's dictionary; None when there is none."""
        return position_from(raw, self.frame)


def number_text(value: Decimal | None) -> str | None:
    """A number as it goes out; None stays None."""
    return None if value is None else plain(value)


def unsupported(what: str) -> OrderRejectedError:
    """The refusal of something the venue does not have."""
    return OrderRejectedError(
        f"The venue has no {what.replace('_', ' ')} orders; nothing was sent.",
        code="UNSUPPORTED_ORDER_TYPE",
    )


def dialect_of(exchange_id: str, market: str, account: str) -> Dialect:
    """The dialect of a venue; the plain one where it needs none of its own."""
    if exchange_id == "binance" and market == "perpetual":
        from kit_tui.exchanges.binance_perpetual import BinancePerpetual

        return BinancePerpetual(market, account)
    if exchange_id == "binance":
        from kit_tui.exchanges.binance_dialect import BinanceDialect

        return BinanceDialect(market, account)
    return Dialect(market, account)
