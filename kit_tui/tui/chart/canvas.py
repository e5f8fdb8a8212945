"""A grid of characters and colour roles which turns into rows of text runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Roles = NDArray[np.uint8]
Mask = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]
Run = tuple[str, str]
"""Text and the colour role it is drawn in; a role may carry `:half :dim :bold :reverse`."""

SPACE: Final = 32
# A short blank costs less inside a run than a change of style; a long one would let pictures of
# the screen, which place whole runs, drift out of their columns.
LONG_BLANK: Final = 12

ROLES: Final[tuple[str, ...]] = (
    "blank", "profit", "loss", "muted", "profit:dim", "loss:dim", "muted:dim", "profit:half",
    "loss:half", "muted:half", "faint", "border", "grid", "fg", "fg:bold", "fg:half", "strong",
    "warn", "warn:half", "long", "short", "overlay1", "overlay2", "overlay3", "stale",
    "stale:half", "profit:reverse", "loss:reverse", "muted:reverse", "stale:reverse",
    "fg:reverse",
)  # fmt: skip
ROLE_INDEX: Final[dict[str, int]] = {name: index for index, name in enumerate(ROLES)}

# What data turns into when it is older than its limit: one calm grey, lighter for lesser things.
_DATA: Final = frozenset({"profit", "loss", "muted", "long", "short", "overlay1", "overlay2"})


def _stale(name: str) -> str:
    base, _, modifier = name.partition(":")
    if base not in _DATA:
        return name
    return {"reverse": "stale:reverse", "half": "stale:half", "dim": "stale:half"}.get(
        modifier, "stale"
    )


_STALE: Final = np.array([ROLE_INDEX[_stale(name)] for name in ROLES], dtype=np.uint8)

# A blank shows its role only when ground and figure are swapped.
_REVERSED: Final = np.array([name.endswith("reverse") for name in ROLES], dtype=np.bool_)


class Canvas:
    """`height` rows of `width` cells. Everything drawn outside is cut off."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.codes: Codes = np.full((height, width), SPACE, dtype=np.uint32)
        self.roles: Roles = np.zeros((height, width), dtype=np.uint8)

    def text(self, x: int, y: int, text: str, role: str) -> None:
        """Write a text; cells left of 0 or beyond the width are dropped."""
        if not 0 <= y < self.height:
            return
        start, stop = max(0, x), min(self.width, x + len(text))
        if start >= stop:
            return
        part = text[start - x : stop - x]
        self.codes[y, start:stop] = [ord(letter) for letter in part]
        self.roles[y, start:stop] = ROLE_INDEX[role]

    def free(self, top: int, bottom: int, left: int, right: int) -> Mask:
        """Which cells of a rectangle are still empty."""
        empty: Mask = self.codes[top:bottom, left:right] == SPACE
        return empty

    def fade(self) -> None:
        """Turn every data colour into the colour of stale data."""
        self.roles = _STALE[self.roles]

    def key(self, y: int) -> bytes:
        """Equal for two rows exactly when they look the same."""
        return bytes(self.codes[y].tobytes() + self.roles[y].tobytes())

    def runs(self, y: int) -> list[Run]:
        """A row as runs of one role each; short blanks join the run before them."""
        codes, roles = self.codes[y], self.roles[y]
        if not len(codes):
            return []
        solid = (codes != SPACE) | _REVERSED[roles]
        cell = np.arange(len(codes))
        last_solid = np.maximum.accumulate(np.where(solid, cell, 0))
        joined = np.where(cell - last_solid < LONG_BLANK, roles[last_solid], 0)
        edges = np.flatnonzero(joined[1:] != joined[:-1]) + 1
        bounds = [0, *edges.tolist(), len(codes)]
        text = codes.tobytes().decode("utf-32-le")
        return [(text[start:stop], ROLES[joined[start]]) for start, stop in pairwise(bounds)]
