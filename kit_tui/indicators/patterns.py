"""Candle patterns by TA-Lib, with the names traders use and which way each leans."""

from __future__ import annotations

from typing import NamedTuple

from kit_tui.domain.candles import Candles
from kit_tui.indicators._talib import talib
from kit_tui.indicators.arrays import floats


class Pattern(NamedTuple):
    """A pattern that ends at candle `place`; `lean` is 1 bullish, -1 bearish, 0 undecided."""

    name: str
    place: int
    lean: int


# TA-Lib function, name, and whether its sign is a direction (a doji's is not). Those that more
# specific ones contain come after them, so that the first hit of a candle says most.
_PATTERNS = (
    ("CDLMORNINGSTAR", "morning star", True),
    ("CDLEVENINGSTAR", "evening star", True),
    ("CDL3WHITESOLDIERS", "three white soldiers", True),
    ("CDL3BLACKCROWS", "three black crows", True),
    ("CDLENGULFING", "engulfing", True),
    ("CDLPIERCING", "piercing line", True),
    ("CDLDARKCLOUDCOVER", "dark cloud cover", True),
    ("CDLHARAMI", "harami", True),
    ("CDLHAMMER", "hammer", True),
    ("CDLINVERTEDHAMMER", "inverted hammer", True),
    ("CDLHANGINGMAN", "hanging man", True),
    ("CDLSHOOTINGSTAR", "shooting star", True),
    ("CDLMARUBOZU", "marubozu", True),
    ("CDLDRAGONFLYDOJI", "dragonfly doji", False),
    ("CDLGRAVESTONEDOJI", "gravestone doji", False),
    ("CDLDOJI", "doji", False),
    ("CDLSPINNINGTOP", "spinning top", False),
)
NEEDED = 16
_TWO_SIDED = frozenset({"engulfing", "harami", "marubozu"})


def patterns(candles: Candles, last: int = 3) -> list[Pattern]:
    """Patterns that end on one of the newest `last` candles, newest first.

    Definitions are TA-Lib's (after Morris 1992), which compare bodies with those of the ten
    candles before; nothing is found in fewer than `NEEDED` candles.
    """
    if len(candles) < NEEDED:
        return []
    window = candles.tail(last + 60)
    bars = tuple(floats(part) for part in (window.open, window.high, window.low, window.close))
    offset = len(candles) - len(window)
    library = talib()
    found: list[Pattern] = []
    for function, name, directed in _PATTERNS:
        marks = getattr(library, function)(*bars)
        for place in range(max(0, len(window) - last), len(window)):
            if marks[place]:
                sign = (1 if marks[place] > 0 else -1) if directed else 0
                found.append(Pattern(_named(name, sign), offset + place, sign))
    return sorted(found, key=lambda pattern: -pattern.place)


def _named(name: str, sign: int) -> str:
    if name not in _TWO_SIDED:
        return name
    return f"{'bullish' if sign > 0 else 'bearish'} {name}"
