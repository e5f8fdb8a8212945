"""Help: every key from the registry, every command, and what the colours mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.app import ComposeResult

from kit_tui.gateway.desk import CommandInfo
from kit_tui.tui.keys import KEYS, SCOPES, effective, shown
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.screens.dialog import Dialog, Sheet
from kit_tui.tui.spans import BLANK, Row, pad, row, wrapped

CHART_KEYS = (
    ("← →", "Crosshair to the candle before or after; esc puts it away."),
    ("⇧← ⇧→", "Pan back and forward."),
    ("+ −", "Zoom; beyond the last step the timeframe changes."),
    ("e i", "Overlays; RSI and MACD."),
    ("l h v g", "Log scale, Heikin-Ashi, volume, grid."),
)
LIST_KEYS = (
    ("↑ ↓ j k", "Move; home, end, page up and page down too."),
    ("enter", "Chart the market of this row."),
    ("c", "Close the position of this row; a ticket asks first."),
    ("r", "Try again, where a pane failed."),
    ("enter x f", "In the list of orders: an order's story, cancel it, filter."),
)
COLOURS = (
    ("profit", "gain, candle that rose, connection up"),
    ("loss", "loss (always with − or ▼), candle that fell, failed check"),
    ("long", "the words long and BUY"),
    ("short", "the words short and SELL"),
    ("warn", "attention: old data, a position without a stop"),
    ("stale", "older than its limit; the age stands beside it"),
    ("accent", "focus and the prompt; never a number"),
    ("live_text bold on_live", "real money"),
    ("halt_text bold on_halt", "trading halted"),
)
MARKS = (
    ("?", "warn", "an order of this market has no known outcome; no entries until it has"),
    ("⌂", "info", "watched here: the venue learns of it when it is triggered"),
    ("c91%", "muted", "share of what the model read that its cache held, which costs a tenth"),
    ("*", "stale", "not of now: an old price, or a venue that does not answer"),
    ("┌└", "muted", "orders of which one cancels the others"),
)


class HelpScreen(Dialog):
    """One scrolling page."""

    def compose(self) -> ComposeResult:
        yield Sheet("Help", id="help")

    def on_mount(self) -> None:
        self.query_one(Sheet).focus()

    def on_resize(self, event: events.Resize) -> None:
        width = max(20, min(96, event.size.width) - 4)
        rows = help_rows(self.kit.keymap, self.kit.commands, width)
        self.query_one(Sheet).set_page(rows)


def help_rows(keymap: Mapping[str, str], commands: Sequence[CommandInfo], width: int) -> list[Row]:
    """The page as rows."""
    rows = wrapped(
        row(("Type what you want: ", "fg"), ("Buy BTC for $100", "strong"), (", ", "fg"),
            ("Analyze ETH", "strong"), (", ", "fg"), ("Close half of SOL", "strong"),
            (". Every order becomes a ticket; nothing is sent until you approve it. ", "fg"),
            ("F9 halts all trading at once.", "strong")),
        width,
    )  # fmt: skip
    for scope, title in SCOPES.items():
        lines = [
            (shown(effective(keymap, key.id)), key.sentence) for key in KEYS if key.scope == scope
        ]
        lines += list(CHART_KEYS if scope == "chart" else LIST_KEYS if scope == "pane" else ())
        rows += _section(title, lines, width)
    if commands:
        rows += _section(
            "Commands", [(safe_line(c.usage), safe_line(c.help)) for c in commands], width
        )
    rows += [BLANK, row(("Colours", "strong bold"))]
    rows += [row((" sample ", role), ("  ", "fg"), (words, "fg")) for role, words in COLOURS]
    rows += [BLANK, row(("Marks", "strong bold"))]
    for mark, role, words in MARKS:
        rows += wrapped((*pad(row((f" {mark}", role)), 6), (words, "fg")), width, 6)
    return rows


def _section(title: str, lines: Sequence[tuple[str, str]], width: int) -> list[Row]:
    rows: list[Row] = [BLANK, row((title, "strong bold"))]
    wide = min(26, max(len(keys) for keys, _ in lines) + 3)
    for keys, sentence in lines:
        head = pad(row((keys, "info")), max(wide, len(keys) + 2))
        rows += wrapped((*head, (sentence, "fg")), width, wide)
    return rows
