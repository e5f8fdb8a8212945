"""What a pane shows, as data, and the few things panes say alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from kit_tui.tui.formats import age
from kit_tui.tui.spans import BLANK, Row, row, wrapped
from kit_tui.tui.view import View


class PaneContent(msgspec.Struct, frozen=True):
    """What a pane shows: `head` rows stay put, `body` rows scroll.

    `keys` names each body row that can be selected, None for those which cannot.
    """

    subject: Row = BLANK
    right: Row = BLANK
    head: Sequence[Row] = ()
    body: Sequence[Row] = ()
    foot: Sequence[Row] = ()
    keys: Sequence[str | None] = ()
    summary: Row = BLANK


def opening(view: View, sentence: str) -> PaneContent:
    """What a pane shows before its first data: what will be there, in its own words."""
    lines = wrapped(row((sentence, "muted")), max(8, view.width))
    return PaneContent(right=row(("opening…", "muted")), head=lines)


def empty(view: View, sentence: str, **more: Any) -> PaneContent:
    """A pane without data: one dim sentence and the key that fills it."""
    return PaneContent(head=wrapped(row((sentence, "muted")), max(8, view.width)), **more)


def stale_mark(age_s: float | None, limit_s: float, fresh: Row = BLANK) -> Row:
    """Nothing special while fresh, `stale 43s` when old, `! no data 12m` beyond four limits."""
    if age_s is None or age_s <= limit_s:
        return fresh
    if age_s > 4 * limit_s:
        return row((f"! no data {age(age_s)}", "loss"))
    return row((f"stale {age(age_s)}", "warn"))
