"""Order book and tape of the charted market."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from kit_tui.domain.market_data import Level, OrderBook
from kit_tui.domain.pair import Pair
from kit_tui.state.slices import DEPTH, SESSION
from kit_tui.tui import formats
from kit_tui.tui.panes.base import Pane
from kit_tui.tui.panes.content import PaneContent, empty, opening, stale_mark
from kit_tui.tui.spans import Row, Span, pad, row, width_of
from kit_tui.tui.table import Column, table
from kit_tui.tui.view import View


class BookPane(Pane):
    """Pane 6."""

    NUMBER, NAME = "6", "Book"
    HINTS = ("bars are quantity",)
    WATCHES = (SESSION, DEPTH)
    HELP = "The best bids and asks of the charted market with the spread between them."

    def content(self, view: View) -> PaneContent:
        return book_content(view, self.kit.chart_pair)


class TapePane(Pane):
    """Pane 7."""

    NUMBER, NAME = "7", "Tape"
    WATCHES = (SESSION, DEPTH)
    HELP = "The venue's latest trades in the charted market; side is the taker's."

    def content(self, view: View) -> PaneContent:
        return tape_content(view, self.kit.chart_pair)


def book_content(view: View, pair: Pair) -> PaneContent:
    """Rows of the book: asks above, the spread, bids below."""
    if view.opening:
        return opening(view, "The order book of the charted market.")
    depth = view.get(DEPTH)
    book = depth.book if depth else None
    if book is None or book.pair != pair or not (book.bids and book.asks):
        return empty(view, "No order book from this source.", subject=row((str(pair), "fg")))
    age = view.age_of(book.received_at)
    levels = max(1, min((view.height - 1) // 2, 10, len(book.bids), len(book.asks)))
    old = age is not None and age > view.stale_after
    return PaneContent(
        subject=row((str(pair), "fg")),
        right=stale_mark(age, view.stale_after, row((f"{levels} levels", "muted"))),
        body=_ladder(view, book, levels, old),
    )


def _ladder(view: View, book: OrderBook, levels: int, old: bool) -> list[Row]:
    asks, bids = book.asks[:levels], book.bids[:levels]
    tick = view.tick(book.pair)
    most = max(level.quantity for level in (*asks, *bids))
    best_ask, best_bid = asks[0].price, bids[0].price
    spread = best_ask - best_bid
    basis = spread / best_bid * 10_000
    centre, apart = formats.price((best_ask + best_bid) / 2, tick), formats.price(spread, tick)
    middle = f" {centre} ── spread {apart} · {basis:.2f} bp "
    prices = [formats.price(level.price, tick) for level in (*asks, *bids)]
    widths = (max(map(len, prices)), max(len(quantity(level)) for level in (*asks, *bids)))
    sold, bought = ("stale", "stale") if old else ("loss", "profit")
    rows = [
        _level(view, level, widths, most, (prices[at], sold))
        for at, level in reversed(list(enumerate(asks)))
    ]
    rule = "─" * max(0, view.width - len(middle) - 2)
    rows.append(row(("──", "border"), (middle, "muted"), (rule, "border")))
    rows += [
        _level(view, level, widths, most, (prices[len(asks) + at], bought))
        for at, level in enumerate(bids)
    ]
    return rows


def quantity(level: Level) -> str:
    """A level's quantity with a fixed number of decimals."""
    return formats.grouped(level.quantity, 3 if level.quantity < 10_000 else 0)


def _level(view: View, level: Level, widths: tuple[int, int], most: Decimal, price: Span) -> Row:
    left = row(
        (price[0].rjust(widths[0]), price[1]),
        (quantity(level).rjust(widths[1] + 3), "fg"),
        (" ", "fg"),
    )
    room = max(0, view.width - width_of(left))
    cells = int(level.quantity / most * room * 8) if most else 0
    full, part = divmod(cells, 8)
    bar = "█" * full + (" ▏▎▍▌▋▊▉"[part] if part else "")
    return (*left, *pad(((bar, "meter"),), room))


def tape_content(view: View, pair: Pair) -> PaneContent:
    """Rows of the tape, newest first."""
    if view.opening:
        return opening(view, "The venue's latest trades.")
    depth = view.get(DEPTH)
    trades = depth.trades if depth else ()
    if not trades:
        return empty(view, "No trades from this source.")
    tick = view.tick(pair)
    columns = (Column("at", "", rank=2), Column("side", "", rank=0, least=4),
               Column("price", "", "right", 0), Column("quantity", "", "right", 1))  # fmt: skip
    newest = sorted(trades, key=lambda trade: trade.at, reverse=True)
    lines: Sequence[dict[str, tuple[str, str]]] = [
        {
            "at": (formats.clock(trade.at, seconds=True), "muted"),
            "side": (trade.side, "long" if trade.side == "buy" else "short"),
            "price": (formats.price(trade.price, tick), "fg"),
            "quantity": (formats.grouped(trade.quantity, 4), "fg"),
        }
        for trade in newest
    ]
    laid = table(columns, [dict(line) for line in lines], view.width, gap=4)
    age = view.age_of(newest[0].at)
    return PaneContent(right=stale_mark(age, 4 * view.stale_after), body=laid.body)
