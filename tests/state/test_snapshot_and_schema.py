"""Snapshots are a cache that may never be believed; an old schema is migrated after a backup."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import MappingProxyType

import pytest

from kit_tui.domain.errors import JournalError
from kit_tui.domain.ledger import Ledger
from kit_tui.state import journal as journal_module
from kit_tui.state import snapshot as snapshot_module
from kit_tui.state.head import Head
from kit_tui.state.journal_store import open_store
from kit_tui.state.snapshot import freeze, read_snapshot, thaw, write_snapshot
from kit_tui.state.verify import snapshot_path
from tests.domain.examples import NOW
from tests.state.journals import one_trade, opened, said, tamper, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "journal.sqlite"


async def test_a_snapshot_holds_everything_the_ledger_holds(path: Path) -> None:
    ledger = await written(path, trades=5)
    found = read_snapshot(snapshot_path(path))
    assert found is not None
    head, thawed = found
    assert head.seq == 30
    assert thawed == ledger
    assert thawed.fill_keys == ledger.fill_keys
    assert thawed.fills.maxlen == ledger.fills.maxlen


def test_every_field_of_the_ledger_is_frozen() -> None:
    """A new field that is forgotten here would be lost at the next start."""
    from msgspec.structs import fields

    counts = {"ticket_count", "order_count", "message_count"}
    frozen = set(snapshot_module.FrozenLedger.__struct_fields__) - {"counts"}
    derived = {"open_ids", "overfilled_ids", "of_pair"}  # follow from the orders
    assert {field.name for field in fields(Ledger)} == frozen | counts | derived


async def test_all_fill_keys_survive_not_only_those_of_kept_fills(path: Path) -> None:
    ledger = await written(path, trades=3)
    ledger.fills.clear()
    assert len(thaw(freeze(ledger)).fill_keys) == 3


async def test_a_frozen_ledger_does_not_follow_later_events(path: Path) -> None:
    ledger = await written(path, trades=1)
    frozen = freeze(ledger)
    before = thaw(freeze(ledger))
    for event in one_trade(2):
        ledger.apply(event)
    ledger.book("paper").receive("USDT", ledger.book("paper").balances["USDT"])
    assert thaw(frozen) == before


async def test_opening_uses_the_snapshot_and_reads_only_the_tail(path: Path) -> None:
    ledger = await written(path)
    tamper(path, "UPDATE events SET payload = X'00' WHERE seq = 2")
    journal = await opened(path)
    assert journal.ledger == ledger
    await journal.append(*one_trade(9))
    await journal.close()
    again = await opened(path)
    assert again.ledger.orders["o9"].filled > 0
    await again.close()


def corrupt(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


def other_chain(path: Path) -> None:
    write_snapshot(path, Head(18, b"\x01" * 32), freeze(Ledger()))


def beyond_the_end(path: Path) -> None:
    write_snapshot(path, Head(99, b"\x01" * 32), freeze(Ledger()))


def older_version(path: Path) -> None:
    path.write_bytes(b"0" + path.read_bytes()[1:])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def nonsense(path: Path) -> None:
    path.write_bytes(b"\xff\xfe nonsense\n")


@pytest.mark.parametrize(
    "harm", [corrupt, other_chain, beyond_the_end, older_version, emptied, nonsense]
)
async def test_a_snapshot_that_does_not_fit_is_rebuilt(path: Path, harm: object) -> None:
    ledger = await written(path)
    harm(snapshot_path(path))  # type: ignore[operator]  # one of the functions above
    journal = await opened(path)
    assert journal.ledger == ledger
    await journal.close()
    found = read_snapshot(snapshot_path(path))
    assert found is not None
    assert found[1] == ledger


async def test_a_running_journal_stores_snapshots_that_fit(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SNAPSHOT_EVERY", 6)
    journal = await opened(path)
    for number in range(1, 6):
        journal.post(said(1_000 + number))
        await journal.append(*one_trade(number))
        if journal._snapshot_task is not None:
            await journal._snapshot_task
    found = read_snapshot(snapshot_path(path))
    assert found is not None
    assert found[0].seq >= 7
    replayed = found[1]
    await journal.close()
    # The same events up to that number, folded from the start, are the same ledger.
    snapshot_path(path).unlink()
    tamper(path, "DELETE FROM events WHERE seq > ?", found[0].seq)
    Path(f"{path}.head").unlink()
    again = await opened(path)
    assert again.ledger == replayed
    await again.close()


async def test_an_old_schema_is_migrated_after_a_backup(path: Path) -> None:
    await written(path)

    def add_note(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE meta ADD COLUMN note TEXT")

    store = open_store(path, version=2, migrations=MappingProxyType({1: add_note}))
    assert store.connection.execute("PRAGMA user_version").fetchone() == (2,)
    store.close()
    (backup,) = path.parent.glob("journal.sqlite.format-1-*")
    assert backup.stat().st_mode & 0o777 == 0o600
    old = sqlite3.connect(backup)
    assert old.execute("PRAGMA user_version").fetchone() == (1,)
    assert old.execute("SELECT count(*) FROM events").fetchone() == (18,)
    old.close()


async def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    await written(path)

    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE meta ADD COLUMN note TEXT")
        connection.execute("ALTER TABLE nowhere ADD COLUMN note TEXT")

    with pytest.raises(JournalError):
        open_store(path, version=2, migrations=MappingProxyType({1: fails}))
    journal = await opened(path)
    assert journal.seq == 18
    await journal.close()


async def test_a_journal_of_a_newer_version_is_refused(path: Path) -> None:
    await written(path)
    tamper(path, "PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="newer"):
        await opened(path)
    assert path.read_bytes() == before


async def test_an_event_of_a_newer_version_is_refused_by_number(path: Path) -> None:
    from kit_tui.state.journal_store import Entry, chained

    await written(path)
    store = open_store(path)
    entry = Entry(NOW.isoformat(), "margin_call", b'{"type":"margin_call"}')
    store.add(chained([entry], store.head()))
    store.close()
    with pytest.raises(JournalError, match=r"Event 19 .*margin_call"):
        await opened(path)
