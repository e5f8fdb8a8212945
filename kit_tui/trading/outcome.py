"""From what a venue says of an order to the events that bring ours in line. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from kit_tui.domain.events import Event, FillRecorded, OrderMoved
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.orders import LEGAL_MOVES, Fill, Order, OrderStatus
from kit_tui.exchanges.base import VenueOrder

_FILLED = frozenset({OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED})
_ENDED = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED})
_UNCLEAR = frozenset({OrderStatus.SUBMITTED, OrderStatus.UNKNOWN, OrderStatus.INITIALIZED})


def own_fills(order: Order, fills: Iterable[Fill]) -> list[Fill]:
    """The venue's executions of one order, named by our own order id."""
    return [
        msgspec.structs.replace(fill, order_id=order.id, account=order.account)
        for fill in fills
        if fill.order_id == order.client_id
    ]


def outcome_events(
    order: Order,
    seen: VenueOrder | None,
    fills: Iterable[Fill],
    ledger: Ledger,
    now: datetime,
) -> list[Event]:
    """The shortest legal way from our order to what the venue reports; empty when they agree.

    `fills` are the order's own. Quantities move only by fills: a status of filled without its
    executions waits until they are known.
    """
    events: list[Event] = []
    current = order

    def move(status: OrderStatus, reason: str = "") -> None:
        nonlocal current
        if status is current.status or status not in LEGAL_MOVES[current.status]:
            return
        venue_id = seen.venue_order_id if seen is not None else None
        current = current.moved(status, now, venue_order_id=venue_id, reason=reason)
        events.append(
            OrderMoved(
                order_id=order.id, status=status, venue_order_id=venue_id, reason=reason, at=now
            )
        )

    if seen is not None and current.status in _UNCLEAR and seen.status not in _ENDED:
        move(OrderStatus.ACCEPTED)
    for fill in fills:
        if not ledger.has_fill(fill) and current.status is not OrderStatus.DENIED:
            current = current.with_fill(fill)
            events.append(FillRecorded(fill=fill, at=now))
    if seen is not None and seen.status not in _FILLED:
        move(seen.status, seen.reason)
    return events
