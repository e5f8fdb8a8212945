"""Telegram through the real library against a loopback Bot API: what only Telegram has.

What every service has in common is in `tests/channels/conversation`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit_tui.commands.command import Command, Effect
from kit_tui.domain.cards import Reply
from kit_tui.domain.message import Speaker
from kit_tui.domain.ticket import TicketState
from tests.channels.fakes import ANN, Guests, MirrorGateway, running
from tests.servers.telegram_api import CHAT, OWNER, TelegramApi
from tests.support.clock import FakeClock


@pytest.fixture
async def api() -> AsyncIterator[TelegramApi]:
    async with TelegramApi() as server:
        yield server


# -- words both ways ---------------------------------------------------------------------------


async def test_a_command_addressed_to_the_bot_loses_the_address(api: TelegramApi) -> None:
    async with running(api) as gateway:
        await api.says("/price@kit_test_bot BTC")
        await api.says("/start")
        await gateway.until_heard(2)
        assert [text for _, text in gateway.heard] == ["/price BTC", "/help"]


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

TURNED_AWAY: dict[str, dict[str, Any]] = {
    "a stranger in the right chat": {"from": EVE},
    "nobody": {"from": None},
    "the right person in a group": {"chat": {"id": -5, "type": "group", "title": "g"}},
    "a group with the right number": {"chat": {"id": CHAT, "type": "supergroup", "title": "g"}},
    "a bot": {"from": {"id": OWNER, "is_bot": True, "first_name": "Bot"}},
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


async def test_posts_of_channels_and_of_businesses_are_ignored(api: TelegramApi) -> None:
    async with running(api) as gateway:
        post = {
            "message_id": 7, "date": 1, "chat": PRIVATE, "from": ANN_THERE, "text": "Buy 100 BTC",
        }  # fmt: skip
        for kind in ("channel_post", "business_message"):
            await api.push({kind: post})
        await api.says("hello")
        await gateway.until_heard(1)
        assert [text for _, text in gateway.heard] == ["hello"]


# -- updates that are not confirmed --------------------------------------------------------------


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


# -- trouble on the line -----------------------------------------------------------------------


async def test_a_second_listener_is_named(api: TelegramApi) -> None:
    async with running(api) as gateway:
        api.fail("getUpdates", "409")
        await api.says("hello")
        await gateway.until_heard(1)
        assert any("another program" in c.detail for c in gateway.connections)
