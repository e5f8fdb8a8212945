"""Closing positions and cancelling orders: anchored like orders, and confirmed all the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from kit_tui.ai import asking, phrasebook
from kit_tui.ai.asking import ask, refuse
from kit_tui.ai.assets import Assets
from kit_tui.ai.markets import assets_of, only_pair
from kit_tui.ai.slots import Conflict, Slots
from kit_tui.ai.tokens import Token, first, has
from kit_tui.ai.wordlists import words
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.pair import Pair

_ADVERBS = words("completely entirely fully komplett vollständig") | {"in full"}


def is_close(tokens: Sequence[Token]) -> bool:
    """Whether it speaks of closing, or of selling everything."""
    if has(tokens, "close"):
        return True
    sells_all = has(tokens, "sell") and not has(tokens, "asset", "num", "money")
    return sells_all and (
        has(tokens, "everything") or (has(tokens, "all") and _ends_at_all(tokens))
    )


def _ends_at_all(tokens: Sequence[Token]) -> bool:
    return tokens[-1].kind in ("all", "position", "coins", "harmless")


def read_close(tokens: Sequence[Token], assets: Assets) -> Intent:
    """A close, a close of everything, or the question which position."""
    pair = only_pair(tokens, assets)
    problem = _refused(tokens, pair)
    if problem is not None:
        return problem
    filled = _filled(phrasebook.CLOSE, tokens)
    if filled is None or filled.leftover is not None or len(filled.verbs) != 1:
        return _not_understood(filled, pair)
    if not filled.assets:
        if filled.everything and filled.fraction not in (None, Decimal(1)):
            return ask("All of it, or a share of it?", note="all and a share")
        if _names_all(filled, tokens) or _flat(tokens):
            return Intent(intent=Action.CLOSE_ALL, venue=filled.venue or None)
        asked = ask(asking.ASSET_QUESTION[Action.CLOSE], about=Action.CLOSE, note="asset missing")
        return msgspec.structs.replace(asked, fraction=filled.fraction, venue=filled.venue or None)
    share = None if filled.fraction in (None, Decimal(1)) else filled.fraction
    if share is not None and not 0 < share < 1:
        return ask(
            "A share of a position lies between 0 and 100%. Say it again.", pair=pair,
            note="fraction above 1",
        )  # fmt: skip
    if pair is None:
        return ask(asking.ASSET_QUESTION[Action.CLOSE], about=Action.CLOSE, note="not listed")
    return Intent(intent=Action.CLOSE, pair=pair, fraction=share, venue=filled.venue or None)


def _names_all(filled: Slots, tokens: Sequence[Token]) -> bool:
    """Whether everything is named; `sell completely` only says how much of something."""
    whole = [token.text for token in tokens if token.kind in ("all", "everything")]
    return (filled.everything or filled.fraction == 1) and not _ADVERBS.issuperset(whole)


def _flat(tokens: Sequence[Token]) -> bool:
    return any("flat" in t.text or t.text in ("get me out", "get out") for t in tokens) and all(
        token.kind in ("close", "harmless", "position", "my") for token in tokens
    )


def read_cancel(tokens: Sequence[Token], assets: Assets) -> Intent:
    """A cancel, a cancel of everything, or the question which order."""
    pair = only_pair(tokens, assets)
    problem = _refused(tokens, pair)
    if problem is not None:
        return problem
    filled = _filled(phrasebook.CANCEL, tokens)
    if filled is None or filled.leftover is not None or len(filled.verbs) != 1:
        return _not_understood(filled, pair)
    return _cancelled(filled, tokens, pair)


def _cancelled(filled: Slots, tokens: Sequence[Token], pair: Pair | None) -> Intent:
    every = filled.everything or any(token.kind == "all" for token in tokens)
    if filled.order_id:
        if filled.types or not _is_id(filled.order_id, tokens, pair):
            return ask(asking.ASSET_QUESTION[Action.CANCEL], about=Action.CANCEL, note="a price")
        if every or not re.fullmatch(r"[\w-]+", filled.order_id):
            return ask("Cancel which orders: all of them, or one by its id?", note="all and one")
        return Intent(intent=Action.CANCEL, pair=pair, order_id=filled.order_id)
    if filled.assets:
        if pair is None:
            return ask(asking.ASSET_QUESTION[Action.CANCEL], about=Action.CANCEL, note="not listed")
        return Intent(intent=Action.CANCEL, pair=pair, note="all of them" if every else None)
    if every and not filled.types:
        narrowed = has(tokens, "limit", "stop", "buy", "sell")
        if narrowed:
            return ask(
                "Cancel all open orders, or which one?", about=Action.CANCEL, note="a kind of order"
            )
        return Intent(intent=Action.CANCEL_ALL, venue=filled.venue or None)
    return ask(asking.ASSET_QUESTION[Action.CANCEL], about=Action.CANCEL, note="order missing")


def _is_id(text: str, tokens: Sequence[Token], pair: Pair | None) -> bool:
    """Whether it is an order's number: `60k`, or any beside a market, may be a price or a size."""
    if has(tokens, "id"):
        return True
    several = any(token.kind == "order" and token.text == "orders" for token in tokens)
    return text.isdigit() and pair is None and not several


def _filled(phrases: Sequence[phrasebook.Phrase], tokens: Sequence[Token]) -> Slots | None:
    try:
        return phrasebook.read(phrases, tokens)
    except Conflict:
        return None


def _refused(tokens: Sequence[Token], pair: Pair | None) -> Intent | None:
    bad = first(tokens, "bad")
    if bad is not None:
        question = f"I do not read '{asking.shown(bad)}': {bad.unit}. Say it again."
        return ask(question, pair=pair, note=bad.unit)
    said = [token.kind for token in tokens if token.kind != "harmless"]
    if said[0] == "stop" and said[1:2] in (["cancel"], ["close"]):
        return asking.chat(asking.NEGATED, pair)
    if len(assets_of(tokens)) > 1 or has(tokens, "or", "newline"):
        return refuse(asking.SEVERAL, note="several markets")
    return None


def _not_understood(filled: Slots | None, pair: Pair | None) -> Intent:
    if filled is None or filled.leftover is None:
        return refuse(asking.SEVERAL, pair=pair, note="several requests")
    word = asking.shown(filled.leftover)
    return ask(asking.NOT_UNDERSTOOD.format(word=word), pair=pair, note=f"left over: {word}")
