"""Answers that are shown while they are written, where the service lets posts grow."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from kit_tui.domain.cards import Reply, TicketCard
from kit_tui.domain.message import Message, Principal, Role, Speaker
from kit_tui.domain.turn import LiveTurn
from tests.channels.conversation.line import Tries, running
from tests.channels.conversation.messenger import Messenger, asked, lines, texts, until
from tests.channels.fakes import MirrorGateway
from tests.domain.examples import a_ticket
from tests.support.clock import EPOCH, FakeClock

SENTENCE = "ETH holds above its average of 20 days, and momentum turned up. "


class Asked:
    """A question of Ann's that a model answers."""

    def __init__(self, messenger: Messenger, gateway: MirrorGateway, question: Message) -> None:
        self._gateway = gateway
        self._grows = messenger.can.grows
        self._messenger = messenger
        self._turn = LiveTurn(
            id="t", principal=question.principal, channel=messenger.name, reply_to=question.id,
            model="claude-sonnet-5-5", since=EPOCH,
        )  # fmt: skip

    async def shows(self, text: str) -> None:
        """The answer has come so far; wait until the phone shows it, or that it is written."""
        self._turn = replace(self._turn, text=text, phase="answering")
        before = self._messenger.typing
        self._gateway.channel.turns_changed((self._turn,))
        if self._grows:
            await until(lambda: any(text.strip() in shown for shown in texts(self._messenger)))
        else:
            await until(lambda: self._messenger.typing > before)

    def waits(self) -> None:
        self._gateway.channel.turns_changed((self._turn,))

    async def ends(self, text: str, **changes: Any) -> None:
        who = person(self._messenger)
        await self._gateway.say(Speaker.KIT, text, who=who, reply_to=self._turn.reply_to, **changes)
        self._gateway.channel.turns_changed(())


def person(messenger: Messenger) -> Principal:
    ann = messenger.person("ann")
    return Principal(channel=messenger.name, user=ann.user, name=ann.name, role=Role.TRADER)


async def asked_by_ann(messenger: Messenger, gateway: MirrorGateway) -> Asked:
    question = await gateway.say(Speaker.PERSON, "how does ETH look?", who=person(messenger))
    return Asked(messenger, gateway, question)


async def test_an_answer_grows_in_one_post_and_ends_exactly(
    messenger: Messenger, clock: FakeClock
) -> None:
    """Where posts do not grow, typing is shown, and the answer comes when it is whole."""
    tries = Tries(clock)
    async with running(messenger, clock, tries=tries) as gateway:
        turn = await asked_by_ann(messenger, gateway)
        for length in range(1, 9):
            await turn.shows(SENTENCE * length)
        assert all(text.endswith("\n…") for text in texts(messenger))
        assert len(messenger.posts()) == int(messenger.can.grows)
        await turn.ends(f"**{SENTENCE.strip()}**")
        await until(lambda: texts(messenger) == [SENTENCE.strip()])
        (post,) = messenger.posts()
        assert post.marked == (SENTENCE.strip(),)
        assert bool(post.edits) is messenger.can.grows
        assert all(later - sooner >= 0.99 for sooner, later in pairwise(tries.times))


