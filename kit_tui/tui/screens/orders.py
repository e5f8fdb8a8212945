"""Orders and fills, newest first, with a filter; those with an unknown outcome explained."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kit_tui.domain.orders import Fill, Order, OrderStatus
from kit_tui.state.slices import FILLS, ORDERS
from kit_tui.tui import formats
from kit_tui.tui.order_rows import order_table, sorted_orders, unknown_sentence
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.screens.dialog import Dialog, Sheet
from kit_tui.tui.spans import BLANK, Row, row, text_of, wrapped
from kit_tui.tui.table import Cells, Column, Table, table
from kit_tui.tui.trust import times_asked
from kit_tui.tui.view import View

FILTERS = ("all", "open", "filled", "ended")
FILL_COLUMNS = (
    Column("at", "TIME", rank=3), Column("pair", "PAIR", rank=0), Column("side", "SIDE", rank=1),
    Column("quantity", "QTY", "point", 1), Column("price", "PRICE", "right", 0),
    Column("worth", "WORTH", "right", 4), Column("fee", "FEE", "right", 5),
    Column("order", "ORDER", rank=6),
)  # fmt: skip


class OrdersScreen(Dialog):
    """A list of orders with the fills beneath; Enter tells an order's story."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "filter", "Filter", show=False, id="orders.filter"),
        Binding("x", "cancel", "Cancel the order", show=False, id="orders.cancel"),
        Binding("y", "copy", "Copy", show=False, id="orders.copy"),
        Binding("o", "dismiss", "Close", show=False, id="orders.close"),
    ]
    DEFAULT_CSS = "OrdersScreen Sheet { max-width: 150; }"

    def __init__(self) -> None:
        super().__init__()
        self.filter = "all"
        self._shown: list[Order] = []

    def compose(self) -> ComposeResult:
        yield Sheet("Orders and fills", id="orders-sheet")

    def on_mount(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.cursor = 0
        sheet.focus()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._fill)

    def deliver(self, changed: frozenset[str]) -> None:
        """Called by the app when slices changed."""
        if changed & {ORDERS.name, FILLS.name}:
            self._fill()

    def _fill(self) -> None:
        sheet = self.query_one(Sheet)
        view = self.kit.view(sheet.size)
        width = max(20, sheet.size.width - 4)
        every = sorted_orders(view.orders)
        self._shown = [order for order in every if keeps(order, self.filter)]
        sheet.heading = f"Orders and fills  {self.filter} {len(self._shown)} of {len(every)}"
        sheet.hint = "enter story · f filter · x cancel · y copy · esc close"
        page, keys = orders_page(view, self._shown, view.get(FILLS) or (), width)
        sheet.set_page(page, keys)

    def action_filter(self) -> None:
        self.filter = FILTERS[(FILTERS.index(self.filter) + 1) % len(FILTERS)]
        self._fill()

    def action_cancel(self) -> None:
        """Ask for the cancellation of the order under the cursor."""
        order = self._under_cursor()
        if order is None or not order.is_open:
            self.kit.say("Only an open order can be cancelled.")
            return
        self.dismiss()
        self.kit.link.send(f"Cancel order {order.id}")

    def _under_cursor(self) -> Order | None:
        key = self.query_one(Sheet).selected_key()
        return next((order for order in self._shown if order.id == key), None)

    def on_sheet_chosen(self, message: Sheet.Chosen) -> None:
        from kit_tui.tui.screens.order_story import OrderStory

        self.app.push_screen(OrderStory(message.key))

    def action_copy(self) -> None:
        text = "\n".join(text_of(line).rstrip() for line in self.query_one(Sheet).page)
        self.app.copy_to_clipboard(text)
        self.kit.say("Copied all rows.")


def keeps(order: Order, name: str) -> bool:
    """Whether a filter shows an order."""
    if name == "open":
        return order.is_open
    if name == "filled":
        return order.status.value == "filled"
    return name == "all" or (not order.is_open and order.status.value != "filled")


def orders_page(
    view: View, orders: list[Order], fills: tuple[Fill, ...], width: int
) -> tuple[list[Row], list[str | None]]:
    """Orders, then fills; beside the rows the id of the order each of them is."""
    rows: list[Row] = []
    keys: list[str | None] = []
    if orders:
        laid = order_table(view, orders, width)
        rows, keys = [laid.head], [None]
        for line, order in zip(laid.body, orders, strict=True):
            rows.append(line)
            keys.append(order.id)
            told = _explained(view, order, width)
            rows += told
            keys += [None] * len(told)
        rows += _too_narrow(laid, width)
    else:
        rows = [BLANK, row(("No such orders.", "muted"))]
    rows += [BLANK, row((f"Fills  {len(fills)}", "strong bold"))]
    if not fills:
        rows.append(row(("Nothing was filled yet.", "muted")))
        return rows, _filled_up(keys, rows)
    newest = sorted(fills, key=lambda fill: fill.at, reverse=True)[:500]
    laid = table(FILL_COLUMNS, [_fill_cells(view, fill) for fill in newest], width)
    rows += [laid.head, *laid.body, *_too_narrow(laid, width)]
    return rows, _filled_up(keys, rows)


def _filled_up(keys: list[str | None], rows: list[Row]) -> list[str | None]:
    return [*keys, *[None] * (len(rows) - len(keys))]


def _too_narrow(laid: Table, width: int) -> list[Row]:
    hidden = [name for name in laid.hidden if name not in ("group", "time", "from")]
    return wrapped(row((f"too narrow for: {', '.join(hidden)}", "faint")), width) if hidden else []


def _explained(view: View, order: Order, width: int) -> list[Row]:
    """Under an order with an unknown outcome: what that means; under others: why they ended."""
    if order.status is OrderStatus.UNKNOWN:
        asked = times_asked(view, order)
        return wrapped(
            row(("  ", "fg"), (unknown_sentence(order, view.now, asked), "warn")), width, 2
        )
    if order.reason and order.status in (OrderStatus.REJECTED, OrderStatus.DENIED):
        return wrapped(row(("  ", "fg"), (safe_line(order.reason), "muted")), width, 2)
    return []


def _fill_cells(view: View, fill: Fill) -> Cells:
    today = fill.at.date() == view.now.date()
    time = formats.clock(fill.at, seconds=True)
    return {
        "at": (time if today else f"{formats.date(fill.at)} {time}", "muted"),
        "pair": (str(fill.pair), "fg"),
        "side": (fill.side.value, "long" if fill.side.value == "buy" else "short"),
        "quantity": (view.lots(fill.pair, fill.quantity), "fg"),
        "price": (formats.price(fill.price, view.tick(fill.pair)), "strong"),
        "worth": (formats.money(fill.notional), "fg"),
        "fee": (f"{formats.quantity(fill.fee)} {safe_line(fill.fee_currency)}", "muted"),
        "order": (f"#{fill.order_id[-6:]}", "muted"),
    }
