"""From a screened message to tokens: numbers with their units, markets, venues, known words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from kit_tui.ai import amounts, german, slips, vocabulary
from kit_tui.ai.assets import COMMON, VENUES, Assets
from kit_tui.ai.numbers_in_words import FRACTIONS, NUMBER_WORDS, SHARES, read_words
from kit_tui.ai.tokens import Token

_PAIR = (
    r"[a-z0-9]*[a-z][a-z0-9]*[/_-](?:usdt|usdc|usd|eur|gbp|fdusd|tusd|dai|try|chf|jpy|btc|eth|bnb"
    r")(?::[a-z]{3,5})?(?![\w/-])|[a-z0-9]{2,12}/[a-z]{3,5}(?![\w/])"
)
_RAW = re.compile(
    rf"""(?P<date>\d{{4}}-\d\d-\d\d(?!\d))
    |(?P<pair>{_PAIR})
    |(?P<cashtag>\$[a-z][a-z0-9]{{1,9}}\b)
    |(?P<id>\#[a-z0-9][\w-]*)
    |(?P<grouped>(?<![\w.,])[$€£]?[1-9]\d{{0,2}}(?:\ +\d{{3}})+(?:[.,]\d\d?)?(?![\w.,]*\w))
    |(?P<share>(?<![\d/.,])[123]/(?:10|[2345])(?![\d/.,]))
    |(?P<ratio>(?<![\d:.,])\d{{1,2}}(?:\.\d)?:\d{{1,2}}(?:\.\d)?(?![\d:]))
    |(?P<with>\bw/(?=[\s\da-z]))
    |(?P<sl>\bs/l\b)|(?P<tp>\bt/p\b)
    |(?P<glued>\b(?:tp|sl|stop|target)[1-9]\b(?![.,]\d))
    |(?P<rr>\br\ ?[:/]\ ?r\b)
    |(?P<blob>[+-]?[$€£]?[+-]?\.?\d[\w.,%$€£']*)
    |(?P<word>(?:dollars|bucks|euros|pounds)'(?=\ worth)
        |[a-zäöüßéèêëáàâíïîóôúûñçœãõ]+(?:'[a-z]+)*|[½¼¾])
    |(?P<newline>\n)
    |(?P<space>\s+)
    |(?P<mark>.)""",
    re.VERBOSE,
)
_HYPHEN = re.compile(r"(?<=[a-zäöüß]) - (?=[a-zäöüß])")
_WORDS = {**german.WORDS, **vocabulary.WORDS}
_PHRASES = {
    tuple(phrase.split()): kind
    for phrase, kind in (*german.PHRASES.items(), *vocabulary.PHRASES.items())
}
_IN_GERMAN = {"falls": "if", "fast": "unknown", "mine": "my"}
_LONGEST = max(map(len, _PHRASES))
_STARTS = frozenset(words[0] for words in _PHRASES)
_COLLAPSED = {re.sub(r"(.)\1+", r"\1", word): word for word in slips.DOUBLED}
_PERCENT = frozenset({"%", "percent", "prozent", "pct"})
_SHORT = {"rr": "rr", "with": "with", "sl": "sl", "tp": "tp"}
_MEASURES = {"atr": "atr", "atrs": "atr", "r": "ratio"}
# Marks that may stand anywhere in an order without changing it.
_SILENT = frozenset(",.!:=")
_BEFORE_ASSET = frozenset({"num", "of", "my", "part", "percent", "all", "buy", "sell", "into"})

Raw = tuple[str, str]


def split(text: str) -> list[Raw]:
    """Runs of characters with what each looks like; spaces are left out."""
    return [
        ("word", _SHORT[found.lastgroup])
        if found.lastgroup in _SHORT
        else (found.lastgroup or "mark", found[0])
        for found in _RAW.finditer(text)
        if found.lastgroup != "space"
    ]


def words_of(raw: Sequence[Raw]) -> list[str]:
    """The words among the runs, typing slips mended."""
    return [_mended(text) for kind, text in raw if kind == "word"]


def as_text(raw: Sequence[Raw]) -> str:
    """The runs as one line, typing slips mended; a hyphen ties the words beside it."""
    said = (words_of([run])[0] if run[0] == "word" else run[1] for run in raw)
    return _HYPHEN.sub("-", " ".join(said))


@lru_cache(maxsize=4_096)
def _mended(word: str) -> str:
    if word in slips.SLIPS and word not in _WORDS:
        return slips.SLIPS[word]
    if word not in _WORDS and len(word) > 3:
        collapsed = re.sub(r"(.)\1+", r"\1", word)
        if collapsed in _COLLAPSED and collapsed != word:
            return _COLLAPSED[collapsed]
    return word


class Lexer:
    """Reads messages against one list of markets."""

    def __init__(self, assets: Assets) -> None:
        self.assets = assets

    def tokens(self, raw: Sequence[Raw]) -> list[Token]:
        """The tokens of a message, units joined to their numbers."""
        is_german = german.is_german(text for kind, text in raw if kind == "word")
        found: list[Token] = []
        index = 0
        while index < len(raw):
            used = self._take(raw, index, found, is_german=is_german)
            index += used
        if is_german:  # where `falls` is no verb but `if`, and `fast` means almost
            found = [t._replace(kind=_IN_GERMAN.get(t.text, t.kind)) for t in found]
        return _joined(found, self.assets)

    def _take(self, raw: Sequence[Raw], index: int, found: list[Token], *, is_german: bool) -> int:
        """Append the token(s) that begin at `index`; returns how many runs they took."""
        kind, text = raw[index]
        if kind == "word":
            return self._take_word(raw, index, found, is_german=is_german)
        if kind == "blob":
            found.extend(self._blob(text, is_german=is_german))
        elif kind == "pair":
            found.append(self._spelled(text))
        elif kind == "cashtag":
            asset = self.assets.word(text[1:])
            found.append(
                Token("asset", text, unit=asset.name, exact=asset.exact)
                if asset
                else Token("unknown", text)
            )
        elif kind == "grouped":
            found.append(amounts.grouped(text))
        elif kind == "share":
            part = FRACTIONS.get(text)
            found.append(Token("part", text, part) if part else Token("unknown", text))
        elif kind == "ratio":
            found.append(amounts.ratio(text))
        elif kind == "id":
            found.append(Token("id", text[1:]))
        elif kind in ("date", "newline"):
            found.append(Token(kind, text))
        elif not (text == "-" and _is_hyphen(raw, index)):
            found.extend(_mark(text))
        return 1

    def _spelled(self, text: str) -> Token:
        asset = self.assets.spelled(text)
        if asset is None:
            return Token("unknown", text)
        return Token("asset", text, unit=asset.name, exact=True)

    def _blob(self, text: str, *, is_german: bool) -> list[Token]:
        asset = self.assets.word(text.rstrip(".,'")) if text[0].isdigit() else None
        if asset is not None and not text.isdigit():
            return [Token("asset", text, unit=asset.name, exact=asset.exact)]
        tokens = amounts.read_blob(text, german=is_german)
        if len(tokens) == 2:
            tokens[1] = self._single(tokens[1].text, "num")
        return tokens

    def _take_word(
        self, raw: Sequence[Raw], index: int, found: list[Token], *, is_german: bool
    ) -> int:
        run: list[str] = []
        for kind, text in raw[index : index + 6]:
            if kind != "word" and not (kind == "mark" and text == "-" and run):
                break
            run.append(_mended(text) if kind == "word" else "-")
        # "stop-loss" is "stop loss": a hyphen between two words joins nothing but them.
        if len(run) > 2 and run[1] == "-" and (run[0], run[2]) in _PHRASES:
            found.append(Token(_PHRASES[run[0], run[2]], f"{run[0]} {run[2]}"))
            return 3
        if len(run) > 2 and run[1] == "-" and run[2] in _WORDS and self._is_known(run[0]):
            found.append(self._single(run[0], found[-1].kind if found else ""))
            return 2
        if len(run) > 2 and run[1] == "-" and {run[0], run[2]} <= NUMBER_WORDS:  # `twenty-five`
            number = read_words([word for word in run if word != "-"])
            if number is not None:
                found.append(amounts.amount(" ".join(run), number[0]))
                return number[1] + 1
        words = run[: run.index("-")] if "-" in run else run
        name = " ".join(words[:2])
        if len(words) > 1 and name in self.assets.names:
            found.append(Token("asset", name, unit=self.assets.names[name]))
            return 2
        for length in range(min(_LONGEST, len(words)), 1, -1) if words[0] in _STARTS else ():
            if tuple(words[:length]) in _PHRASES:
                found.append(_phrase(words[:length]))
                return length
        if name in FRACTIONS:
            found.append(Token("part", name, FRACTIONS[name]))
            return 2
        number = read_words(words)
        if number is not None and not (is_german and words[0] in ("ein", "eine")):
            found.append(amounts.amount(" ".join(words[: number[1]]), number[0]))
            return number[1]
        before = found[-1].kind if found else ""
        found.append(self._single(words[0], before))
        return 1

    def _is_known(self, word: str) -> bool:
        return word in _WORDS or self.assets.word(word) is not None

    def _single(self, word: str, before: str) -> Token:
        if word.endswith("'s") and self.assets.word(word[:-2]) is not None:
            word = word[:-2]
        if word in SHARES:
            return Token("part", word, SHARES[word])
        if word in amounts.CURRENCIES:
            return Token("currency", word, unit=amounts.CURRENCIES[word])
        if word in VENUES:
            return Token("venue", word, unit=VENUES[word])
        kind = _WORDS.get(word)
        common = word in COMMON
        # A word of the orders' own vocabulary names a market only as a pair or after `$`.
        asset = self.assets.word(word) if kind in (None, "unknown") and len(word) > 1 else None
        if asset is not None and (not common or before in _BEFORE_ASSET):
            return Token("asset", word, unit=asset.name, exact=asset.exact)
        return Token(kind or "unknown", word)


def _phrase(words: Sequence[str]) -> Token:
    kind = _PHRASES[tuple(words)]
    share = next((SHARES[word] for word in words if word in SHARES), None)
    return Token(kind, " ".join(words), share)


def _is_hyphen(raw: Sequence[Raw], index: int) -> bool:
    """Whether a stroke only ties two words together: `stop-loss-order`."""
    around = raw[index - 1 : index + 2] if index else ()
    tied = len(around) == 3 and around[0][0] == around[2][0] == "word"
    return tied and around[2][1] in _WORDS


def _mark(text: str) -> list[Token]:
    if text == "?":
        return [Token("question", text)]
    if text in "\"'":
        return [Token("quote", text)]
    if text in "@&":
        return [Token(_WORDS[text], text)]
    if text in amounts.SYMBOLS:
        return [Token("currency", text, unit=amounts.SYMBOLS[text])]
    if text == ";":
        return [Token("newline", text)]
    return [] if text in _SILENT else [Token("mark", text)]


def _joined(tokens: list[Token], assets: Assets) -> list[Token]:
    """Numbers joined with the unit that stands beside them, and `btc usdt` made one pair."""
    found: list[Token] = []
    for token in tokens:
        last = found[-1] if found else None
        if last is None:
            found.append(token)
        elif last.kind == "num" and last.value is not None and token.text in amounts.MULTIPLIERS:
            found[-1] = amounts.scaled(last, token.text)
        elif last.kind == "num" and last.value is not None and token.text in amounts.CENTS:
            found[-1] = amounts.cents(last.text, last.value)
        elif last.kind in ("num", "leverage") and token.text in _MEASURES and last.value:
            found[-1] = Token(_MEASURES[token.text], f"{last.text} {token.text}", last.value)
        elif last.kind == "num" and last.value is not None and token.text in _PERCENT:
            found[-1] = amounts.percent(f"{last.text}%", last.value)
        elif last.kind == "num" and last.value is not None and token.kind == "currency":
            found[-1] = amounts.amount(f"{last.text} {token.text}", last.value, token.unit)
        elif last.kind == "money" and "grand" in last.text and token.kind == "currency":
            found[-1] = last._replace(text=f"{last.text} {token.text}", unit=token.unit)
        elif _is_leading_currency(found, token):
            found[-1] = amounts.amount(token.text, token.value or Decimal(0), last.unit)
        elif (pair := _spelled_with_space(last, token, assets)) is not None:
            found[-1] = pair
        else:
            found.append(token)
    return found


def _is_leading_currency(found: Sequence[Token], token: Token) -> bool:
    """Whether `$ 100` or `EUR 100` is one amount; after a market it may be a spelled pair."""
    if found[-1].kind != "currency" or token.kind != "num":
        return False
    return found[-1].text in amounts.SYMBOLS or len(found) == 1 or found[-2].kind != "asset"


def _spelled_with_space(last: Token, token: Token, assets: Assets) -> Token | None:
    """`btc usdt` as one market; `$`, `dollars` and the like stay amounts' units."""
    if last.kind != "asset" or last.exact or token.kind != "currency":
        return None
    pair = assets.pair(last.unit, token.text.upper())
    return Token("asset", f"{last.text} {token.text}", unit=pair, exact=True) if pair else None
