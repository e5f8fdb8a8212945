"""What a restart, a lost file or somebody sent away must not change on the phone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.channels.drafts import ENDED
from kit_tui.domain.message import Principal, Role, Speaker
from kit_tui.domain.ticket import TicketState
from kit_tui.domain.turn import LiveTurn
from kit_tui.state.deliveries import Deliveries
from tests.channels.fakes import ANN, Guests, MirrorGateway, running
from tests.gateway.model_house import until
from tests.servers.telegram_api import CHAT, TelegramApi
from tests.servers.telegram_chats import Chat
from tests.support.clock import EPOCH, FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[TelegramApi]:
    async with TelegramApi(now=clock.monotonic) as server:
        yield server


def next_run(gateway: MirrorGateway) -> MirrorGateway:
    """The same conversation in the next run of the engine."""
    again = MirrorGateway(gateway.clock, Guests(ANN), begun_at=gateway.told)
    again.messages, again.tickets = list(gateway.messages), dict(gateway.tickets)
    return again


async def test_whoever_was_sent_away_is_not_told_how_a_ticket_ended(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        ticket = await gateway.propose()
        await until(lambda: gateway.deliveries[-1].reached == gateway.told)
        gateway.people.known.clear()
        gateway.channel.people_changed()
        await gateway.end(ticket.id, TicketState.APPROVED, by="you", channel="terminal")
        await asyncio.sleep(0.1)
        assert "editMessageText" not in api.calls
        assert all("pproved" not in text for text in api.texts)


async def test_messages_that_are_not_kept_any_more_are_said_to_be_missing(
    api: TelegramApi, clock: FakeClock, tmp_path: Path
) -> None:
    kept = tmp_path / "deliveries.sqlite"
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
    gateway.stopped()
    for number in range(1, 9):
        await gateway.say(Speaker.KIT, f"line {number}")
    again = next_run(gateway)
    del again.messages[:7]
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await api.until(lambda: "line 8" in api.texts[-1])
        assert [t.split(":")[0] for t in api.texts] == [
            "line 0", "6 messages are missing here", "line 7", "line 8",
        ]  # fmt: skip


async def test_a_journal_that_counts_from_a_lower_number_again_is_told_all_the_same(
    api: TelegramApi, clock: FakeClock, tmp_path: Path
) -> None:
    kept = tmp_path / "deliveries.sqlite"
    before = MirrorGateway(clock, Guests(ANN), begun_at=500)
    async with running(api, clock, gateway=before, deliveries=Deliveries(kept)):
        await before.say(Speaker.KIT, "line 501")
        await api.until(lambda: api.messages)
    after = MirrorGateway(clock, Guests(ANN), begun_at=490)
    async with running(api, clock, gateway=after, deliveries=Deliveries(kept)):
        await after.say(Speaker.KIT, "line 491")
        await after.say(Speaker.KIT, "line 492")
        await api.until(lambda: len(api.messages) == 3)
        assert api.texts == ["line 501", "line 491", "line 492"]


async def test_a_group_is_not_told_everything_again_when_the_file_is_lost(
    api: TelegramApi, clock: FakeClock
) -> None:
    api.add_chat(Chat(-5, "group", name="desk"))
    gateway = MirrorGateway(clock, Guests(ANN))
    asker = Principal(channel="telegram", user=f"{ANN.user}@-5", name="Ann", role=Role.VIEWER)
    await gateway.say(Speaker.KIT, "old", who=asker)
    again = next_run(gateway)
    async with running(api, clock, gateway=again):
        await again.say(Speaker.KIT, "new", who=asker)
        await api.until(lambda: [m for m in api.messages.values() if m.chat_id == -5])
        assert [m.text for m in api.messages.values() if m.chat_id == -5] == ["new"]


async def test_a_press_whose_answer_a_crash_took_counts_when_it_comes_again(
    api: TelegramApi, clock: FakeClock, tmp_path: Path
) -> None:
    kept = tmp_path / "deliveries.sqlite"
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        ticket = await gateway.propose()
        await api.until(lambda: api.messages)
        await api.says("/halt")  # confirms that the post is known under its id
        await gateway.until_heard(1)
        tickets = gateway.channel._tickets
        assert tickets.take(str(CHAT), "a:nonce1") is not None  # and the program dies
    (shown,) = [m for m in api.messages.values() if m.buttons]
    again = next_run(gateway)
    async with running(
        api, clock, gateway=again, deliveries=Deliveries(kept), make_nonce=lambda: "fresh"
    ):
        await api.press(shown.message_id, "Approve")
        await api.until(lambda: again.answers)
        assert again.answers == [(ticket.id, ticket.hash, True)]


@pytest.mark.parametrize("kind", ["a note", "a growing answer"])
async def test_a_lost_post_is_not_looked_for_in_what_came_before_it(
    clock: FakeClock, api: TelegramApi, tmp_path: Path, kind: str
) -> None:
    """What is no message of the conversation is not written over after a restart."""
    kept = tmp_path / "deliveries.sqlite"
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        question = await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        if kind == "a note":
            gateway.channel._courier(str(CHAT)).note("before")
        else:
            turn = LiveTurn(
                id="t", principal=ANN.key, channel="telegram", reply_to=question.id, model="m",
                since=EPOCH, text="before", phase="answering",
            )  # fmt: skip
            gateway.channel.turns_changed((turn,))
        await api.until(lambda: len(api.messages) == 2)
    again = next_run(gateway)
    api.fail("sendMessage", "lost")
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await again.say(Speaker.KIT, "line 1")
        await again.say(Speaker.KIT, "line 2")
        await api.until(lambda: "line 2" in api.texts[-1])
        assert [text.removesuffix(f"\n{ENDED}") for text in api.texts] == [
            "line 0", "before", "line 1", "line 2",
        ]  # fmt: skip
