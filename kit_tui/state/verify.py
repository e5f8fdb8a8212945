"""Checking a journal from end to end, exporting it, and setting a damaged one aside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from kit_tui.domain.errors import JournalError
from kit_tui.domain.events import Event
from kit_tui.settings.files import set_aside
from kit_tui.state.codec import DecodeError, decode
from kit_tui.state.head import Head, HeadFile
from kit_tui.state.journal_store import (
    JournalStore,
    Row,
    damaged,
    genesis,
    open_for_reading,
    unreadable,
)


class VerifyReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a full check found. `first_damage` is a sequence number, `problem` says what is wrong.

    `head_seq` is what the head file remembers; it may lag behind, never lead.
    """

    path: str
    ok: bool
    events: int
    first_damage: int | None = None
    problem: str = ""
    head_seq: int | None = None
    head_mismatch: bool = False


def head_path(path: Path) -> Path:
    """Where the head of the journal at `path` is remembered."""
    return path.with_name(f"{path.name}.head")


def snapshot_path(path: Path) -> Path:
    """Where the snapshot of the journal at `path` is cached."""
    return path.with_name(f"{path.name}.snapshot")


def checked_rows(store: JournalStore, start: Head) -> Iterator[tuple[Row, Event]]:
    """Every event after `start`, each proved to follow the one before.

    Raises:
        JournalError: at the first event that does not; it names the sequence number.
    """
    before = start
    for row in store.rows(before.seq):
        if row.seq != before.seq + 1:
            raise damaged(store.path, before.seq + 1, f"the next one stored is {row.seq}")
        if row.prev_hash != before.hash:
            raise damaged(store.path, row.seq, "it does not follow the event before it")
        if not row.is_sound:
            raise damaged(store.path, row.seq, "its content does not fit its hash")
        yield row, event_of(store.path, row)
        before = Head(row.seq, row.hash)


def event_of(path: Path, row: Row) -> Event:
    """The event a sound row holds.

    Raises:
        JournalError: when this version does not know it.
    """
    try:
        event: Event = decode(row.payload, Event)
    except (DecodeError, UnicodeDecodeError) as error:
        raise JournalError(
            f"Event {row.seq} of {path.name} ({row.kind}) is not one this version reads: {error}.",
            hint="Update K.I.T.; nothing was changed.",
        ) from error
    return event


def check_head(store: JournalStore, head: Head | None) -> None:
    """Compare the journal with the head remembered beside it.

    Raises:
        JournalError: when events the head knows of are gone or are others now.
    """
    if head is None:
        return
    stored = store.hash_at(head.seq)
    if stored is None:
        newest = store.head().seq
        raise damaged(
            store.path, newest + 1, f"it ends at {newest}, but {head.seq} events were written"
        )
    if stored != head.hash:
        raise damaged(store.path, head.seq, "it is not the event that was written")


def read_head(head_file: HeadFile) -> Head | None:
    """The remembered head, None when there is none.

    Raises:
        JournalError: when the head file exists and cannot be read.
    """
    try:
        return head_file.read()
    except OSError as error:
        raise unreadable(head_file.path, error) from error


def refuse_if_emptied(path: Path, head: Head | None) -> None:
    """Keep an absent or emptied journal from passing for a new one.

    Raises:
        JournalError: when a head is remembered and the file has no content.
    """
    if head is not None and head.seq > 0 and (not path.exists() or path.stat().st_size == 0):
        raise damaged(path, 1, f"the file is empty or gone, but {head.seq} events were written")


def verify_file(path: Path) -> VerifyReport:
    """Read the whole journal and check every hash, every link and the head.

    Raises:
        JournalError: when there is no journal at `path`.
    """
    if not path.exists():
        raise JournalError(f"There is no journal at {path}.")
    head = read_head(HeadFile(head_path(path)))
    remembered = None if head is None else head.seq
    count = 0
    try:
        store = open_for_reading(path)
    except JournalError as error:
        return VerifyReport(
            path=str(path), ok=False, events=0, first_damage=0, problem=error.message,
            head_seq=remembered,
        )  # fmt: skip
    try:
        for row, _ in checked_rows(store, genesis(store.home_id)):
            count = row.seq
    except JournalError as error:
        return VerifyReport(
            path=str(path), ok=False, events=count, first_damage=count + 1, problem=error.message,
            head_seq=remembered,
        )  # fmt: skip
    try:
        check_head(store, head)
    except JournalError as error:
        return VerifyReport(
            path=str(path), ok=False, events=count, first_damage=count + 1, problem=error.message,
            head_seq=remembered, head_mismatch=True,
        )  # fmt: skip
    finally:
        store.close()
    return VerifyReport(path=str(path), ok=True, events=count, head_seq=remembered)


def export_lines(path: Path) -> Iterator[bytes]:
    """The journal as JSON lines `{"seq", "at", "kind", "hash", "event"}`, without line ends.

    Raises:
        JournalError: at the first damaged event; what came before it was sound.
    """
    store = open_for_reading(path)
    try:
        for row, _ in checked_rows(store, genesis(store.home_id)):
            yield msgspec.json.encode(
                {
                    "seq": row.seq,
                    "at": row.at,
                    "kind": row.kind,
                    "hash": row.hash.hex(),
                    "event": msgspec.Raw(row.payload),
                }
            )
    finally:
        store.close()


def set_journal_aside(path: Path) -> Path:
    """Rename a damaged journal and all its side files; returns the journal's new path.

    Nothing is deleted. Call it only when no engine has the journal open.
    """
    aside = set_aside(path)
    for suffix in ("-wal", "-shm", ".head", ".snapshot"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    return aside
