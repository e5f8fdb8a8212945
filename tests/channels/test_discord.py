"""Discord through discord.py against a loopback server: words, people, buttons, trouble."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from discord.backoff import ExponentialBackoff

from kit_tui.channels.discord_writing import COLOURS
from kit_tui.channels.hearing import TEXT_ONLY
from kit_tui.channels.text import lines_of
from kit_tui.channels.tickets import AT_THE_TERMINAL, ON_ITS_WAY
from kit_tui.channels.transport import Post
from kit_tui.domain.message import Role, Speaker
from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import TicketState
from kit_tui.state.deliveries import Deliveries
from tests.channels.discord_fakes import known, lines, private, reads, running, said
from tests.channels.fakes import Guests, MirrorGateway
from tests.domain.examples import a_draft
from tests.servers.discord_api import TOKEN, DiscordApi
from tests.servers.discord_client import pointed_at
from tests.support.clock import FakeClock

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


async def test_words_go_in_and_the_reply_comes_back(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await api.says("Analyze ETH")
        await api.until(lambda: said(api))
        (principal, text) = gateway.heard[0]
        assert text == "Analyze ETH"
        assert (principal.channel, principal.user) == ("discord", str(api.owner.id))
        assert (principal.name, principal.role) == ("ann", Role.TRADER)
        assert said(api) == ["Understood."]
        assert gateway.states[-1] == "up"


async def test_what_was_typed_elsewhere_is_marked_and_silent(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await gateway.say(Speaker.PERSON, "Buy **BTC** @everyone `now`")
        await gateway.say(Speaker.KIT, "Done.")
        await api.says("from the phone")
        await api.until(lambda: len(said(api)) == 3)
        assert said(api) == [
            "you · terminal\nBuy **BTC** @everyone `now`", "Done.", "Understood."
        ]  # fmt: skip
        assert [bool(sent.flags & 1 << 12) for sent in private(api)] == [True, True, False]
        assert all(sent.mentions == [] for sent in private(api))


async def test_messages_keep_their_order(api: DiscordApi) -> None:
    async with running(api) as gateway:
        for number in range(30):
            await gateway.say(Speaker.KIT, f"line {number}")
        await api.until(lambda: "line 29" in (lines(api) or [""])[-1])
        assert lines(api) == [f"line {number}" for number in range(30)]


async def test_something_that_is_not_text_gets_a_word(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await api.says("")
        await api.until(lambda: said(api))
        assert (said(api), gateway.heard) == ([TEXT_ONLY], [])


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


async def test_a_known_person_asks_in_a_channel_by_mention_and_is_a_viewer_there(
    api: DiscordApi,
) -> None:
    other = api.add_channel("other")
    async with running(api, groups=[str(api.channel.id)]) as gateway:
        await api.says("analyze ETH", where=api.channel)
        await api.says("analyze ETH", where=other, mention=True)
        await api.says("analyze BTC", where=api.channel, mention=True)
        await gateway.until_heard(1)
        await api.until(lambda: any(m.text == "Understood." for m in api.messages.values()))
        ((principal, text),) = gateway.heard
        told = private(api)
        assert (text, principal.role) == ("analyze BTC", Role.VIEWER)
        answers = [m for m in api.messages.values() if m.author is api.bot and m not in told]
        assert [(m.channel, m.text) for m in answers] == [(api.channel, "Understood.")]


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


async def test_the_seeds_sequence_ask_approve_bought(api: DiscordApi) -> None:
    async with running(api) as gateway:
        ticket = await gateway.propose()
        await api.until(lambda: private(api))
        (asked,) = private(api)
        assert set(asked.buttons) == {"Approve", "Reject"}
        assert [part["style"] for part in asked.parts] == [3, 4]
        assert asked.embeds[0]["color"] == COLOURS["open"]
        assert "67,345.00" in reads(asked)
        pressed = await api.press(asked, "Approve")
        await api.until(lambda: len(private(api)) == 2 and asked.edits == 1)
        assert gateway.answers == [(ticket.id, ticket.hash, True)]
        assert (asked.buttons, pressed.answer) == ({}, 6)
        assert reads(asked).endswith("Approved by ann · discord, 14:03:00 UTC")
        assert asked.embeds[0]["color"] == COLOURS["good"]
        assert said(api)[1] == "Bought: 0.00149 BTC @ 67,012.40"


async def test_a_button_works_once_and_says_so_to_its_presser_alone(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: private(api))
        (asked,) = private(api)
        approve, reject = asked.buttons["Approve"], asked.buttons["Reject"]
        await api.press_id(asked, approve)
        again = await api.press_id(asked, approve)
        other = await api.press_id(asked, reject)
        await api.until(lambda: again.followups and other.followups)
        assert len(gateway.answers) == 1
        told = {sent.text for sent in (*again.followups, *other.followups)}
        assert told <= {ON_ITS_WAY, "Ticket t1: Approved by ann · discord, 14:03:00 UTC"}
        assert all(sent.ephemeral for sent in again.followups)


@pytest.mark.parametrize("state", [TicketState.REJECTED, TicketState.EXPIRED])
async def test_a_ticket_that_ends_elsewhere_loses_its_buttons(
    api: DiscordApi, state: TicketState
) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: private(api))
        (asked,) = private(api)
        await gateway.end("t1", state, by="me", channel="terminal")
        await api.until(lambda: asked.edits)
        assert asked.buttons == {}
        wanted = "Rejected by me · terminal" if state is TicketState.REJECTED else "Expired without"
        assert wanted in reads(asked).splitlines()[-1]


async def test_a_stranger_and_made_up_data_answer_nothing(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: private(api))
        (asked,) = private(api)
        for data in ("a:unknown", "x:nonce1", "a", "a:", "r:nonce1:a:nonce1"):
            pressed = await api.press_id(asked, data)
            await api.until(lambda: pressed.followups)  # noqa: B023
        assert gateway.answers == []


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


async def test_a_restart_keeps_an_open_tickets_buttons(api: DiscordApi) -> None:
    clock, deliveries = FakeClock(), Deliveries()
    gateway = MirrorGateway(clock, Guests(known(api.owner)))
    async with running(api, clock, gateway=gateway, deliveries=deliveries):
        ticket = await gateway.propose()
        await api.until(lambda: private(api))
    async with running(api, clock, gateway=gateway, deliveries=deliveries):
        (asked,) = private(api)
        await api.press(asked, "Approve")
        await api.until(lambda: asked.buttons == {})
        assert gateway.answers == [(ticket.id, ticket.hash, True)]


@pytest.mark.parametrize("allowed", [False, True])
async def test_real_money_has_a_button_to_approve_only_where_that_is_allowed(
    api: DiscordApi, allowed: bool
) -> None:
    async with running(api, approve_live=allowed) as gateway:
        await gateway.propose(order=a_draft(mode=Mode.LIVE))
        await api.until(lambda: private(api))
        (asked,) = private(api)
        assert set(asked.buttons) == ({"Approve", "Reject"} if allowed else {"Reject"})
        assert (AT_THE_TERMINAL in reads(asked)) is not allowed


# -- trouble on the line -----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["503", "drop", "lost"])
async def test_a_failed_send_is_repeated_and_arrives_once(api: DiscordApi, how: str) -> None:
    async with running(api) as gateway:
        api.fail(SEND, how, times=3)
        await gateway.say(Speaker.KIT, "one")
        await gateway.say(Speaker.KIT, "two")
        await api.until(lambda: len(private(api)) == 2)
        assert said(api) == ["one", "two"]
        assert any(c.detail.startswith("sending fails") for c in gateway.connections)


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


async def test_a_wait_is_obeyed(api: DiscordApi) -> None:
    clock = FakeClock()
    async with running(api, clock) as gateway:
        api.fail(SEND, "429:45")
        await gateway.say(Speaker.KIT, "patience")
        await api.until(lambda: private(api))
        assert clock.monotonic() >= 45
        assert said(api) == ["patience"]


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


async def test_an_outage_is_told_and_everything_arrives_once_in_order(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await gateway.say(Speaker.KIT, "before")
        await api.until(lambda: private(api))
        await api.go_down()
        for number in range(20):
            await gateway.say(Speaker.KIT, f"line {number}")
        await api.says("typed during the outage")
        while "down" not in gateway.states:
            await gateway.clock.sleep(1)
        assert gateway.heard == []
        api.come_back()
        await api.until(lambda: "Understood." in (said(api) or [""])[-1])
        told = [line for line in lines(api) if line.startswith(("line", "before"))]
        assert told == ["before", *(f"line {number}" for number in range(20))]
        assert [text for _, text in gateway.heard] == ["typed during the outage"]
        await api.until(lambda: gateway.states[-1] == "up")


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


async def test_stopping_while_unreachable_does_not_hang(api: DiscordApi) -> None:
    await api.go_down()
    async with running(api, ready=False) as gateway:
        await gateway.say(Speaker.KIT, "never sent")
        while "down" not in gateway.states:
            await gateway.clock.sleep(1)
    assert gateway.states[-1] == "off"


async def test_a_refused_token_is_told_without_repeating_it(
    api: DiscordApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with running(api, token="wrong-token-value", ready=False) as gateway:
        while "down" not in gateway.states:
            await gateway.clock.sleep(1)
    assert "the token is not accepted" in " ".join(c.detail for c in gateway.connections)
    assert "wrong-token-value" not in caplog.text


async def test_no_token_reaches_the_log(api: DiscordApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(api) as gateway:
        await api.says("hello")
        await gateway.until_heard(1)
        await api.until(lambda: private(api))
    assert TOKEN not in caplog.text


async def test_a_burst_of_hundreds_arrives_in_order_within_the_buckets(api: DiscordApi) -> None:
    api.limit(SEND, 5, 0.05)
    async with running(api) as gateway:
        for number in range(400):
            await gateway.say(Speaker.KIT, f"line {number} *{number}* `x`")
        await api.until(lambda: "line 399" in (lines(api) or [""])[-1], seconds=20)
        assert [line.split()[1] for line in lines(api)] == [str(n) for n in range(400)]
        assert {call.status for call in api.calls if call.route == SEND} == {200}


async def test_a_long_reply_comes_in_several_messages(api: DiscordApi) -> None:
    async with running(api) as gateway:
        await gateway.say(Speaker.KIT, "\n".join(f"{n} " + "_*~" * 30 for n in range(200)))
        await api.until(lambda: "199 " in (said(api) or [""])[-1])
        assert len(private(api)) > 3
        assert [line.split(" ")[0] for line in lines(api)] == [str(n) for n in range(200)]
