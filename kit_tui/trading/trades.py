"""What an account's trades have earned, read off the journal and kept up to date with it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from kit_tui.domain.events import (
    FillRecorded,
    FlowRecorded,
    NoticeRecorded,
    OrderAdopted,
    OrderAmended,
    OrderMoved,
    OrderSubmitted,
    PositionAdjusted,
    PositionAdopted,
    TicketAnswered,
    TicketProposed,
)
from kit_tui.domain.round_trips import AccountTrades, TradeHistory
from kit_tui.state.history import events_between
from kit_tui.state.journal import Journal
from kit_tui.trading.account import TradingAccount

# Conversation, marks and settings move no position; most of a journal is conversation.
KINDS: Final = tuple(
    str(kind.__struct_config__.tag)
    for kind in (
        FillRecorded, FlowRecorded, NoticeRecorded, OrderAdopted, OrderAmended, OrderMoved,
        OrderSubmitted, PositionAdjusted, PositionAdopted, TicketAnswered, TicketProposed,
    )
)  # fmt: skip


class _Reader:
    """Folds a journal as far as it was read; only what is new is read again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seq = 0
        self._history = TradeHistory()

    def read(self, account: str, until: int) -> AccountTrades:
        """An account's trades up to an event. Runs in a thread, to its end even if nobody waits.

        Raises:
            JournalError: when the journal cannot be read; nothing was taken in then.
        """
        with self._lock:
            if until > self._seq:
                for event in events_between(self._path, KINDS, self._seq, until):
                    self._history.fold(event)
                self._seq = until
            return self._history.of(account)


_READERS: WeakKeyDictionary[Journal, _Reader] = WeakKeyDictionary()


async def trades_of(account: TradingAccount) -> AccountTrades:
    """Everything an account has earned so far, as far as it is durable.

    Raises:
        JournalError: when the journal cannot be read.
    """
    journal = account.journal
    reader = _READERS.setdefault(journal, _Reader(journal.path))
    return await asyncio.to_thread(reader.read, account.name, journal.seq)
