"""The size of an order: exactly one, with a unit, or the question for it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from kit_tui.ai import asking
from kit_tui.ai.amounts import MAX_MONEY
from kit_tui.ai.drafts import Draft, prices_of
from kit_tui.ai.slots import Slots
from kit_tui.ai.tokens import Token
from kit_tui.ai.wordlists import words
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Pair

# Less than this no venue takes, so a smaller number counts coins.
LEAST_MONEY = 5
# More coins than anybody trades by a message: a slip, worth a hundred million dollars or more.
# What is not listed costs cents; of the cheapest a billion is still a small order.
MOST_COINS = Decimal(10) ** 9
MOST_OF = {
    "BTC": 1_000, "ETH": 20_000, "BNB": 100_000, "SOL": 500_000, "BCH": 200_000, "LTC": 500_000,
    "XMR": 200_000, "AAVE": 500_000, "MKR": 50_000, "ZEC": 500_000, "COMP": 1_000_000,
    "AVAX": 3_000_000, "LINK": 5_000_000, "ETC": 5_000_000, "DOT": 10_000_000, "XAU": 10_000,
    "UNI": 10_000_000, "ATOM": 10_000_000,
}  # fmt: skip
_CHEAPEST = words("SHIB PEPE BONK FLOKI")
ABSURD = "{size} {base} is more than anybody trades at once. How much is meant?"


def sized(draft: Draft, order: Intent, pair: Pair) -> Intent:
    """The whole order, or what has to be asked about its size."""
    problem = _problem(draft, order, pair)
    if problem is not None:
        return problem
    return msgspec.structs.replace(
        order, pair=pair, venue=draft.slots.venue or None, note=_note(draft), **draft.sizes()
    )


def _problem(draft: Draft, order: Intent, pair: Pair) -> Intent | None:
    slots = draft.slots
    if slots.bare is not None and "put" in slots.verbs and slots.amount is None:
        slots.amount, slots.bare = Token("num", "", slots.bare), None
    sizes = (slots.amount, slots.base, slots.bare, slots.fraction, slots.lots)
    if slots.bare is not None and _counts_coins(draft, slots.bare):
        slots.base, slots.bare = slots.bare, None
    if slots.base is not None and _is_absurd(slots.base, pair.base):
        return draft.ask(ABSURD.format(size=plain(slots.base), base=pair.base), "absurd size")
    if slots.amount is not None and (slots.amount.value or 0) > MAX_MONEY:
        return draft.ask(ABSURD.format(size=slots.amount.text, base="of money"), "absurd size")
    if slots.bound and not any(sizes):
        # What is bounded may be the amount, so an answer must say it all again.
        return draft.ask(asking.size_question(draft.action, pair), "amount missing")
    if sum(size is not None for size in sizes) > 1:
        return draft.ask("That names two sizes. How much?", "two sizes")
    if slots.base is not None and slots.base >= LEAST_MONEY and _spelled_apart(slots):
        # `buy 100 ETH USDT`: the number may count either.
        slots.bare, slots.base = slots.base, None
    if slots.bare is not None:
        question = asking.unit_question(slots.bare, pair)
        known = {**prices_of(order), "choices": asking.units(slots.bare, pair.base, pair.quote)}
        return draft.ask_for(question, "unit missing", amount=slots.bare, **known)
    if draft.action is Action.SELL:
        return _sell_problem(draft, order, pair)
    return _buy_problem(draft, order, pair)


def _counts_coins(draft: Draft, number: Decimal) -> bool:
    """`BTC buy 0.002 market`: no venue takes so little money; nobody sells money's worth so."""
    slots = draft.slots
    others = (slots.amount, slots.base, slots.fraction, slots.lots)
    if any(size is not None for size in others):
        return False
    if slots.price is not None and (number < LEAST_MONEY or _quantity_at_price(slots)):
        return True
    if number == number.to_integral_value():
        return False
    if not (slots.types or slots.target):
        return False
    return number < LEAST_MONEY or (draft.action is Action.SELL and "market" in slots.types)


def _quantity_at_price(slots: Slots) -> bool:
    """`SOL: buy 8 at 129.9`, as desks write it: market, side, quantity, price."""
    read = [name for name, _ in slots.read]
    return read == ["asset", "verb", "bare", "price"]


def _is_absurd(coins: Decimal, base: str) -> bool:
    return base not in _CHEAPEST and coins > MOST_OF.get(base, MOST_COINS)


def _spelled_apart(slots: Slots) -> bool:
    return any(token.exact and " " in token.text for token in slots.assets)


def _sell_problem(draft: Draft, order: Intent, pair: Pair) -> Intent | None:
    slots = draft.slots
    if slots.of_cash:
        return draft.ask_for(
            asking.size_question(Action.SELL, pair), "share of what", **prices_of(order)
        )
    if slots.vague_part and slots.fraction is not None:
        share, coins = plain(slots.fraction * 100), plain(slots.fraction)
        question = f"{share}% of your {pair.base}, or {coins} {pair.base}?"
        choices = (f"{share}%", f"{coins} {pair.base}")
        return draft.ask_for(question, "half", choices=choices, **prices_of(order))
    if slots.amount is not None and not slots.amount.unit and not slots.answered:
        return _worth_or_price(draft, slots.amount.value or Decimal(0), order, pair)
    if slots.amount or slots.base or slots.fraction or slots.lots:
        return None
    if order.order_type in ("stop", "trailing_stop", "stop_limit"):
        return None
    if order.order_type == "limit" and (slots.target or "tp" in slots.types):
        return None
    question = asking.size_question(Action.SELL, pair)
    return draft.ask_for(question, "amount missing", choices=asking.SHARES, **prices_of(order))


def _worth_or_price(draft: Draft, number: Decimal, order: Intent, pair: Pair) -> Intent:
    """`sell ETH for 2500`: what it shall bring, or what one shall cost."""
    shown = plain(number)
    question = f"Sell {shown} {pair.quote} worth, or sell at {shown}?"
    if order.order_type != "market":
        return draft.ask(question, "amount or price")
    choices = (f"{shown} {pair.quote}", f"at {shown}")
    return draft.ask_for(question, "amount or price", amount=number, choices=choices)


def _buy_problem(draft: Draft, order: Intent, pair: Pair) -> Intent | None:
    slots = draft.slots
    if slots.fraction is not None:
        if not slots.of_cash:
            return draft.ask_for(
                asking.size_question(Action.BUY, pair), "share of what", **prices_of(order)
            )
        if slots.fraction >= 1:
            known = {**prices_of(order), "choices": asking.SHARES_OF_CASH}
            return draft.ask_for(asking.ALL_IN, "all in", **known)
        return None
    if slots.amount or slots.base or slots.lots:
        return None
    return draft.ask_for(
        asking.size_question(Action.BUY, pair), "amount missing", **prices_of(order)
    )


def _note(draft: Draft) -> str | None:
    slots = draft.slots
    if slots.fraction is not None and "0.3333" in plain(slots.fraction):
        return "a third, read as 33.33 %"
    stated = slots.amount or slots.base or slots.fraction or slots.lots
    return None if stated else "size not stated: the whole position"
