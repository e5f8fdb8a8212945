"""Pairs are plain ASCII names; candle series are clean, sorted and honest about gaps."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.candles import Candles, candles_from_rows
from kit_tui.domain.numbers import InvalidNumberError
from kit_tui.domain.pair import Pair

BTC = Pair("BTC/USDT")
MINUTE = 60_000


def series(rows: list[list[float | None]], now_ms: int = 10**12) -> Candles:
    """A one-minute series as a venue's rows make it."""
    return candles_from_rows(
        BTC, "1m", "v", rows, now_ms=now_ms, received_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


def test_a_pair_is_upper_case_and_knows_its_parts() -> None:
    pair = Pair(" btc/usdt:usdt ")
    assert (pair, pair.base, pair.quote, pair.settle) == ("BTC/USDT:USDT", "BTC", "USDT", "USDT")
    assert (BTC.base, BTC.quote, BTC.settle) == ("BTC", "USDT", "")


@pytest.mark.parametrize(
    "text",
    ["", "BTC", "BTC/", "/USDT", "BTC/USDT/EUR", "BTC USDT", "BTC/USDT:", "B\nTC/USDT",
     "A" * 21 + "/USDT", "ſOL/USDT", "ВТС/USDT", "BTC/USDT\u202e", "$/USDT"],
)  # fmt: skip
def test_what_is_not_a_pair_is_refused(text: str) -> None:
    with pytest.raises(InvalidNumberError):
        Pair(text)


@given(st.text(max_size=60))
def test_any_text_is_a_canonical_pair_or_refused(text: str) -> None:
    try:
        pair = Pair(text)
    except InvalidNumberError:
        return
    assert pair.isascii()
    assert Pair(pair) == pair == pair.upper()


def test_rows_are_sorted_and_the_last_of_duplicates_wins() -> None:
    candles = series([[2 * MINUTE, 2, 3, 1, 2, 5], [MINUTE, 1, 2, 1, 1, 5],
                      [2 * MINUTE, 2, 4, 1, 3, 6]])  # fmt: skip
    assert candles.time.tolist() == [MINUTE, 2 * MINUTE]
    assert candles.close.tolist() == [1, 3]


@pytest.mark.parametrize(
    "row",
    [
        [MINUTE, None, 2, 1, 1, 5],
        [MINUTE, float("nan"), 2, 1, 1, 5],
        [MINUTE, 1, float("inf"), 1, 1, 5],
        [MINUTE, 1, 2, 0, 1, 5],
        [MINUTE, 1, 2, -1, 1, 5],
        [MINUTE, 1, 1, 2, 1, 5],
        [MINUTE, 1, 2],
        [None, 1, 2, 1, 1, 5],
        [float("nan"), 1, 2, 1, 1, 5],
        [],
    ],
)
def test_a_row_without_sound_prices_is_dropped_and_leaves_a_gap(row: list[float | None]) -> None:
    candles = series([row, [3 * MINUTE, 1, 2, 1, 1, 5]])
    assert candles.time.tolist() == [3 * MINUTE]


@pytest.mark.parametrize("volume", [None, float("nan"), float("inf"), -1.0])
def test_an_unknown_volume_becomes_zero(volume: float | None) -> None:
    assert series([[MINUTE, 1, 2, 1, 1, volume]]).volume.tolist() == [0.0]


def test_the_forming_candle_is_known_and_left_out_of_closed() -> None:
    rows: list[list[float | None]] = [[MINUTE, 1, 2, 1, 1, 5], [2 * MINUTE, 1, 2, 1, 1, 5]]
    forming = series(rows, now_ms=3 * MINUTE - 1)
    assert forming.last_is_open
    assert forming.closed().time.tolist() == [MINUTE]
    assert not forming.closed().last_is_open
    assert not series(rows, now_ms=3 * MINUTE).last_is_open
    assert forming.tail(1).last_is_open
    assert not forming.slice(0, 1).last_is_open


def test_no_rows_make_an_empty_series() -> None:
    empty = series([])
    assert len(empty) == 0
    assert empty.open.dtype == np.float64
    assert not empty.last_is_open
