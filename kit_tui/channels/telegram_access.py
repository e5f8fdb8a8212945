"""Who may speak on Telegram, and what counts as speaking. Closed unless a chat is set."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telegram import Message, Update, User

_ADDRESSED = re.compile(r"^(/[A-Za-z0-9_]+)@\w+")
REMEMBERED = 4_000


@dataclass(frozen=True, slots=True)
class Words:
    """Text of the allowed person; empty when they sent something that is not text."""

    user: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Press:
    """A button the allowed person pressed, with its data and the message it hangs on."""

    user: str
    name: str
    query_id: str
    data: str
    message_id: int | None


class Gatekeeper:
    """Lets one person in one private chat through and turns everything else away, silently.

    Turned away are strangers, groups, channels, bots, forwarded and edited messages, and updates
    which were seen before.
    """

    def __init__(self, chat_id: int | None, user_id: int | None) -> None:
        self.chat_id = chat_id
        self.user_id = user_id
        self._seen: OrderedDict[int, None] = OrderedDict()

    def admit(self, update: Update) -> Words | Press | str:
        """What an allowed person said or pressed, else why the update is ignored."""
        if update.update_id in self._seen:
            return "seen before"
        self._seen[update.update_id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        if self.chat_id is None:
            return "no chat is allowed"
        if update.callback_query is not None:
            return self._press(update)
        if update.message is None:
            return "not a new message"
        return self._words(update.message)

    def _press(self, update: Update) -> Press | str:
        query = update.callback_query
        if query is None or query.message is None or query.data is None:
            return "a button without a message"
        reason = self._stranger(query.message.chat.id, query.message.chat.type, query.from_user)
        if reason:
            return reason
        user = query.from_user
        return Press(str(user.id), _name(user), query.id, query.data, query.message.message_id)

    def _words(self, message: Message) -> Words | str:
        reason = self._stranger(message.chat.id, message.chat.type, message.from_user)
        if reason:
            return reason
        if message.forward_origin is not None or message.is_automatic_forward:
            return "forwarded"
        if message.via_bot is not None or message.sender_chat is not None:
            return "not written by a person"
        assert message.from_user is not None  # noqa: S101 - `_stranger` refuses messages of nobody
        user = message.from_user
        text = _ADDRESSED.sub(r"\1", message.text or "", count=1)
        return Words(str(user.id), _name(user), text)

    def _stranger(self, chat_id: int, chat_type: str, user: User | None) -> str:
        if user is None or user.is_bot:
            return "not from a person"
        if chat_type != "private":
            return "not a private chat"
        if chat_id != self.chat_id or (self.user_id is not None and user.id != self.user_id):
            return "a stranger"
        return ""


def _name(user: User) -> str:
    from kit_tui.channels.base import visible_line

    return visible_line(user.full_name, 40) or "owner"
