"""What commands print: JSON in the public shapes, or text."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from kit_tui.cli.failures import DONE, FAILED
from kit_tui.cli.render import plain_words, render_reply
from kit_tui.cli.shell import Shell
from kit_tui.commands import contract, market_contract
from kit_tui.domain.cards import (
    AnalysisCard,
    Card,
    ChartCard,
    OrdersCard,
    PortfolioCard,
    PositionsCard,
    QuestionCard,
    QuoteCard,
    RefusalCard,
    Reply,
    ReportCard,
    RiskCard,
    TableCard,
    TicketCard,
)
from kit_tui.gateway.desk import Outcome

# Commands whose JSON is a list even when there is nothing to list, and so no card.
LISTS: Final = frozenset({"positions", "orders", "fills", "alerts"})
STORY: Final = "why"


def write_json(shell: Shell, value: object) -> None:
    """One line of JSON; plain ASCII where the terminal's encoding could not carry more."""
    narrow = (getattr(shell.stdout, "encoding", None) or "utf-8").lower().replace("-", "") != "utf8"
    shell.say(json.dumps(value, ensure_ascii=narrow))


def show_outcome(shell: Shell, outcome: Outcome, *, as_json: bool) -> int:
    """Print what came of a message and return the exit code."""
    if as_json:
        write_json(shell, outcome_value(outcome))
    else:
        # An intent says that the grammar led to a command, whose text its cards repeat.
        digest = outcome.intent is not None
        _show_text(shell, outcome.reply, digest=digest, added=outcome.added)
    return DONE if outcome.reply.ok else FAILED


def show_reply(shell: Shell, name: str, reply: Reply, now: datetime, *, as_json: bool) -> int:
    """Print a command's answer; a failure's reason goes to stderr, never into promised JSON."""
    if as_json and (reply.ok or _is_outcome(reply)):
        write_json(shell, reply_value(name, reply, now))
    else:
        _show_text(shell, reply, digest=True)
    return DONE if reply.ok else FAILED


def outcome_value(outcome: Outcome) -> contract.Json:
    """`{"reply", "intent", "verdict", "ticket", "order"}`."""
    return contract.outcome_json(
        outcome.reply.text,
        intent=outcome.intent,
        verdict=outcome.verdict,
        ticket=outcome.ticket,
        order=outcome.order,
    )


def reply_value(name: str, reply: Reply, now: datetime) -> Any:
    """A command's answer as JSON: its card's shape, an outcome for orders, or its text."""
    if name == STORY:
        tables = [contract.table_json(card) for card in reply.cards if isinstance(card, TableCard)]
        return {**outcome_value(_outcome_of(reply)), "story": tables[0] if tables else []}
    if _is_outcome(reply):
        return outcome_value(_outcome_of(reply))
    values = [_card_value(card, now) for card in reply.cards]
    if name in LISTS:
        lists = [value for value in values if isinstance(value, list)]
        return lists[0] if lists else []
    if len(values) == 1:
        return values[0]
    return {"reply": reply.text} if not values else {"reply": reply.text, "cards": values}


def _show_text(shell: Shell, reply: Reply, *, digest: bool, added: str = "") -> None:
    text = render_reply(reply, shell.style, digest=digest)
    if added and (more := plain_words(added)) not in text:
        text = f"{text}\n\n{more}"
    if reply.ok:
        shell.say(text)
    else:
        shell.complain(text)


def _is_outcome(reply: Reply) -> bool:
    return any(isinstance(card, TicketCard | RefusalCard | ReportCard) for card in reply.cards)


def _outcome_of(reply: Reply) -> Outcome:
    ticket = verdict = order = None
    for card in reply.cards:
        if isinstance(card, TicketCard):
            ticket, verdict = card.ticket, card.ticket.verdict
        elif isinstance(card, RefusalCard):
            verdict = card.verdict
        elif isinstance(card, ReportCard):
            order = card.order
    return Outcome(reply=reply, verdict=verdict, ticket=ticket, order=order)


def _card_value(card: Card, now: datetime) -> Any:  # noqa: PLR0911 - one return for each card
    match card:
        case PortfolioCard(portfolio=portfolio):
            return contract.portfolio_json(portfolio)
        case PositionsCard(positions=positions):
            return contract.positions_json(positions, now)
        case OrdersCard(orders=orders):
            return [contract.order_json(order) for order in orders]
        case RiskCard(report=report):
            return contract.risk_json(report)
        case AnalysisCard():
            return market_contract.analysis_json(card)
        case QuoteCard():
            return market_contract.quote_json(card)
        case ChartCard():
            return market_contract.chart_json(card)
        case TableCard():
            return contract.table_json(card)
        case QuestionCard():
            return contract.question_json(card)
    raise AssertionError(f"{type(card).__name__} belongs to an outcome")
