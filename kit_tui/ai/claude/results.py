"""Tool results: a reply with its cards as compact JSON, each figure with its time and age."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from kit_tui.ai.claude.plain_text import harmless_tree, short
from kit_tui.ai.claude.protocol import Json
from kit_tui.commands import contract, market_contract
from kit_tui.domain.cards import (
    AnalysisCard,
    Card,
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
from kit_tui.domain.orders import Order

MAX_BYTES: Final = 6_000
MAX_ERROR: Final = 300
_TAGS: Final = frozenset({"client_id", "venue_order_id", "group_id", "reason"})
_ROWS: Final = (60, 30, 15, 8, 4, 2)
_MIN_TEXT: Final = 2_000


def result_text(reply: Reply, now: datetime) -> str:
    """A reply as the model is told it: at most 6 kB, lists shortened before anything is lost."""
    said = harmless_tree(reply.text)
    cards = [harmless_tree(card_json(card, now)) for card in reply.cards]
    whole: Json = {"ok": reply.ok, "said": said, "data": cards}
    for rows in _ROWS:
        text = _encoded(_shortened(whole, rows))
        if len(text) <= MAX_BYTES:
            return text.decode()
    cut = said.encode()[:_MIN_TEXT].decode(errors="ignore")
    return _encoded({**whole, "said": cut, "data": "left out: too long to show here"}).decode()


def error_text(message: str) -> str:
    """A refusal or failure as the model is told it."""
    return short(harmless_tree(message), MAX_ERROR)


def card_json(card: Card, now: datetime) -> Json:
    """One card by the public contract; hashes stay out, because a model answers no ticket."""
    found = _plain_card(card, now)
    if "as_of" in found:
        as_of = getattr(card, "as_of", None) or _as_of(card)
        if as_of is not None:
            found["age_s"] = max(0, round((now - as_of).total_seconds()))
    return found


def _plain_card(card: Card, now: datetime) -> Json:  # noqa: PLR0911 - one return for each card
    match card:
        case TicketCard():
            ticket = contract.ticket_json(card.ticket)
            ticket.pop("hash", None)
            return {"ticket": ticket, "status": _status(card)}
        case RefusalCard():
            draft = None if card.draft is None else contract.draft_json(card.draft)
            return {"verdict": contract.verdict_json(card.verdict), "order": draft}
        case ReportCard():
            fills = [contract.fill_json(fill) for fill in card.fills]
            return {"order": _order(card.order), "fills": fills}
        case PortfolioCard():
            return contract.portfolio_json(card.portfolio)
        case PositionsCard():
            return {"positions": contract.positions_json(card.positions, now)}
        case OrdersCard():
            return {"orders": [_order(order) for order in card.orders]}
        case RiskCard():
            return contract.risk_json(card.report)
        case AnalysisCard():
            return market_contract.analysis_json(card)
        case QuoteCard():
            return market_contract.quote_json(card)
        case TableCard():
            return {"title": card.title, "rows": _rows(card)}
        case QuestionCard():
            return {"question": card.question, "choices": list(card.choices)}
        case _:
            return _generic(card)


def _generic(card: object) -> Json:
    """A card this engine does not know: as its plain values."""
    built: Any = msgspec.to_builtins(card, str_keys=True)
    return built if isinstance(built, dict) else {"value": built}


def _order(order: Order) -> Json:
    """An order without its tags and reasons: venues and strangers can write those."""
    found = contract.order_json(order)
    return {name: value for name, value in found.items() if name not in _TAGS}


def _rows(card: TableCard) -> list[Json]:
    found = contract.table_json(card)
    return [{name: cell for name, cell in row.items() if name != "hash"} for row in found]


def _status(card: TicketCard) -> str:
    state = card.ticket.state.value
    return "awaiting the person: nothing was sent" if state == "pending" else state


def _as_of(card: Card) -> datetime | None:
    if isinstance(card, PortfolioCard):
        return card.portfolio.as_of
    return card.report.as_of if isinstance(card, RiskCard) else None


def _shortened(value: Any, rows: int) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(each, rows) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        kept = [_shortened(each, rows) for each in value[:rows]]
        left = len(value) - len(kept)
        return [*kept, f"and {left} more"] if left > 0 else kept
    return value


def _encoded(value: Any) -> bytes:
    return msgspec.json.encode(value)
