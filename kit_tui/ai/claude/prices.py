"""What a call of a model costs: a dated list of prices, which the user's own list may change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

import msgspec

from kit_tui.ai.claude.capabilities import family
from kit_tui.ai.claude.protocol import Usage
from kit_tui.domain.errors import SettingsError

FILE = "prices.json"
_MILLION = Decimal(1_000_000)
_RATES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
# What the vendor charges for the cache, as a multiple of the input, where a list does not say.
_OF_INPUT = {
    "cache_read": Decimal("0.1"), "cache_write_5m": Decimal("1.25"), "cache_write_1h": Decimal(2),
}  # fmt: skip


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """US dollars for a million tokens of each kind."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """A model's rates; those of a prompt longer than `above` tokens when `long` is there."""

    rates: Rates
    long: Rates | None = None
    above: int = 0

    def for_prompt(self, tokens: int) -> Rates:
        """The rates of the whole call, which depend on the length of its prompt."""
        return self.rates if self.long is None or tokens <= self.above else self.long


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """Prices by model name without a date, as they were on the day `as_of`."""

    as_of: date
    models: Mapping[str, Price]

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """US dollars for a call, exact; None when the model's price is not known."""
        price = self.models.get(family(model))
        if price is None:
            return None
        prompt = usage.input_tokens + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h
        rates = price.for_prompt(prompt)
        total = (
            usage.input_tokens * rates.input
            + usage.output_tokens * rates.output
            + usage.cache_read * rates.cache_read
            + usage.cache_write_5m * rates.cache_write_5m
            + usage.cache_write_1h * rates.cache_write_1h
        )
        return total / _MILLION

    def worst_case(self, model: str, input_tokens: int, max_tokens: int) -> Decimal:
        """Most US dollars that a call of this size may cost, whatever of it is cached.

        A model without a known price costs what the dearest one would.
        """
        price = self.models.get(family(model))
        priced = [price] if price is not None else list(self.models.values())
        return max(_at_most(one, input_tokens, max_tokens) for one in priced)


def load_prices(config: Path | None = None) -> PriceList:
    """The shipped list, with the models of `prices.json` in the folder `config` over it.

    Raises:
        SettingsError: naming the file and the field that is not usable.
    """
    shipped = _read(files("kit_tui.ai.claude").joinpath(FILE).read_bytes(), FILE)
    path = config / FILE if config is not None else None
    if path is None or not path.exists():
        return shipped
    try:
        own = _read(path.read_bytes(), str(path))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    models = MappingProxyType({**shipped.models, **own.models})
    return PriceList(as_of=own.as_of, models=models)


def _at_most(price: Price, input_tokens: int, max_tokens: int) -> Decimal:
    """The dearest kind of input for all of the prompt, at whichever length costs more."""
    reached = [price.rates, price.for_prompt(input_tokens)]
    dearest = max(max(r.input, r.cache_read, r.cache_write_5m, r.cache_write_1h) for r in reached)
    output = max(r.output for r in reached)
    return (input_tokens * dearest + max_tokens * output) / _MILLION


class _Place:
    """Where in a file we are, to name it when something is wrong there."""

    def __init__(self, file: str, field: str = "") -> None:
        self._file = file
        self._field = field

    def at(self, name: str) -> _Place:
        return _Place(self._file, f"{self._field}.{name}" if self._field else name)

    def wrong(self, what: str) -> NoReturn:
        where = f"{self._file}: {self._field}" if self._field else self._file
        raise SettingsError(f"{where} {what}.", hint="Correct it, or remove the file.")

    def table(self, value: Any, known: tuple[str, ...] = ()) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.wrong("must be an object")
        for name in value:
            if known and name not in known:
                self.at(name).wrong(f"is not known here; known are {', '.join(known)}")
        return value

    def amount(self, value: Any) -> Decimal:
        """Dollars, as a number or as text."""
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            self.wrong("must be an amount such as 2.50")
        try:
            amount = Decimal(value)
        except InvalidOperation:
            self.wrong("must be an amount such as 2.50")
        if not amount.is_finite() or not 0 <= amount <= 1_000_000:
            self.wrong("must be an amount between 0 and 1000000")
        return amount


def _read(raw: bytes, file: str) -> PriceList:
    place = _Place(file)
    try:
        data = json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        line = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        place.wrong(f"is not valid JSON{line}")
    table = place.table(data, ("as_of", "unit", "notes", "models"))
    models = place.at("models").table(table.get("models"))
    return PriceList(
        as_of=_date(table.get("as_of"), place.at("as_of")),
        models=MappingProxyType(
            {name: _price(value, place.at(f"models.{name}")) for name, value in models.items()}
        ),
    )


def _date(value: Any, place: _Place) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        place.wrong("must be a day such as 2026-11-22")


def _price(value: Any, place: _Place) -> Price:
    table = place.table(value, (*_RATES, "long_prompt", "note"))
    rates = _rates(table, place)
    if "long_prompt" not in table:
        return Price(rates=rates)
    place = place.at("long_prompt")
    long = place.table(table["long_prompt"], (*_RATES, "above"))
    above = long.get("above")
    if not isinstance(above, int) or isinstance(above, bool) or above <= 0:
        place.at("above").wrong("must be a number of tokens")
    return Price(rates=rates, long=_rates(long, place), above=above)


def _rates(table: dict[str, Any], place: _Place) -> Rates:
    for name in ("input", "output"):
        if name not in table:
            place.at(name).wrong("is missing")
    given = {name: place.at(name).amount(table[name]) for name in _RATES if name in table}
    assumed = {name: given["input"] * factor for name, factor in _OF_INPUT.items()}
    return Rates(**(assumed | given))
