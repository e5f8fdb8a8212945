"""The type and the prices of an order, as its slots state them."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from kit_tui.ai import asking
from kit_tui.ai.drafts import EXITS, Draft, exit_text, is_distance, is_share, number_of
from kit_tui.ai.slots import Slots
from kit_tui.ai.tokens import Token
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import plain

WHICH_PRICE = "At which price?"
WHICH_LIMIT = "At which limit price?"
OCO = "An OCO needs a stop below the price and a target above it. Which two prices?"
LIMIT_OR_STOP = "limit or stop"
SIDES = "A stop lies below and a target above the price. Which prices?"
STOP_LIMIT = "Which stop price and which limit price?"


def priced(draft: Draft) -> Intent:
    """The order without its size; CLARIFY with a question when its prices do not fit together."""
    slots = draft.slots
    if slots.condition:
        return _conditional(draft)
    types = slots.types
    if any(is_share(t) and (number_of(t) or 0) >= 100 for t in (slots.stop, slots.trail)):
        return draft.ask("A stop lies less than 100% away. How far?", "distance")
    priced_too = types & {"limit", "stoplimit"} or slots.price or slots.stop_entry
    exits = draft.action is Action.SELL and (slots.trail or types & EXITS)
    if "market" in types and (priced_too or exits):
        return draft.ask("At market, or at a price of its own?", "market and a price")
    return _exit(draft) if draft.action is Action.SELL else _entry(draft)


def _conditional(draft: Draft) -> Intent:
    """A wait that is exactly a resting order becomes that order; no other wait is offered."""
    price = number_of(draft.slots.price)
    crossing = draft.slots.condition
    slots, buys = draft.slots, draft.action is Action.BUY
    if _is_protective(slots):  # `stop me out of ETH if it hits 2350`
        return Intent(intent=Action.SELL, order_type="stop", stop_price=price)
    exits = slots.stop is not None or slots.target is not None
    falls = not buys and not exits and crossing in ("drop", "below")
    if falls and slots.types == {"stop"}:  # `sell 3 ETH if it falls to 2200, stop order`
        return Intent(intent=Action.SELL, order_type="stop", stop_price=price)
    unsaid = slots.types - {"stop"} or ("stop" in slots.types and slots.stop is None)
    if unsaid or slots.trail or (exits and not buys):
        return draft.refuse(asking.CONDITIONAL, "conditional")
    if crossing in (("drop", "below") if buys else ("rise", "above")):
        return _with_exits(draft, Intent(intent=draft.action, order_type="limit", price=price))
    if crossing in (("rise", "break") if buys else ("drop", "below")):
        return _with_exits(draft, Intent(intent=draft.action, order_type="stop", stop_price=price))
    if crossing == "hit" and draft.slots.bare is None and not exits:
        verb, level = draft.action.value.capitalize(), plain(price or Decimal(0))
        side = ("at or below", "rises") if buys else ("at or above", "falls")
        question = f"{verb} {side[0]} {level} (limit order), or once it {side[1]} to it (stop)?"
        known = {**draft.sizes(), "price": price, "choices": ("limit order", "stop order")}
        return draft.ask_for(question, LIMIT_OR_STOP, **known)
    return draft.refuse(asking.CONDITIONAL, "conditional")


def _is_protective(slots: Slots) -> bool:
    """Whether a stop says when it fires, and neither a side nor a level of its own."""
    alone = not (slots.verbs_of_side or slots.stop or slots.target or slots.trail)
    falls = slots.condition in ("hit", "drop", "below")
    return alone and falls and slots.types in ({"stop"}, {"stoploss"}) and slots.bare is None


def _plain(draft: Draft, price: Decimal | None) -> Intent:
    slots = draft.slots
    wants_limit = "limit" in slots.types or "bid" in slots.verbs
    other = slots.bare is not None and not _are_alike(slots.bare, slots.base)
    if price is None and wants_limit and other and (slots.base or slots.amount):
        # `limit buy 0.1 BTC 60000`: the size has its unit, so the other number is the price.
        price, slots.bare = slots.bare, None
    if price is None and wants_limit:
        return _ask_price(draft, WHICH_LIMIT, "limit")
    if price is None:
        return Intent(intent=draft.action, order_type="market")
    return Intent(intent=draft.action, order_type="limit", price=price)


def _are_alike(number: Decimal, coins: Decimal | None) -> bool:
    """Whether a number beside a size may be another size: `limit sell 1 ETH 0.5`."""
    return coins is not None and coins / 5 <= number <= coins * 5


def _ask_price(draft: Draft, question: str, order_type: str) -> Intent:
    """Asks for the one price that is missing; the answer completes the order."""
    slots = draft.slots
    simple = slots.bare is None and slots.stop is None and slots.target is None
    if not simple or len(slots.types) > 1:
        return draft.ask(question, "price missing")
    return draft.ask_for(question, "price missing", order_type=order_type, **draft.sizes())


# --- selling ---------------------------------------------------------------------------------


def _exit(draft: Draft) -> Intent:
    slots = draft.slots
    price, stop, target = (number_of(t) for t in (slots.price, slots.stop, slots.target))
    if is_distance(slots.stop) or is_distance(slots.target):
        return draft.ask("At which price? A distance alone is not enough here.", "percent exit")
    if "oco" in slots.types:
        return _both_exits(draft, price, stop, target)
    stops = stop or slots.types & {"stop", "stoploss", "stoplimit"}
    if stops and (target or "tp" in slots.types):
        return draft.refuse(asking.ONE_EXIT, "several exits")
    if slots.trail is not None or "trail" in slots.types:
        return _trailing(draft)
    if target is not None:
        if price:
            return draft.refuse(asking.ONE_EXIT, "several exits")
        return Intent(intent=Action.SELL, order_type="limit", price=target)
    return _exit_at(draft, price, stop)


def _trailing(draft: Draft) -> Intent:
    slots = draft.slots
    if slots.trail is None and slots.lone_share and slots.fraction is not None:
        # `trailing stop on ETH, 4 percent`: the only share there is says how far behind.
        share, slots.fraction = slots.fraction * 100, None
        slots.trail = Token("percent", f"{plain(share)}%", share)
    if slots.trail is None:
        return draft.ask("Trailing by how many percent?", "trail missing")
    if slots.price or slots.stop or slots.target or slots.types & {"limit", "stop", "tp"}:
        return draft.refuse(asking.ONE_EXIT, "several exits")
    return Intent(intent=Action.SELL, order_type="trailing_stop", trail=exit_text(slots.trail))


def _both_exits(
    draft: Draft, price: Decimal | None, stop: Decimal | None, target: Decimal | None
) -> Intent:
    """An OCO: a stop below and a target above, nothing else."""
    slots = draft.slots
    others = price or slots.trail or slots.types & {"limit", "stoplimit", "trail"}
    if stop is None or target is None or others or stop >= target:
        return draft.ask(OCO, "both exits")
    return Intent(intent=Action.SELL, order_type="stop", stop_price=stop, take_profit=plain(target))


def _exit_at(draft: Draft, price: Decimal | None, stop: Decimal | None) -> Intent:
    types = draft.slots.types
    if "stoplimit" in types or ("limit" in types and (stop or types & {"stop", "stoploss"})):
        if stop is None or price is None:
            return draft.ask(STOP_LIMIT, "stop-limit prices")
        if price > stop:
            return draft.refuse(asking.ONE_EXIT, "limit above the stop")
        return Intent(intent=Action.SELL, order_type="stop_limit", price=price, stop_price=stop)
    if stop and price:
        return draft.refuse(asking.ONE_EXIT, "several exits")
    if stop is not None:
        return Intent(intent=Action.SELL, order_type="stop", stop_price=stop)
    if types & {"stop", "stoploss", "tp"}:
        return _exit_level(draft, price)
    return _plain(draft, price)


def _exit_level(draft: Draft, price: Decimal | None) -> Intent:
    """`stop on BTC at 60k`, `TP BTC 75k`: the level stands apart from the word."""
    slots = draft.slots
    named = slots.base is not None or slots.fraction is not None
    if price is None and slots.exit_first and (named or not slots.verbs_of_side):
        price, slots.bare = slots.bare, None
    if price is None:
        return _ask_price(draft, WHICH_PRICE, "limit" if slots.types == {"tp"} else "stop")
    if "tp" not in slots.types:
        return Intent(intent=Action.SELL, order_type="stop", stop_price=price)
    return Intent(intent=Action.SELL, order_type="limit", price=price)


# --- buying ----------------------------------------------------------------------------------


def _entry(draft: Draft) -> Intent:
    slots = draft.slots
    if "trail" in slots.types and slots.trail is None:
        return draft.ask("Trailing by how many percent?", "trail missing")
    if slots.trail is not None and slots.stop is not None:
        return draft.refuse(asking.ONE_EXIT, "several exits")
    if "oco" in slots.types and not (slots.stop and slots.target):
        return draft.ask("Which stop and which target shall it have?", "both exits")
    unsaid = slots.types & {"stop", "stoploss"} and slots.stop is None and not slots.stop_entry
    if unsaid or ("tp" in slots.types and slots.target is None):
        return draft.ask(WHICH_PRICE, "price missing")
    order = _stop_entry(draft) or _plain(draft, number_of(slots.price))
    if order.intent is Action.CLARIFY:
        return order
    return _with_exits(draft, order)


def _with_exits(draft: Draft, order: Intent) -> Intent:
    """The entry with the stop and the target it shall have, each on its side of the price."""
    slots = draft.slots
    if (slots.stop and slots.stop.sign == "+") or (slots.target and slots.target.sign == "-"):
        return draft.ask(SIDES, "signs")
    entry, is_stop_limit = order.stop_price or order.price, order.order_type == "stop_limit"
    stop = None if is_distance(slots.stop) or is_stop_limit else number_of(slots.stop)
    target = None if is_distance(slots.target) else number_of(slots.target)
    crossed = stop and target and stop >= target
    if crossed or (entry and ((stop and stop >= entry) or (target and target <= entry))):
        return draft.ask(SIDES, "exits on the wrong side")
    if slots.stop is not None and not is_stop_limit:
        order = msgspec.structs.replace(order, stop_loss=exit_text(slots.stop))
    if slots.target is not None:
        order = msgspec.structs.replace(order, take_profit=exit_text(slots.target))
    if slots.trail is not None:
        order = msgspec.structs.replace(order, trail=exit_text(slots.trail))
    return order


def _stop_entry(draft: Draft) -> Intent | None:
    """A buy that waits above the market, or the question whether it is meant as one."""
    slots, types = draft.slots, draft.slots.types
    price = number_of(slots.price)
    stop = None if is_distance(slots.stop) else number_of(slots.stop)
    if "stoplimit" in types:
        if stop is None or price is None or price < stop:
            return draft.ask(STOP_LIMIT, "stop-limit prices")
        return Intent(intent=Action.BUY, order_type="stop_limit", price=price, stop_price=stop)
    if slots.stop_entry:
        if price is None and stop is None and (slots.base or slots.amount):
            # `stop buy 10 SOL 160`: the size has its unit, so the other number is the price.
            price, slots.bare = slots.bare, None
        if price is None or (stop is not None and stop >= price):
            return _ask_price(draft, "At which stop price?", "stop")
        return Intent(intent=Action.BUY, order_type="stop", stop_price=price)
    protective = slots.protective or slots.target is not None
    if stop is not None and not protective and (price is None or stop >= price):
        return _stop_of_a_buy(draft, stop)
    return None


def _stop_of_a_buy(draft: Draft, stop: Decimal) -> Intent:
    """`buy 1 BTC stop 60k` means two things; where the order is simple both are spelled out."""
    slots, level = draft.slots, plain(stop)
    question = (
        f"{level}: say 'stop buy … at {level}' to buy there, "
        f"or '… with a stop at {level}' to be protected."
    )
    others = slots.price or slots.target or slots.trail or slots.venue or slots.promise
    size = f"{plain(slots.base)} {draft.pair}" if slots.base else ""
    if slots.amount is not None and slots.amount.value and draft.pair:
        size = f"{plain(slots.amount.value)} {draft.pair.quote} of {draft.pair}"
    if others or not size or (slots.base and slots.amount):
        return draft.ask(question, "stop of a buy")
    choices = (f"stop buy {size} at {level}", f"buy {size} with a stop at {level}")
    return draft.ask(question, "stop of a buy", *choices)
