"""A whole conversation between people and a client on discord.py, over a network that breaks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord.backoff import ExponentialBackoff

from tests.servers.discord_api import DiscordApi, NotOfferedError
from tests.servers.discord_client import DeskClient, intents_of_a_desk, pointed_at, running

CALLBACK = "POST /interactions/{interaction}/{token}/callback"
SEND = "POST /channels/{channel}/messages"


@pytest.fixture
async def server() -> AsyncIterator[DiscordApi]:
    async with DiscordApi() as server:
        with pointed_at(server):
            yield server


@pytest.fixture
async def client(server: DiscordApi) -> AsyncIterator[DeskClient]:
    client = DeskClient()
    async with running(client):
        await client.wait_until_ready()
        yield client


async def test_a_command_is_answered_with_a_button_which_edits_the_answer(
    server: DiscordApi, client: DeskClient
) -> None:
    assert [command["name"] for command in server.commands[None]] == ["balance", "quote"]
    asked = await server.invoke("balance", where=server.channel, account="spot")
    await server.until(lambda: asked.answer == 4)
    assert asked.text == "Balance\n1,000.00 USDT\nAccount: spot"
    assert asked.original is not None
    assert asked.original.buttons == {"Refresh": "refresh"}
    pressed = await server.press(asked.original, "Refresh")
    await server.until(lambda: pressed.answer == 7)
    assert server.texts == ["Balance\n1,001.00 USDT"]
    assert asked.original.earlier == ["Balance\n1,000.00 USDT\nAccount: spot"]
    assert asked.original.buttons == {}
    with pytest.raises(NotOfferedError, match="no button Refresh"):
        await server.press(asked.original, "Refresh")


async def test_a_deferred_answer_an_ephemeral_one_and_a_completion(
    server: DiscordApi, client: DeskClient
) -> None:
    typed = await server.types("quote", "symbol", "ETH")
    await server.until(lambda: typed.answer == 8)
    assert [choice["value"] for choice in typed.choices] == ["ETH/USDT"]
    asked = await server.invoke("quote", symbol="ETH/USDT", deep=True)
    await server.until(lambda: asked.followups)
    assert asked.text == "ETH/USDT: 50,000.00"
    assert [sent.text for sent in asked.followups] == ["asked by ann"]
    assert asked.original is not None
    assert asked.original.ephemeral
    assert not asked.original.loading


class Sizes(discord.ui.View):
    """A menu that opens a dialogue, and a button that edits later."""

    @discord.ui.select(custom_id="size", options=[discord.SelectOption(label="Small", value="s")])
    async def chosen(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.send_modal(Confirm())

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="later", view=None)


class Confirm(discord.ui.Modal, title="Confirm"):
    """Asks for a word."""

    word: discord.ui.TextInput[Confirm] = discord.ui.TextInput(label="Word", custom_id="word")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Tell only the person what they typed."""
        await interaction.response.send_message(f"typed {self.word.value}", ephemeral=True)


async def test_a_menu_a_dialogue_and_an_edit_that_comes_later(
    server: DiscordApi, client: DeskClient
) -> None:
    user = await client.fetch_user(server.owner.id)
    message = await user.send("which size", view=Sizes())
    sent = server.messages[message.id]
    chosen = await server.choose(sent, "size", "s")
    await server.until(lambda: chosen.modal)
    typed = await server.send_off(chosen, word="yes")
    await server.until(lambda: typed.answer == 4)
    assert typed.text == "typed yes"
    assert typed.original is not None
    assert typed.original.ephemeral
    pressed = await server.press(sent, "Later")
    await server.until(lambda: server.texts == ["later", "typed yes"])
    assert (pressed.answer, sent.earlier, sent.buttons) == (6, ["which size"], {})


async def test_people_speak_in_private_in_a_channel_as_bots_and_as_webhooks(
    server: DiscordApi, client: DeskClient
) -> None:
    trader = server.add_role("Trader")
    bob = server.add_person("bob", trader)
    await server.says("in private")
    first = await server.says("here", by=bob, where=server.channel)
    await server.says("beep", by=server.add_person("other", bot=True), where=server.channel)
    await server.hook_says("deployed")
    await client.until(lambda: len(client.heard) == 4)
    assert [message.content for message in client.heard] == [
        "in private", "here", "beep", "deployed"
    ]  # fmt: skip
    assert [message.guild is None for message in client.heard] == [True, False, False, False]
    assert [message.author.bot for message in client.heard] == [False, False, True, True]
    assert [bool(message.webhook_id) for message in client.heard] == [False, False, False, True]
    await server.rewrites(first, "there")
    await client.until(lambda: client.edited == ["there"])


async def test_without_the_content_intent_only_what_is_for_the_bot_can_be_read(
    server: DiscordApi,
) -> None:
    intents = intents_of_a_desk()
    intents.message_content = False
    client = DeskClient(intents)
    async with running(client):
        await client.wait_until_ready()
        await server.says("for all", where=server.channel)
        await server.says("for you", where=server.channel, mention=True)
        await server.says("for us")
        await client.until(lambda: len(client.heard) == 3)
    read = [message.content for message in client.heard]
    assert read == ["", f"{server.bot.mention} for you", "for us"]


