"""A ticket's hash binds an answer to exactly one order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Pair
from kit_tui.domain.ticket import OrderDraft, ticket_hash
from tests.domain.examples import NOW, a_draft

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


@pytest.mark.parametrize("field", sorted(CHANGED))
def test_the_hash_changes_with_every_field(field: str) -> None:
    draft = a_draft()
    other = msgspec.structs.replace(draft, **{field: CHANGED[field]})
    assert ticket_hash("t1", NOW, draft) != ticket_hash("t1", NOW, other)


def test_the_hash_covers_the_tickets_id_and_expiry() -> None:
    draft = a_draft()
    hashes = {
        ticket_hash("t1", NOW, draft),
        ticket_hash("t2", NOW, draft),
        ticket_hash("t1", NOW + timedelta(microseconds=1), draft),
    }
    assert len(hashes) == 3


def test_writing_a_number_differently_is_the_same_order() -> None:
    one, other = a_draft(quantity=Quantity("0.10")), a_draft(quantity=Quantity("0.1"))
    assert ticket_hash("t1", NOW, one) == ticket_hash("t1", NOW, other)


def test_a_line_break_in_a_name_cannot_forge_another_field() -> None:
    forged = a_draft(venue="x'\naccount='y", account="z")
    plain = a_draft(venue="x", account="y'\naccount='z")
    assert ticket_hash("t1", NOW, forged) != ticket_hash("t1", NOW, plain)
