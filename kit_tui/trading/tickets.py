"""Tickets: an order bound by hash and time, answered once. And the ids that follow from them."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from kit_tui.domain.events import TicketAnswered
from kit_tui.domain.message import Principal
from kit_tui.domain.numbers import ZERO, Price
from kit_tui.domain.orders import Mode, Order, OrderStatus, OrderType
from kit_tui.domain.risk import Verdict
from kit_tui.domain.ticket import (
    OrderDraft,
    Ticket,
    TicketState,
    canonical,
    sealed,
    ticket_hash,
)
from kit_tui.exchanges.base import NewOrder
from kit_tui.settings.model import Settings

ENTRY_LEG = "order"
STOP_LEG = "stop"
TARGET_LEG = "target"


def make_ticket(
    number: str,
    draft: OrderDraft,
    verdict: Verdict,
    *,
    principal: Principal,
    words: str,
    now: datetime,
    settings: Settings,
    read_by: str = "",
    market_price: Price | None = None,
    rate: Decimal | None = None,
) -> Ticket:
    """A pending ticket; its hash covers everything that is not its answer.

    `rate` is what one unit of the pair's quote is worth in the reference currency.
    """
    market = draft.type is OrderType.MARKET
    lives = settings.tickets.market_seconds if market else settings.tickets.limit_seconds
    ticket = Ticket(
        id=number,
        hash="",
        state=TicketState.PENDING,
        created_at=now,
        expires_at=now + timedelta(seconds=lives),
        order=draft,
        verdict=verdict,
        asked_by=principal.name,
        asked_on=principal.channel,
        words=words,
        read_by=read_by,
        limits=limits_of(settings),
        market_price=market_price,
        needs_pair=needs_pair(draft, market_price, rate, settings.tickets.typed_above),
    )
    return sealed(ticket)


def worth(draft: OrderDraft, market_price: Price | None, rate: Decimal | None) -> Decimal | None:
    """What an order may come to in the reference currency; None without a `rate`."""
    if rate is None or rate <= 0:
        return None
    return (
        draft.quantity * max(draft.reference_price, draft.worst_price, market_price or ZERO) * rate
    )


def needs_pair(
    draft: OrderDraft, market_price: Price | None, rate: Decimal | None, limit: Decimal
) -> bool:
    """Whether an order is so much real money that its pair is typed to approve it; no exit is."""
    if draft.mode is not Mode.LIVE or draft.reduce_only:
        return False
    comes_to = worth(draft, market_price, rate)
    return comes_to is None or comes_to >= limit


def is_intact(ticket: Ticket) -> bool:
    """Whether the hash still covers exactly this ticket."""
    return same_hash(ticket.hash, ticket_hash(ticket))


def same_hash(one: str, other: str) -> bool:
    """Whether two hashes are the same; takes as long for a near miss as for a far one."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def limits_of(settings: Settings) -> str:
    """A fingerprint of every limit and ticket setting an order is judged by, 64 hex digits."""
    text = canonical(settings.risk_manager) + canonical(settings.tickets)
    return hashlib.sha256(text.encode()).hexdigest()


def answered(
    ticket: Ticket,
    state: TicketState,
    principal: Principal,
    now: datetime,
    note: str = "",
    *,
    charge: tuple[str, Decimal] = ("", ZERO),
) -> TicketAnswered:
    """The event of an answer; `charge` is the day and worth of what is sent without asking."""
    return TicketAnswered(
        ticket_id=ticket.id,
        state=state,
        by=principal.name,
        channel=principal.channel,
        note=note,
        at=now,
        day=charge[0],
        worth=charge[1],
    )


def client_id(home: uuid.UUID, origin: str, leg: str) -> str:
    """The id a venue knows an order by: UUIDv5 of the home, where the order comes from, its leg."""
    return uuid.uuid5(home, f"{origin}:{leg}").hex


def order_of(
    ticket_id: str | None, draft: OrderDraft, *, number: str, client: str, now: datetime
) -> Order:
    """The order a draft becomes when it is submitted."""
    return Order(
        id=number,
        client_id=client,
        venue=draft.venue,
        account=draft.account,
        mode=draft.mode,
        pair=draft.pair,
        side=draft.side,
        type=draft.type,
        quantity=draft.quantity,
        created_at=now,
        updated_at=now,
        status=OrderStatus.SUBMITTED,
        price=draft.price,
        stop_price=draft.stop_price,
        time_in_force=draft.time_in_force,
        reduce_only=draft.reduce_only,
        ticket_id=ticket_id,
        post_only=draft.post_only,
        trail=draft.trail if draft.type is OrderType.TRAILING_STOP else None,
        emulated=draft.emulated,
    )


def to_send(order: Order) -> NewOrder:
    """What goes to the venue."""
    return NewOrder(
        client_id=order.client_id,
        pair=order.pair,
        side=order.side,
        type=order.type,
        quantity=order.quantity,
        price=order.price,
        stop_price=order.stop_price,
        time_in_force=order.time_in_force,
        reduce_only=order.reduce_only,
        post_only=order.post_only,
        trail=order.trail,
    )
