"""Open positions with their profit, and the orders that rest."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from textual.message import Message

from kit_tui.domain.orders import Order
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import MarkedPosition
from kit_tui.state.slices import CONNECTIONS, FILLS, ORDERS, POSITIONS, SESSION, TICKERS, TRUST
from kit_tui.tui import formats
from kit_tui.tui.bars.status import gain_role
from kit_tui.tui.order_rows import (
    HERE,
    distance,
    order_table,
    short_age,
    sorted_orders,
    trailing,
    unknown_orders,
    watched_here,
)
from kit_tui.tui.panes.base import MarketChosen, Pane
from kit_tui.tui.panes.content import PaneContent, empty, opening
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, Span, cut, row, text_of, width_of, wrapped
from kit_tui.tui.table import Cells, Column, Table, as_row, table
from kit_tui.tui.trust import calm_age, frozen_pairs, is_down, trust_of
from kit_tui.tui.view import View

POSITION_COLUMNS: Final = (
    Column("pair", "PAIR", rank=0),
    Column("venue", "VENUE", rank=7),
    Column("side", "SIDE", rank=1, least=5),
    Column("quantity", "QTY", "point", 4),
    Column("entry", "ENTRY", "right", 5),
    Column("mark", "MARK", "right", 2),
    Column("pnl", "PnL", "right", 0),
    Column("percent", "%", "right", 3),
    Column("liquidation", "LIQ.", "right", 2),
    Column("stop", "STOP", "right", 1),
    Column("take", "TAKE", "right", 6),
    Column("note", "NOTE", rank=4),
    Column("age", "AGE", "right", 8),
)
WIDE_ONLY: Final = ("venue", "take", "age")


class PositionsPane(Pane):
    """Pane 3."""

    NUMBER, NAME = "3", "Positions"
    HINTS = ("enter detail", "c close…", "o all orders", "n new order")
    WATCHES = (SESSION, POSITIONS, ORDERS, FILLS, TICKERS, CONNECTIONS, TRUST)
    HELP = "What K.I.T. opened and still holds, at average cost with fees, and what rests."

    class CloseRequested(Message):
        """The position under the cursor is to be closed; a ticket will ask for approval."""

        def __init__(self, pair: Pair) -> None:
            super().__init__()
            self.pair = pair

    def content(self, view: View) -> PaneContent:
        return positions_content(view)

    def chosen(self, key: str) -> None:
        self.post_message(MarketChosen(Pair(key)))

    def key_c(self) -> None:
        key = self.selected_key()
        if key is not None:
            self.post_message(self.CloseRequested(Pair(key)))


def positions_content(view: View) -> PaneContent:
    """Rows of the positions pane for a view."""
    if view.opening:
        return opening(view, "Open positions appear here with entry, mark, profit and stop.")
    held = view.get(POSITIONS)
    positions = ordered(held or ())
    if not positions and (unknown := _not_known(view, held)):
        return PaneContent(
            right=row(("not known", "warn")),
            head=wrapped(row((unknown, "warn")), max(8, view.width)),
            summary=row(("3", "muted bold"), (" Positions  not known", "warn")),
        )
    resting = sorted_orders([order for order in view.orders if order.is_open])
    if not positions:
        # What rests stays visible even without a position.
        blank = empty(view, "No open positions. Ask in chat, or n for a new order.")
        lines = _resting(view, resting, min(view.height - 2, len(resting) + 1))
        return PaneContent(
            subject=row(("0 open", "muted")), head=[*blank.head, *lines],
            summary=row(("3", "muted bold"), (" Positions  none open", "muted")),
        )  # fmt: skip
    narrow = view.width < 46
    laid = _narrow(view, positions) if narrow else _wide(view, positions)
    head = [] if narrow and view.height < len(positions) + 1 else [laid.head]
    spare = view.height - len(head) - len(positions)
    return PaneContent(
        subject=row((f"{len(positions)} open", "muted")),
        right=_unrealised(view, positions, narrow),
        head=head,
        body=laid.body,
        foot=_resting(view, resting, spare),
        keys=[str(item.position.pair) for item in positions],
        summary=_summary(view, positions),
    )


def _not_known(view: View, held: tuple[MarkedPosition, ...] | None) -> str:
    """Why an empty list proves nothing: nobody answered, or the books never agreed."""
    if held is None:
        return "What is held is not known: no engine answers."
    trust = trust_of(view)
    if trust.unreconciled and trust.reconciled_at is None:
        return f"What is held is not known yet: {safe_line(trust.unreconciled)}"
    return ""


def ordered(positions: Sequence[MarkedPosition]) -> list[MarkedPosition]:
    """The positions in their sequence, dust last."""
    return sorted(positions, key=lambda marked: marked.dust)


def is_old(view: View, marked: MarkedPosition) -> bool:
    """Whether the figures are not those of now: an old price, or a venue that does not answer."""
    age = marked.mark_age(view.now)
    return age is None or age > view.stale_after or is_down(view, marked.position.venue)


def _unrealised(view: View, positions: Sequence[MarkedPosition], narrow: bool) -> Row:
    known = [p.unrealised_pnl for p in positions]
    total = sum((value for value in known if value is not None), Decimal(0))
    partial = any(value is None for value in known) or any(is_old(view, p) for p in positions)
    label = "" if narrow else "unrealised "
    star = "*" if partial and narrow else ""
    text = f"{formats.signed(total)}{star} {formats.arrow(total)}".rstrip()
    word = row((" partial", "warn")) if partial and not narrow else BLANK
    return (*row((label, "muted"), (text, "stale" if partial else gain_role(total))), *word)


def _summary(view: View, positions: Sequence[MarkedPosition]) -> Row:
    return row(
        ("3", "muted bold"), (f" Positions  {len(positions)} open  ", "fg"),
        *_unrealised(view, positions, True),
    )  # fmt: skip


def _wide(view: View, positions: Sequence[MarkedPosition]) -> Table:
    leave = set() if view.width >= 84 else set(WIDE_ONLY)
    lines = [position_cells(view, p) for p in positions]
    leave |= {key for key in ("liquidation", "note") if not any(_text(line[key]) for line in lines)}
    columns = [column for column in POSITION_COLUMNS if column.key not in leave]
    return table(columns, [_even(line, lines) for line in lines], view.width)


def _even(line: Cells, lines: Sequence[Cells]) -> Cells:
    """A line whose prices stand under the others', also where those carry a mark behind them."""
    evened = dict(line)
    for key in ("stop", "take"):
        marked = any(_text(other[key]).endswith(HERE) for other in lines)
        if marked and not _text(line[key]).endswith(HERE):
            evened[key] = (*as_row(line[key]), (" ", "fg"))
    return evened


