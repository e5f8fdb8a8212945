"""Binance's own JSON for orders, trades, balances and positions, read exactly, digit by digit."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kit_tui.domain.numbers import ZERO, Price, Quantity
from kit_tui.domain.orders import Fill, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Balance
from kit_tui.exchanges.base import VenueOrder, VenuePosition
from kit_tui.exchanges.ccxt_orders import amount, moment, need, working
from kit_tui.exchanges.ccxt_shapes import number, price

_STATUSES = {
    "NEW": OrderStatus.ACCEPTED,
    "PENDING_NEW": OrderStatus.ACCEPTED,
    "ACCEPTED": OrderStatus.ACCEPTED,
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "PENDING_CANCEL": OrderStatus.ACCEPTED,
    "TRIGGERING": OrderStatus.TRIGGERED,
    "TRIGGERED": OrderStatus.TRIGGERED,
    "FILLED": OrderStatus.FILLED,
    "FINISHED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "CANCELLED": OrderStatus.CANCELED,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
}
_TYPES = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "LIMIT_MAKER": OrderType.LIMIT,
    "STOP_LOSS": OrderType.STOP,
    "TAKE_PROFIT": OrderType.STOP,
    "STOP_MARKET": OrderType.STOP,
    "TAKE_PROFIT_MARKET": OrderType.STOP,
    "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
    "TAKE_PROFIT_LIMIT": OrderType.STOP_LIMIT,
    "STOP": OrderType.STOP_LIMIT,
    "TRAILING_STOP_MARKET": OrderType.TRAILING_STOP,
}
_BASIS_POINTS = Decimal(10_000)


def binance_order(info: Mapping[str, Any], pair: Pair, *, contracts: bool) -> VenueOrder:
    """An order as spot, futures or the algo service reports it.

    A cancel's reply has an id of its own in `clientOrderId` and the order's in `origClientOrderId`.
    On futures, `STOP` and `TAKE_PROFIT` are limit orders; on spot `TAKE_PROFIT` is at market.

    Raises:
        ValueError: when identity, status or size is missing.
    """
    filled = number(info.get("executedQty")) or ZERO
    kind = need(info.get("origType") or info.get("type") or info.get("orderType"), "type")
    trail = _trail(info)
    type_ = OrderType.TRAILING_STOP if trail is not None else _TYPES.get(kind, OrderType.LIMIT)
    if contracts and kind == "TAKE_PROFIT":
        type_ = OrderType.STOP_LIMIT
    status = _STATUSES.get(need(_first(info, "status", "algoStatus"), "status"))
    if status is None:
        raise ValueError("the reply has a status nobody knows")
    client = _first(info, "origClientOrderId", "clientAlgoId", "clientOrderId")
    has_limit = type_ in {OrderType.LIMIT, OrderType.STOP_LIMIT}
    group = number(info.get("orderListId"))
    return VenueOrder(
        client_id=need(client, "client order id"),
        venue_order_id=need(_first(info, "orderId", "algoId"), "order id"),
        pair=pair,
        side=Side(need(info.get("side"), "side").lower()),
        type=type_,
        status=working(status, filled),
        quantity=Quantity(amount(_first(info, "origQty", "quantity"), "quantity")),
        filled=Quantity(filled),
        price=price(info.get("price")) if has_limit else None,
        stop_price=price(_first(info, "stopPrice", "triggerPrice")),
        average_price=_average(info, filled),
        reduce_only=_is_true(info.get("reduceOnly")),
        post_only=kind == "LIMIT_MAKER" or info.get("timeInForce") == "GTX",
        trail=trail,
        group_id="" if group is None or group < 0 else str(group),
        updated_at=moment(*(info.get(name) for name in _TIMES)),
    )


_TIMES = ("updateTime", "transactTime", "time", "createTime", "workingTime")


def binance_fill(
    info: Mapping[str, Any], pair: Pair, order_id: str, venue: str, account: str
) -> Fill:
    """A row of myTrades or userTrades."""
    buys = info.get("isBuyer") if "isBuyer" in info else info.get("buyer")
    named = info.get("side")
    side = Side(str(named).lower()) if named else Side.BUY if _is_true(buys) else Side.SELL
    if named is None and buys is None:
        raise ValueError("the trade does not say who bought")
    return Fill(
        venue=venue,
        account=account,
        pair=pair,
        trade_id=need(info.get("id"), "trade id"),
        order_id=order_id,
        side=side,
        quantity=Quantity(amount(info.get("qty"), "quantity")),
        price=Price(amount(info.get("price"), "price")),
        fee=amount(info.get("commission"), "commission"),
        fee_currency=need(info.get("commissionAsset"), "commission asset"),
        at=moment(info.get("time")),
        venue_order_id=need(info.get("orderId"), "order id"),
        is_maker=_is_true(info.get("isMaker") if "isMaker" in info else info.get("maker")),
    )


def spot_balances(info: Mapping[str, Any]) -> list[Balance]:
    """GET account of spot: everything that is not nothing."""
    found = []
    for row in info["balances"]:
        free, locked = amount(row.get("free"), "free"), amount(row.get("locked"), "locked")
        if free or locked:
            asset = need(row.get("asset"), "asset")
            found.append(Balance(currency=asset, total=free + locked, free=free))
    return found


def futures_balances(info: Mapping[str, Any]) -> list[Balance]:
    """GET account of futures: the wallet, profits of open positions not counted in."""
    found = []
    for row in info["assets"]:
        wallet = amount(row.get("walletBalance"), "wallet balance")
        if wallet:
            free = amount(row.get("availableBalance"), "available balance")
            asset = need(row.get("asset"), "asset")
            found.append(Balance(currency=asset, total=wallet, free=min(wallet, free)))
    return found


def futures_position(
    info: Mapping[str, Any], pair: Pair, leverage: Decimal | None
) -> VenuePosition | None:
    """A row of positionRisk, or None when it is flat.

    Raises:
        ValueError: when the account holds both sides of a pair at once.
    """
    quantity = amount(info.get("positionAmt"), "position")
    if quantity == 0:
        return None
    if info.get("positionSide", "BOTH") != "BOTH":
        raise ValueError("hedge mode")
    isolated = str(info.get("marginType", "")).lower() == "isolated"
    isolated = isolated or (number(info.get("isolatedMargin")) or ZERO) != 0
    return VenuePosition(
        pair=pair,
        quantity=quantity,
        entry_price=price(info.get("entryPrice")),
        mark_price=price(info.get("markPrice")),
        liquidation_price=price(info.get("liquidationPrice")),
        leverage=number(info.get("leverage")) or leverage or _leverage(info),
        margin="isolated" if isolated else "cross",
    )


def _leverage(info: Mapping[str, Any]) -> Decimal | None:
    notional = number(info.get("notional"))
    margin = number(info.get("positionInitialMargin") or info.get("initialMargin"))
    if not notional or not margin:
        return None
    return (abs(notional) / margin).quantize(Decimal(1))


def _trail(info: Mapping[str, Any]) -> Decimal | None:
    """Spot tells basis points, futures percent."""
    basis_points = number(info.get("trailingDelta"))
    if basis_points is not None and basis_points > 0:
        return basis_points / _BASIS_POINTS
    percent = number(_first(info, "priceRate", "callbackRate"))
    return percent / 100 if percent is not None and percent > 0 else None


def _average(info: Mapping[str, Any], filled: Decimal) -> Price | None:
    told = price(info.get("avgPrice"))
    spent = number(info.get("cummulativeQuoteQty"))
    if told is not None or not filled or not spent or spent < 0:
        return told
    return Price(spent / filled)


def _first(info: Mapping[str, Any], *names: str) -> Any:
    return next((info[name] for name in names if info.get(name) not in (None, "")), None)


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"
