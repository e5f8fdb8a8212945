"""What a person's own message states as hard facts: the measure of what a model may propose.

The grammar reads whole orders; this reads single facts of messages which it did not understand.
A model's order must lie inside them: a side, a market and numbers that the person named, in a
message that was not a question, a refusal, a story or somebody else's words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from kit_tui.ai import amounts, asking
from kit_tui.ai import normalise as norm
from kit_tui.ai.assets import Assets
from kit_tui.ai.doubts import doubt_of
from kit_tui.ai.grammar import Grammar
from kit_tui.ai.guards import Mood, mood_of
from kit_tui.ai.leadins import without_lead_in
from kit_tui.ai.lexer import Lexer, split, words_of
from kit_tui.ai.numbers_in_words import SHARES, read_words
from kit_tui.ai.rewording import reordered, reworded
from kit_tui.ai.tokens import Token, has
from kit_tui.ai.wordlists import words
from kit_tui.domain.intent import Action
from kit_tui.domain.numbers import InvalidNumberError
from kit_tui.domain.pair import Pair

BUY, SELL = "buy", "sell"

_BUYING = words(
    "buy purchase grab scoop ape snag acquire accumulate long bid get gimme invest throw spend put "
    "enter add stack load kaufe kauf kaufen hole hol besorge besorg erwirb investiere investier "
    "stecke compra comprar compre achète achete acheter achetez"
)
_SELLING = words(
    "sell dump offload unload trim close exit flatten liquidate unwind reduce lighten verkaufe "
    "verkauf verkaufen schließe schliesse schließ schließen schliessen beende liquidiere raus "
    "vende vender venda vends vendre vendez"
)
# `put $100 into SOL` buys, `put my take profit at 220` sells.
_EITHER_WAY = words("put add enter get")
# Exits of a position that is there; beside a purchase they only protect what is bought.
_EXITS = ("stop", "stoploss", "stoplimit", "tp", "trail", "oco")
_EITHER = words("convert swap exchange rebalance rebalancing tausche wandle umschichten")
_VERBS = _BUYING | _SELLING | _EITHER
_PHRASES = (
    (re.compile(r"\b(?:take profits?|get (?:me )?out|get rid|cash out|go flat|lock in)\b"), SELL),
    (re.compile(r"\b(?:pick up|go long|top up|load up)\b"), BUY),
)
_NOT_BUYING = re.compile(
    r"\bget (?:me )?out\b|\bget rid\b|"
    r"\b(?:put|add|enter)(?: in)?(?: an?| my| the)? (?:\d+% )?(?:stop|sl|tp|trail)"
)
_FORWARDED = re.compile(r"\b(?:fwd|forwarded|weitergeleitet|reenviado)\b|^(?:fw|from|von) ?:")
_NUMBER = re.compile(
    r"(?<![a-z0-9.,])(?P<body>\d{1,3}(?: +\d{3})+(?![\d.,])|\d[\d.,']*\d|\.?\d+)"
    r"(?P<e>e[+-]?\d+)?"
    r" ?(?P<unit>%|percent\b|prozent\b|pct\b|[a-zäöü]+)?"
)
_PERCENT = frozenset({"%", "percent", "prozent", "pct"})


_WHOLE = (Action.BUY, Action.SELL, Action.CLOSE, Action.CLOSE_ALL)
# Where the grammar understood every word and had to ask, a model cannot know better.
_SETTLED = (
    "two sizes", "two values", "amount in", "amount or price", "fraction above",
    "exits on", "exits named", "market and", "distance", "limit above", "not listed", "all in",
    "a market named", "share of what", "unit missing", "two currencies", "nothing to", "half",
    "several exits", "signs", "absurd size", "a price in all", "a limit on the wrong",
    "percent exit", "both exits", "a sale and an exit", "second look",
)  # fmt: skip


class Said(NamedTuple):
    """What a message states.

    `may_order` is False when nothing in it may lead to an order, and `why` says for which reason.
    `sides` are those its verbs can mean, closing counted as selling. `numbers` holds every number
    as it may have been meant: with k and m applied, percentages also as fractions, shares in
    words, and both readings of `60.000`.
    """

    may_order: bool
    sides: frozenset[str]
    assets: frozenset[str]
    numbers: frozenset[Decimal]
    why: str = ""


def speaks_of_order(text: str, pairs: Collection[Pair]) -> Said:
    """The hard facts of a person's message, read against the listed `pairs`. Never raises."""
    seen = norm.screen(text)
    lexer = _lexer_of(frozenset(pairs))
    raw = split(seen.text)
    body = without_lead_in(raw)
    tokens = reordered(lexer.tokens(reworded(body)))
    sides = frozenset(_sides(seen.text, words_of(body), tokens))
    why = seen.reason or _why_not(seen.text, mood_of(seen.text, words_of(body)), tokens, sides)
    why = why or doubt_of(seen.text, words_of(body), tokens, _VERBS)
    read = _grammar_of(frozenset(pairs)).parse(text)
    if why and not seen.reason and read.intent in _WHOLE:
        # `buy 0.1 BTC if it drops to 58k` is a limit order, whatever its `if` looks like.
        why = ""
    elif (read.note or "").startswith(_SETTLED):
        why = why or read.question or ""
    return Said(
        may_order=not why,
        sides=sides,
        assets=frozenset(_assets(tokens)),
        numbers=frozenset(_numbers(seen.text, words_of(raw), tokens)),
        why=why,
    )


