"""People, roles, channels, messages and interactions of the loopback Discord, and their JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.servers.discord_rules import EPHEMERAL, LOADING, Json

VIEW, SEND, EMBED_LINKS, USE_COMMANDS = 1 << 10, 1 << 11, 1 << 14, 1 << 31
EVERYONE_MAY = VIEW | SEND | EMBED_LINKS | 1 << 15 | 1 << 16 | USE_COMMANDS
MESSAGE_CONTENT = 1 << 15


@dataclass(eq=False)
class Role:
    """A role of a guild; `allows` are its permission bits."""

    id: int
    name: str
    guild: Guild
    allows: int = 0

    def json(self) -> Json:
        """As the API gives it."""
        return {
            "id": str(self.id), "name": self.name, "color": 0, "hoist": False, "position": 1,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "permissions": str(self.allows), "managed": False, "mentionable": True, "flags": 0,
        }  # fmt: skip

    def resolve_into(self, resolved: Json) -> None:
        """Add it to what an interaction's options refer to."""
        resolved.setdefault("roles", {})[str(self.id)] = self.json()


@dataclass(eq=False)
class Person:
    """A user, a bot, or the face a webhook wears; `roles` has the guilds they are a member of."""

    id: int
    name: str
    bot: bool = False
    roles: dict[Guild, list[Role]] = field(default_factory=dict)
    takes_messages: bool = True
    """Whether the bot may write to them directly; otherwise it is answered 50007."""

    @property
    def mention(self) -> str:
        """How a message names them."""
        return f"<@{self.id}>"

    def permissions(self, guild: Guild) -> int:
        """What their roles in a guild add up to."""
        total = guild.everyone.allows
        for role in self.roles.get(guild, []):
            total |= role.allows
        return total

    def json(self) -> Json:
        """As the API gives a user."""
        return {
            "id": str(self.id), "username": self.name, "global_name": self.name,
            "discriminator": "0", "avatar": None, "bot": self.bot, "public_flags": 0, "flags": 0,
        }  # fmt: skip

    def member_json(self, guild: Guild, *, user: bool = True) -> Json:
        """As the API gives a member of a guild."""
        member: Json = {
            "roles": [str(role.id) for role in self.roles.get(guild, [])], "nick": None,
            "avatar": None, "joined_at": "2026-01-02T03:04:05+00:00", "premium_since": None,
            "deaf": False, "mute": False, "pending": False, "flags": 0,
        }  # fmt: skip
        return member | ({"user": self.json()} if user else {})

    def resolve_into(self, resolved: Json) -> None:
        """Add them to what an interaction's options refer to."""
        resolved.setdefault("users", {})[str(self.id)] = self.json()
        for guild in self.roles:
            member = self.member_json(guild, user=False)
            member["permissions"] = str(self.permissions(guild))
            resolved.setdefault("members", {})[str(self.id)] = member


@dataclass(eq=False)
class Guild:
    """A guild with its roles, members and channels."""

    id: int
    name: str
    everyone: Role = field(init=False)
    roles: list[Role] = field(default_factory=list)
    members: list[Person] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.everyone = Role(self.id, "@everyone", self, EVERYONE_MAY)

    def rest_json(self) -> Json:
        """As the API gives it."""
        return {
            "id": str(self.id), "name": self.name, "icon": None, "splash": None,
            "owner_id": str(self.members[-1].id), "afk_timeout": 300, "features": [], "emojis": [],
            "stickers": [], "verification_level": 0, "default_message_notifications": 0,
            "explicit_content_filter": 0, "mfa_level": 0, "nsfw_level": 0, "premium_tier": 0,
            "preferred_locale": "en-US", "system_channel_flags": 0, "max_members": 500_000,
            "roles": [role.json() for role in (self.everyone, *self.roles)],
        }  # fmt: skip

    def event_json(self, bot: Person, *, everyone: bool) -> Json:
        """As GUILD_CREATE gives it; without the presences intent only the bot is among members."""
        members = self.members if everyone else [bot]
        return self.rest_json() | {
            "joined_at": "2026-01-02T03:04:05+00:00", "large": False, "unavailable": False,
            "member_count": len(self.members), "voice_states": [], "threads": [], "presences": [],
            "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
            "members": [person.member_json(self) for person in members],
            "channels": [channel.json() for channel in self.channels],
        }  # fmt: skip


@dataclass(eq=False)
class Channel:
    """A guild's text channel, or a direct message with `with_whom`.

    `closed` is what the bot is answered here: 50001 (it does not see the channel) or 50013 (it
    may not write).
    """

    id: int
    name: str = ""
    guild: Guild | None = None
    with_whom: Person | None = None
    closed: int = 0

    def json(self) -> Json:
        """As the API gives it."""
        if self.guild is None:
            assert self.with_whom is not None
            return {
                "id": str(self.id), "type": 1, "last_message_id": None, "flags": 0,
                "recipients": [self.with_whom.json()],
            }  # fmt: skip
        return {
            "id": str(self.id), "type": 0, "guild_id": str(self.guild.id), "name": self.name,
            "position": 0, "permission_overwrites": [], "nsfw": False, "topic": None,
            "rate_limit_per_user": 0, "parent_id": None, "last_message_id": None, "flags": 0,
        }  # fmt: skip

    def resolve_into(self, resolved: Json) -> None:
        """Add it to what an interaction's options refer to."""
        shown = self.json() | {"permissions": str(EVERYONE_MAY)}
        resolved.setdefault("channels", {})[str(self.id)] = shown


