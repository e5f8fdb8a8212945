"""The JSON that scripts rely on: one pure function per shape of the public contract.

Money, prices, quantities and fractions are strings without exponent, enums are lower case, times
are ISO 8601 in UTC, and what does not apply is null. Keys may be added, never taken away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from kit_tui.domain.cards import (
    QuestionCard,
    TableCard,
)
from kit_tui.domain.intent import Intent
from kit_tui.domain.numbers import ZERO, plain
from kit_tui.domain.orders import Fill, Order, OrderStatus
from kit_tui.domain.portfolio import Holding, Portfolio
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.risk import Check, Gauge, RiskReport, Verdict
from kit_tui.domain.ticket import OrderDraft, Ticket

Json = dict[str, Any]

FRACTION_PLACES = 8
# These keys of an intent are always there; the others only where the message stated them.
INTENT_ALWAYS = (
    "pair", "quote_amount", "base_amount", "fraction", "order_type", "price", "stop_price",
)  # fmt: skip


def number(value: Decimal | None) -> str | None:
    """An amount, price or quantity: `1E+2` is `"100"`."""
    return None if value is None else plain(value or ZERO)


def fraction(value: Decimal | None) -> str | None:
    """A ratio with at least two decimals and at most eight: a tenth is `"0.10"`."""
    if value is None:
        return None
    whole, _, decimals = format(value, f".{FRACTION_PLACES}f").partition(".")
    text = f"{whole}.{decimals.rstrip('0'):0<2}"
    return "0.00" if text == "-0.00" else text


def moment(value: datetime | None) -> str | None:
    """`2026-11-22T14:03:00Z`; microseconds only where there are some."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def order_json(order: Order) -> Json:
    """An order as the engine knows it."""
    return {
        "id": order.id,
        "client_id": order.client_id,
        "venue_order_id": order.venue_order_id,
        "venue": order.venue,
        "account": order.account,
        "mode": order.mode.value,
        "pair": str(order.pair),
        "side": order.side.value,
        "type": order.type.value,
        "status": order.status.value,
        "quantity": number(order.quantity),
        "filled": number(order.filled),
        "price": number(order.price),
        "stop_price": number(order.stop_price),
        "average_price": number(order.average_price),
        "time_in_force": order.time_in_force.value,
        "reduce_only": order.reduce_only,
        "fee": number(order.fee),
        "fee_currency": order.fee_currency,
        "parent_id": order.parent_id,
        "created_at": moment(order.created_at),
        "updated_at": moment(order.updated_at),
        "ticket_id": order.ticket_id,
        "reason": order.reason or None,
        "trail": fraction(order.trail),
        "post_only": order.post_only,
        "group_id": order.group_id,
        "emulated": order.emulated,
        "outside": order.outside,
    }


def draft_json(draft: OrderDraft) -> Json:
    """An order which was not sent: the keys of an order, null where only sending gives a value."""
    return {
        "id": None,
        "client_id": None,
        "venue_order_id": None,
        "venue": draft.venue,
        "account": draft.account,
        "mode": draft.mode.value,
        "pair": str(draft.pair),
        "side": draft.side.value,
        "type": draft.type.value,
        "status": OrderStatus.INITIALIZED.value,
        "quantity": number(draft.quantity),
        "filled": "0",
        "price": number(draft.price),
        "stop_price": number(draft.stop_price),
        "average_price": None,
        "time_in_force": draft.time_in_force.value,
        "reduce_only": draft.reduce_only,
        "fee": None,
        "fee_currency": draft.fee_currency,
        "parent_id": None,
        "created_at": None,
        "updated_at": None,
        "stop_loss": number(draft.stop_loss),
        "take_profit": number(draft.take_profit),
        "trail": fraction(draft.trail),
        "post_only": draft.post_only,
        "emulated": draft.emulated,
        "leverage": number(draft.leverage),
        "reference_price": number(draft.reference_price),
        "worst_price": number(draft.worst_price),
        "notional": number(draft.notional),
        "estimated_fee": number(draft.estimated_fee),
    }


def check_json(check: Check) -> Json:
    """One check; the figures are fractions, counts, multiples, seconds or money by its `unit`."""
    figure = fraction if check.unit == "fraction" else number
    return {
        "name": check.name,
        "code": check.code,
        "unit": check.unit,
        "limit": figure(check.limit),
        "value": figure(check.value),
        "after": figure(check.after),
        "passed": check.passed,
        "detail": check.detail or None,
    }


def verdict_json(verdict: Verdict) -> Json:
    """A verdict with every check; `largest_passing` is in quote currency."""
    return {
        "passed": verdict.passed,
        "checks": [check_json(check) for check in verdict.checks],
        "largest_passing": number(verdict.largest_passing),
    }


def ticket_json(ticket: Ticket) -> Json:
    """A ticket with the order its hash covers."""
    return {
        "id": ticket.id,
        "hash": ticket.hash,
        "state": ticket.state.value,
        "expires_at": moment(ticket.expires_at),
        "order": draft_json(ticket.order),
        "created_at": moment(ticket.created_at),
        "asked_by": ticket.asked_by,
        "asked_on": ticket.asked_on,
        "read_by": ticket.read_by or None,
        "answered_by": ticket.answered_by or None,
        "answered_on": ticket.answered_on or None,
        "answered_at": moment(ticket.answered_at),
        "note": ticket.note or None,
    }


