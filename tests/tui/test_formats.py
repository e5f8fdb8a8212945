"""Numbers, ages and times as the screen writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.tui import formats

D = Decimal
amounts = st.decimals(min_value=D("-1e12"), max_value=D("1e12"), allow_nan=False, places=12)
prices = st.decimals(min_value=D("1e-12"), max_value=D("1e12"), allow_nan=False)
ticks = st.integers(min_value=-12, max_value=3).map(lambda power: D(1).scaleb(power))
NUMBER = re.compile(r"^−?\d{1,3}(,\d{3})*(\.\d+)?$")


@given(prices, ticks)
def test_a_price_has_the_decimals_of_its_tick_and_no_exponent(
    value: Decimal, tick: Decimal
) -> None:
    text = formats.price(value, tick)
    assert NUMBER.match(text)
    assert len(text.partition(".")[2]) == formats.places_of(tick)


@given(amounts, st.integers(min_value=0, max_value=8))
def test_a_gain_or_loss_always_shows_its_sign(value: Decimal, places: int) -> None:
    text = formats.signed(value, places)
    shown = D(text.replace("−", "-").replace("+", "").replace(",", ""))
    assert "-" not in text
    assert "E" not in text
    if shown:
        assert text[0] == ("+" if shown > 0 else "−")
    else:
        assert text[0] == "0"


@given(amounts)
def test_money_is_never_rounded_up(value: Decimal) -> None:
    shown = D(formats.money(value).replace("−", "-").replace(",", ""))
    assert shown <= value
    assert value - shown < D("0.01")


@given(st.decimals(min_value=0, max_value=D("1e9"), allow_nan=False), ticks)
def test_a_quantity_is_cut_to_the_lot_step(value: Decimal, step: Decimal) -> None:
    text = formats.quantity(value, step)
    assert D(text.replace(",", "")) <= value
    assert len(text.partition(".")[2]) == min(8, formats.places_of(step))


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_compact_number_fits_six_cells(value: float) -> None:
    text = formats.compact(value)
    assert len(text) <= 6
    assert "e" not in text


@given(st.floats(min_value=-1e6, max_value=3.2e9))
def test_an_age_fits_six_cells_and_ends_with_its_unit(seconds: float) -> None:
    assert len(formats.age(seconds)) <= 6
    assert formats.age(seconds)[-1] in "smhd"
    assert len(formats.coarse_age(seconds)) <= 6


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1.2, "1.2s"), (43, "43s"), (59.99, "59s"), (60, "1m"), (250, "4m"), (7300, "2h"),
     (3 * 86_400, "3d"), (None, "–"), (float("nan"), "–"), (-4.0, "0.0s"), (9.97, "9s")],
)  # fmt: skip
def test_ages_as_specified(seconds: float | None, text: str) -> None:
    assert formats.age(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (180, "180"), (1234, "1.23K"), (54_000, "54K"), (3_600_000, "3.6M"), (2.1e9, "2.1B"),
     (999.6, "1K"), (999_600, "1M"), (-1500, "−1.5K"), (-0.001, "0"), (0.25, "0.25"),
     (9.96, "9.96"), (None, "–"), (1e18, ">999T")],
)  # fmt: skip
def test_volumes_are_compact(value: float | None, text: str) -> None:
    assert formats.compact(value) == text


def test_two_digits_are_enough_where_room_is_scarce() -> None:
    shown = [formats.compact(value, digits=2) for value in (1870, 54_200, 185_000, 9.97, 0.25)]
    assert shown == ["1.9K", "54K", "185K", "10", "0.2"]


def test_numbers_as_specified() -> None:
    assert formats.price(D("67012.4"), D("0.1")) == "67,012.4"
    assert formats.price(D("67012"), D("0.10")) == "67,012.0"
    assert formats.price(D("1E-9")) == "0.000000001"
    assert formats.price(None) == "–"
    assert formats.signed(D("-2.751")) == "−2.76"
    assert formats.signed(D("20.089")) == "+20.08"
    assert formats.signed(D("0.001")) == "0.00"
    assert formats.percent(D("0.0124")) == "+1.24%"
    assert formats.percent(D("-0.0041"), unit="") == "−0.41"
    assert formats.percent(D("0")) == "0.00%"
    assert formats.percent(D("0.31"), 0, sign=False) == "31%"
    assert formats.percent(D("NaN")) == "–"
    assert formats.quantity(D("0.00149"), D("0.00001")) == "0.00149"
    assert formats.quantity(D("4"), D("0.01")) == "4.00"
    assert formats.quantity(D("0.123456789")) == "0.12345678"
    assert formats.arrow(D("-1")) == "▼"
    assert formats.arrow(D("0")) == ""
    assert formats.countdown(52.9) == "0:52"
    assert formats.countdown(-3) == "0:00"
    assert formats.countdown(3849) == "1:04:09"


def test_times_are_utc_whatever_zone_they_come_in() -> None:
    moment = datetime(2026, 11, 22, 23, 33, 27, tzinfo=timezone(timedelta(hours=2)))
    assert formats.clock(moment) == "21:33"
    assert formats.clock(moment, seconds=True) == "21:33:27"
    assert formats.date(moment) == "22 Nov"
    assert formats.date(datetime(2026, 11, 2, tzinfo=UTC)) == "2 Nov"
    assert formats.clock(None) == "–"
