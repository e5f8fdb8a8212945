"""Small journals for tests, made through the real thing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kit_tui.domain.events import (
    Event,
    FillRecorded,
    MessageSaid,
    NoticeRecorded,
    OrderMoved,
    OrderSubmitted,
    TicketAnswered,
    TicketProposed,
)
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.orders import OrderStatus
from kit_tui.domain.ticket import TicketState
from kit_tui.state.journal import Journal
from tests.domain.examples import NOW, a_fill, a_ticket, an_order
from tests.support.clock import FakeClock


def notice(text: str) -> NoticeRecorded:
    """A notice with this text."""
    return NoticeRecorded(kind="test", text=text, at=NOW)


def said(number: int) -> MessageSaid:
    """A numbered line of the conversation."""
    message = Message(
        id=f"m{number}", at=NOW, speaker=Speaker.PERSON, channel="terminal",
        principal="terminal:me", name="me", text=f"message {number}",
    )  # fmt: skip
    return MessageSaid(message=message, at=NOW)


def one_trade(number: int = 1) -> list[Event]:
    """The events of one trade, with ids of its own."""
    ticket, order = f"t{number}", f"o{number}"
    fill = a_fill(trade_id=f"{number}", order_id=order)
    return [
        said(number),
        TicketProposed(ticket=a_ticket(id=ticket), at=NOW),
        TicketAnswered(
            ticket_id=ticket, state=TicketState.APPROVED, by="me", channel="terminal", at=NOW
        ),
        OrderSubmitted(order=an_order(id=order, client_id=f"c{number}"), at=NOW),
        OrderMoved(order_id=order, status=OrderStatus.ACCEPTED, at=NOW),
        FillRecorded(fill=fill, at=NOW),
    ]


async def opened(path: Path, *, busy_seconds: float = 3.0) -> Journal:
    """The journal at `path`."""
    return await Journal.open(path, FakeClock(), busy_seconds=busy_seconds)


async def written(path: Path, trades: int = 3) -> Ledger:
    """A closed journal of some trades; returns its ledger."""
    journal = await opened(path)
    for number in range(1, trades + 1):
        await journal.append(*one_trade(number))
    await journal.close()
    return journal.ledger


def tamper(path: Path, statement: str, *values: object) -> None:
    """Change a closed journal behind its back."""
    with sqlite3.connect(path) as connection:
        connection.execute(statement, values)
    connection.close()


def files_of(path: Path) -> dict[str, bytes]:
    """Every file of the folder with its content."""
    return {file.name: file.read_bytes() for file in sorted(path.parent.iterdir())}
