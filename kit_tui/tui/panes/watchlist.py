"""Watched markets, one row each."""

from __future__ import annotations

from kit_tui.domain.pair import Pair
from kit_tui.state.slices import CONNECTIONS, ORDERS, SESSION, TICKERS, TRENDS, TRUST, WATCHLIST
from kit_tui.tui import formats
from kit_tui.tui.bars.status import gain_role
from kit_tui.tui.bars.ticker import spark_of
from kit_tui.tui.panes.base import MarketChosen, Pane
from kit_tui.tui.panes.content import PaneContent, empty, opening
from kit_tui.tui.spans import BLANK, Row, Span, row
from kit_tui.tui.table import Cells, Column, table
from kit_tui.tui.trust import frozen_pairs, is_down
from kit_tui.tui.view import View

COLUMNS = (
    Column("pair", "PAIR", rank=0, least=6),
    Column("last", "LAST", "right", 0, 10),
    Column("change", "24H %", "right", 0, 8),
    Column("spark", "24H", rank=6),
    Column("volume", "VOLUME", "right", 7),
    Column("range", "DAY'S RANGE", "right", 8),
)


class WatchlistPane(Pane):
    """Pane 5."""

    NUMBER, NAME = "5", "Watchlist"
    HINTS = ("enter charts it", "/watch adds")
    WATCHES = (SESSION, TICKERS, WATCHLIST, TRENDS, CONNECTIONS, ORDERS, TRUST)
    HELP = "Watched markets; Enter charts the one under the cursor."

    def content(self, view: View) -> PaneContent:
        return watchlist_content(view)

    def chosen(self, key: str) -> None:
        self.post_message(MarketChosen(Pair(key)))


def watchlist_content(view: View) -> PaneContent:
    """Rows of the watchlist for a view."""
    if view.opening:
        return opening(view, "Watched markets with price and day's change.")
    pairs = view.get(WATCHLIST) or ()
    if not pairs:
        return empty(view, "Nothing watched. /watch PAIR adds a market.")
    frozen = frozen_pairs(view)
    lines = [_cells(view, pair, frozen=pair in frozen) for pair in pairs]
    sparks = any(
        isinstance(cell := line["spark"], tuple) and str(cell[0]).strip("·") for line in lines
    )
    leave = (() if sparks else ("spark",)) + (() if view.width >= 56 else ("volume", "range"))
    laid = table([c for c in COLUMNS if c.key not in leave], lines, view.width)
    return PaneContent(
        subject=row((str(len(pairs)), "muted")), head=[laid.head], body=laid.body,
        keys=[str(pair) for pair in pairs],
    )  # fmt: skip


def _cells(view: View, pair: Pair, *, frozen: bool) -> Cells:
    query: Row = row((" ?", "warn")) if frozen else BLANK
    ticker = (view.get(TICKERS) or {}).get(pair)
    if ticker is None:
        name = ((pair.base, "fg"), *query)
        return {"pair": name, "last": ("·", "faint"), "change": ("·", "faint"),
                "spark": ("", "meter")}  # fmt: skip
    age = ticker.age(view.now)
    old = age > view.stale_after or is_down(view, ticker.venue)
    tick = view.tick(pair)
    moved = ticker.change_24h
    figure = f"{formats.arrow(moved)} {formats.percent(moved, unit='')}".strip()
    change: Span = (f"stale {formats.age(age)}", "warn") if old else (figure, gain_role(moved))
    low, high = formats.price(ticker.low_24h, tick), formats.price(ticker.high_24h, tick)
    return {
        "pair": ((pair.base, "stale" if old else "fg"), *query),
        "last": (formats.price(ticker.last, tick), "stale" if old else "strong"),
        "change": change,
        "spark": (spark_of(view, pair, 8), "meter"),
        "volume": (formats.compact(ticker.volume_24h), "muted"),
        "range": (f"{low}–{high}" if ticker.low_24h and ticker.high_24h else "", "muted"),
    }
