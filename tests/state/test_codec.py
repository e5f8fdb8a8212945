"""Whatever the domain holds survives a trip through JSON with its exact types."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit_tui.domain import (
    cards,
    events,
    intent,
    market_data,
    message,
    orders,
    pair,
    portfolio,
    position,
    risk,
    ticket,
)
from kit_tui.domain.candles import Candles, candles_from_rows
from kit_tui.domain.events import Event, FlowRecorded
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.pair import Pair
from kit_tui.state import slices
from kit_tui.state.codec import DecodeError, decode, encode
from tests.domain.examples import NOW, a_fill

MODULES = (
    cards, events, intent, market_data, message, orders, pair, portfolio, position, risk, slices,
    ticket,
)  # fmt: skip
STRUCTS = sorted(
    {
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        # Slices are names that never travel; candles travel in a form of their own, tested below.
        and value not in (Candles, slices.Slice)
    },
    key=lambda struct: f"{struct.__module__}.{struct.__qualname__}",
)

amounts = st.decimals("-99999", "99999", places=8)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
LEAVES: dict[object, st.SearchStrategy[Any]] = {
    Decimal: amounts,
    Price: st.decimals("0.00000001", "99999", places=8).map(Price),
    Quantity: st.decimals("0.00000001", "99999", places=8).map(Quantity),
    Pair: st.sampled_from(["BTC/USDT", "ETH/BTC", "BTC/USDT:USDT"]).map(Pair),
    datetime: moments,
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
}


@cache
def values_of(type_: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type; Structs field by field."""
    if type_ in LEAVES:
        return LEAVES[type_]
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        hints = msgspec.structs.fields(type_)
        return st.builds(type_, **{field.name: values_of(field.type) for field in hints})
    origin, parts = get_origin(type_), get_args(type_)
    if origin in (Union, UnionType):
        return st.one_of(*map(values_of, parts))
    if origin is tuple and parts[-1] is Ellipsis:
        return st.lists(values_of(parts[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values_of, parts))
    return st.from_type(type_)


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda s: s.__name__)
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_struct_survives_the_trip(struct: type[msgspec.Struct], data: st.DataObject) -> None:
    value = data.draw(values_of(struct))
    twin = decode(encode(value), struct)
    assert twin == value
    assert types_in(twin) == types_in(value)


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda s: s.__name__)
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_event_is_found_by_its_tag(kind: type, data: st.DataObject) -> None:
    value = data.draw(values_of(kind))
    twin = decode(encode(value), Event)
    assert type(twin) is kind
    assert twin == value


def types_in(value: object) -> list[type]:
    """The types of a value and everything in it."""
    if isinstance(value, msgspec.Struct):
        inner = [getattr(value, name) for name in value.__struct_fields__]
    elif isinstance(value, tuple):
        inner = list(value)
    else:
        inner = []
    return [type(value), *(kind for part in inner for kind in types_in(part))]


def test_tags_of_events_and_cards_are_distinct() -> None:
    for union in (Event, cards.Card):
        tags = [kind.__struct_config__.tag for kind in get_args(union)]
        assert len(set(tags)) == len(tags)


def series() -> Candles:
    rows = [[n * 60_000, 1.1 + n, 2.5 + n, 0.7 + n, 1.3 + n, 7.0] for n in range(1, 4)]
    return candles_from_rows(
        Pair("BTC/USDT"), "1m", "v", rows, now_ms=4 * 60_000 - 1, received_at=NOW
    )


def test_candles_survive_the_trip_alone_and_in_containers() -> None:
    candles = series()
    assert_same(decode(encode(candles), Candles), candles)
    in_slice = decode(encode({"BTC/USDT 1m": candles}), dict[str, Candles])
    assert_same(in_slice["BTC/USDT 1m"], candles)
    assert decode(b"null", Candles | None) is None
    assert_same(decode(encode((candles,)), tuple[Candles, ...])[0], candles)


def assert_same(one: Candles, other: Candles) -> None:
    assert (one.pair, one.timeframe, one.venue) == (other.pair, other.timeframe, other.venue)
    assert (one.last_is_open, one.received_at) == (other.last_is_open, other.received_at)
    for column in ("time", "open", "high", "low", "close", "volume"):
        left, right = getattr(one, column), getattr(other, column)
        assert left.dtype == right.dtype
        assert np.array_equal(left, right)


def test_candle_columns_of_different_length_are_refused() -> None:
    broken = encode(series()).replace(b'"open":[2.1,', b'"open":[')
    with pytest.raises(DecodeError):
        decode(broken, Candles)


def test_pairs_as_keys_keep_their_type() -> None:
    twin = decode(encode({Pair("BTC/USDT"): 1}), dict[Pair, int])
    assert [type(key) for key in twin] == [Pair]


@pytest.mark.parametrize(
    ("data", "type_"),
    [
        (b"1.5", Price),
        (b'"NaN"', Price),
        (b'"-1"', Quantity),
        (b'"nonsense"', Pair),
        (b'{"type":"flow","account":"a","currency":"USDT","amount":"NaN","note":"",'
         b'"at":"2026-01-01T00:00:00Z"}', FlowRecorded),
        (b'{"type":"from the future"}', Event),
        (b"{", Event),
        (b"\xff\xfe", Event),
        (b"", Event),
    ],
)  # fmt: skip
def test_what_the_type_refuses_is_a_decode_error(data: bytes, type_: Any) -> None:
    with pytest.raises((DecodeError, UnicodeDecodeError)):
        decode(data, type_)


def test_a_decimal_keeps_every_digit() -> None:
    fill = a_fill(fee=Decimal("0.12345678901234567890123456789"), price=Price("67012.40"))
    twin = decode(encode(fill), orders.Fill)
    assert str(twin.fee) == "0.12345678901234567890123456789"
    assert str(twin.price) == "67012.40"


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(NotImplementedError):
        encode(object())
