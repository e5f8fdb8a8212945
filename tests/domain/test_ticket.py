"""A ticket's hash binds an answer to exactly one order."""

from __future__ import annotations

from datetime import timedelta, timezone
from decimal import Decimal

import msgspec
import pytest

from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import Verdict
from kit_tui.domain.ticket import BOUND, OrderDraft, TicketState, ticket_hash
from tests.domain.examples import NOW, a_draft, a_ticket

CHANGED: dict[str, object] = {
    "venue": "kraken", "account": "live", "mode": Mode.LIVE, "pair": Pair("ETH/USDT"),
    "side": Side.SELL, "type": OrderType.MARKET, "quantity": Quantity("0.0015"),
    "price": None, "stop_price": None, "stop_loss": Price("65000.01"),
    "time_in_force": TimeInForce.IOC, "reduce_only": True, "reference_price": Price(1),
    "worst_price": Price(70_000), "notional": Decimal(99), "estimated_fee": Decimal(0),
    "fee_currency": "BNB", "take_profit": Price("71000.01"), "trail": Decimal("0.01"),
    "post_only": True, "emulated": True, "leverage": Decimal(2),
}  # fmt: skip


def test_the_table_of_changes_covers_every_field() -> None:
    assert set(CHANGED) == set(OrderDraft.__struct_fields__)


def hash_of(**order: object) -> str:
    """The hash of a ticket whose order has these fields."""
    return a_ticket(order=a_draft(**order)).hash


@pytest.mark.parametrize("field", sorted(CHANGED))
def test_the_hash_changes_with_every_field_of_the_order(field: str) -> None:
    assert hash_of() != hash_of(**{field: CHANGED[field]})


OTHER_TICKET: dict[str, object] = {
    "id": "t2", "created_at": NOW + timedelta(microseconds=1),
    "expires_at": NOW + timedelta(microseconds=1), "order": a_draft(quantity=Quantity("0.0016")),
    "verdict": Verdict(passed=True, checks=()), "asked_by": "bob", "asked_on": "telegram",
    "words": "Buy BTC for $100.", "read_by": "claude", "limits": "other", "needs_pair": True,
    "market_price": Price(5),
}  # fmt: skip


def test_the_table_covers_every_field_that_is_bound() -> None:
    assert set(OTHER_TICKET) == set(BOUND)


@pytest.mark.parametrize("field", sorted(OTHER_TICKET))
def test_the_hash_changes_with_every_field_of_the_ticket(field: str) -> None:
    assert a_ticket().hash != a_ticket(**{field: OTHER_TICKET[field]}).hash


def test_answering_leaves_the_hash_as_it_is() -> None:
    ticket = a_ticket()
    later = msgspec.structs.replace(
        ticket, state=TicketState.APPROVED, answered_by="Ann", answered_on="tui", answered_at=NOW
    )
    assert ticket_hash(later) == ticket.hash


def test_writing_a_number_or_a_time_differently_is_the_same_ticket() -> None:
    assert hash_of(quantity=Quantity("0.10")) == hash_of(quantity=Quantity("0.1"))
    there = NOW.astimezone(timezone(timedelta(hours=5)))
    assert a_ticket(created_at=there).hash == a_ticket(created_at=NOW).hash


def test_a_line_break_in_a_name_cannot_forge_another_field() -> None:
    forged = hash_of(venue="x'\naccount='y", account="z")
    plain = hash_of(venue="x", account="y'\naccount='z")
    assert forged != plain
