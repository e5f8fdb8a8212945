"""What happened today, newest first."""

from __future__ import annotations

from kit_tui.domain.orders import Fill
from kit_tui.state.slices import FILLS, NOTICES, SESSION, Notice
from kit_tui.tui import formats
from kit_tui.tui.panes.base import Pane
from kit_tui.tui.panes.content import PaneContent, empty, opening
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import Row, row, wrapped
from kit_tui.tui.view import View

_ROLES = {"refused": "loss", "error": "loss", "warning": "warn", "halt": "loss", "fill": "fg",
          "unknown": "warn", "lost": "warn", "frozen": "warn", "duplicate fill": "warn",
          "without a stop": "warn", "protection": "warn", "armed": "warn", "limit": "loss",
          "reduce": "warn"}  # fmt: skip


def told(view: View) -> list[Notice]:
    """Notices and own fills in the order they happened."""
    published: tuple[Notice, ...] = view.get(NOTICES) or ()
    notices = list(published)
    if not any(notice.kind == "fill" for notice in notices):
        notices += [_of_fill(view, fill) for fill in view.get(FILLS) or ()]
    return sorted(notices, key=lambda notice: notice.at)


def _of_fill(view: View, fill: Fill) -> Notice:
    verb = "bought" if fill.side.value == "buy" else "sold"
    price = formats.price(fill.price, view.tick(fill.pair))
    amount = f"{formats.quantity(fill.quantity)} {fill.pair.base}"
    return Notice(at=fill.at, kind="fill", text=f"{verb} {amount} @ {price}")


class EventsPane(Pane):
    """Pane 8."""

    NUMBER, NAME = "8", "Events"
    HINTS = ("↑↓ scroll", "y copy")
    WATCHES = (SESSION, NOTICES, FILLS)
    HELP = "Orders, fills, refusals and state changes as they happened."

    def content(self, view: View) -> PaneContent:
        return events_content(view)


def events_content(view: View) -> PaneContent:
    """Rows of the events pane."""
    if view.opening:
        return opening(view, "Orders, fills and refusals as they happen.")
    notices = told(view)
    today = [notice for notice in notices if notice.at.date() == view.now.date()]
    shown = today or list(notices[-50:])
    if not shown:
        return empty(view, "Nothing has happened yet.")
    body: list[Row] = []
    for notice in reversed(shown[-200:]):
        line = row(
            (formats.clock(notice.at, seconds=True), "muted"), ("  ", "fg"),
            (safe_line(notice.text), _ROLES.get(notice.kind, "fg")),
        )  # fmt: skip
        body.extend(wrapped(line, max(12, view.width), 10))
    subject = "today" if today else "earlier"
    return PaneContent(
        subject=row((subject, "muted")), right=row((str(len(shown)), "muted")), body=body
    )
