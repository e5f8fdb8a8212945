"""Tokens of a message, and patterns over their kinds.

Each kind is one private character, so that a message becomes a short string with one character a
token, and a phrase is an ordinary regular expression over it, written with the kinds' names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

KINDS: Final = (
    # values
    "num", "money", "percent", "signed", "part", "all", "everything", "asset", "currency", "venue",
    "leverage", "duration", "date", "id", "bad",
    # verbs
    "buy", "sell", "put", "get", "set", "close", "cancel", "long", "short", "bid", "convert",
    # nouns and adjectives of orders
    "limit", "market", "stop", "stoploss", "stoplimit", "tp", "trail", "order", "position", "cash",
    "price", "coins",
    # small words
    "at", "for", "of", "my", "a", "some", "into", "on", "with", "to", "and", "or", "by",
    "if", "it", "drop", "rise", "hit", "above", "below",
    # everything else
    "harmless", "unknown", "quote", "question", "newline", "mark", "oco",
    "promise", "move", "atr", "ratio", "rr", "lots", "use", "entry", "break", "better", "most",
)  # fmt: skip
_CHAR: Final = {kind: chr(0xE000 + index) for index, kind in enumerate(KINDS)}


class Token(NamedTuple):
    """One token: its kind, how it was typed, and its value where it has one.

    `unit` is the currency of money, the pair of an asset, the name of a venue. `sign` is "-" or
    "+" where one was typed. `exact` tells that an asset was typed with its quote currency.
    """

    kind: str
    text: str
    value: Decimal | None = None
    unit: str = ""
    sign: str = ""
    exact: bool = False


def shape(tokens: Iterable[Token]) -> str:
    """The kinds of `tokens` as one character each."""
    return "".join([_CHAR[token.kind] for token in tokens])


@cache
def pattern(phrase: str) -> re.Pattern[str]:
    """A phrase such as `num asset` or `money of? my? asset` as a pattern over `shape()`."""
    return re.compile(re.sub(r"[a-z]+", lambda found: _CHAR[found[0]], phrase).replace(" ", ""))


def first(tokens: Sequence[Token], *kinds: str) -> Token | None:
    """The first token of one of these kinds."""
    return next((token for token in tokens if token.kind in kinds), None)


def has(tokens: Sequence[Token], *kinds: str) -> bool:
    """Whether any token is of one of these kinds."""
    return any(token.kind in kinds for token in tokens)
