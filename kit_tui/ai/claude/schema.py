"""JSON schemas of tools, made from the typed parameters of commands; and typed values back.

Every property is required and optional ones may be null, because a broken stream can leave fields
out without anyone noticing. Amounts travel as decimal strings.
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal, Union, get_args, get_origin

from kit_tui.ai.claude.protocol import Json
from kit_tui.commands.command import Parameter
from kit_tui.domain.numbers import InvalidNumberError, exact
from kit_tui.domain.pair import Pair

MAX_TEXT: Final = 300
_DECIMAL: Final = re.compile(r"\d{1,30}(\.\d{1,20})?")
_SHARES: Final = frozenset({"fraction", "risk"})
_PAIR_MEANS = "BASE/QUOTE of a tradable market, such as BTC/USDT"
# What a number is depends on the parameter's name; a command's docstring says the rest.
_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "amount": "amount of the quote currency",
        "quote_amount": "size as an amount of the quote currency",
        "quantity": "amount of the base currency",
        "base_amount": "size as an amount of the base currency",
        "fraction": "share from 0 to 1, so 0.5 is a half",
        "percent": "per cent, so 3 is 3 %",
        "price": "price in quote currency for one unit of base currency",
        "limit": "limit price in quote currency for one unit of base currency",
        "stop_price": "price that triggers the order, in quote currency",
        "risk": "share of equity to put at risk, so 0.01 is 1 %",
        "stop": "price of the stop",
        "entry": "price of the entry",
        "stop_loss": "price of the stop that protects the entry",
        "take_profit": "price of the target of the entry",
        "trail_percent": "distance of a trailing stop in per cent, so 3 is 3 %",
        "order": "number of the order, as shown",
    }
)


class InvalidInputError(ValueError):
    """What a model gave for a tool does not fit it; the text says why."""


def property_schema(parameter: Parameter) -> Json:
    """The schema of one parameter; null is allowed where it is optional.

    Raises:
        TypeError: for a type no model can be asked for.
    """
    schema = _plain(parameter.name, bare_type(parameter.type))
    return schema if parameter.required else {"anyOf": [schema, {"type": "null"}]}


def bare_type(annotation: Any) -> Any:
    """The type itself of `T | None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        return next(kind for kind in get_args(annotation) if kind is not type(None))
    return annotation


def typed(parameter: Parameter, value: object) -> Any:
    """The value of one parameter in the type its command declares.

    Raises:
        InvalidInputError: when it is not exactly what the schema asks for.
    """
    kind = bare_type(parameter.type)
    if kind is bool:
        if not isinstance(value, bool):
            raise InvalidInputError(f"{parameter.name} must be true or false")
        return value
    if kind is int:
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 10**9:
            raise InvalidInputError(f"{parameter.name} must be a whole number")
        return value
    if not isinstance(value, str):
        raise InvalidInputError(f"{parameter.name} must be a string")
    return _typed_text(parameter.name, kind, value)


def _typed_text(name: str, kind: Any, text: str) -> Any:
    if len(text) > MAX_TEXT:
        raise InvalidInputError(f"{name} is longer than {MAX_TEXT} characters")
    allowed = _choices(kind)
    if allowed is not None:
        if text not in allowed:
            raise InvalidInputError(f"{name} must be one of {', '.join(allowed)}")
        return kind(text) if isinstance(kind, type) else text
    if kind is Pair:
        try:
            return Pair(text)
        except InvalidNumberError:
            raise InvalidInputError(f"{name} must be {_PAIR_MEANS}") from None
    if issubclass(kind, Decimal):
        return _decimal(name, kind, text)
    return text


def _decimal(name: str, kind: type[Decimal], text: str) -> Decimal:
    """A finite number above zero, written plainly: no sign, exponent or thousands separator."""
    if not _DECIMAL.fullmatch(text) or not text.isascii():
        raise InvalidInputError(f'{name} must be a decimal string such as "0.25"')
    number = exact(text)
    if number <= 0:
        raise InvalidInputError(f"{name} must be above zero")
    if name in _SHARES and number > 1:
        raise InvalidInputError(f"{name} must not be above 1")
    return number if kind is Decimal else kind(number)


def _choices(kind: Any) -> tuple[str, ...] | None:
    if get_origin(kind) is Literal:
        return tuple(str(each) for each in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return tuple(member.value for member in kind)
    return None


def _plain(name: str, kind: Any) -> Json:
    allowed = _choices(kind)
    if allowed is not None:
        return {"type": "string", "enum": list(allowed)}
    if kind is bool:
        return {"type": "boolean"}
    if kind is int:
        return {"type": "integer"}
    if kind is Pair:
        return {"type": "string", "description": _PAIR_MEANS}
    if isinstance(kind, type) and issubclass(kind, Decimal):
        unit = _UNITS.get(name, "number")
        return {"type": "string", "description": f"{unit}, as a decimal string"}
    if kind is str:
        return {"type": "string", "description": _UNITS.get(name, "short plain text")}
    raise TypeError(f"a model cannot be asked for {name}: {kind!r}")
