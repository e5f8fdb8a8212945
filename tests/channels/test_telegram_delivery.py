"""Nothing lost, nothing twice, in order: over lost answers, restarts, outages and flood control."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.domain.cards import Reply, TicketCard
from kit_tui.domain.message import Speaker
from kit_tui.domain.ticket import TicketState
from kit_tui.state.deliveries import Deliveries
from tests.channels.fakes import ANN, Guests, MirrorGateway, running, telegram
from tests.domain.examples import a_ticket
from tests.servers.telegram_api import EVER, TelegramApi
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


@pytest.mark.parametrize("how", ["lost", "lost:502", "garbage"])
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


async def test_a_post_that_was_never_taken_is_sent_once(api: TelegramApi, clock: FakeClock) -> None:
    async with running(api, clock) as gateway:
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        api.fail("sendMessage", "drop", times=3)
        await gateway.say(Speaker.KIT, "line 1")
        await api.until(lambda: len(api.messages) == 2)
        assert spoken(api) == ["line 0", "line 1"]


async def test_a_ticket_whose_answer_was_lost_keeps_its_buttons_working(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        api.fail("sendMessage", "lost")
        ticket = await gateway.propose()
        await gateway.say(Speaker.KIT, "line 1")
        await api.until(lambda: len(api.messages) == 3)
        shown = next(m for m in api.messages.values() if m.buttons)
        await api.press(shown.message_id, "Approve")
        await api.until(lambda: not shown.buttons)
        assert gateway.answers == [(ticket.id, ticket.hash, True)]


# -- restarts ------------------------------------------------------------------------------------


async def test_what_waited_when_the_program_ended_is_delivered_by_the_next(
    api: TelegramApi, clock: FakeClock, tmp_path: Path
) -> None:
    kept = tmp_path / "deliveries.sqlite"
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        api.fail("sendMessage", "502", times=EVER)
        for number in range(1, 4):
            await gateway.say(Speaker.KIT, f"line {number}")
        await api.until(lambda: any(call.status == 502 for call in api.record))
    api.heal()
    again = MirrorGateway(clock, Guests(ANN), begun_at=gateway.told)
    again.messages = list(gateway.messages)
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await again.say(Speaker.KIT, "line 4")
        await api.until(lambda: "line 4" in lines_in(api))
        assert spoken(api) == [f"line {number}" for number in range(5)]


async def test_a_crash_between_sending_and_hearing_of_it_sends_nothing_twice(
    api: TelegramApi, clock: FakeClock, tmp_path: Path
) -> None:
    """The program dies with the answer on its way: the next one looks before it sends."""
    kept = tmp_path / "deliveries.sqlite"
    gateway = MirrorGateway(clock, Guests(ANN))
    channel = telegram(api, clock, Deliveries(kept))
    await gateway.mirror_to(channel)
    await gateway.say(Speaker.KIT, "line 0")
    await api.until(lambda: api.messages)
    api.fail("sendMessage", "lost")
    api.fail("editMessageText", "hang", times=EVER)
    await gateway.say(Speaker.KIT, "line 1")
    await api.until(lambda: "editMessageText" in api.calls)
    await channel.stop()
    api.heal()
    clock.advance(3_600)
    again = MirrorGateway(clock, Guests(ANN), begun_at=gateway.told)
    again.messages = list(gateway.messages)
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await again.say(Speaker.KIT, "line 2")
        await api.until(lambda: "line 2" in lines_in(api))
        assert spoken(api) == ["line 0", "line 1", "line 2"]


async def test_a_ticket_can_be_answered_after_a_restart_and_one_that_ended_loses_its_buttons(
    api: TelegramApi, clock: FakeClock, tmp_path: Path
) -> None:
    kept = tmp_path / "deliveries.sqlite"
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.propose(id="t1")
        await gateway.propose(id="t2")
        await api.until(lambda: len(api.messages) == 2)
    first, second = api.messages.values()
    again = MirrorGateway(clock, Guests(ANN), begun_at=gateway.told)
    again.messages, again.tickets = list(gateway.messages), dict(gateway.tickets)
    await again.end("t2", TicketState.EXPIRED, by="", channel="")
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await api.until(lambda: not second.buttons)
        assert "Expired without an answer" in second.text
        await api.press(first.message_id, "Approve")
        await api.until(lambda: not first.buttons)
        assert [answer[0] for answer in again.answers] == ["t1"]
        await api.until(lambda: len(api.messages) == 3)
        assert api.texts[2].startswith("Bought")


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


async def test_an_hour_without_telegram(api: TelegramApi, clock: FakeClock) -> None:
    """E10: queued, delivered once each, in order; the screen says so."""
    async with running(api, clock) as gateway:
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        api.down = True
        await api._notify()
        began = clock.monotonic()
        for number in range(1, 121):
            await gateway.say(Speaker.KIT, f"line {number}")
            clock.advance(30)
        while "down" not in gateway.states or clock.monotonic() - began < 3_600:
            await clock.sleep(1)
        waiting = gateway.deliveries[-1]
        assert waiting.waiting == 120
        assert waiting.reached == 1
        api.down = False
        await api.until(lambda: len(spoken(api)) == 121)
        assert spoken(api) == [f"line {number}" for number in range(121)]
        while gateway.states[-1] != "up" or gateway.deliveries[-1].waiting:
            await clock.sleep(1)
        assert gateway.deliveries[-1].reached == gateway.told
        assert len(api.messages) < 20  # what waited comes together, not one sound after another


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
