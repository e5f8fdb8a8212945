"""Numbers that hold money refuse what is not exact, finite and tradable; rounding is exact."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.numbers import (
    InvalidNumberError,
    Money,
    Price,
    Quantity,
    ceil_to_step,
    exact,
    floor_to_step,
    from_float,
    plain,
    truncate,
)
from kit_tui.domain.pair import Market, Pair

NOT_EXACT = [1.5, float("nan"), float("inf"), True, False, None, b"1", [1], object()]
NOT_NUMBERS = ["", "NaN", "inf", "-Infinity", "sNaN", "1,5", "1_000", "١٢", "0x10", "1e", "1 2"]
BEYOND = ["1e41", "1e999999999", "-1e41", "1e-41", "9" * 81, "1" * 100_000, 10**50]

finite = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
tradable = finite.filter(lambda d: d == 0 or abs(d.adjusted()) <= 40)
steps = st.sampled_from(["0.00000001", "0.00001", "0.03", "0.25", "0.5", "1", "7", "10"])


@pytest.mark.parametrize("value", [*NOT_EXACT, *NOT_NUMBERS, *BEYOND], ids=lambda v: repr(v)[:20])
@pytest.mark.parametrize("make", [exact, Price, Quantity])
def test_whatever_is_not_exact_finite_and_tradable_is_refused(make: type, value: object) -> None:
    with pytest.raises(InvalidNumberError):
        make(value)


def test_a_money_amount_refuses_floats_and_nan() -> None:
    for amount in (1.5, Decimal("NaN")):
        with pytest.raises(InvalidNumberError):
            Money(amount, "USDT")  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity")])
def test_decimals_that_are_not_finite_are_refused(value: Decimal) -> None:
    for make in (exact, Price, Quantity):
        with pytest.raises(InvalidNumberError):
            make(value)


@pytest.mark.parametrize("value", [0, "-0", "-1", Decimal("-0.01")])
def test_a_price_is_above_zero(value: object) -> None:
    with pytest.raises(InvalidNumberError):
        Price(value)


def test_a_quantity_is_zero_or_more() -> None:
    assert Quantity(0) == 0
    with pytest.raises(InvalidNumberError):
        Quantity("-0.00000001")


def test_an_error_never_repeats_a_huge_input() -> None:
    with pytest.raises(InvalidNumberError) as caught:
        exact("x" * 100_000)
    assert len(str(caught.value)) < 200


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(InvalidNumberError):
        Money(Decimal(1), "USDT") + Money(Decimal(1), "BTC")
    assert Money(Decimal(1), "BTC") - Money(Decimal(3), "BTC") == Money(Decimal(-2), "BTC")


@given(st.floats(min_value=1e-30, max_value=1e30))
def test_from_float_gives_the_number_the_float_prints_as(value: float) -> None:
    assert from_float(value) == Decimal(repr(value))
    assert float(from_float(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_from_float_refuses_what_is_not_finite(value: float) -> None:
    with pytest.raises(InvalidNumberError):
        from_float(value)


@given(tradable, steps)
def test_floor_and_ceil_hit_the_neighbouring_multiples_exactly(value: Decimal, step: str) -> None:
    width = Decimal(step)
    low, high = floor_to_step(value, width), ceil_to_step(value, width)
    assert low <= value <= high
    # Fractions prove it without any rounding: both are multiples, less than a step away.
    below, exact_value, above, wide = (Fraction(d) for d in (low, value, high, width))
    assert below % wide == 0
    assert above % wide == 0
    assert 0 <= exact_value - below < wide
    assert 0 <= above - exact_value < wide


def test_a_quotient_of_29_nines_is_not_rounded_up_to_the_next_step() -> None:
    value = Decimal("0.14999999999999999999999999999999999")
    assert floor_to_step(value, Decimal("0.05")) == Decimal("0.10")


@given(tradable)
def test_a_step_of_zero_leaves_the_value(value: Decimal) -> None:
    assert floor_to_step(value, Decimal(0)) == value == ceil_to_step(value, Decimal(0))


@given(tradable, st.integers(0, 12))
def test_truncate_goes_toward_zero(value: Decimal, places: int) -> None:
    cut = truncate(value, places)
    # copy_abs, because abs rounds to the context's 28 digits.
    assert cut.copy_abs() <= value.copy_abs()
    assert value.copy_abs() - cut.copy_abs() < Decimal(1).scaleb(-places)


@given(tradable)
def test_plain_has_no_exponent_and_loses_nothing(value: Decimal) -> None:
    text = plain(value)
    assert "E" not in text
    assert Decimal(text) == value
    assert "." not in text or not text.endswith("0")
    assert text != "-0"


@given(st.decimals("0.00000001", "100000", places=8), steps)
def test_a_markets_rounding_goes_toward_safety(value: Decimal, step: str) -> None:
    market = Market(
        pair=Pair("BTC/USDT"), venue="v", tick_size=Decimal(step), quantity_step=Decimal(step)
    )
    assert market.quantity_down(value) <= value
    assert market.price_up(value) >= value
    if value >= Decimal(step):
        assert market.price_down(value) <= value


def test_a_quantity_below_one_step_rounds_to_nothing() -> None:
    market = Market(
        pair=Pair("BTC/USDT"), venue="v", tick_size=Decimal(1), quantity_step=Decimal(1)
    )
    assert market.quantity_down(Decimal("0.9")) == 0
    assert market.quantity_down(Decimal(-3)) == 0


def test_copies_and_pickles_keep_the_type() -> None:
    for value in (Price("1.50"), Quantity("0")):
        for twin in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):  # noqa: S301 - ours
            assert type(twin) is type(value)
            assert twin == value
