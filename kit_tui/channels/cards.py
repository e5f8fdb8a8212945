"""Messages of the conversation as lines for a phone: who speaks, the text, the cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from kit_tui.channels.text import (
    BLANK,
    Line,
    Span,
    Tone,
    bold_line,
    lines_of,
    plain_line,
    visible_line,
    visible_text,
)
from kit_tui.domain.cards import (
    Card,
    ChartCard,
    OrdersCard,
    PortfolioCard,
    PositionsCard,
    QuestionCard,
    RefusalCard,
    RiskCard,
    TableCard,
    TicketCard,
)
from kit_tui.domain.message import URGENT, Message, Speaker
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import Order, TimeInForce
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.risk import Gauge
from kit_tui.domain.ticket import OrderDraft, Ticket, TicketState
from kit_tui.skills import wording

LATE_S = 60
SAYS_SO = ("(broken off: ", "(interrupted)")
"""How the last line of a model's answer begins that was cut and says so itself."""
ROWS = 40
WIDTH = 42
"""Characters of fixed width that fit a phone held upright; wider tables become lists."""


def message_lines(message: Message, now: datetime, *, pictured: bool = False) -> list[Line]:
    """One message; words a person typed elsewhere are marked with where that was.

    A chart is drawn in characters unless it is `pictured`.
    """
    lines: list[Line] = []
    if (now - message.at).total_seconds() > LATE_S:
        lines.append(plain_line(f"{message.at:%d %b %H:%M} UTC"))
    if message.speaker is Speaker.PERSON:
        who = f"{visible_line(message.name, 40) or 'you'} · {visible_line(message.channel)}"
        lines.append(bold_line(who))
        lines.extend(plain_line(text) for text in visible_text(message.text).split("\n"))
        return lines
    lines.extend(lines_of(message.text))
    lines.extend(line for card in _told(message.cards) for line in _card_lines(card, now))
    lines.extend(line for card in message.cards for line in _question_lines(card, message.text))
    if not pictured:
        lines.extend(line for card in message.cards for line in _chart_lines(card))
    if message.cut and not message.text.rsplit("\n", 1)[-1].startswith(SAYS_SO):
        lines.append(plain_line(f"Broken off: {visible_line(message.why) or 'no reason known'}."))
    return lines


def _question_lines(card: Card, text: str) -> Iterator[Line]:
    """The question, unless the text is it, and what may be said in answer."""
    if not isinstance(card, QuestionCard):
        return
    if card.question not in text:
        yield plain_line(visible_line(card.question))
    yield from (plain_line(f"· {visible_line(choice)}") for choice in card.choices)


def tone_of(message: Message) -> Tone:
    """Whether a message tells of something that was done, or was stopped."""
    if message.kind in URGENT or any(isinstance(card, RefusalCard) for card in message.cards):
        return "bad"
    return "good" if message.kind == "fill" else ""


def _chart_lines(card: Card) -> Iterator[Line]:
    if isinstance(card, ChartCard):
        from kit_tui.channels.text_chart import chart_text

        yield from (plain_line(text, fixed=True) for text in chart_text(card).split("\n"))


def chart_of(message: Message) -> ChartCard | None:
    """The chart of a message, if it has one with candles to draw."""
    charts = (card for card in message.cards if isinstance(card, ChartCard) and card.candles)
    return next(charts, None)


def asked_tickets(message: Message) -> list[Ticket]:
    """The tickets that a message asks to answer, as they stood when it was said."""
    return [
        card.ticket
        for card in message.cards
        if isinstance(card, TicketCard) and card.ticket.state is TicketState.PENDING
    ]


def answer_note(ticket: Ticket) -> str:
    """How a ticket ended: `Approved by Ann · terminal, 14:03:22 UTC`."""
    if ticket.state is TicketState.EXPIRED:
        return f"Expired without an answer{_when(ticket)}"
    by = visible_line(ticket.answered_by, 40) or "K.I.T."
    where = f" · {visible_line(ticket.answered_on, 20)}" if ticket.answered_on else ""
    note = f": {visible_line(ticket.note, 120)}" if ticket.note else ""
    return f"{ticket.state.value.capitalize()} by {by}{where}{_when(ticket)}{note}"


def _when(ticket: Ticket) -> str:
    return f", {ticket.answered_at:%H:%M:%S} UTC" if ticket.answered_at else ""


def _told(cards: Sequence[Card]) -> Iterable[Card]:
    """The cards whose content the text does not already hold in full."""
    if any(isinstance(card, PortfolioCard) for card in cards):
        return ()
    return cards


def _card_lines(card: Card, now: datetime) -> Iterator[Line]:
    match card:
        case TicketCard():
            yield from _ticket_lines(card.ticket)
        case RefusalCard():
            # The text names what failed, with figures; a table of it all wraps on a phone.
            checks = card.verdict.checks
            passed = len(checks) - len(card.verdict.failed)
            yield plain_line(f"{passed} of {len(checks)} checks passed.")
        case PositionsCard() if card.positions:
            header = ("pair", "side", "quantity", "entry", "mark", "P&L")
            yield from _table(header, map(_position, card.positions))
        case OrdersCard() if card.orders:
            header = ("order", "side", "pair", "quantity", "price", "status")
            yield from _table(header, map(_order, card.orders))
        case RiskCard():
            columns = ("limit", "now", "of", "used")
            yield from _table(columns, map(_gauge, card.report.gauges))
        case TableCard():
            yield bold_line(visible_line(card.title))
            yield from _table(card.columns, card.rows)
        case _:
            return


