"""Binance through ccxt: spot, and USDT-margined perpetuals with their separate service for stops.

Client order ids are unique among working orders only, so a lost order is asked for, never resent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kit_tui.domain.errors import OrderRejectedError, VenueError
from kit_tui.domain.numbers import InvalidNumberError, plain
from kit_tui.domain.orders import Fill, OrderType, Side
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
from kit_tui.exchanges.binance_limits import costs, learn, set_limits
from kit_tui.exchanges.binance_outcomes import ROWS
from kit_tui.exchanges.binance_shapes import (
    binance_fill,
    binance_order,
    futures_balances,
    futures_position,
    spot_balances,
)
from kit_tui.exchanges.budget import Budget, Cost
from kit_tui.exchanges.ccxt_dialect import Dialect, Page, Sending, number_text
from kit_tui.exchanges.ccxt_orders import pair_of
from kit_tui.exchanges.ccxt_wire import Call, Request

_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
_MANY_ORDERS = 5  # asking for that many one by one costs as much as a page of all
_LISTS = frozenset({"openOrders", "openAlgoOrders", "allOrders", "allAlgoOrders", "myTrades",
                    "userTrades", "positionRisk"})  # fmt: skip
_WEEK_MS = 7 * 86_400_000
_HISTORY_WEEKS = 13  # how far back futures trades are looked for when no time is given


class BinanceDialect(Dialect):
    """Spot or perpetuals of Binance; what it remembers are ids of orders in the stop service."""

    rows = ROWS
    native_types = frozenset(OrderType)
    has_post_only = True
    has_limits = True
    not_found = NotFoundRule(times=4, seconds=60.0)
    page_size = 1000

    def __init__(self, market: str, account: str) -> None:
        super().__init__(market, account)
        self.is_futures = market == "perpetual"
        self.has_oco = not self.is_futures
        self.main_bucket = "futures weight" if self.is_futures else "spot weight"
        self._stops: set[str] = set()
        self._leverage: dict[Pair, Decimal] = {}

    # -- setting up -----------------------------------------------------------------------------

    def options(self) -> dict[str, Any]:
        kind, types = ("swap", ["linear"]) if self.is_futures else ("spot", ["spot"])
        return {
            "defaultType": kind,
            "defaultSubType": "linear" if self.is_futures else None,
            "fetchMarkets": {"types": types},
            "fetchMargins": False,
            "fetchCurrencies": False,
            "fetchOpenOrders": {"warnWithoutSymbol": False},
        }

    def use_sandbox(self, client: Any) -> None:
        """The spot testnet; futures have a demo service in its place."""
        if self.is_futures:
            client.enable_demo_trading(True)
        else:
            client.set_sandbox_mode(True)

    def set_limits(self, budget: Budget) -> None:
        set_limits(budget, self.account)

    def costs(self, request: Request) -> list[Cost]:
        return costs(request, self.account)

    def learn(self, call: Call, request: Request | None, budget: Budget) -> None:
        learn(call, request, budget, self.account)

    # -- orders ---------------------------------------------------------------------------------

    def sending(self, order: NewOrder) -> Sending:
        in_stops = self.is_futures and order.type in _STOPS
        params: dict[str, Any] = {"clientOrderId": order.client_id}
        expected: dict[str, object] = {
            "clientAlgoId" if in_stops else "newClientOrderId": order.client_id,
            "quantity": order.quantity,
        }
        if order.price is not None:
            expected["price"] = order.price
        if order.type in {OrderType.STOP, OrderType.STOP_LIMIT}:
            params["stopLossPrice"] = number_text(order.stop_price)
            expected["triggerPrice" if self.is_futures else "stopPrice"] = order.stop_price
        if order.type is OrderType.TRAILING_STOP:
            params |= self._trailing(order.trail)
        if order.post_only:
            params["postOnly"] = True
        elif order.price is not None:
            params["timeInForce"] = order.time_in_force.value.upper()
        if order.reduce_only and self.is_futures:
            params["reduceOnly"] = True
        kind = "market" if order.price is None else "limit"
        return Sending(kind, number_text(order.price), params, expected)

    def _trailing(self, trail: Decimal | None) -> dict[str, Any]:
        """Percent for ccxt: whole basis points on spot, whole tenths of a percent on futures."""
        unit = Decimal("0.001") if self.is_futures else Decimal("0.0001")
        if trail is None or trail <= 0 or trail % unit:
            raise OrderRejectedError(
                f"binance takes trailing distances in steps of {plain(unit * 100)} %.",
                code="PRICE_INVALID",
            )
        found: dict[str, Any] = {"trailingPercent": plain(trail * 100)}
        return found if self.is_futures else found | {"stopLossOrTakeProfit": "stopLoss"}

    async def place(self, client: Any, order: NewOrder, sending: Sending, amount: str) -> Any:
        if self.is_futures and order.type in _STOPS:
            self._stops.add(order.client_id)
        return await super().place(client, order, sending, amount)

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
        for in_stops in self._places(client_id):
            found = await self._look(client, pair, client_id, in_stops=in_stops)
            if found is not None:
                return found
        return None

    def _places(self, client_id: str) -> tuple[bool, ...]:
        """Where an order can be: among ordinary ones, in the stop service, or nobody knows."""
        if not self.is_futures:
            return (False,)
        return (True,) if client_id in self._stops else (False, True)

    async def _look(self, client: Any, pair: Pair, client_id: str, *, in_stops: bool) -> Any:
        from ccxt.base.errors import OrderNotFound

        name = {"clientAlgoId": client_id, "trigger": True} if in_stops else {
            "origClientOrderId": client_id}  # fmt: skip
        try:
            raw = await client.fetch_order(None, str(pair), name)
        except OrderNotFound as error:
            if '"code":-2013' not in str(error).replace(" ", ""):
                raise
            return None
        return await self._triggered(client, pair, raw) if in_stops else raw

    async def _triggered(self, client: Any, pair: Pair, raw: Any) -> Any:
        """A stop that has triggered lives on as an ordinary order: what became of that one."""
        info = raw.get("info") or {}
        actual = str(info.get("actualOrderId") or "")
        if not actual.strip("0"):
            return raw
        order = await client.fetch_order(actual, str(pair))
        told = order.get("info") or {}
        told |= {"origClientOrderId": info.get("clientAlgoId"), "origType": info.get("orderType"),
                 "stopPrice": info.get("triggerPrice")}  # fmt: skip
        return {**order, "info": told}

    async def cancel(self, client: Any, pair: Pair, client_id: str) -> Any:
        from ccxt.base.errors import OrderNotFound

        *tries, last = self._places(client_id)
        for in_stops in tries:
            try:
                return await self._cancel(client, pair, client_id, in_stops=in_stops)
            except OrderNotFound:
                continue
        return await self._cancel(client, pair, client_id, in_stops=last)

    @staticmethod
    async def _cancel(client: Any, pair: Pair, client_id: str, *, in_stops: bool) -> Any:
        name = {"clientAlgoId": client_id, "trigger": True} if in_stops else {
            "origClientOrderId": client_id}  # fmt: skip
        raw = await client.cancel_order(None, str(pair), name)
        info = raw.get("info") or {}
        # Of an OCO both legs end, and the reply tells of both.
        for leg in info.get("orderReports") or (info,):
            if leg.get("origClientOrderId", leg.get("clientOrderId")) == client_id:
                return {"info": leg, "symbol": str(pair)}
        return None

    async def open_orders(self, client: Any, pairs: Collection[Pair] | None) -> list[Any]:
        symbols = [None] if pairs is None else [str(pair) for pair in pairs]
        found = [raw for symbol in symbols for raw in await client.fetch_open_orders(symbol)]
        if self.is_futures:
            for symbol in symbols:
                stops = await client.fetch_open_orders(symbol, None, None, {"trigger": True})
                self._stops.update(str(raw.get("clientOrderId")) for raw in stops)
                found += stops
        return found

    async def order_ids(
        self, client: Any, pair: Pair, wanted: Collection[str]
    ) -> Mapping[str, str]:
        from ccxt.base.errors import OrderNotFound

        found: dict[str, str] = {}
        if self.is_futures:
            found = await self._triggered_ids(client, pair)
        unknown = set(wanted) - found.keys()
        if len(unknown) > _MANY_ORDERS:
            found = await self._page_of_ids(client, pair, min(map(int, unknown))) | found
        for order_id in unknown - found.keys():
            try:
                raw = await client.fetch_order(order_id, str(pair))
            except OrderNotFound:
                continue
            found[order_id] = str(raw["clientOrderId"])
        return found

    @staticmethod
    async def _triggered_ids(client: Any, pair: Pair) -> dict[str, str]:
        """Orders that came of stops go by an id of their own; these are the stops' ids."""
        params = {"symbol": client.market(str(pair))["id"]}
        rows = await client.fapiPrivateGetAllAlgoOrders(params)
        return {
            str(row["actualOrderId"]): str(row["clientAlgoId"])
            for row in rows
            if str(row.get("actualOrderId") or "").strip("0")
        }

    async def _page_of_ids(self, client: Any, pair: Pair, first: int) -> dict[str, str]:
        rows = await client.fetch_orders(str(pair), None, self.page_size, {"orderId": first})
        return {str(row["id"]): str(row["clientOrderId"]) for row in rows}

    async def trades(
        self, client: Any, pair: Pair, since_ms: int | None, from_id: int | None
    ) -> Page:
        """By time first, then by id: ids never skip a trade of the same millisecond."""
        if from_id is not None or (since_ms is None and not self.is_futures):
            after = {"fromId": from_id or 0}
            rows = await client.fetch_my_trades(str(pair), None, self.page_size, after)
            return Page(rows, len(rows) < self.page_size, _after(rows, from_id or 0))
        now = int(client.milliseconds())
        start = max(since_ms or 0, now - _HISTORY_WEEKS * _WEEK_MS) if self.is_futures else since_ms
        while True:
            # Futures answer a week at a time; an empty week says nothing of the next.
            rows = await client.fetch_my_trades(str(pair), start, self.page_size)
            if rows or not self.is_futures or start is None or start + _WEEK_MS >= now:
                reached_now = not self.is_futures or start is None or start + _WEEK_MS >= now
                is_last = not rows or (len(rows) < self.page_size and reached_now)
                return Page(rows, is_last, _after(rows, None))
            start += _WEEK_MS

    # -- the account ----------------------------------------------------------------------------

    async def positions(self, client: Any) -> Sequence[Any]:
        rows: Sequence[Any] = await client.fapiPrivateV3GetPositionRisk()
        return [
            {
                "info": row,
                "symbol": client.safe_market(row["symbol"], None, None, "contract")["symbol"],
            }
            for row in rows
        ]

    async def set_leverage(self, client: Any, pair: Pair, leverage: Decimal, margin: str) -> None:
        from ccxt.base.errors import MarginModeAlreadySet, OperationRejected

        try:
            await client.set_margin_mode(margin, str(pair))
        except MarginModeAlreadySet:
            pass
        except OperationRejected as error:
            if "-4046" not in str(error):
                raise
        await client.set_leverage(int(leverage), str(pair))
        self._leverage[pair] = leverage

    async def permissions(self, client: Any) -> KeyPermissions:
        """Testnets have no such question, which is no error."""
        from ccxt.base.errors import NotSupported

        try:
            told = await client.sapiGetAccountApiRestrictions()
        except NotSupported:
            return KeyPermissions()
        trade = told["enableFutures" if self.is_futures else "enableSpotAndMarginTrading"]
        return KeyPermissions(
            read=bool(told["enableReading"]), trade=bool(trade),
            withdraw=bool(told["enableWithdrawals"]), ip_restricted=bool(told["ipRestrict"]),
        )  # fmt: skip

    # -- reading --------------------------------------------------------------------------------

    def is_readable(self, what: str, request: Request, answer: object) -> bool:
        if request.path in _LISTS:
            return isinstance(answer, list) and all(isinstance(row, dict) for row in answer)
        if request.path == "account":
            key = "assets" if self.is_futures else "balances"
            return isinstance(answer, dict) and isinstance(answer.get(key), list)
        return isinstance(answer, dict) and bool(answer)

    def order(self, raw: Mapping[str, Any], pair: Pair | None = None) -> VenueOrder:
        pair = pair_of(raw.get("symbol")) if pair is None else pair
        return binance_order(raw.get("info") or {}, pair, contracts=self.is_futures)

    def fill(self, raw: Mapping[str, Any], pair: Pair, order_id: str, venue: str) -> Fill:
        return binance_fill(raw.get("info") or {}, pair, order_id, venue, self.account)

    def balances_of(self, raw: Mapping[str, Any]) -> list[Balance]:
        info = raw["info"]
        return futures_balances(info) if self.is_futures else spot_balances(info)

    def position(self, raw: Mapping[str, Any]) -> VenuePosition | None:
        try:
            pair = Pair(str(raw.get("symbol")))
        except InvalidNumberError:
            return None
        try:
            return futures_position(raw.get("info") or {}, pair, self._leverage.get(pair))
        except ValueError as error:
            if str(error) != "hedge mode":
                raise
            raise VenueError(
                f"The account holds both sides of {pair} at once.",
                hint="Set its position mode to one-way on Binance.",
            ) from None


def _after(rows: Sequence[Any], otherwise: int | None) -> int | None:
    """The id after the newest trade of a page; of an empty one where it was asked from."""
    return max((int(row["id"]) + 1 for row in rows), default=otherwise)