def _text(cell: Span | Row) -> str:
    return text_of(as_row(cell))


def _narrow(view: View, positions: Sequence[MarkedPosition]) -> Table:
    columns = (
        Column("base", "PAIR", rank=0, least=5), Column("short_side", "", rank=0),
        Column("quantity", "QTY", "point", 3), Column("mark", "MARK", "right", 2),
        Column("arrow_percent", "%", "right", 0),
    )  # fmt: skip
    return table(columns, [position_cells(view, p) for p in positions], view.width, gap=2)


def position_cells(view: View, marked: MarkedPosition) -> Cells:
    """The cells of one position; figures at an old price are in the colour of old data."""
    held = marked.position
    tick = view.tick(held.pair)
    old, dust = is_old(view, marked), marked.dust
    frozen = bool(marked.frozen) or held.pair in frozen_pairs(view)
    pnl, share = marked.unrealised_pnl, marked.unrealised_fraction
    role = "stale" if old else "faint" if dust else gain_role(pnl)
    figure = "stale" if old else "faint" if dust else "fg"
    star = "*" if old else ""
    query: Row = row((" ?", "warn")) if frozen else BLANK
    percent = f"{formats.arrow(share)} {formats.percent(share)}{star}"
    leverage = f" {_multiple(held.leverage)}" if held.leverage > 1 else ""
    return {
        "pair": ((str(held.pair), figure), *query),
        "base": ((held.pair.base, figure), *query),
        "venue": (safe_line(held.venue), "muted"),
        "side": (held.side + leverage, "faint" if dust else held.side),
        "short_side": (held.side[:1].upper() + leverage, held.side),
        "quantity": (view.lots(held.pair, held.quantity), figure),
        "entry": (formats.price(held.entry_price, tick), figure),
        "mark": (formats.price(marked.mark_price, tick), figure if old or dust else "strong"),
        "pnl": (formats.signed(pnl) + star, role),
        "percent": (formats.percent(share, unit=""), role),
        "arrow_percent": (percent.strip(), role),
        "liquidation": (
            formats.price(held.liquidation_price, tick) if held.liquidation_price else "",
            "warn",
        ),
        "stop": _stop(view, marked, tick, dust),
        "take": _take(view, marked, tick, figure),
        "note": _note(view, marked, frozen=frozen, old=old, dust=dust),
        "age": (short_age(view.now, held.opened_at), "muted"),
    }


