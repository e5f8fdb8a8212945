"""Binance's JSON for perpetuals: orders, executions, account, positions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.servers.binance_shapes import eight
from tests.servers.venue_perpetuals import MAINTENANCE, Income, PerpetualBook
from tests.servers.venue_types import ZERO, BookFill, BookOrder, Position

ALGO_IDS = 9_000_000  # algo numbers are a space of their own, so mixing them up must fail


def plain(value: Decimal | None) -> str:
    """A number without trailing zeros, as perpetuals' orders carry it."""
    return f"{(value or ZERO).normalize():f}"


def futures_order(order: BookOrder) -> dict[str, Any]:
    """Any answer about a plain order."""
    return {
        "orderId": order.id,
        "symbol": order.symbol,
        "status": order.status.upper(),
        "clientOrderId": order.client_id,
        "price": plain(order.price),
        "avgPrice": f"{order.average:.5f}",
        "origQty": plain(order.quantity),
        "executedQty": plain(order.filled),
        "cumQty": plain(order.filled),
        "cumQuote": plain(order.spent),
        "timeInForce": order.words.get("tif", order.time_in_force.upper()),
        "type": order.words.get("type", "LIMIT" if order.kind == "limit" else "MARKET"),
        "reduceOnly": order.reduce_only,
        "closePosition": order.close_position,
        "side": order.side.upper(),
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": order.words.get("type", "LIMIT"),
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "time": order.placed_at,
        "updateTime": order.updated_at,
    }


