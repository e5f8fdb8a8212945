"""What all tests share: the same random examples on every run, homes in memory, little garbage.

`HYPOTHESIS_PROFILE=search` looks for new examples. `TMPDIR` says where homes are made.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

MEMORY = Path("/dev/shm")  # noqa: S108 - only folders that pytest and `tempfile` make are put there
ROOM_BYTES = 2 << 30


def _homes_in_memory() -> None:
    """Put temporary folders where syncing a file costs nothing; a journal does it at each order."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


_homes_in_memory()


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no collection of garbage looks at it."""
    gc.collect()
    gc.freeze()
