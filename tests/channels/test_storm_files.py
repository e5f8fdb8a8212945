"""Trouble with the file of deliveries: telling goes on, the screen says so, nothing comes twice."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.domain.message import Speaker
from kit_tui.state import write_through
from kit_tui.state.deliveries import Deliveries, Sending
from tests.channels.fakes import ANN, Guests, MirrorGateway, running
from tests.servers.telegram_api import TelegramApi
from tests.support.clock import FakeClock

CHAT = ("telegram", "42")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[TelegramApi]:
    async with TelegramApi(now=clock.monotonic) as server:
        yield server


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "deliveries.sqlite"


def held(kept: Path) -> sqlite3.Connection:
    """Another program that holds the file."""
    other = sqlite3.connect(kept, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def next_run(gateway: MirrorGateway) -> MirrorGateway:
    again = MirrorGateway(gateway.clock, Guests(ANN), begun_at=gateway.told)
    again.messages, again.tickets = list(gateway.messages), dict(gateway.tickets)
    return again


async def test_a_file_that_is_held_by_another_program_stops_nothing_and_is_made_up_for(
    api: TelegramApi, clock: FakeClock, kept: Path
) -> None:
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        other = held(kept)
        await gateway.say(Speaker.KIT, "line 1")
        await api.until(lambda: len(api.messages) == 2)
        while gateway.states[-1] != "degraded":
            await clock.sleep(1)
        assert "deliveries.sqlite: another program holds it" in gateway.connections[-1].detail
        other.execute("ROLLBACK")
        other.close()
        await gateway.say(Speaker.KIT, "line 2")
        await api.until(lambda: len(api.messages) == 3)
        while gateway.states[-1] != "up":
            await clock.sleep(1)
    again = next_run(gateway)
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await again.say(Speaker.KIT, "line 3")
        await api.until(lambda: len(api.messages) == 4)
        assert api.texts == [f"line {number}" for number in range(4)]


async def test_a_file_that_is_held_at_the_start_is_read_all_the_same_and_not_set_aside(
    api: TelegramApi, clock: FakeClock, kept: Path
) -> None:
    gateway, deliveries = MirrorGateway(clock, Guests(ANN)), Deliveries(kept)
    async with running(api, clock, gateway=gateway, deliveries=deliveries):
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
    deliveries.close()
    other = sqlite3.connect(kept, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    again = next_run(gateway)
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await again.say(Speaker.KIT, "line 1")
        await api.until(lambda: len(api.messages) == 2)
    assert api.texts == ["line 0", "line 1"]
    assert list(kept.parent.glob("*.damaged")) == []
    other.close()


async def test_a_file_that_may_not_be_written_is_read_and_said_to_be_behind(
    api: TelegramApi, clock: FakeClock, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
    connected = write_through._connected

    def refused(path: Path) -> sqlite3.Connection:
        if path != kept:
            return connected(path)
        error = sqlite3.OperationalError("attempt to write a readonly database")
        error.sqlite_errorcode = sqlite3.SQLITE_READONLY
        raise error

    monkeypatch.setattr(write_through, "_connected", refused)
    again = next_run(gateway)
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await again.say(Speaker.KIT, "line 1")
        await api.until(lambda: len(api.messages) == 2)
        while "deliveries.sqlite: it may not be written" not in again.connections[-1].detail:
            await clock.sleep(1)
    assert api.texts == ["line 0", "line 1"]


def test_a_full_disk_is_named_and_made_up_for_when_there_is_room(kept: Path) -> None:
    deliveries = Deliveries(kept)
    deliveries.reach(*CHAT, 1, "p1")
    file = deliveries._db._file
    assert file is not None
    file.execute("PRAGMA max_page_count=1")  # as full as a disk can be
    pages = file.execute("PRAGMA page_count").fetchone()[0]
    file.execute(f"PRAGMA max_page_count={pages}")
    deliveries.keep_shown(*CHAT, 2, b"x" * 100_000)
    assert deliveries.problem == "deliveries.sqlite: the disk is full"
    deliveries.begin(*CHAT, 3, Sending(0, None, "p1", 3))
    assert deliveries.problem == ""
    deliveries.close()
    again = Deliveries(kept)
    assert again.reached(*CHAT) == (1, "p1")
    assert again.shown("telegram") == [b"x" * 100_000]
    assert again.sending(*CHAT, 3) == {0: Sending(0, None, "p1", 3)}


def test_a_file_that_is_damaged_while_it_is_used_is_set_aside_and_written_anew(kept: Path) -> None:
    deliveries = Deliveries(kept)
    for number in range(200):
        deliveries.keep_shown("telegram", f"{number}", number, b"x" * 500)
    file = deliveries._db._file
    assert file is not None
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = kept.stat().st_size
    with kept.open("r+b") as raw:
        raw.seek(4_096)
        raw.write(b"\xff" * (size - 4_096))
    file.execute("PRAGMA shrink_memory")
    for number in range(200, 400):
        deliveries.keep_shown("telegram", f"{number}", number, b"x" * 500)
    deliveries.close()
    assert deliveries.set_aside == kept.with_suffix(".damaged")
    assert len(Deliveries(kept).shown("telegram")) == 400


def test_a_page_that_is_damaged_inside_is_found_at_the_start(kept: Path) -> None:
    deliveries = Deliveries(kept)
    for number in range(200):
        deliveries.keep_shown("telegram", f"{number}", number, b"x" * 500)
    deliveries.close()
    size = kept.stat().st_size
    with kept.open("r+b") as raw:
        raw.seek(size // 2)
        raw.write(b"\xff" * 4_096)
    again = Deliveries(kept)
    assert again.set_aside == kept.with_suffix(".damaged")
    assert again.problem == ""
    again.reach(*CHAT, 7, "p7")
    again.close()
    assert Deliveries(kept).reached(*CHAT) == (7, "p7")


def test_a_place_that_cannot_be_written_at_all_keeps_what_was_told_in_memory(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    deliveries = Deliveries(tmp_path / "file" / "deliveries.sqlite")
    deliveries.reach(*CHAT, 1, "p1")
    assert deliveries.reached(*CHAT) == (1, "p1")
    assert deliveries.problem.startswith("deliveries.sqlite: ")
    deliveries.close()
