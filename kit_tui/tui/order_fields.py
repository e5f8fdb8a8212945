"""The order form's fields as data: what can be chosen, and the request they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import InvalidNumberError, Price
from kit_tui.domain.orders import OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Portfolio
from kit_tui.domain.ticket import OrderRequest

T = TypeVar("T")
UNITS = ("quote", "base", "% of equity", "% of holding")
PRICES = ("typed", "last", "bid", "ask", "mid")
TYPES = (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP)
FIELDS = ("pair", "side", "type", "size", "unit", "price", "from", "stop", "reduce", "propose")


class FieldError(ValueError):
    """A field that does not make an order yet; the message names it."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is filled in. Texts are as typed."""

    pair: str = "BTC/USDT"
    side: Side = Side.BUY
    type: OrderType = OrderType.MARKET
    size: str = "100"
    unit: str = "quote"
    price: str = ""
    price_from: str = "last"
    stop: str = ""
    reduce: bool = False

    def fields(self) -> tuple[str, ...]:
        """Fields that apply to this kind of order, in order."""
        hidden = {"price", "from"} if self.type is OrderType.MARKET else set()
        return tuple(name for name in FIELDS if name not in hidden)

    def turned(self, field: str, step: int) -> Form:
        """The form after choosing the next option of a field."""
        if field == "side":
            return replace(self, side=self.side.opposite)
        if field == "type":
            return replace(self, type=_turn(TYPES, self.type, step))
        if field == "unit":
            return replace(self, unit=_turn(UNITS, self.unit, step))
        if field == "from":
            return replace(self, price_from=_turn(PRICES, self.price_from, step))
        return replace(self, reduce=not self.reduce) if field == "reduce" else self

    def typed(self, field: str, character: str) -> Form:
        """The form after typing into a field; an empty character deletes."""
        if field not in ("pair", "size", "price", "stop"):
            return self
        allowed = "0123456789." if field != "pair" else None
        if character and allowed is not None and character not in allowed:
            return self
        text = getattr(self, field)
        text = (text + character.upper())[:24] if character else text[:-1]
        changed = {field: text} | ({"price_from": "typed"} if field == "price" else {})
        return replace(self, **changed)


def _turn(choices: tuple[T, ...], now: T, step: int) -> T:
    return choices[(choices.index(now) + step) % len(choices)]


def unit_words(form: Form) -> str:
    """What the size counts in, by name: `USDT`, `BTC`, `% of equity`."""
    base, _, rest = form.pair.partition("/")
    quote = rest.partition(":")[0]  # of a contract, without what it is settled in
    return {"quote": quote or "USDT", "base": base}.get(form.unit, form.unit)


def shown_price(form: Form, ticker: Ticker | None) -> str:
    """The price in force: typed, or taken from the market."""
    if form.price_from == "typed" or ticker is None:
        return form.price
    value = {
        "last": ticker.last, "bid": ticker.bid, "ask": ticker.ask, "mid": ticker.mid,
    }[form.price_from]  # fmt: skip
    return "" if value is None else f"{value:f}"


def request_of(form: Form, ticker: Ticker | None, portfolio: Portfolio | None) -> OrderRequest:
    """The request a form makes.

    Raises:
        FieldError: naming the field that is not right yet.
    """
    try:
        pair = Pair(form.pair if "/" in form.pair else f"{form.pair}/USDT")
    except InvalidNumberError as error:
        raise FieldError(str(error)) from None
    size = _number("size", form.size)
    sizes: dict[str, Decimal] = {}
    if form.unit == "quote":
        sizes["quote_amount"] = size
    elif form.unit == "base":
        sizes["base_amount"] = size
    elif form.unit == "% of holding":
        sizes["fraction"] = min(size, Decimal(100)) / 100
    elif portfolio is None:
        raise FieldError("equity is not known yet")
    else:
        sizes["quote_amount"] = (portfolio.equity * size / 100).quantize(Decimal("0.01"))
    limit = stop_price = None
    if form.type is not OrderType.MARKET:
        price = Price(_number("price", shown_price(form, ticker)))
        limit, stop_price = (price, None) if form.type is OrderType.LIMIT else (None, price)
    protection = Price(_number("stop", form.stop)) if form.stop else None
    return OrderRequest(
        side=form.side, pair=pair, type=form.type, price=limit, stop_price=stop_price,
        stop_loss=protection, reduce_only=form.reduce,
        quote_amount=sizes.get("quote_amount"), base_amount=sizes.get("base_amount"),
        fraction=sizes.get("fraction"),
    )  # fmt: skip


def _number(name: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise FieldError(f"{name}: give a number" if text else f"{name} is empty") from None
    if not value.is_finite() or value <= 0:
        raise FieldError(f"{name} must be above zero")
    return value
