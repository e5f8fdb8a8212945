"""A disk that is full or a file that is locked stops the journal; nothing counts by half."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from kit_tui.domain.errors import JournalError
from kit_tui.domain.ledger import Ledger
from kit_tui.state import journal as journal_module
from kit_tui.state.journal import Journal, verify_file
from tests.state.journals import notice, one_trade, opened, said


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def fill_the_disk(journal: Journal) -> None:
    """Make SQLite answer as on a full disk: `database or disk is full`."""
    connection = journal._writer._store.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


async def test_a_full_disk_fails_the_append_and_leaves_the_ledger(path: Path) -> None:
    journal = await opened(path)
    await journal.append(*one_trade(1))
    before = journal.ledger.orders.copy()
    fill_the_disk(journal)
    with pytest.raises(JournalError, match="full"):
        await journal.append(*one_trade(2), notice("x" * 100_000))
    assert journal.failed
    assert journal.ledger.orders == before
    await journal.close()


async def test_after_a_failure_every_write_is_refused_until_reopened(path: Path) -> None:
    journal = await opened(path)
    fill_the_disk(journal)
    with pytest.raises(JournalError):
        await journal.append(notice("x" * 100_000))
    for _ in range(2):
        with pytest.raises(JournalError):
            await journal.append(notice("small"))
        with pytest.raises(JournalError):
            journal.post(said(1))
        with pytest.raises(JournalError):
            await journal.flush()
    assert journal.ledger == Ledger()
    await journal.close()
    again = await opened(path)
    await again.append(*one_trade())
    assert not again.failed
    await again.close()
    assert verify_file(path).ok


async def test_a_failed_post_shows_at_the_next_write_and_no_snapshot_keeps_it(path: Path) -> None:
    journal = await opened(path)
    await journal.append(*one_trade())
    fill_the_disk(journal)
    journal.post(notice("x" * 100_000))
    with pytest.raises(JournalError):
        await journal.flush()
    await journal.close()
    again = await opened(path)
    assert not again.ledger.notices
    assert again.seq == 6
    await again.close()


async def test_appends_that_wait_behind_a_failure_all_fail(path: Path) -> None:
    journal = await opened(path)
    fill_the_disk(journal)
    results = await asyncio.gather(
        *(journal.append(notice(f"{n}" + "x" * 9_000)) for n in range(20)), return_exceptions=True
    )
    failed = [r for r in results if isinstance(r, JournalError)]
    assert failed
    assert len(journal.ledger.notices) == 20 - len(failed) == journal.seq
    await journal.close()


async def test_a_locked_journal_is_told_apart(path: Path) -> None:
    journal = await opened(path, busy_seconds=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="locked") as caught:
        await journal.append(notice("blocked"))
    assert "close the other program" in caught.value.hint
    assert journal.failed
    other.execute("ROLLBACK")
    other.close()
    await journal.close()


async def test_opening_a_locked_journal_says_so_and_waits_no_longer_than_told(path: Path) -> None:
    await (await opened(path)).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(JournalError, match="locked"):
        await opened(path, busy_seconds=0.05)
    other.close()


async def test_a_second_writer_is_noticed_before_the_chain_forks(path: Path) -> None:
    one, two = await opened(path), await opened(path)
    await one.append(notice("first"))
    with pytest.raises(JournalError, match="Another program"):
        await two.append(notice("second"))
    await one.append(notice("third"))
    await two.close()
    await one.close()
    assert verify_file(path).ok


async def test_a_disk_that_does_not_keep_up_with_posts_fails_closed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "QUEUE_LIMIT", 3)
    journal = await opened(path)
    for number in range(3):
        journal.post(said(number))
    with pytest.raises(JournalError, match="keep up"):
        journal.post(said(3))
    assert journal.failed
    await journal.close()


async def test_a_folder_that_cannot_be_written_is_a_journal_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(JournalError):
        await opened(tmp_path / "file" / "journal.sqlite")
    (tmp_path / "journal.sqlite").mkdir()
    with pytest.raises(JournalError):
        await opened(tmp_path / "journal.sqlite")
