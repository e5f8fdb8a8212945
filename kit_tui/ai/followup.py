"""Answers to a question: a fragment completes the message it was asked about, never more."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kit_tui.ai import phrasebook
from kit_tui.ai.alerts import WHICH_MARKET, level_question
from kit_tui.ai.assets import Assets
from kit_tui.ai.drafts import Draft, exit_token
from kit_tui.ai.markets import assets_of, only_pair
from kit_tui.ai.orders import read_draft
from kit_tui.ai.pricing import LIMIT_OR_STOP
from kit_tui.ai.programs import backtest, strategy_named
from kit_tui.ai.slots import Conflict, Slots
from kit_tui.ai.tokens import Token, first, has
from kit_tui.ai.wordlists import words
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.pair import Pair

_MORE = words("another more extra additional further")
_VERBS = ("buy", "sell", "close", "cancel", "long", "short", "convert", "bid")


def is_answer(pending: Intent | None, tokens: Sequence[Token]) -> bool:
    """Whether a message can only be the answer to a question that is still open."""
    return (
        pending is not None
        and pending.intent is Action.CLARIFY
        and pending.about is not None
        and bool(tokens)
        and not has(tokens, *_VERBS, "bad", "leverage", "question", "quote", "newline", "or")
    )


def complete(pending: Intent, text: str, tokens: Sequence[Token], assets: Assets) -> Intent | None:
    """The pending message with its answer, or None when this is no answer to it."""
    if pending.about in (Action.BUY, Action.SELL):
        return _order(pending, tokens, assets)
    pair = only_pair(tokens, assets)
    if pending.about is Action.ALERT:
        return _alert(pending, tokens, pair)
    if pending.about is Action.BACKTEST:
        return _backtest(pending, text, tokens, pair)
    noun = "order" if pending.about is Action.CANCEL else "position"
    bare = {token.kind for token in tokens} <= {"asset", "my", "harmless", "on", noun}
    if pair is None or not bare:
        return _cancel_by_id(pending, tokens)
    if pending.note in ("a kind of order", "a price"):  # not every order of that market either
        return None
    if pending.about in (Action.CLOSE, Action.CANCEL, Action.ANALYZE, Action.PRICE):
        return Intent(
            intent=pending.about, pair=pair, timeframe=pending.timeframe, topic=pending.topic,
            fraction=pending.fraction, venue=pending.venue,
        )  # fmt: skip
    return None


def _backtest(
    pending: Intent, text: str, tokens: Sequence[Token], pair: Pair | None
) -> Intent | None:
    """The strategy or the market that was missing; what was stated stays."""
    strategy = strategy_named(text)
    bare = {token.kind for token in tokens} <= {"asset", "my", "harmless", "on"}
    if (strategy is None or pending.strategy) and (pair is None or pending.pair or not bare):
        return None
    return backtest(
        pending.pair or pair, pending.strategy or strategy, pending.period, pending.timeframe
    )


def _cancel_by_id(pending: Intent, tokens: Sequence[Token]) -> Intent | None:
    number = first(tokens, "num", "id")
    if pending.about is not Action.CANCEL or number is None or len(tokens) != 1:
        return None
    if number.kind == "num" and not number.text.isdigit():  # `60k` is a price, `two` a count
        return None
    return Intent(intent=Action.CANCEL, pair=pending.pair, order_id=number.text)


def _alert(pending: Intent, tokens: Sequence[Token], pair: Pair | None) -> Intent | None:
    numbers = [token for token in tokens if token.kind in ("num", "money")]
    price = numbers[0].value if len(numbers) == 1 else pending.price
    if len(numbers) > 1 or not {token.kind for token in tokens} <= {
        "asset", "num", "money", "at", "on", "my", "harmless", "above", "below",
    }:  # fmt: skip
        return None
    direction = next((t.kind for t in tokens if t.kind in ("above", "below")), pending.direction)
    merged = msgspec.structs.replace(
        pending, pair=pending.pair or pair, price=price, direction=direction or "crosses"
    )
    if merged.pair is None or merged.price is None:
        missing = WHICH_MARKET if merged.pair is None else level_question(merged.pair)
        return msgspec.structs.replace(merged, question=missing)
    return msgspec.structs.replace(
        merged, intent=Action.ALERT, question=None, about=None, note=None
    )


def _order(pending: Intent, tokens: Sequence[Token], assets: Assets) -> Intent | None:
    if pending.amount is not None and pending.pair is not None:
        unit = _unit(pending, tokens, assets)
        if unit is not None:
            return unit
    try:
        filled = phrasebook.read(phrasebook.ORDER, tokens)
        if filled.leftover is not None or filled.verbs or not _same_market(pending, tokens):
            return None
        if pending.note == LIMIT_OR_STOP and len(filled.types & {"limit", "stop"}) != 1:
            return None
        spelled = pending.order_type and any(t.kind == "num" and t.text.isalpha() for t in tokens)
        if spelled or _MORE & {t.text for t in tokens} or _other_type(pending, filled):
            return None  # `the BTC one` counts, it names no price
        _merge(filled, pending)
    except Conflict:
        return None
    draft = Draft(filled, assets, pending.about or Action.BUY)
    return read_draft(draft, _with_pair(tokens, pending))


def _same_market(pending: Intent, tokens: Sequence[Token]) -> bool:
    """Whether an answer names no other market than the one it was asked about."""
    named = assets_of(tokens)
    if len(named) > 1:
        return False
    same = not named or pending.pair is None or named[0].unit.split("/")[0] == pending.pair.base
    return same and not (named and pending.pair and pending.amount and named[0].exact)


def _other_type(pending: Intent, filled: Slots) -> bool:
    """`limit 59k` is no answer to the question for a stop price."""
    asked = pending.order_type if pending.order_type in ("limit", "stop") else ""
    return bool(asked) and bool(filled.types & {"limit", "stop"} - {asked})


def _with_pair(tokens: Sequence[Token], pending: Intent) -> list[Token]:
    if pending.pair is None or assets_of(tokens):
        return list(tokens)
    exact = pending.pair.quote != "USDT"
    unit = str(pending.pair) if exact else pending.pair.base
    return [*tokens, Token("asset", pending.pair.base.lower(), unit=unit, exact=exact)]


def _unit(pending: Intent, tokens: Sequence[Token], assets: Assets) -> Intent | None:
    """`the euros`, `usdt`, `BTC`: what the number counts."""
    said = [token for token in tokens if token.kind not in ("harmless", "my", "of", "into")]
    if len(said) == 2 and said[0].kind == "num" and said[0].value == pending.amount:
        said = said[1:]
    if len(said) != 1 or pending.pair is None or pending.about is None:
        return None
    token = said[0]
    if token.kind in ("money", "num") and token.value != pending.amount:
        return None
    pair: Pair | None = pending.pair
    in_money = token.kind in ("currency", "money")
    if in_money and token.unit != pending.pair.quote:
        if pending.price or pending.stop_price or pending.stop_loss or pending.take_profit:
            return None
        pair = assets.pair(pending.pair.base, token.unit)
    in_coins = (
        token.kind == "asset" and not token.exact and token.unit.split("/")[0] == pending.pair.base
    )
    if pair is None or not (in_money or in_coins):
        return None
    return msgspec.structs.replace(
        pending, intent=pending.about, pair=pair, order_type=pending.order_type or "market",
        question=None, note=None, about=None, amount=None, choices=(),
        quote_amount=pending.amount if in_money else None,
        base_amount=pending.amount if in_coins else None,
    )  # fmt: skip


def _merge(filled: Slots, pending: Intent) -> None:
    """Put what was understood before into the answer's slots; an answer never overrides it."""
    filled.verbs = [pending.about.value] if pending.about else []
    filled.answered = True
    if pending.quote_amount is not None:
        filled.put("amount", Token("num", "", pending.quote_amount))
    if pending.base_amount is not None:
        filled.put("base", pending.base_amount)
    if pending.lots is not None:
        filled.put("lots", pending.lots)
    if pending.fraction is not None:
        filled.put("fraction", pending.fraction)
    priced = filled.price is not None and filled.price.value == pending.amount
    if pending.amount is not None and not priced:
        filled.put("bare", pending.amount)
    _merge_price(filled, pending)
    if pending.stop_loss is not None:
        filled.put("stop", exit_token(pending.stop_loss))
        filled.protective = True
    if pending.take_profit is not None:
        filled.put("target", exit_token(pending.take_profit))
    filled.venue = filled.venue or (pending.venue or "")