def _ticket_lines(ticket: Ticket) -> Iterator[Line]:
    draft = ticket.order
    rows = [
        (f"{draft.side.value} {draft.type.value}", f"{plain(draft.quantity)} {draft.pair.base}"),
        ("about", f"{_about(draft.notional)} {draft.pair.quote}"),
        ("price now", wording.price(draft.reference_price)),
        ("not beyond", wording.price(draft.worst_price)),
        ("limit", wording.price(draft.price)),
        ("trigger", wording.price(draft.stop_price)),
        ("stop after", wording.price(draft.stop_loss)),
        ("target after", wording.price(draft.take_profit)),
        ("trails", wording.MISSING if draft.trail is None else _share(draft.trail)),
        ("leverage", wording.MISSING if draft.leverage is None else f"{plain(draft.leverage)}×"),
        ("terms", ", ".join(_terms(draft)) or wording.MISSING),
        ("fee about", f"{_about(draft.estimated_fee)} {draft.fee_currency}"),
        ("account", f"{draft.account} · {draft.mode.value} · {draft.venue}"),
        ("expires", f"{ticket.expires_at:%H:%M:%S} UTC"),
        ("ticket", f"{ticket.id} · {ticket.hash[:8]}"),
    ]
    yield from _table(None, [row for row in rows if row[1] != wording.MISSING])


def _terms(draft: OrderDraft) -> Iterator[str]:
    """What the order promises beyond type and price, as far as it is not the usual."""
    if draft.post_only:
        yield "post-only"
    if draft.reduce_only:
        yield "only reduces"
    if draft.time_in_force is not TimeInForce.GTC:
        yield draft.time_in_force.value
    if draft.emulated:
        yield "watched here"


def _share(value: Decimal) -> str:
    return wording.percent(value, sign=False)


def _about(value: Decimal) -> str:
    return wording.grouped(value, 2 if abs(value) >= 1 or value == 0 else 4)


def _figure(value: Decimal, unit: str) -> str:
    if unit == "fraction":
        return wording.percent(value, sign=False)
    if unit == "multiple":
        return f"{wording.grouped(value, 2)}×"
    return wording.amount(value) if unit == "count" else f"{wording.amount(value)} {unit}"


def _position(marked: MarkedPosition) -> tuple[str, ...]:
    held = marked.position
    return (
        str(held.pair), held.side, wording.amount(held.quantity), wording.price(held.entry_price),
        wording.price(marked.mark_price), wording.gain(marked.unrealised_pnl),
    )  # fmt: skip


def _order(order: Order) -> tuple[str, ...]:
    price = order.average_price or order.price or order.stop_price
    return (
        order.id, order.side.value, str(order.pair), wording.amount(order.quantity),
        "market" if price is None else wording.price(price), order.status.value,
    )  # fmt: skip


def _gauge(gauge: Gauge) -> tuple[str, ...]:
    if not gauge.enabled:
        return (gauge.label, "off", "", "")
    return (
        gauge.label, _figure(gauge.value, gauge.unit), _figure(gauge.limit, gauge.unit),
        wording.percent(gauge.used, 0, sign=False),
    )  # fmt: skip


def _table(header: Sequence[str] | None, rows: Iterable[Sequence[str]]) -> Iterator[Line]:
    """Aligned columns, or a list where they are too wide; long tables are cut and say so."""
    body = [[visible_line(cell) for cell in row] for row in rows]
    cells = [[visible_line(cell) for cell in header], *body[:ROWS]] if header else body[:ROWS]
    if not cells:
        return
    squared = _squared(cells)
    widths = [max(map(len, column)) for column in zip(*squared, strict=True)]
    if header and sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        yield from _listed(squared[0], squared[1:])
    else:
        for row in squared:
            text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            yield plain_line(text.rstrip(), fixed=True)
    if len(body) > ROWS:
        yield plain_line(f"… and {len(body) - ROWS} more")


def _listed(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Line]:
    """A row as its first cell in bold, and every other one with its column's name.

    Of two columns the second needs no name: it stands beside the first.
    """
    if len(header) == 2:
        for first, second in rows:
            yield Line((Span(f"{first} ", "bold") if first else Span("· "), Span(second)))
        return
    for number, (first, *cells) in enumerate(rows):
        if number:
            yield BLANK
        yield bold_line(f"{header[0]} {first}" if first.isdigit() else first)
        named = [f"{name} {cell}".strip() for name, cell in zip(header[1:], cells, strict=True)
                 if cell]  # fmt: skip
        yield Line((Span(" · ".join(named)),))


def _squared(rows: list[list[str]]) -> list[list[str]]:
    width = max(map(len, rows))
    return [row + [""] * (width - len(row)) for row in rows]
