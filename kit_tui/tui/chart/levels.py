"""What is drawn onto a chart besides candles: price levels and own fills. Imports no numpy."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

import msgspec

LevelKind = Literal["entry", "stop", "take", "alert", "liquidation"]


class ChartLevel(msgspec.Struct, frozen=True):
    """A price in quote currency which matters: where we came in, where we leave, what we await."""

    kind: LevelKind
    price: Decimal


class ChartFill(msgspec.Struct, frozen=True):
    """One of our own executions; `side` is buy or sell."""

    at: datetime
    price: Decimal
    side: Literal["buy", "sell"]


# Tag letter, colour role, and rank: when two share a row, the lower rank keeps the tag.
LEVEL_TAGS: Final[dict[LevelKind, tuple[str, str, int]]] = {
    "stop": ("S", "loss", 0),
    "liquidation": ("L", "warn", 1),
    "entry": ("E", "fg", 2),
    "take": ("T", "profit", 3),
    "alert": ("A", "warn", 4),
}
