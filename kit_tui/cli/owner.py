"""Whether an engine owns this home, found out without disturbing it."""

from __future__ import annotations

import fcntl

from kit_tui.settings.locations import Locations


def owner_of(locations: Locations) -> int | None:
    """The process id of the engine that owns this home, or None; 0 when it left no number.

    The kernel's lock decides: a file left by a killed process counts for nothing.
    """
    try:
        with locations.lock.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                number = file.read(20).strip()
                return int(number) if number.isdigit() else 0
            fcntl.flock(file, fcntl.LOCK_UN)
    except OSError:
        return None
    return None
