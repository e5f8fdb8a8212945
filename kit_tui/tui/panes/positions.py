"""Open positions with their profit, and the orders that rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from textual.message import Message

from kit_tui.domain.orders import Order, OrderStatus
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import MarkedPosition
from kit_tui.state.slices import FILLS, ORDERS, POSITIONS, SESSION, TICKERS
from kit_tui.tui import formats
from kit_tui.tui.bars.status import gain_role
from kit_tui.tui.panes.base import MarketChosen, Pane
from kit_tui.tui.panes.content import PaneContent, empty, opening
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, Span, row
from kit_tui.tui.table import Cells, Column, Table, table
from kit_tui.tui.view import View

POSITION_COLUMNS = (
    Column("pair", "PAIR", rank=0),
    Column("venue", "VENUE", rank=7),
    Column("side", "SIDE", rank=1, least=5),
    Column("quantity", "QTY", "right", 4),
    Column("entry", "ENTRY", "right", 5),
    Column("mark", "MARK", "right", 2),
    Column("pnl", "PnL", "right", 0),
    Column("percent", "%", "right", 3),
    Column("stop", "STOP", "right", 1),
    Column("take", "TAKE", "right", 6),
    Column("age", "AGE", "right", 8),
)
ORDER_COLUMNS = (
    Column("order", "ORDER", rank=2, least=6),
    Column("pair", "PAIR", rank=0),
    Column("side", "SIDE", rank=1),
    Column("type", "TYPE", rank=4),
    Column("quantity", "QTY", "right", 1),
    Column("price", "PRICE", "right", 0),
    Column("fill", "FILL", "right", 5),
    Column("state", "STATE", rank=3),
    Column("from", "FROM", rank=7),
    Column("age", "AGE", "right", 8),
)


class PositionsPane(Pane):
    """Pane 3."""

    NUMBER, NAME = "3", "Positions"
    HINTS = ("enter detail", "c close…", "o all orders", "n new order")
    WATCHES = (SESSION, POSITIONS, ORDERS, FILLS, TICKERS)
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
    positions = view.get(POSITIONS) or ()
    resting = [order for order in view.get(ORDERS) or () if order.is_open]
    resting = sorted_orders(resting)
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
        right=_unrealised(positions, narrow),
        head=head,
        body=laid.body,
        foot=_resting(view, resting, spare),
        keys=[str(item.position.pair) for item in positions],
        summary=_summary(positions),
    )


def _unrealised(positions: Sequence[MarkedPosition], narrow: bool) -> Row:
    known = [p.unrealised_pnl for p in positions]
    total = sum((value for value in known if value is not None), Decimal(0))
    star = "*" if any(value is None for value in known) else ""
    label = "" if narrow else "unrealised "
    text = f"{formats.signed(total)}{star} {formats.arrow(total)}".rstrip()
    return row((label, "muted"), (text, gain_role(total)))


def _summary(positions: Sequence[MarkedPosition]) -> Row:
    return row(
        ("3", "muted bold"), (f" Positions  {len(positions)} open  ", "fg"),
        *_unrealised(positions, True),
    )  # fmt: skip


def _wide(view: View, positions: Sequence[MarkedPosition]) -> Table:
    leave = () if view.width >= 84 else ("venue", "take", "age")
    columns = [column for column in POSITION_COLUMNS if column.key not in leave]
    return table(columns, [position_cells(view, p) for p in positions], view.width)


def _narrow(view: View, positions: Sequence[MarkedPosition]) -> Table:
    columns = (
        Column("base", "PAIR", rank=0, least=5), Column("short_side", "", rank=0),
        Column("quantity", "QTY", rank=3), Column("mark", "MARK", "right", 2),
        Column("arrow_percent", "%", "right", 0),
    )  # fmt: skip
    return table(columns, [position_cells(view, p) for p in positions], view.width, gap=2)


def position_cells(view: View, marked: MarkedPosition) -> Cells:
    """The cells of one position; figures at an old price are in the colour of old data."""
    held = marked.position
    tick = view.tick(held.pair)
    age = marked.mark_age(view.now)
    old = age is None or age > view.stale_after
    pnl, share = marked.unrealised_pnl, marked.unrealised_fraction
    role = "stale" if old else gain_role(pnl)
    figure = "stale" if old else "fg"
    stop: Span = (
        (formats.price(held.stop_price, tick), "fg") if held.stop_price else ("none !", "warn")
    )
    return {
        "pair": (str(held.pair), "fg"),
        "base": (held.pair.base, "fg"),
        "venue": (safe_line(held.venue), "muted"),
        "side": (held.side, held.side),
        "short_side": (held.side[:1].upper(), held.side),
        "quantity": (formats.quantity(held.quantity), "fg"),
        "entry": (formats.price(held.entry_price, tick), "fg"),
        "mark": (formats.price(marked.mark_price, tick), "stale" if old else "strong"),
        "pnl": (formats.signed(pnl) + ("*" if old else ""), role),
        "percent": (formats.percent(share, unit=""), role),
        "arrow_percent": (f"{formats.arrow(share)} {formats.percent(share)}".strip(), role),
        "stop": stop,
        "take": (
            formats.price(held.take_profit_price, tick) if held.take_profit_price else "",
            figure,
        ),
        "age": (short_age(view.now, held.opened_at), "muted"),
    }


def _resting(view: View, resting: list[Order], spare: int) -> list[Row]:
    """Resting orders as a table where there is room, else one line that says how many."""
    if not resting or spare < 1:
        return []
    one = row((f"{len(resting)} resting order{'s' if len(resting) != 1 else ''}", "fg"),
              (" · o orders", "muted"))  # fmt: skip
    if spare < 4 or view.width < 84:
        return [BLANK, one] if spare >= 2 else [one]
    laid = order_table(view, sorted_orders(resting), view.width)
    shown = laid.body[: spare - 2]
    rows = [BLANK, laid.head, *shown]
    if len(shown) < len(laid.body):
        rows[-1] = row((f"+{len(laid.body) - len(shown) + 1} more · o orders", "muted"))
    return rows


def sorted_orders(orders: Iterable[Order]) -> list[Order]:
    """Unknown ones first, then newest first."""
    return sorted(
        orders, key=lambda o: (o.status is not OrderStatus.UNKNOWN, -o.created_at.timestamp())
    )


def order_table(view: View, orders: Sequence[Order], width: int) -> Table:
    """Orders as a table."""
    return table(ORDER_COLUMNS, [order_cells(view, order) for order in orders], width)


_STATES = {
    OrderStatus.ACCEPTED: ("resting", "fg"), OrderStatus.SUBMITTED: ("sent", "fg"),
    OrderStatus.UNKNOWN: ("unknown !", "warn"), OrderStatus.PARTIALLY_FILLED: ("partial", "fg"),
    OrderStatus.FILLED: ("filled", "profit"), OrderStatus.CANCELED: ("cancelled", "muted"),
    OrderStatus.REJECTED: ("rejected", "loss"), OrderStatus.DENIED: ("refused", "loss"),
    OrderStatus.EXPIRED: ("expired", "muted"), OrderStatus.TRIGGERED: ("triggered", "fg"),
    OrderStatus.PENDING_CANCEL: ("cancelling", "fg"),
    OrderStatus.PENDING_UPDATE: ("changing", "fg"),
    OrderStatus.INITIALIZED: ("new", "muted"),
}  # fmt: skip


def order_state(order: Order) -> Span:
    """The word for an order's status, with its role."""
    return _STATES[order.status]


def order_cells(view: View, order: Order) -> Cells:
    """The cells of one order."""
    tick = view.tick(order.pair)
    share = order.filled / order.quantity if order.quantity else Decimal(0)
    bar = "▍" if 0 < share < 1 else ""
    price = order.stop_price or order.price or order.average_price
    return {
        "order": (f"#{order.id[-6:]}", "fg"),
        "pair": (str(order.pair), "fg"),
        "side": (order.side.value, "long" if order.side.value == "buy" else "short"),
        "type": (order.type.value.replace("_", " "), "fg"),
        "quantity": (formats.quantity(order.quantity), "fg"),
        "price": (formats.price(price, tick) if price else "market", "fg"),
        "fill": (f"{bar}{share * 100:.0f}%", "fg"),
        "state": order_state(order),
        "from": (f"#{order.ticket_id[-4:]}" if order.ticket_id else "", "muted"),
        "age": (short_age(view.now, order.created_at), "muted"),
    }


def short_age(now: datetime, since: datetime | None) -> str:
    """An age in whole minutes, hours or days: a table does not tick every second."""
    if since is None:
        return ""
    seconds = (now - since).total_seconds()
    return "<1m" if seconds < 60 else formats.age(seconds)
