"""What counts as speaking on Discord: new words, commands and presses of people, nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kit_tui.channels.text import visible_line
from kit_tui.channels.transport import Heard
from kit_tui.gateway.people import Speaker

if TYPE_CHECKING:
    from discord import Interaction, Member, Message, User

NAME = "discord"
NOT_ADDRESSED = "not addressed in a group"
_PRIVATE = "user:"


def chat_of(user: int | str) -> str:
    """The chat of a person's direct messages: their number, for the channel may not exist yet."""
    return f"{_PRIVATE}{user}"


def user_of(chat: str) -> int | None:
    """The person whose direct messages a chat is; None for a channel of a server."""
    return int(chat.removeprefix(_PRIVATE)) if chat.startswith(_PRIVATE) else None


def speaker_of(user: User | Member, channel: str, roles: tuple[str, ...]) -> Speaker:
    """Whoever spoke, in a `channel` of a server, or in private when it is empty."""
    return Speaker(
        channel=NAME, user=str(user.id), chat=channel or chat_of(user.id), private=not channel,
        name=visible_line(user.display_name, 40) or str(user.id), roles=roles,
    )  # fmt: skip


def read_message(message: Message, me: int, roles: tuple[str, ...]) -> Heard:
    """A message as something heard; what is not a person's own new words is marked as ignored."""
    where = str(message.channel.id) if message.guild is not None else ""
    speaker = speaker_of(message.author, where, roles)
    text, ignored = message.content, _ignored(message)
    if where and not ignored:
        addressed = any(user.id == me for user in message.mentions)
        text = " ".join(re.sub(rf"<@!?{me}>", " ", text).split()) if addressed else ""
        ignored = "" if text else NOT_ADDRESSED
    return Heard(
        speaker=speaker, mark=f"m{message.id}", text=text, ignored=ignored, at=message.created_at
    )


def _ignored(message: Message) -> str:
    from discord import MessageType

    if message.author.bot or message.webhook_id is not None:
        return "not from a person"
    if message.type not in (MessageType.default, MessageType.reply):
        return "not words"
    if message.message_snapshots:
        return "forwarded"
    return "edited" if message.edited_at is not None else ""


def is_private(interaction: Interaction[Any]) -> bool:
    """Whether something was invoked or pressed in the direct messages with the bot itself."""
    return interaction.guild_id is None and interaction.context.dm_channel
