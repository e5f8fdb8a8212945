"""Refusals and execution reports as rows."""

from __future__ import annotations

from kit_tui.domain.cards import RefusalCard, ReportCard
from kit_tui.tui import formats
from kit_tui.tui.bars.status import gain_role
from kit_tui.tui.cards.checks import check_rows
from kit_tui.tui.cards.ticket import side_word
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import Row, joined, row, wrapped
from kit_tui.tui.view import View


def refusal_rows(card: RefusalCard, view: View) -> list[Row]:
    """Every check with used and limit, and the largest size that would pass."""
    rows: list[Row] = []
    head: Row = row(("✗ refused", "loss bold"))
    if card.draft is not None:
        draft = card.draft
        word, role = side_word(draft.side)
        head = (*head, ("  ", "fg"), (word, role),
                (f" {formats.quantity(draft.quantity)} {draft.pair.base}", "strong"),
                (f" · {formats.amount(draft.notional)} ", "fg"),
                (draft.pair.quote, "faint"))  # fmt: skip
    rows += wrapped(head, view.width, 2)
    rows += check_rows(card.verdict.checks, view.width)
    largest = card.verdict.largest_passing
    if largest is not None and largest > 0:
        unit = card.draft.pair.quote if card.draft is not None else ""
        rows.append(row(("largest size that passes ", "muted"),
                        (formats.money(largest), "strong"), (f" {unit}", "faint")))  # fmt: skip
    return rows


def report_rows(card: ReportCard, view: View, *, brief: bool = False) -> list[Row]:
    """What was filled at which price, with fee, slippage and profit.

    `brief` leaves out what the words above the card have said: order, cost and fee.
    """
    rows = [] if brief else wrapped(_filled(card, view), view.width, 2)
    details = [*([] if brief else _costs(card)), *_results(card)]
    if details:
        rows += wrapped(joined(details), view.width)
    if card.order.reason:
        rows += wrapped(row((safe_line(card.order.reason), "warn")), view.width)
    return rows


def _filled(card: ReportCard, view: View) -> Row:
    """State, side, quantity and price."""
    from kit_tui.tui.order_rows import order_state

    order = card.order
    word, role = side_word(order.side)
    state, state_role = order_state(order)
    price = order.average_price or order.price or order.stop_price
    size = f" {formats.quantity(order.filled or order.quantity)} {order.pair.base}"
    return row(
        ("✓ ", "profit") if state == "filled" else ("· ", "muted"), (state, state_role),
        ("  ", "fg"), (word, f"{role} bold"), (size, "strong"), (" @ ", "muted"),
        (formats.price(price, view.tick(order.pair)), "strong"),
    )  # fmt: skip


def _costs(card: ReportCard) -> list[Row]:
    """What was paid or received, and the fee."""
    order, details = card.order, list[Row]()
    spent = sum((fill.notional for fill in card.fills), start=order.fee * 0)
    if spent:
        label = "cost " if order.side.value == "buy" else "got "
        unit = (f" {order.pair.quote}", "faint")
        details.append(row((label, "muted"), (formats.amount(spent), "fg"), unit))
    fee = order.fee or sum((fill.fee for fill in card.fills), start=order.fee)
    if fee:
        currency = order.fee_currency or (card.fills[0].fee_currency if card.fills else "")
        places = 2 if currency == order.pair.quote else 8
        unit = (f" {safe_line(currency)}", "faint")
        details.append(row(("fee ", "muted"), (formats.amount(fee, places), "fg"), unit))
    return details


def _results(card: ReportCard) -> list[Row]:
    """Slippage and realised profit, where they are known."""
    details: list[Row] = []
    if card.slippage is not None:
        details.append(row(("slippage ", "muted"), (formats.signed(card.slippage), "fg")))
    profit = card.realised_pnl
    if profit is not None:
        details.append(row(("realised ", "muted"), (formats.signed(profit), gain_role(profit))))
    return details
