"""Nothing grows with time or with strangers: a long day, floods, groups, codes that are guessed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from kit_tui.channels.hearing import REMEMBERED
from kit_tui.channels.telegram import PLACES
from kit_tui.domain.message import Principal, Role, Speaker
from kit_tui.domain.ticket import TicketState
from kit_tui.domain.turn import LiveTurn
from kit_tui.gateway.people import WRONG_CODES, People, Rules
from kit_tui.gateway.people import Speaker as Stranger
from kit_tui.state.deliveries import Deliveries
from kit_tui.state.journal import Journal
from tests.channels.fakes import ANN, running
from tests.gateway.model_house import until
from tests.servers.telegram_api import TelegramApi
from tests.servers.telegram_chats import Chat
from tests.support.clock import EPOCH, FakeClock

ANN_THERE = Principal(channel="telegram", user=ANN.user, name="Ann", role=Role.TRADER)
OWNER = Principal(channel="terminal", user="local", name="you", role=Role.OWNER, local=True)
CODE = "ABCD2345"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[TelegramApi]:
    async with TelegramApi(now=clock.monotonic) as server:
        yield server


async def test_after_a_day_of_talk_nothing_is_left_of_it(
    api: TelegramApi, clock: FakeClock, tmp_path: Path
) -> None:
    deliveries = Deliveries(tmp_path / "deliveries.sqlite")
    async with running(api, clock, deliveries=deliveries) as gateway:
        channel = gateway.channel
        for hour in range(24):
            for number in range(10):
                await api.says(f"{hour} {number}")
            await gateway.until_heard(10 * (hour + 1))
            question = gateway.messages[-2]
            turn = LiveTurn(
                id=f"t{hour}", principal=ANN.key, channel="telegram", reply_to=question.id,
                model="m", since=EPOCH, text="grows", phase="answering",
            )  # fmt: skip
            channel.turns_changed((turn,))
            await api.until(lambda: any("grows" in text for text in api.texts))
            await gateway.say(Speaker.KIT, "whole", who=ANN_THERE, reply_to=question.id)
            channel.turns_changed(())
            until_then = clock.now() + timedelta(seconds=60)
            ticket = await gateway.propose(id=f"ticket{hour}", expires_at=until_then)
            await api.until(lambda: any(m.buttons for m in api.messages.values()))
            await gateway.end(ticket.id, TicketState.EXPIRED, by="", channel="")
            await api.until(lambda: not any(m.buttons for m in api.messages.values()))
            clock.advance(3_600)
        await until(lambda: gateway.deliveries[-1].waiting == 0)
        hearing, tickets = channel._hearing, channel._tickets
        assert hearing is not None
        await until(lambda: not channel._tasks - {channel._listening})
        await until(lambda: not hearing._works)
        await until(lambda: not tickets._shown)
        assert (len(hearing._durable), len(hearing._tries)) == (0, 0)
        assert len(hearing._seen) <= REMEMBERED
        (courier,) = channel._couriers.values()
        assert (courier._drafts._drafts, len(courier._outbox.items)) == ({}, 0)
        rows = {t: len(deliveries._db.rows(f"SELECT * FROM {t}")) for t in deliveries._db._tables}  # noqa: S608 - names of tables
        assert (rows["posts"], rows["drafts"], rows["shown"], rows["reached"]) == (0, 0, 0, 1)


async def test_a_flood_of_strangers_is_counted_and_leaves_no_trace(
    api: TelegramApi, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with running(api, clock) as gateway:
        for number in range(1_000):
            stranger = 10_000 + number % 100
            await api.says("/halt", by=stranger, where=stranger)
            await api.shows("photo", "buy", by=stranger, where=stranger)
        await api.says("price of BTC")
        await gateway.until_heard(1)
        assert [text for _, text in gateway.heard] == ["price of BTC"]
        assert gateway.channel.ignored["a stranger"] == 2_000
        assert len(gateway.channel._couriers) == 1
        await api.until(lambda: "Understood." in api.texts)
        assert {message.chat_id for message in api.messages.values()} == {42}
        ours = [r for r in caplog.records if r.name == "kit_tui.channels.hearing"]
        assert len(ours) <= 4


async def test_groups_that_strangers_put_the_bot_into_leave_no_trace(
    api: TelegramApi, clock: FakeClock
) -> None:
    deliveries = Deliveries()
    async with running(api, clock, deliveries=deliveries) as gateway:
        for number in range(PLACES + 50):
            chat = -1_009_000_000_000 - number
            api.add_chat(Chat(chat, "supergroup", f"trap {number}"))
            await api.says("@kit_test_bot buy", by=666, where=chat)
        for number in range(50):
            api.add_chat(Chat(-9_000 - number, "group", "trap"))
            to = -1_008_000_000_000 - number
            await api.says(None, by=666, where=-9_000 - number, migrate_to_chat_id=to)
        await api.says("price of BTC")
        await gateway.until_heard(1)
        assert len(gateway.channel._couriers) == 1
        assert deliveries._db.rows("SELECT name FROM bookmarks WHERE name LIKE 'moved %'") == []
        assert len(gateway.channel._transport._newest) <= PLACES  # type: ignore[attr-defined]


async def test_a_code_is_void_after_a_few_guesses_however_many_accounts_guess(
    tmp_path: Path, clock: FakeClock
) -> None:
    journal = await Journal.open(tmp_path / "journal.sqlite", clock)
    people = People(journal, clock, make_code=lambda: CODE)
    people.set_rules("telegram", Rules())
    people.open("telegram", Role.TRADER, OWNER)
    for number in range(WRONG_CODES):
        eve = Stranger(channel="telegram", user=f"{number}", chat=f"{number}", name="Eve")
        assert await people.redeem(eve, f"/start ABCD234{'6789ABCDEF'[number]}") is None
    last = Stranger(channel="telegram", user="99", chat="99", name="Eve")
    assert await people.redeem(last, f"/start {CODE}") is None
    assert people.access.doors[0].pairing_until is None
    await journal.close()
