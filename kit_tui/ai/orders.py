"""Reads an order from the slots its phrases filled: exactly one meaning, or one question."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from kit_tui.ai import asking, slots
from kit_tui.ai.asking import ask, refuse
from kit_tui.ai.assets import DEFAULT_QUOTE, Assets
from kit_tui.ai.slots import Conflict, Slots
from kit_tui.ai.tokens import Token, first, has
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Pair

_BUYING = frozenset({"buy", "put", "get", "bid"})
_EXITS = frozenset({"stop", "stoploss", "stoplimit", "tp", "trail"})
_ORDER_KINDS = ("buy", "sell", "put", "get", "long", "short", "bid", "convert", *sorted(_EXITS))


def is_order_like(tokens: Sequence[Token]) -> bool:
    """Whether any word of it belongs to orders."""
    return has(tokens, *_ORDER_KINDS)


def is_strongly_order_like(tokens: Sequence[Token]) -> bool:
    """Whether it holds a verb that hardly means anything else."""
    return has(tokens, "buy", "sell", "long", "short", "bid", "convert", "put")


def assets_of(tokens: Sequence[Token]) -> list[Token]:
    """The markets a message names, each once."""
    found: dict[str, Token] = {}
    for token in tokens:
        if token.kind == "asset":
            base = token.unit.split("/")[0]
            if base not in found or token.exact:
                found[base] = token
    return list(found.values())


def only_pair(tokens: Sequence[Token], assets: Assets) -> Pair | None:
    """The one market a message names, quoted as typed or in the default currency."""
    named = assets_of(tokens)
    if len(named) != 1:
        return None
    return Pair(named[0].unit) if named[0].exact else _default_pair(named[0].unit, assets)


def _default_pair(base: str, assets: Assets) -> Pair | None:
    return assets.pair(base, DEFAULT_QUOTE)


def read_order(tokens: Sequence[Token], assets: Assets) -> Intent:
    """An order or a question about it; never raises."""
    early = _refused(tokens, assets)
    if early is not None:
        return early
    try:
        filled = slots.fill(slots.ORDER, tokens)
        return OrderReader(filled, assets).read(tokens)
    except Conflict as conflict:
        pair = only_pair(tokens, assets)
        note = f"two values for {conflict}"
        verbs = [t for t in tokens if t.kind in ("buy", "sell", "long", "short", "convert")]
        if len(assets_of(tokens)) > 1 or len(verbs) > 1:
            return refuse(asking.SEVERAL, note=note)
        return ask("That names two numbers for one thing. Which one?", pair=pair, note=note)


def _refused(tokens: Sequence[Token], assets: Assets) -> Intent | None:
    """What no reading may turn into an order: bad numbers, leverage, shorting, several orders."""
    pair = only_pair(tokens, assets)
    side = Action.SELL if has(tokens, "sell") else Action.BUY
    bad = first(tokens, "bad")
    if bad is not None:
        question = f"I do not trade on '{asking.shown(bad)}': {bad.unit}. Which number is meant?"
        return ask(question, pair=pair, about=side, note=bad.unit)
    lever = first(tokens, "leverage")
    if lever is not None:
        return ask(asking.LEVERAGED, pair=pair, about=side, note="leverage", leverage=lever.value)
    if has(tokens, "short"):
        return refuse(asking.SHORTING, pair=pair, note="short")
    verbs = [token for token in tokens if token.kind in ("buy", "sell", "long", "convert", "close")]
    if len(verbs) > 1 or has(tokens, "newline"):
        return refuse(asking.SEVERAL, pair=pair, note="several orders")
    if len(assets_of(tokens)) > 1:
        return refuse(asking.SEVERAL, note="several markets")
    return None


class OrderReader:
    """One reading of one message's slots."""

    def __init__(self, filled: Slots, assets: Assets) -> None:
        self.slots = filled
        self.assets = assets
        self.pair: Pair | None = None
        self.action = Action.SELL if self._sells() else Action.BUY
        self.known = Intent(intent=Action.CLARIFY)

    def _sells(self) -> bool:
        verbs = set(self.slots.verbs)
        if "sell" in verbs:
            return True
        if "convert" in verbs:
            return self.slots.amount is None
        exits = bool(self.slots.types & _EXITS) or self.slots.stop or self.slots.target
        sized_as_buy = verbs & {"buy", "bid"} or (
            verbs & {"put", "get"} and (self.slots.amount or self.slots.base) and not exits
        )
        return not sized_as_buy and bool(exits or self.slots.trail)

    def read(self, tokens: Sequence[Token]) -> Intent:
        """The order, or the question that is left."""
        pair = only_pair(tokens, self.assets)
        if self.slots.leftover is not None:
            return self._not_understood(self.slots.leftover, pair)
        if "or" in {token.kind for token in tokens}:
            return refuse(asking.SEVERAL, pair=pair, note="alternatives")
        problem = self._find_pair(tokens)
        if problem is not None:
            return problem
        return self.complete()

    def complete(self) -> Intent:
        """Price, then size: what is missing or unclear is asked for."""
        side = self._side_problem()
        if side is not None:
            return side
        priced = self._priced()
        if priced.intent is Action.CLARIFY and priced.question:
            return self._with_pair(priced)
        return self._sized(priced)

    # --- what is not understood -------------------------------------------------------------

    def _not_understood(self, token: Token, pair: Pair | None) -> Intent:
        if token.kind == "if":
            return refuse(asking.CONDITIONAL, pair=pair, note="conditional")
        if token.kind == "or":
            return refuse(asking.SEVERAL, pair=pair, note="alternatives")
        if token.kind == "everything":
            return ask(asking.ALL_IN, pair=pair, about=self.action, note="all in")
        question = asking.NOT_UNDERSTOOD.format(word=asking.shown(token))
        return ask(question, pair=pair, about=self.action, note=f"left over: {asking.shown(token)}")

    def _side_problem(self) -> Intent | None:
        verbs = self.slots.verbs
        strong = [verb for verb in verbs if verb in ("buy", "sell", "bid", "convert")]
        if len(strong) > 1:
            return refuse(asking.SEVERAL, pair=self.pair, note="several orders")
        if "convert" in verbs and not self.slots.quote and self.action is Action.SELL:
            return refuse(asking.SEVERAL, pair=self.pair, note="a swap is two orders")
        if self.slots.fraction is not None and not 0 < self.slots.fraction <= 1:
            share = plain(self.slots.fraction * 100)
            return self._ask(f"{share}% is more than all of it. How much?", "fraction above 1")
        if self.action is Action.BUY and self.pair and self.pair.base == DEFAULT_QUOTE:
            return self._ask("Buy what?", "asset missing")
        return None

    # --- which market -----------------------------------------------------------------------

    def _find_pair(self, tokens: Sequence[Token]) -> Intent | None:
        named = assets_of(tokens)
        wanted = self._currencies()
        if not named:
            return self._asset_missing()
        asset = named[0]
        if asset.exact:
            self.pair = Pair(asset.unit)
            return self._quote_problem(self.pair, wanted)
        if len(wanted) > 1:
            return ask("In which currency?", about=self.action, note="two currencies")
        quote = next(iter(wanted), DEFAULT_QUOTE)
        self.pair = self.assets.pair(asset.unit, quote)
        if self.pair is None:
            return self._unlisted(asset.unit, quote)
        return None

    def _currencies(self) -> set[str]:
        stated = (self.slots.amount, self.slots.price, self.slots.stop, self.slots.target)
        units = {token.unit for token in stated if token is not None and token.unit}
        return units | ({self.slots.quote} if self.slots.quote else set())

    def _quote_problem(self, pair: Pair, wanted: set[str]) -> Intent | None:
        """An amount in another currency than the pair is quoted in; `$` is USD where USD is."""
        typed = {t.text for t in (self.slots.amount, self.slots.price) if t is not None}
        dollars = pair.quote == "USD" and not any("usdt" in text for text in typed)
        others = {unit for unit in wanted if unit != pair.quote}
        if not others or (dollars and others == {"USDT"}):
            return None
        other = sorted(others)[0]
        number = self.slots.amount.value if self.slots.amount else None
        shown = plain(number) if number is not None else "that"
        question = (
            f"{pair} is quoted in {pair.quote}: {shown} {pair.quote} of {pair}, "
            f"or {shown} {other} of {pair.base}/{other}?"
        )
        asked = ask(question, pair=pair, about=self.action, note=f"amount in {other}")
        return msgspec.structs.replace(asked, amount=number)

    def _unlisted(self, base: str, quote: str) -> Intent:
        others = self.assets.quotes_of(base)
        listed = ", ".join(f"{base}/{other}" for other in others[:3])
        return ask(
            f"{base}/{quote} is not listed here. {'Listed: ' + listed + '.' if listed else ''}".strip(),
            about=self.action, note="not listed",
        )  # fmt: skip

    def _asset_missing(self) -> Intent:
        known = self._sizes(Intent(intent=Action.CLARIFY))
        return msgspec.structs.replace(
            known,
            question=asking.ASSET_QUESTION[self.action],
            about=self.action,
            note="asset missing",
        )

    # --- at which price ---------------------------------------------------------------------

    def _priced(self) -> Intent:
        """The order's type and prices; CLARIFY with a question when they do not fit together."""
        filled = self.slots
        if filled.condition:
            return self._conditional()
        if "market" in filled.types and (filled.price or filled.types & {"limit", "stop"}):
            return self._ask("At market, or at a price of its own?", "market and a price")
        if self.action is Action.SELL:
            return self._priced_exit()
        return self._priced_entry()

    def _conditional(self) -> Intent:
        """A wait that is exactly a resting order becomes that order; no other wait is offered."""
        price = _number(self.slots.price)
        crossing = self.slots.condition
        if self.slots.stop or self.slots.types:
            return refuse(asking.CONDITIONAL, note="conditional")
        as_limit = ("drop",) if self.action is Action.BUY else ("rise", "above")
        as_stop = ("rise",) if self.action is Action.BUY else ("drop", "below")
        if crossing in as_limit:
            return Intent(intent=self.action, order_type="limit", price=price)
        if crossing in as_stop:
            return Intent(intent=self.action, order_type="stop", stop_price=price)
        return refuse(asking.CONDITIONAL, note="conditional")

    def _priced_exit(self) -> Intent:
        filled = self.slots
        price, stop, target = (_number(t) for t in (filled.price, filled.stop, filled.target))
        if _is_share(filled.stop) or _is_share(filled.target):
            return self._ask("At which price? A distance alone is not enough here.", "percent exit")
        if filled.trail is not None:
            if price or stop or target:
                return refuse(asking.ONE_EXIT, note="several exits")
            return Intent(
                intent=Action.SELL, order_type="trailing_stop", trail=_share(filled.trail)
            )
        if "trail" in filled.types:
            return self._ask("Trailing by how many percent?", "trail missing")
        if target is not None:
            if stop or price:
                return refuse(asking.ONE_EXIT, note="several exits")
            return Intent(intent=Action.SELL, order_type="limit", price=target)
        return self._exit_at(price, stop)

    def _exit_at(self, price: Decimal | None, stop: Decimal | None) -> Intent:
        types = self.slots.types
        number = self.slots.bare if price is None else None
        exits = types & {"stop", "stoploss", "tp", "stoplimit"}
        if "stoplimit" in types or (stop and price and "limit" in types):
            if stop is None or price is None:
                return self._ask("Which stop price and which limit price?", "stop-limit prices")
            if price > stop:
                return refuse(asking.ONE_EXIT, note="limit above the stop")
            return Intent(intent=Action.SELL, order_type="stop_limit", price=price, stop_price=stop)
        if stop and price:
            return refuse(asking.ONE_EXIT, note="several exits")
        if exits and stop is None:
            level = price or number
            self.slots.bare = None if level is number else self.slots.bare
            if level is None:
                return self._ask("At which price?", "price missing")
            if "tp" in types and len(exits) == 1:
                return Intent(intent=Action.SELL, order_type="limit", price=level)
            if "tp" in types:
                return refuse(asking.ONE_EXIT, note="several exits")
            return Intent(intent=Action.SELL, order_type="stop", stop_price=level)
        if stop is not None:
            return Intent(intent=Action.SELL, order_type="stop", stop_price=stop)
        return self._plain(price)

    def _plain(self, price: Decimal | None) -> Intent:
        wants_limit = "limit" in self.slots.types or "bid" in self.slots.verbs
        if price is None and wants_limit:
            return self._ask("At which limit price?", "price missing", order_type="limit")
        if price is None:
            return Intent(intent=self.action, order_type="market")
        return Intent(intent=self.action, order_type="limit", price=price)

    def _priced_entry(self) -> Intent:
        filled = self.slots
        if filled.trail is not None or "trail" in filled.types:
            return self._ask(
                "A trailing stop follows a position: buy first, then set it. How much?", "trail"
            )
        price = _number(filled.price)
        stop = filled.stop
        level = None if stop is None or _is_share(stop) else stop.value
        entry = self._stop_entry(price, level)
        if entry is None:
            entry = self._plain(price)
        if entry.intent is Action.CLARIFY:
            return entry
        if stop is not None and entry.stop_price is None:
            entry = msgspec.structs.replace(entry, stop_loss=_exit_text(stop))
        if filled.target is not None:
            entry = msgspec.structs.replace(entry, take_profit=_exit_text(filled.target))
        if filled.types & {"stoploss", "tp"} and not (stop or filled.target):
            return self._ask("At which price?", "price missing")
        return entry if _sound_signs(stop, filled.target) else self._ask(
            "A stop lies below and a target above the price. Which prices?", "signs"
        )  # fmt: skip

    def _stop_entry(self, price: Decimal | None, stop: Decimal | None) -> Intent | None:
        """A buy that waits above the market, or the question whether it is meant as one."""
        types = self.slots.types
        if "stoplimit" in types:
            if stop is None or price is None or price < stop:
                return self._ask("Which stop price and which limit price?", "stop-limit prices")
            return Intent(intent=Action.BUY, order_type="stop_limit", price=price, stop_price=stop)
        if "stop" in types and self.slots.stop is None:
            if price is None:
                return self._ask("At which stop price?", "price missing")
            return Intent(intent=Action.BUY, order_type="stop", stop_price=price)
        if stop is not None and not self.slots.protective and (price is None or stop >= price):
            return self._ask(
                f"Is {plain(stop)} where to buy, or a protective stop for after?", "stop of a buy"
            )
        return None

    # --- how much ---------------------------------------------------------------------------

    def _sized(self, order: Intent) -> Intent:
        problem = self._size_problem(order)
        if problem is not None:
            return self._with_pair(problem)
        order = self._sizes(order)
        return msgspec.structs.replace(
            order, pair=self.pair, venue=self.slots.venue or None, note=self._note(order)
        )

    def _size_problem(self, order: Intent) -> Intent | None:
        filled, pair = self.slots, self.pair
        assert pair is not None  # noqa: S101 - found before
        if filled.bare is not None and "put" in filled.verbs and filled.amount is None:
            filled.amount, filled.bare = Token("num", "", filled.bare), None
        if (
            "limit" in filled.types and filled.base and filled.amount
            and not filled.amount.unit and order.price is None
        ):  # fmt: skip
            return self._ask("At which limit price?", "price missing")
        sizes = (filled.amount, filled.base, filled.bare, filled.fraction)
        if sum(size is not None for size in sizes) > 1:
            return self._ask("That names two sizes. How much?", "two sizes")
        if filled.bare is not None:
            asked = self._ask(asking.unit_question(filled.bare, pair), "unit missing")
            return msgspec.structs.replace(asked, amount=filled.bare, **_prices(order))
        if self.action is Action.SELL:
            return self._sell_size_problem(order, pair)
        return self._buy_size_problem(order, pair)

    def _sell_size_problem(self, order: Intent, pair: Pair) -> Intent | None:
        filled = self.slots
        if filled.of_cash:
            return self._ask(asking.size_question(Action.SELL, pair), "share of what")
        if filled.vague_part and filled.fraction is not None:
            share, coins = plain(filled.fraction * 100), plain(filled.fraction)
            return self._ask(f"{share}% of your {pair.base}, or {coins} {pair.base}?", "half")
        if filled.amount is not None and not filled.amount.unit:
            number = plain(filled.amount.value or Decimal(0))
            question = f"Sell {number} {pair.quote} worth, or sell at {number}?"
            return self._ask(question, "amount or price")
        sized = filled.amount or filled.base or filled.fraction
        if sized or order.order_type in ("stop", "trailing_stop"):
            return None
        if order.order_type == "limit" and (filled.target or "tp" in filled.types):
            return None
        asked = self._ask(asking.size_question(Action.SELL, pair), "amount missing")
        return msgspec.structs.replace(asked, **_prices(order))

    def _buy_size_problem(self, order: Intent, pair: Pair) -> Intent | None:
        filled = self.slots
        if filled.fraction is not None:
            if not filled.of_cash:
                return self._ask(asking.size_question(Action.BUY, pair), "share of what")
            if filled.fraction >= 1:
                return self._ask(asking.ALL_IN, "all in")
            return None
        if filled.amount or filled.base:
            return None
        asked = self._ask(asking.size_question(Action.BUY, pair), "amount missing")
        return msgspec.structs.replace(asked, **_prices(order))

    def _sizes(self, order: Intent) -> Intent:
        return msgspec.structs.replace(
            order,
            quote_amount=_number(self.slots.amount),
            base_amount=self.slots.base,
            fraction=self.slots.fraction,
        )

    def _note(self, order: Intent) -> str | None:
        if order.fraction is not None and "0.3333" in plain(order.fraction):
            return "a third, read as 33.33 %"
        sized = order.quote_amount or order.base_amount or order.fraction
        return None if sized else "size not stated: the whole position"

    # --- questions --------------------------------------------------------------------------

    def _ask(self, question: str, note: str, *, order_type: str | None = None) -> Intent:
        asked = ask(question, pair=self.pair, about=self.action, note=note)
        if order_type is None:
            return asked
        return msgspec.structs.replace(self._sizes(asked), order_type=order_type)

    def _with_pair(self, asked: Intent) -> Intent:
        return msgspec.structs.replace(asked, pair=self.pair, venue=self.slots.venue or asked.venue)


def _prices(order: Intent) -> dict[str, object]:
    """The prices an order has so far, to be kept while its size is asked for."""
    return {
        "order_type": order.order_type, "price": order.price, "stop_price": order.stop_price,
        "stop_loss": order.stop_loss, "take_profit": order.take_profit,
    }  # fmt: skip


def _number(token: Token | None) -> Decimal | None:
    return token.value if token is not None else None


def _is_share(token: Token | None) -> bool:
    return token is not None and token.kind in ("percent", "signed")


def _share(token: Token) -> str:
    return f"{plain(token.value or Decimal(0))}%"


def _exit_text(token: Token) -> str:
    return _share(token) if _is_share(token) else plain(token.value or Decimal(0))


def _sound_signs(stop: Token | None, target: Token | None) -> bool:
    return not ((stop and stop.sign == "+") or (target and target.sign == "-"))
