"""Exact numbers for money: Decimal types which refuse floats, NaN and infinity."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    InvalidOperation,
)
from typing import Final, Self

import msgspec

ZERO = Decimal(0)
ONE = Decimal(1)

# Beyond these no price or amount exists, but text such as 1e999999999 would fill the memory.
MAX_DIGITS: Final = 80
MAX_EXPONENT: Final = 40
# However a library has set a thread's rounding, the same events give the same figures in this.
ARITHMETIC: Final = Context(prec=28, rounding=ROUND_HALF_EVEN)
# Wide enough that a quotient of two such numbers is floored and ceiled exactly.
_FLOOR = Context(prec=300, rounding=ROUND_FLOOR)
_CEILING = Context(prec=300, rounding=ROUND_CEILING)


class InvalidNumberError(ValueError):
    """A value that cannot be an amount of money, a price or a quantity."""


def exact(value: object) -> Decimal:
    """Turn an int, str or Decimal into a finite Decimal of a size that can be traded.

    Raises:
        InvalidNumberError: for floats, booleans, NaN, infinity, anything unreadable, and numbers
            beyond 1e±40 or 80 digits.
    """
    if isinstance(value, Decimal):
        number = Decimal(value)
    elif isinstance(value, str):
        number = _read(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value)
    else:
        raise InvalidNumberError(f"{value!r:.40} is not an exact number")
    if not number.is_finite():
        raise InvalidNumberError(f"{number} is not a finite number")
    if abs(number.adjusted()) > MAX_EXPONENT or len(number.as_tuple().digits) > MAX_DIGITS:
        if number:
            raise InvalidNumberError("the number is beyond anything that can be traded")
        return ZERO
    return number


def _read(text: str) -> Decimal:
    # Decimal also reads underscores and the digits of every script; a person means neither.
    if len(text) > 2 * MAX_DIGITS or not text.isascii() or "_" in text:
        raise InvalidNumberError(f"{text[:40]!r} is not a number")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidNumberError(f"{text[:40]!r} is not a number") from None


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
    if step == 0:
        return value
    steps = _FLOOR.divide(value, step).to_integral_value(ROUND_FLOOR)
    return _FLOOR.multiply(steps, step)


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Round up to a multiple of `step`; a step of 0 leaves it as is."""
    if step == 0:
        return value
    steps = _CEILING.divide(value, step).to_integral_value(ROUND_CEILING)
    return _CEILING.multiply(steps, step)


def truncate(value: Decimal, places: int) -> Decimal:
    """Cut to `places` decimals toward zero."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN, context=_FLOOR)


def plain(value: Decimal) -> str:
    """Write a number without exponent and without trailing zeros: `1E+2` becomes `100`."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