def _stop(view: View, marked: MarkedPosition, tick: Decimal, dust: bool) -> Span | Row:
    held = marked.position
    if held.stop_price is None:
        trails = trailing(view.orders, held.pair)
        if trails is not None:  # its price is known to the venue only
            return (f"trail {distance(trails)}", "fg")
        return ("", "fg") if dust else ("none !", "warn")
    here = watched_here(view.orders, held.pair, "stop")
    return row((formats.price(held.stop_price, tick), "fg"), (HERE if here else "", "info"))


def _take(view: View, marked: MarkedPosition, tick: Decimal, role: str) -> Span | Row:
    held = marked.position
    if held.take_profit_price is None:
        return ("", "fg")
    here = watched_here(view.orders, held.pair, "target")
    return row((formats.price(held.take_profit_price, tick), role), (HERE if here else "", "info"))


def _note(view: View, marked: MarkedPosition, *, frozen: bool, old: bool, dust: bool) -> Span:
    """The one thing about a position that its figures do not say."""
    if frozen:
        return "frozen", "warn"
    if old:
        age = calm_age(marked.mark_age(view.now))
        return f"stale {age}" if age else "no price", "warn"
    if dust:
        return "dust", "faint"
    if marked.position.adopted:
        return "adopted", "muted"
    return "", "fg"


def _multiple(leverage: Decimal) -> str:
    text = f"{leverage:.1f}".rstrip("0").rstrip(".")
    return f"{text}×"


def _resting(view: View, resting: list[Order], spare: int) -> list[Row]:
    """Resting orders as a table where there is room, else one line that says how many."""
    if not resting or spare < 1:
        return []
    one = _count_line(view, resting)
    if spare < 4 or view.width < 84:
        return [BLANK, one] if spare >= 2 else [one]
    laid = order_table(view, resting, view.width)
    shown = laid.body[: spare - 2]
    rows = [BLANK, laid.head, *shown]
    if len(shown) < len(laid.body):
        rows[-1] = row((f"+{len(laid.body) - len(shown) + 1} more · o orders", "muted"))
    return rows


def _count_line(view: View, resting: list[Order]) -> Row:
    """How many orders rest, how many of them are unknown, and what the mark means."""
    unknown = unknown_orders(resting)
    count = len(resting) - len(unknown)
    parts: list[Span] = []
    if unknown:
        parts.append((f"{len(unknown)} unknown, being asked for", "warn"))
    if count:
        parts.append((f"{count} resting order{'s' if count != 1 else ''}", "fg"))
    spans: list[Span] = []
    for part in parts:
        spans += [(" · ", "muted"), part] if spans else [part]
    spans.append((" · o orders", "muted"))
    legend = row((f" · {HERE} watched here", "info"))
    if any(order.emulated for order in resting) and width_of((*spans, *legend)) <= view.width:
        spans += legend
    return cut(tuple(spans), view.width)
