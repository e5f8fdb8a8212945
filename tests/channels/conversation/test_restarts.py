"""A restart, or a death in the middle: nothing is lost, nothing doubled, tickets still answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit_tui.domain.message import Speaker
from kit_tui.domain.ticket import TicketState
from kit_tui.state.deliveries import Deliveries
from tests.channels.conversation.line import now, running, ticket_shown
from tests.channels.conversation.messenger import Messenger, lines, texts, until
from tests.channels.fakes import Guests, MirrorGateway
from tests.support.clock import FakeClock


class Runs:
    """The runs of one program on one home: what was delivered is kept, the conversation goes on."""

    def __init__(self, messenger: Messenger, clock: FakeClock, kept: Path) -> None:
        self._messenger = messenger
        self._clock = clock
        self._kept = kept
        self._open: list[Deliveries] = []

    def deliveries(self) -> Deliveries:
        """What this run knows to be delivered."""
        self._open.append(Deliveries(self._kept))
        return self._open[-1]

    def after(self, gateway: MirrorGateway | None = None) -> MirrorGateway:
        """The first run's gateway, or that of the run after another one."""
        people = Guests(self._messenger.person("ann"))
        if gateway is None:
            return MirrorGateway(self._clock, people)
        again = MirrorGateway(self._clock, people, begun_at=gateway.told)
        again.messages, again.tickets = list(gateway.messages), dict(gateway.tickets)
        return again

    def end(self) -> None:
        for deliveries in self._open:
            deliveries.close()


@pytest.fixture
def runs(messenger: Messenger, clock: FakeClock, tmp_path: Path) -> Iterator[Runs]:
    all_runs = Runs(messenger, clock, tmp_path / "deliveries.sqlite")
    yield all_runs
    all_runs.end()


async def test_what_waited_when_the_program_ended_is_delivered_by_the_next(
    messenger: Messenger, clock: FakeClock, runs: Runs
) -> None:
    first = runs.after()
    async with running(messenger, clock, gateway=first, deliveries=runs.deliveries()):
        await first.say(Speaker.KIT, "line 0")
        await until(lambda: first.deliveries[-1].reached == 1)
        messenger.fails("busy", 0)
        for number in range(1, 4):
            await first.say(Speaker.KIT, f"line {number}")
        await until(lambda: "sending fails" in first.connections[-1].detail)
    messenger.heals()
    second = runs.after(first)
    async with running(messenger, clock, gateway=second, deliveries=runs.deliveries()):
        await second.say(Speaker.KIT, "line 4")
        await until(lambda: "line 4" in lines(messenger))
        assert lines(messenger, "line ") == [f"line {number}" for number in range(5)]


async def test_what_was_said_between_two_runs_is_told_by_the_next(
    messenger: Messenger, clock: FakeClock, runs: Runs
) -> None:
    first = runs.after()
    async with running(messenger, clock, gateway=first, deliveries=runs.deliveries()):
        await first.say(Speaker.KIT, "line 0")
        await until(lambda: first.deliveries[-1].reached == 1)
    await first.say(Speaker.KIT, "line 1")
    second = runs.after(first)
    async with running(messenger, clock, gateway=second, deliveries=runs.deliveries()):
        await until(lambda: lines(messenger, "line 1"))
        await second.say(Speaker.KIT, "line 2")
        await until(lambda: lines(messenger, "line 2"))
        assert lines(messenger, "line ") == ["line 0", "line 1", "line 2"]


async def test_a_death_between_sending_and_hearing_of_it_loses_nothing(
    messenger: Messenger, clock: FakeClock, runs: Runs
) -> None:
    """The next run looks for the post before it sends it; where it cannot, it sends it again."""
    first = runs.after()
    async with running(messenger, clock, gateway=first, deliveries=runs.deliveries()):
        await first.say(Speaker.KIT, "line 0")
        await until(lambda: first.deliveries[-1].reached == 1)
        messenger.fails("lost")
        messenger.fails("unheard", 0)
        messenger.fails("unheard", 0, editing=True)
        await first.say(Speaker.KIT, "line 1")
        await until(lambda: len(messenger.posts()) == 2)
    messenger.heals()
    second = runs.after(first)
    async with running(messenger, clock, gateway=second, deliveries=runs.deliveries()):
        await second.say(Speaker.KIT, "line 2")
        await until(lambda: "line 2" in lines(messenger))
        again = [] if messenger.can.finds else ["line 1"]
        assert lines(messenger, "line ") == ["line 0", "line 1", *again, "line 2"]


async def test_words_taken_in_by_one_run_are_not_heard_by_the_next(
    messenger: Messenger, clock: FakeClock, runs: Runs
) -> None:
    """Words said between two runs are, where the service keeps them for somebody who was away."""
    first, deliveries = runs.after(), runs.deliveries()
    async with running(messenger, clock, gateway=first, deliveries=deliveries):
        await messenger.says("hello")
        await first.until_heard(1)
        await until(lambda: "Understood." in texts(messenger))
    await until(lambda: not messenger.listened)
    await messenger.says("are you there")
    second = runs.after(first)
    async with running(messenger, clock, gateway=second, deliveries=runs.deliveries()):
        await messenger.says("again")
        await second.until_heard(1 + messenger.can.keeps)
        await until(lambda: len(lines(messenger, "Understood.")) == 2 + messenger.can.keeps)
        kept = ["are you there"] if messenger.can.keeps else []
        assert [text for _, text in second.heard] == [*kept, "again"]


async def test_a_ticket_still_answers_after_a_restart_and_one_that_ended_is_closed(
    messenger: Messenger, clock: FakeClock, runs: Runs, how: str
) -> None:
    first = runs.after()
    async with running(messenger, clock, gateway=first, deliveries=runs.deliveries()):
        open_one = await ticket_shown(messenger, first)
        ended = await ticket_shown(messenger, first, id="t2")
    second = runs.after(first)
    await second.end("t2", TicketState.EXPIRED, by="", channel="")
    async with running(messenger, clock, gateway=second, deliveries=runs.deliveries()):
        await until(lambda: not now(messenger, ended).offers)
        assert "Expired without an answer" in now(messenger, ended).text
        assert now(messenger, open_one).offers == open_one.offers
        await messenger.answers(open_one, "approve", how=how)
        await until(lambda: not now(messenger, open_one).offers)
        ticket = second.tickets["t1"]
        assert second.answers == [("t1", ticket.hash, True)]
        await until(lambda: lines(messenger, "Bought: "))
        assert len(messenger.posts()) == 3


async def test_a_death_between_an_answer_and_what_came_of_it_lets_it_be_given_again(
    messenger: Messenger, clock: FakeClock, runs: Runs, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody waits for who is dead.
    monkeypatch.setattr("kit_tui.channels.chat.STOP_S", 0.02, raising=False)
    first = runs.after()
    async with running(messenger, clock, gateway=first, deliveries=runs.deliveries()):
        shown = await ticket_shown(messenger, first)
        first.answering.clear()
        await messenger.answers(shown, "approve", how=how)
        await until(lambda: first.answers)
    second = runs.after(first)
    async with running(
        messenger, clock, gateway=second, deliveries=runs.deliveries(), make_nonce=lambda: "FRESH"
    ):
        while not second.answers:  # until it offers what counts now, as a person would
            if now(messenger, shown).offers:
                await messenger.answers(now(messenger, shown), "approve", how=how)
            await asyncio.sleep(0.01)
        await until(lambda: not now(messenger, shown).offers)
        assert [ticket for ticket, *_ in second.answers] == ["t1"]
