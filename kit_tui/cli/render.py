"""Replies as plain text: the words, then each card as a small aligned table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import singledispatch

from msgspec.structs import replace

from kit_tui.channels.text_chart import chart_text
from kit_tui.cli.figures import figure, price, share
from kit_tui.cli.style import Style
from kit_tui.cli.tables import pairs, table
from kit_tui.domain.cards import (
    AnalysisCard,
    Card,
    ChartCard,
    OrdersCard,
    PortfolioCard,
    PositionsCard,
    QuestionCard,
    QuoteCard,
    Reading,
    RefusalCard,
    Reply,
    ReportCard,
    RiskCard,
    TableCard,
    TicketCard,
)
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import Mode, Order, TimeInForce
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.risk import Check, Gauge, Verdict
from kit_tui.domain.ticket import OrderDraft, Ticket, TicketState
from kit_tui.tui import formats
from kit_tui.tui.safe_text import safe_text

_EMPHASIS = re.compile(r"\*\*(.+?)\*\*|`([^`\n]+)`")
_OWN_CODES = re.compile(r"(\x1b\[(?:0|1|2|31|32)m)")
# A chart fits a terminal of 80 columns and leaves room for what was typed above it.
CHART_WIDTH, CHART_ROWS = 78, 16
WHOLE = (PortfolioCard, AnalysisCard, QuoteCard)


def render_reply(reply: Reply, style: Style, *, digest: bool = False) -> str:
    """The whole reply; nothing that came from outside can steer the terminal.

    `digest` says that the text is a command's own words for its cards: where such a card shows
    everything, the words are left out in place of saying it all twice.
    """
    cards = [_safe(render_card(_untold(card, reply.text), style), style) for card in reply.cards]
    said = digest and any(isinstance(card, WHOLE) for card in reply.cards)
    blocks = cards if said else [plain_words(reply.text), *cards]
    return "\n\n".join(block for block in blocks if block)


def _untold(card: Card, text: str) -> Card:
    """A question without its words where the text above is the question."""
    if isinstance(card, QuestionCard) and card.question in text:
        return replace(card, question="")
    return card


def _safe(text: str, style: Style) -> str:
    """`text` made safe, with the codes of our own styles left in."""
    if not (style.weight or style.colour):
        return safe_text(text)
    parts = _OWN_CODES.split(text)
    return "".join(part if _OWN_CODES.fullmatch(part) else safe_text(part) for part in parts)


def plain_words(markdown: str) -> str:
    """Markdown without its emphasis marks, safe to print."""
    return _EMPHASIS.sub(lambda found: found[1] or found[2], safe_text(markdown)).strip()


@singledispatch
def render_card(card: object, style: Style) -> str:
    """One card as text."""
    raise TypeError(f"no text for {type(card).__name__}")


@render_card.register
def _(card: TicketCard, style: Style) -> str:
    ticket = card.ticket
    title = f"Ticket {ticket.id} · {ticket.state.value}"
    rows = [*_draft_rows(ticket.order), ("expires", formats.clock(ticket.expires_at, seconds=True))]
    if ticket.state is TicketState.PENDING:
        rows.append(("hash", ticket.hash))
    answer = (
        style.dim(f"kit approve {ticket.id}{_proof(ticket)}   kit reject {ticket.id}")
        if ticket.state is TicketState.PENDING
        else ""
    )
    checks = _verdict(ticket.verdict, style)
    return _join(style.bold(title), pairs(rows, style), checks, answer)


def _proof(ticket: Ticket) -> str:
    """What approving real money needs besides the number."""
    return f" --hash {ticket.hash}" if ticket.order.mode is Mode.LIVE else ""


@render_card.register
def _(card: RefusalCard, style: Style) -> str:
    rows = pairs(_draft_rows(card.draft), style) if card.draft else ""
    return _join(style.bad(style.bold("Refused")), rows, _verdict(card.verdict, style))


@render_card.register
def _(card: ReportCard, style: Style) -> str:
    order = card.order
    notional = sum((fill.notional for fill in card.fills), Decimal(0))
    rows = [
        ("order", f"{order.id} · {order.side.value.upper()} {order.pair} {_kind(order)}"),
        ("status", order.status.value + (f" · {order.reason}" if order.reason else "")),
        ("filled", f"{formats.quantity(order.filled)} of {formats.quantity(order.quantity)}"),
        ("average price", price(order.average_price)),
        ("notional", f"{formats.amount(notional)} {order.pair.quote}" if card.fills else "–"),
        ("fee", f"{plain(order.fee)} {order.fee_currency}" if card.fills else "–"),
    ]
    if card.slippage is not None:
        rows.append(("slippage", f"{price(card.slippage)} {order.pair.quote}"))
    if card.realised_pnl is not None:
        pnl = style.signed(card.realised_pnl, formats.signed(card.realised_pnl))
        rows.append(("realised", f"{pnl} {order.pair.quote}"))
    rows.append(("venue", f"{order.venue} · {order.mode.value} · {order.venue_order_id or '–'}"))
    return _join(style.bold("Execution report"), pairs(rows, style))


@render_card.register
def _(card: PortfolioCard, style: Style) -> str:
    book = card.portfolio
    day = style.signed(book.day_pnl, formats.signed(book.day_pnl))
    head = [
        ("equity", f"{formats.money(book.equity)} {book.reference}"),
        ("cash", f"{formats.money(book.cash)} {book.reference}"),
        ("today", f"{day} ({formats.percent(book.day_fraction)})"),
        ("drawdown", formats.percent(book.drawdown, sign=False)),
    ]
    rows = [
        (
            holding.currency,
            formats.quantity(holding.total),
            formats.quantity(holding.free),
            price(holding.price),
            "unpriced" if holding.value is None else formats.money(holding.value),
            share(holding.value, book.equity) + (" stale" if holding.stale else ""),
        )
        for holding in book.holdings
    ]
    columns = ("asset", "balance", "free", "price", "value", "share")
    partial = (
        "" if book.complete else style.bad("Partial: not everything on the account is known now.")
    )
    title = style.bold(f"Portfolio · {book.account}")
    return _join(title, pairs(head, style), table(columns, rows, style), partial)


@render_card.register
def _(card: PositionsCard, style: Style) -> str:
    if not card.positions:
        return ""
    columns = ("pair", "side", "quantity", "entry", "mark", "unrealised", "", "stop", "venue")
    rows = [_position_row(marked, style) for marked in card.positions]
    return table(columns, rows, style)


@render_card.register
def _(card: OrdersCard, style: Style) -> str:
    if not card.orders:
        return ""
    columns = ("id", "time", "side", "pair", "type", "quantity", "filled", "price", "status")
    return table(columns, [_order_row(order) for order in card.orders], style)


@render_card.register
def _(card: RiskCard, style: Style) -> str:
    report = card.report
    status = report.status
    state = status.state.value.upper() + (f" · {status.reason}" if status.reason else "")
    rows = [_gauge_row(gauge) for gauge in report.gauges]
    columns = ("check", "now", "limit", "used")
    facts = [("trading", state), ("resting orders", str(report.resting_orders))]
    if report.last_breach:
        facts.append(("last refusal", report.last_breach))
    partial = "" if report.complete else style.bad("Partial: some figures are not known now.")
    return _join(pairs(facts, style), table(columns, rows, style), partial)


@render_card.register
def _(card: AnalysisCard, style: Style) -> str:
    change = style.signed(card.change_24h, formats.percent(card.change_24h))
    head = [
        ("price", f"{price(card.price)}  {change} in 24 h"),
        ("24 h range", f"{price(card.low_24h)} to {price(card.high_24h)}"),
        ("bias", card.bias),
        ("source", f"{card.venue}, {card.candles} candles to {formats.clock(card.as_of)} UTC"),
    ]
    if card.volume_ratio is not None:
        head.insert(2, ("volume", f"{formats.grouped(card.volume_ratio, 2)} × average"))
    if card.entry is not None:
        sketch = f"{price(card.entry)}, stop {price(card.stop)}, target {price(card.target)}"
        head.append(("idea", f"entry {sketch}"))
    groups = [
        ("Trend", card.trend),
        ("Momentum", card.momentum),
        ("Volatility", card.volatility),
        ("Time frames", card.timeframes),
    ]
    parts = [_readings(name, readings, style) for name, readings in groups if readings]
    levels = table(
        ("level", "price", "from"),
        [(level.kind, price(level.price), level.origin) for level in card.levels],
        style,
    )
    because = "\n".join(f"· {line}" for line in (*card.reasons, *card.patterns, card.invalidation))
    title = style.bold(f"{card.pair} · {card.timeframe}")
    notes = "\n".join((*card.notes, "Not advice."))
    return _join(title, pairs(head, style), *parts, levels, because, notes)


@render_card.register
def _(card: QuoteCard, style: Style) -> str:
    rows = [
        ("price", f"{price(card.price)} {card.pair.quote}"),
        ("bid / ask", f"{price(card.bid)} / {price(card.ask)}"),
        ("24 h", style.signed(card.change_24h, formats.percent(card.change_24h))),
        ("source", f"{card.venue}, {formats.age(card.age_s)} old"),
    ]
    return _join(style.bold(str(card.pair)), pairs(rows, style))


@render_card.register
def _(card: ChartCard, style: Style) -> str:
    return chart_text(card, CHART_WIDTH, CHART_ROWS)


@render_card.register
def _(card: TableCard, style: Style) -> str:
    return _join(style.bold(card.title), table(card.columns, card.rows, style))


@render_card.register
def _(card: QuestionCard, style: Style) -> str:
    choices = "\n".join(f"· {choice}" for choice in card.choices)
    return _join(card.question, style.dim("Say one of:") if choices else "", choices)


def _draft_rows(draft: OrderDraft) -> list[tuple[str, str]]:
    quote = draft.pair.quote
    size = f"{formats.quantity(draft.quantity)} {draft.pair.base}"
    rows = [
        ("order", f"{draft.side.value.upper()} {size} ({draft.pair}) {_kind(draft)}"),
        ("about", f"{formats.amount(draft.notional)} {quote} at {price(draft.reference_price)}"),
    ]
    if draft.price is not None:
        rows.append(("limit", price(draft.price)))
    if draft.stop_price is not None:
        rows.append(("stop", price(draft.stop_price)))
    if draft.stop_loss is not None:
        rows.append(("stop loss", price(draft.stop_loss)))
    if draft.take_profit is not None:
        rows.append(("target", price(draft.take_profit)))
    if draft.trail is not None:
        rows.append(("trailing", formats.percent(draft.trail, sign=False)))
    if draft.leverage is not None:
        rows.append(("leverage", f"{formats.quantity(draft.leverage)}×"))
    if draft.emulated:
        rows.append(("watched", "here, not on the venue: it works only while K.I.T. runs"))
    rows += [
        ("fee", f"about {formats.amount(draft.estimated_fee)} {draft.fee_currency}"),
        ("venue", f"{draft.venue} · {draft.mode.value}"),
    ]
    return rows


def _kind(order: OrderDraft | Order) -> str:
    """The order's type with what it promises beyond it: `limit post-only`, `market reduce-only`."""
    words = [order.type.value]
    if order.time_in_force is not TimeInForce.GTC:
        words.append(order.time_in_force.value.upper())
    if order.post_only:
        words.append("post-only")
    # On spot every sale only reduces, so that saying it would say nothing.
    if order.reduce_only and order.pair.settle:
        words.append("reduce-only")
    return " ".join(words)


