"""Binance's spot market through ccxt, and what its perpetuals have in common with it.

Client order ids are unique among working orders only, so a lost order is asked for, never resent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kit_tui.domain.errors import OrderRejectedError
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import Fill, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Balance
from kit_tui.exchanges.base import (
    KeyPermissions,
    NewOco,
    NewOrder,
    NotFoundRule,
    VenueOrder,
)
from kit_tui.exchanges.binance_limits import costs, learn, set_limits
from kit_tui.exchanges.binance_outcomes import ROWS
from kit_tui.exchanges.binance_shapes import (
    binance_fill,
    binance_order,
    spot_balances,
)
from kit_tui.exchanges.budget import Budget, Cost
from kit_tui.exchanges.ccxt_dialect import Dialect, Page, Sending, number_text
from kit_tui.exchanges.ccxt_orders import pair_of
from kit_tui.exchanges.ccxt_wire import Call, Request

_MANY_ORDERS = 5  # asking for that many one by one costs as much as a page of all
_LISTS = frozenset({"openOrders", "openAlgoOrders", "allOrders", "allAlgoOrders", "myTrades",
                    "userTrades", "positionRisk"})  # fmt: skip


class BinanceDialect(Dialect):
    """Binance spot. `trail_step` is the finest trailing distance it takes."""

    rows = ROWS
    native_types = frozenset(OrderType)
    has_post_only = True
    has_limits = True
    not_found = NotFoundRule(times=4, seconds=60.0)
    page_size = 1000
    has_oco = True
    main_bucket = "spot weight"
    market_types: tuple[str, str] = ("spot", "spot")
    trail_step = Decimal("0.0001")
    trade_permission = "enableSpotAndMarginTrading"
    balances_key = "balances"

    # -- setting up -----------------------------------------------------------------------------

    def options(self) -> dict[str, Any]:
        kind, listed = self.market_types
        return {
            "defaultType": kind,
            "fetchMarkets": {"types": [listed]},
            "fetchMargins": False,
            "fetchCurrencies": False,
            "fetchOpenOrders": {"warnWithoutSymbol": False},
        }

    def set_limits(self, budget: Budget) -> None:
        set_limits(budget, self.account)

    def costs(self, request: Request) -> list[Cost]:
        return costs(request, self.account)

    def learn(self, call: Call, request: Request | None, budget: Budget) -> None:
        learn(call, request, budget, self.account)

    # -- orders ---------------------------------------------------------------------------------

    def sending(self, order: NewOrder) -> Sending:
        params: dict[str, Any] = {"clientOrderId": order.client_id}
        expected: dict[str, object] = {
            "newClientOrderId": order.client_id, "quantity": order.quantity,
        }  # fmt: skip
        if order.price is not None:
            expected["price"] = order.price
        if order.type in {OrderType.STOP, OrderType.STOP_LIMIT}:
            params["stopLossPrice"] = number_text(order.stop_price)
            expected["stopPrice"] = order.stop_price
        if order.type is OrderType.TRAILING_STOP:
            params |= self.trailing(order.trail)
        if order.post_only:
            params["postOnly"] = True
        elif order.price is not None:
            params["timeInForce"] = order.time_in_force.value.upper()
        kind = "market" if order.price is None else "limit"
        return Sending(kind, number_text(order.price), params, expected)

    def trailing(self, trail: Decimal | None) -> dict[str, Any]:
        """A trailing distance in ccxt's words, which are percent.

        Raises:
            OrderRejectedError: when it is finer than the venue takes.
        """
        if trail is None or trail <= 0 or trail % self.trail_step:
            raise OrderRejectedError(
                f"binance takes trailing distances in steps of {plain(self.trail_step * 100)} %.",
                code="PRICE_INVALID",
            )
        return {"trailingPercent": plain(trail * 100), "stopLossOrTakeProfit": "stopLoss"}

    async def place_oco(self, client: Any, oco: NewOco, amount: str) -> tuple[Any, Any]:
        answer = await client.privatePostOrderListOco(self._oco_params(client, oco, amount))
        at = {"transactTime": answer.get("transactionTime")}
        reports = {row["clientOrderId"]: at | row for row in answer["orderReports"]}
        target, stop = (reports[leg] for leg in (oco.target_client_id, oco.stop_client_id))
        symbol = str(oco.pair)
        return {"info": target, "symbol": symbol}, {"info": stop, "symbol": symbol}

    @staticmethod
    def _oco_params(client: Any, oco: NewOco, amount: str) -> dict[str, Any]:
        """The upper order of a sale is its target, of a purchase its stop."""
        target = {"Type": "LIMIT_MAKER", "ClientOrderId": oco.target_client_id,
                  "Price": plain(oco.target_price)}  # fmt: skip
        stop = {"Type": "STOP_LOSS", "ClientOrderId": oco.stop_client_id,
                "StopPrice": plain(oco.stop_price)}  # fmt: skip
        if oco.stop_limit_price is not None:
            stop |= {"Type": "STOP_LOSS_LIMIT", "Price": plain(oco.stop_limit_price),
                     "TimeInForce": "GTC"}  # fmt: skip
        above, below = (target, stop) if oco.side is Side.SELL else (stop, target)
        return (
            {
                "symbol": client.market(str(oco.pair))["id"],
                "side": oco.side.value.upper(),
                "quantity": amount,
                "listClientOrderId": oco.client_id,
                "newOrderRespType": "RESULT",
            }
            | {f"above{name}": value for name, value in above.items()}
            | {f"below{name}": value for name, value in below.items()}
        )

    async def find(self, client: Any, pair: Pair, client_id: str) -> Any:
        return await self.look(client, pair, {"origClientOrderId": client_id})

    @staticmethod
    async def look(client: Any, pair: Pair, name: Mapping[str, Any]) -> Any:
        """One order by a name of it; None when the venue has none, which only -2013 proves."""
        from ccxt.base.errors import OrderNotFound

        try:
            return await client.fetch_order(None, str(pair), dict(name))
        except OrderNotFound as error:
            if '"code":-2013' not in str(error).replace(" ", ""):
                raise
            return None

    async def cancel(self, client: Any, pair: Pair, client_id: str) -> Any:
        return await self.end(client, pair, client_id, {"origClientOrderId": client_id})

    @staticmethod
    async def end(client: Any, pair: Pair, client_id: str, name: Mapping[str, Any]) -> Any:
        """Cancel by a name; what the reply says of the order, None when that is too little."""
        raw = await client.cancel_order(None, str(pair), dict(name))
        info = raw.get("info") or {}
        # Of an OCO both legs end, and the reply tells of both.
        for leg in info.get("orderReports") or (info,):
            if leg.get("origClientOrderId", leg.get("clientOrderId")) == client_id:
                return {"info": leg, "symbol": str(pair)}
        return None

    async def open_orders(self, client: Any, pairs: Collection[Pair] | None) -> list[Any]:
        symbols = [None] if pairs is None else [str(pair) for pair in pairs]
        return [raw for symbol in symbols for raw in await client.fetch_open_orders(symbol)]

    async def order_ids(
        self, client: Any, pair: Pair, wanted: Collection[str]
    ) -> Mapping[str, str]:
        from ccxt.base.errors import OrderNotFound

        found: dict[str, str] = {}
        if len(wanted) > _MANY_ORDERS:
            found = await self._page_of_ids(client, pair, min(map(int, wanted)))
        for order_id in set(wanted) - found.keys():
            try:
                raw = await client.fetch_order(order_id, str(pair))
            except OrderNotFound:
                continue
            found[order_id] = str(raw["clientOrderId"])
        return found

    async def _page_of_ids(self, client: Any, pair: Pair, first: int) -> dict[str, str]:
        rows = await client.fetch_orders(str(pair), None, self.page_size, {"orderId": first})
        return {str(row["id"]): str(row["clientOrderId"]) for row in rows}

    async def trades(
        self, client: Any, pair: Pair, since_ms: int | None, from_id: int | None
    ) -> Page:
        """By time first, then by id: ids never skip a trade of the same millisecond."""
        if from_id is not None or since_ms is None:
            return await self.trades_from(client, pair, from_id or 0)
        rows = await client.fetch_my_trades(str(pair), since_ms, self.page_size)
        return Page(rows, len(rows) < self.page_size, next_id(rows, None))

    async def trades_from(self, client: Any, pair: Pair, from_id: int) -> Page:
        """One page from an id on."""
        rows = await client.fetch_my_trades(str(pair), None, self.page_size, {"fromId": from_id})
        return Page(rows, len(rows) < self.page_size, next_id(rows, from_id))

    # -- the account ----------------------------------------------------------------------------

    async def permissions(self, client: Any) -> KeyPermissions:
        """Testnets have no such question, which is no error."""
        from ccxt.base.errors import NotSupported

        try:
            told = await client.sapiGetAccountApiRestrictions()
        except NotSupported:
            return KeyPermissions()
        return KeyPermissions(
            read=bool(told["enableReading"]), trade=bool(told[self.trade_permission]),
            withdraw=bool(told["enableWithdrawals"]), ip_restricted=bool(told["ipRestrict"]),
        )  # fmt: skip

    # -- reading --------------------------------------------------------------------------------

    def is_readable(self, what: str, request: Request, answer: object) -> bool:
        if request.path in _LISTS:
            return isinstance(answer, list) and all(isinstance(row, dict) for row in answer)
        if request.path == "account":
            return isinstance(answer, dict) and isinstance(answer.get(self.balances_key), list)
        return isinstance(answer, dict) and bool(answer)

    def order(self, raw: Mapping[str, Any], pair: Pair | None = None) -> VenueOrder:
        pair = pair_of(raw.get("symbol")) if pair is None else pair
        return binance_order(raw.get("info") or {}, pair, contracts=False)

    def fill(self, raw: Mapping[str, Any], pair: Pair, order_id: str, venue: str) -> Fill:
        return binance_fill(raw.get("info") or {}, pair, order_id, venue, self.account)

    def balances_of(self, raw: Mapping[str, Any]) -> list[Balance]:
        return spot_balances(raw["info"])


def next_id(rows: Sequence[Any], otherwise: int | None) -> int | None:
    """The id after the newest trade of a page; of an empty one where it was asked from."""
    return max((int(row["id"]) + 1 for row in rows), default=otherwise)