def _merge_price(filled: Slots, pending: Intent) -> None:
    """The price that was asked for, or those that were stated with the first message."""
    kind = pending.order_type
    waits = kind in ("limit", "stop") and pending.price is None and pending.stop_price is None
    if (
        waits
        and filled.price is not None
        and (filled.bare is not None or filled.amount is not None)
    ):
        raise Conflict("price")  # `0.3 at 70k` says another size as well
    if waits and filled.bare is not None:
        filled.price, filled.bare = Token("num", "", filled.bare), None
    elif waits and filled.amount is not None and pending.quote_amount is None:
        filled.price, filled.amount = filled.amount, None
    level = pending.price if kind != "stop" else pending.stop_price
    if level is not None:
        filled.put("price", Token("num", "", level))
    if kind == "stop_limit" and pending.stop_price is not None:
        filled.put("stop", Token("num", "", pending.stop_price))
        filled.types.add("stoplimit")
    wakes = pending.note == LIMIT_OR_STOP and "stop" in filled.types
    if (kind == "stop" or wakes) and pending.about is Action.BUY:
        filled.stop_entry = True
    elif kind in ("stop", "limit"):
        filled.types.add(kind)
    if kind == "trailing_stop" and pending.trail is not None:
        filled.put("trail", exit_token(pending.trail))
