"""A damaged journal is refused, named by the event, and left exactly as it is."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from kit_tui.domain.errors import JournalError
from kit_tui.state.head import Head, HeadFile
from kit_tui.state.journal import export_lines, set_journal_aside, verify_file
from kit_tui.state.verify import head_path, snapshot_path
from tests.state.journals import files_of, notice, one_trade, opened, tamper, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "journal.sqlite"


def drop_last(path: Path) -> None:
    tamper(path, "DELETE FROM events WHERE seq = 18")


def drop_middle(path: Path) -> None:
    tamper(path, "DELETE FROM events WHERE seq = 7")


def drop_all(path: Path) -> None:
    tamper(path, "DELETE FROM events")


def change_payload(path: Path) -> None:
    tamper(
        path,
        "UPDATE events SET payload = CAST(replace(payload, '0.4', '0.5') AS BLOB) WHERE seq = 12",
    )


def change_time(path: Path) -> None:
    tamper(path, "UPDATE events SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 5")


def swap_two(path: Path) -> None:
    tamper(path, "UPDATE events SET seq = -1 WHERE seq = 3")
    tamper(path, "UPDATE events SET seq = 3 WHERE seq = 4")
    tamper(path, "UPDATE events SET seq = 4 WHERE seq = -1")


def change_home(path: Path) -> None:
    tamper(path, "UPDATE meta SET value = '00000000-0000-4000-8000-000000000000'")


DAMAGE: dict[Callable[[Path], None], int] = {
    drop_last: 18, drop_middle: 7, drop_all: 1, change_payload: 12, change_time: 5, swap_two: 3,
    change_home: 1,
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda d: d.__name__)
async def test_damage_is_named_and_nothing_is_changed(
    path: Path, damage: Callable[[Path], None]
) -> None:
    await written(path)
    snapshot_path(path).unlink()
    damage(path)
    before = files_of(path)
    with pytest.raises(JournalError, match=f"event {DAMAGE[damage]}\\b") as caught:
        await opened(path)
    assert "kit journal verify" in caught.value.hint
    assert caught.value.title == "Journal damaged"
    after = files_of(path)
    assert {name: after[name] for name in before} == before
    report = verify_file(path)
    assert (report.ok, report.first_damage) == (False, DAMAGE[damage])
    assert report.head_mismatch == (damage in (drop_last, drop_all))


async def test_old_damage_behind_a_snapshot_is_found_by_the_background_check(path: Path) -> None:
    await written(path)
    change_payload(path)
    journal = await opened(path)
    report = await journal.verify_in_background()
    assert (report.ok, report.first_damage) == (False, 12)
    await journal.close()


async def test_a_lost_write_ahead_log_shows(path: Path, tmp_path: Path) -> None:
    """A copy of a running journal without its -wal file is a truncated journal."""
    await written(path, trades=1)
    journal = await opened(path)
    await journal.append(*one_trade(2))
    copy = tmp_path / "copy" / "journal.sqlite"
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes())
    head_path(copy).write_bytes(head_path(path).read_bytes())
    await journal.close()
    with pytest.raises(JournalError, match="it ends at 6, but 12 events were written"):
        await opened(copy)


@pytest.mark.parametrize(
    "content", [b"", b"not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 500]
)
async def test_a_file_that_is_no_journal_is_refused_when_there_was_one(
    path: Path, content: bytes
) -> None:
    await written(path)
    path.write_bytes(content)
    with pytest.raises(JournalError):
        await opened(path)
    assert path.read_bytes() == content
    assert not verify_file(path).ok


async def test_a_journal_that_is_gone_does_not_pass_for_a_new_one(path: Path) -> None:
    await written(path)
    path.unlink()
    with pytest.raises(JournalError, match="18 events were written"):
        await opened(path)
    assert not path.exists()


async def test_another_programs_database_is_refused_untouched(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="not a journal"):
        await opened(path)
    assert path.read_bytes() == before


async def test_a_head_that_lags_behind_or_is_gone_is_fine(path: Path) -> None:
    await written(path)
    assert verify_file(path).head_seq == 18
    fifth = json.loads(list(export_lines(path))[4])
    head_path(path).unlink()
    file = HeadFile(head_path(path))
    file.write(Head(5, bytes.fromhex(fifth["hash"])))
    file.close()
    assert (verify_file(path).ok, verify_file(path).head_seq) == (True, 5)
    await (await opened(path)).close()
    head_path(path).unlink()
    journal = await opened(path)
    await journal.append(notice("on"))
    await journal.close()
    assert verify_file(path).head_seq == 19


async def test_a_head_of_another_chain_is_a_mismatch(path: Path) -> None:
    await written(path)
    file = HeadFile(head_path(path))
    file.write(Head(18, b"\x00" * 32))
    file.close()
    os.truncate(head_path(path), 512)
    with pytest.raises(JournalError, match="event 18"):
        await opened(path)
    assert verify_file(path).head_mismatch


def test_a_torn_head_slot_leaves_the_other_one(tmp_path: Path) -> None:
    file = HeadFile(tmp_path / "head")
    for seq in (1, 2, 3):
        file.write(Head(seq, bytes([seq]) * 32))
    file.close()
    data = bytearray(file.path.read_bytes())
    assert file.read() == Head(3, b"\x03" * 32)
    data[20] ^= 1
    file.path.write_bytes(data)
    assert file.read() == Head(2, b"\x02" * 32)
    file.path.write_bytes(b"\x00" * 1024)
    assert file.read() is None


@pytest.mark.parametrize("seed", range(40))
async def test_a_flipped_bit_anywhere_is_refused_or_harmless(path: Path, seed: int) -> None:
    """Whatever byte is hit: either the same ledger comes back or a JournalError."""
    ledger = await written(path)
    snapshot_path(path).unlink()
    data = bytearray(path.read_bytes())
    where = random.Random(seed).randrange(len(data))
    data[where] ^= 1 << (seed % 8)
    path.write_bytes(data)
    try:
        journal = await opened(path)
    except JournalError:
        return
    assert journal.ledger == ledger
    await journal.close()


async def test_a_damaged_journal_is_set_aside_whole(path: Path) -> None:
    await written(path)
    change_payload(path)
    snapshot_path(path).unlink()
    damaged = path.read_bytes()
    aside = set_journal_aside(path)
    assert aside.read_bytes() == damaged
    assert head_path(aside).exists()
    assert [p for p in path.parent.iterdir() if not p.name.startswith(aside.name)] == []
    fresh = await opened(path)
    assert fresh.seq == 0
    await fresh.close()
    assert verify_file(aside).first_damage == 12


def test_verifying_what_is_not_there_is_an_error(path: Path) -> None:
    with pytest.raises(JournalError, match="no journal"):
        verify_file(path)


async def test_export_stops_at_the_damage(path: Path) -> None:
    await written(path)
    change_payload(path)
    lines: list[bytes] = []
    with pytest.raises(JournalError, match="event 12"):
        lines.extend(export_lines(path))
    assert len(lines) == 11
