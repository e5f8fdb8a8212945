"""Rows of the chat pane that are no messages: the welcome, and the light while the model works."""

from __future__ import annotations

from kit_tui.tui.spans import BLANK, Row, row, wrapped
from kit_tui.tui.view import View


def scanner(step: int, cells: int) -> Row:
    """A light that sweeps left and right; the same without colour."""
    place = step % (2 * cells - 2)
    at = place if place < cells else 2 * cells - 2 - place
    return row(("▪" * at, "meter"), ("▮", "accent"), ("▪" * (cells - at - 1), "meter"))


def welcome(view: View) -> list[Row]:
    """What the empty chat says: what this is, and one thing to do."""
    if view.opening:
        return [row(("Opening the desk…", "muted"))]
    session = view.session
    if session is None:
        return [row(("No engine.", "muted"))]
    money = "real money" if session.mode.value == "live" else f"{session.mode.value} money"
    rows = wrapped(
        row((f"This account trades with {money} on {session.venue}.", "fg"),
            (f" {session.notice}" if session.notice else "", "warn")), view.width,
    )  # fmt: skip
    rows.append(BLANK)
    rows += wrapped(
        row(("Try ", "muted"), ("Buy BTC for $100", "strong"), (" or ", "muted"),
            ("Analyze ETH", "strong"), (". Nothing is sent until you approve it.", "muted")),
        view.width,
    )  # fmt: skip
    return [*rows, BLANK]
