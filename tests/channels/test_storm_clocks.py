"""Clocks that jump: what ends does so by either clock; quiet hours are those of the wall."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from kit_tui.channels.manners import Manners
from kit_tui.channels.pace import Pace
from kit_tui.domain.message import Message, Principal, Role, Speaker
from kit_tui.domain.ticket import TicketState
from kit_tui.gateway.people import People, Rules
from kit_tui.gateway.people import Speaker as Said
from kit_tui.state.journal import Journal
from tests.channels.fakes import ANN
from tests.support.clock import FakeClock
from tests.trading.bench import Bench
from tests.trading.bench import bench as opened_bench

OWNER = Principal(channel="terminal", user="local", name="you", role=Role.OWNER, local=True)
CODE = "ABCD2345"
BACK, FORTH = timedelta(hours=-1), timedelta(hours=1)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with opened_bench(tmp_path) as opened:
        yield opened


async def test_a_ticket_lives_no_longer_when_the_clock_is_set_back(bench: Bench) -> None:
    ticket = await bench.ticket()
    await bench.poll(1)
    bench.clock.time += BACK
    await bench.poll(50)
    assert bench.journal.ledger.tickets[ticket.id].state is TicketState.PENDING
    await bench.poll(15)
    assert bench.journal.ledger.tickets[ticket.id].state is TicketState.EXPIRED
    answer = await bench.approve(ticket)
    assert not answer.reply.ok
    assert bench.venue.sent == []


async def test_a_ticket_ends_at_once_when_the_clock_is_set_forward_as_after_a_sleep(
    bench: Bench,
) -> None:
    ticket = await bench.ticket()
    bench.clock.time += FORTH
    answer = await bench.approve(ticket)
    assert not answer.reply.ok
    assert bench.venue.sent == []


@pytest.mark.parametrize(("jump", "passed", "pairs"), [
    (BACK, 599, True), (BACK, 601, False), (FORTH, 1, False), (timedelta(0), 599, True),
])  # fmt: skip
async def test_a_code_lives_ten_minutes_by_either_clock(
    tmp_path: Path, jump: timedelta, passed: float, *, pairs: bool
) -> None:
    clock = FakeClock()
    journal = await Journal.open(tmp_path / "journal.sqlite", clock)
    people = People(journal, clock, make_code=lambda: CODE)
    people.set_rules("telegram", Rules())
    people.open("telegram", Role.TRADER, OWNER)
    clock.time += jump
    clock.advance(passed)
    ann = Said(channel="telegram", user="42", chat="42", name="Ann")
    assert (await people.redeem(ann, CODE) is not None) is pairs
    await journal.close()


def test_the_pace_is_the_same_whatever_the_clock_says() -> None:
    clock = FakeClock()
    pace = Pace(clock, 1.0, 1)
    pace.spend()
    for jump in (BACK, FORTH, FORTH):
        clock.time += jump
        assert pace.wait() == 1.0
    clock.advance(1)
    assert pace.wait() == 0.0


@pytest.mark.parametrize(("moment", "manner"), [
    ("2026-03-29T00:59", "silent"),  # 01:59 in Berlin, a minute before 02:00 is left out
    ("2026-03-29T01:00", "sound"),  # 03:00, after the hours that end at half past two
    ("2026-10-25T00:15", "silent"),  # 02:15 for the first time
    ("2026-10-25T01:15", "silent"),  # 02:15 for the second time
    ("2026-10-25T01:45", "sound"),  # 02:45
    ("2026-10-24T20:59", "sound"),  # 22:59
    ("2026-10-24T21:00", "silent"),  # 23:00
])  # fmt: skip
def test_quiet_hours_are_those_of_the_wall_when_summer_begins_and_ends(
    moment: str, manner: str
) -> None:
    manners = Manners(quiet_from=time(23), quiet_to=time(2, 30), timezone="Europe/Berlin")
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    fill = Message(
        id="m1", at=now, speaker=Speaker.SYSTEM, channel="kit", principal="", name="kit",
        text="Bought", kind="fill",
    )  # fmt: skip
    assert manners.to_person(fill, ANN, now) == manner
