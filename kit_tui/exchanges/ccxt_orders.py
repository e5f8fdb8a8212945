"""From ccxt's orders, trades, balances and positions to domain values. Guesses nothing.

What lacks its identity or its status is unreadable and raises; it never becomes a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from kit_tui.domain.clock import utc_from_ms
from kit_tui.domain.numbers import ONE, ZERO, InvalidNumberError, Price, Quantity
from kit_tui.domain.orders import Fill, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Balance
from kit_tui.exchanges.base import VenueOrder, VenuePosition
from kit_tui.exchanges.ccxt_shapes import number, price

_STATUSES = {
    "open": OrderStatus.ACCEPTED,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "canceling": OrderStatus.ACCEPTED,
    "rejected": OrderStatus.REJECTED,
    "expired": OrderStatus.EXPIRED,
}


@dataclass(slots=True)
class Frame:
    """What turns a venue's numbers into ours: how much of the base coin one contract is."""

    sizes: dict[Pair, Decimal] = field(default_factory=dict)

    def size(self, pair: Pair) -> Decimal:
        return self.sizes.get(pair, ONE)


def need(value: object, what: str) -> str:
    """Text that must be there.

    Raises:
        ValueError: when it is not.
    """
    if value is None or value == "" or isinstance(value, bool):
        raise ValueError(f"the reply has no {what}")
    return str(value)


def amount(value: object, what: str) -> Decimal:
    """A number that must be there.

    Raises:
        ValueError: when it is not.
    """
    found = number(value)
    if found is None:
        raise ValueError(f"the reply has no readable {what}")
    return found


def moment(*values: object) -> datetime:
    """The first readable time in milliseconds.

    Raises:
        ValueError: when there is none.
    """
    for value in values:
        found = number(value)
        if found is not None and found > 0:
            return utc_from_ms(int(found))
    raise ValueError("the reply has no time")


def pair_of(symbol: object) -> Pair:
    """The pair a reply names.

    Raises:
        InvalidNumberError: when it is none that K.I.T. can name.
    """
    return Pair(need(symbol, "symbol"))


def status_for(name: object, filled: Decimal) -> OrderStatus:
    """ccxt's status in ours.

    Raises:
        ValueError: for a status nobody knows.
    """
    found = _STATUSES.get(need(name, "status"))
    if found is None:
        raise ValueError(f"{name!r:.40} is not a status")
    return working(found, filled)


def working(status: OrderStatus, filled: Decimal) -> OrderStatus:
    """A working order with executions is partially filled."""
    if status is OrderStatus.ACCEPTED and filled > 0:
        return OrderStatus.PARTIALLY_FILLED
    return status


def order_from(raw: Mapping[str, Any], frame: Frame, pair: Pair | None = None) -> VenueOrder:
    """An order in ccxt's unified form."""
    pair = pair_of(raw.get("symbol")) if pair is None else pair
    size = frame.size(pair)
    filled = (number(raw.get("filled")) or ZERO) * size
    trigger = price(raw.get("triggerPrice")) or price(raw.get("stopPrice"))
    limit = price(raw.get("price")) if raw.get("type") != "market" else None
    return VenueOrder(
        client_id=need(raw.get("clientOrderId") or f"venue:{need(raw.get('id'), 'id')}", "id"),
        venue_order_id=need(raw.get("id"), "id"),
        pair=pair,
        side=Side(need(raw.get("side"), "side")),
        type=_type(limit, trigger),
        status=status_for(raw.get("status"), filled),
        quantity=Quantity(amount(raw.get("amount"), "amount") * size),
        filled=Quantity(filled),
        price=limit,
        stop_price=trigger,
        average_price=price(raw.get("average")),
        reduce_only=bool(raw.get("reduceOnly")),
        post_only=bool(raw.get("postOnly")),
        updated_at=moment(raw.get("lastUpdateTimestamp"), raw.get("timestamp")),
    )


def fill_from(
    raw: Mapping[str, Any], pair: Pair, frame: Frame, *, order_id: str, venue: str, account: str
) -> Fill:
    """An execution in ccxt's unified form."""
    fee = raw.get("fee") or {}
    return Fill(
        venue=venue,
        account=account,
        pair=pair,
        trade_id=need(raw.get("id"), "trade id"),
        order_id=order_id,
        side=Side(need(raw.get("side"), "side")),
        quantity=Quantity(amount(raw.get("amount"), "amount") * frame.size(pair)),
        price=Price(amount(raw.get("price"), "price")),
        fee=number(fee.get("cost")) or ZERO,
        fee_currency=str(fee.get("currency") or pair.quote),
        at=moment(raw.get("timestamp")),
        venue_order_id=str(raw["order"]) if raw.get("order") is not None else None,
        is_maker=raw.get("takerOrMaker") == "maker",
    )


def balances_from(raw: Mapping[str, Any]) -> list[Balance]:
    """Balances in ccxt's unified form, those of nothing left out."""
    totals, free = raw["total"], raw["free"]
    found = []
    for currency, value in totals.items():
        total = amount(value, "balance")
        if total != 0:
            available = number(free.get(currency))
            found.append(
                Balance(
                    currency=str(currency), total=total,
                    free=total if available is None else available,
                )
            )  # fmt: skip
    return found


def position_from(raw: Mapping[str, Any], frame: Frame) -> VenuePosition | None:
    """A position in ccxt's unified form, or None when it is flat or in no pair we can name."""
    try:
        pair = pair_of(raw.get("symbol"))
    except InvalidNumberError:
        return None
    contracts = amount(raw.get("contracts"), "contracts") * frame.size(pair)
    if contracts == 0:
        return None
    side = need(raw.get("side"), "side")
    margin: Literal["isolated", "cross"] = (
        "isolated" if raw.get("marginMode") == "isolated" else "cross"
    )
    return VenuePosition(
        pair=pair,
        quantity=-contracts if side == "short" else contracts,
        entry_price=price(raw.get("entryPrice")),
        mark_price=price(raw.get("markPrice")),
        liquidation_price=price(raw.get("liquidationPrice")),
        leverage=number(raw.get("leverage")),
        margin=margin,
    )


def _type(limit: Price | None, trigger: Price | None) -> OrderType:
    if trigger is not None:
        return OrderType.STOP if limit is None else OrderType.STOP_LIMIT
    return OrderType.MARKET if limit is None else OrderType.LIMIT
