"""The ledger frozen into a file, so that opening a long journal need not fold it all again.

A snapshot is a cache: it is used only if it names an event the journal really holds, by number
and hash, and was written by this version. Otherwise it is ignored and made anew.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec.structs import replace

from kit_tui.domain.autonomy import Autonomy
from kit_tui.domain.books import AccountBook
from kit_tui.domain.events import NoticeRecorded, OrderRefused
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.message import Message
from kit_tui.domain.orders import Fill, Order
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Person
from kit_tui.domain.position import Position
from kit_tui.domain.risk import TradingStatus
from kit_tui.domain.ticket import Ticket
from kit_tui.settings.files import write_atomic
from kit_tui.state.codec import DecodeError, decode, encode
from kit_tui.state.head import Head

# Raise this whenever folding changes or the ledger gains a field: old snapshots are then ignored.
SNAPSHOT_VERSION = 8
log = logging.getLogger(__name__)


class FrozenLedger(msgspec.Struct, frozen=True, array_like=True):
    """Everything a `Ledger` holds, in lists. The order of the fields is the file's format."""

    orders: list[Order]
    positions: list[tuple[str, Pair, Position]]
    fills: list[Fill]
    tickets: list[Ticket]
    accounts: list[AccountBook]
    messages: list[Message]
    refusals: list[OrderRefused]
    notices: list[NoticeRecorded]
    status: TradingStatus
    watchlist: tuple[Pair, ...] | None
    realised: list[tuple[str, Pair, Decimal]]
    counts: tuple[int, int, int]
    fill_keys: list[tuple[str, str, str, str]]
    armed: dict[str, tuple[str, str]]
    adjusted: list[str]
    plans: dict[str, str]
    charged: dict[str, Decimal]
    autonomy: dict[str, Autonomy]
    people: dict[str, Person]


def freeze(ledger: Ledger) -> FrozenLedger:
    """A copy of the ledger's collections; quick, because the values in them never change."""
    return FrozenLedger(
        list(ledger.orders.values()),
        [(account, pair, held) for (account, pair), held in ledger.positions.items()],
        list(ledger.fills),
        list(ledger.tickets.values()),
        [_copied(book) for book in ledger.accounts.values()],
        list(ledger.messages),
        list(ledger.refusals),
        list(ledger.notices),
        ledger.status,
        ledger.watchlist,
        [(account, pair, amount) for (account, pair), amount in ledger.realised.items()],
        (ledger.ticket_count, ledger.order_count, ledger.message_count),
        list(ledger.fill_keys),
        dict(ledger.armed),
        list(ledger.adjusted),
        dict(ledger.plans),
        dict(ledger.charged),
        dict(ledger.autonomy),
        dict(ledger.people),
    )  # fmt: skip


def _copied(book: AccountBook) -> AccountBook:
    return replace(book, balances=dict(book.balances), rates=dict(book.rates))


def thaw(frozen: FrozenLedger) -> Ledger:
    """The ledger a frozen one was made from."""
    ledger = Ledger()
    for order in frozen.orders:
        ledger.keep(order)
    ledger.positions = {(account, pair): held for account, pair, held in frozen.positions}
    ledger.fills.extend(frozen.fills)
    ledger.tickets = {ticket.id: ticket for ticket in frozen.tickets}
    ledger.accounts = {book.account: book for book in frozen.accounts}
    ledger.messages.extend(frozen.messages)
    ledger.refusals.extend(frozen.refusals)
    ledger.notices.extend(frozen.notices)
    ledger.status = frozen.status
    ledger.watchlist = frozen.watchlist
    ledger.realised = {(account, pair): amount for account, pair, amount in frozen.realised}
    ledger.ticket_count, ledger.order_count, ledger.message_count = frozen.counts
    ledger.fill_keys = set(frozen.fill_keys)
    ledger.armed = dict(frozen.armed)
    ledger.adjusted = set(frozen.adjusted)
    ledger.plans = dict(frozen.plans)
    ledger.charged = dict(frozen.charged)
    ledger.autonomy = dict(frozen.autonomy)
    ledger.people = dict(frozen.people)
    return ledger


def write_snapshot(path: Path, head: Head, frozen: FrozenLedger) -> None:
    """Store a snapshot of the ledger as it stood right after event `head`.

    Raises:
        OSError: when the disk refuses; the journal does not need the snapshot.
    """
    body = encode(frozen)
    line = f"{SNAPSHOT_VERSION} {head.seq} {head.hash.hex()} {sha256(body).hexdigest()}\n"
    write_atomic(path, line.encode() + body)


def read_snapshot(path: Path) -> tuple[Head, Ledger] | None:
    """The stored ledger and the event it stands at; None when there is no usable one."""
    try:
        line, _, body = path.read_bytes().partition(b"\n")
        version, seq, digest, check = line.decode().split(" ")
        if int(version) != SNAPSHOT_VERSION or sha256(body).hexdigest() != check:
            return None
        return Head(int(seq), bytes.fromhex(digest)), thaw(decode(body, FrozenLedger))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, DecodeError) as error:
        log.warning("the snapshot %s is not usable and will be rebuilt: %s", path.name, error)
        return None
