"""Order requests, drafts and tickets: from what was asked to what a person approves."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from kit_tui.domain.numbers import Price, Quantity, plain
from kit_tui.domain.orders import Mode, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import Verdict


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asked for, before it is rounded, priced and checked.

    Exactly one size is given: `quote_amount`, `base_amount`, or `fraction` of what is held (of the
    position for sells, of free cash for buys). A sell without a size means the whole position.
    `stop_loss` and `take_profit` protect an entry, or, on a reducing request of type STOP with
    both, make one group of which one cancels the other. `trail` is a fraction of the price.
    """

    side: Side
    pair: Pair
    type: OrderType = OrderType.MARKET
    quote_amount: Decimal | None = None
    base_amount: Decimal | None = None
    fraction: Decimal | None = None
    price: Price | None = None
    stop_price: Price | None = None
    stop_loss: Price | None = None
    take_profit: Price | None = None
    trail: Decimal | None = None
    post_only: bool = False
    reduce_only: bool = False
    leverage: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    venue: str | None = None


class OrderDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly what would be sent to the venue; the ticket's hash covers every field.

    `reference_price` is what the sizing used and `worst_price` bounds the fill: beyond it the
    approval no longer holds. `estimated_fee` is in `fee_currency`. `stop_loss` and `take_profit`
    ask for protective orders once the entry is filled; `trail` (a fraction) makes the stop follow.
    `emulated` tells that the order is watched here, because the venue has no such order.
    """

    venue: str
    account: str
    mode: Mode
    pair: Pair
    side: Side
    type: OrderType
    quantity: Quantity
    price: Price | None = None
    stop_price: Price | None = None
    stop_loss: Price | None = None
    take_profit: Price | None = None
    trail: Decimal | None = None
    post_only: bool = False
    emulated: bool = False
    leverage: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    reduce_only: bool = False
    reference_price: Price
    worst_price: Price
    notional: Decimal
    estimated_fee: Decimal
    fee_currency: str


class TicketState(StrEnum):
    """Where a ticket stands; only PENDING can be answered."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A checked order waiting for an answer. `hash` binds the answer to exactly this ticket.

    `read_by` names what read or proposed it: the offline grammar, the order form, a typed command,
    or a model by its name. `limits` is a fingerprint of the limits it was checked against, and
    `market_price` what the market asked (for a buy) or bid when it was made. With `needs_pair` it
    is approved only by somebody who typed its pair.
    """

    id: str
    hash: str
    state: TicketState
    created_at: datetime
    expires_at: datetime
    order: OrderDraft
    verdict: Verdict
    asked_by: str
    asked_on: str
    words: str
    read_by: str = ""
    limits: str = ""
    market_price: Price | None = None
    needs_pair: bool = False
    answered_by: str = ""
    answered_on: str = ""
    answered_at: datetime | None = None
    note: str = ""


FORM = "kit-ticket/2"  # raise it whenever what is bound, or how it is written, changes
ANSWER = frozenset({"hash", "state", "answered_by", "answered_on", "answered_at", "note"})
BOUND = tuple(name for name in Ticket.__struct_fields__ if name not in ANSWER)


def ticket_hash(ticket: Ticket) -> str:
    """SHA-256 over the canonical text of all that a ticket is but its answer, as 64 hex digits."""
    lines = [FORM, *(f"{name}={canonical(getattr(ticket, name))}" for name in BOUND)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def sealed(ticket: Ticket) -> Ticket:
    """The same ticket with the hash that belongs to it."""
    return msgspec.structs.replace(ticket, hash=ticket_hash(ticket))


def canonical(value: object) -> str:
    """One text for one value: numbers without trailing zeros, times in UTC, names quoted."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, str):
        return repr(str(value))  # quoted, so that a line break in a name is no other field
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return f"[{','.join(canonical(each) for each in value)}]"
    if isinstance(value, msgspec.Struct):
        fields = (f"{name}={canonical(getattr(value, name))}" for name in value.__struct_fields__)
        return f"{{{','.join(fields)}}}"
    return repr(value)