@lru_cache(maxsize=4)
def _lexer_of(pairs: frozenset[Pair]) -> Lexer:
    return Lexer(Assets(pairs))


@lru_cache(maxsize=4)
def _grammar_of(pairs: frozenset[Pair]) -> Grammar:
    return Grammar(lambda: pairs)


def _why_not(text: str, mood: Mood, tokens: Sequence[Token], sides: Collection[str]) -> str:
    """Why no order may come of a message, or an empty string."""
    reasons = (
        (mood.bypasses, asking.BYPASS),
        (mood.withdraws, asking.WITHDRAWALS),
        (mood.leveraged or has(tokens, "leverage"), asking.LEVERAGED),
        (has(tokens, "short"), asking.SHORTING),
        (has(tokens, "cancel"), asking.SEVERAL),
        (mood.quoted or _FORWARDED.search(text) is not None, asking.QUOTED),
        (mood.asked or "?" in text, asking.NOT_AN_ORDER),
        (mood.negated, asking.NEGATED),
        (mood.past, asking.PAST),
        (mood.imagined, asking.IMAGINED),
        (mood.later or mood.recurring, asking.LATER),
        (has(tokens, "if"), asking.CONDITIONAL),
        (not sides, "The message names nothing to buy, sell or close."),
    )
    return next((why for applies, why in reasons if applies), "")


def _sides(text: str, said: Sequence[str], tokens: Sequence[Token]) -> Iterator[str]:
    found = set(said)
    puts = any(token.kind == "put" and token.text != "put" for token in tokens)
    leaves = _NOT_BUYING.search(text) is not None and len(found & _BUYING) == 1
    buys = puts or has(tokens, "buy", "long", "bid", "get") or bool(found & _BUYING)
    buys = buys and not leaves
    weakly = buys and not has(tokens, "buy", "long", "bid") and found & _BUYING <= _EITHER_WAY
    sells = has(tokens, "sell", "close") or bool(found & _SELLING)
    if buys or found & _EITHER:
        yield BUY
    if sells or found & _EITHER or (has(tokens, *_EXITS) and (weakly or not buys)):
        yield SELL
    yield from (side for phrase, side in _PHRASES if phrase.search(text) and (weakly or not buys))


def _assets(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.kind != "asset":
            continue
        try:
            yield Pair(token.unit).base if "/" in token.unit else token.unit
        except InvalidNumberError:
            yield token.unit.split("/")[0]


def _numbers(text: str, said: Sequence[str], tokens: Sequence[Token]) -> Iterator[Decimal]:
    for found in _NUMBER.finditer(text):
        if not found["e"]:
            yield from _meant(found["body"], found["unit"] or "")
    yield from _in_words(said)
    for token, following in pairwise(tokens):
        if token.kind == "a" and following.kind == "asset":
            yield Decimal(1)
    for token in tokens:
        if token.value is None:
            continue
        yield token.value
        if token.kind in ("percent", "signed"):
            yield token.value / 100
        elif token.kind == "part":
            yield token.value * 100
    if has(tokens, "all", "everything"):
        yield from (Decimal(1), Decimal(100))


def _meant(body: str, unit: str) -> Iterator[Decimal]:
    """Every value that digits with a unit can have."""
    values = _readings(body.replace("'", ""))
    scale = next(
        (by for name, by in amounts.MULTIPLIERS.items() if _is_scaled(unit, name)), Decimal(1)
    )
    for value in values:
        if value <= 0:
            continue
        yield value * scale
        if unit in _PERCENT:
            yield value / 100


def _is_scaled(unit: str, multiplier: str) -> bool:
    rest = unit.removeprefix(multiplier)
    return unit.startswith(multiplier) and (not rest or rest in amounts.CURRENCIES)


def _readings(body: str) -> set[Decimal]:
    """`60.000` as sixty and as sixty thousand; `1 000` as one thousand and as both its parts."""
    if " " in body:
        parts = body.split()
        return {Decimal(part) for part in ("".join(parts), *parts)}
    found: set[Decimal] = set()
    for german in (False, True):
        for scaled in (False, True):
            try:
                found.add(amounts.read_number(body, german=german, scaled=scaled))
            except amounts.Ambiguous:
                continue
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", body):
        found |= {Decimal(re.sub(r"[.,]", "", body)), Decimal(body.replace(",", "."))}
    return found


def _in_words(said: Sequence[str]) -> Iterator[Decimal]:
    place = 0
    while place < len(said):
        if said[place] in SHARES:
            yield from (SHARES[said[place]], SHARES[said[place]] * 100)
        read = read_words(said[place:])
        if read is not None:
            following = said[place + read[1]] if place + read[1] < len(said) else ""
            yield read[0] * amounts.MULTIPLIERS.get(following, Decimal(1))
            if following in _PERCENT:
                yield read[0] / 100
        place += read[1] if read is not None else 1