def algo_order(order: BookOrder, child: BookOrder | None) -> dict[str, Any]:
    """Any answer about a conditional order; `child` is what its trigger placed."""
    status = order.status.upper()
    if child is not None and not child.is_working:
        status = "FINISHED"
    return {
        "algoId": ALGO_IDS + order.id,
        "clientAlgoId": order.client_id,
        "algoType": "CONDITIONAL",
        "orderType": order.words["type"],
        "symbol": order.symbol,
        "side": order.side.upper(),
        "positionSide": "BOTH",
        "timeInForce": order.words.get("tif", "GTC"),
        "quantity": plain(order.quantity),
        "algoStatus": status,
        "actualOrderId": str(child.id) if child else "",
        "actualPrice": f"{child.average:.5f}" if child else "0.00000",
        "triggerPrice": plain(order.trigger),
        "price": plain(order.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "workingType": "CONTRACT_PRICE",
        "priceMatch": "NONE",
        "closePosition": order.close_position,
        "priceProtect": False,
        "reduceOnly": order.reduce_only,
        "activatePrice": plain(order.activation),
        "callbackRate": plain((order.trail or ZERO) * 100),
        "createTime": order.placed_at,
        "updateTime": order.updated_at,
        "triggerTime": order.triggered_at,
        "goodTillDate": 0,
    }


def user_trade(fill: BookFill, currency: str) -> dict[str, Any]:
    """A row of userTrades."""
    return {
        "symbol": fill.symbol,
        "id": fill.id,
        "orderId": fill.order_id,
        "side": fill.side.upper(),
        "price": plain(fill.price),
        "qty": plain(fill.quantity),
        "realizedPnl": eight(fill.profit),
        "marginAsset": currency,
        "quoteQty": plain(fill.price * fill.quantity),
        "commission": eight(fill.fee),
        "commissionAsset": fill.fee_currency,
        "time": fill.at,
        "positionSide": "BOTH",
        "buyer": fill.side == "buy",
        "maker": fill.is_maker,
    }


def income_row(row: Income, currency: str) -> dict[str, Any]:
    """A row of income."""
    return {
        "symbol": row.symbol,
        "incomeType": row.kind,
        "income": eight(row.amount),
        "asset": currency,
        "info": row.kind,
        "time": row.at,
        "tranId": row.id,
        "tradeId": row.trade_id,
    }


def balances_of(book: PerpetualBook, account: str) -> list[dict[str, Any]]:
    """GET balance."""
    return [
        {
            "accountAlias": "SgsR",
            "asset": name,
            "balance": eight(purse.total),
            "crossWalletBalance": eight(purse.total),
            "crossUnPnl": eight(_profit(book, account) if name == book.currency else ZERO),
            "availableBalance": eight(
                book.available(account) if name == book.currency else purse.free
            ),
            "maxWithdrawAmount": eight(purse.free),
            "marginAvailable": True,
            "updateTime": book.now_ms(),
        }
        for name, purse in book.balances[account].items()
    ]


def account_of(book: PerpetualBook, account: str) -> dict[str, Any]:
    """GET account."""
    purses, profit = book.balances[account], _profit(book, account)
    wallet = purses[book.currency].total
    margin = sum((book.initial_margin(p) for p in book.held(account)), ZERO)
    orders, available = book.order_margin(account), book.available(account)
    maintenance = sum((_maintenance(book, p) for p in book.held(account)), ZERO)
    assets = [
        {
            "asset": name,
            "walletBalance": eight(purse.total),
            "unrealizedProfit": eight(profit if name == book.currency else ZERO),
            "marginBalance": eight(purse.total + (profit if name == book.currency else ZERO)),
            "maintMargin": eight(maintenance if name == book.currency else ZERO),
            "initialMargin": eight(margin + orders if name == book.currency else ZERO),
            "positionInitialMargin": eight(margin if name == book.currency else ZERO),
            "openOrderInitialMargin": eight(orders if name == book.currency else ZERO),
            "crossWalletBalance": eight(purse.total),
            "crossUnPnl": eight(profit if name == book.currency else ZERO),
            "availableBalance": eight(available if name == book.currency else purse.free),
            "maxWithdrawAmount": eight(available if name == book.currency else purse.free),
            "updateTime": book.now_ms(),
        }
        for name, purse in purses.items()
    ]
    return {
        "totalInitialMargin": eight(margin + orders),
        "totalMaintMargin": eight(maintenance),
        "totalWalletBalance": eight(wallet),
        "totalUnrealizedProfit": eight(profit),
        "totalMarginBalance": eight(wallet + profit),
        "totalPositionInitialMargin": eight(margin),
        "totalOpenOrderInitialMargin": eight(orders),
        "totalCrossWalletBalance": eight(wallet),
        "totalCrossUnPnl": eight(profit),
        "availableBalance": eight(available),
        "maxWithdrawAmount": eight(available),
        "canTrade": True,
        "assets": assets,
        "positions": [position_risk(book, p) for p in book.held(account)],
    }


def position_risk(book: PerpetualBook, position: Position, *, old: bool = False) -> dict[str, Any]:
    """A row of positionRisk; `old` is version 2 with leverage and margin type."""
    market = book.markets[position.symbol]
    margin = book.initial_margin(position)
    told: dict[str, Any] = {
        "symbol": position.symbol,
        "positionSide": "BOTH",
        "positionAmt": plain(position.amount),
        "entryPrice": plain(position.entry),
        "breakEvenPrice": plain(position.entry),
        "markPrice": eight(market.mark),
        "unRealizedProfit": eight(book.profit(position)),
        "liquidationPrice": plain(book.liquidation_price(position)),
        "isolatedMargin": eight(
            position.isolated_margin + book.profit(position) if position.isolated else ZERO
        ),
        "notional": eight(position.amount * market.mark),
        "isolatedWallet": eight(position.isolated_margin),
        "updateTime": position.updated_at,
    }
    if old:
        kind = "isolated" if position.isolated else "cross"
        return told | {"leverage": str(position.leverage), "marginType": kind,
                       "maxNotionalValue": "1000000", "isAutoAddMargin": "false"}  # fmt: skip
    return told | {
        "marginAsset": book.currency,
        "initialMargin": eight(margin),
        "maintMargin": eight(_maintenance(book, position)),
        "positionInitialMargin": eight(margin),
        "openOrderInitialMargin": "0",
        "adl": "2",
        "bidNotional": "0",
        "askNotional": "0",
    }


def _profit(book: PerpetualBook, account: str) -> Decimal:
    return sum((book.profit(p) for p in book.held(account)), ZERO)


def _maintenance(book: PerpetualBook, position: Position) -> Decimal:
    return abs(position.amount) * book.markets[position.symbol].mark * MAINTENANCE