def position_json(marked: MarkedPosition, now: datetime) -> Json:
    """A position with its mark and that mark's age in seconds at `now`."""
    position = marked.position
    age = marked.mark_age(now)
    return {
        "pair": str(position.pair),
        "venue": position.venue,
        "account": position.account,
        "side": position.side,
        "quantity": number(position.quantity),
        "entry_price": number(position.entry_price),
        "mark_price": number(marked.mark_price),
        "mark_age_s": None if age is None else round(max(0.0, age), 3),
        "unrealised_pnl": number(marked.unrealised_pnl),
        "realised_pnl": number(position.realised_pnl),
        "stop_price": number(position.stop_price),
        "take_profit_price": number(position.take_profit_price),
        "leverage": number(position.leverage),
        "liquidation_price": number(position.liquidation_price),
        "unrealised_fraction": fraction(marked.unrealised_fraction),
        "notional": number(marked.notional),
        "fees_paid": number(position.fees_paid),
        "opened_at": moment(position.opened_at),
        "adopted": position.adopted,
    }


def positions_json(positions: Iterable[MarkedPosition], now: datetime) -> list[Json]:
    """All positions."""
    return [position_json(marked, now) for marked in positions]


def fill_json(fill: Fill) -> Json:
    """One execution."""
    return {
        "venue": fill.venue,
        "account": fill.account,
        "pair": str(fill.pair),
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "venue_order_id": fill.venue_order_id,
        "side": fill.side.value,
        "quantity": number(fill.quantity),
        "price": number(fill.price),
        "notional": number(fill.notional),
        "fee": number(fill.fee),
        "fee_currency": fill.fee_currency,
        "is_maker": fill.is_maker,
        "at": moment(fill.at),
    }


def intent_json(intent: Intent, text: str | None = None) -> Json:
    """What a message means; with `text`, the line which `kit parse` prints."""
    found: Json = {} if text is None else {"text": text}
    found["intent"] = intent.intent.value
    for name in Intent.__struct_fields__[1:]:
        value = getattr(intent, name)
        if value in (None, ()) and name not in INTENT_ALWAYS:
            continue
        if isinstance(value, Decimal):
            found[name] = plain(value)
        elif isinstance(value, bool):
            found[name] = value
        elif isinstance(value, tuple):
            found[name] = list(value)
        else:
            found[name] = None if value is None else str(value)
    return found


def holding_json(holding: Holding, equity: Decimal) -> Json:
    """One holding; `share` is its part of the equity."""
    priced = holding.value is not None and equity > 0
    return {
        "currency": holding.currency,
        "venue": holding.venue,
        "total": number(holding.total),
        "free": number(holding.free),
        "locked": number(holding.total - holding.free),
        "price": number(holding.price),
        "value": number(holding.value),
        "share": fraction(holding.value / equity) if priced and holding.value else None,
        "stale": holding.stale,
    }


def portfolio_json(portfolio: Portfolio) -> Json:
    """Balances and what they are worth in the reference currency."""
    return {
        "account": portfolio.account,
        "reference": portfolio.reference,
        "equity": number(portfolio.equity),
        "cash": number(portfolio.cash),
        "day_start_equity": number(portfolio.day_start_equity),
        "day_pnl": number(portfolio.day_pnl),
        "day_fraction": fraction(portfolio.day_fraction),
        "peak_equity": number(portfolio.peak_equity),
        "drawdown": fraction(portfolio.drawdown),
        "flow": number(portfolio.flow),
        "complete": portfolio.complete,
        "as_of": moment(portfolio.as_of),
        "holdings": [holding_json(each, portfolio.equity) for each in portfolio.holdings],
    }


def gauge_json(gauge: Gauge) -> Json:
    """One limit and how far it is used."""
    figure = fraction if gauge.unit == "fraction" else number
    return {
        "name": gauge.name,
        "label": gauge.label,
        "unit": gauge.unit,
        "value": figure(gauge.value),
        "limit": figure(gauge.limit),
        "used": fraction(gauge.used),
        "enabled": gauge.enabled,
    }


def risk_json(report: RiskReport) -> Json:
    """Trading state, limits and the last refusal."""
    status = report.status
    return {
        "state": status.state.value,
        "reason": status.reason or None,
        "by": status.by or None,
        "since": moment(status.since),
        "limits": [gauge_json(gauge) for gauge in report.gauges],
        "resting_orders": report.resting_orders,
        "trades_today": report.trades_today,
        "day_resets_at": moment(report.day_resets_at),
        "last_breach": report.last_breach or None,
        "last_breach_at": moment(report.last_breach_at),
        "complete": report.complete,
        "as_of": moment(report.as_of),
    }


def table_json(card: TableCard) -> list[Json]:
    """A table as one object per row, keyed by its columns."""
    return [dict(zip(card.columns, row, strict=False)) for row in card.rows]


def question_json(card: QuestionCard) -> Json:
    """A question which has to be answered first; saying one of `choices` answers it."""
    return {"question": card.question, "choices": list(card.choices)}


def outcome_json(
    reply: str,
    *,
    intent: Intent | None = None,
    verdict: Verdict | None = None,
    ticket: Ticket | None = None,
    order: Order | None = None,
) -> Json:
    """What came of one message: exactly `reply, intent, verdict, ticket, order`."""
    return {
        "reply": reply,
        "intent": None if intent is None else intent_json(intent),
        "verdict": None if verdict is None else verdict_json(verdict),
        "ticket": None if ticket is None else ticket_json(ticket),
        "order": None if order is None else order_json(order),
    }
