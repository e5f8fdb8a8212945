"""The journal's SQLite file: schema, migrations, the hash chain, rows in and out."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from kit_tui.domain.errors import JournalError
from kit_tui.domain.events import Event
from kit_tui.state.codec import encode
from kit_tui.state.head import Head

SCHEMA_VERSION: Final = 1
BUSY_SECONDS: Final = 3.0
VERIFY_HINT: Final = (
    "Nothing was changed. Run `kit journal verify` for the full report; to start afresh, move the "
    "file aside together with its -wal, -shm and .head files."
)

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  payload BLOB NOT NULL,
  prev_hash BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
"""

Migration = Callable[[sqlite3.Connection], None]
# From the version that is the key to the next one; each runs inside the one transaction.
MIGRATIONS: Final[Mapping[int, Migration]] = MappingProxyType({})


class Entry(msgspec.Struct, frozen=True):
    """An event encoded: ISO time, kind and JSON."""

    at: str
    kind: str
    payload: bytes


class Row(msgspec.Struct, frozen=True):
    """One event as it is stored."""

    seq: int
    at: str
    kind: str
    payload: bytes
    prev_hash: bytes
    hash: bytes

    @property
    def is_sound(self) -> bool:
        """Whether the hash fits what it covers."""
        if not isinstance(self.payload, bytes):  # damage can turn a column into another type
            return False
        return self.hash == chain_hash(self.prev_hash, self.seq, self.at, self.kind, self.payload)


def chain_hash(prev_hash: bytes, seq: int, at: str, kind: str, payload: bytes) -> bytes:
    """SHA-256 over the hash before, the number, the time, the kind and the payload."""
    digest = sha256(prev_hash)
    digest.update(f"{seq}\n{at}\n{kind}\n".encode())
    digest.update(payload)
    return digest.digest()


def genesis(home_id: uuid.UUID) -> Head:
    """What the first event follows: it binds the chain to one home."""
    return Head(0, sha256(b"kit journal " + home_id.bytes).digest())


def entries_for(events: Iterable[Event]) -> list[Entry]:
    """The stored form of events, before they have their place in the chain."""
    return [
        Entry(event.at.isoformat(), str(event.__struct_config__.tag), encode(event))
        for event in events
    ]


def chained(entries: Iterable[Entry], head: Head) -> list[Row]:
    """The rows that continue the chain after `head`."""
    rows = []
    seq, before = head.seq, head.hash
    for entry in entries:
        seq += 1
        digest = chain_hash(before, seq, entry.at, entry.kind, entry.payload)
        rows.append(Row(seq, entry.at, entry.kind, entry.payload, before, digest))
        before = digest
    return rows