async def test_a_dropped_gateway_is_resumed_and_what_was_missed_is_heard_once(
    server: DiscordApi, client: DeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ExponentialBackoff, "delay", lambda _: 0.02)  # it draws from 0 to 2 s
    await server.says("before")
    await client.until(lambda: len(client.heard) == 1)
    await server.go_down()
    await server.until(lambda: not server.gateway.connected)
    await server.says("meanwhile")
    server.fail("CONNECT", "503")
    server.come_back()
    await server.until(lambda: server.gateway.connected)
    await server.says("after")
    await client.until(lambda: len(client.heard) == 3)
    assert [message.content for message in client.heard] == ["before", "meanwhile", "after"]
    assert (client.resumed, client.readied) == (1, 1)
    assert server.gateway.connections[-1].startswith("/resume?")
    assert "compress=z" in server.gateway.connections[-1]


@pytest.mark.parametrize("code", [4000, 1001])
async def test_a_close_of_the_server_is_resumed(
    server: DiscordApi, client: DeskClient, code: int
) -> None:
    await server.gateway.hang_up(code)
    await client.until(lambda: client.resumed == 1)
    assert len(server.gateway.identified) == 1


async def test_asked_to_reconnect_the_client_resumes(
    server: DiscordApi, client: DeskClient
) -> None:
    await server.gateway.ask_to_reconnect()
    await client.until(lambda: client.resumed == 1)


async def test_an_invalid_session_is_identified_anew_and_at_the_servers_own_address(
    server: DiscordApi, client: DeskClient
) -> None:
    await server.gateway.invalidate()
    await client.until(lambda: client.readied == 2)
    assert len(server.gateway.identified) == 2
    await server.says("still there")
    await client.until(lambda: len(client.heard) == 1)


async def test_a_lost_session_found_again_is_resumed(
    server: DiscordApi, client: DeskClient
) -> None:
    await server.gateway.invalidate(resumable=True)
    await client.until(lambda: client.resumed == 1)


async def test_a_gateway_gone_silent_is_left_and_resumed(server: DiscordApi) -> None:
    server.gateway.heartbeat_ms = 50
    client = DeskClient(heartbeat_timeout=0.4)
    async with running(client):
        await client.wait_until_ready()
        server.fail("HEARTBEAT", "silent", 40)
        await client.until(lambda: client.resumed)
        assert len(server.gateway.identified) == 1


async def test_a_gateway_that_is_never_reached_ends_the_client_by_a_bug_of_discord_py(
    server: DiscordApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ExponentialBackoff, "delay", lambda _: 0.0)
    server.fail("CONNECT", "503")
    async with running(DeskClient()) as task:
        with pytest.raises(AttributeError, match="sequence"):
            await task


async def test_a_wrong_token_is_refused_before_the_gateway(server: DiscordApi) -> None:
    client = DeskClient()
    async with running(client, "wrong") as task:
        with pytest.raises(discord.LoginFailure):
            await task
    assert server.gateway.connections == []


async def test_a_token_refused_by_the_gateway_ends_the_client(server: DiscordApi) -> None:
    server.fail("IDENTIFY", "4004")
    client = DeskClient()
    async with running(client) as task:
        with pytest.raises(discord.ConnectionClosed) as caught:
            await task
    assert caught.value.code == 4004


async def test_an_intent_the_portal_does_not_grant_ends_the_client(server: DiscordApi) -> None:
    server.privileged = 0
    client = DeskClient()
    async with running(client) as task:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await task


async def test_members_are_given_when_asked_for(server: DiscordApi) -> None:
    bob = server.add_person("bob", trader := server.add_role("Trader"))
    intents = intents_of_a_desk()
    intents.members = True
    client = DeskClient(intents)
    async with running(client):
        await client.wait_until_ready()
        guild = client.get_guild(server.guild.id)
        assert guild is not None
        member = guild.get_member(bob.id)
        assert member is not None
        assert [role.name for role in member.roles] == ["@everyone", "Trader"]
        await server.give_roles(bob)
        await client.until(lambda: [role.name for role in member.roles] == ["@everyone"])
        fetched = await guild.fetch_member(bob.id)
        assert not fetched.get_role(trader.id)


async def test_a_full_bucket_makes_the_client_wait_rather_than_ask(
    server: DiscordApi, client: DeskClient
) -> None:
    server.limit(SEND, 1, 0.2)
    channel = client.get_partial_messageable(server.channel.id)
    for word in ("one", "two", "three"):
        await channel.send(word)
    calls = [call for call in server.calls if call.route == SEND]
    assert [call.status for call in calls] == [200, 200, 200]
    assert calls[2].at - calls[0].at >= 0.4


async def test_a_429_is_asked_again_after_the_time_it_names(
    server: DiscordApi, client: DeskClient
) -> None:
    server.fail(SEND, "429:0.15")
    await client.get_partial_messageable(server.channel.id).send("hello")
    first, second = [call for call in server.calls if call.route == SEND]
    assert (first.status, second.status) == (429, 200)
    assert second.at - first.at >= 0.15


async def test_a_lost_answer_was_sent_and_a_nonce_keeps_it_single(
    server: DiscordApi, client: DeskClient
) -> None:
    channel = client.get_partial_messageable(server.channel.id)
    server.fail(SEND, "lost")
    with pytest.raises(aiohttp.ClientError):
        await channel.send("once", nonce="n1")
    await channel.send("once", nonce="n1")
    assert server.texts == ["once"]


async def test_an_answer_after_three_seconds_is_to_nobody(
    server: DiscordApi, client: DeskClient
) -> None:
    server.skip(-3.5)
    asked = await server.invoke("balance")
    server.skip(3.5)
    await server.until(lambda: server.called(CALLBACK))
    assert [call.status for call in server.calls if call.route == CALLBACK] == [404]
    assert asked.answer is None
