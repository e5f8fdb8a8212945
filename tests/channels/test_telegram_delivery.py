"""Nothing lost, nothing twice, in order: over lost answers, restarts, outages and flood control."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.domain.cards import Reply, TicketCard
from kit_tui.domain.message import Speaker
from kit_tui.state.deliveries import Deliveries
from tests.channels.fakes import ANN, Guests, MirrorGateway, running
from tests.domain.examples import a_ticket
from tests.servers.telegram_api import TelegramApi
from tests.support.charts import chart_of
from tests.support.clock import EPOCH, FakeClock
from tests.support.market import walk


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[TelegramApi]:
    async with TelegramApi(now=clock.monotonic) as server:
        yield server


def lines_in(api: TelegramApi) -> list[str]:
    return [line for text in api.texts for line in text.split("\n") if line]


def spoken(api: TelegramApi, word: str = "line ") -> list[str]:
    return [line for line in lines_in(api) if line.startswith(word)]


# -- answers that are lost -----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["lost:502", "garbage"])
async def test_a_post_whose_answer_was_lost_is_found_and_not_sent_again(
    api: TelegramApi, clock: FakeClock, how: str
) -> None:
    async with running(api, clock) as gateway:
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        for number in range(1, 4):
            api.fail("sendMessage", how)
            await gateway.say(Speaker.KIT, f"line {number} with **marks** & <signs>")
            await api.until(lambda: len(api.messages) == number + 1)  # noqa: B023
        await gateway.say(Speaker.KIT, "the end")
        await api.until(lambda: "the end" in api.texts)
        assert len(api.messages) == 5
        assert [len(m.history) for m in api.messages.values()] == [1] * 5


async def test_words_that_came_meanwhile_do_not_hide_it(api: TelegramApi, clock: FakeClock) -> None:
    async with running(api, clock) as gateway:
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        for word in ("a", "b", "c"):
            await api.shows("photo", word)  # takes a number in the chat, and is no words
        api.fail("sendMessage", "lost")
        await gateway.say(Speaker.KIT, "line 1")
        await gateway.say(Speaker.KIT, "line 2")
        await api.until(lambda: len(spoken(api)) == 3)
        assert spoken(api) == ["line 0", "line 1", "line 2"]


# -- restarts ------------------------------------------------------------------------------------


async def test_a_damaged_file_is_set_aside_and_only_the_news_is_told(
    api: TelegramApi, clock: FakeClock, tmp_path: Path
) -> None:
    kept = tmp_path / "deliveries.sqlite"
    kept.write_bytes(b"this is no database at all" * 100)
    gateway = MirrorGateway(clock, Guests(ANN), begun_at=7)
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.say(Speaker.KIT, "line 8")
        await api.until(lambda: api.messages)
        assert spoken(api) == ["line 8"]
    assert kept.with_suffix(".damaged").exists()


# -- pace ----------------------------------------------------------------------------------------


async def test_a_thousand_messages_both_ways_provoke_no_second_429(
    api: TelegramApi, clock: FakeClock
) -> None:
    api.flood.enabled = True
    async with running(api, clock) as gateway:
        for number in range(1_000):
            await gateway.say(Speaker.KIT, f"line {number}")
            await api.says(f"word {number}")
        await gateway.until_heard(1_000)
        await api.until(lambda: len(spoken(api)) == 1_000, 60)
        await gateway.say(Speaker.KIT, "the end")
        await api.until(lambda: "the end" in lines_in(api), 60)
        assert spoken(api) == [f"line {number}" for number in range(1_000)]
        assert [text for _, text in gateway.heard] == [f"word {number}" for number in range(1_000)]
        assert sum(line == "Understood." for line in lines_in(api)) == 1_000
        assert not any(flood.provoked_twice for flood in api.flood.floods)
        assert api.flood.early == []


async def test_a_burst_within_the_pace_provokes_no_429_at_all(
    api: TelegramApi, clock: FakeClock
) -> None:
    api.flood.enabled = True
    async with running(api, clock) as gateway:
        for number in range(60):
            ticket = a_ticket(id=f"t{number}", created_at=EPOCH)
            gateway.tickets[ticket.id] = ticket
            cards = (TicketCard(ticket),)
            await gateway.say(Speaker.KIT, f"line {number}", reply=Reply(text="", cards=cards))
        await api.until(lambda: len(spoken(api)) == 60, 30)
        assert api.flood.floods == []


async def test_after_a_pause_that_was_asked_for_the_pace_is_slow(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        await api.until(lambda: "getUpdates" in api.calls)
        api.fail("sendMessage", "429:17")
        before = clock.monotonic()
        for number in range(3):
            await gateway.say(Speaker.KIT, f"line {number}")
        await api.until(lambda: len(spoken(api)) == 3)
        assert clock.monotonic() - before >= 19
        assert api.flood.early == []


# -- outages -------------------------------------------------------------------------------------


async def test_someone_who_blocks_the_bot_is_told_of_on_the_line(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        await api.until(lambda: "getUpdates" in api.calls)
        await api.blocks()
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: any(call.status == 403 for call in api.record))
        while "blocked" not in gateway.connections[-1].detail:
            await clock.sleep(1)
        assert gateway.connections[-1].state == "degraded"
        await gateway.say(Speaker.KIT, "line 1")
        await api.blocks(unblocks=True)
        await api.until(lambda: len(spoken(api)) == 2)
        while gateway.connections[-1].detail:
            await clock.sleep(1)
        assert spoken(api) == ["line 0", "line 1"]
        assert api.texts[0].startswith("No message reached this chat since 22 Nov 14:03 UTC")


# -- pictures ------------------------------------------------------------------------------------


async def test_a_chart_comes_as_a_picture_with_its_words_below(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        reply = Reply(text="BTC/USDT 4h: 67,012.40", cards=(chart_of(walk(30)),))
        await gateway.say(Speaker.KIT, reply.text, reply=reply)
        await api.until(lambda: api.messages)
        (call,) = api.called("sendPhoto")
        assert (call.files, call.params["caption"]) == (("photo",), "BTC/USDT 4h: 67,012.40")


async def test_without_the_means_to_draw_a_chart_comes_in_characters(
    api: TelegramApi, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit_tui.channels.pictures.can_draw", lambda: False)
    async with running(api, clock) as gateway:
        reply = Reply(text="BTC/USDT 4h: 67,012.40", cards=(chart_of(walk(30)),))
        await gateway.say(Speaker.KIT, reply.text, reply=reply)
        await api.until(lambda: api.messages)
        assert "┤" in api.texts[0]
        assert "<pre>" in next(iter(api.messages.values())).source
