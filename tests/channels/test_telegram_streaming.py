"""Answers that grow on the phone: one post, changed at most once a second, finished exactly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from kit_tui.domain.cards import Reply
from kit_tui.domain.message import Message, Principal, Role, Speaker
from kit_tui.domain.turn import LiveTurn
from tests.channels.fakes import MirrorGateway, running
from tests.servers.telegram_api import TelegramApi
from tests.support.clock import EPOCH, FakeClock

ANN = Principal(channel="telegram", user="42", name="Ann", role=Role.TRADER)
SENTENCE = "ETH holds above its average of 20 days, and momentum turned up. "


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[TelegramApi]:
    async with TelegramApi(now=clock.monotonic) as server:
        server.flood.enabled = True
        yield server


class Asked:
    """A question of Ann's that a model answers."""

    def __init__(self, gateway: MirrorGateway, question: Message) -> None:
        self._gateway = gateway
        self._turn = LiveTurn(
            id="t", principal=ANN.key, channel="telegram", reply_to=question.id,
            model="claude-sonnet-5-5", since=EPOCH,
        )  # fmt: skip

    def shows(self, text: str) -> None:
        self._turn = replace(self._turn, text=text, phase="answering")
        self._gateway.channel.turns_changed((self._turn,))

    def waits(self) -> None:
        self._gateway.channel.turns_changed((self._turn,))

    async def ends(self, text: str, **changes: Any) -> None:
        await self._gateway.say(Speaker.KIT, text, who=ANN, reply_to=self._turn.reply_to, **changes)
        self._gateway.channel.turns_changed(())


async def asked(gateway: MirrorGateway) -> Asked:
    return Asked(gateway, await gateway.say(Speaker.PERSON, "how does ETH look?", who=ANN))


async def test_an_answer_grows_in_one_post_and_ends_exactly(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        turn = await asked(gateway)
        for length in range(1, 12):
            turn.shows(SENTENCE * length)
            await api.until(lambda: any(SENTENCE * length in f"{t} " for t in api.texts))  # noqa: B023
        await turn.ends(f"**{SENTENCE.strip()}**")
        await api.until(lambda: api.texts == [SENTENCE.strip()])
        (post,) = api.messages.values()
        assert post.source == f"<b>{SENTENCE.strip()}</b>"
        times = [version.at for version in post.history]
        assert all(later - sooner >= 0.99 for sooner, later in pairwise(times))
        assert api.flood.floods == []
        assert post.history[0].text.endswith("…")


async def test_while_it_says_nothing_the_chat_shows_that_it_writes(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        turn = await asked(gateway)
        turn.waits()
        await api.until(lambda: len(api.called("sendChatAction")) >= 3)
        first, second, *_ = (call.at for call in api.called("sendChatAction"))
        assert second - first >= 4
        await turn.ends("Done.")
        await api.until(lambda: api.texts == ["Done."])


async def test_a_long_answer_is_finished_in_as_many_posts_as_it_takes(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        turn = await asked(gateway)
        paragraphs = [f"Paragraph {number}. {SENTENCE * 6}".strip() for number in range(30)]
        turn.shows("\n\n".join(paragraphs))
        await api.until(lambda: api.messages)
        await turn.ends("\n\n".join(paragraphs))
        await api.until(lambda: any("Paragraph 29" in text for text in api.texts), 20)
        read = "\n".join(api.texts).replace("\n\n", "\n").split("\n")
        assert [line for line in read if line] == paragraphs
        assert len(api.messages) >= 3


async def test_a_growing_post_that_somebody_deleted_is_sent_anew(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        turn = await asked(gateway)
        turn.shows("ETH")
        await api.until(lambda: api.messages)
        api.messages.clear()
        await turn.ends("ETH leans up.")
        await api.until(lambda: api.texts == ["ETH leans up."])


async def test_a_lost_edit_at_the_end_is_made_again(api: TelegramApi, clock: FakeClock) -> None:
    async with running(api, clock) as gateway:
        turn = await asked(gateway)
        turn.shows("ETH")
        await api.until(lambda: api.messages)
        api.fail("editMessageText", "lost", times=2)
        await turn.ends("ETH leans up.")
        await gateway.say(Speaker.KIT, "next")
        await api.until(lambda: "next" in api.texts)
        assert api.texts == ["ETH leans up.", "next"]


async def test_what_happens_meanwhile_does_not_wait_for_the_answer(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        turn = await asked(gateway)
        turn.shows("ETH")
        await api.until(lambda: api.messages)
        await gateway.say(Speaker.SYSTEM, "Bought: 1 ETH", kind="fill")
        await api.until(lambda: len(api.messages) == 2)
        await turn.ends("ETH leans up.")
        await api.until(lambda: api.texts == ["ETH leans up.", "Bought: 1 ETH"])


async def test_an_answer_asked_elsewhere_comes_when_it_is_whole(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        question = await gateway.say(Speaker.PERSON, "how does ETH look?")
        turn = LiveTurn(
            id="t", principal="terminal:local", channel="terminal", reply_to=question.id,
            model="m", since=EPOCH, text="ETH",
        )  # fmt: skip
        gateway.channel.turns_changed((turn,))
        await gateway.say(Speaker.KIT, "ETH leans up.", reply_to=question.id)
        await api.until(lambda: len(api.messages) == 2)
        assert api.texts[1] == "ETH leans up."
        assert api.called("editMessageText") == []


async def test_a_ticket_in_a_streamed_answer_has_its_buttons(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        turn = await asked(gateway)
        turn.shows("I propose")
        await api.until(lambda: api.messages)
        ticket = await gateway.propose()
        card = gateway.messages[-1].cards
        gateway.messages.pop()
        await turn.ends("I propose this.", reply=Reply(text="", cards=card))
        await api.until(lambda: sum(bool(m.buttons) for m in api.messages.values()) == 2)
        first = next(iter(api.messages.values()))
        await api.press(first.message_id, "Reject")
        await api.until(lambda: not any(m.buttons for m in api.messages.values()))
        assert gateway.answers == [(ticket.id, ticket.hash, False)]


async def test_the_answer_is_broken_off_from_the_phone(api: TelegramApi, clock: FakeClock) -> None:
    async with running(api, clock) as gateway:
        turn = await asked(gateway)
        turn.shows("ETH leans")
        await api.until(lambda: api.messages)
        await api.says("/esc")
        await api.until(lambda: gateway.interrupted)
        await turn.ends("ETH leans", cut=True, why="stopped by you")
        await api.until(lambda: api.texts == ["ETH leans\nBroken off: stopped by you."])
        assert gateway.interrupted[0].key == "telegram:42"
