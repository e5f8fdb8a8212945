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

_NUMBER = r"\d[\d.,']{0,40}(?: ?[km]\b)?"  # bounded, so that a wall of digits is read at once
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
# Words by which a sentence that names a trade does not ask for it here and now: other people's
# trades, reported and dictated speech, plans, conditions, clock times, schedules, derivatives.
_NOT_A_REQUEST: Final = re.compile(
    r"\b(?:he|she|they|people|nobody|no one|someone|somebody|everybody|everyone|others|whales?|"
    r"traders?|investors?|insiders?|jemand|niemand|leute)\b"
    r"|\b(?!(?:i|we|ich|wir)\b)\w+ (?:wants?|wanted|says?|said|told|meinte|sagte|will)\b"
    r"|\b(?:tell|ask|remind|teach) (?!me\b)\w+"
    r"|\bi'?d\b(?! like)|\bi would\b(?! like)|\bmy plan\b|\bsay i\b|\bsuppose\b|\bimagine\b"
    r"|\b(?:system|developer|admin|root|override|instructions?|prompt|jailbreak|assistant)\b"
    r"|\b(?:reply|answer|respond) with\b|\b(?:spell|print|repeat|translate|echo|write)\b"
    r"|\brt\b|@\w+|\b(?:news|headline|signals?|zone|walls?|pressure|volume|ratings?|strong buy)\b"
    r"|\bin case\b|\bprovided\b|\bin an? (?:hour|minute|day|week|moment)\b|\b\d+ ?(?:am|pm|uhr)\b"
    r"|\b(?:noon|midnight|tonight|mittag|mitternacht|yesterday\w*|gestern\w*)\b"
    r"|\bat (?:the )?(?:open|close|bell|bottom|top)\b"
    r"|\b(?:none|zero|null|nan|infinity|minus|trillion)\b|(?<![\w.])-\s?\d|[-+]{2}"
    r"|\b(?:twap|vwap|iceberg|dca)\b|\b(?:days?|hours?|weeks?) from now\b"
    r"|\b(?:options?|puts|calls|futures?|borrowed|margin|loan)\b"
    r"|\bstop (?:buying|selling|alerting|trading)\b|[<>`\[\]{}]",
    re.IGNORECASE,
)
_VAGUE: Final = re.compile(
    r"\b(?:most|some|bits?|few|couple|parts?|little|lots?|less|more|etwas|bisschen|paar|teil|"
    r"meiste\w*|mitad)\b",
    re.IGNORECASE,
)
_PRICED: Final = re.compile(
    r"(?:\bat|@|\bbei|\bzu|\blimit(?:ed|iert)?(?: at| auf)?|\babove|\bbelow|\bunder|\bover|\bhits|"
    r"\breaches|\bstop(?:[ -]?loss)?(?: at)?|\bsl|\btp\d?|\btarget|\binvalidation)"
    rf" ?[$€£]? ?{_NUMBER}",
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
_AT_PRICES: Final = frozenset({"price", "limit", "stop_price", "stop_loss", "take_profit"})
NOT_A_REQUEST: Final = "The message is no plain request to trade now."
_WORDS_OF_QUOTES: Final = {
    "EUR": ("€", "eur", "euro"),
    "USD": ("$", "usd", "dollar", "buck"),
    "USDC": ("usdc",),
    "GBP": ("£", "gbp", "pound"),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """The hard facts of a message. `money` and `coins` are the numbers said in that unit,
    `prices` those said as where something should happen.

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
    prices: frozenset[Decimal]

    @property
    def everything(self) -> bool:
        return _ALL.search(self.text) is not None and Decimal(100) in self.numbers

    @property
    def conditions(self) -> bool:
        return _CONDITIONS.search(self.text) is not None

    @property
    def _shares(self) -> frozenset[Decimal]:
        """Numbers that were said as a share of something only."""
        if _SHARE.search(self.text) is None:
            return frozenset()
        both = {n for n in self.numbers if n * 100 in self.numbers or n / 100 in self.numbers}
        return frozenset(both) - self.money - self.coins

    @property
    def vague(self) -> bool:
        """Whether it says that only a part is meant, and not which."""
        return _VAGUE.search(self.text) is not None

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
            return number not in (self.coins - self.money) | self.prices | self._shares
        if name in ("base_amount", "quantity"):
            return number not in (self.money - self.coins) | self.prices | self._shares
        return name not in _AT_PRICES or number in self.prices or number not in self.coins


def state(words: str, pending: str, pairs: Collection[Pair]) -> Statement:
    """The facts of a message, and of the one before it where it answers a question."""
    text = f"{pending}\n{words}" if pending else words
    said = speaks_of_order(text, pairs)
    other = "" if _NOT_A_REQUEST.search(text) is None else NOT_A_REQUEST
    return Statement(
        text=text,
        may_order=said.may_order and not other,
        why=said.why or other,
        sides=said.sides,
        assets=said.assets,
        numbers=said.numbers,
        money=_numbers_in(_MONEY, text, pairs),
        coins=_numbers_in(_COINS, text, pairs, of_asset=True),
        prices=_numbers_in(_PRICED, text, pairs),
    )


def _numbers_in(
    shape: re.Pattern[str], text: str, pairs: Collection[Pair], *, of_asset: bool = False
) -> frozenset[Decimal]:
    found: set[Decimal] = set()
    for words in {match[0] for match in shape.finditer(text)}:
        said = speaks_of_order(words, pairs)
        if said.assets or not of_asset:
            found |= said.numbers
    return frozenset(found)
