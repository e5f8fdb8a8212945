"""Steps of the fold: what one event makes of a ticket or an order, or why it cannot. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kit_tui.domain.errors import KitError
from kit_tui.domain.events import (
    OrderAmended,
    OrderMoved,
    PersonPaired,
    PersonRemoved,
    TicketAnswered,
)
from kit_tui.domain.orders import Order, OrderStatus
from kit_tui.domain.people import Person
from kit_tui.domain.ticket import Ticket, TicketState


class LedgerError(KitError):
    """An event contradicts what the ledger knows."""

    title = "Ledger"


def answered(ticket: Ticket | None, event: TicketAnswered) -> Ticket:
    """A ticket after an answer; raises LedgerError when there is none to give."""
    if ticket is None:
        raise LedgerError(f"there is no ticket {event.ticket_id}")
    if ticket.state is not TicketState.PENDING:
        raise LedgerError(f"ticket {ticket.id} is {ticket.state} already")
    return msgspec.structs.replace(
        ticket,
        state=event.state,
        answered_by=event.by,
        answered_on=event.channel,
        answered_at=event.at,
        note=event.note,
    )


def moved(order: Order | None, event: OrderMoved) -> Order:
    """An order after a move; raises LedgerError or IllegalMoveError."""
    if order is None:
        raise LedgerError(f"there is no order {event.order_id}")
    return order.moved(
        event.status, event.at, venue_order_id=event.venue_order_id, reason=event.reason
    )


def amended(order: Order | None, event: OrderAmended) -> Order:
    """A watched order after it was amended; raises LedgerError for any other."""
    if order is None:
        raise LedgerError(f"there is no order {event.order_id}")
    if not (order.emulated and order.is_open):
        raise LedgerError(f"order {order.id} is not one that is watched here")
    return msgspec.structs.replace(
        order,
        stop_price=event.stop_price or order.stop_price,
        quantity=order.quantity if event.quantity is None else event.quantity,
        updated_at=event.at,
    )


def check_new(order: Order | None) -> None:
    """Raises LedgerError when an order was submitted already."""
    if order is not None and order.status is not OrderStatus.INITIALIZED:
        raise LedgerError(f"order {order.id} was submitted already")


def highest(count: int, number: str) -> int:
    """The highest number given so far: one that was left out is not given again after a restart."""
    return max(count + 1, int(number) if number.isdecimal() else 0)


def admitted(
    people: Mapping[str, Person], event: PersonPaired | PersonRemoved
) -> dict[str, Person]:
    """Those who may speak on channels, by their keys, after somebody was let in or put out."""
    if isinstance(event, PersonPaired):
        return {**people, event.person.key: event.person}
    return {key: person for key, person in people.items() if key != event.key}
