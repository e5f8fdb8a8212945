"""Who and what a bot's server knows: people, chats, messages with all their versions."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.servers.telegram_entities import Entity
from tests.servers.telegram_rules import Data, Markup, flag, integer
from tests.servers.telegram_words import BadRequestError, ForbiddenError

START = 1_795_356_180
"""The date of everything, in seconds, when the server's clock began; it is that of a FakeClock."""
BOT = {"id": 123456, "is_bot": True, "first_name": "K.I.T.", "username": "kit_test_bot"}
OWNER, CHAT = 42, 42
EVE, OTHER_BOT = 666, 777_000_777
GROUP, FORUM, CHANNEL = -500, -1_001_000_000_001, -1_001_000_000_002
_WHERE = {"group": "the group chat", "supergroup": "the supergroup chat",
          "channel": "the channel chat"}  # fmt: skip


@dataclass
class Person:
    """Somebody, or another bot."""

    id: int
    first_name: str = "Ann"
    username: str = ""
    is_bot: bool = False

    def shape(self) -> dict[str, Any]:
        """As JSON has it."""
        shape = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        return {**shape, "username": self.username} if self.username else shape


@dataclass
class Chat:
    """A chat. `trouble` is why the bot cannot write: `blocked`, `deactivated`, `unstarted` or
    `bot` for a private one, else `kicked`, `left`, `deleted` or `migrated`.

    `topics` maps numbers to names and makes a forum of a supergroup.
    """

    id: int
    type: str = "private"
    name: str = "Ann"
    username: str = ""
    topics: dict[int, str] = field(default_factory=dict)
    closed_topics: set[int] = field(default_factory=set)
    trouble: str = ""
    migrated_to: int = 0

    @property
    def is_group(self) -> bool:
        """Whether several can write here."""
        return self.type in {"group", "supergroup"}

    def shape(self) -> dict[str, Any]:
        """As JSON has it."""
        name = "first_name" if self.type == "private" else "title"
        shape: dict[str, Any] = {"id": self.id, name: self.name, "type": self.type}
        if self.username:
            shape["username"] = self.username
        if self.topics:
            shape["is_forum"] = True
        return shape

    def refusal(self) -> Exception | None:
        """Why the bot may not write here, if so."""
        if self.trouble == "migrated":
            words = "group chat was upgraded to a supergroup chat"
            return BadRequestError(words, migrate_to_chat_id=self.migrated_to)
        where = _WHERE.get(self.type, "")
        words = {
            "blocked": "bot was blocked by the user",
            "deactivated": "user is deactivated",
            "unstarted": "bot can't initiate conversation with a user",
            "bot": "the bot can't send messages to the bot",
            "kicked": f"bot was kicked from {where}",
            "left": f"bot is not a member of {where}",
            "deleted": f"{where} was deleted",
        }.get(self.trouble, "")
        return ForbiddenError(words) if words else None


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said from a moment on, in seconds of the server's clock."""

    at: float
    text: str
    buttons: Mapping[str, str]


