"""Discord through discord.py against a loopback server: what only Discord has.

What every service has in common is in `tests/channels/conversation`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from discord.backoff import ExponentialBackoff

from kit_tui.channels.discord_writing import COLOURS
from kit_tui.channels.text import lines_of
from kit_tui.channels.tickets import ON_ITS_WAY
from kit_tui.channels.transport import Post
from kit_tui.domain.message import Speaker
from tests.channels.discord_fakes import known, lines, private, running, said
from tests.channels.fakes import Guests
from tests.servers.discord_api import DiscordApi
from tests.servers.discord_client import pointed_at

SEND = "POST /channels/{channel}/messages"
EDIT = "PATCH /channels/{channel}/messages/{message}"
OPEN = "POST /users/@me/channels"


@pytest.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordApi]:
    monkeypatch.setattr(ExponentialBackoff, "delay", lambda _: 0.02)  # it draws from 0 to 2 s
    async with DiscordApi() as server:
        with pointed_at(server):
            yield server


# -- words both ways ---------------------------------------------------------------------------


async def test_a_declared_person_is_written_to_before_they_ever_spoke(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await gateway.say(Speaker.KIT, "one")
        await gateway.say(Speaker.KIT, "two")
        await api.until(lambda: len(said(api)) == 2)
        assert api.called(OPEN) == 1


# -- who may speak -----------------------------------------------------------------------------


async def test_strangers_bots_webhooks_and_edits_get_no_word_and_do_nothing(
    api: DiscordApi,
) -> None:
    eve, bot = api.add_person("eve"), api.add_person("beep", bot=True)
    async with running(api, groups=[str(api.channel.id)]) as gateway:
        await api.says("Sell everything", by=eve)
        await api.says("Sell everything", by=eve, where=api.channel, mention=True)
        await api.says("Sell everything", by=bot, where=api.channel, mention=True)
        await api.hook_says(f"{api.bot.mention} Sell everything")
        asked = await api.invoke("ask", by=eve, text="Sell everything")
        first = await api.says("hello")
        await api.rewrites(first, "Sell everything")
        await gateway.until_heard(1)
        await api.until(lambda: sum(gateway.channel.ignored.values()) == 5)
        assert [text for _, text in gateway.heard] == ["hello"]
        assert asked.answer is None
        await api.until(lambda: said(api))
        assert [sent.channel for sent in private(api)] == [api.direct(api.owner)]
        assert len(api.texts) == 1


async def test_a_code_lets_somebody_in_by_words_or_by_command(api: DiscordApi) -> None:
    async with running(api, guests=Guests(code="ABCD")) as gateway:
        await api.says("Buy $100 BTC")
        asked = await api.invoke("pair", code="ABCD", where=api.channel)
        await api.until(lambda: said(api))
        assert said(api)[0].startswith("Paired, ann: you are a trader here")
        assert asked.original is not None
        assert asked.original.ephemeral
        await api.says("Buy $100 BTC")
        await gateway.until_heard(1)
        await api.until(lambda: len(said(api)) == 2)


async def test_a_channel_that_is_not_set_up_is_not_listened_to(api: DiscordApi) -> None:
    other = api.add_channel("other")
    async with running(api, groups=[str(api.channel.id)]) as gateway:
        await api.says("analyze ETH", where=other, mention=True)
        await api.says("analyze BTC", where=api.channel, mention=True)
        await gateway.until_heard(1)
        assert [text for _, text in gateway.heard] == ["analyze BTC"]


async def test_a_redelivery_after_resume_is_heard_once(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await api.says("Buy $100 BTC")
        await gateway.until_heard(1)
        (session,) = api.gateway.sessions.values()
        for _, event, data in list(session._sent):
            if event == "MESSAGE_CREATE":
                await session.hear(event, data)
        await api.gateway.ask_to_reconnect()
        await api.until(lambda: session.resumes == 1)
        await api.says("next")
        await gateway.until_heard(2)
        assert [text for _, text in gateway.heard] == ["Buy $100 BTC", "next"]


# -- tickets -----------------------------------------------------------------------------------


async def test_a_ticket_is_an_embed_whose_colour_says_how_it_stands(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: private(api))
        (asked,) = private(api)
        assert [part["style"] for part in asked.parts] == [3, 4]
        assert asked.embeds[0]["color"] == COLOURS["open"]
        pressed = await api.press(asked, "Approve")
        await api.until(lambda: asked.edits == 1)
        assert pressed.answer == 6
        assert asked.embeds[0]["color"] == COLOURS["good"]


async def test_an_old_button_says_so_to_its_presser_alone(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: private(api))
        (asked,) = private(api)
        approve = asked.buttons["Approve"]
        await api.press_id(asked, approve)
        again = await api.press_id(asked, approve)
        await api.until(lambda: again.followups)
        (told,) = again.followups
        assert told.ephemeral
        assert told.text in {ON_ITS_WAY, "Ticket t1: Approved by ann · discord, 14:03:00 UTC"}


async def test_a_button_on_a_board_answers_nothing(api: DiscordApi) -> None:
    async with running(api, board=str(api.channel.id)) as gateway:
        ticket = await gateway.propose()
        await api.until(lambda: private(api))
        (asked,) = private(api)
        await gateway.say(Speaker.SYSTEM, "Halted.", kind="halt")
        await api.until(lambda: any(m.channel is api.channel for m in api.messages.values()))
        board = next(m for m in api.messages.values() if m.channel is api.channel)
        pressed = await api.press_id(board, asked.buttons["Approve"])
        await api.until(lambda: pressed.answer)
        await api.press_id(asked, "a:other")
        assert gateway.answers == []
        assert gateway.ticket(ticket.id) == ticket


# -- trouble on the line -----------------------------------------------------------------------


async def test_a_lost_post_is_found_again_after_its_key_is_forgotten(api: DiscordApi) -> None:
    async with running(api) as gateway:
        for text in ("zero", "*one* and `more`", "two"):
            await gateway.say(Speaker.KIT, text)
        await api.until(lambda: len(private(api)) == 3)
        transport, chat = gateway.channel._transport, f"user:{api.owner.id}"
        zero, one, _ = (str(sent.id) for sent in private(api))
        lost = Post(lines=tuple(lines_of("*one* and `more`")))
        assert await transport.find(chat, lost, zero) == one
        assert await transport.find(chat, lost, one) is None


async def test_somebody_who_takes_no_messages_is_told_of_once_and_holds_up_nobody(
    api: DiscordApi,
) -> None:
    bob = api.add_person("bob")
    bob.takes_messages = False
    async with running(api, guests=Guests(known(bob), known(api.owner))) as gateway:
        for text in ("one", "two"):
            await gateway.say(Speaker.KIT, text)
        await api.until(lambda: len(private(api)) == 2)
        await api.until(lambda: api.called(SEND) >= 4)
        told = [c.detail for c in gateway.connections if "takes no direct messages" in c.detail]
        shut = "this person takes no direct messages from the bot"
        assert {detail.split(";")[0] for detail in told} == {shut}


async def test_a_first_connection_that_fails_is_tried_again(api: DiscordApi) -> None:
    api.fail("CONNECT", "503")
    async with running(api) as gateway:
        await api.says("hello")
        await gateway.until_heard(1)
        assert "down" in gateway.states
    assert gateway.states[-1] == "off"


async def test_an_invalid_session_begins_anew(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await api.gateway.invalidate()
        await api.until(lambda: len(api.gateway.identified) == 2 and api.gateway.connected)
        await api.says("hello")
        await gateway.until_heard(1)


async def test_a_burst_of_hundreds_arrives_in_order_within_the_buckets(api: DiscordApi) -> None:
    api.limit(SEND, 5, 0.05)
    async with running(api) as gateway:
        for number in range(400):
            await gateway.say(Speaker.KIT, f"line {number} *{number}* `x`")
        await api.until(lambda: "line 399" in (lines(api) or [""])[-1], seconds=20)
        assert [line.split()[1] for line in lines(api)] == [str(n) for n in range(400)]
        assert {call.status for call in api.calls if call.route == SEND} == {200}
