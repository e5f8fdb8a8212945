"""Binance's signed spot endpoints over the books."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.servers.binance_shapes import (
    order_list,
    spot_account,
    spot_cancelled,
    spot_core,
    spot_placed,
    spot_query,
    spot_trade,
)
from tests.servers.binance_signed import SPOT_WORDS, Call, Denied, Door
from tests.servers.scripted_http import Handler
from tests.servers.venue_book import VenueBook
from tests.servers.venue_types import BookOrder, Refusal, When

CLIENT_ID = re.compile(r"^[\.A-Z\:/a-z0-9_-]{1,36}$")
WEEK_MS = 7 * 86_400_000
_NEEDS = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "LIMIT_MAKER": ("quantity", "price"),
    "MARKET": (),
    "STOP_LOSS": ("quantity",),
    "TAKE_PROFIT": ("quantity",),
    "STOP_LOSS_LIMIT": ("timeInForce", "quantity", "price"),
    "TAKE_PROFIT_LIMIT": ("timeInForce", "quantity", "price"),
}


def exact(call: Call, name: str) -> Decimal | None:
    """A number parameter, refused when it has more than eight decimals."""
    text = call.params.get(name)
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise Denied(
            -1100, f"Illegal characters found in parameter '{name}'; legal range is "
            r"'^([0-9]{1,20})(\.[0-9]{1,20})?$'.",
        ) from None  # fmt: skip
    if value % Decimal("1e-8"):
        raise Denied(-1111, f"Parameter '{name}' has too much precision.")
    return value


class SpotDesk:
    """The endpoints. `duplicate_fills` makes myTrades tell every execution twice."""

    def __init__(self, book: VenueBook, door: Door) -> None:
        self.book, self.door = book, door
        self.duplicate_fills = False
        self.transfers: list[dict[str, Any]] = []
        self._list_ids: dict[int, str] = {}
        self._made = 0

    def routes(self) -> dict[tuple[str, str], Handler]:
        trading: dict[tuple[str, str], Callable[[Call], Any]] = {
            ("POST", "order"): self.place,
            ("POST", "order/test"): self.try_out,
            ("DELETE", "order"): self.cancel,
            ("DELETE", "openOrders"): self.cancel_all,
            ("POST", "order/cancelReplace"): self.replace,
            ("POST", "orderList/oco"): self.place_oco,
            ("DELETE", "orderList"): self.cancel_list,
        }
        reading: dict[tuple[str, str], Callable[[Call], Any]] = {
            ("GET", "account"): self.account,
            ("GET", "order"): self.query,
            ("GET", "openOrders"): self.open_orders,
            ("GET", "allOrders"): self.all_orders,
            ("GET", "myTrades"): self.my_trades,
            ("GET", "orderList"): self.query_list,
            ("GET", "openOrderList"): self.open_lists,
        }
        wallet: dict[tuple[str, str], Callable[[Call], Any]] = {
            ("GET", "account/apiRestrictions"): self.restrictions,
            ("GET", "capital/config/getall"): self.coins,
            ("GET", "capital/deposit/hisrec"): lambda call: self._moves(call, "deposit"),
            ("GET", "capital/withdraw/history"): lambda call: self._moves(call, "withdraw"),
        }
        signed = self.door.signed
        return (
            {(m, f"/api/v3/{p}"): signed(f, SPOT_WORDS, trades=True)
             for (m, p), f in trading.items()}
            | {(m, f"/api/v3/{p}"): signed(f, SPOT_WORDS) for (m, p), f in reading.items()}
            | {(m, f"/sapi/v1/{p}"): signed(f, SPOT_WORDS) for (m, p), f in wallet.items()}
        )  # fmt: skip

    # -- orders ---------------------------------------------------------------------------------

    def place(self, call: Call) -> dict[str, Any]:
        order = self.book.place(self.order_from(call))
        plain = order.words["type"] in {"MARKET", "LIMIT"}
        how = call.params.get("newOrderRespType", "FULL" if plain else "ACK")
        return spot_placed(order, self.book.fills_of(order), how)

    def try_out(self, call: Call) -> dict[str, Any]:
        self.book.place(self.order_from(call), test=True)
        return {}

    def cancel(self, call: Call) -> dict[str, Any]:
        order = self._named(call, -2011, "Unknown order sent.")
        legs = self.book.siblings(order)
        self._end(order)
        if legs:
            return self._list_told(order.list_id, spot_cancelled)
        return spot_cancelled(order)

    def cancel_all(self, call: Call) -> list[dict[str, Any]]:
        symbol = self.book.market(call.need("symbol")).symbol
        working = self.book.open_orders(call.account, symbol)
        if not working:
            raise Denied(-2011, "Unknown order sent.")
        for order in working:
            if order.is_working:
                self.book.cancel(order)
        return [spot_cancelled(order) for order in working]

    def replace(self, call: Call) -> dict[str, Any]:
        """Cancel, then place; what happens after a failed cancel is the mode's."""
        names = {"cancelOrderId": "orderId", "cancelOrigClientOrderId": "origClientOrderId"}
        cancel = {names[n]: v for n, v in call.params.items() if n in names}
        told: dict[str, Any] = {"cancelResult": "SUCCESS", "newOrderResult": "SUCCESS"}
        try:
            told["cancelResponse"] = self.cancel(Call(call.params | cancel, call.key))
        except Denied as denied:
            told |= {"cancelResult": "FAILURE",
                     "cancelResponse": {"code": denied.code, "msg": denied.message}}  # fmt: skip
            if call.need("cancelReplaceMode") == "STOP_ON_FAILURE":
                raise Denied(-2022, "Order cancel-replace failed.") from denied
        try:
            told["newOrderResponse"] = self.place(call)
        except Refusal as refusal:
            raise Denied(-2021, "Order cancel-replace partially failed.", 409) from refusal
        return told

    def query(self, call: Call) -> dict[str, Any]:
        return spot_query(self._named(call, -2013, "Order does not exist."))

    def open_orders(self, call: Call) -> list[dict[str, Any]]:
        symbol = call.params.get("symbol")
        if symbol:
            self.book.market(symbol)
        return [
            spot_query(order)
            for order in self.book.open_orders(call.account, symbol or None)
            if self.book.visible(order)
        ]

    def all_orders(self, call: Call) -> list[dict[str, Any]]:
        symbol, since = self.book.market(call.need("symbol")).symbol, call.number("startTime")
        first, limit = call.number("orderId") or 0, min(call.number("limit") or 500, 1000)
        found = [
            order
            for order in self.book.orders
            if order.account == call.account and order.symbol == symbol and order.id >= first
            and self.book.visible(order) and order.placed_at >= (since or 0)
            and order.placed_at <= (call.number("endTime") or 1 << 62)
        ]  # fmt: skip
        wanted = found[:limit] if first or since else found[-limit:]
        return [spot_query(order) for order in wanted]

    def my_trades(self, call: Call) -> list[dict[str, Any]]:
        """At most `limit` rows: the newest without a start, the oldest from a start on."""
        symbol, since = self.book.market(call.need("symbol")).symbol, call.number("startTime")
        until, first = call.number("endTime"), call.number("fromId")
        if since is not None and until is not None and until - since > 86_400_000:
            raise Denied(-1127, "More than 24 hours between startTime and endTime.")
        if first is not None and (since is not None or until is not None):
            raise Denied(-1128, "Combination of optional parameters invalid.")
        number, limit = call.number("orderId"), min(call.number("limit") or 500, 1000)
        found = [
            fill
            for fill in self.book.fills
            if fill.account == call.account and fill.symbol == symbol
            and fill.hidden_until <= self.book.now_ms()
            and (number is None or fill.order_id == number)
            and fill.at >= (since or 0) and fill.at <= (until or 1 << 62)
            and fill.id >= (first or 0)
        ]  # fmt: skip
        wanted = found[:limit] if since is not None or first is not None else found[-limit:]
        lists = {order.id: order.list_id for order in self.book.orders}
        rows = [spot_trade(fill, lists[fill.order_id]) for fill in wanted]
        return [row for row in rows for _ in range(2)] if self.duplicate_fills else rows

    # -- order lists ----------------------------------------------------------------------------

    def place_oco(self, call: Call) -> dict[str, Any]:
        legs = [self._leg(call, "above"), self._leg(call, "below")]
        last = self.book.market(legs[0].symbol).last
        above, below = (leg.trigger or leg.price or leg.activation for leg in legs)
        if (above is not None and above <= last) or (below is not None and below >= last):
            raise Refusal("stop_order_of_list")
        list_id = self.book.place_list(legs)
        self._list_ids[list_id] = call.params.get("listClientOrderId") or self._own_id("list")
        return self._list_told(list_id, spot_core)

    def query_list(self, call: Call) -> dict[str, Any]:
        return self._list_told(self._list_named(call), None)

    def open_lists(self, call: Call) -> list[dict[str, Any]]:
        lists = {o.list_id for o in self.book.open_orders(call.account) if o.list_id >= 0}
        return [self._list_told(list_id, None) for list_id in sorted(lists)]

    def cancel_list(self, call: Call) -> dict[str, Any]:
        list_id = self._list_named(call)
        working = [o for o in self._legs(list_id) if o.is_working]
        if not working:
            raise Denied(-2011, "Unknown order list sent.")
        self.book.cancel(working[0])
        return self._list_told(list_id, spot_cancelled)

    # -- the account ----------------------------------------------------------------------------

    def account(self, call: Call) -> dict[str, Any]:
        purses = self.book.balances[call.account]
        return spot_account(purses, call.key.trades, call.key.withdraws, self.book.now_ms())

    def restrictions(self, call: Call) -> dict[str, Any]:
        key = call.key
        return {
            "ipRestrict": key.ip_restricted,
            "createTime": 1_698_645_219_000,
            "enableReading": True,
            "enableSpotAndMarginTrading": key.trades,
            "enableWithdrawals": key.withdraws,
            "enableInternalTransfer": False,
            "enableMargin": False,
            "enableFutures": key.futures,
            "permitsUniversalTransfer": False,
            "enableVanillaOptions": False,
            "enableFixApiTrade": False,
            "enableFixReadOnly": False,
            "enablePortfolioMarginTrading": False,
        }

    def coins(self, call: Call) -> list[dict[str, Any]]:
        names = {m.base for m in self.book.markets.values()} | {
            m.quote for m in self.book.markets.values()
        }
        return [
            {"coin": name, "name": name, "trading": True, "isLegalMoney": False, "networkList": [],
             "depositAllEnable": True, "withdrawAllEnable": True,
             "free": f"{self.book.balances[call.account][name].free:.8f}"}
            for name in sorted(names)
        ]  # fmt: skip

    def _moves(self, call: Call, kind: str) -> list[dict[str, Any]]:
        return [
            {name: value for name, value in row.items() if name not in {"kind", "account"}}
            for row in self.transfers
            if row["kind"] == kind and row["account"] == call.account
        ]

    # -- inside ---------------------------------------------------------------------------------

    def order_from(self, call: Call) -> BookOrder:
        """A book order from the parameters of a new order."""
        kind = call.need("type")
        if kind not in _NEEDS:
            raise Denied(-1116, "Invalid orderType.")
        for name in _NEEDS[kind]:
            call.need(name)
        if kind == "MARKET" and not {"quantity", "quoteOrderQty"} & call.params.keys():
            call.need("quantity")
        if kind in {"LIMIT_MAKER", "MARKET"} and "timeInForce" in call.params:
            raise Denied(-1106, "Parameter 'timeInForce' sent when not required.")
        trigger = self._trigger(kind, call)
        return self._built(call, kind, call.params.get("newClientOrderId"), trigger)

    def _trigger(self, kind: str, call: Call) -> dict[str, Any]:
        if not kind.startswith(("STOP", "TAKE")):
            if "stopPrice" in call.params:
                raise Denied(-1106, "Parameter 'stopPrice' sent when not required.")
            return {}
        delta, stop = call.number("trailingDelta"), exact(call, "stopPrice")
        if delta is None and stop is None:
            call.need("stopPrice")
        is_above = kind.startswith("STOP") == (call.need("side") == "BUY")
        when: When = "above" if is_above else "below"
        if delta is None:
            return {"trigger": stop, "when": when}
        if not 10 <= delta <= 2000:
            raise Denied(-1013, "Filter failure: TRAILING_DELTA")
        return {"trail": Decimal(delta) / 10_000, "activation": stop, "when": when}

    def _built(
        self, call: Call, kind: str, client_id: str | None, trigger: dict[str, Any],
        names: tuple[str, str, str] = ("quantity", "price", "timeInForce"),
    ) -> BookOrder:  # fmt: skip
        symbol, side = self.book.market(call.need("symbol")).symbol, call.need("side")
        if side not in {"BUY", "SELL"}:
            raise Denied(-1117, "Invalid side.")
        if client_id is not None and not CLIENT_ID.fullmatch(client_id):
            raise Refusal("client_id")
        tif = call.params.get(names[2], "GTC").lower()
        if tif not in {"gtc", "ioc", "fok"}:
            raise Denied(-1115, "Invalid timeInForce.")
        limit = kind in {"LIMIT", "LIMIT_MAKER"} or kind.endswith("_LIMIT")
        quote = exact(call, "quoteOrderQty") if kind == "MARKET" else None
        return self.book.new_order(
            call.account, client_id=client_id or self._own_id("order"), symbol=symbol,
            side=side.lower(), kind="limit" if limit else "market",
            quantity=exact(call, names[0]) or Decimal(0), quote_quantity=quote,
            price=exact(call, names[1]) if limit else None, post_only=kind == "LIMIT_MAKER",
            time_in_force=tif, words={"type": kind}, **trigger,
        )  # fmt: skip

    def _leg(self, call: Call, which: str) -> BookOrder:
        kind = call.need(f"{which}Type")
        if kind not in _NEEDS or kind in {"LIMIT", "MARKET"}:
            raise Denied(-1158, "Order type not supported in OCO.")
        if kind.endswith("_LIMIT"):
            call.need(f"{which}TimeInForce")
        stop, trail = exact(call, f"{which}StopPrice"), call.number(f"{which}TrailingDelta")
        trigger: dict[str, Any] = {}
        if kind != "LIMIT_MAKER":
            trigger = {"when": which}
            if stop is not None and trail is None:
                trigger["trigger"] = stop
            if trail is not None:
                trigger |= {"trail": Decimal(trail) / 10_000, "activation": stop}
            if len(trigger) == 1:
                call.need(f"{which}StopPrice")
        names = ("quantity", f"{which}Price", f"{which}TimeInForce")
        return self._built(call, kind, call.params.get(f"{which}ClientOrderId"), trigger, names)

    def _named(self, call: Call, code: int, words: str) -> BookOrder:
        symbol = self.book.market(call.need("symbol")).symbol
        number, client_id = call.params.get("orderId"), call.params.get("origClientOrderId")
        if number is not None and not number.isdigit():
            raise Denied(
                -1100, "Illegal characters found in parameter 'orderId'; legal range is "
                "'^[0-9]{1,20}$'.",
            )  # fmt: skip
        if number is None and client_id is None:
            raise Denied(
                -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were "
                "empty/null!",
            )  # fmt: skip
        try:
            return self.book.find(
                call.account, symbol, int(number) if number is not None else None, client_id
            )
        except Refusal:
            raise Denied(code, words) from None

    def _end(self, order: BookOrder) -> None:
        try:
            self.book.cancel(order)
        except Refusal:
            raise Denied(-2011, "Unknown order sent.") from None

    def _legs(self, list_id: int) -> list[BookOrder]:
        return [order for order in self.book.orders if order.list_id == list_id]

    def _list_named(self, call: Call) -> int:
        wanted = call.params.get("listClientOrderId") or call.params.get("origClientOrderId")
        list_id = call.number("orderListId")
        if list_id is None:
            list_id = next((n for n, name in self._list_ids.items() if name == wanted), -1)
        if not any(leg.account == call.account for leg in self._legs(list_id)) or list_id < 0:
            raise Denied(-2011, "Unknown order list sent.")
        return list_id

    def _list_told(
        self, list_id: int, report: Callable[[BookOrder], dict[str, Any]] | None
    ) -> dict[str, Any]:
        legs = self._legs(list_id)
        told = order_list(list_id, legs, self._list_ids[list_id], self.book.now_ms())
        return told | ({"orderReports": [report(leg) for leg in legs]} if report else {})

    def _own_id(self, what: str) -> str:
        self._made += 1
        return f"venue-{what}-{self._made}"