class JournalStore:
    """A connection to a journal, used by one thread at a time; every fault is `JournalError`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, home_id: uuid.UUID) -> None:
        self.path = path
        self.connection = connection
        self.home_id = home_id

    def add(self, rows: Iterable[Row]) -> None:
        """Store rows in one durable commit; either all are stored or none."""
        try:
            with self.connection:
                self.connection.execute("BEGIN IMMEDIATE")
                self.connection.executemany(
                    "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", map(_columns, rows)
                )
        except sqlite3.IntegrityError as error:
            raise JournalError(
                f"Another program wrote to {self.path.name} at the same time.",
                hint="Close the other one, then start K.I.T. again.",
            ) from error
        except sqlite3.Error as error:
            raise write_error(self.path, error) from error

    def head(self) -> Head:
        """The newest stored event, or the genesis."""
        found = self._one("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1")
        return genesis(self.home_id) if found is None else Head(*found)

    def hash_at(self, seq: int) -> bytes | None:
        """The hash of one event; the genesis hash for 0, None when there is no such event."""
        if seq == 0:
            return genesis(self.home_id).hash
        found = self._one("SELECT hash FROM events WHERE seq = ?", seq)
        if found is None:
            return None
        return found[0] if isinstance(found[0], bytes) else b""

    def rows(self, after: int = 0) -> Iterator[Row]:
        """Every stored event with a higher number than `after`, in order.

        Raises:
            JournalError: when SQLite finds the file damaged while reading.
        """
        last = after
        try:
            for columns in self.connection.execute(
                "SELECT seq, at, kind, payload, prev_hash, hash FROM events WHERE seq > ? "
                "ORDER BY seq",
                (after,),
            ):
                row = Row(*columns)
                last = row.seq
                yield row
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise damaged(self.path, last + 1, f"SQLite cannot read on: {error}") from error

    def rows_with(self, texts: Sequence[str]) -> Iterator[Row]:
        """Stored events whose payload holds one of these texts, in order.

        Raises:
            JournalError: when SQLite finds the file damaged while reading.
        """
        wanted = " OR ".join("instr(payload, ?) > 0" for _ in texts) or "0"
        query = (
            "SELECT seq, at, kind, payload, prev_hash, hash FROM events "  # noqa: S608 - no values
            f"WHERE {wanted} ORDER BY seq"
        )
        try:
            for columns in self.connection.execute(query, [text.encode() for text in texts]):
                yield Row(*columns)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise unreadable(self.path, error) from error

    def rows_of(self, kinds: Sequence[str], after: int, until: int) -> Iterator[Row]:
        """Stored events of these kinds, numbered above `after` and up to `until`, in order.

        Raises:
            JournalError: when SQLite finds the file damaged while reading.
        """
        marks = ", ".join("?" for _ in kinds)
        query = (
            "SELECT seq, at, kind, payload, prev_hash, hash FROM events "  # noqa: S608 - no values
            f"WHERE seq > ? AND seq <= ? AND kind IN ({marks}) ORDER BY seq"
        )
        try:
            for columns in self.connection.execute(query, [after, until, *kinds]):
                yield Row(*columns)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise unreadable(self.path, error) from error

    def close(self) -> None:
        """Close the connection; SQLite then folds the write-ahead log into the file."""
        self.connection.close()

    def _one(self, query: str, *values: object) -> tuple[int, bytes] | tuple[bytes] | None:
        try:
            found: tuple[int, bytes] | tuple[bytes] | None = self.connection.execute(
                query, values
            ).fetchone()
        except sqlite3.Error as error:
            raise unreadable(self.path, error) from error
        return found


def open_store(
    path: Path,
    *,
    busy_seconds: float = BUSY_SECONDS,
    version: int = SCHEMA_VERSION,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> JournalStore:
    """Open a journal for writing; an absent or empty file becomes a new one (mode 0600).

    An older schema is migrated in one transaction after a backup copy beside the file.

    Raises:
        JournalError: when the file is locked, unreadable, not a journal, or from a newer version.
    """
    try:
        _create_private(path)
        connection = sqlite3.connect(
            path, timeout=busy_seconds, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise unreadable(path, error) from error
    try:
        _prepare(connection, path, version, migrations)
        return JournalStore(path, connection, _home_id(connection, path))
    except sqlite3.Error as error:
        connection.close()
        raise unreadable(path, error) from error
    except BaseException:
        connection.close()
        raise


def open_for_reading(path: Path) -> JournalStore:
    """Open an existing journal without changing it.

    Raises:
        JournalError: when there is none, or it is not a readable journal.
    """
    if not path.exists():
        raise JournalError(f"There is no journal at {path}.")
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
    try:
        return JournalStore(path, connection, _home_id(connection, path))
    except BaseException:
        connection.close()
        raise


def damaged(path: Path, seq: int, what: str) -> JournalError:
    """The error for a broken chain, with the number of the first event that is not right."""
    return JournalError(
        f"The journal {path.name} is damaged at event {seq}: {what}.",
        hint=VERIFY_HINT,
        title="Journal damaged",
    )


def unreadable(path: Path, error: Exception) -> JournalError:
    """The error for a file that cannot be opened or read."""
    if "locked" in str(error):
        return JournalError(
            f"The journal {path.name} is locked by another program.",
            hint="Close the other program, then start K.I.T. again.",
        )
    if isinstance(error, sqlite3.OperationalError | OSError):
        return JournalError(
            f"The journal {path.name} cannot be opened: {error}.",
            hint=f"Check the folder {path.parent} and the space on its disk.",
        )
    return JournalError(
        f"The journal {path.name} is damaged: {error}.", hint=VERIFY_HINT, title="Journal damaged"
    )


def write_error(path: Path, error: Exception) -> JournalError:
    """The error for a commit that failed; nothing of it was stored."""
    locked = "locked" in str(error)
    reason = "is locked by another program" if locked else f"cannot be written: {error}"
    return JournalError(
        f"The journal {path.name} {reason}. Nothing more will be sent to an exchange.",
        hint="Make room on the disk or close the other program, then start K.I.T. again.",
    )


def _create_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _prepare(
    connection: sqlite3.Connection, path: Path, version: int, migrations: Mapping[int, Migration]
) -> None:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > version:
        raise JournalError(
            f"The journal {path.name} was written by a newer K.I.T. (format {found}, this one "
            f"reads up to {version}).",
            hint="Update K.I.T.; nothing was changed.",
        )
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    is_new = found == 0 and not tables
    if not is_new and (found == 0 or not {"meta", "events"} <= tables):
        raise JournalError(f"{path.name} is an SQLite file but not a journal.", hint=VERIFY_HINT)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if is_new:
        _create(connection)
    elif found < version:
        _migrate(connection, path, found, version, migrations)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('home_id', ?)", (str(uuid.uuid4()),))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _migrate(
    connection: sqlite3.Connection,
    path: Path,
    found: int,
    version: int,
    migrations: Mapping[int, Migration],
) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    backup_path = path.with_name(f"{path.name}.format-{found}-{stamp}")
    _create_private(backup_path)
    backup = sqlite3.connect(backup_path)
    try:
        connection.backup(backup)
    finally:
        backup.close()
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for step in range(found, version):
            migrations[step](connection)
        connection.execute(f"PRAGMA user_version = {version}")


def _home_id(connection: sqlite3.Connection, path: Path) -> uuid.UUID:
    try:
        found = connection.execute("SELECT value FROM meta WHERE key = 'home_id'").fetchone()
        return uuid.UUID(found[0])
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
    except (TypeError, ValueError) as error:
        raise damaged(path, 0, "it does not say which home it belongs to") from error


def _columns(row: Row) -> tuple[int, str, str, bytes, bytes, bytes]:
    return (row.seq, row.at, row.kind, row.payload, row.prev_hash, row.hash)
