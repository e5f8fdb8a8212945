"""What a person stated, as the gates ask it: with the unit each number was said in."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kit_tui.ai.assets import DEFAULT_QUOTE
from kit_tui.ai.numbers_in_words import SHARES
from kit_tui.ai.stated import speaks_of_order
from kit_tui.domain.pair import Pair

_NUMBER = r"\d[\d.,']*(?: ?[km]\b)?"
_CURRENCY = r"(?:usdt|usdc|usd|eur|euros?|dollars?|bucks?|gbp|pounds?|\$|€|£)"
_MONEY: Final = re.compile(rf"[$€£] ?{_NUMBER}|{_NUMBER} ?{_CURRENCY}(?![a-z/])", re.IGNORECASE)
_COINS: Final = re.compile(
    rf"(?<![$€£\d.,]){_NUMBER} ?(?:of )?(?:my )?[a-z]{{2,12}}", re.IGNORECASE
)
_CONDITIONS: Final = re.compile(
    r"\b(?:stop\w*|sl|tp|target|take profit|trail\w*|limit|protect\w*|ziel|gewinnmitnahme)\b",
    re.IGNORECASE,
)
_TRIGGERS: Final = re.compile(
    r"\b(?:stop\w*|sl|trail\w*|trigger\w*|protect\w*|above|below|over|under|breaks?|breakout|"
    r"drops?|falls?|rises?|hits|reaches|dips?|über|unter|fällt|steigt|erreicht)\b",
    re.IGNORECASE,
)
_ALL: Final = re.compile(
    r"\b(?:all|everything|alles|alle|entire|whole|complete(?:ly)?|flat|ganze[nrs]?)\b",
    re.IGNORECASE,
)
_SHARE: Final = re.compile(
    rf"%|\b(?:percent|prozent|pct|{'|'.join(word for word in SHARES if word.isalpha())})\b|[½¼¾]",
    re.IGNORECASE,
)
_WORDS_OF_QUOTES: Final = {
    "EUR": ("€", "eur", "euro"),
    "USD": ("$", "usd", "dollar", "buck"),
    "USDC": ("usdc",),
    "GBP": ("£", "gbp", "pound"),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """The hard facts of a message. `money` and `coins` are the numbers said in that unit.

    `everything` tells that it says all; `conditions` that it speaks of stops, targets or limits.
    """

    text: str
    may_order: bool
    why: str
    sides: frozenset[str]
    assets: frozenset[str]
    numbers: frozenset[Decimal]
    money: frozenset[Decimal]
    coins: frozenset[Decimal]

    @property
    def everything(self) -> bool:
        return _ALL.search(self.text) is not None and Decimal(100) in self.numbers

    @property
    def conditions(self) -> bool:
        return _CONDITIONS.search(self.text) is not None

    @property
    def triggers(self) -> bool:
        """Whether it says that something should happen at a price, not now."""
        return _TRIGGERS.search(self.text) is not None

    def names(self, pair: Pair) -> bool:
        """Whether this market was named, its quote currency too unless it is the usual one."""
        if pair.base not in self.assets:
            return False
        text = self.text.lower()
        said = _WORDS_OF_QUOTES.get(pair.quote, (pair.quote.lower(),))
        return pair.quote == DEFAULT_QUOTE or any(word in text for word in said)

    def states(self, name: str, number: Decimal) -> bool:
        """Whether a number was stated as what the order uses it for."""
        if name == "fraction":
            # A share is said in per cent, in a word, or as all: each states both its forms.
            told = self.everything if number == 1 else _SHARE.search(self.text) is not None
            return told and {number, number * 100} <= self.numbers
        if number not in self.numbers:
            return False
        if name in ("quote_amount", "amount"):
            return number in self.money or number not in self.coins
        if name in ("base_amount", "quantity"):
            return number in self.coins or number not in self.money
        return True


def state(words: str, pending: str, pairs: Collection[Pair]) -> Statement:
    """The facts of a message, and of the one before it where it answers a question."""
    text = f"{pending}\n{words}" if pending else words
    said = speaks_of_order(text, pairs)
    return Statement(
        text=text,
        may_order=said.may_order,
        why=said.why,
        sides=said.sides,
        assets=said.assets,
        numbers=said.numbers,
        money=_numbers_in(_MONEY, text, pairs),
        coins=_numbers_in(_COINS, text, pairs, of_asset=True),
    )


def _numbers_in(
    shape: re.Pattern[str], text: str, pairs: Collection[Pair], *, of_asset: bool = False
) -> frozenset[Decimal]:
    found: set[Decimal] = set()
    for match in shape.finditer(text):
        said = speaks_of_order(match[0], pairs)
        if said.assets or not of_asset:
            found |= said.numbers
    return frozenset(found)
