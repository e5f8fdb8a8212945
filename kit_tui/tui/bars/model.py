"""The model in the status row: which one, what it has cost today, what the cache saves."""

from __future__ import annotations

import re
from typing import Final

from kit_tui.state.slices import CONNECTIONS, Connection
from kit_tui.tui.bars.fit import Item
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import Row, row
from kit_tui.tui.trust import trouble_word
from kit_tui.tui.turns import OFFLINE, reason_words, short_model
from kit_tui.tui.view import View

RANK: Final = 6
_SPEND = re.compile(r"[$€][\d.,]+")
_BUDGET = re.compile(r"[$€][\d.,]+/[\d.,]+")
_CACHE = re.compile(r"cache (\d+) ?%")


def model_item(view: View) -> Item:
    """The model's item: it gives way early, but never leaves, down to `AI` and its state."""
    model = next((c for c in view.get(CONNECTIONS) or () if c.kind == "model"), None)
    if model is None or (model.state == "off" and not reason_words(model.detail)):
        return _offline(view)
    if model.state in ("up", "connecting"):
        forms = _up(model)
        # Costs and cache are kept as long as others can be shortened instead.
        return Item(forms, RANK, stays=True, late={2: 0, 3: 1}.get(len(forms), 2))
    rank = RANK if model.state == "off" else 3
    return Item(_troubled(view, model), rank, stays=True, late=1)


def _offline(view: View) -> Item:
    engine = safe_line(view.session.engine) if view.session is not None else OFFLINE
    return Item((row((engine, "muted")), row(("offline", "muted"))), 7)


def _up(model: Connection) -> tuple[Row, ...]:
    """`sonnet-5-5 ● $0.14/2.00 cache 91%`, then less and less of it."""
    name, detail = short_model(model.name), safe_line(model.detail)
    dot, role = ("●", "profit") if model.state == "up" else ("○", "muted")  # not asked yet
    spend, cache = _SPEND.search(detail), _CACHE.search(detail)
    forms = [row((name, "fg"), (f" {dot}", role), (f" {detail}" if detail else "", "fg"))]
    if spend is not None:
        spent = row(("AI ", "muted"), (spend.group(), "fg"))
        if cache is not None:
            forms += [
                row(("AI ", "muted"), (f"{(_BUDGET.search(detail) or spend).group()} ", "fg"),
                    (cache.group(), "muted")),
                (*spent, (f" {cache.group()}", "muted")),
                (*spent, (f" c{cache.group(1)}%", "muted")),
            ]  # fmt: skip
        forms.append(spent)
    return (*forms, row(("AI", "fg"), (dot, role)))


def _troubled(view: View, model: Connection) -> tuple[Row, ...]:
    """What is wrong in words; the shortest form has a mark of its own, not only a colour."""
    name = short_model(model.name)
    mark, role = {"degraded": ("!", "warn"), "down": ("✗", "loss")}.get(model.state, ("○", "muted"))
    why = reason_words(model.detail) or trouble_word(view, model)
    brief = why.split(",")[0].strip()
    return (
        row((name, "fg"), (f" {mark} ", role), (why, role)),
        row(("AI ", "muted"), (f"{mark} {brief}", role)),
        row(("AI", "fg"), (mark, role)),
    )