@dataclass(eq=False)
class Sent:
    """A message as it stands in its channel."""

    id: int
    channel: Channel
    author: Person
    at: float
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    mentions: list[Person] = field(default_factory=list)
    flags: int = 0
    nonce: str | None = None
    reference: int | None = None
    webhook: int | None = None
    interaction: Interaction | None = None
    allowed_mentions: Json | None = None
    earlier: list[str] = field(default_factory=list)
    """What it read before each of its edits."""
    edited_at: float | None = None

    @property
    def text(self) -> str:
        """All of it that can be read, embeds below the content."""
        lines = [self.content]
        for embed in self.embeds:
            lines += [embed.get("title") or "", embed.get("description") or ""]
            lines += [f"{part['name']}: {part['value']}" for part in embed.get("fields") or []]
            lines.append((embed.get("footer") or {}).get("text") or "")
        return "\n".join(line for line in lines if line)

    @property
    def edits(self) -> int:
        """How often it was edited."""
        return len(self.earlier)

    @property
    def ephemeral(self) -> bool:
        """Whether only the person who asked sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether it still says that the bot is thinking."""
        return bool(self.flags & LOADING)

    @property
    def parts(self) -> list[Json]:
        """Its buttons and menus, row by row."""
        return [part for row in self.components for part in row.get("components", [])]

    @property
    def buttons(self) -> dict[str, str]:
        """The custom ids of its buttons that can be pressed, by label."""
        return {
            part.get("label", ""): part["custom_id"]
            for part in self.parts
            if part["type"] == 2 and "custom_id" in part and not part.get("disabled")
        }

    def json(self, *, content: bool = True) -> Json:
        """As the API gives it, or as it looks without the message content intent."""
        shown: Json = {
            "id": str(self.id), "channel_id": str(self.channel.id), "author": self.author.json(),
            "timestamp": stamp(self.at), "tts": False, "mention_everyone": False,
            "mentions": [person.json() for person in self.mentions], "mention_roles": [],
            "edited_timestamp": self.edited_at and stamp(self.edited_at), "pinned": False,
            "type": 19 if self.reference else 0, "flags": self.flags,
            "content": self.content if content else "",
            "embeds": [{"type": "rich", **embed} for embed in self.embeds] if content else [],
            "components": self.components if content else [],
            "attachments": self.attachments if content else [],
        }  # fmt: skip
        if self.nonce is not None:
            shown["nonce"] = self.nonce
        if self.reference is not None:
            shown["message_reference"] = {
                "message_id": str(self.reference), "channel_id": str(self.channel.id)
            }  # fmt: skip
        if self.webhook is not None:
            shown["webhook_id"] = str(self.webhook)
        if self.interaction is not None:
            shown["interaction_metadata"] = self.interaction.metadata()
        return shown

    def event_json(self, *, content: bool) -> Json:
        """As the gateway gives it."""
        shown = self.json(content=content)
        if (guild := self.channel.guild) is not None:
            shown["guild_id"] = str(guild.id)
            if self.webhook is None:
                shown["member"] = self.author.member_json(guild, user=False)
        return shown | {"channel_type": 0 if guild else 1}


@dataclass(eq=False)
class Interaction:
    """What a person invoked, pressed or typed, and how the bot answered.

    `kind`: 2 a command, 3 a button or menu, 4 an autocompletion, 5 a dialogue sent off.
    `answer`: None until answered, then 4 a message, 5 "thinking", 6 an edit to come, 7 an edit,
    8 choices, 9 a dialogue. `original` is what the bot shows as `@original`.
    """

    id: int
    token: str
    kind: int
    by: Person
    channel: Channel
    at: float
    data: Json
    message: Sent | None = None
    answer: int | None = None
    answered_at: float | None = None
    original: Sent | None = None
    followups: list[Sent] = field(default_factory=list)
    choices: list[Json] = field(default_factory=list)
    modal: Json | None = None

    @property
    def text(self) -> str:
        """What the person reads as the answer; empty before there is one."""
        return "" if self.original is None else self.original.text

    def metadata(self) -> Json:
        """As a message names what brought it about."""
        return {
            "id": str(self.id), "type": self.kind, "user": self.by.json(),
            "authorizing_integration_owners": {},
        }  # fmt: skip

    def json(self, application: int, bot: Person) -> Json:
        """As INTERACTION_CREATE gives it."""
        shown: Json = {
            "id": str(self.id), "application_id": str(application), "type": self.kind,
            "token": self.token, "version": 1, "data": self.data, "locale": "en-US",
            "channel_id": str(self.channel.id), "channel": self.channel.json(),
            "entitlements": [], "attachment_size_limit": 10_485_760,
            "context": 0 if self.channel.guild else 1, "app_permissions": str(EVERYONE_MAY),
            "authorizing_integration_owners": {},
        }  # fmt: skip
        if (guild := self.channel.guild) is None:
            shown["user"] = self.by.json()
        else:
            permissions = str(self.by.permissions(guild))
            shown["member"] = self.by.member_json(guild) | {"permissions": permissions}
            shown["guild_id"], shown["guild_locale"] = str(guild.id), "en-US"
            shown["guild"] = {"id": str(guild.id), "locale": "en-US", "features": []}
            shown["app_permissions"] = str(bot.permissions(guild))
            shown["authorizing_integration_owners"] = {"0": str(guild.id)}
        if self.message is not None:
            shown["message"] = self.message.json()
        return shown


@dataclass
class Call:
    """A request as it came in, and the status it was answered with (0: no answer)."""

    method: str
    route: str
    path: str
    parts: dict[str, str]
    query: dict[str, str]
    at: float
    body: Any = None
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    status: int = 0

    @property
    def fields(self) -> Json:
        """The body of a request that must have an object there."""
        return self.body if isinstance(self.body, dict) else {}


Condition = Callable[[], object]


def stamp(at: float) -> str:
    """A moment as Discord writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat()
