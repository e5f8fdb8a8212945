"""Fitting whole items into one row: the least important ones leave first, nothing is cut."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kit_tui.tui.spans import BLANK, Row, joined, width_of


class Item(msgspec.Struct, frozen=True):
    """One thing in a bar. `forms` go from long to short; a higher `rank` gives way earlier.

    An item whose `rank` is 0, or which `stays`, never leaves; it only takes its shortest form. Its
    last `late` forms are taken only when no other item can be shortened any more.
    """

    forms: tuple[Row, ...]
    rank: int = 5
    right: bool = False
    stays: bool = False
    late: int = 0


def fit(items: Sequence[Item], width: int, gap: int = 3, least_gap: int = 1) -> Row:
    """A row of exactly `width` cells with as many whole items as fit, left and right parts."""
    chosen = [0] * len(items)
    present = list(range(len(items)))
    while True:
        for space in (gap, max(least_gap, gap - 1), least_gap):
            line = _line(items, chosen, present, width, space)
            if line is not None:
                return line
        if not _give_way(items, chosen, present):
            break
    line = _line(items, chosen, present, width, least_gap)
    return line if line is not None else BLANK


def _give_way(items: Sequence[Item], chosen: list[int], present: list[int]) -> bool:
    """Shorten the least important item that can be, else drop one; False when nothing is left."""
    order = sorted(present, key=lambda at: -items[at].rank)
    for late in (False, True):
        for index in order:
            forms = len(items[index].forms) - (0 if late else items[index].late)
            if chosen[index] + 1 < forms:
                chosen[index] += 1
                return True
    for index in order:
        if items[index].rank > 0 and not items[index].stays:
            present.remove(index)
            return True
    return False


def _line(
    items: Sequence[Item], chosen: list[int], present: list[int], width: int, gap: int
) -> Row | None:
    """The row with these forms and this gap, or None if it is too wide."""
    spaces = " " * gap
    left = joined([items[at].forms[chosen[at]] for at in present if not items[at].right], spaces)
    right = joined([items[at].forms[chosen[at]] for at in present if items[at].right], spaces)
    room = width - width_of(left) - width_of(right)
    if room < (gap if left and right else 0):
        return None
    return (*left, (" " * room, "fg"), *right)
