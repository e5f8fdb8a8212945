"""The ticker strip: the watchlist in one row, whole items only."""

from __future__ import annotations

from textual import events

from kit_tui.domain.pair import Pair
from kit_tui.state.slices import SESSION, TICKERS, TRENDS, WATCHLIST
from kit_tui.tui import formats
from kit_tui.tui.bars.status import gain_role
from kit_tui.tui.spans import Row, row, spread, width_of
from kit_tui.tui.view import View
from kit_tui.tui.widgets.lines import Lines
from kit_tui.tui.widgets.sparkline import sparkline


class TickerStrip(Lines):
    """One row under the status."""

    WATCHES = (SESSION, TICKERS, WATCHLIST, TRENDS)
    DEFAULT_CSS = "TickerStrip { height: 1; }"

    def redraw(self) -> None:
        """Build the row again."""
        if self.is_attached:
            self.show([ticker_row(self.kit.view(self.size))])

    def on_resize(self, event: events.Resize) -> None:
        self.redraw()


def ticker_row(view: View) -> Row:
    """As many markets as fit, and how many more there are."""
    pairs = view.get(WATCHLIST) or ()
    if not pairs:
        sentence = "" if view.opening else "Nothing watched."
        return row((f" {sentence}", "muted"))
    roomy = view.width >= 100
    items = [_item(view, pair, roomy) for pair in pairs]
    between: Row = ((" │ ", "border"),)
    for count in range(len(items), -1, -1):
        line: list[tuple[str, str]] = []
        for item in items[:count]:
            line += [*between, *item] if line else [*item]
        hidden = len(items) - count
        more = row((("w watchlist " if roomy else "") + f"+{hidden} ▸", "muted")) if hidden else ()
        if width_of(line) + width_of(more) + 3 <= view.width or count == 0:
            return ((" ", "fg"), *spread(tuple(line), (*more, (" ", "fg")), max(0, view.width - 1)))
    return ()


def _item(view: View, pair: Pair, roomy: bool) -> Row:
    ticker = (view.get(TICKERS) or {}).get(pair)
    if ticker is None:
        return row((pair.base, "fg"), (" ·", "faint"))
    old = ticker.age(view.now) > view.stale_after
    price = formats.price(ticker.last, view.tick(pair))
    if old:
        return row(
            (f"{pair.base} {price}", "stale"), (f" {formats.age(ticker.age(view.now))}", "warn")
        )
    gap = " " if roomy else ""
    change = ticker.change_24h
    role = gain_role(change)
    figure = formats.percent(abs(change) if change is not None else None, 1, unit="", sign=False)
    spark = spark_of(view, pair, 5)
    parts = [
        (pair.base, "fg"),
        (f" {price}", "strong"),
        (f" {formats.arrow(change) or '='}{gap}{figure}", role),
    ]
    if spark.strip("·"):
        parts += [(" ", "fg"), (spark, "meter")]
    return tuple(parts)


def spark_of(view: View, pair: Pair, cells: int) -> str:
    """The last day of a pair as blocks; dots until its hours have arrived."""
    closes = (view.get(TRENDS) or {}).get(pair, ())
    return sparkline(closes, cells) if len(closes) > 1 else "·" * cells
