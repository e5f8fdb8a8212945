"""The owner lock: one at a time, and a killed holder leaves nothing to clean up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kit_tui.cli.owner import owner_of
from kit_tui.runtime.owner import OwnerLock
from kit_tui.settings.locations import find_locations

HOLD = "import sys\nfrom pathlib import Path\nfrom kit_tui.runtime.owner import OwnerLock\n" \
    "lock = OwnerLock(Path(sys.argv[1]))\nassert lock.acquire()\nprint('held', flush=True)\n" \
    "sys.stdin.read()"  # fmt: skip


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    first, second = OwnerLock(tmp_path / "lock"), OwnerLock(tmp_path / "lock")
    assert first.acquire()
    assert not second.acquire()
    assert not first.acquire(), "not even twice by the same"
    assert second.owner_pid() == os.getpid()
    first.release()
    first.release()
    assert second.acquire()


def test_the_lock_is_private(tmp_path: Path) -> None:
    lock = OwnerLock(tmp_path / "lock")
    lock.acquire()
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600


def test_a_killed_owner_leaves_the_lock_free_and_its_children_do_not_keep_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    lock = OwnerLock(path)
    assert not lock.acquire()
    assert lock.owner_pid() == holder.pid
    holder.kill()
    holder.communicate()
    assert lock.acquire()


def test_whoever_looks_for_an_owner_does_not_become_one(tmp_path: Path) -> None:
    locations = find_locations({"KIT_HOME": str(tmp_path)})
    locations.ensure()
    assert owner_of(locations) is None
    lock = OwnerLock(locations.lock)
    assert lock.acquire()
    assert owner_of(locations) == os.getpid()
    lock.release()
    assert owner_of(locations) is None, "a number that is left behind counts for nothing"


def test_garbage_in_the_lock_file_hurts_nobody(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("not a number\n" * 10)
    lock = OwnerLock(path)
    assert lock.owner_pid() is None
    assert lock.acquire()
    assert path.read_text() == f"{os.getpid()}\n"
