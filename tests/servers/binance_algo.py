"""Binance's algo service for perpetuals: stop, take-profit and trailing orders."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.servers.binance_futures import FuturesDesk
from tests.servers.binance_futures_shapes import ALGO_IDS, algo_order
from tests.servers.binance_signed import FUTURES_WORDS, Call, Denied
from tests.servers.binance_spot import exact
from tests.servers.scripted_http import Handler
from tests.servers.venue_types import BookOrder, When

_KINDS = {"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"}


class AlgoDesk:
    """The endpoints under /fapi/v1/…lgo…; orders live in the same books as plain ones."""

    def __init__(self, desk: FuturesDesk) -> None:
        self.desk, self.book = desk, desk.book

    def routes(self) -> dict[tuple[str, str], Handler]:
        table: dict[tuple[str, str], Callable[[Call], Any]] = {
            ("POST", "algoOrder"): self.place,
            ("GET", "algoOrder"): self.query,
            ("DELETE", "algoOrder"): self.cancel,
            ("GET", "openAlgoOrders"): self.open_orders,
            ("GET", "allAlgoOrders"): self.all_orders,
            ("DELETE", "algoOpenOrders"): self.cancel_all,
        }
        return {
            (method, f"/fapi/v1/{path}"): self.desk.door.signed(
                act, FUTURES_WORDS, trades=method != "GET", futures=True
            )
            for (method, path), act in table.items()
        }

    def place(self, call: Call) -> dict[str, Any]:
        if call.need("algoType") != "CONDITIONAL":
            raise Denied(-20130, "Invalid data sent for a parameter: algoType")
        kind = call.need("type")
        if kind not in _KINDS:
            raise Denied(-1116, "Invalid orderType.")
        order = self.desk.built(
            call, kind, call.params.get("clientAlgoId"), **self._trigger(kind, call)
        )
        if order.kind == "limit":
            call.need("price")
        self.book.place(order)
        return self._told(order)

    def query(self, call: Call) -> dict[str, Any]:
        return self._told(self._named(call, -2013, "Order does not exist."))

    def cancel(self, call: Call) -> dict[str, Any]:
        order = self._named(call, -2011, "Unknown order sent.")
        if not order.is_working:
            raise Denied(-2011, "Unknown order sent.")
        self.book.cancel(order)
        return {"algoId": ALGO_IDS + order.id, "clientAlgoId": order.client_id, "code": "200",
                "msg": "success"}  # fmt: skip

    def open_orders(self, call: Call) -> list[dict[str, Any]]:
        return [self._told(o) for o in self._mine(call) if o.is_working and self.book.visible(o)]

    def all_orders(self, call: Call) -> list[dict[str, Any]]:
        call.need("symbol")
        return [self._told(order) for order in self._mine(call) if self.book.visible(order)]

    def cancel_all(self, call: Call) -> dict[str, Any]:
        call.need("symbol")
        for order in self._mine(call):
            if order.is_working:
                self.book.cancel(order)
        return {"code": 200, "msg": "The operation of cancel all open order is done."}

    def _trigger(self, kind: str, call: Call) -> dict[str, Any]:
        falls = call.need("side") == "SELL"
        when: When = "below" if falls != kind.startswith("TAKE") else "above"
        if kind != "TRAILING_STOP_MARKET":
            call.need("triggerPrice")
            return {"trigger": exact(call, "triggerPrice"), "when": when}
        rate = Decimal(call.need("callbackRate"))
        if not Decimal("0.1") <= rate <= 10:
            raise Denied(-4136, "Invalid callback rate")  # the venue's wording is not known
        return {"trail": rate / 100, "when": when, "activation": exact(call, "activatePrice")}

    def _mine(self, call: Call) -> list[BookOrder]:
        symbol = call.params.get("symbol") or None
        return [
            order
            for order in self.book.orders
            if order.is_conditional and order.account == call.account
            and symbol in {None, order.symbol}
        ]  # fmt: skip

    def _named(self, call: Call, code: int, words: str) -> BookOrder:
        number, client_id = call.number("algoId"), call.params.get("clientAlgoId")
        if number is None and client_id is None:
            raise Denied(-1102, "Param 'algoId' or 'clientAlgoId' must be sent.")
        for order in reversed(self._mine(call)):
            if (
                ALGO_IDS + order.id == number or order.client_id == client_id
            ) and self.book.visible(order):
                return order
        raise Denied(code, words)

    def _told(self, order: BookOrder) -> dict[str, Any]:
        child = next((o for o in self.book.orders if o.id == order.child_id), None)
        return algo_order(order, child)
