"""Looking facts up in the journal's file, beyond what the ledger still keeps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kit_tui.domain.events import Event
from kit_tui.state.journal_store import open_for_reading
from kit_tui.state.verify import event_of


def find_events(path: Path, *mentioned: str) -> list[Event]:
    """Every event whose stored form holds one of these texts, oldest first.

    Reads the whole file; call it in a thread. The caller looks at what it found: a text may be
    anywhere in an event.

    Raises:
        JournalError: when the file cannot be read.
    """
    store = open_for_reading(path)
    try:
        return [event_of(path, row) for row in store.rows_with(mentioned)]
    finally:
        store.close()


def events_between(path: Path, kinds: Sequence[str], after: int, until: int) -> list[Event]:
    """Events of these kinds, numbered above `after` and up to `until`, oldest first.

    Reads what there is; call it in a thread.

    Raises:
        JournalError: when the file cannot be read.
    """
    store = open_for_reading(path)
    try:
        return [event_of(path, row) for row in store.rows_of(kinds, after, until)]
    finally:
        store.close()
