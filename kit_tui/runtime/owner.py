"""One process owns a home: a lock that the kernel releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class OwnerLock:
    """An exclusive lock on a home. SIGKILL frees it, so it never has to be cleaned up by hand."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        """Try once; True when this process owns the home now."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        file = os.fdopen(descriptor, "r+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return True

    def release(self) -> None:
        """Let go; the file stays, only the lock matters."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def owner_pid(self) -> int | None:
        """The process id the owner wrote, for messages; the lock alone decides."""
        try:
            return int(self._path.read_text(encoding="utf-8").strip() or "0") or None
        except (OSError, ValueError):
            return None
