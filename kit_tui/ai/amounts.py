"""Numbers as traders type them: `1,000.50`, `1.000,50`, `0,5`, `70k`, `$100`, `25%`, `10x`, `90d`.

Whatever could be read in two ways, or is no plain positive number, becomes a `bad` token whose
unit says why; a bad token never takes part in an order.
"""

from __future__ import annotations

import re
from decimal import Decimal

from kit_tui.ai.tokens import Token

MAX_DIGITS = 18
MAX_DECIMALS = 10
MAX_NUMBER = Decimal(10) ** 12
MAX_MONEY = Decimal(10) ** 8

SYMBOLS = {"$": "USDT", "€": "EUR", "£": "GBP"}
CURRENCIES = {
    "usdt": "USDT", "tether": "USDT", "usd": "USDT", "dollar": "USDT", "dollars": "USDT",
    "bucks": "USDT", "buck": "USDT", "usdc": "USDC", "eur": "EUR", "euro": "EUR", "euros": "EUR",
    "chf": "CHF", "franken": "CHF", "fränkli": "CHF", "stutz": "CHF", "francs": "CHF",
    "inr": "INR", "rupee": "INR", "rupees": "INR", "aud": "AUD", "cad": "CAD", "jpy": "JPY",
    "yen": "JPY", "pesos": "MXN", "lira": "TRY", "sgd": "SGD", "nzd": "NZD",
    "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "fdusd": "FDUSD",
    "$": "USDT", "€": "EUR", "£": "GBP", "dollars'": "USDT", "bucks'": "USDT", "euros'": "EUR",
    "pounds'": "GBP",
}  # fmt: skip
MULTIPLIERS = {
    "k": Decimal(1000), "m": Decimal(1_000_000), "tsd": Decimal(1000), "mio": Decimal(1_000_000),
    "mil": Decimal(1_000_000), "thousand": Decimal(1000), "million": Decimal(1_000_000),
    "tausend": Decimal(1000), "millionen": Decimal(1_000_000), "grand": Decimal(1000),
    "billion": Decimal(10) ** 9, "billions": Decimal(10) ** 9, "milliarden": Decimal(10) ** 9,
    "milliarde": Decimal(10) ** 9, "bn": Decimal(10) ** 9, "trillion": Decimal(10) ** 12,
    "lakh": Decimal(100_000), "lakhs": Decimal(100_000), "crore": Decimal(10) ** 7,
    "crores": Decimal(10) ** 7, "mille": Decimal(1000), "hundred": Decimal(100),
    "hundert": Decimal(100),
}  # fmt: skip
CENTS = frozenset({"cents", "cent"})
_DURATION_UNITS = {
    "h": "h", "d": "d", "w": "w", "y": "y", "mo": "mo", "min": "m", "hr": "h", "hrs": "h",
}  # fmt: skip

_SCALED = re.compile(
    r"\d(?:k|m|mio|tsd|mil)\b|thousand|million|tausend|millionen|grand|billion|milliarde|lakh|crore"
)
_BLOB = re.compile(r"([+-]?)([$€£]?)([+-]?)((?:\d[\d.,]*\d|\d|\.\d+))([a-z$€£%äöü]*)")
# As the Swiss write thousands.
_APOSTROPHES = re.compile(r"(?<![\d.,'])([+-]?[$€£]?[1-9]\d{0,2}(?:'\d{3})+)(?![\d'])")
_GROUPS = {
    ",": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+"),
    ".": re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+"),
}


class Ambiguous(ValueError):  # noqa: N818 - a reading, not a failure
    """A number that can be read in two ways, or is no plain number; the text says why."""


def read_blob(blob: str, *, german: bool) -> list[Token]:
    """The tokens of one run of characters that begins with a digit, a sign or a currency."""
    typed = _APOSTROPHES.sub(lambda found: found[0].replace("'", ""), blob.rstrip(".,'"))
    if re.search(r"\de[+-]?\d", typed):
        return [_bad(typed, "scientific notation")]
    found = _BLOB.fullmatch(typed)
    if found is None:
        return [_bad(typed, "not a plain number")]
    before, symbol, after, body, letters = found.groups()
    sign = before or after
    try:
        value = read_number(body, german=german, scaled=letters[:1] in ("k", "m"))
    except Ambiguous as problem:
        return [_bad(typed, str(problem))]
    # Cents have two digits: `$2.505` may as well be a German two thousand.
    if (symbol or letters in CURRENCIES) and not german and _GROUPS["."].fullmatch(body):
        return [_bad(typed, f"{body} may be a thousand times more or less")]
    return _with_letters(typed, sign, symbol, value, letters)


def read_number(body: str, *, german: bool, scaled: bool = False) -> Decimal:
    """Digits with points and commas as a Decimal.

    Raises:
        Ambiguous: when they can be read in two ways or are written in no known way.
    """
    if sum(map(str.isdigit, body)) > MAX_DIGITS:
        raise Ambiguous("far too many digits")
    if "," in body and "." in body:
        plain = _two_marks(body)
    elif "," in body:
        plain = _one_mark(body, ",", thousands=not german, german=german)
    elif "." in body:
        plain = _one_mark(body, ".", thousands=german and not scaled, german=german, scaled=scaled)
    else:
        plain = body
    whole, _, decimals = plain.partition(".")
    if len(whole) > 1 and whole.startswith("0"):
        raise Ambiguous("a number with leading zeros")
    if len(decimals) > MAX_DECIMALS:
        raise Ambiguous(f"more than {MAX_DECIMALS} decimals")
    return Decimal(plain if whole else f"0{plain}")


