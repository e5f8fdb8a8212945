"""From what a venue says of an order to the events that bring ours in line. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from kit_tui.domain.events import Event, FillRecorded, OrderMoved
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import LEGAL_MOVES, Fill, Order, OrderStatus
from kit_tui.exchanges.base import VenueOrder
from kit_tui.trading.lineage import RELEASED

_FILLED = frozenset({OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED})
_ENDED = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED})
_UNCLEAR = frozenset({OrderStatus.SUBMITTED, OrderStatus.UNKNOWN, OrderStatus.INITIALIZED})
_LATEST = datetime.max.replace(tzinfo=UTC)
# Two reports of one execution under different ids lie at most this far apart.
TWIN_WINDOW = timedelta(seconds=5)


def belongs(fill: Fill, order: Order, venue_order_id: str | None = None) -> bool:
    """Whether an execution is of this order, by our id or else by the venue's.

    Venues name only their own id in executions that nobody asked about by ours.
    """
    if fill.order_id == order.client_id:
        return True
    known = order.venue_order_id or venue_order_id
    return known is not None and fill.venue_order_id == known and fill.pair == order.pair


def own_fills(order: Order, fills: Iterable[Fill], seen: VenueOrder | None = None) -> list[Fill]:
    """The venue's executions of one order, named by our own order id."""
    venue_id = seen.venue_order_id if seen is not None else None
    return [
        msgspec.structs.replace(fill, order_id=order.id, account=order.account)
        for fill in fills
        if belongs(fill, order, venue_id)
    ]


def without_twins(
    fills: Collection[Fill], ledger: Ledger, since: datetime, room: Decimal | None = None
) -> tuple[list[Fill], list[Fill]]:
    """New executions, and those which are known already under another id.

    A source of its own (a stream, another endpoint) may name one execution differently. It is the
    same when order, side, quantity and price agree, the times are close, and this report, which
    reaches back to `since`, does not name the known one as well: a venue that tells both has
    executed both. `room` is how much more the venue says was filled than is counted, where it says
    so: what fits into it is new, and what does not is known even if the report names both.
    """
    told = {fill.key for fill in fills}
    fresh, twins, taken = list[Fill](), list[Fill](), set[tuple[str, str, str, str]]()
    orders = {fill.order_id for fill in fills}
    known = [f for f in ledger.fills if f.order_id in orders and f.at >= since]
    for fill in fills:
        if ledger.has_fill(fill):
            continue
        fits = room is not None and sum((f.quantity for f in fresh), fill.quantity) <= room
        alike = [f for f in known if f.key not in taken and _same(f, fill)]
        twin = next((f for f in alike if room is not None or f.key not in told), None)
        if twin is None or fits:
            fresh.append(fill)
        else:
            taken.add(twin.key)
            twins.append(fill)
    return fresh, twins


def look_counted(fills: Collection[Fill], ledger: Ledger) -> bool:
    """Whether one of these executions looks like one that is counted under another id.

    Only the venue's own sum can tell a second name of an execution from a second execution.
    """
    orders = {fill.order_id for fill in fills}
    known = [fill for fill in ledger.fills if fill.order_id in orders]
    return any(_same(one, fill) for fill in fills for one in known)


def _same(one: Fill, other: Fill) -> bool:
    return (
        (one.order_id, one.side, one.pair) == (other.order_id, other.side, other.pair)
        and (one.quantity, one.price) == (other.quantity, other.price)
        and abs(one.at - other.at) <= TWIN_WINDOW
    )


def outcome_events(
    order: Order, seen: VenueOrder | None, fills: Iterable[Fill], ledger: Ledger, now: datetime
) -> list[Event]:
    """The shortest legal way from our order to what the venue reports; empty when they agree.

    `fills` are the order's own. Quantities move only by fills: a status of filled without its
    executions waits until they are known. What is to be cancelled stays so until it has ended.
    """
    events, current = list[Event](), order
    leaving = order.status is OrderStatus.PENDING_CANCEL and order.reason != RELEASED

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
    if seen is not None and _was_reduced(current, seen):
        move(OrderStatus.CANCELED, f"the venue reduced it to {plain(seen.filled)}")
    stays = leaving and seen is not None and seen.status not in _ENDED
    if seen is not None and seen.status not in _FILLED and not stays:
        move(seen.status, seen.reason)
    if leaving and current.is_open:
        move(OrderStatus.PENDING_CANCEL, order.reason)
    return events


def _was_reduced(order: Order, seen: VenueOrder) -> bool:
    """Whether the venue is done with less: it shrinks orders to what there is to reduce."""
    done = seen.status is OrderStatus.FILLED and order.filled >= seen.filled > 0
    return done and order.status is not OrderStatus.FILLED


def in_time(events: Sequence[Event]) -> list[Event]:
    """Events with the executions of different orders in the order in which they happened.

    Profit at average cost depends on it. The events of one order keep their own order.
    """
    following: dict[str, datetime] = {}
    keys: list[datetime] = []
    for event in reversed(events):
        order_id = _order_of(event)
        if isinstance(event, FillRecorded):
            following[order_id] = min(event.fill.at, following.get(order_id, _LATEST))
        keys.append(following.get(order_id, _LATEST))
    keys.reverse()
    return [events[i] for i in sorted(range(len(events)), key=keys.__getitem__)]


def _order_of(event: Event) -> str:
    if isinstance(event, FillRecorded):
        return event.fill.order_id
    return event.order_id if isinstance(event, OrderMoved) else ""
