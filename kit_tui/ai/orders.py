"""Reads an order from the slots its phrases filled: exactly one meaning, or one question."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from kit_tui.ai import asking, phrasebook
from kit_tui.ai.asking import ask, refuse
from kit_tui.ai.assets import DEFAULT_QUOTE, Assets
from kit_tui.ai.drafts import EXITS, Draft
from kit_tui.ai.markets import assets_of, find_pair, only_pair
from kit_tui.ai.pricing import priced
from kit_tui.ai.sizing import sized
from kit_tui.ai.slots import Conflict, Slots
from kit_tui.ai.tokens import Token, first, has
from kit_tui.ai.wellformed import malformed
from kit_tui.ai.wordlists import words
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Pair

_ORDER_KINDS = ("buy", "sell", "put", "get", "long", "short", "bid", "convert", *sorted(EXITS))
LONGEST_ORDER = 48
TOO_LONG = "That is too long for one order. Say it in fewer words?"
REDUCES = "Reduce-only sells what is held. What shall be sold?"
_BUYERS = words("me us him her them you mir uns ma mer dir ihm ihr ihnen")
_OPENING_KINDS = (
    "buy", "sell", "close", "cancel", "put", "long", "short", "limit", "market", "bid", "set",
)  # fmt: skip
_STRONG_KINDS = ("buy", "sell", "long", "short", "bid", "convert", "put")


def is_order_like(tokens: Sequence[Token]) -> bool:
    """Whether any word of it belongs to orders."""
    return has(tokens, *_ORDER_KINDS)


def is_strongly_order_like(tokens: Sequence[Token]) -> bool:
    """Whether it holds a verb that hardly means anything else."""
    return has(tokens, *_STRONG_KINDS)


def is_imperative(tokens: Sequence[Token]) -> bool:
    """Whether it begins as an order does."""
    body = [token for token in tokens if token.kind != "harmless"]
    return bool(body) and body[0].kind in _OPENING_KINDS


def is_noun_use(tokens: Sequence[Token]) -> bool:
    """`long` and `short` beside a position, as in `show my long positions`."""
    return has(tokens, "position", "order") and not has(tokens, "buy", "sell", "put")


def read_order(tokens: Sequence[Token], assets: Assets) -> Intent:
    """An order or a question about it; never raises."""
    early = _refused(tokens, assets)
    if early is not None:
        return early
    if len(tokens) > LONGEST_ORDER:
        return ask(TOO_LONG, pair=only_pair(tokens, assets), note="too many words")
    tokens = _moved(tokens)
    try:
        filled = phrasebook.read(phrasebook.ORDER, tokens)
    except Conflict as conflict:
        pair = only_pair(tokens, assets)
        question = "That names two values for one thing. Say the order again, each once?"
        return ask(question, pair=pair, note=f"two values for {conflict}")
    draft = Draft(filled, assets, Action.SELL if _sells(filled) else Action.BUY)
    pair = only_pair(tokens, assets)
    if filled.leftover is not None:
        return _not_understood(filled.leftover, pair)
    why = malformed(filled, tokens)
    if why:
        question = "I am not sure what the order is. Say it like: buy BTC for $100."
        return ask(question, pair=pair, note=why)
    return _promised(read_draft(draft, tokens), draft)


def _promised(order: Intent, draft: Draft) -> Intent:
    """The order with what it promises; an answer to a question could not say it again."""
    promise = draft.slots.promise
    if not promise:
        return order
    if order.intent is Action.CLARIFY:
        return msgspec.structs.replace(order, about=None)
    if promise == "reduce":  # a sale by words never does anything else
        return order if order.intent is Action.SELL else draft.ask(REDUCES, "reduce only")
    rests = ("limit", "stop", "stop_limit") if promise == "gtc" else ("limit",)
    if order.order_type not in rests:
        return draft.ask("Post-only, IOC and FOK need a limit price. Which?", "promise")
    if promise == "post_only":
        return msgspec.structs.replace(order, post_only=True)
    return msgspec.structs.replace(order, time_in_force=promise)


def read_draft(draft: Draft, tokens: Sequence[Token]) -> Intent:
    """Market, price, size, in this order: what is missing or unclear is asked for."""
    problem = find_pair(draft, tokens) or _side_problem(draft)
    if problem is not None:
        return problem
    order = priced(draft)
    if order.intent is Action.CLARIFY or draft.pair is None:
        return order
    return sized(draft, order, draft.pair)


def _moved(tokens: Sequence[Token]) -> Sequence[Token]:
    """`move my BTC stop to 66k` sets it; `move` of anything else stays not understood."""
    said = next((token for token in tokens if token.kind != "harmless"), None)
    if said is None or said.kind != "move" or not has(tokens, "stop", "stoploss", "tp"):
        return tokens
    # `move it up to 66k`: the stop is set there, whichever way that is.
    kept = [token for token in tokens if token.text not in ("up", "down")]
    return [token._replace(kind="set") if token is said else token for token in kept]


def _sells(filled: Slots) -> bool:
    verbs = set(filled.verbs)
    if "sell" in verbs:
        return True
    if "convert" in verbs:
        return filled.amount is None
    exits = filled.types & EXITS or filled.stop or filled.target or filled.trail
    return not verbs & {"buy", "bid", "get"} and bool(exits)


def _refused(tokens: Sequence[Token], assets: Assets) -> Intent | None:
    """What no reading may turn into an order: bad numbers, leverage, shorting, several orders."""
    pair = only_pair(tokens, assets)
    bad = first(tokens, "bad")
    if bad is not None:
        question = (
            f"I do not trade on '{asking.shown(bad)}': {bad.unit}. Say it with a plain number."
        )
        return ask(question, pair=pair, note=bad.unit)
    lever = first(tokens, "leverage")
    if lever is not None:
        return ask(asking.LEVERAGED, pair=pair, note="leverage", leverage=lever.value)
    if has(tokens, "short"):
        return refuse(asking.SHORTING, pair=pair, note="short")
    sold_to = next((b for a, b in pairwise(tokens) if a.kind == "sell" and b.text in _BUYERS), None)
    if sold_to is not None:  # `flog me 2 ETH` asks to buy, or to sell: nobody knows
        return _not_understood(sold_to, pair)
    verbs = [token for token in tokens if token.kind in ("buy", "sell", "long", "convert", "close")]
    if len(verbs) > 1 or has(tokens, "newline"):
        return refuse(asking.SEVERAL, pair=pair, note="several orders")
    if len(assets_of(tokens)) > 1:
        return refuse(asking.SEVERAL, note="several markets")
    return None


def _not_understood(token: Token, pair: Pair | None) -> Intent:
    if token.kind == "if":
        return refuse(asking.CONDITIONAL, pair=pair, note="conditional")
    if token.kind == "or":
        return refuse(asking.SEVERAL, pair=pair, note="alternatives")
    if token.kind == "everything":
        return ask(asking.ALL_IN, pair=pair, note="all in")
    word = asking.shown(token)
    question = asking.NOT_UNDERSTOOD.format(word=word)
    return ask(question, pair=pair, note=f"left over: {word}")


def _side_problem(draft: Draft) -> Intent | None:
    filled, pair = draft.slots, draft.pair
    if "convert" in filled.verbs and not filled.quote and draft.action is Action.SELL:
        return draft.refuse(asking.SEVERAL, "a swap is two orders")
    if filled.fraction is not None and not 0 < filled.fraction <= 1:
        share = plain(filled.fraction * 100)
        return draft.ask(
            f"{share}% is more than all of it. Say it with a share up to 100%.", "fraction above 1"
        )
    if draft.action is Action.BUY and pair is not None and pair.base == DEFAULT_QUOTE:
        return draft.ask("Buy what?", "asset missing")
    return None
