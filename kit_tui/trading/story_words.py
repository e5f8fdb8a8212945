"""The lines of a story: each event of the journal in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from kit_tui.domain.autonomy import READ_BY_PEOPLE
from kit_tui.domain.events import (
    Event,
    FillRecorded,
    OrderAdopted,
    OrderAmended,
    OrderMoved,
    OrderRefused,
    OrderSubmitted,
    TicketAnswered,
)
from kit_tui.domain.message import Message
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import Order
from kit_tui.domain.risk import Verdict
from kit_tui.domain.ticket import Ticket
from kit_tui.trading import reports


class Line(msgspec.Struct, frozen=True):
    """When something happened, if that is a moment of its own, and what."""

    at: datetime | None
    what: str


def reader(read_by: str) -> str:
    """`read by the offline grammar`, `proposed by claude-sonnet-5-5`."""
    if not read_by:
        return "what read it was not written down"
    names = {"offline grammar": "the offline grammar", "form": "the order form"}
    if read_by in READ_BY_PEOPLE:
        return f"read by {names.get(read_by, 'the command line: a typed command')}"
    return f"proposed by the model {read_by}"


def checks(verdict: Verdict) -> list[str]:
    """Every check that has figures or failed."""
    return [
        f"{'passed' if check.passed else 'failed'}: {reports.check_text(check)}"
        for check in verdict.checks
        if check.limit is not None or not check.passed
    ]


def refused_lines(refused: OrderRefused, spent_on: Sequence[str]) -> list[Line]:
    """Who asked for what was refused, and by which checks."""
    lines = [Line(refused.at, f"asked by {refused.by} on {refused.channel}: {refused.words}")]
    lines += [Line(None, text) for text in [*spent_on, *checks(refused.verdict)]]
    return [*lines, Line(refused.at, "refused; nothing was sent")]


def used(message: Message) -> list[str]:
    """Why that one answered, and what a model used and cost for the answer."""
    said = [f"that one answered because {message.why}"] if message.why else []
    if message.tools:
        uses = (f"{use.name}({use.arguments})" for use in message.tools)
        said.append(f"it used {', '.join(uses)}")
    spent = message.spent
    if spent is not None:
        tokens = spent.input_tokens + spent.cache_read + spent.cache_write
        cost = "unknown" if spent.cost is None else f"{spent.cost:.4f} dollars"
        about = "about " if spent.estimated else ""
        said.append(
            f"{spent.model} read {tokens:,} and wrote {spent.output_tokens:,} tokens, "
            f"cost {about}{cost}"
        )
    return said


def happened(events: Iterable[Event], ticket: Ticket | None, orders: Sequence[Order]) -> list[Line]:
    """What became of a ticket and its orders, oldest first."""
    ids = {order.id for order in orders}
    said = ((event, _said(event, ticket, ids)) for event in events)
    return [Line(event.at, text) for event, text in said if text]


def _said(event: Event, ticket: Ticket | None, ids: set[str]) -> str:
    """One event in words; empty when it belongs to another story."""
    if isinstance(event, TicketAnswered):
        return _answered(event) if ticket is not None and event.ticket_id == ticket.id else ""
    if isinstance(event, OrderSubmitted | OrderAdopted):
        return _begun(event, ids)
    if isinstance(event, FillRecorded):
        fill = event.fill
        mine = fill.order_id in ids
        return (
            f"filled {plain(fill.quantity)} @ {reports.price_text(fill.price)}, "
            f"fee {plain(fill.fee)} {fill.fee_currency} (trade {fill.trade_id})"
            if mine
            else ""
        )
    if isinstance(event, OrderMoved) and event.order_id in ids:
        known = f", known there as {event.venue_order_id}" if event.venue_order_id else ""
        reason = f": {event.reason}" if event.reason else ""
        return f"order {event.order_id} {event.status.value}{known}{reason}"
    if isinstance(event, OrderAmended) and event.order_id in ids:
        stop = f", trigger {reports.price_text(event.stop_price)}" if event.stop_price else ""
        size = f", quantity {plain(event.quantity)}" if event.quantity is not None else ""
        return f"order {event.order_id} is watched with other figures{stop}{size}"
    return ""


def _answered(event: TicketAnswered) -> str:
    note = f": {event.note}" if event.note else ""
    text = f"ticket {event.ticket_id} {event.state.value} by {event.by} on {event.channel}{note}"
    if not event.day:
        return text
    worth = reports.money(event.worth)
    return f"{text}; nobody was asked, {worth} counted on the caps of {event.day}"


def _begun(event: OrderSubmitted | OrderAdopted, ids: set[str]) -> str:
    order = event.order
    if order.parent_id in ids:
        where = "watched here" if order.emulated else f"for {order.venue}"
        return f"order {order.id} beside it, {where}: {reports.order_text(order, None)}"
    if order.id not in ids:
        return ""
    if isinstance(event, OrderAdopted):
        return f"order {order.id} found at {order.venue} and taken over"
    if order.emulated:
        return f"order {order.id} taken, {reports.WATCHED}"
    return f"order {order.id} written down and sent to {order.venue} as {order.client_id}"
