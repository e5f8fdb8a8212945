"""Binance's USDT-margined perpetuals through ccxt, with their separate service for stops.

A stop lives in that service under our client id until it triggers; then it lives on as an ordinary
order, which may go by an id of its own. Whoever asks sees one order under our id throughout.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kit_tui.domain.errors import VenueError
from kit_tui.domain.numbers import InvalidNumberError
from kit_tui.domain.orders import OrderType
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Balance
from kit_tui.exchanges.base import NewOrder, VenueOrder, VenuePosition
from kit_tui.exchanges.binance_dialect import BinanceDialect, next_id
from kit_tui.exchanges.binance_shapes import binance_order, futures_balances, futures_position
from kit_tui.exchanges.ccxt_dialect import Page, Sending
from kit_tui.exchanges.ccxt_orders import pair_of

_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
_WEEK_MS = 7 * 86_400_000
_HISTORY_WEEKS = 13  # how far back trades are looked for when no time is given


class BinancePerpetual(BinanceDialect):
    """What it remembers: which orders are in the stop service, and what became of stops."""

    has_oco = False
    main_bucket = "futures weight"
    market_types = ("swap", "linear")
    trail_step = Decimal("0.001")
    trade_permission = "enableFutures"
    balances_key = "assets"

    def __init__(self, market: str, account: str) -> None:
        super().__init__(market, account)
        self._stops: set[str] = set()
        self._parents: dict[tuple[Pair, str], Mapping[str, Any]] = {}
        self._looked_into: set[tuple[str, str]] = set()
        self._leverage: dict[Pair, Decimal] = {}

    def options(self) -> dict[str, Any]:
        return super().options() | {"defaultSubType": "linear"}

    def use_sandbox(self, client: Any) -> None:
        """Futures have a demo service in place of a testnet."""
        client.enable_demo_trading(True)

    # -- orders ---------------------------------------------------------------------------------

    def sending(self, order: NewOrder) -> Sending:
        plain = super().sending(order)
        params, expected = dict(plain.params), dict(plain.expected)
        if order.reduce_only:
            params["reduceOnly"] = True
        if order.type in _STOPS:
            expected["clientAlgoId"] = expected.pop("newClientOrderId")
        if "stopPrice" in expected:
            expected["triggerPrice"] = expected.pop("stopPrice")
        return Sending(plain.type, plain.price, params, expected)

    def trailing(self, trail: Decimal | None) -> dict[str, Any]:
        return {"trailingPercent": super().trailing(trail)["trailingPercent"]}

    async def place(self, client: Any, order: NewOrder, sending: Sending, amount: str) -> Any:
        if order.type in _STOPS:
            self._stops.add(order.client_id)
        return await super().place(client, order, sending, amount)

    async def find(self, client: Any, pair: Pair, client_id: str) -> Any:
        found = None
        if client_id not in self._stops:
            found = await super().find(client, pair, client_id)
        if found is None:
            found = await self.look(client, pair, _as_algo(client_id))
            if found is not None:
                self._stops.add(client_id)
                found = await self._triggered(client, pair, found)
        return found

    @staticmethod
    async def _triggered(client: Any, pair: Pair, raw: Any) -> Any:
        """A stop, or what became of it once it has triggered."""
        stop = raw.get("info") or {}
        if not child_id(stop):
            return raw
        order = await client.fetch_order(child_id(stop), str(pair))
        return {**order, "info": as_stop(order.get("info") or {}, stop)}

    async def cancel(self, client: Any, pair: Pair, client_id: str) -> Any:
        from ccxt.base.errors import OrderNotFound

        if client_id not in self._stops:
            try:
                return await super().cancel(client, pair, client_id)
            except OrderNotFound:
                pass  # then it may be in the other service
        try:
            return await self.end(client, pair, client_id, _as_algo(client_id))
        except OrderNotFound:
            raw = await self.look(client, pair, _as_algo(client_id))
            stop = (raw or {}).get("info") or {}
            if not child_id(stop):
                raise
        ended = await client.cancel_order(child_id(stop), str(pair))
        return {**ended, "info": as_stop(ended.get("info") or {}, stop)}

    async def open_orders(self, client: Any, pairs: Collection[Pair] | None) -> list[Any]:
        found = await self._as_stops(client, await super().open_orders(client, pairs))
        for symbol in [None] if pairs is None else [str(pair) for pair in pairs]:
            stops = await client.fetch_open_orders(symbol, None, None, {"trigger": True})
            self._stops.update(str(raw.get("clientOrderId")) for raw in stops)
            # One that has triggered may be told by both services for a moment.
            found += [raw for raw in stops if not child_id(raw.get("info") or {})]
        return found

    async def _as_stops(self, client: Any, orders: list[Any]) -> list[Any]:
        """Ordinary orders, those that came of stops as the stops they were."""
        names = {(str(raw["symbol"]), str(raw["id"])) for raw in orders}
        for symbol in {symbol for symbol, _ in names - self._looked_into}:
            await self._learn_children(client, symbol)
        self._looked_into = names
        parents = [self._parents.get((raw["symbol"], str(raw["id"]))) for raw in orders]
        return [
            raw if parent is None else {**raw, "info": as_stop(raw["info"], parent)}
            for raw, parent in zip(orders, parents, strict=True)
        ]

    async def order_ids(
        self, client: Any, pair: Pair, wanted: Collection[str]
    ) -> Mapping[str, str]:
        await self._learn_children(client, str(pair))
        found = {
            name: str(self._parents[pair, name]["clientAlgoId"])
            for name in wanted
            if (pair, name) in self._parents
        }
        others = set(wanted) - found.keys()
        return {**found, **(await super().order_ids(client, pair, others))} if others else found

    async def _learn_children(self, client: Any, symbol: str) -> None:
        """Which ordinary orders of a market came of stops."""
        rows = await client.fapiPrivateGetAllAlgoOrders({"symbol": client.market(symbol)["id"]})
        for row in rows:
            if child_id(row):
                self._parents[Pair(symbol), child_id(row)] = row

    async def trades(
        self, client: Any, pair: Pair, since_ms: int | None, from_id: int | None
    ) -> Page:
        """By time a week at a time, where an empty week says nothing of the next; then by id."""
        if from_id is not None:
            return await self.trades_from(client, pair, from_id)
        now = int(client.milliseconds())
        start = max(since_ms or 0, now - _HISTORY_WEEKS * _WEEK_MS)
        while True:
            rows = await client.fetch_my_trades(str(pair), start, self.page_size)
            reached_now = start + _WEEK_MS >= now
            if rows or reached_now:
                is_last = not rows or (len(rows) < self.page_size and reached_now)
                return Page(rows, is_last, next_id(rows, None))
            start += _WEEK_MS

    # -- the account ----------------------------------------------------------------------------

    async def positions(self, client: Any) -> Sequence[Any]:
        rows: Sequence[Any] = await client.fapiPrivateV3GetPositionRisk()
        return [{"info": row, "symbol": _symbol(client, row["symbol"])} for row in rows]

    async def set_leverage(self, client: Any, pair: Pair, leverage: Decimal, margin: str) -> None:
        from ccxt.base.errors import MarginModeAlreadySet, OperationRejected

        try:
            await client.set_margin_mode(margin, str(pair))
        except MarginModeAlreadySet:
            pass
        except OperationRejected as error:
            if "-4046" not in str(error):  # it is so already
                raise
        await client.set_leverage(int(leverage), str(pair))
        self._leverage[pair] = leverage

    # -- reading --------------------------------------------------------------------------------

    def order(self, raw: Mapping[str, Any], pair: Pair | None = None) -> VenueOrder:
        pair = pair_of(raw.get("symbol")) if pair is None else pair
        return binance_order(raw.get("info") or {}, pair, contracts=True)

    def balances_of(self, raw: Mapping[str, Any]) -> list[Balance]:
        return futures_balances(raw["info"])

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


def child_id(stop: Mapping[str, Any]) -> str:
    """The id of the ordinary order that a triggered stop became; empty before."""
    found = str(stop.get("actualOrderId") or "")
    return found if found.strip("0") else ""


def as_stop(order: Mapping[str, Any], stop: Mapping[str, Any]) -> dict[str, Any]:
    """An ordinary order told as the stop it came of."""
    return {
        **order, "origClientOrderId": stop.get("clientAlgoId"), "origType": stop.get("orderType"),
        "stopPrice": stop.get("triggerPrice"), "callbackRate": stop.get("callbackRate"),
    }  # fmt: skip


def _as_algo(client_id: str) -> dict[str, Any]:
    return {"clientAlgoId": client_id, "trigger": True}


def _symbol(client: Any, name: str) -> str:
    return str(client.safe_market(name, None, None, "contract")["symbol"])
