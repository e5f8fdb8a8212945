"""Refusals and execution reports as rows."""

from __future__ import annotations

from kit_tui.domain.cards import RefusalCard, ReportCard
from kit_tui.tui import formats
from kit_tui.tui.bars.status import gain_role
from kit_tui.tui.cards.checks import check_rows
from kit_tui.tui.cards.ticket import side_word
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, joined, row, wrapped
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


def report_rows(card: ReportCard, view: View) -> list[Row]:
    """What was filled at which price, with fee, slippage and profit."""
    from kit_tui.tui.panes.positions import order_state

    order = card.order
    tick = view.tick(order.pair)
    word, role = side_word(order.side)
    state, state_role = order_state(order)
    mark = ("✓ ", "profit") if state == "filled" else ("· ", "muted")
    price = formats.price(order.average_price or order.price or order.stop_price, tick)
    rows = wrapped(
        row(mark, (state, state_role), ("  ", "fg"), (word, f"{role} bold"),
            (f" {formats.quantity(order.filled or order.quantity)} {order.pair.base}", "strong"),
            (" @ ", "muted"), (price, "strong")),
        view.width, 2,
    )  # fmt: skip
    details: list[Row] = []
    spent = sum((fill.notional for fill in card.fills), start=order.fee * 0)
    if spent:
        label = "cost " if order.side.value == "buy" else "got "
        details.append(
            row((label, "muted"), (formats.amount(spent), "fg"), (f" {order.pair.quote}", "faint"))
        )
    fee = order.fee or sum((fill.fee for fill in card.fills), start=order.fee)
    if fee:
        currency = order.fee_currency or (card.fills[0].fee_currency if card.fills else "")
        places = 2 if currency == order.pair.quote else 8
        details.append(row(("fee ", "muted"), (formats.amount(fee, places), "fg"),
                           (f" {safe_line(currency)}", "faint")))  # fmt: skip
    if card.slippage is not None:
        details.append(row(("slip ", "muted"), (formats.signed(card.slippage), "fg")))
    if card.realised_pnl is not None:
        profit = card.realised_pnl
        details.append(
            row(("realised ", "muted"), (formats.signed(profit), gain_role(profit)))
        )  # fmt: skip
    if details:
        rows += wrapped(joined(details), view.width)
    if order.reason:
        rows += wrapped(row((safe_line(order.reason), "warn")), view.width)
    return rows or [BLANK]
