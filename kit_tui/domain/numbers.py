"""Exact numbers for money: Decimal types which refuse floats, NaN and infinity."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Self

import msgspec

ZERO = Decimal(0)
ONE = Decimal(1)


class InvalidNumberError(ValueError):
    """A value that cannot be an amount of money, a price or a quantity."""


def exact(value: object) -> Decimal:
    """Turn an int, str or Decimal into a finite Decimal.

    Raises:
        InvalidNumberError: for floats, booleans, NaN, infinity and anything unreadable.
    """
    if isinstance(value, Decimal):
        number = Decimal(value)
    elif isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidNumberError(f"{value!r} is not an exact number")
    else:
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise InvalidNumberError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise InvalidNumberError(f"{value!r} is not a finite number")
    return number


def from_float(value: float) -> Decimal:
    """Turn a venue's float into the Decimal it prints as; the only door for floats.

    Raises:
        InvalidNumberError: for NaN and infinity.
    """
    return exact(repr(float(value)))


class Price(Decimal):
    """A positive price in quote currency per unit of base currency."""

    def __new__(cls, value: object) -> Self:
        number = exact(value)
        if number <= 0:
            raise InvalidNumberError(f"a price must be above zero, not {value}")
        return super().__new__(cls, number)


class Quantity(Decimal):
    """An amount of base currency, zero or more."""

    def __new__(cls, value: object) -> Self:
        number = exact(value)
        if number < 0:
            raise InvalidNumberError(f"a quantity cannot be negative: {value}")
        return super().__new__(cls, number)


class Money(msgspec.Struct, frozen=True):
    """An amount of one currency; amounts of two currencies do not add up."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        exact(self.amount)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same_currency(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same_currency(other).amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def _same_currency(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise InvalidNumberError(f"cannot combine {self.currency} with {other.currency}")
        return other


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Round down to a multiple of `step` (toward minus infinity); a step of 0 leaves it as is."""
    return value if step == 0 else (value / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Round up to a multiple of `step`; a step of 0 leaves it as is."""
    return value if step == 0 else (value / step).to_integral_value(ROUND_CEILING) * step


def truncate(value: Decimal, places: int) -> Decimal:
    """Cut to `places` decimals toward zero."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)


def plain(value: Decimal) -> str:
    """Write a number without exponent and without trailing zeros: `1E+2` becomes `100`."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
