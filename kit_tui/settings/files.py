"""Files written so that a crash leaves the old or the new one, never half of one."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from itertools import count
from pathlib import Path


def write_atomic(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace `path` by `data`, durable when this returns.

    Raises:
        OSError: when the disk or the folder refuses; the old file is then as it was.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable; without it a power cut may bring the old name back."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def set_aside(path: Path) -> Path:
    """Rename a damaged file to `name.corrupt-<UTC time>` beside it and return its new path.

    The new name is reserved first, so that a file set aside before is never overwritten.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in count():
        suffix = f".{number}" if number else ""
        aside = path.with_name(f"{path.name}.corrupt-{stamp}{suffix}")
        try:
            os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            continue
        path.replace(aside)
        sync_folder(path.parent)
        return aside
    raise AssertionError("count() does not end")
