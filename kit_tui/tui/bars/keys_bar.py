"""The bottom row: the keys that help now, the oldest feed's age, and the way to halt."""

from __future__ import annotations

from textual import events

from kit_tui.state.slices import TICKERS
from kit_tui.tui import formats
from kit_tui.tui.bars.fit import Item, fit
from kit_tui.tui.keys import KEYS, effective, shown
from kit_tui.tui.spans import Row, row
from kit_tui.tui.view import View
from kit_tui.tui.widgets.lines import Lines

_ORDER = ("command", "palette", "zoom", "order", "orders", "copy", "help_here")


class KeysBar(Lines):
    """One row at the bottom."""

    WATCHES = (TICKERS,)
    DEFAULT_CSS = "KeysBar { height: 1; }"

    def redraw(self) -> None:
        """Build the row again."""
        if self.is_attached:
            self.show([keys_row(self.kit.view(self.size), self.kit.keymap, self.kit.lag_note)])

    def on_resize(self, event: events.Resize) -> None:
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        if event.x >= self.size.width - 9:
            self.app.action_halt()  # type: ignore[attr-defined]  # KitApp's; App has no such action


def keys_row(view: View, keymap: dict[str, str], note: str = "") -> Row:
    """Hints on the left, feed age and halt on the right."""
    labels = {key.id: key.hint for key in KEYS}
    panes = "1-8" if view.width >= 160 else "1-4"
    items = [
        _hint(
            effective(keymap, name).split(",")[-1], labels[name], 9 - rank if rank > 3 else rank + 3
        )
        for rank, name in enumerate(_ORDER)
    ]
    items.insert(2, _hint(panes, "panes", 5))
    if note:
        items.append(Item((row((note, "warn")),), 2, right=True))
    items.append(Item((_feed(view, long=True), _feed(view, long=False)), 1, right=True))
    halt = shown(effective(keymap, "halt"))
    items.append(Item((row((f"{halt} ", "accent"), ("HALT", "accent bold")),), 0, right=True))
    return ((" ", "fg"), *fit(items, max(0, view.width - 2), gap=3, least_gap=2), (" ", "fg"))


def _hint(keys: str, label: str, rank: int) -> Item:
    return Item((row((shown(keys), "fg"), (f" {label}", "muted")),), rank)


def _feed(view: View, *, long: bool) -> Row:
    """The age of the oldest watched price: coarse while fresh, exact once stale."""
    tickers = view.get(TICKERS)
    if not tickers:
        return row(("no prices yet" if not view.opening else "", "muted"))
    oldest = max(ticker.age(view.now) for ticker in tickers.values())
    if oldest > view.stale_after:
        return row(("feed ", "muted"), (f"stale {formats.age(oldest)}", "warn"))
    age = formats.coarse_age(oldest)
    return row((f"feed {age}", "muted"), (" ago" if long else "", "muted"))
