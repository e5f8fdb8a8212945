"""What no ordinary day brings: floods, refused pictures, clocks that jump, text made to break."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kit_tui.channels import discord_markdown, signal_text, telegram_html
from kit_tui.channels.text import lines_of, packed
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.message import Message, Principal, Role, Speaker
from kit_tui.domain.turn import LiveTurn
from kit_tui.state.deliveries import Deliveries
from tests.channels.fakes import ANN, Guests, MirrorGateway, running
from tests.gateway.model_house import until
from tests.servers.telegram_api import TelegramApi
from tests.support.charts import chart_of
from tests.support.clock import EPOCH, FakeClock
from tests.support.market import walk

ANN_THERE = Principal(channel="telegram", user=ANN.user, name="Ann", role=Role.TRADER)
SENTENCE = "ETH holds above its average of 20 days, and momentum turned up. "


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[TelegramApi]:
    async with TelegramApi(now=clock.monotonic) as server:
        yield server


def charted(text: str) -> Reply:
    return Reply(text=text, cards=(chart_of(walk(30)),))


# -- text made to break --------------------------------------------------------------------------


@pytest.mark.parametrize("service", [telegram_html, discord_markdown, signal_text])
def test_a_hundred_kilobytes_of_short_lines_are_packed_at_once(service: Any) -> None:
    """Measured from the start at every line it took a minute, in which nothing else ran."""
    began = time.process_time()
    parts = packed(lines_of("a\n" * 20_000), 1_700, service.size)
    assert time.process_time() - began < 3
    assert sum(len(part) for part in parts) == 20_000
    assert all(service.size(list(part)) <= 1_700 for part in parts)


@pytest.mark.parametrize(
    "text",
    [
        "<b><i>unclosed & <script> &amp; </pre> <a href='x'>",
        "a\ud83d b \udc00 c",
        "😀" * 2_048,
        "😀" * 1_898 + "ab",
        "👨‍👩‍👧‍👦" * 700,
        "\u202eevil\u202c \u2066x\u2069 \u200b\u200d",
        "a" + "\u0301" * 5_000,
        "&" * 9_000,
        "**x** `y` *z* " * 700,
        "[" * 5_000 + "](" * 1_000,
        "```\n" + "x <y> & z\n" * 900,
    ],
)
async def test_no_text_is_refused_or_holds_up_what_comes_after(
    api: TelegramApi, clock: FakeClock, text: str
) -> None:
    async with running(api, clock) as gateway:
        await gateway.say(Speaker.KIT, text)
        await gateway.say(Speaker.KIT, "the end")
        await api.until(lambda: "the end" in api.texts)
        assert [call.said for call in api.record if call.said] == []
        assert not any(sign in text for text in api.texts for sign in "\u202e\u2066\u200b")


async def test_a_table_of_two_hundred_rows_is_cut_and_says_so(
    api: TelegramApi, clock: FakeClock
) -> None:
    rows = tuple((f"P{number}/USDT", "buy", f"{number}", "<&>") for number in range(200))
    card = TableCard(title="Trades", columns=("pair", "side", "number", "note"), rows=rows)
    async with running(api, clock) as gateway:
        reply = Reply(text="Trades.", cards=(card,))
        await gateway.say(Speaker.KIT, reply.text, reply=reply)
        await api.until(lambda: any("… and 160 more" in text for text in api.texts))


async def test_a_picture_that_is_refused_comes_in_characters(
    api: TelegramApi, clock: FakeClock
) -> None:
    api.fail("sendPhoto", "400:Bad Request: PHOTO_INVALID_DIMENSIONS")
    async with running(api, clock) as gateway:
        reply = charted("BTC/USDT 4h: 67,012.40")
        await gateway.say(Speaker.KIT, reply.text, reply=reply)
        await gateway.say(Speaker.KIT, "next")
        await api.until(lambda: "next" in api.texts)
        assert len(api.texts) == 2
        assert api.texts[0].startswith("BTC/USDT 4h: 67,012.40")
        assert "┤" in api.texts[0]
        assert gateway.connections[-1].detail == ""


async def test_a_picture_that_never_gets_through_does_not_hold_up_the_chat(
    api: TelegramApi, clock: FakeClock
) -> None:
    api.fail("sendPhoto", "drop", times=50)
    async with running(api, clock) as gateway:
        reply = charted("BTC/USDT 4h: 67,012.40")
        await gateway.say(Speaker.KIT, reply.text, reply=reply)
        await gateway.say(Speaker.KIT, "next")
        await api.until(lambda: "next" in api.texts)
        assert "┤" in api.texts[0]
        assert len(api.called("sendPhoto")) == 3


# -- answers under way ---------------------------------------------------------------------------


class Asked:
    """A question that a model answers."""

    def __init__(self, gateway: MirrorGateway, question: Message, who: Principal) -> None:
        self._gateway = gateway
        self._who = who
        self.turn = LiveTurn(
            id=question.id, principal=who.key, channel="telegram", reply_to=question.id,
            model="m", since=EPOCH, phase="answering",
        )  # fmt: skip

    def says(self, text: str) -> LiveTurn:
        self.turn = replace(self.turn, text=text)
        return self.turn

    async def ends(self, text: str, **changes: Any) -> None:
        await self._gateway.say(
            Speaker.KIT, text, who=self._who, reply_to=self.turn.reply_to, **changes
        )


async def test_a_pause_asked_for_while_an_answer_grows_makes_no_storm_and_no_second_post(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        question = await gateway.say(Speaker.PERSON, "how does ETH look?", who=ANN_THERE)
        asked = Asked(gateway, question, ANN_THERE)
        gateway.channel.turns_changed((asked.says(SENTENCE),))
        await api.until(lambda: api.messages)
        api.fail("editMessageText", "429:30")
        for length in range(2, 12):
            gateway.channel.turns_changed((asked.says(SENTENCE * length),))
            await api.until(lambda: "editMessageText" in api.calls)
        await asked.ends("ETH leans up.")
        gateway.channel.turns_changed(())
        await api.until(lambda: api.texts == ["ETH leans up."])
        times = [call.at for call in api.called("editMessageText")]
        assert times[1] - times[0] >= 30
        assert all(later - sooner >= 0.99 for sooner, later in pairwise(times))
        assert len(api.called("sendMessage")) == 1
        assert api.flood.early == []


async def test_two_phones_that_ask_at_once_get_their_own_answers_as_they_grow(
    api: TelegramApi, clock: FakeClock
) -> None:
    ben = replace(ANN, user="77", chat="77", name="Ben")
    ben_there = replace(ANN_THERE, user="77", name="Ben")
    api.add_person(77, "Ben")
    async with running(api, clock, guests=Guests(ANN, ben)) as gateway:
        hers = Asked(gateway, await gateway.say(Speaker.PERSON, "a?", who=ANN_THERE), ANN_THERE)
        his = Asked(gateway, await gateway.say(Speaker.PERSON, "b?", who=ben_there), ben_there)
        for length in range(1, 6):
            gateway.channel.turns_changed((hers.says("A" * length), his.says("B" * length)))
            await api.until(lambda: sum(f"{'A' * length}\n" in t for t in api.texts) == 1)  # noqa: B023
            await api.until(lambda: sum(f"{'B' * length}\n" in t for t in api.texts) == 1)  # noqa: B023
        await his.ends("B.")
        await hers.ends("A.")
        gateway.channel.turns_changed(())

        def read(chat: int) -> list[str]:
            return [m.text for m in api.messages.values() if m.chat_id == chat]

        await api.until(lambda: "A." in read(77) and "B." in read(42))
        assert [text for text in read(42) if "·" not in text] == ["A.", "B."]
        assert [text for text in read(77) if "·" not in text] == ["B.", "A."]


# -- clocks that jump ----------------------------------------------------------------------------


async def test_a_clock_set_back_makes_no_long_silence_of_a_pause_that_was_asked_for(
    api: TelegramApi, clock: FakeClock, tmp_path: Path
) -> None:
    kept = tmp_path / "deliveries.sqlite"
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        api.fail("sendMessage", "429:30")
        await gateway.say(Speaker.KIT, "line 1")
        await api.until(lambda: len(api.messages) == 2)
    clock.time = EPOCH.replace(hour=2)  # half a day back
    before = clock.monotonic()
    again = MirrorGateway(clock, Guests(ANN), begun_at=gateway.told)
    again.messages = list(gateway.messages)
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await again.say(Speaker.KIT, "line 2")
        await api.until(lambda: len(api.messages) == 3)
        assert clock.monotonic() - before < 120


# -- another program with the same token ---------------------------------------------------------


async def test_two_engines_with_one_token_back_off_and_the_one_that_stays_recovers(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        await api.until(lambda: "getUpdates" in api.calls)
        other_clock = FakeClock()
        other = MirrorGateway(other_clock, Guests(ANN))
        async with running(api, other_clock, gateway=other):
            await api.until(lambda: sum(call.status == 409 for call in api.record) >= 10)
        said = [(c.state, c.detail) for c in (*gateway.connections, *other.connections)]
        assert ("degraded", "another program listens with the same bot") in said
        for connections in (gateway.connections, other.connections):
            assert [c.state for c in connections].count("up") <= 1
        # Ten in a row without a pause that grows would take ten seconds.
        assert clock.monotonic() + other_clock.monotonic() > 30
        await api.says("hello")
        await gateway.until_heard(1)
        assert gateway.states[-1] == "degraded"
        clock.advance(120)
        await api.says("and now")
        await gateway.until_heard(2)
        await until(lambda: gateway.states[-1] == "up")


async def test_a_webhook_that_is_set_while_it_runs_is_named(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        await api.until(lambda: "getUpdates" in api.calls)
        api.updates.webhook = "https://elsewhere.example/hook"
        await api.updates.notify()
        await until(lambda: "webhook" in gateway.connections[-1].detail)
        api.updates.webhook = ""
        clock.advance(120)
        await api.says("hello")
        await gateway.until_heard(1)


# -- presses -------------------------------------------------------------------------------------


async def test_a_press_that_is_acknowledged_too_late_counts_all_the_same(
    api: TelegramApi, clock: FakeClock
) -> None:
    api.methods.query_life = 0.0
    async with running(api, clock) as gateway:
        ticket = await gateway.propose()
        await api.until(lambda: any(m.buttons for m in api.messages.values()))
        shown = next(m for m in api.messages.values() if m.buttons)
        clock.advance(20)
        await api.press(shown.message_id, "Approve")
        await api.until(lambda: not shown.buttons)
        assert gateway.answers == [(ticket.id, ticket.hash, True)]


async def test_a_button_of_one_person_says_nothing_in_the_hands_of_another(
    api: TelegramApi, clock: FakeClock
) -> None:
    ben = replace(ANN, user="77", chat="77", name="Ben")
    api.add_person(77, "Ben")
    async with running(api, clock, guests=Guests(ANN, ben)) as gateway:
        await gateway.propose()
        await api.until(lambda: sum(bool(m.buttons) for m in api.messages.values()) == 2)
        hers, his = sorted((m for m in api.messages.values() if m.buttons), key=lambda m: m.chat_id)
        query = await api.press_data(his.message_id, hers.buttons["Approve"], 77)
        await api.until(lambda: query in api.presses)
        assert api.presses[query]
        query = await api.press_data(hers.message_id, hers.buttons["Approve"], 666)
        await api.until(lambda: query in api.presses)
        assert not api.presses[query]
        assert gateway.answers == []
