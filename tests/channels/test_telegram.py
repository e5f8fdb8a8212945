"""Telegram through the real library against a loopback Bot API."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit_tui.channels.hearing import TEXT_ONLY
from kit_tui.channels.tickets import AT_THE_TERMINAL, ON_ITS_WAY
from kit_tui.commands.command import Command, Effect
from kit_tui.domain.cards import Reply
from kit_tui.domain.message import Role, Speaker
from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import TicketState
from tests.channels.fakes import ANN, Guests, MirrorGateway, running
from tests.domain.examples import a_draft
from tests.servers.telegram_api import CHAT, OWNER, TOKEN, TelegramApi
from tests.support.clock import FakeClock


@pytest.fixture
async def api() -> AsyncIterator[TelegramApi]:
    async with TelegramApi() as server:
        yield server


# -- words both ways ---------------------------------------------------------------------------


async def test_words_go_in_and_the_reply_comes_back(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await api.says("Analyze ETH")
        await api.until(lambda: api.messages)
        (principal, text) = gateway.heard[0]
        assert text == "Analyze ETH"
        assert (principal.channel, principal.user, principal.name) == ("telegram", "42", "Ann")
        assert (principal.role, principal.local) == (Role.TRADER, False)
        assert api.texts == ["Understood."]


async def test_what_is_typed_here_is_not_echoed_and_what_is_typed_there_is_marked(
    api: TelegramApi,
) -> None:
    async with running(api) as gateway:
        await gateway.say(Speaker.PERSON, "Buy <b>BTC</b> & more")
        await gateway.say(Speaker.KIT, "Done.")
        await api.says("from the phone")
        await api.until(lambda: len(api.messages) == 3)
        assert api.texts == ["you · terminal\nBuy <b>BTC</b> & more", "Done.", "Understood."]
        assert [message.silent for message in api.messages.values()] == [True, True, False]


async def test_messages_keep_their_order(api: TelegramApi) -> None:
    async with running(api) as gateway:
        for number in range(30):
            await gateway.say(Speaker.KIT, f"line {number}")
        await api.until(lambda: "line 29" in (api.texts or [""])[-1])
        assert said_in(api) == [f"line {number}" for number in range(30)]


async def test_a_command_addressed_to_the_bot_loses_the_address(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await api.says("/price@kit_test_bot BTC")
        await api.says("/start")
        await gateway.until_heard(2)
        assert [text for _, text in gateway.heard] == ["/price BTC", "/help"]


async def test_something_that_is_not_text_gets_a_word(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await api.says(None, voice={"file_id": "v", "file_unique_id": "v", "duration": 3})
        await api.until(lambda: api.messages)
        assert api.texts == [TEXT_ONLY]
        assert gateway.heard == []


async def test_the_menu_offers_the_commands_of_the_registry(api: TelegramApi) -> None:
    async def handler() -> Reply:
        return Reply(text="")

    def named(name: str) -> Command:
        return Command(name, Effect.READS, "Does it.", "", (), handler)

    gateway = MirrorGateway(FakeClock(), Guests(ANN))
    gateway.commands = (named("positions"), named("no-menu-name"), named("halt"))
    async with running(api, gateway=gateway):
        await api.until(lambda: api.commands)
        assert api.commands == ["positions", "halt"]


# -- who may speak -----------------------------------------------------------------------------

ANN_THERE = {"id": OWNER, "is_bot": False, "first_name": "Ann"}
EVE = {"id": 666, "is_bot": False, "first_name": "Eve"}
PRIVATE = {"id": CHAT, "type": "private"}
FORWARDED = {"type": "user", "date": 1_795_356_180, "sender_user": EVE}

TURNED_AWAY: dict[str, dict[str, Any]] = {
    "a stranger": {"from": EVE, "chat": {"id": 666, "type": "private"}},
    "a stranger in the right chat": {"from": EVE},
    "nobody": {"from": None},
    "the right person in a group": {"chat": {"id": -5, "type": "group", "title": "g"}},
    "a group with the right number": {"chat": {"id": CHAT, "type": "supergroup", "title": "g"}},
    "a bot": {"from": {"id": OWNER, "is_bot": True, "first_name": "Bot"}},
    "a forwarded message": {"forward_origin": FORWARDED},
    "words through another bot": {"via_bot": {"id": 9, "is_bot": True, "first_name": "b"}},
    "a channel's post": {"sender_chat": {"id": -100, "type": "channel", "title": "c"}},
}


@pytest.mark.parametrize("changes", TURNED_AWAY.values(), ids=list(TURNED_AWAY))
async def test_everyone_else_is_ignored_without_a_word(
    api: TelegramApi, changes: dict[str, Any]
) -> None:
    async with running(api) as gateway:
        await api.says("Sell everything", **changes)
        await api.says("hello")
        await api.until(lambda: api.messages)
        assert [text for _, text in gateway.heard] == ["hello"]
        assert len(api.messages) == 1
        assert sum(gateway.channel.ignored.values()) == 1


async def test_an_edited_message_is_ignored(api: TelegramApi) -> None:
    async with running(api) as gateway:
        edited = {
            "message_id": 7,
            "date": 1,
            "chat": PRIVATE,
            "from": ANN_THERE,
            "text": "Buy 100 BTC",
        }
        for kind in ("edited_message", "channel_post", "business_message"):
            await api.push({kind: edited})
        await api.says("hello")
        await gateway.until_heard(1)
        assert [text for _, text in gateway.heard] == ["hello"]


async def test_without_a_chat_everyone_is_a_stranger(api: TelegramApi) -> None:
    async with running(api, guests=Guests()) as gateway:
        await api.says("hello")
        await gateway.say(Speaker.KIT, "private figures")
        await api.until(lambda: gateway.channel.ignored)
        assert gateway.heard == []
        assert api.messages == {}
        assert "nobody is paired" in gateway.connections[-1].detail


async def test_a_stranger_cannot_press_a_button(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: api.messages)
        (message,) = api.messages.values()
        await api.press(message.message_id, "Approve", user=666)
        await api.says("hello")
        await gateway.until_heard(1)
        assert gateway.answers == []
        assert set(api.presses.values()) <= {None}


# -- the same update twice ---------------------------------------------------------------------


async def test_an_update_delivered_twice_is_heard_once(api: TelegramApi) -> None:
    async with running(api) as gateway:
        update = {
            "message_id": 7, "date": 1, "chat": PRIVATE, "from": ANN_THERE, "text": "Buy $100 BTC",
        }  # fmt: skip
        number = await api.push({"message": update})
        await api.push({"message": update}, update_id=number)
        await api.says("next")
        await gateway.until_heard(2)
        assert [text for _, text in gateway.heard] == ["Buy $100 BTC", "next"]


@pytest.mark.parametrize("allowed", [False, True])
async def test_real_money_has_a_button_to_approve_only_where_that_is_allowed(
    api: TelegramApi, allowed: bool
) -> None:
    async with running(api, approve_live=allowed) as gateway:
        await gateway.propose(order=a_draft(mode=Mode.LIVE))
        await api.until(lambda: api.messages)
        (message,) = api.messages.values()
        assert set(message.buttons) == ({"Approve", "Reject"} if allowed else {"Reject"})
        assert (AT_THE_TERMINAL in message.text) is not allowed


async def test_what_has_its_pair_typed_has_no_button_to_approve_it(api: TelegramApi) -> None:
    async with running(api, approve_live=True) as gateway:
        await gateway.propose(order=a_draft(mode=Mode.LIVE), needs_pair=True)
        await api.until(lambda: api.messages)
        (message,) = api.messages.values()
        assert set(message.buttons) == {"Reject"}
        assert AT_THE_TERMINAL in message.text


async def test_an_answer_that_is_lost_on_the_way_does_not_repeat_the_words(
    api: TelegramApi,
) -> None:
    async with running(api) as gateway:
        api.fail("getUpdates", "lost", times=3)
        await api.says("Buy $100 BTC")
        await gateway.until_heard(1)
        await api.says("next")
        await gateway.until_heard(2)
        assert [text for _, text in gateway.heard] == ["Buy $100 BTC", "next"]


async def test_what_was_taken_in_is_confirmed_at_the_end(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await api.says("hello")
        await gateway.until_heard(1)
    assert api._updates == []
    async with running(api) as gateway:
        await api.says("again")
        await gateway.until_heard(1)
        assert [text for _, text in gateway.heard] == ["again"]


# -- tickets -----------------------------------------------------------------------------------


async def test_the_seeds_sequence_ask_approve_bought(api: TelegramApi) -> None:
    async with running(api) as gateway:
        ticket = await gateway.propose()
        await api.until(lambda: api.messages)
        (message,) = api.messages.values()
        assert set(message.buttons) == {"Approve", "Reject"}
        assert "67,345.00" in message.text
        query = await api.press(message.message_id, "Approve")
        await api.until(lambda: len(api.messages) == 2 and message.edits == 1)
        assert gateway.answers == [(ticket.id, ticket.hash, True)]
        assert message.buttons == {}
        assert message.text.endswith("Approved by Ann · telegram, 14:03:00 UTC")
        assert api.texts[1] == "Bought: 0.00149 BTC @ 67,012.40"
        assert query in api.presses


async def test_a_button_works_once(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: api.messages)
        (message,) = api.messages.values()
        approve, reject = message.buttons["Approve"], message.buttons["Reject"]
        await api.press_data(message.message_id, approve)
        again = await api.press_data(message.message_id, approve)
        other = await api.press_data(message.message_id, reject)
        await api.until(lambda: {again, other} <= set(api.presses))
        assert len(gateway.answers) == 1
        assert {api.presses[again], api.presses[other]} <= {
            ON_ITS_WAY,
            "Ticket t1: Approved by Ann · telegram, 14:03:00 UTC",
        }


@pytest.mark.parametrize("data", ["a:unknown", "x:nonce1", "", "a", "a:", "r:nonce1:a:nonce1"])
async def test_made_up_button_data_answers_nothing(api: TelegramApi, data: str) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: api.messages)
        query = await api.press_data(next(iter(api.messages)), data)
        await api.until(lambda: query in api.presses)
        assert gateway.answers == []


async def test_a_ticket_answered_at_the_terminal_loses_its_buttons_and_says_so(
    api: TelegramApi,
) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: api.messages)
        (message,) = api.messages.values()
        data = message.buttons["Approve"]
        await gateway.end("t1", TicketState.REJECTED, by="me", channel="terminal")
        await api.until(lambda: message.edits)
        assert message.buttons == {}
        assert message.text.endswith("Rejected by me · terminal, 14:03:00 UTC")
        query = await api.press_data(message.message_id, data)
        await api.until(lambda: query in api.presses)
        assert gateway.answers == []


async def test_an_expired_ticket_says_so(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: api.messages)
        (message,) = api.messages.values()
        await gateway.end("t1", TicketState.EXPIRED, by="", channel="")
        await api.until(lambda: message.edits)
        assert (message.buttons, message.text.splitlines()[-1]) == (
            {}, "Expired without an answer, 14:03:00 UTC",
        )  # fmt: skip


async def test_an_answer_the_engine_did_not_take_gets_new_buttons(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await gateway.propose()
        await api.until(lambda: api.messages)
        message = api.messages[next(iter(api.messages))]
        used = message.buttons["Approve"]
        gateway.refuse_answers = True
        await api.press(message.message_id, "Approve")
        await api.until(lambda: message.edits and len(api.messages) == 2)
        assert api.texts[1] == "The engine is busy. Try again."
        assert message.buttons["Approve"] != used
        gateway.refuse_answers = False
        await api.press(message.message_id, "Reject")
        await api.until(lambda: message.buttons == {})
        assert [approve for *_, approve in gateway.answers] == [True, False]


async def test_a_ticket_that_ended_before_it_could_be_shown_has_no_buttons(
    api: TelegramApi,
) -> None:
    api.down = True
    async with running(api) as gateway:
        await gateway.propose()
        await gateway.end("t1", TicketState.APPROVED, by="me", channel="terminal")
        api.down = False
        await api.until(lambda: api.messages)
        (message,) = api.messages.values()
        assert message.buttons == {}
        assert message.text.endswith("Approved by me · terminal, 14:03:00 UTC")


# -- rendering ---------------------------------------------------------------------------------


async def test_html_telegram_refuses_is_sent_as_plain_text(api: TelegramApi) -> None:
    async with running(api) as gateway:
        api.refuse_html = True
        await gateway.say(Speaker.KIT, "**bold** & <plain>")
        await gateway.propose()
        await api.until(lambda: len(api.messages) == 2)
        first, second = api.messages.values()
        assert (first.text, first.parse_mode) == ("bold & <plain>", None)
        assert set(second.buttons) == {"Approve", "Reject"}
        await gateway.end("t1", TicketState.REJECTED, by="me", channel="terminal")
        await api.until(lambda: second.edits)
        assert second.buttons == {}


async def test_a_long_reply_comes_in_several_messages_with_the_buttons_on_the_last(
    api: TelegramApi,
) -> None:
    async with running(api) as gateway:
        gateway.reply = Reply(text="\n".join(f"{n} " + "<&>" * 30 for n in range(200)))
        await api.says("tell me all")
        await api.until(lambda: "199 " in (api.texts or [""])[-1])
        assert len(api.messages) > 3
        lines = "\n".join(api.texts).split("\n")
        assert [line.split(" ")[0] for line in lines] == [str(n) for n in range(200)]


# -- trouble on the line -----------------------------------------------------------------------


async def test_retry_after_is_obeyed(api: TelegramApi) -> None:
    clock = FakeClock()
    async with running(api, clock) as gateway:
        api.fail("sendMessage", "429:17")
        await gateway.say(Speaker.KIT, "patience")
        await api.until(lambda: api.messages)
        assert clock.monotonic() >= 17
        assert api.texts == ["patience"]


@pytest.mark.parametrize("how", ["502", "drop"])
async def test_a_failed_send_is_repeated_and_arrives_once(api: TelegramApi, how: str) -> None:
    async with running(api) as gateway:
        api.fail("sendMessage", how, times=3)
        await gateway.say(Speaker.KIT, "one")
        await gateway.say(Speaker.KIT, "two")
        await api.until(lambda: len(api.messages) == 2)
        assert api.texts == ["one", "two"]
        assert any(c.detail.startswith("sending fails") for c in gateway.connections)


async def test_a_break_in_a_long_reply_does_not_repeat_what_arrived(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await api.until(lambda: "getUpdates" in api.calls)
        text = "\n".join(f"line {n}" + " x" * 200 for n in range(30))
        api.fail("sendMessage", "ok")
        api.fail("sendMessage", "502", times=2)
        await gateway.say(Speaker.KIT, text)
        await api.until(lambda: "line 29" in (api.texts or [""])[-1])
        assert "\n".join(api.texts).split("\n") == text.split("\n")


async def test_an_outage_is_told_and_everything_arrives_once_in_order(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await api.until(lambda: "getUpdates" in api.calls)
        await gateway.say(Speaker.KIT, "before")
        await api.until(lambda: api.messages)
        api.down = True
        await api._notify()
        for number in range(20):
            await gateway.say(Speaker.KIT, f"line {number}")
        await api.says("typed during the outage")
        while "down" not in gateway.states:
            await gateway.clock.sleep(1)
        assert gateway.heard == []
        api.down = False
        await api.until(lambda: "Understood." in (api.texts or [""])[-1])
        lines = [line for line in said_in(api) if line.startswith(("line", "before"))]
        assert lines == ["before", *(f"line {number}" for number in range(20))]
        assert [text for _, text in gateway.heard] == ["typed during the outage"]
        assert gateway.states[-1] == "up"
        assert any("waiting" in connection.detail for connection in gateway.connections)


async def test_start_returns_at_once_when_telegram_is_unreachable(api: TelegramApi) -> None:
    api.down = True
    async with running(api) as gateway:
        assert gateway.states == ["connecting"]
        api.down = False
        await api.says("hello")
        await gateway.until_heard(1)
        assert gateway.states[-1] == "up"
    assert gateway.states[-1] == "off"


async def test_stopping_while_unreachable_does_not_hang(api: TelegramApi) -> None:
    api.down = True
    async with running(api) as gateway:
        await gateway.say(Speaker.KIT, "never sent")
    assert gateway.states[-1] == "off"


async def test_a_token_that_is_refused_is_told_without_repeating_it(
    api: TelegramApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(api, token="123456:wrong-token-value") as gateway:
        while "down" not in gateway.states:
            await gateway.clock.sleep(1)
    told = " ".join(connection.detail for connection in gateway.connections)
    assert "the token is not accepted" in told
    assert "wrong-token-value" not in told
    assert "wrong-token-value" not in ours(caplog)


async def test_no_token_reaches_the_log(api: TelegramApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with running(api) as gateway:
        await api.says("hello")
        await gateway.until_heard(1)
    assert TOKEN not in caplog.text


def ours(caplog: pytest.LogCaptureFixture) -> str:
    """What would reach our log file: our own lines, and warnings of libraries."""
    return "\n".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("kit_tui") or record.levelno >= logging.WARNING
    )


async def test_a_second_listener_is_named(api: TelegramApi) -> None:
    async with running(api) as gateway:
        api.fail("getUpdates", "409")
        await api.says("hello")
        await gateway.until_heard(1)
        assert any("another program" in c.detail for c in gateway.connections)


async def test_what_a_chat_does_not_take_comes_when_it_takes_posts_again(
    api: TelegramApi,
) -> None:
    async with running(api) as gateway:
        api.fail("sendMessage", "403")
        await gateway.say(Speaker.KIT, "kept")
        await gateway.say(Speaker.KIT, "next")
        await api.until(lambda: len(api.texts) == 3)
        missed, *told = api.texts
        assert missed.startswith("No message reached this chat since 22 Nov 14:03 UTC")
        assert [text.split("\n")[-1] for text in told] == ["kept", "next"]


def said_in(api: TelegramApi) -> list[str]:
    """Every line of the chat that is not blank."""
    return [line for text in api.texts for line in text.split("\n") if line]
