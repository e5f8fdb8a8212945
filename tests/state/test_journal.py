"""The journal writes before it counts: durable, in order, in few commits, and never half."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from kit_tui.domain.errors import JournalError
from kit_tui.domain.events import Event, OrderMoved
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.orders import IllegalMoveError, OrderStatus
from kit_tui.domain.steps import LedgerError
from kit_tui.state import journal as journal_module
from kit_tui.state.journal import Journal, export_lines, verify_file
from kit_tui.state.verify import head_path, snapshot_path
from tests.domain.examples import BTC, NOW
from tests.state.journals import notice, one_trade, opened, said, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.sqlite"


def folded(events: list[Event]) -> Ledger:
    ledger = Ledger()
    for event in events:
        ledger.apply(event)
    return ledger


def commits(journal: Journal) -> list[str]:
    """The statements that ended transactions from here on."""
    seen: list[str] = []
    journal._writer._store.connection.set_trace_callback(
        lambda statement: seen.append(statement) if statement == "COMMIT" else None
    )
    return seen


async def test_what_was_appended_is_there_after_reopening(path: Path) -> None:
    await written(path)
    again = await opened(path)
    events = [event for number in (1, 2, 3) for event in one_trade(number)]
    assert again.ledger == folded(events)
    assert again.seq == len(events)
    await again.close()


async def test_the_ledger_changes_only_when_the_event_is_durable(path: Path) -> None:
    journal = await opened(path)
    pending = asyncio.ensure_future(journal.append(*one_trade()))
    await asyncio.sleep(0)
    assert journal.ledger == Ledger()
    await pending
    assert journal.ledger.position("paper", BTC) is not None
    other = sqlite3.connect(path)
    assert other.execute("SELECT count(*) FROM events").fetchone() == (6,)
    other.close()
    await journal.close()


async def test_appends_that_wait_together_share_a_commit(path: Path) -> None:
    journal = await opened(path)
    seen = commits(journal)
    await asyncio.gather(*(journal.append(notice(str(n))) for n in range(300)))
    assert len(seen) < 30
    assert [n.text for n in journal.ledger.notices] == [str(n) for n in range(100, 300)]
    await journal.close()


async def test_more_appends_than_the_queue_holds_wait_their_turn(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "QUEUE_LIMIT", 4)
    journal = await opened(path)
    await asyncio.gather(*(journal.append(notice(str(n))) for n in range(100)))
    assert [n.text for n in journal.ledger.notices] == [str(n) for n in range(100)]
    await journal.close()


async def test_one_append_is_one_commit_however_many_events(path: Path) -> None:
    journal = await opened(path)
    seen = commits(journal)
    await journal.append(*one_trade())
    assert len(seen) == 1
    await journal.append()
    assert len(seen) == 1
    await journal.close()


async def test_a_contradiction_is_refused_and_nothing_is_written(path: Path) -> None:
    journal = await opened(path)
    trade = one_trade()
    with pytest.raises(LedgerError):
        await journal.append(trade[0], trade[4])
    await journal.append(*trade)
    denied = OrderMoved(order_id="o2", status=OrderStatus.DENIED, at=NOW)
    with pytest.raises(IllegalMoveError):
        await journal.append(*one_trade(2), denied)
    assert (journal.seq, journal.failed) == (6, False)
    await journal.close()
    assert verify_file(path).events == 6


async def test_two_answers_in_flight_at_once_leave_a_journal_that_opens(path: Path) -> None:
    journal = await opened(path)
    trade = one_trade()
    await journal.append(*trade[:2])
    results = await asyncio.gather(
        journal.append(trade[2]), journal.append(trade[2]), return_exceptions=True
    )
    assert [type(result) for result in results] == [type(None), LedgerError]
    ledger = journal.ledger
    await journal.close()
    again = await opened(path)
    assert again.ledger == ledger
    assert [n.kind for n in again.ledger.notices] == ["journal"]
    await again.close()


async def test_posts_count_at_once_and_are_written_soon(path: Path) -> None:
    journal = await opened(path)
    journal.post(said(1), said(2))
    assert [m.id for m in journal.ledger.messages] == ["m1", "m2"]
    await journal.flush()
    assert verify_file(path).events == 2
    journal.post(said(3))
    await journal.close()
    assert verify_file(path).events == 3


async def test_only_messages_and_notices_may_be_posted(path: Path) -> None:
    journal = await opened(path)
    with pytest.raises(TypeError):
        journal.post(*one_trade())
    assert journal.ledger == Ledger()
    await journal.close()


async def test_posts_and_appends_keep_their_order(path: Path) -> None:
    journal = await opened(path)
    for number in range(0, 40, 2):
        journal.post(said(number))
        await journal.append(said(number + 1))
    await journal.close()
    ids = [json.loads(line)["event"]["message"]["id"] for line in export_lines(path)]
    assert ids == [f"m{number}" for number in range(40)]


async def test_a_cancelled_append_is_written_all_the_same(path: Path) -> None:
    journal = await opened(path)
    task = asyncio.create_task(journal.append(notice("kept")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await journal.flush()
    assert [n.text for n in journal.ledger.notices] == ["kept"]
    await journal.close()


async def test_closing_twice_is_fine_and_afterwards_nothing_is_taken(path: Path) -> None:
    journal = await opened(path)
    await journal.close()
    await journal.close()
    with pytest.raises(JournalError):
        await journal.append(notice("late"))
    with pytest.raises(JournalError):
        journal.post(said(1))
    assert not [t for t in threading.enumerate() if t.name == "journal"]


async def test_an_event_without_a_stored_form_reaches_its_caller_only(path: Path) -> None:
    journal = await opened(path)
    with pytest.raises(NotImplementedError):
        await journal.append(notice(object()))  # type: ignore[arg-type]  # that is the point
    await journal.append(notice("fine"))
    assert not journal.failed
    await journal.close()


async def test_every_file_is_private(path: Path) -> None:
    journal = await opened(path)
    await journal.append(*one_trade())
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert len(modes) >= 4
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    await journal.close()
    assert snapshot_path(path).stat().st_mode & 0o777 == 0o600


async def test_a_journal_others_could_read_becomes_private(path: Path) -> None:
    await written(path)
    os.chmod(path, 0o644)  # noqa: PTH101 - a folder's mode is set, nothing waits
    await (await opened(path)).close()
    assert mode_of(path) == 0o600


def mode_of(path: Path) -> int:
    """The permission bits of a file."""
    return path.stat().st_mode & 0o777


async def test_a_home_keeps_its_id(path: Path, tmp_path: Path) -> None:
    first = await opened(path)
    await first.close()
    again, other = await opened(path), await opened(tmp_path / "other.sqlite")
    assert again.home_id == first.home_id != other.home_id
    await again.close()
    await other.close()


async def test_export_writes_one_json_line_per_event(path: Path) -> None:
    await written(path, trades=1)
    lines = [json.loads(line) for line in export_lines(path)]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert [line["kind"] for line in lines] == [
        "message", "ticket_proposed", "ticket_answered", "order_submitted", "order_moved", "fill",
    ]  # fmt: skip
    assert all(line["event"]["type"] == line["kind"] for line in lines)


async def test_a_journal_in_use_can_be_verified(path: Path) -> None:
    journal = await opened(path)
    await journal.append(*one_trade())
    report = await journal.verify_in_background()
    assert report.ok
    assert (report.events, report.head_seq) == (6, 6)
    await journal.append(notice("still in use"))
    await journal.close()


async def test_the_head_follows_every_commit(path: Path) -> None:
    journal = await opened(path)
    for number in range(1, 4):
        await journal.append(notice(str(number)))
        assert verify_file(path).head_seq == number
    await journal.close()
    assert head_path(path).stat().st_size == 1024
