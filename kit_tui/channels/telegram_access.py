"""What counts as speaking on Telegram: new words and presses of people, nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kit_tui.channels.text import visible_line
from kit_tui.channels.transport import Heard, Pressed
from kit_tui.gateway.people import Speaker

if TYPE_CHECKING:
    from telegram import Chat, Message, Update, User

NAME = "telegram"
_COMMAND = re.compile(r"^(/[A-Za-z0-9_]+)@(\w+)")
NOT_ADDRESSED = "not addressed in a group"


def read_update(update: Update, bot_name: str) -> Heard | Pressed | None:
    """An update as something said or pressed; None for what no person did.

    Forwarded words, words through bots and edited ones are heard and marked as ignored.
    """
    mark = f"u{update.update_id}"
    query = update.callback_query
    if query is not None:
        if query.message is None or query.data is None or query.from_user.is_bot:
            return None
        speaker = _speaker(query.from_user, query.message.chat)
        quotes = str(query.message.message_id)
        return Pressed(speaker=speaker, mark=mark, data=query.data, quotes=quotes)
    message = update.message or update.edited_message
    if message is None:
        return None
    user = message.from_user
    if user is None or user.is_bot or message.sender_chat is not None:
        return _nobody(message, mark)
    speaker = _speaker(user, message.chat)
    ignored = _ignored(update, message)
    if not speaker.private and not ignored:
        text = _addressed(message, bot_name)
        return Heard(
            speaker=speaker, mark=mark, text=text, ignored="" if text else NOT_ADDRESSED,
            at=message.date,
        )  # fmt: skip
    text = _COMMAND.sub(r"\1", message.text or "", count=1)
    return Heard(speaker=speaker, mark=mark, text=text, ignored=ignored, at=message.date)


def _ignored(update: Update, message: Message) -> str:
    if update.edited_message is not None:
        return "edited"
    if message.forward_origin is not None or message.is_automatic_forward:
        return "forwarded"
    return "through a bot" if message.via_bot is not None else ""


def _nobody(message: Message, mark: str) -> Heard:
    speaker = Speaker(channel=NAME, user="", chat=str(message.chat.id), name="", private=False)
    return Heard(speaker=speaker, mark=mark, ignored="not from a person")


def _speaker(user: User, chat: Chat) -> Speaker:
    return Speaker(
        channel=NAME, user=str(user.id), chat=str(chat.id), private=chat.type == "private",
        name=visible_line(user.full_name, 40) or str(user.id),
    )  # fmt: skip


def _addressed(message: Message, bot_name: str) -> str:
    """Words in a group without the address; empty when they are not addressed to the bot."""
    text = message.text or ""
    command = _COMMAND.match(text)
    if command is not None and command[2].lower() == bot_name.lower():
        return _COMMAND.sub(r"\1", text, count=1)
    mention = re.compile(rf"@{re.escape(bot_name)}\b", re.IGNORECASE)
    if mention.search(text):
        return " ".join(mention.sub(" ", text).split())
    answered = message.reply_to_message
    to_bot = answered is not None and answered.from_user is not None and (
        (answered.from_user.username or "").lower() == bot_name.lower()
    )  # fmt: skip
    return text if to_bot else ""
