"""Why something was ordered or refused: who asked, in which words, what was checked, who approved.

Everything here is read from the journal; what it does not hold is said to be missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from kit_tui.domain.autonomy import READ_BY_PEOPLE
from kit_tui.domain.cards import RefusalCard, Reply, ReportCard, TableCard, TicketCard
from kit_tui.domain.errors import JournalError
from kit_tui.domain.events import Event, MessageSaid, OrderRefused
from kit_tui.domain.message import Message
from kit_tui.domain.orders import Order
from kit_tui.domain.ticket import Ticket
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.builder import OrderNotPossibleError
from kit_tui.trading.story_words import Line, checks, happened, reader, refused_lines, used

NOT_READ = "the journal cannot be read now; this is what is still in memory"


class Subject(msgspec.Struct):
    """What a story is about: a ticket and the orders that came of it, whichever there are."""

    ticket: Ticket | None
    orders: list[Order] = msgspec.field(default_factory=list)

    @property
    def mentions(self) -> list[str]:
        """Texts that every event of this story holds one of."""
        found: list[str] = []
        if self.ticket is not None:
            found += [self.ticket.hash, f'"ticket_id":"{self.ticket.id}"']
        for order in self.orders:
            found += [f'"order_id":"{order.id}"', f'"parent_id":"{order.id}"', order.client_id]
        return found


async def why(account: TradingAccount, name: str = "") -> Reply:
    """The story of an order (`12`) or a ticket (`t12`, `#12`); the newest one without a name.

    Raises:
        OrderNotPossibleError: when this account has no such order or ticket.
    """
    found = _named(account, name) if name else _newest(account)
    if isinstance(found, OrderRefused):
        return _refusal(account, found)
    try:
        events: Sequence[Event] = await account.journal.find(*found.mentions)
        lines = [] if events else [Line(None, NOT_READ)]
    except JournalError:
        events, lines = (), [Line(None, NOT_READ)]
    if found.ticket is not None:
        lines += _asked(found.ticket, _said_with(found.ticket, account, events))
    elif found.orders:
        lines.append(Line(found.orders[0].created_at, "ordered by a guard or the kill switch"))
    lines += happened(events, found.ticket, found.orders)
    return _told(account, found, lines)


def _told(account: TradingAccount, subject: Subject, lines: Iterable[Line]) -> Reply:
    order = subject.orders[0] if subject.orders else None
    ticket = subject.ticket
    cards: tuple[ReportCard, ...] = ()
    if order is not None:
        title = f"Order {order.id}"
        text = f"{title}: {reports.order_text(order, None)}, {order.status.value}."
        fills = tuple(fill for fill in account.ledger.fills if fill.order_id == order.id)
        cards = (ReportCard(order=order, fills=fills),)
    elif ticket is not None:
        title = f"Ticket {ticket.id}"
        text = f"{title}: {reports.order_text(ticket.order, None)}, {ticket.state.value}."
    else:
        raise OrderNotPossibleError("There is nothing to tell.")
    if ticket is not None:
        text += f" Asked by {ticket.asked_by} on {ticket.asked_on}; {reader(ticket.read_by)}."
    card = TableCard(title=title, columns=("when", "what"), rows=_rows(lines))
    # No ticket card: that would offer an answer, and `--approve` would give one.
    return Reply(text=text, cards=(card, *cards))


def _rows(lines: Iterable[Line]) -> tuple[tuple[str, str], ...]:
    """Lines with their times in UTC; where a day ends, the next one is named."""
    rows: list[tuple[str, str]] = []
    day = None
    for line in lines:
        if line.at is not None and line.at.date() != day:
            if day is not None:
                rows.append(("", f"on {line.at:%Y-%m-%d}"))
            day = line.at.date()
        rows.append((f"{line.at:%H:%M:%S}" if line.at is not None else "", line.what))
    return tuple(rows)


def _named(account: TradingAccount, name: str) -> Subject:
    """What somebody named: an order, or with `t` or `#` before it, a ticket first."""
    number = name.lstrip("#tT")
    ticket = account.ledger.tickets.get(number)
    order = account.ledger.orders.get(number)
    if ticket is not None and ticket.order.account != account.name:
        ticket = None
    if order is not None and order.account != account.name:
        order = None
    if ticket is not None and (order is None or name[0] in "#tT"):
        return _of_ticket(account, ticket)
    if order is None or name[0] in "tT":
        kind = "ticket" if name[0] in "tT" else "order"
        raise OrderNotPossibleError(f"There is no {kind} {number[:20]} on this account.")
    return _of_order(account, order)


def _of_order(account: TradingAccount, order: Order) -> Subject:
    return Subject(account.ledger.tickets.get(order.ticket_id or ""), [order])


def _of_ticket(account: TradingAccount, ticket: Ticket) -> Subject:
    orders = account.ledger.orders_of(account.name, ticket.order.pair)
    own = [o for o in orders if o.ticket_id == ticket.id and o.parent_id is None]
    return Subject(ticket, own)


def _newest(account: TradingAccount) -> Subject | OrderRefused:
    """The newest order or refusal, else the newest ticket."""
    ledger, name = account.ledger, account.name
    orders = (
        o for o in reversed(ledger.orders.values())
        if o.account == name and not o.outside and o.parent_id is None
    )  # fmt: skip
    refusals = (r for r in reversed(ledger.refusals) if r.account == name)
    order, refused = next(orders, None), next(refusals, None)
    if refused is not None and (order is None or refused.at >= order.created_at):
        return refused
    if order is not None:
        return _of_order(account, order)
    tickets = (t for t in reversed(ledger.tickets.values()) if t.order.account == name)
    ticket = next(tickets, None)
    if ticket is None:
        raise OrderNotPossibleError("Nothing was ordered or refused on this account yet.")
    return _of_ticket(account, ticket)


def _asked(ticket: Ticket, message: Message | None) -> list[Line]:
    asked = f"asked by {ticket.asked_by} on {ticket.asked_on}: {ticket.words}"
    lines = [Line(ticket.created_at, asked)]
    lines += [Line(None, said) for said in _read(ticket, message)]
    lines += [Line(None, text) for text in checks(ticket.verdict)]
    return [*lines, Line(ticket.created_at, f"ticket {ticket.id} put up, hash {ticket.hash[:8]}")]


def _read(ticket: Ticket, message: Message | None) -> list[str]:
    """What read the words, and for a model what it used and cost."""
    if message is not None:
        return [reader(ticket.read_by), *used(message)]
    # What a person said used no tools and cost nothing, so that nothing is missing.
    own = ticket.read_by in READ_BY_PEOPLE
    missing = () if own else ("the message that put it up is not in the journal",)
    return [reader(ticket.read_by), *missing]


def _said_with(ticket: Ticket, account: TradingAccount, events: Sequence[Event]) -> Message | None:
    """The message that put a ticket up: the first that carries it."""
    stored = (event.message for event in events if isinstance(event, MessageSaid))
    for message in (*stored, *account.ledger.messages):
        cards = (card.ticket for card in message.cards if isinstance(card, TicketCard))
        if any(card.id == ticket.id and card.hash == ticket.hash for card in cards):
            return message
    return None


def _refusal(account: TradingAccount, refused: OrderRefused) -> Reply:
    """The story of an order that failed its checks."""
    message, card = _refused_with(account, refused)
    first = next((reports.check_text(check) for check in refused.verdict.failed), "the checks")
    what = reports.order_text(card.draft, None) if card.draft is not None else "an order"
    text = f"Refused: {what} in {refused.pair}, by {first}. Nothing was sent."
    how = used(message) if message is not None else ()
    table = TableCard(
        title=f"Refused: {refused.pair}", columns=("when", "what"),
        rows=_rows(refused_lines(refused, [reader(refused.read_by), *how])),
    )  # fmt: skip
    return Reply(text=text, cards=(table,))


def _refused_with(
    account: TradingAccount, refused: OrderRefused
) -> tuple[Message | None, RefusalCard]:
    """The message that told of a refusal, and its card."""
    for message in reversed(account.ledger.messages):
        for card in message.cards:
            if isinstance(card, RefusalCard) and card.verdict == refused.verdict:
                return message, card
    return None, RefusalCard(verdict=refused.verdict)
