"""A small client on discord.py, and how discord.py is pointed at the loopback server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.servers.discord_api import TOKEN, DiscordApi


@contextlib.contextmanager
def pointed_at(server: DiscordApi) -> Iterator[None]:
    """Make every client in this process speak to the server.

    `Client` never asks for the gateway's address, and forgets it with every invalid session:
    the default itself has to be another. The client below sets it from GET /gateway/bot.
    """
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = server.api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL("ws://127.0.0.1:9/unset")
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


def intents_of_a_desk() -> discord.Intents:
    """Guilds, messages and what they say."""
    intents = discord.Intents.none()
    intents.guilds = intents.guild_messages = intents.dm_messages = True
    intents.message_content = True
    return intents


class DeskClient(discord.Client):
    """Knows `/balance`, whose answer has a button; collects what it hears."""

    def __init__(self, intents: discord.Intents | None = None, **options: Any) -> None:
        # READY waits this long after the last guild: 2 s unless told otherwise.
        options.setdefault("guild_ready_timeout", 0.05)
        super().__init__(intents=intents or intents_of_a_desk(), **options)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.edited: list[str] = []
        self.resumed = 0
        self.readied = 0
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Wait until something the client heard makes `condition` true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def setup_hook(self) -> None:
        """After the login, before the gateway."""
        _, url, _ = await self.http.get_bot_gateway()
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)
        self.tree.add_command(_balance)
        self.tree.add_command(_quote)
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """discord.py sleeps five seconds here before every IDENTIFY but the first."""

    async def on_ready(self) -> None:
        """Count it."""
        self.readied += 1
        self._changed.set()

    async def on_resumed(self) -> None:
        """Count it."""
        self.resumed += 1
        self._changed.set()

    async def on_message(self, message: discord.Message) -> None:
        """Keep what people say."""
        if message.author != self.user:
            self.heard.append(message)
            self._changed.set()

    async def on_message_edit(self, _: discord.Message, after: discord.Message) -> None:
        """Keep what people changed."""
        if after.author != self.user:
            self.edited.append(after.content)
            self._changed.set()

    async def on_member_update(self, *_: discord.Member) -> None:
        """Someone holds other roles."""
        self._changed.set()


class Refresh(discord.ui.View):
    """One button that replaces the figures."""

    @discord.ui.button(label="Refresh", custom_id="refresh")
    async def refresh(self, interaction: discord.Interaction, _: Any) -> None:
        """Edit the message the button is on."""
        embed = discord.Embed(title="Balance", description="1,001.00 USDT")
        await interaction.response.edit_message(embed=embed, view=None)


@app_commands.command(name="balance", description="What is in the account.")
async def _balance(interaction: discord.Interaction, account: str = "main") -> None:
    embed = discord.Embed(title="Balance", description="1,000.00 USDT")
    embed.add_field(name="Account", value=account)
    await interaction.response.send_message(embed=embed, view=Refresh())


@app_commands.command(name="quote", description="What a symbol costs.")
async def _quote(interaction: discord.Interaction, symbol: str, deep: bool = False) -> None:
    await interaction.response.defer(ephemeral=deep)
    await interaction.edit_original_response(content=f"{symbol}: 50,000.00")
    await interaction.followup.send(f"asked by {interaction.user.name}")


@_quote.autocomplete("symbol")
async def _symbols(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    known = ["BTC/USDT", "ETH/USDT"]
    return [app_commands.Choice(name=one, value=one) for one in known if one.startswith(typed)]


@contextlib.asynccontextmanager
async def running(client: discord.Client, token: str = TOKEN) -> AsyncIterator[asyncio.Task[None]]:
    """The client, started; closed and awaited at the end. Wait for READY yourself."""
    async with client:  # without it nothing can be awaited before the login is through
        task = asyncio.create_task(client.start(token))
        try:
            yield task
        finally:
            await client.close()
            task.cancel()  # it may sleep before the next attempt to connect, and close waits not
            await asyncio.gather(task, return_exceptions=True)
