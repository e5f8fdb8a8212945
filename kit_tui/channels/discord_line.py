"""One client of discord.py: what it is told by Discord, and how that reaches the ear."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary

from kit_tui.channels.discord_errors import network_errors
from kit_tui.channels.discord_markdown import escaped
from kit_tui.channels.discord_menu import (
    IN_DIRECT_MESSAGES,
    IN_GUILDS,
    PAIR,
    Json,
    completions,
    line_of,
    menu_of,
    pair_option,
    same,
)
from kit_tui.channels.discord_reading import is_private, read_message, speaker_of
from kit_tui.channels.transport import Ear, Heard, Pressed
from kit_tui.commands.command import Command
from kit_tui.domain.clock import Clock

if TYPE_CHECKING:
    from discord import Client, Interaction, Member, Message, User

AGAIN_S = 5.0
"""Discord takes one IDENTIFY in five seconds."""
ANSWERED_IN_S = 2.5
ROLES_IN_S = 1.5
LONGEST_WAIT_S = 30.0
"""Longer pauses that Discord asks for are told to the courier, shorter ones waited out inside."""
ELSEWHERE = "Answered in our direct messages."
log = logging.getLogger(__name__)


class Home(Protocol):
    """What a line needs to know of its transport."""

    guild: int | None
    roles: bool
    api_url: str | None
    groups: frozenset[str]

    def came_up(self, client: Client) -> None: ...


class DiscordLine:
    """A client and its ear; made anew when discord.py gives up.

    What one person does is heard in its order, though roles may have to be looked up first.
    """

    def __init__(self, home: Home, ear: Ear, menu: tuple[Command, ...], clock: Clock) -> None:
        self._home = home
        self._ear = ear
        self._menu = {command.name: command for command in menu}
        self._clock = clock
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self.client = self._made()

    def _made(self) -> Client:
        from discord import AllowedMentions, Client, Intents, MemberCacheFlags
        from discord.http import Route

        intents = Intents.none()
        intents.guilds = intents.dm_messages = True
        # Without the privileged intent Discord gives the words of mentions, and only those.
        intents.guild_messages = bool(self._home.groups)
        if self._home.api_url:
            Route.BASE = self._home.api_url.rstrip("/")
        client = Client(
            intents=intents, allowed_mentions=AllowedMentions.none(), max_messages=None,
            member_cache_flags=MemberCacheFlags.none(), chunk_guilds_at_startup=False,
            guild_ready_timeout=0, max_ratelimit_timeout=LONGEST_WAIT_S,
        )  # fmt: skip
        for handler in (
            self.setup_hook, self.before_identify_hook, self.on_ready, self.on_resumed,
            self.on_disconnect, self.on_message, self.on_interaction,
        ):  # fmt: skip
            client.event(handler)
        return client

    # -- how the line stands -------------------------------------------------------------------

    async def setup_hook(self) -> None:
        """Find the gateway of another server, which the library would not ask for."""
        if self._home.api_url:
            import yarl
            from discord.gateway import DiscordWebSocket

            _, url, _ = await self.client.http.get_bot_gateway()
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Keep Discord's pace of sessions."""
        if not initial:
            await self._clock.sleep(AGAIN_S)

    async def on_ready(self) -> None:
        """A session began."""
        self._home.came_up(self.client)
        self._ear.state("up")
        try:
            await self._offer_commands()
        except network_errors() as error:
            log.warning("Discord did not take the slash commands: %s", error)
            self._ear.state("up", "its slash commands are not registered")

    async def on_resumed(self) -> None:
        """A session goes on where it was lost."""
        self._ear.state("up")

    async def on_disconnect(self) -> None:
        """The connection was lost; the library takes it up again."""
        if not self.client.is_closed():
            self._ear.state("down", "not reachable")

    async def _offer_commands(self) -> None:
        """Register the commands where they differ: those of a server are not for private chats."""
        http, application = self.client.http, self.client.application_id
        assert application is not None  # noqa: S101 - known since the login
        guild, commands = self._home.guild, tuple(self._menu.values())
        everywhere = (IN_GUILDS, IN_DIRECT_MESSAGES) if guild is None else (IN_DIRECT_MESSAGES,)
        wanted: list[Any] = menu_of(commands, everywhere)
        if not same(await _raw(http.get_global_commands(application)), wanted, contexts=True):
            await http.bulk_upsert_global_commands(application, wanted)
        if guild is None:
            return
        wanted = menu_of(commands, (IN_GUILDS,))
        if not same(await _raw(http.get_guild_commands(application, guild)), wanted,
                    contexts=False):  # fmt: skip
            await http.bulk_upsert_guild_commands(application, guild, wanted)

    # -- words -----------------------------------------------------------------------------------

    async def on_message(self, message: Message) -> None:
        """Take in what a person says in private, and in the channels that are set up."""
        me = self.client.user
        if me is None or message.author.id == me.id:
            return
        if message.guild is not None and str(message.channel.id) not in self._home.groups:
            return
        async with self._turn(message.author.id):
            roles = () if message.author.bot else await self._roles(message.author)
            await self._ear.hear(read_message(message, me.id, roles))

    # -- commands and buttons --------------------------------------------------------------------

    async def on_interaction(self, interaction: Interaction[Any]) -> None:
        """Take in a command, a press, or what somebody types into a command."""
        from discord import InteractionType

        if interaction.user.bot or not (is_private(interaction) or interaction.guild_id):
            return
        data: Json = dict(interaction.data or {})
        if interaction.type is InteractionType.component:
            await self._pressed(interaction, str(data.get("custom_id", "")))
        elif interaction.type is InteractionType.application_command:
            await self._invoked(interaction, data)
        elif interaction.type is InteractionType.autocomplete:
            await self._completed(interaction, data)

    async def _invoked(self, interaction: Interaction[Any], data: Json) -> None:
        """An invocation is seen by nobody else, wherever it was made: the answer is private."""
        text = line_of(self._menu, data)
        async with self._turn(interaction.user.id):
            speaker = speaker_of(interaction.user, "", await self._roles(interaction.user))
            taken = await self._ear.hear(
                Heard(
                    speaker=speaker, mark=f"i{interaction.id}", text=text,
                    at=interaction.created_at,
                )
            )  # fmt: skip
        if not taken:
            return
        said = "/pair" if data.get("name") == PAIR else text
        words = escaped(said)[:1_900] if is_private(interaction) else ELSEWHERE
        await _in_time(interaction.response.send_message(words, ephemeral=True))

    async def _pressed(self, interaction: Interaction[Any], data: str) -> None:
        acknowledged = asyncio.ensure_future(_in_time(interaction.response.defer()))
        channel = "" if is_private(interaction) else str(interaction.channel_id)
        async with self._turn(interaction.user.id):
            speaker = speaker_of(interaction.user, channel, await self._roles(interaction.user))
            words = await self._ear.press(
                Pressed(speaker=speaker, mark=f"i{interaction.id}", data=data)
            )  # fmt: skip
        if await acknowledged and words:
            await _in_time(interaction.followup.send(words, ephemeral=True))

    async def _completed(self, interaction: Interaction[Any], data: Json) -> None:
        from discord.app_commands import Choice

        begun = pair_option(self._menu, data)
        if begun is None:
            return
        speaker = speaker_of(interaction.user, "", await self._roles(interaction.user))
        found = completions(self._ear.watched(speaker), begun)
        if found:
            choices = [Choice(name=one["name"], value=one["value"]) for one in found]
            await _in_time(interaction.response.autocomplete(choices))

    # -- inside ----------------------------------------------------------------------------------

    def _turn(self, user: int) -> asyncio.Lock:
        return self._turns.setdefault(user, asyncio.Lock())

    async def _roles(self, user: User | Member) -> tuple[str, ...]:
        """The roles somebody holds on the server that is set up, by name; none when unknown."""
        from discord import Member

        guild = self.client.get_guild(self._home.guild) if self._home.guild else None
        if not self._home.roles or guild is None:
            return ()
        if isinstance(user, Member):
            return tuple(r.name for r in user.roles) if user.guild.id == guild.id else ()
        try:
            async with asyncio.timeout(ROLES_IN_S):
                member = await guild.fetch_member(user.id)
        except network_errors() as error:
            log.info("somebody's roles are not known: %s", type(error).__name__)
            return ()
        return tuple(role.name for role in member.roles)


async def _in_time(answer: Awaitable[Any]) -> bool:
    """Answer an interaction; nothing depends on it, and it must not hold up anything."""
    with contextlib.suppress(*network_errors()):
        async with asyncio.timeout(ANSWERED_IN_S):
            await answer
            return True
    return False


async def _raw(call: Awaitable[Any]) -> list[Json]:
    found: list[Json] = await call
    return found
