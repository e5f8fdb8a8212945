"""Binance's JSON for orders, fills and accounts of the spot market."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.servers.venue_types import BookFill, BookMarket, BookOrder, Purse


def eight(value: Decimal | None) -> str:
    """A number as Binance writes it."""
    return f"{value or 0:.8f}"


def order_type(order: BookOrder) -> str:
    """The type's name on the wire, by its name there or by what the order does."""
    if "type" in order.words:
        return order.words["type"]
    return "LIMIT" if order.kind == "limit" else "MARKET"


def spot_core(order: BookOrder) -> dict[str, Any]:
    """What every answer about an order has in common."""
    core: dict[str, Any] = {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
        "price": eight(order.price),
        "origQty": eight(order.quantity),
        "executedQty": eight(order.filled),
        "origQuoteOrderQty": eight(order.quote_quantity),
        "cummulativeQuoteQty": eight(order.spent),
        "status": order.status.upper(),
        "timeInForce": order.time_in_force.upper(),
        "type": order_type(order),
        "side": order.side.upper(),
        "workingTime": -1 if order.waiting else order.triggered_at or order.placed_at,
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }
    if order.trigger is not None:
        core["stopPrice"] = eight(order.trigger)
    if order.trail is not None:
        core |= {"trailingDelta": int(order.trail * 10_000), "trailingTime": order.placed_at}
    return core


def spot_query(order: BookOrder) -> dict[str, Any]:
    """GET order, openOrders, allOrders."""
    return (
        {"stopPrice": "0.00000000"}
        | spot_core(order)
        | {
            "icebergQty": "0.00000000",
            "time": order.placed_at,
            "updateTime": order.updated_at,
            "isWorking": not order.waiting,
        }
    )


def spot_placed(order: BookOrder, fills: Iterable[BookFill], how: str) -> dict[str, Any]:
    """The answer to a new order: ACK, RESULT or FULL."""
    ack = {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
        "transactTime": order.updated_at,
    }
    if how == "ACK":
        return ack
    if how == "RESULT":
        return ack | spot_core(order)
    return (
        ack
        | spot_core(order)
        | {
            "fills": [
                {
                    "price": eight(fill.price),
                    "qty": eight(fill.quantity),
                    "commission": eight(fill.fee),
                    "commissionAsset": fill.fee_currency,
                    "tradeId": fill.id,
                }
                for fill in fills
            ]
        }
    )


def spot_cancelled(order: BookOrder) -> dict[str, Any]:
    """The answer to a cancel; `clientOrderId` is the cancel's own id, as on the real venue."""
    return spot_core(order) | {
        "origClientOrderId": order.client_id,
        "clientOrderId": f"cancel-{order.id}",
        "transactTime": order.updated_at,
    }


def spot_trade(fill: BookFill, list_id: int) -> dict[str, Any]:
    """A row of myTrades."""
    return {
        "symbol": fill.symbol,
        "id": fill.id,
        "orderId": fill.order_id,
        "orderListId": list_id,
        "price": eight(fill.price),
        "qty": eight(fill.quantity),
        "quoteQty": eight(fill.price * fill.quantity),
        "commission": eight(fill.fee),
        "commissionAsset": fill.fee_currency,
        "time": fill.at,
        "isBuyer": fill.side == "buy",
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def spot_account(
    purses: dict[str, Purse], trades: bool, withdraws: bool, now: int
) -> dict[str, Any]:
    """GET account."""
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": "0.00100000", "taker": "0.00100000", "buyer": "0.00000000",
                            "seller": "0.00000000"},
        "canTrade": trades,
        "canWithdraw": withdraws,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": now,
        "accountType": "SPOT",
        "balances": [
            {"asset": name, "free": eight(purse.free), "locked": eight(purse.locked)}
            for name, purse in purses.items()
            if purse.total
        ],
        "permissions": ["SPOT"],
        "uid": 354937868,
    }  # fmt: skip


def order_list(list_id: int, legs: list[BookOrder], client_id: str, now: int) -> dict[str, Any]:
    """An OCO list."""
    working = any(leg.is_working for leg in legs)
    return {
        "orderListId": list_id,
        "contingencyType": "OCO",
        "listStatusType": "EXEC_STARTED" if working else "ALL_DONE",
        "listOrderStatus": "EXECUTING" if working else "ALL_DONE",
        "listClientOrderId": client_id,
        "transactionTime": now,
        "symbol": legs[0].symbol,
        "orders": [
            {"symbol": leg.symbol, "orderId": leg.id, "clientOrderId": leg.client_id}
            for leg in legs
        ],
    }


def public_market(market: BookMarket) -> tuple[int, int]:
    """Decimals of quantity and price."""
    return _places(market.step), _places(market.tick)


def _places(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