async def test_while_it_says_nothing_the_chat_shows_that_it_writes(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        turn = await asked_by_ann(messenger, gateway)
        before = clock.monotonic()
        turn.waits()
        await until(lambda: messenger.typing >= 3)
        assert clock.monotonic() - before >= 8
        assert messenger.posts() == []
        await turn.ends("Done.")
        await until(lambda: texts(messenger) == ["Done."])


async def test_a_long_answer_is_finished_in_as_many_posts_as_it_takes(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        turn = await asked_by_ann(messenger, gateway)
        paragraphs = [f"Paragraph {number}. {SENTENCE * 6}".strip() for number in range(30)]
        await turn.shows(paragraphs[0])
        gateway.channel.turns_changed((replace(turn._turn, text="\n\n".join(paragraphs)),))
        await turn.ends("\n\n".join(paragraphs))
        await until(lambda: "Paragraph 29" in (texts(messenger) or [""])[-1])
        assert lines(messenger) == paragraphs
        assert len(messenger.posts()) >= 3


async def test_a_change_whose_answer_was_lost_does_not_repeat_the_answer(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        turn = await asked_by_ann(messenger, gateway)
        await turn.shows("ETH")
        if messenger.can.grows:
            messenger.fails("lost", 2, editing=True)
        await turn.ends("ETH leans up.")
        await gateway.say(Speaker.KIT, "next")
        await until(lambda: "next" in texts(messenger))
        assert texts(messenger) == ["ETH leans up.", "next"]


async def test_a_growing_post_that_somebody_deleted_is_said_anew(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        turn = await asked_by_ann(messenger, gateway)
        await turn.shows("ETH")
        for seen in messenger.posts():
            await messenger.deletes(seen)
        await turn.ends("ETH leans up.")
        await until(lambda: texts(messenger) == ["ETH leans up."])


async def test_an_answer_that_an_outage_interrupts_is_finished_afterwards(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        turn = await asked_by_ann(messenger, gateway)
        await turn.shows("ETH")
        await messenger.breaks()
        await until(lambda: "down" in gateway.states)
        await turn.ends("ETH leans up.")
        await gateway.say(Speaker.KIT, "next")
        await messenger.mends()
        await until(lambda: lines(messenger, "next"))
        assert [line for line in lines(messenger) if not line.endswith(" UTC")] == [
            "ETH leans up.", "next",
        ]  # fmt: skip


async def test_what_happens_meanwhile_does_not_wait_for_the_answer(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        turn = await asked_by_ann(messenger, gateway)
        await turn.shows("ETH")
        await gateway.say(Speaker.SYSTEM, "Bought: 1 ETH", kind="fill")
        await until(lambda: "Bought: 1 ETH" in texts(messenger))
        await turn.ends("ETH leans up.")
        await until(lambda: "ETH leans up." in texts(messenger))
        assert sorted(texts(messenger)) == ["Bought: 1 ETH", "ETH leans up."]


async def test_an_answer_asked_elsewhere_comes_when_it_is_whole(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        question = await gateway.say(Speaker.PERSON, "how does ETH look?")
        turn = LiveTurn(
            id="t", principal="terminal:local", channel="terminal", reply_to=question.id,
            model="m", since=EPOCH, text="ETH",
        )  # fmt: skip
        gateway.channel.turns_changed((turn,))
        await gateway.say(Speaker.KIT, "ETH leans up.", reply_to=question.id)
        await until(lambda: len(messenger.posts()) == 2)
        assert texts(messenger)[1] == "ETH leans up."
        assert [seen.edits for seen in messenger.posts()] == [0, 0]
        assert messenger.typing == 0


async def test_a_ticket_in_an_answer_that_grew_can_be_answered(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        turn = await asked_by_ann(messenger, gateway)
        await turn.shows("I propose")
        ticket = gateway.tickets["t1"] = a_ticket(created_at=EPOCH)
        await turn.ends("I propose this.", reply=Reply(text="", cards=(TicketCard(ticket),)))
        await until(lambda: asked(messenger))
        (shown,) = messenger.posts()
        await messenger.answers(shown, "reject")
        await until(lambda: not asked(messenger))
        assert gateway.answers == [(ticket.id, ticket.hash, False)]


async def test_the_answer_is_broken_off_from_the_phone(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        turn = await asked_by_ann(messenger, gateway)
        await turn.shows("ETH leans")
        await messenger.says("/esc")
        await until(lambda: gateway.interrupted)
        await turn.ends("ETH leans", cut=True, why="stopped by you")
        await until(lambda: texts(messenger) == ["ETH leans\nBroken off: stopped by you."])
        assert gateway.interrupted[0].key == messenger.person("ann").key
        assert gateway.heard == []
