"""Portfolio, positions, orders, risk, quotes and plain tables as rows."""

from __future__ import annotations

from kit_tui.domain.cards import (
    ChartCard,
    OrdersCard,
    PortfolioCard,
    PositionsCard,
    QuoteCard,
    RiskCard,
    TableCard,
)
from kit_tui.tui import formats
from kit_tui.tui.bars.status import gain_role
from kit_tui.tui.order_rows import order_table
from kit_tui.tui.panes.positions import POSITION_COLUMNS, WIDE_ONLY, position_cells
from kit_tui.tui.panes.risk import risk_content
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import Row, cut, row, wrapped
from kit_tui.tui.table import Cells, Column, table
from kit_tui.tui.view import View


def portfolio_rows(card: PortfolioCard, view: View) -> list[Row]:
    """Equity, the day's result, and every holding with its worth."""
    held = card.portfolio
    rows: list[Row] = [
        row(("equity ", "muted"), (formats.money(held.equity), "strong bold"),
            ("*" if not held.complete else "", "warn"), (f" {held.reference}", "faint")),
        row(("today ", "muted"), (formats.signed(held.day_pnl), gain_role(held.day_pnl)),
            (f"  {formats.percent(held.day_fraction)}", gain_role(held.day_pnl)),
            ("   drawdown ", "muted"), (formats.percent(held.drawdown, sign=False), "fg")),
    ]  # fmt: skip
    columns = (
        Column("currency", "HOLDING", rank=0),
        Column("total", "TOTAL", "right", 1),
        Column("free", "FREE", "right", 5),
        Column("value", f"WORTH {held.reference}", "right", 0),
    )
    lines: list[Cells] = [
        {
            "currency": (safe_line(item.currency), "fg"),
            "total": (formats.quantity(item.total), "fg"),
            "free": (formats.quantity(item.free), "muted"),
            "value": (formats.money(item.value) if item.value is not None else "no price",
                      "stale" if item.stale else "strong" if item.value is not None else "warn"),
        }
        for item in held.holdings
    ]  # fmt: skip
    if lines:
        laid = table(columns, lines, view.width)
        rows += [(), laid.head, *laid.body]
    if not held.complete:
        rows += wrapped(
            row(("* only partly known: something is unpriced or old", "warn")), view.width
        )
    return rows


def positions_rows(card: PositionsCard, view: View) -> list[Row]:
    """Open positions."""
    if not card.positions:
        return [row(("No open positions.", "muted"))]
    columns = [c for c in POSITION_COLUMNS if c.key not in (*WIDE_ONLY, "note", "liquidation")]
    laid = table(columns, [position_cells(view, item) for item in card.positions], view.width)
    return [laid.head, *laid.body, *_left_out(laid.hidden, "3 shows all columns")]


def orders_rows(card: OrdersCard, view: View) -> list[Row]:
    """Orders, newest first."""
    if not card.orders:
        return [row(("No orders.", "muted"))]
    shown = card.orders[:20]
    laid = order_table(view, shown, view.width)
    more = len(card.orders) - len(shown)
    rest = [row((f"+{more} more · o orders", "muted"))] if more else []
    return [laid.head, *laid.body, *rest, *_left_out(laid.hidden, "o shows all columns")]


def _left_out(hidden: tuple[str, ...], where: str) -> list[Row]:
    return [row((where, "faint"))] if hidden else []


def risk_rows(card: RiskCard, view: View) -> list[Row]:
    """The limits as the risk pane draws them."""
    from msgspec.structs import replace

    from kit_tui.state.slices import RISK
    from kit_tui.state.store import Store

    store = Store()
    store.publish(RISK, card.report)
    return list(risk_content(replace(view, store=store, height=20, opening=False)).body)


def quote_rows(card: QuoteCard, view: View) -> list[Row]:
    """Price, day's change, bid and ask, source and age."""
    tick = view.precision.tick(card.pair, card.price)
    change = f"{formats.arrow(card.change_24h)} {formats.percent(card.change_24h)}".strip()
    first = row(
        (str(card.pair), "strong bold"), ("  ", "fg"), (formats.price(card.price, tick), "strong"),
        ("  ", "fg"), (change if card.change_24h is not None else "", gain_role(card.change_24h)),
    )  # fmt: skip
    second = row(
        ("bid ", "muted"), (formats.price(card.bid, tick), "fg"), ("  ask ", "muted"),
        (formats.price(card.ask, tick), "fg"),
        (f"  {safe_line(card.venue)}, {formats.age(card.age_s)} old", "faint"),
    )  # fmt: skip
    return [*wrapped(first, view.width), *wrapped(second, view.width)]


def chart_rows(_card: ChartCard, _view: View) -> list[Row]:
    """Nothing: the words say it, and the chart pane shows it."""
    return []


def table_rows(card: TableCard, view: View) -> list[Row]:
    """A plain table; a table too wide for the chat is cut at the right with a mark."""
    columns = [Column(str(i), safe_line(head), rank=0) for i, head in enumerate(card.columns)]
    lines: list[Cells] = [
        {str(i): (safe_line(cell), "fg") for i, cell in enumerate(line)} for line in card.rows[:60]
    ]
    laid = table(columns, lines, view.width)
    rows: list[Row] = [row((safe_line(card.title), "strong bold"))] if card.title else []
    rows += [cut(line, view.width) for line in (laid.head, *laid.body)]
    if len(card.rows) > 60:
        rows.append(row((f"+{len(card.rows) - 60} more rows", "muted")))
    return rows
