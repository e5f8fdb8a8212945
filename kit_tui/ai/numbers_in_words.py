"""Numbers and shares written as words: `two hundred`, `a hundred`, `fifty`, `a third`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

_ENGLISH = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_GERMAN = {
    "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
    "zehn": 10, "elf": 11, "zwölf": 12, "zwanzig": 20, "dreißig": 30, "dreissig": 30,
    "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90,
}  # fmt: skip
_UNITS = {**_ENGLISH, **_GERMAN}
NUMBER_WORDS = frozenset(_UNITS)
# Inside a German compound some are shorter.
_IN_COMPOUNDS = {**_GERMAN, "ein": 1, "eins": 1, "sech": 6, "sieb": 7, "zwo": 2}
_SCALES = {"hundred": 100, "thousand": 1000, "dozen": 12, "hundert": 100, "tausend": 1000}
_POINTS = frozenset({"point", "komma"})
_ZEROS = frozenset({"zero", "oh", "null"})
# One word for a number and a half of one.
_AND_HALF = {
    "anderthalb": "1.5", "eineinhalb": "1.5", "zweieinhalb": "2.5", "dreieinhalb": "3.5",
    "viereinhalb": "4.5",
}  # fmt: skip
_PARTS = {"half": Decimal("0.5"), "quarter": Decimal("0.25")}
_ARTICLES = frozenset({"a", "an", "ein"})

SHARES = {
    "half": Decimal("0.5"), "halve": Decimal("0.5"), "hälfte": Decimal("0.5"),
    "hälfti": Decimal("0.5"), "halb": Decimal("0.5"), "halbe": Decimal("0.5"),
    "halben": Decimal("0.5"),
    "halbes": Decimal("0.5"), "halber": Decimal("0.5"),
    "haelfte": Decimal("0.5"), "½": Decimal("0.5"), "quarter": Decimal("0.25"),
    "viertel": Decimal("0.25"), "¼": Decimal("0.25"), "¾": Decimal("0.75"),
    "third": Decimal("0.3333"), "drittel": Decimal("0.3333"),
}  # fmt: skip

# Shares of two words, and as they are typed with a stroke.
FRACTIONS = {
    "two thirds": Decimal("0.6667"), "three quarters": Decimal("0.75"),
    "three fourths": Decimal("0.75"), "one fourth": Decimal("0.25"), "a fourth": Decimal("0.25"),
    "one fifth": Decimal("0.2"), "a fifth": Decimal("0.2"), "one tenth": Decimal("0.1"),
    "a tenth": Decimal("0.1"), "zwei drittel": Decimal("0.6667"),
    "drei viertel": Decimal("0.75"), "ein fünftel": Decimal("0.2"), "ein zehntel": Decimal("0.1"),
    "ein drittel": Decimal("0.3333"), "ein viertel": Decimal("0.25"),
    "1/2": Decimal("0.5"), "1/3": Decimal("0.3333"), "2/3": Decimal("0.6667"),
    "1/4": Decimal("0.25"), "3/4": Decimal("0.75"), "1/5": Decimal("0.2"), "1/10": Decimal("0.1"),
}  # fmt: skip


_COMPOUND = re.compile(
    r"(?:(?P<thousands>\w*?)tausend(?:und)?)?(?:(?P<hundreds>\w*?)hundert(?:und)?)?(?P<rest>\w*)"
)


@lru_cache(maxsize=1024)
def german_number(word: str) -> int:
    """The value of a number written as one German word, `zweihundertfünfzig`; else 0."""
    if not re.search(r"hundert|tausend|zehn$|und\w+(?:zig|ßig|ssig)$", word):
        return 0
    found = _COMPOUND.fullmatch(word)
    if found is None:
        return 0
    parts = [
        (found["thousands"], 1000), (found["hundreds"], 100), (found["rest"] or None, 1),
    ]  # fmt: skip
    total = 0
    for text, scale in parts:
        if text is None:
            continue
        value = (1 if scale > 1 else 0) if not text else _below_thousand(text)
        if not value:
            return 0
        total += value * scale
    return total


def _below_thousand(text: str) -> int:
    before, hundred, rest = text.rpartition("hundert")
    if hundred:
        hundreds = _below_hundred(before) if before else 1
        value = _below_hundred(rest.removeprefix("und")) if rest else 0
        return hundreds * 100 + value if hundreds and (value or not rest) else 0
    return _below_hundred(text)


def _below_hundred(text: str) -> int:
    if text in _IN_COMPOUNDS:
        return _IN_COMPOUNDS[text]
    ones, joined, tens = text.partition("und")
    if joined and 0 < _IN_COMPOUNDS.get(ones, 0) < 10 and _GERMAN.get(tens, 0) >= 20:
        return _IN_COMPOUNDS[ones] + _GERMAN[tens]
    teen = _IN_COMPOUNDS.get(text.removesuffix("zehn"), 0) if text.endswith("zehn") else 0
    return teen + 10 if 0 < teen < 10 else 0


def read_words(words: Sequence[str]) -> tuple[Decimal, int] | None:
    """The number that `words` begins with and how many words it takes, or None."""
    if words and len(words[0]) > 6 and german_number(words[0]):
        return Decimal(german_number(words[0])), 1
    if words and words[0] in _AND_HALF:
        return Decimal(_AND_HALF[words[0]]), 1
    whole, used = _read_whole(words)
    rest = words[used:]
    if used and tuple(rest[:2]) == ("and", "a") and rest[2:3] and rest[2] in _PARTS:
        return Decimal(whole) + _PARTS[rest[2]], used + 3
    zero = not used and words[:1] and words[0] in _ZEROS
    digits = _read_decimals(words[used + bool(zero) :])
    if digits:
        return Decimal(f"{whole}.{digits}"), used + bool(zero) + 1 + len(digits)
    return (Decimal(whole), used) if whole else None


def _read_decimals(words: Sequence[str]) -> str:
    """The digits after a spoken point: `point two five`; empty when there is none, or only 0."""
    digits = ""
    for word in words[1:] if words[:1] and words[0] in _POINTS else ():
        digit = 0 if word in _ZEROS else _UNITS.get(word, 10)
        if digit > 9:
            break
        digits += str(digit)
    return digits if digits.strip("0") else ""


def _read_whole(words: Sequence[str]) -> tuple[int, int]:
    total = 0
    current = 0
    used = 0
    if len(words) > 1 and words[0] in _ARTICLES and words[1] in _SCALES:
        current, used = 1, 1
    for place, word in enumerate(words[used:], used):
        if word in _UNITS:
            tens_before = current % 100 >= 20 and current % 10 == 0 and _UNITS[word] < 10
            if current and not tens_before and current % 100:
                break
            current += _UNITS[word]
        elif word in _SCALES:
            current = max(current, 1) * _SCALES[word]
            if word in ("thousand", "tausend"):
                total, current = total + current, 0
        elif not (word == "and" and _joins(words, place)):
            break
        used += 1
    return total + current, used


def _joins(words: Sequence[str], place: int) -> bool:
    """The `and` of `two hundred and fifty`; between two orders it joins nothing."""
    around = words[place - 1 : place + 2] if place else ()
    return len(around) == 3 and around[0] in ("hundred", "thousand") and around[2] in _UNITS
