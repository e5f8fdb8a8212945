"""Order requests, drafts and tickets: from what was asked to what a person approves."""

from __future__ import annotations

import hashlib
from datetime import datetime
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
    """A checked order waiting for an answer. `hash` binds the answer to exactly this order."""

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
    answered_by: str = ""
    answered_on: str = ""
    answered_at: datetime | None = None
    note: str = ""


def ticket_hash(ticket_id: str, expires_at: datetime, draft: OrderDraft) -> str:
    """SHA-256 over the canonical text of a ticket's order, expiry and id, as 64 hex digits."""
    lines = [f"ticket={ticket_id}", f"expires={expires_at.isoformat()}"]
    for name in OrderDraft.__struct_fields__:
        value = getattr(draft, name)
        # repr keeps a line break inside a name from passing for another field.
        text = plain(value) if isinstance(value, Decimal) else repr(value and str(value))
        lines.append(f"{name}={text}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
