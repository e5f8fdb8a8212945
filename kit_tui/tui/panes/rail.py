"""The panes of the rail by name; a module of its own, because the first paint can do without."""

from __future__ import annotations

from kit_tui.tui.panes.base import Pane
from kit_tui.tui.panes.events import EventsPane
from kit_tui.tui.panes.market_depth import BookPane, TapePane
from kit_tui.tui.panes.watchlist import WatchlistPane

RAIL: dict[str, type[Pane]] = {
    "watchlist": WatchlistPane,
    "book": BookPane,
    "tape": TapePane,
    "events": EventsPane,
}
