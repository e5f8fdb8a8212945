"""The one thread that writes the journal: a queue in, group commits out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable

import msgspec

from kit_tui.domain.errors import JournalError
from kit_tui.domain.events import Event
from kit_tui.state.head import Head, HeadFile
from kit_tui.state.journal_store import Entry, JournalStore, chained, write_error

GROUP_LIMIT = 1_024
log = logging.getLogger(__name__)


class Batch(msgspec.Struct, eq=False):
    """Events of one append or post, with their stored form.

    A post has no future: the ledger has its events already. A flush has a future and no events.
    """

    events: tuple[Event, ...]
    entries: list[Entry]
    future: asyncio.Future[None] | None = None


Report = Callable[[list[Batch], Head, JournalError | None], None]


class JournalWriter:
    """Commits batches in the order they came and reports every group to the event loop.

    After a failed commit nothing is written any more: each further batch is reported with the
    same error.
    """

    def __init__(
        self, store: JournalStore, head_file: HeadFile, head: Head, report: Report
    ) -> None:
        self._store = store
        self._head_file = head_file
        self._head = head
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Batch] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._failure: JournalError | None = None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def put(self, batch: Batch) -> None:
        """Queue a batch; never blocks on the disk."""
        with self._wake:
            self._queue.append(batch)
            self._wake.notify()

    def close(self) -> None:
        """Write what is queued, end the thread and close the files. Blocks."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        self._head_file.close()
        self._store.close()

    def _run(self) -> None:
        while group := self._next_group():
            self._commit(group)
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
                self._loop.call_soon_threadsafe(self._report, group, self._head, self._failure)

    def _next_group(self) -> list[Batch]:
        with self._wake:
            self._wake.wait_for(lambda: self._queue or self._closing)
            count = min(len(self._queue), GROUP_LIMIT)
            return [self._queue.popleft() for _ in range(count)]

    def _commit(self, group: list[Batch]) -> None:
        if self._failure is not None:
            return
        rows = chained((entry for batch in group for entry in batch.entries), self._head)
        if not rows:
            return
        try:
            self._store.add(rows)
        except JournalError as error:
            self._failure = error
        except Exception as error:
            log.exception("the journal's writer failed")
            self._failure = write_error(self._store.path, error)
        else:
            self._head = Head(rows[-1].seq, rows[-1].hash)
            self._note_head()

    def _note_head(self) -> None:
        try:
            self._head_file.write(self._head)
        except OSError as error:
            log.warning("the journal's head could not be noted at %d: %s", self._head.seq, error)