@dataclass
class Sent:
    """A message of the bot as it stands in the chat; the words under a photo are its text."""

    message_id: int
    chat_id: int
    text: str
    source: str
    parse_mode: str | None
    silent: bool
    buttons: dict[str, str] = field(default_factory=dict)
    edits: int = 0
    entities: tuple[Entity, ...] = ()
    markup: Markup = field(default_factory=Markup)
    photo: bytes = b""
    photo_size: tuple[int, int] = (0, 0)
    reply_to: int = 0
    thread: int = 0
    protected: bool = False
    preview: dict[str, Any] = field(default_factory=dict)
    at: float = 0.0
    date: int = START
    edit_date: int = 0
    history: list[Version] = field(default_factory=list)

    def put(self, at: float, **changes: Any) -> None:
        """Change it, and write down what it says from now on."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.buttons = self.markup.buttons
        self.edits += bool(self.history)
        self.history.append(Version(at, self.text, self.buttons))


class World:
    """Everybody and everything; `now` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.began = now()
        # On a real clock, dates are real too: words that are old are not acted on.
        self.starts_at: float = time.time() if now is time.monotonic else START
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.messages: dict[int, Sent] = {}
        self.deleted: dict[int, Sent] = {}
        self.heard: dict[tuple[int, int], dict[str, Any]] = {}
        # A supergroup and a channel count for themselves; from far apart, so ids stay distinct.
        self._last: defaultdict[int, int] = defaultdict(lambda: 100_000 * len(self._last), {0: 1})
        for person in (Person(OWNER), Person(EVE, "Eve"), Person(OTHER_BOT, "Bot", "b_bot", True)):
            self.people[person.id] = person
        for chat in (
            Chat(CHAT),
            Chat(OTHER_BOT, name="Bot", trouble="bot"),
            Chat(GROUP, "group", "Traders"),
            Chat(FORUM, "supergroup", "Desk", topics={2: "Orders", 3: "News"}),
            Chat(CHANNEL, "channel", "Signals", "kit_signals"),
        ):
            self.chats[chat.id] = chat

    def date(self) -> int:
        """The time as messages carry it, in whole seconds."""
        return int(self.starts_at + self.now() - self.began)

    def new_id(self, chat_id: int) -> int:
        """The next message's number: one count over all private chats and small groups."""
        place = self._place(chat_id)
        self._last[place] += 1
        return self._last[place]

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take in a message that somebody else wrote."""
        chat, number = message.get("chat"), message.get("message_id")
        if not isinstance(chat, dict) or not isinstance(number, int) or "id" not in chat:
            return
        known = self.chats.get(chat["id"])
        name = str(chat.get("title") or chat.get("first_name") or "")
        if known is None:
            self.chats[chat["id"]] = Chat(chat["id"], chat.get("type", "private"), name)
        elif known.trouble == "unstarted":
            known.trouble = ""
        place = self._place(chat["id"])
        self._last[place] = max(self._last[place], number)
        self.heard[chat["id"], number] = dict(message)

    def chat(self, data: Data, name: str = "chat_id") -> Chat:
        """The chat a call is about.

        Raises:
            BadRequestError: for none, or one the bot never met.
        """
        wanted = data.get(name, "")
        if not wanted:
            raise BadRequestError("chat_id is empty")
        if wanted.startswith("@"):
            named = (chat for chat in self.chats.values() if chat.username)
            chat = next((one for one in named if one.username == wanted[1:]), None)
        else:
            chat = self.chats.get(integer(data, name))
        if chat is None:
            raise BadRequestError("chat not found")
        return chat

    def writable(self, data: Data) -> Chat:
        """The chat a call writes to.

        Raises:
            ApiError: where there is none, or the bot may not write.
        """
        chat = self.chat(data)
        refusal = chat.refusal()
        if refusal is not None:
            raise refusal
        return chat

    def thread(self, chat: Chat, data: Data) -> int:
        """The topic a message goes to, 0 for none; chats without topics have no use for it."""
        number = max(integer(data, "message_thread_id"), 0)
        if not number or (not chat.topics and chat.type != "private"):
            return 0
        if number not in chat.topics:
            raise BadRequestError("Message thread not found")
        if number in chat.closed_topics:
            raise BadRequestError("TOPIC_CLOSED")
        return number

    def reply_to(self, chat: Chat, data: Data, given: Mapping[str, Any]) -> int:
        """The message that is replied to, 0 for none."""
        number = int(given.get("message_id") or integer(data, "reply_to_message_id"))
        if number <= 0 or self.exists(chat.id, number):
            return max(number, 0)
        anyway = given.get("allow_sending_without_reply")
        if anyway or flag(data, "allow_sending_without_reply"):
            return 0
        raise BadRequestError("message to be replied not found")

    def exists(self, chat_id: int, number: int) -> bool:
        """Whether a message is there, whoever wrote it."""
        sent = self.messages.get(number)
        return (chat_id, number) in self.heard or (sent is not None and sent.chat_id == chat_id)

    def shape(self, sent: Sent, *, deep: bool = True) -> dict[str, Any]:
        """A message of the bot as JSON has it; `deep` shows what it replies to."""
        chat = self.chats[sent.chat_id]
        shape: dict[str, Any] = {"message_id": sent.message_id, "from": BOT, "chat": chat.shape()}
        if chat.type == "channel":
            shape = {"message_id": sent.message_id, "sender_chat": chat.shape(), **shape}
            del shape["from"]
        shape["date"] = sent.date
        optional = {
            "edit_date": sent.edit_date,
            "message_thread_id": sent.thread,
            "is_topic_message": bool(sent.thread),
            "has_protected_content": sent.protected,
            "link_preview_options": sent.preview,
            "reply_markup": sent.markup.shape(),
        }
        if sent.reply_to and deep:
            optional["reply_to_message"] = self.any_shape(sent.chat_id, sent.reply_to)
        words, marks = ("caption", "caption_entities") if sent.photo else ("text", "entities")
        if sent.photo:
            optional["photo"] = _sizes(sent)
        optional[words] = sent.text
        optional[marks] = [entity.shape() for entity in sent.entities]
        return shape | {name: value for name, value in optional.items() if value}

    def any_shape(self, chat_id: int, number: int) -> dict[str, Any]:
        """A message as JSON has it, or what stands for one that is gone."""
        sent = self.messages.get(number)
        if sent is not None and sent.chat_id == chat_id:
            return self.shape(sent, deep=False)
        chat = self.chats.get(chat_id, Chat(chat_id))
        gone = {"message_id": number, "date": 0, "chat": chat.shape()}
        return self.heard.get((chat_id, number), gone)

    def _place(self, chat_id: int) -> int:
        chat = self.chats.get(chat_id)
        return chat_id if chat is not None and chat.type in {"supergroup", "channel"} else 0


def _sizes(sent: Sent) -> list[dict[str, Any]]:
    width, height = sent.photo_size
    name = f"photo-{sent.message_id}"
    return [
        {
            "file_id": name, "file_unique_id": f"u{name}", "file_size": len(sent.photo),
            "width": width, "height": height,
        }
    ]  # fmt: skip
