"""From messages to rows: who spoke, when, the words, and the cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from kit_tui.domain import cards as domain_cards
from kit_tui.domain.cards import Card, TicketCard
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.domain.turn import LiveTurn
from kit_tui.state.slices import ORDERS
from kit_tui.tui.cards import analysis, tables, trade
from kit_tui.tui.cards.answers import (
    Asked,
    Block,
    Spot,
    add_question,
    add_tools,
    live_head,
    thought_rows,
)
from kit_tui.tui.cards.heads import header
from kit_tui.tui.cards.markdown import markdown_rows
from kit_tui.tui.cards.ticket import collapsed
from kit_tui.tui.channels import Mark
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
    domain_cards.ChartCard: tables.chart_rows,
    domain_cards.TableCard: tables.table_rows,
}


THOUGHTS = -1
"""The index of a turn's thoughts among its tool lines."""

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


@dataclass(frozen=True, slots=True)
class Look:
    """How a message is to be shown: tickets by id and those with a card of their own, which of
    its tool lines are opened, how its question stands, whom it answers elsewhere, and how far
    channels were told."""

    tickets: Mapping[str, Ticket] = field(default_factory=dict)
    shown: Shown = frozenset()
    opened: frozenset[int] = frozenset()
    asked: Asked = field(default_factory=Asked)
    asker: str = ""
    marks: tuple[Mark, ...] = ()


def message_block(message: Message, view: View, look: Look) -> Block:
    """A message with its cards, followed by one blank row, and what can be clicked in it."""
    block = Block(header(message, view.width, look.asker, look.marks))
    owner = message.reply_to or message.id
    add_tools(block, message.tools, owner, look.opened, width=view.width)
    text = message.text.strip()
    if message.cut:  # channels without marks have the reason in the text
        text = text.removesuffix(f"({message.why})").rstrip()
    if text:
        block.add(_words(message, text, view))
    for index, card in enumerate(message.cards):
        if text and isinstance(card, domain_cards.ReportCard):
            # The words have said what was bought at what cost.
            block.add(trade.report_rows(card, view, brief=True))
        elif isinstance(card, domain_cards.QuestionCard):
            told = card.question.strip() in text
            add_question(block, card, message.id, look.asked, view.width, told=told)
        elif not (text and _is_answer(card)):  # else the words say it, and so does its own line
            drawn = card_rows(card, replace(view, height=20), look.tickets, look.shown)
            block.add([BLANK, *drawn] if drawn and (text or index) else drawn)
    if message.cut:
        why = safe_line(message.why).removeprefix("broken off")
        block.add(wrapped(row((f"broken off: {why}" if why else "broken off", "warn")), view.width))
    block.add([BLANK])
    return block


def live_block(
    turn: LiveTurn,
    body: Sequence[Row],
    view: View,
    opened: frozenset[int],
    *,
    thought_s: int | None = None,
    running_s: Callable[[int], int] = lambda _index: 0,
    asker: str = "",
) -> Block:
    """A turn under way; `body` is its text so far. Its rows stay where they are in the message.

    Opening `THOUGHTS` shows what the model told of its thoughts.
    """
    owner, block = turn.reply_to, Block()
    spot = Spot("tool", owner, THOUGHTS) if turn.thinking else None
    block.add([live_head(turn, thought_s, view.width, asker)], spot)
    told = THOUGHTS in opened
    if told:
        block.add(thought_rows(turn, view.width, opened=True), spot)
    add_tools(block, turn.tools, owner, opened, width=view.width, running_s=running_s)
    block.add(body)
    if not told:
        block.add(thought_rows(turn, view.width, opened=False), spot)
    block.add([BLANK])
    return block


def _words(message: Message, text: str, view: View) -> list[Row]:
    """The text; what is refused or failed hangs on a mark, and so does what is asked."""
    if message.speaker is not Speaker.PERSON and not (message.ok or message.cards or message.cut):
        mark = ("? ", "info") if text.endswith("?") else ("! ", "loss")
        hung = markdown_rows(text, max(1, view.width - 2))
        return [(mark if at == 0 else ("  ", "fg"), *line) for at, line in enumerate(hung)]
    body = markdown_rows(text, view.width)
    if message.speaker is Speaker.PERSON:
        return [tuple((part, "strong") for part, _ in line) for line in body]
    return body


def _is_answer(card: Card) -> bool:
    return isinstance(card, TicketCard) and card.ticket.state is not TicketState.PENDING
