"""What a Discord holds: a guild, its people, channels and messages, and who hears of a change."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable
from typing import Any

from tests.servers.discord_rules import DiscordError, Json
from tests.servers.discord_types import (
    MESSAGE_CONTENT,
    Call,
    Channel,
    Condition,
    Guild,
    Interaction,
    Person,
    Role,
    Sent,
)

TOKEN = "MTIz.loopback.token-of-a-test"
APPLICATION = 7_000
GUILDS, GUILD_MEMBERS, GUILD_PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 9, 1 << 12
PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT
_EPOCH_MS = 1_420_070_400_000
_MENTION = re.compile(r"<@!?(\d+)>")
_FLAGS = {GUILD_PRESENCES: 1 << 13, GUILD_MEMBERS: 1 << 15, MESSAGE_CONTENT: 1 << 19}


class Listener:
    """Who is told of events: a session of the gateway."""

    intents: int

    async def hear(self, event: str, data: Json) -> None:
        """Deliver an event, or keep it for when the client resumes."""
        raise NotImplementedError


class World:
    """State and events, without a protocol. `privileged` are the intents the portal grants.

    Another `token` is refused; change it, and the bot's is revoked.
    """

    def __init__(self) -> None:
        self.messages: dict[int, Sent] = {}
        self.deleted: list[Sent] = []
        self.calls: list[Call] = []
        self.commands: dict[int | None, list[Json]] = {}
        self.interactions: list[Interaction] = []
        self.typing: list[Channel] = []
        self.privileged = PRIVILEGED
        self.token = TOKEN
        self.listeners: list[Listener] = []
        self.people: dict[int, Person] = {}
        self.channels: dict[int, Channel] = {}
        self.guilds: dict[int, Guild] = {}
        self.root = ""
        self._skipped = 0.0
        self._last_id = 0
        self._changed = asyncio.Condition()
        self.bot = Person(APPLICATION, "kit_test_bot", bot=True)
        self.people[APPLICATION] = self.bot
        self.guild = self.add_guild("Desk")
        self.channel = self.add_channel("general")
        self.owner = self.add_person("ann")

    # -- time and numbers ------------------------------------------------------------------------

    def now(self) -> float:
        """The server's clock in seconds, which `skip` moves."""
        return time.time() + self._skipped

    def skip(self, seconds: float) -> None:
        """Let time pass for the server: interactions grow old, windows of limits end."""
        self._skipped += seconds

    def new_id(self) -> int:
        """A snowflake: its upper bits are the moment."""
        made = (int(self.now() * 1_000) - _EPOCH_MS) << 22
        self._last_id = max(made, self._last_id + 1)
        return self._last_id

    async def until(self, condition: Condition, seconds: float = 10) -> None:
        """Wait until something that happened on the server makes `condition` true."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(condition()))

    async def notify(self) -> None:
        """Let whoever waits look again."""
        async with self._changed:
            self._changed.notify_all()

    # -- who and where ---------------------------------------------------------------------------

    def add_guild(self, name: str) -> Guild:
        """A guild the bot is a member of. Add it before the client connects."""
        guild = Guild(self.new_id(), name)
        self.guilds[guild.id] = guild
        self._join(guild, self.bot, ())
        return guild

    def add_channel(self, name: str, guild: Guild | None = None, *, closed: int = 0) -> Channel:
        """A text channel. Add it before the client connects."""
        guild = guild or self.guild
        channel = Channel(self.new_id(), name, guild, closed=closed)
        self.channels[channel.id] = channel
        guild.channels.append(channel)
        return channel

    def add_role(self, name: str, *, allows: int = 0, guild: Guild | None = None) -> Role:
        """A role with its permission bits. Add it before the client connects."""
        guild = guild or self.guild
        role = Role(self.new_id(), name, guild, allows)
        guild.roles.append(role)
        return role

    def add_person(
        self, name: str, *roles: Role, bot: bool = False, stranger: bool = False
    ) -> Person:
        """A member of the guild with roles, or a stranger who is in none."""
        person = Person(self.new_id(), name, bot=bot)
        self.people[person.id] = person
        if not stranger:
            for guild in {role.guild for role in roles} or {self.guild}:
                self._join(guild, person, [role for role in roles if role.guild is guild])
        return person

    def _join(self, guild: Guild, person: Person, roles: Iterable[Role]) -> None:
        person.roles[guild] = list(roles)
        guild.members.append(person)

    def direct(self, person: Person) -> Channel:
        """The direct messages between the bot and a person."""
        for channel in self.channels.values():
            if channel.with_whom is person:
                return channel
        channel = Channel(self.new_id(), with_whom=person)
        self.channels[channel.id] = channel
        return channel

    def found_channel(self, number: str) -> Channel:
        """The channel the bot asks for.

        Raises:
            DiscordError: 10003, or 50001 for one it does not see.
        """
        channel = self.channels.get(int(number)) if number.isdigit() else None
        if channel is None:
            raise DiscordError(10003)
        if channel.closed == 50001:
            raise DiscordError(50001)
        return channel

    def found_guild(self, number: str) -> Guild:
        """The guild the bot asks for.

        Raises:
            DiscordError: 50001 for one it is not in, which Discord does not tell from unknown ones.
        """
        guild = self.guilds.get(int(number)) if number.isdigit() else None
        if guild is None:
            raise DiscordError(50001)
        return guild

    def found_person(self, number: str) -> Person:
        """The user the bot asks for.

        Raises:
            DiscordError: 10013.
        """
        person = self.people.get(int(number)) if number.isdigit() else None
        if person is None:
            raise DiscordError(10013)
        return person

    def application_json(self) -> Json:
        """As the API gives the bot's application; its flags follow `privileged`."""
        flags = sum(flag for intent, flag in _FLAGS.items() if self.privileged & intent)
        return {
            "id": str(APPLICATION), "name": "K.I.T.", "icon": None, "description": "",
            "summary": "", "bot_public": False, "bot_require_code_grant": False,
            "verify_key": "0" * 64, "owner": self.owner.json(), "flags": flags, "team": None,
            "rpc_origins": None,
        }  # fmt: skip

    # -- messages and events ---------------------------------------------------------------------

    @property
    def texts(self) -> list[str]:
        """What the bot's messages read now, ephemeral ones included."""
        return [sent.text for sent in self.messages.values() if sent.author is self.bot]

    async def place(self, sent: Sent) -> None:
        """Put a new message into its channel and tell the sessions that may see it."""
        sent.mentions = self.mentioned(sent)
        self.messages[sent.id] = sent
        await self.tell_message("MESSAGE_CREATE", sent)

    async def replace(self, sent: Sent, **changes: Any) -> None:
        """Edit a message in place and tell of it."""
        sent.earlier.append(sent.text)
        for name, value in changes.items():
            setattr(sent, name, value)
        sent.edited_at = self.now()
        sent.mentions = self.mentioned(sent)
        await self.tell_message("MESSAGE_UPDATE", sent)

    async def remove(self, sent: Sent) -> None:
        """Delete a message and tell of it."""
        self.deleted.append(self.messages.pop(sent.id))
        if not sent.ephemeral:
            data: Json = {"id": str(sent.id), "channel_id": str(sent.channel.id)}
            if sent.channel.guild:
                data["guild_id"] = str(sent.channel.guild.id)
            await self.tell("MESSAGE_DELETE", data, _heard_by(sent.channel))

    def mentioned(self, sent: Sent) -> list[Person]:
        """Who is pinged: named in the content and not kept out by `allowed_mentions`."""
        named = dict.fromkeys(int(number) for number in _MENTION.findall(sent.content))
        rules = sent.allowed_mentions
        if rules is not None and "users" not in rules.get("parse", []):
            named = {one: None for one in named if str(one) in map(str, rules.get("users", []))}
        return [self.people[number] for number in named if number in self.people]

    async def tell_message(self, event: str, sent: Sent) -> None:
        """Tell of a message; without the content intent a session reads what is for the bot."""
        if sent.ephemeral or sent.channel.closed == 50001:
            await self.notify()
            return
        for listener in list(self.listeners):
            if listener.intents & _heard_by(sent.channel):
                content = self.reads(sent, bool(listener.intents & MESSAGE_CONTENT))
                await listener.hear(event, sent.event_json(content=content))
        await self.notify()

    def reads(self, sent: Sent, granted: bool) -> bool:
        """Whether the bot sees what a message says."""
        own = sent.author is self.bot or self.bot in sent.mentions
        return granted or own or sent.channel.guild is None

    async def tell(self, event: str, data: Json, intents: int = 0) -> None:
        """Tell every session of an event, or those with one of `intents`."""
        for listener in list(self.listeners):
            if not intents or listener.intents & intents:
                await listener.hear(event, data)
        await self.notify()


def _heard_by(channel: Channel) -> int:
    return GUILD_MESSAGES if channel.guild else DIRECT_MESSAGES