def _two_marks(body: str) -> str:
    mark = "." if body.rfind(".") > body.rfind(",") else ","
    other = "," if mark == "." else "."
    whole, _, decimals = body.rpartition(mark)
    if not _GROUPS[other].fullmatch(whole) or not decimals.isdigit():
        raise Ambiguous("points and commas in an order I do not know")
    return f"{whole.replace(other, '')}.{decimals}"


def _one_mark(body: str, mark: str, *, thousands: bool, german: bool, scaled: bool = False) -> str:
    if body.count(mark) > 1:
        if not _GROUPS[mark].fullmatch(body):
            raise Ambiguous("points and commas in an order I do not know")
        return body.replace(mark, "")
    grouped = _GROUPS[mark].fullmatch(body) is not None
    if grouped and thousands:
        return body.replace(mark, "")
    if grouped and mark == "," and german:
        raise Ambiguous(f"{body} may be a thousand times more or less")
    if mark == "," and not german and body.endswith("0") and not body.startswith("0"):
        raise Ambiguous(f"{body} may be a hundred or a thousand times more or less")
    # 60.000 is sixty thousand for half of Europe; nobody needs the zero to write sixty.
    if grouped and mark == "." and not german and body.endswith("0") and not scaled:
        raise Ambiguous(f"{body} may be a thousand times more or less")
    return body.replace(mark, ".")


def _with_letters(typed: str, sign: str, symbol: str, value: Decimal, letters: str) -> list[Token]:
    if letters in _DURATION_UNITS and not symbol and not sign:
        return [Token("duration", typed, value, _DURATION_UNITS[letters])]
    if letters == "x" and not symbol and not sign:
        return [Token("leverage", typed, value) if value else _bad(typed, "zero")]
    if letters in ("r", "atr", "xatr") and not symbol and not sign:
        kind = "ratio" if letters == "r" else "atr"
        return [Token(kind, typed, value) if value else _bad(typed, "zero")]
    if letters == "%" and not symbol:
        return [percent(typed, value, sign)]
    for suffix in ("mio", "tsd", "k", "m", ""):
        rest = letters.removeprefix(suffix)
        if (
            letters.startswith(suffix)
            and (not rest or rest in CURRENCIES)
            and not (symbol and rest)
        ):
            scaled = value * MULTIPLIERS.get(suffix, Decimal(1))
            unit = SYMBOLS.get(symbol) or CURRENCIES.get(rest, "")
            return [amount(typed, scaled, unit, sign)]
    if not symbol and not sign and not letters.endswith("%"):
        return [amount(typed, value, "", ""), Token("unknown", letters)]
    return [_bad(typed, "not a plain number")]


def amount(typed: str, value: Decimal, unit: str = "", sign: str = "") -> Token:
    """A number or, with a unit, money; bad when it is signed, zero or absurd."""
    if sign == "-":
        return _bad(typed, "a negative amount")
    if sign:
        return _bad(typed, "a signed amount")
    if value == 0:
        return _bad(typed, "zero")
    if value > (MAX_MONEY if unit else MAX_NUMBER):
        return _bad(typed, "an absurdly large amount")
    return Token("money" if unit else "num", typed, value, unit)


def percent(typed: str, value: Decimal, sign: str = "") -> Token:
    """A percentage; its value stays in percent."""
    if value == 0:
        return _bad(typed, "zero")
    return Token("signed" if sign else "percent", typed, value, sign=sign)


def scaled(number: Token, by: str) -> Token:
    """`70 thousand`; a number that is scaled already is none anybody means."""
    typed = f"{number.text} {by}"
    value = (number.value or Decimal(0)) * MULTIPLIERS[by]
    if _SCALED.search(number.text):
        return _bad(typed, "an absurdly large amount")
    return amount(typed, value, "USDT" if by == "grand" else "")


def cents(typed: str, value: Decimal) -> Token:
    """So many cents of a dollar as money."""
    return amount(f"{typed} cents", value / 100, "USDT")


def grouped(typed: str) -> Token:
    """`1 000` or `€10 000,50`, with blanks between the thousands."""
    body = typed.lstrip("$€£").replace(" ", "").replace(",", ".")
    return amount(typed, Decimal(body), SYMBOLS.get(typed[0], ""))


def ratio(typed: str) -> Token:
    """`1:2` and `2:1` as a multiple of the risk; anything else that holds a colon is unknown."""
    one, _, other = typed.partition(":")
    sides = sorted((Decimal(one), Decimal(other)))
    if sides[0] != 1:
        return Token("unknown", typed)
    return Token("ratio", typed, sides[1])


def _bad(typed: str, why: str) -> Token:
    return Token("bad", typed, unit=why)
