"""Grounding: figures of an answer that no tool, and no person, gave are marked as such."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Final

MAX_DIGITS: Final = 40
NEAR: Final = 24
"""How many characters beside a figure are looked at."""
MARK: Final = " [?]"
NOTE: Final = "[?] no tool gave this figure."

_FIGURE: Final = re.compile(
    r"(?<![\w#.,])(?P<sign>[-−+]?)"
    r"(?P<body>\d+(?:[.,' \u00a0\u202f]\d{3})+(?:[.,]\d+)?(?![\d])|\d+[.,]\d+|\d+)"
    r"(?P<unit> ?%| ?(?:[kKM]|bn)\b| ?(?:million|billion|thousand|Mio|Mrd|Tsd)\b)?(?![\w])"
)
_SCALES: Final = {
    "k": Decimal(1_000), "tsd": Decimal(1_000), "thousand": Decimal(1_000),
    "m": Decimal(1_000_000), "million": Decimal(1_000_000), "mio": Decimal(1_000_000),
    "bn": Decimal(1_000_000_000), "billion": Decimal(1_000_000_000),
    "mrd": Decimal(1_000_000_000),
}  # fmt: skip
_MONTH = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zäé]*\.?"
# Digits that are no figures: dates, times, time frames, parameters, ordinals, names of things.
_NO_FIGURES: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        r"\b\d{4}-\d\d(?:-\d\d)?(?:[T ]\d\d:\d\d(?::\d\d)?Z?)?",
        r"\b\d\d?\.\d\d?\.(?:\d{4}|\d\d)\b",
        r"\b\d\d?:\d\d(?::\d\d)?\b",
        rf"\b\d\d?(?:st|nd|rd|th|\.)? {_MONTH}(?: \d{{4}})?\b|\b{_MONTH} \d\d?(?:st|nd|rd|th)?\b"
        rf"(?:,? \d{{4}}\b)?|\b{_MONTH} \d{{4}}\b",
        r"\b(?:in|since|of|by|until|year|seit|bis|im jahr|jahr) (?:19|20)\d\d\b",
        r"\b\d+(?:\.\d+)?[ -]?(?:(?-i:m)|min|h|d|w|wk|hour|day|week|month|year|minute|candle|"
        r"period|bar|stunde|tag|woche|monat|kerze)(?:s|n|en|e|ly)?\b(?! (?:ago|old|alt|her)\b)",
        r"^[ \t]*(?:[-*>][ \t]+)?\d+[.)](?=\s)",
        r"\b(?:RSI|EMA|SMA|WMA|MA|ATR|ADX|CCI|MFI|ROC|MACD|BB|Bollinger(?: Bands?)?|Stoch\w*|"
        r"Williams ?%? ?R|Keltner|Donchian|VWAP|CMF|SAR|Supertrend)[ -]?\(?\d+(?:\.\d+)?"
        r"(?:\s*[,/]\s*\d+(?:\.\d+)?)*\)?",
        r"\b(?:ticket|order|trade|position|step|tickets|orders|no\.|nr\.|top|point|option|scenario|"
        r"auftrag|schritt|punkt) #?[a-z]?\d+\b",
        r"#\w+|\b[a-z]+[-_]?\d[\w-]*\b|\b\d+:\d+(?:\.\d+)?\b|\bQ[1-4]\b",
    )
)
_ABOUT: Final = re.compile(
    r"(?:about|around|roughly|nearly|circa|ca\.|etwa|rund|~|≈)\s*[$€£]?$", re.IGNORECASE
)
_SECONDS: Final = {
    "s": 1, "sec": 1, "second": 1, "sekunde": 1, "min": 60, "minute": 60, "h": 3_600,
    "hour": 3_600, "stunde": 3_600, "day": 86_400, "tag": 86_400,
}  # fmt: skip
_AGE: Final = re.compile(
    r"^ ?(s|sec|second|sekunde|min|minute|h|hour|stunde|day|tag)(?:s|n|en|e)?\b", re.IGNORECASE
)
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_WIDE: Final = Context(prec=100)


class Evidence:
    """Every number that was given to the model in a turn, or by the person."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._numbers: set[Decimal] = set()
        self._rounded: dict[tuple[int, Decimal, bool], frozenset[Decimal]] = {}
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Take the numbers of a text of code in: a dot is its decimal mark, whatever it looks."""
        for found in _GIVEN.finditer(_MOMENTS.sub(" ", text)):
            for body in {found["body"].replace(",", ""), *found["body"].split(",")}:
                self._take(Decimal(body), found["unit"])

    def add_words(self, text: str) -> None:
        """Take the numbers of a person's words in, read as any typography may mean them."""
        for found in _SAID.finditer(text):
            for value in _readings(found["body"]):
                self._take(value, found["unit"])

    def _take(self, value: Decimal, unit: str | None) -> None:
        if len(value.as_tuple().digits) <= MAX_DIGITS:
            self._numbers |= {value, value * _scale(unit)}
            self._rounded.clear()

    def count(self, amount: int) -> None:
        """Take in how many of something there are."""
        self._numbers.add(Decimal(amount))
        self._rounded.clear()

    def holds(self, value: Decimal, places: int, *, scale: Decimal, percent: bool) -> bool:
        """Whether a number was given that reads `value` at `places` decimals and this scale."""
        if abs(places) > MAX_DIGITS:
            return False
        key = (places, scale, percent)
        if key not in self._rounded:  # rounded once for all figures of an answer, which has many
            self._rounded[key] = frozenset(self._shown(*key))
        return abs(value) in self._rounded[key]

    def _shown(self, places: int, scale: Decimal, percent: bool) -> Iterator[Decimal]:
        """Every number that was given as it reads at these decimals, halves either way."""
        step = Decimal(1).scaleb(-places)
        for given in self._numbers:
            for form in (given, given * 100) if percent else (given / scale,):
                for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN):
                    yield form.quantize(step, rounding, context=_WIDE)


