"""JSON for domain values: the journal, the socket and caches all encode through here.

Prices, quantities and pairs travel as strings, unions by their tags, candles as parallel lists.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, overload

import msgspec

from kit_tui.domain.candles import Candles
from kit_tui.domain.pair import Pair

T = TypeVar("T")
DecodeError = msgspec.MsgspecError


class _CandlesWire(msgspec.Struct):
    """Candles as JSON holds them; `Candles` itself cannot name numpy before it is imported."""

    pair: Pair
    timeframe: str
    venue: str
    time: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float]
    last_is_open: bool
    received_at: datetime

    def candles(self) -> Candles:
        import numpy as np

        lengths = {len(self.time), len(self.open), len(self.high), len(self.low)}
        if len(lengths | {len(self.close), len(self.volume)}) != 1:
            raise msgspec.ValidationError("candle columns differ in length")
        columns = (self.open, self.high, self.low, self.close, self.volume)
        opening, high, low, close, volume = (np.array(c, dtype=np.float64) for c in columns)
        return Candles(
            self.pair, self.timeframe, self.venue, np.array(self.time, dtype=np.int64), opening,
            high, low, close, volume, self.last_is_open, self.received_at,
        )  # fmt: skip


def _to_builtin(value: object) -> object:
    if isinstance(value, Decimal | str):
        return str(value)
    if type(value).__module__ == "numpy":
        return cast("Any", value).tolist()
    raise NotImplementedError(f"{type(value).__name__} cannot be encoded")


def _from_builtin(type_: type[Any], value: Any) -> object:
    if issubclass(type_, Decimal | str):
        return type_(value)
    raise NotImplementedError(f"{type_.__name__} cannot be decoded")


_ENCODER = msgspec.json.Encoder(enc_hook=_to_builtin)


def encode(value: object) -> bytes:
    """Encode a domain value as JSON.

    Raises:
        NotImplementedError: for a type that has no JSON form here.
    """
    return _ENCODER.encode(value)


@overload
def decode(data: bytes | bytearray | memoryview | str, type_: type[T]) -> T: ...
@overload
def decode(data: bytes | bytearray | memoryview | str, type_: object) -> Any: ...
def decode(data: bytes | bytearray | memoryview | str, type_: object) -> Any:
    """Decode JSON strictly as `type_`: a Struct, a tagged union, a container of them, Candles.

    Raises:
        DecodeError: for broken JSON and for values the type refuses.
    """
    decoder, finish = _decoder(type_)
    value = decoder.decode(data)
    return value if finish is None else finish(value)


@lru_cache(maxsize=256)
def _decoder(type_: Any) -> tuple[msgspec.json.Decoder[Any], Callable[[Any], Any] | None]:
    wire = _wire_type(type_)
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(wire, dec_hook=_from_builtin)
    return decoder, None if wire is type_ else _with_candles


def _wire_type(type_: Any) -> Any:
    """`type_` with `_CandlesWire` wherever `Candles` stands; the same object if it nowhere does."""
    if type_ is Candles:
        return _CandlesWire
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is None or not any(_wire_type(part) is not part for part in arguments):
        return type_
    parts = tuple(_wire_type(part) for part in arguments)
    return Union[parts] if origin in (Union, UnionType) else origin[parts]  # noqa: UP007


def _with_candles(value: Any) -> Any:
    if isinstance(value, _CandlesWire):
        return value.candles()
    if isinstance(value, dict):
        return {key: _with_candles(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_with_candles(item) for item in value)
    return value
