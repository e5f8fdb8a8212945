"""A small SQLite file read from memory, so that no trouble with the file stops the reader."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

Statement = tuple[str, tuple[object, ...]]
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_WHY = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it may not be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_BUSY: "another program holds it",
}
log = logging.getLogger(__name__)


class WriteThrough:
    """Tables in memory, and the same in a file; without a `path` only in memory.

    `problem` says why the file does not have everything, empty when it has: it is written again
    with the next change, or when it is closed. `set_aside` is where a damaged file was put.
    Nothing here waits for another program, and nothing raises for the file's sake.
    """

    def __init__(self, path: Path | None, schema: str) -> None:
        self.problem = ""
        self.set_aside: Path | None = None
        self._path = path
        self._schema = schema
        self._memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._memory.executescript(schema)
        found = self._memory.execute("SELECT name FROM sqlite_schema WHERE type='table'")
        self._tables = [str(row[0]) for row in found]
        self._file: sqlite3.Connection | None = None
        if path is not None and path.exists():
            self._load(path)
        self.write()

    def close(self) -> None:
        """Let go of the file, with everything in it if that can be."""
        if self.problem:
            self.write()
        if self._file is not None:
            self._file.close()
        self._memory.close()

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """What a query finds."""
        return self._memory.execute(query, values).fetchall()

    def write(self, *statements: Statement) -> None:
        """Change something, all of it or nothing."""
        with _transaction(self._memory):
            for statement, values in statements:
                self._memory.execute(statement, values)
        if self._path is None:
            return
        try:
            self._write_file(self._path, statements)
        except (sqlite3.Error, OSError) as error:
            self._failed(self._path, error)
        else:
            self._says("")

    # -- inside --------------------------------------------------------------------------------

    def _load(self, path: Path) -> None:
        """Take over what the file says; one that is damaged is set aside."""
        try:
            try:
                with closing(_connected(path)) as file:
                    self._take_over(file)
            except sqlite3.OperationalError:  # where it may not be written, a copy can be
                with tempfile.TemporaryDirectory() as place, closing(_copied(path, place)) as file:
                    self._take_over(file)
        except (sqlite3.Error, OSError) as error:
            self._failed(path, error)

    def _take_over(self, file: sqlite3.Connection) -> None:
        if file.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            damage = sqlite3.DatabaseError("the file is malformed")
            damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damage
        file.executescript(self._schema)
        self._copy(file, self._memory)

    def _write_file(self, path: Path, statements: tuple[Statement, ...]) -> None:
        if self._file is None:
            self._file = _connected(path)
            self._file.executescript(self._schema)
        elif not self.problem:
            with _transaction(self._file):
                for statement, values in statements:
                    self._file.execute(statement, values)
            return
        self._copy(self._memory, self._file)

    def _copy(self, source: sqlite3.Connection, target: sqlite3.Connection) -> None:
        """Make the tables of one the same as those of the other, by one change."""
        with _transaction(target):
            for table in self._tables:
                target.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
                rows = source.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
                if rows:
                    places = ",".join("?" * len(rows[0]))
                    target.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608

    def _failed(self, path: Path, error: sqlite3.Error | OSError) -> None:
        """Go on in memory; the file is opened anew with the next change."""
        if self._file is not None:
            self._file.close()
            self._file = None
        code = getattr(error, "sqlite_errorcode", None)
        kind = code & 0xFF if isinstance(code, int) else 0
        if kind in _DAMAGE:
            self._put_aside(path)
        why = _WHY.get(kind) or (error.strerror if isinstance(error, OSError) else str(error))
        self._says(f"{path.name}: {why}")

    def _put_aside(self, path: Path) -> None:
        damaged = path.with_suffix(".damaged")
        with suppress(OSError):
            path.replace(damaged)
            self.set_aside = damaged
            for suffix in ("-wal", "-shm"):  # they belong to the file that is not there any more
                path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)

    def _says(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("%s", problem or "the file is written again")
        self.problem = problem


def _connected(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _copied(path: Path, place: str) -> sqlite3.Connection:
    """The file as it reads, with what was not merged into it yet, in another place."""
    for name in (path.name, f"{path.name}-wal"):
        with suppress(FileNotFoundError):
            shutil.copyfile(path.with_name(name), Path(place) / name)
    return _connected(Path(place) / path.name)


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
