"""Pairs and the rules of their markets."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Self

import msgspec

from kit_tui.domain.numbers import (
    ZERO,
    InvalidNumberError,
    Price,
    Quantity,
    ceil_to_step,
    floor_to_step,
)

_PAIR = re.compile(r"^[A-Z0-9.]{1,20}/[A-Z0-9.]{1,20}(:[A-Z0-9.]{1,20})?$")


class Pair(str):
    """A market's name as `BASE/QUOTE` or `BASE/QUOTE:SETTLE`, upper case."""

    __slots__ = ()

    def __new__(cls, name: str) -> Self:
        text = str(name).strip().upper()
        # Upper-casing turns some foreign letters into plain ones, as the long s into S.
        if not str(name).isascii() or not _PAIR.match(text):
            raise InvalidNumberError(f"{str(name)[:40]!r} is not a pair such as BTC/USDT")
        return super().__new__(cls, text)

    @property
    def base(self) -> str:
        return self.split("/", 1)[0]

    @property
    def quote(self) -> str:
        return self.split("/", 1)[1].split(":", 1)[0]

    @property
    def settle(self) -> str:
        """Settlement currency of a perpetual, empty for spot."""
        return self.partition(":")[2]


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue demands of orders in one pair.

    `tick_size` is the price step, `quantity_step` the quantity step; `min_notional` and
    `max_notional` are in quote currency. Zero means the venue names no such limit.
    Fees are fractions of the notional.
    """

    pair: Pair
    venue: str
    tick_size: Decimal
    quantity_step: Decimal
    min_quantity: Decimal = ZERO
    max_quantity: Decimal = ZERO
    min_notional: Decimal = ZERO
    max_notional: Decimal = ZERO
    maker_fee: Decimal = Decimal("0.001")
    taker_fee: Decimal = Decimal("0.001")
    active: bool = True

    def quantity_down(self, value: Decimal) -> Quantity:
        """The largest tradable quantity which is not above `value`."""
        return Quantity(max(ZERO, floor_to_step(value, self.quantity_step)))

    def price_down(self, value: Decimal) -> Price:
        """The highest tick which is not above `value`."""
        return Price(floor_to_step(value, self.tick_size))

    def price_up(self, value: Decimal) -> Price:
        """The lowest tick which is not below `value`."""
        return Price(ceil_to_step(value, self.tick_size))
