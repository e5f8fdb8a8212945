"""The journal: every fact of trading, durable before anything depends on it.

One thread writes; appends that wait together share one commit. The ledger is the fold of what is
durable. Checking, exporting and setting files aside are in `verify`, named here for callers.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from pathlib import Path

import msgspec

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import JournalError, KitError
from kit_tui.domain.events import Event, MessageSaid, ModelCalled, NoticeRecorded
from kit_tui.domain.ledger import Ledger
from kit_tui.state.head import Head, HeadFile
from kit_tui.state.history import find_events
from kit_tui.state.journal_store import BUSY_SECONDS, JournalStore, entries_for, genesis, open_store
from kit_tui.state.journal_writer import Batch, JournalWriter
from kit_tui.state.snapshot import FrozenLedger, freeze, read_snapshot, write_snapshot
from kit_tui.state.verify import (
    VerifyReport,
    check_head,
    checked_rows,
    export_lines,
    head_path,
    read_head,
    refuse_if_emptied,
    set_journal_aside,
    snapshot_path,
    verify_file,
)

__all__ = ["Journal", "VerifyReport", "export_lines", "set_journal_aside", "verify_file"]

QUEUE_LIMIT = 4_096
SNAPSHOT_EVERY = 10_000
SNAPSHOT_TAIL = 500
log = logging.getLogger(__name__)


class _Opened(msgspec.Struct):
    store: JournalStore
    head_file: HeadFile
    head: Head
    ledger: Ledger
    snapshot_seq: int


class Journal:
    """An open journal with its live ledger; all methods belong to the loop it was opened on.

    After the first failure to write, `failed` is True and every later write raises: nothing may
    be sent to a venue that could not be written down first.
    """

    def __init__(self, opened: _Opened) -> None:
        """Use `Journal.open`."""
        self.ledger = opened.ledger
        self.path = opened.store.path
        self.home_id: uuid.UUID = opened.store.home_id
        self.failure: JournalError | None = None
        self._head = opened.head
        self._snapshot_seq = opened.snapshot_seq
        self._snapshot_task: asyncio.Future[None] | None = None
        self._room = asyncio.Semaphore(QUEUE_LIMIT)
        self._posts = 0
        self._closed = False
        self._writer = JournalWriter(opened.store, opened.head_file, opened.head, self._written)

    @classmethod
    async def open(cls, path: Path, clock: Clock, *, busy_seconds: float = BUSY_SECONDS) -> Journal:
        """Open or create the journal at `path` and fold it.

        Raises:
            JournalError: when it is damaged, locked, unreadable or from a newer version; the file
                is then left as it is.
        """
        started = clock.monotonic()
        opened = await asyncio.to_thread(_open, path, busy_seconds)
        log.info("journal open at event %d in %.2f s", opened.head.seq, clock.monotonic() - started)
        journal = cls(opened)
        if journal._head.seq - journal._snapshot_seq > SNAPSHOT_TAIL:
            journal._store_snapshot()
        return journal

    @property
    def failed(self) -> bool:
        """Whether writing has failed; only opening anew clears it."""
        return self.failure is not None

    @property
    def seq(self) -> int:
        """The number of the newest durable event."""
        return self._head.seq

    async def append(self, *events: Event) -> None:
        """Make events durable in one commit, then fold them into the ledger.

        Cancelling the caller does not take the events back.

        Raises:
            JournalError: when they could not be written; the ledger is then unchanged.
            KitError: when an event contradicts the ledger; nothing is written then.
        """
        if not events:
            return
        async with self._room:
            self._check_usable()
            self.ledger.check(events)
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._writer.put(Batch(events, entries_for(events), future))
            await future

    def post(self, *events: Event) -> None:
        """Fold events into the ledger now and write them soon; for what moves no money of accounts.

        Raises:
            JournalError: when writing has failed, or the disk is hopelessly behind.
            TypeError: for an event that must be durable before it counts.
        """
        for event in events:
            if not isinstance(event, MessageSaid | ModelCalled | NoticeRecorded):
                raise TypeError(f"{type(event).__name__} must be appended, not posted")
        if self._posts >= QUEUE_LIMIT and self.failure is None:
            self.failure = JournalError(f"The disk of {self.path.name} does not keep up.")
        self._check_usable()
        entries = entries_for(events)
        for event in events:
            self.ledger.fold(event)
        self._posts += 1
        self._writer.put(Batch(events, entries))

    async def flush(self) -> None:
        """Wait until everything posted and appended so far is durable.

        Raises:
            JournalError: when writing failed.
        """
        self._check_usable()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writer.put(Batch((), [], future))
        await future

    async def find(self, *mentioned: str) -> list[Event]:
        """Every event, however old, whose stored form holds one of these texts; oldest first.

        Raises:
            JournalError: when the journal cannot be written or read any more.
        """
        await self.flush()
        return await asyncio.to_thread(find_events, self.path, *mentioned)

    async def close(self) -> None:
        """Write what waits, store a snapshot and let go of the file. Closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._writer.close)
        if self._snapshot_task is not None:
            await self._snapshot_task
        if not self.failed and self._head.seq > self._snapshot_seq:
            self._store_snapshot()
            await asyncio.shield(self._snapshot_task or asyncio.sleep(0))

    async def verify_in_background(self) -> VerifyReport:
        """Check the whole file in a thread while the journal is in use."""
        return await asyncio.to_thread(verify_file, self.path)

    def _check_usable(self) -> None:
        if self.failure is not None:
            raise JournalError(self.failure.message, hint=self.failure.hint)
        if self._closed:
            raise JournalError(f"The journal {self.path.name} is closed.")

    def _written(self, group: list[Batch], head: Head, error: JournalError | None) -> None:
        """What the writer reports for each group, on the event loop, in order."""
        self.failure = self.failure or error
        self._head = head
        for batch in group:
            if batch.future is None:
                self._posts -= 1
            elif error is not None:
                _settle(batch.future, JournalError(error.message, hint=error.hint))
            else:
                _settle(batch.future, self._fold(batch.events))
        due = head.seq - self._snapshot_seq >= SNAPSHOT_EVERY
        if due and self._posts == 0 and not self.failed:
            self._store_snapshot()

    def _fold(self, events: tuple[Event, ...]) -> KitError | None:
        problems = [problem for event in events if (problem := self.ledger.fold(event))]
        return problems[0] if problems else None

    def _store_snapshot(self) -> None:
        """Freeze the ledger, which stands exactly at the head now, and store it in a thread."""
        if self._snapshot_task is not None and not self._snapshot_task.done():
            return
        self._snapshot_seq = self._head.seq
        self._snapshot_task = asyncio.get_running_loop().run_in_executor(
            None, _write_snapshot, self.path, self._head, freeze(self.ledger)
        )