def _verdict(verdict: Verdict, style: Style) -> str:
    rows = [
        (
            style.good("pass") if check.passed else style.bad("FAIL"),
            check.name,
            figure(check.after if check.after is not None else check.value, check.unit),
            figure(check.limit, check.unit),
            _why(check),
        )
        for check in verdict.checks
    ]
    size = verdict.largest_passing
    largest = (
        "" if size is None or verdict.passed else f"Largest that passes: {formats.money(size)}"
    )
    return _join(table(("", "check", "after", "limit", ""), rows, style), largest)


def _why(check: Check) -> str:
    return check.detail if not check.passed or check.limit is None else ""


def _position_row(marked: MarkedPosition, style: Style) -> tuple[str, ...]:
    position, pnl = marked.position, marked.unrealised_pnl
    return (
        str(position.pair),
        position.side,
        formats.quantity(position.quantity),
        price(position.entry_price),
        price(marked.mark_price),
        style.signed(pnl, formats.signed(pnl)),
        formats.percent(marked.unrealised_fraction),
        price(position.stop_price),
        position.venue,
    )


def _order_row(order: Order) -> tuple[str, ...]:
    return (
        order.id,
        formats.clock(order.created_at, seconds=True),
        order.side.value.upper(),
        str(order.pair),
        _kind(order),
        formats.quantity(order.quantity),
        formats.quantity(order.filled),
        _order_price(order),
        _order_status(order),
    )


def _order_price(order: Order) -> str:
    """What it was filled at; else its trigger, its distance, and its limit."""
    if order.average_price is not None:
        return price(order.average_price)
    trail = None if order.trail is None else f"{formats.percent(order.trail, sign=False)} away"
    trigger = None if order.stop_price is None else price(order.stop_price)
    limit = None if order.price is None else price(order.price)
    levels = [trigger or trail, limit]
    return " then ".join(level for level in levels if level) or formats.MISSING


def _order_status(order: Order) -> str:
    if order.emulated and order.is_open:
        return "watched here"
    return f"{order.status.value} · outside" if order.outside else order.status.value


def _gauge_row(gauge: Gauge) -> tuple[str, ...]:
    used = formats.percent(gauge.used, 0, sign=False) if gauge.enabled else "off"
    return (
        gauge.name,
        figure(gauge.value, gauge.unit),
        figure(gauge.limit, gauge.unit),
        used,
    )


def _readings(name: str, readings: Sequence[Reading], style: Style) -> str:
    rows = [(each.name, each.value, each.meaning) for each in readings]
    return table((name, "", ""), rows, style)


def _join(*blocks: str) -> str:
    return "\n".join(block for block in blocks if block)
