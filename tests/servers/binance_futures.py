"""Binance's signed USDT-perpetual endpoints over the books: plain orders and the account.

Conditional orders go to the algo service (`binance_algo`), as on the venue since December 2025.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.servers.binance_futures_shapes import (
    account_of,
    balances_of,
    futures_order,
    income_row,
    position_risk,
    user_trade,
)
from tests.servers.binance_signed import FUTURES_WORDS, Call, Denied, Door
from tests.servers.binance_spot import CLIENT_ID, exact
from tests.servers.scripted_http import Handler
from tests.servers.venue_perpetuals import PerpetualBook
from tests.servers.venue_types import ZERO, BookOrder, Refusal

_NOT_HERE = {"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"}
_DONE = {"code": 200, "msg": "success"}
WEEK_MS = 7 * 86_400_000


class FuturesDesk:
    """The endpoints. `duplicate_fills` makes userTrades tell every execution twice."""

    def __init__(self, book: PerpetualBook, door: Door) -> None:
        self.book, self.door = book, door
        self.duplicate_fills = False
        self.multi_assets = False
        self._made = 0

    def routes(self) -> dict[tuple[str, str], Handler]:
        trading: dict[tuple[str, str], Callable[[Call], Any]] = {
            ("POST", "v1/order"): self.place,
            ("POST", "v1/order/test"): self.try_out,
            ("PUT", "v1/order"): self.amend,
            ("DELETE", "v1/order"): self.cancel,
            ("DELETE", "v1/allOpenOrders"): self.cancel_all,
            ("POST", "v1/leverage"): self.set_leverage,
            ("POST", "v1/marginType"): self.set_margin,
            ("POST", "v1/positionSide/dual"): self.set_sides,
            ("POST", "v1/multiAssetsMargin"): self.set_multi,
        }
        reading: dict[tuple[str, str], Callable[[Call], Any]] = {
            ("GET", "v1/order"): self.query,
            ("GET", "v1/openOrder"): self.query_open,
            ("GET", "v1/openOrders"): self.open_orders,
            ("GET", "v1/allOrders"): self.all_orders,
            ("GET", "v1/userTrades"): self.user_trades,
            ("GET", "v1/income"): self.income,
            ("GET", "v1/positionSide/dual"): lambda _: {"dualSidePosition": False},
            ("GET", "v1/multiAssetsMargin"): lambda _: {"multiAssetsMargin": self.multi_assets},
            ("GET", "v1/leverageBracket"): self.brackets,
            ("GET", "v1/symbolConfig"): self.symbol_config,
            ("GET", "v1/accountConfig"): self.account_config,
        }
        for version in ("v2", "v3"):
            reading |= {
                ("GET", f"{version}/account"): lambda call: account_of(self.book, call.account),
                ("GET", f"{version}/balance"): lambda call: balances_of(self.book, call.account),
                ("GET", f"{version}/positionRisk"): self.positions
                if version == "v3" else self.positions_v2,
            }  # fmt: skip
        every = trading | reading
        return {
            (method, f"/fapi/{path}"): self.door.signed(
                act, FUTURES_WORDS, trades=(method, path) in trading, futures=True
            )
            for (method, path), act in every.items()
        }

    # -- orders ---------------------------------------------------------------------------------

    def place(self, call: Call) -> dict[str, Any]:
        order = self.book.place(self.order_from(call))
        told = futures_order(order)
        if call.params.get("newOrderRespType", "ACK") == "ACK":
            told |= {"status": "NEW", "executedQty": "0", "avgPrice": "0.00", "cumQuote": "0"}
        return told

    def try_out(self, call: Call) -> dict[str, Any]:
        self.book.place(self.order_from(call), test=True)
        return {}

    def amend(self, call: Call) -> dict[str, Any]:
        order = self.named(call, -2013, "Order does not exist.")
        if not order.is_working:
            raise Denied(-2013, "Order does not exist.")
        order.price, order.quantity = exact(call, "price"), exact(call, "quantity") or ZERO
        order.updated_at = self.book.now_ms()
        self.book.match(order.symbol)
        return futures_order(order)

    def cancel(self, call: Call) -> dict[str, Any]:
        order = self.named(call, -2011, "Unknown order sent.")
        if not order.is_working:
            raise Denied(-2011, "Unknown order sent.")
        self.book.cancel(order)
        return futures_order(order)

    def cancel_all(self, call: Call) -> dict[str, Any]:
        symbol = self.book.market(call.need("symbol")).symbol
        for order in self._plain(call.account, symbol):
            self.book.cancel(order)
        return {"code": 200, "msg": "The operation of cancel all open order is done."}

    def query(self, call: Call) -> dict[str, Any]:
        return futures_order(self.named(call, -2013, "Order does not exist."))

    def query_open(self, call: Call) -> dict[str, Any]:
        order = self.named(call, -2013, "Order does not exist.")
        if not order.is_working:
            raise Denied(-2013, "Order does not exist.")
        return futures_order(order)

    def open_orders(self, call: Call) -> list[dict[str, Any]]:
        symbol = call.params.get("symbol") or None
        if symbol:
            self.book.market(symbol)
        seen = self._plain(call.account, symbol)
        return [futures_order(order) for order in seen if self.book.visible(order)]

    def all_orders(self, call: Call) -> list[dict[str, Any]]:
        symbol, limit = call.params.get("symbol"), min(call.number("limit") or 500, 1000)
        since, first = call.number("startTime") or 0, call.number("orderId") or 0
        found = [
            order
            for order in self.book.orders
            if order.account == call.account and symbol in {None, order.symbol}
            and not order.is_conditional and order.id >= first and order.placed_at >= since
            and self.book.visible(order)
        ]  # fmt: skip
        return [futures_order(order) for order in found[-limit:]]

    def user_trades(self, call: Call) -> list[dict[str, Any]]:
        symbol, since = self.book.market(call.need("symbol")).symbol, call.number("startTime")
        until, first = call.number("endTime"), call.number("fromId")
        if since is not None and until is not None and until - since > WEEK_MS:
            raise Denied(-4166, "Search window is restricted to recent 7 days only.")
        now, limit = self.book.now_ms(), min(call.number("limit") or 500, 1000)
        start = since if since is not None or first is not None else now - WEEK_MS
        found = [
            fill
            for fill in self.book.fills
            if fill.account == call.account and fill.symbol == symbol
            and fill.hidden_until <= now and fill.id >= (first or 0)
            and (start or 0) <= fill.at <= (until or 1 << 62)
            and call.number("orderId") in {None, fill.order_id}
        ]  # fmt: skip
        wanted = found[:limit] if since is not None or first is not None else found[-limit:]
        rows = [user_trade(fill, self.book.currency) for fill in wanted]
        return [row for row in rows for _ in range(2)] if self.duplicate_fills else rows

    # -- the account ----------------------------------------------------------------------------

    def positions(self, call: Call) -> list[dict[str, Any]]:
        """Version 3: only what is held or has orders, without leverage and margin type."""
        working = {order.symbol for order in self.book.open_orders(call.account)}
        return [
            position_risk(self.book, position)
            for (account, symbol), position in self.book.positions.items()
            if account == call.account and symbol in self.book.markets
            and (position.amount or symbol in working)
            and call.params.get("symbol") in {None, symbol}
        ]  # fmt: skip

    def positions_v2(self, call: Call) -> list[dict[str, Any]]:
        """Version 2: every symbol, with leverage and margin type."""
        return [
            position_risk(self.book, self.book.position(call.account, symbol), old=True)
            for symbol in self.book.markets
            if call.params.get("symbol") in {None, symbol}
        ]

    def set_leverage(self, call: Call) -> dict[str, Any]:
        position = self._position(call)
        leverage = call.number("leverage") or 0
        if not 1 <= leverage <= 125:
            raise Denied(-4028, f"Leverage {leverage} is not valid")
        if position.isolated and position.amount and leverage < position.leverage:
            raise Denied(
                -4161,
                "Leverage reduction is not supported in Isolated Margin Mode with open positions",
            )
        position.leverage = leverage
        return {"leverage": leverage, "maxNotionalValue": "1000000", "symbol": position.symbol}

    def set_margin(self, call: Call) -> dict[str, Any]:
        position, isolated = self._position(call), call.need("marginType") == "ISOLATED"
        if position.isolated == isolated:
            raise Denied(-4046, "No need to change margin type.")
        if self.book.open_orders(call.account, position.symbol):
            raise Denied(-4047, "Margin type cannot be changed if there exists open orders.")
        if position.amount:
            raise Denied(-4048, "Margin type cannot be changed if there exists position.")
        position.isolated = isolated
        return _DONE

    def set_sides(self, call: Call) -> dict[str, Any]:
        if call.need("dualSidePosition") == "false":
            raise Denied(-4059, "No need to change position side.")
        raise Denied(-4068, "Position side cannot be changed if there exists position.")

    def set_multi(self, call: Call) -> dict[str, Any]:
        self.multi_assets = call.need("multiAssetsMargin") == "true"
        return _DONE

    def income(self, call: Call) -> list[dict[str, Any]]:
        rows = [
            income_row(row, self.book.currency)
            for row in self.book.income
            if row.account == call.account and row.at >= (call.number("startTime") or 0)
            and call.params.get("incomeType") in {None, row.kind}
            and call.params.get("symbol") in {None, row.symbol}
        ]  # fmt: skip
        return rows[: call.number("limit") or 100]

    def brackets(self, call: Call) -> list[dict[str, Any]]:
        del call
        return [
            {"symbol": symbol, "brackets": [
                {"bracket": 1, "initialLeverage": 125, "notionalCap": 50_000, "notionalFloor": 0,
                 "maintMarginRatio": 0.004, "cum": 0.0},
                {"bracket": 2, "initialLeverage": 100, "notionalCap": 5_000_000,
                 "notionalFloor": 50_000, "maintMarginRatio": 0.005, "cum": 50.0}]}
            for symbol in self.book.markets
        ]  # fmt: skip

    def symbol_config(self, call: Call) -> list[dict[str, Any]]:
        seen = (self.book.position(call.account, symbol) for symbol in self.book.markets)
        return [
            {"symbol": p.symbol, "marginType": "ISOLATED" if p.isolated else "CROSSED",
             "isAutoAddMargin": False, "leverage": p.leverage, "maxNotionalValue": "1000000"}
            for p in seen
            if call.params.get("symbol") in {None, p.symbol}
        ]  # fmt: skip

    def account_config(self, call: Call) -> dict[str, Any]:
        return {
            "feeTier": 0, "canTrade": call.key.trades, "canDeposit": True, "canWithdraw": True,
            "dualSidePosition": False, "updateTime": 0, "multiAssetsMargin": self.multi_assets,
            "tradeGroupId": -1,
        }  # fmt: skip

    # -- inside ---------------------------------------------------------------------------------

    def order_from(self, call: Call) -> BookOrder:
        """A plain order from the parameters; conditional types are sent on to the algo service."""
        kind = call.need("type")
        if kind in _NOT_HERE:
            raise Denied(
                -4120,
                "Order type not supported for this endpoint. Please use the Algo Order API "
                "endpoints instead.",
            )
        if kind not in {"LIMIT", "MARKET"}:
            raise Denied(-1116, "Invalid orderType.")
        for name in ("timeInForce", "price") if kind == "LIMIT" else ():
            call.need(name)
        return self.built(call, kind, call.params.get("newClientOrderId"))

    def built(self, call: Call, kind: str, client_id: str | None, **more: Any) -> BookOrder:
        """A book order with everything plain and conditional orders share."""
        market, side = self.book.market(call.need("symbol")), call.need("side")
        if side not in {"BUY", "SELL"}:
            raise Denied(-1117, "Invalid side.")
        if call.params.get("positionSide", "BOTH") != "BOTH":
            raise Denied(-4061, "Order's position side does not match user's setting.")
        if client_id is not None and not CLIENT_ID.fullmatch(client_id):
            raise Refusal("client_id")
        closing = call.params.get("closePosition") == "true"
        quantity = Decimal(0) if closing else exact(call, "quantity")
        if quantity is None:
            call.need("quantity")
        if quantity is not None and quantity % market.step:
            raise Refusal("precision")
        tif = call.params.get("timeInForce", "GTC")
        if tif not in {"GTC", "IOC", "FOK", "GTX"}:
            raise Denied(-1115, "Invalid timeInForce.")
        limit = kind in {"LIMIT", "STOP", "TAKE_PROFIT"}
        self._made += 1
        return self.book.new_order(
            call.account, client_id=client_id or f"venue-{self._made}", symbol=market.symbol,
            side=side.lower(), kind="limit" if limit else "market", quantity=quantity or ZERO,
            price=exact(call, "price") if limit else None, post_only=tif == "GTX",
            time_in_force="gtc" if tif == "GTX" else tif.lower(), close_position=closing,
            reduce_only=call.params.get("reduceOnly", "").lower() == "true",
            words={"type": kind, "tif": tif}, **more,
        )  # fmt: skip

    def named(self, call: Call, code: int, words: str) -> BookOrder:
        """The plain order a request means."""
        symbol = self.book.market(call.need("symbol")).symbol
        number, client_id = call.params.get("orderId"), call.params.get("origClientOrderId")
        if client_id is None and (number is None or not number.isdigit()):
            raise Denied(
                -1102,
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
            )
        try:
            order = self.book.find(call.account, symbol, int(number) if number else None, client_id)
        except Refusal:
            raise Denied(code, words) from None
        if order.is_conditional:
            raise Denied(code, words)
        return order

    def _plain(self, account: str, symbol: str | None) -> list[BookOrder]:
        return [o for o in self.book.open_orders(account, symbol) if not o.is_conditional]

    def _position(self, call: Call) -> Any:
        return self.book.position(call.account, self.book.market(call.need("symbol")).symbol)
