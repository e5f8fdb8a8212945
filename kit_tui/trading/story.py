"""Why an order was made: who asked, in which words, what was checked, who approved, what came."""

from __future__ import annotations

from kit_tui.domain.cards import Reply, ReportCard, TableCard
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import Order
from kit_tui.domain.ticket import Ticket
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.builder import OrderNotPossibleError


def why(account: TradingAccount, order_id: str) -> Reply:
    """The story of one order.

    Raises:
        OrderNotPossibleError: when this account has no such order.
    """
    ledger = account.ledger
    order = ledger.orders.get(order_id)
    if order is None or order.account != account.name:
        raise OrderNotPossibleError(f"There is no order {order_id[:20]} on this account.")
    ticket = ledger.tickets.get(order.ticket_id or "")
    fills = tuple(fill for fill in ledger.fills if fill.order_id == order.id)
    rows = [*_asked(order, ticket), *_happened(order)]
    rows += [
        (
            f"{fill.at:%H:%M:%S}",
            f"{plain(fill.quantity)} @ {reports.price_text(fill.price)}, "
            f"fee {plain(fill.fee)} {fill.fee_currency} (trade {fill.trade_id})",
        )
        for fill in fills
    ]
    card = TableCard(title=f"Order {order.id}", columns=("when", "what"), rows=tuple(rows))
    text = f"Order {order.id}: {reports.order_text(order, None)}, {order.status.value}."
    return Reply(text=text, cards=(card, ReportCard(order=order, fills=fills)))


def _asked(order: Order, ticket: Ticket | None) -> list[tuple[str, str]]:
    if ticket is None:
        return [(f"{order.created_at:%H:%M:%S}", "ordered by a guard or the kill switch")]
    rows = [
        (
            f"{ticket.created_at:%H:%M:%S}",
            f"asked by {ticket.asked_by} on {ticket.asked_on}: {ticket.words}",
        )
    ]
    rows += [
        ("", f"{'passed' if check.passed else 'failed'}: {reports.check_text(check)}")
        for check in ticket.verdict.checks
        if check.limit is not None
    ]
    if ticket.answered_at is not None:
        rows.append(
            (
                f"{ticket.answered_at:%H:%M:%S}",
                f"ticket {ticket.id} {ticket.state.value} by {ticket.answered_by} "
                f"on {ticket.answered_on}",
            )
        )
    return rows


def _happened(order: Order) -> list[tuple[str, str]]:
    rows = [(f"{order.created_at:%H:%M:%S}", f"sent to {order.venue} as {order.client_id}")]
    if order.parent_id is not None:
        rows.append(("", f"belongs to order {order.parent_id}"))
    if order.venue_order_id is not None:
        rows.append(("", f"known there as {order.venue_order_id}"))
    reason = f": {order.reason}" if order.reason else ""
    rows.append((f"{order.updated_at:%H:%M:%S}", f"{order.status.value}{reason}"))
    return rows