def _settle(future: asyncio.Future[None], error: KitError | None) -> None:
    if future.done():  # its caller was cancelled; the events are written all the same
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _write_snapshot(path: Path, head: Head, frozen: FrozenLedger) -> None:
    try:
        write_snapshot(snapshot_path(path), head, frozen)
    except OSError as error:
        log.warning("no snapshot at event %d: %s", head.seq, error)


def _open(path: Path, busy_seconds: float) -> _Opened:
    head_file = HeadFile(head_path(path))
    remembered = read_head(head_file)
    refuse_if_emptied(path, remembered)
    store = open_store(path, busy_seconds=busy_seconds)
    try:
        check_head(store, remembered)
        start, ledger = _start_of_fold(store, path)
        head = start
        for row, event in checked_rows(store, start):
            ledger.fold(event)
            head = Head(row.seq, row.hash)
    except BaseException:
        store.close()
        raise
    return _Opened(store, head_file, head, ledger, start.seq)


def _start_of_fold(store: JournalStore, path: Path) -> tuple[Head, Ledger]:
    """The newest snapshot that this journal really contains, else the very beginning."""
    found = read_snapshot(snapshot_path(path))
    if found is not None and store.hash_at(found[0].seq) == found[0].hash:
        return found
    return genesis(store.home_id), Ledger()
