"""An order's status moves only through the table; fills are counted once and never lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.numbers import InvalidNumberError, Price, Quantity
from kit_tui.domain.orders import (
    LEGAL_MOVES,
    OPEN_STATUSES,
    IllegalMoveError,
    OrderStatus,
)
from tests.domain.examples import NOW, a_fill, an_order

S = OrderStatus

# Written out by hand, apart from the code: one line per status, everything it may become.
TABLE = {
    "initialized": "denied submitted accepted triggered canceled expired rejected "
    "partially_filled filled",
    "denied": "",
    "submitted": "unknown accepted triggered pending_update pending_cancel canceled expired "
    "rejected partially_filled filled",
    "unknown": "accepted triggered pending_cancel canceled expired rejected partially_filled "
    "filled",
    "accepted": "triggered pending_update pending_cancel canceled expired rejected "
    "partially_filled filled",
    "triggered": "pending_update pending_cancel canceled expired rejected partially_filled filled",
    "pending_update": "accepted triggered pending_update pending_cancel canceled expired rejected "
    "partially_filled filled",
    "pending_cancel": "accepted pending_cancel canceled expired rejected partially_filled filled",
    "partially_filled": "pending_update pending_cancel canceled expired partially_filled filled",
    "filled": "",
    "canceled": "partially_filled filled",
    "rejected": "partially_filled filled",
    "expired": "partially_filled filled",
}


def test_the_table_names_every_status() -> None:
    assert set(TABLE) == {status.value for status in S} == {s.value for s in LEGAL_MOVES}


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_a_status_moves_exactly_as_the_table_says(before: S, after: S) -> None:
    order = an_order(status=before)
    if after is before or after.value in TABLE[before.value].split():
        assert order.moved(after, NOW).status is after
    else:
        with pytest.raises(IllegalMoveError):
            order.moved(after, NOW)


def test_what_ended_is_not_open() -> None:
    ended = {S.DENIED, S.FILLED, S.CANCELED, S.REJECTED, S.EXPIRED, S.INITIALIZED}
    assert set(S) - ended == OPEN_STATUSES


def test_a_move_keeps_the_venues_id_and_the_reason_unless_new_ones_come() -> None:
    order = an_order().moved(S.ACCEPTED, NOW, venue_order_id="v1", reason="first")
    later = order.moved(S.CANCELED, NOW + timedelta(seconds=1))
    assert (later.venue_order_id, later.reason) == ("v1", "first")


def test_fills_add_up_to_an_average_price_and_a_fee() -> None:
    half = an_order().with_fill(a_fill(quantity=Quantity("0.5"), fee=Decimal(3)))
    assert half.status is S.PARTIALLY_FILLED
    whole = half.with_fill(
        a_fill(quantity=Quantity("0.5"), price=Price(62_000), fee=Decimal(4), trade_id="2")
    )
    assert whole.status is S.FILLED
    assert [whole.filled, whole.remaining] == [1, 0]
    assert [whole.average_price, whole.fee] == [61_000, 7]
    assert whole.fee_currency == "USDT"


def test_fees_of_two_currencies_are_not_summed() -> None:
    order = an_order().with_fill(a_fill(fee=Decimal("0.01"), fee_currency="BNB"))
    order = order.with_fill(a_fill(fee=Decimal(5), fee_currency="USDT", trade_id="2"))
    assert (order.fee, order.fee_currency) == (Decimal("0.01"), "BNB")


def test_an_overfill_is_kept() -> None:
    order = an_order().with_fill(a_fill(quantity=Quantity("1.1")))
    assert order.status is S.FILLED
    assert [order.filled, order.remaining] == [Decimal("1.1"), 0]
    again = order.with_fill(a_fill(quantity=Quantity("0.1"), trade_id="2"))
    assert again.filled == Decimal("1.2")


@pytest.mark.parametrize("ended", [S.CANCELED, S.EXPIRED, S.REJECTED])
def test_a_late_fill_is_adopted_and_the_order_stays_ended_unless_it_is_whole(ended: S) -> None:
    late = an_order(status=ended).with_fill(a_fill())
    assert (late.status, late.filled) == (ended, Decimal("0.4"))
    whole = late.with_fill(a_fill(quantity=Quantity("0.6"), trade_id="2"))
    assert whole.status is S.FILLED


def test_a_fill_before_the_acknowledgement_is_legal() -> None:
    for status in (S.SUBMITTED, S.UNKNOWN):
        assert an_order(status=status).with_fill(a_fill(quantity=Quantity(1))).status is S.FILLED


def test_a_denied_order_takes_no_fill() -> None:
    with pytest.raises(IllegalMoveError):
        an_order(status=S.DENIED).with_fill(a_fill())


def test_an_order_is_not_dated_back_by_an_old_fill() -> None:
    order = an_order().with_fill(a_fill(at=NOW - timedelta(hours=1)))
    assert order.updated_at == NOW


@pytest.mark.parametrize(
    "change",
    [{"quantity": Quantity(0)}, {"quantity": 0.4}, {"price": 60_000.0}, {"fee": 0.1},
     {"fee": Decimal("NaN")}],
)  # fmt: skip
def test_a_fill_without_exact_numbers_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidNumberError):
        a_fill(**change)


@given(st.lists(st.decimals("0.000001", "3", places=6), min_size=1, max_size=8))
def test_filled_is_the_sum_of_the_fills_in_any_order(sizes: list[Decimal]) -> None:
    forward = backward = an_order()
    for size in sizes:
        forward = forward.with_fill(a_fill(quantity=Quantity(size)))
    for size in reversed(sizes):
        backward = backward.with_fill(a_fill(quantity=Quantity(size)))
    assert forward.filled == backward.filled == sum(sizes)
    assert forward.status is backward.status


def test_what_was_not_known_is_no_reason_any_more_once_it_is() -> None:
    unknown = an_order().moved(S.SUBMITTED, NOW).moved(S.UNKNOWN, NOW, reason="no proof")
    assert unknown.reason == "no proof"
    assert unknown.moved(S.ACCEPTED, NOW).reason == ""
    assert unknown.with_fill(a_fill()).reason == ""
