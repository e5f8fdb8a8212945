"""From messages to rows: who spoke, when, the words, and the cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from kit_tui.domain import cards as domain_cards
from kit_tui.domain.cards import Card, TicketCard
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.state.slices import ORDERS
from kit_tui.tui import formats
from kit_tui.tui.cards import analysis, tables, trade
from kit_tui.tui.cards.markdown import markdown_rows
from kit_tui.tui.cards.ticket import collapsed
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, row, wrapped
from kit_tui.tui.view import View

_RENDERERS: Mapping[type, Callable[[Any, View], list[Row]]] = {
    domain_cards.RefusalCard: trade.refusal_rows,
    domain_cards.ReportCard: trade.report_rows,
    domain_cards.PortfolioCard: tables.portfolio_rows,
    domain_cards.PositionsCard: tables.positions_rows,
    domain_cards.OrdersCard: tables.orders_rows,
    domain_cards.RiskCard: tables.risk_rows,
    domain_cards.AnalysisCard: analysis.analysis_rows,
    domain_cards.QuoteCard: tables.quote_rows,
    domain_cards.TableCard: tables.table_rows,
}


Shown = frozenset[str]
"""Ids of tickets whose card is on the screen, so that the conversation need not name them."""


def card_rows(
    card: Card, view: View, tickets: Mapping[str, Ticket], shown: Shown = frozenset()
) -> list[Row]:
    """The rows of one card; a ticket is one line here, its card is drawn apart while it waits."""
    if isinstance(card, TicketCard):
        if card.ticket.id in shown:
            return []
        newest = tickets.get(card.ticket.id, card.ticket)
        line = collapsed(newest, view.now, view.get(ORDERS) or (), view.tick(newest.order.pair))
        return wrapped(line, view.width, 2)
    renderer = _RENDERERS.get(type(card))
    return renderer(card, view) if renderer else [row((f"({type(card).__name__})", "muted"))]


def message_rows(
    message: Message, view: View, tickets: Mapping[str, Ticket], shown: Shown = frozenset()
) -> list[Row]:
    """A message with its cards, followed by one blank row."""
    rows = _header(message)
    text = message.text.strip()
    if text:
        body = markdown_rows(text, view.width)
        if message.speaker is Speaker.PERSON:
            body = [tuple((part, "strong") for part, _ in line) for line in body]
        elif not message.ok and not message.cards:
            body = _error(body, view)
        rows += body
    for index, card in enumerate(message.cards):
        if text and isinstance(card, domain_cards.ReportCard):
            # The words have said what was bought at what cost.
            rows += trade.report_rows(card, view, brief=True)
            continue
        if text and _is_answer(card):
            continue  # the words say it, and so does the line where the ticket was put up
        drawn = card_rows(card, replace(view, height=20), tickets, shown)
        rows += [BLANK, *drawn] if drawn and (text or index) else drawn
    return [*rows, BLANK]


def _is_answer(card: Card) -> bool:
    return isinstance(card, TicketCard) and card.ticket.state is not TicketState.PENDING


def _error(body: list[Row], view: View) -> list[Row]:
    if not body:
        return body
    first = (("! ", "loss"), *body[0])
    return [*wrapped(first, view.width, 2), *body[1:]]


def _header(message: Message) -> list[Row]:
    time = (f"  {formats.clock(message.at)}", "faint")
    where = (
        ""
        if message.channel in ("tui", "terminal", "local", "cli", "")
        else f" · {safe_line(message.channel)}"
    )
    if message.speaker is Speaker.PERSON:
        name = "you" if not where else safe_line(message.name) or "you"
        return [row((name, "muted"), (where, "faint"), time)]
    if message.speaker is Speaker.SYSTEM:
        return [row(("system", "warn"), (where, "faint"), time)]
    engine = f" · {safe_line(message.engine)}" if message.engine else ""
    return [row(("kit", "muted bold"), time, (engine, "faint"))]