_MOMENTS: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?")
_GIVEN: Final = re.compile(r"(?<![\w.])(?P<body>\d+(?:,\d+)*(?:\.\d+)?)(?P<unit> ?(?:[kKM]|bn)\b)?")
_SAID: Final = re.compile(r"(?<![\w.])(?P<body>\d[\d.,']*\d|\d)(?P<unit> ?(?:[kKM]|bn)\b)?")


def grounded(text: str, evidence: Evidence) -> str:
    """`text` with every figure that the evidence does not hold marked, and a line that says so."""
    kept = _plain_places(text)
    marked: list[str] = []
    end = 0
    for found in _FIGURE.finditer(text):
        if kept[found.start("body")]:
            continue
        if _is_held(found, text, evidence):
            continue
        marked.append(text[end : found.end()] + MARK)
        end = found.end()
    if not marked:
        return text
    return f"{''.join(marked)}{text[end:]}\n\n{NOTE}"


def _is_held(found: re.Match[str], text: str, evidence: Evidence) -> bool:
    unit = (found["unit"] or "").strip()
    scale = _scale(unit)
    about = _ABOUT.search(text[max(0, found.start() - NEAR) : found.start()]) is not None
    for value in _readings(found["body"]):
        for places in _places(found["body"], value, about=about):
            if evidence.holds(value, places, scale=scale, percent=unit == "%"):
                return True
    return _is_age(found, text, evidence)


def _is_age(found: re.Match[str], text: str, evidence: Evidence) -> bool:
    unit = _AGE.match(text[found.end() : found.end() + NEAR])
    if unit is None:
        return False
    seconds = Decimal(_SECONDS[unit[1].lower()])
    return any(
        evidence.holds(value, _decimals(value), scale=seconds, percent=False)
        for value in _readings(found["body"])
    )


def _plain_places(text: str) -> bytearray:
    """For each place of a text whether what stands there is no figure."""
    kept = bytearray(len(text))
    for pattern in _NO_FIGURES:
        for found in pattern.finditer(text):
            kept[found.start() : found.end()] = b"\x01" * len(found[0])
    return kept


def _readings(body: str) -> Iterator[Decimal]:
    """What digits with their separators can mean: `67.890` is sixty-seven thousand, or 67.89."""
    compact = re.sub("[' \u00a0\u202f]", "", body)
    marks = [character for character in compact if character in ".,"]
    if len(set(marks)) == 2:
        thousands = "." if marks[-1] == "," else ","
        forms = [compact.replace(thousands, "").replace(",", ".")]
    elif len(marks) > 1:
        forms = [compact.replace(marks[0], "")]
    else:
        forms = [compact.replace(",", ".")]
        if _GROUPED.fullmatch(compact):
            forms.append(compact.replace(",", "").replace(".", ""))
    for form in forms:
        try:
            yield Decimal(form)
        except InvalidOperation:
            continue


def _places(body: str, value: Decimal, *, about: bool) -> Iterator[int]:
    """The decimals a figure was rounded to; after `about` also its trailing zeros."""
    shown = _decimals(value)
    yield shown
    if about and shown == 0:
        digits = body.replace(",", "").replace(".", "").replace("'", "").replace(" ", "")
        zeros = len(digits) - len(digits.rstrip("0"))
        yield from (-count for count in range(1, min(zeros, len(digits) - 1) + 1))


def _decimals(value: Decimal) -> int:
    return max(0, -int(value.as_tuple().exponent))


def _scale(unit: str | None) -> Decimal:
    return _SCALES.get((unit or "").strip().lower(), Decimal(1))
