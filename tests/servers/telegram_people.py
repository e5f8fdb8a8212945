"""What people do in their chats with the bot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.servers.telegram_chats import BOT, CHAT, EVE, OTHER_BOT, OWNER, Chat, Person, World
from tests.servers.telegram_entities import found
from tests.servers.telegram_updates import Updates

_FILE = {"file_id": "f1", "file_unique_id": "u1"}
MEDIA: Mapping[str, Any] = {
    "photo": [{**_FILE, "width": 90, "height": 60}],
    "voice": {**_FILE, "duration": 3},
    "document": {**_FILE, "file_name": "report.pdf"},
    "video": {**_FILE, "width": 90, "height": 60, "duration": 3},
    "sticker": {
        **_FILE, "type": "regular", "width": 512, "height": 512, "is_animated": False,
        "is_video": False, "emoji": "🐂",
    },
    "location": {"latitude": 50.08, "longitude": 14.43},
    "contact": {"phone_number": "+420000000000", "first_name": "Ann"},
    "dice": {"emoji": "🎲", "value": 6},
}  # fmt: skip


@dataclass
class Pressed:
    """A press of a button; `at` on the server's clock."""

    at: float
    is_answered: bool = False


class People:
    """Everybody's hands. Updates of kinds the bot did not ask for do not reach it."""

    def __init__(self, world: World, updates: Updates) -> None:
        self.world = world
        self.updates = updates
        self.queries: dict[str, Pressed] = {}
        self.last_heard = 0
        """The number of the message that somebody wrote last."""

    def add_person(
        self, user: int, name: str, *, private: str = "", is_bot: bool = False
    ) -> Person:
        """Somebody new, with a private chat; `private` is its trouble, such as `unstarted`."""
        self.world.people[user] = Person(user, name, is_bot=is_bot)
        self.world.chats[user] = Chat(user, name=name, trouble=private)
        return self.world.people[user]

    def add_chat(self, chat: Chat) -> Chat:
        """A new group, forum or channel."""
        self.world.chats[chat.id] = chat
        return chat

    async def says(
        self,
        text: str | None,
        *,
        by: int = OWNER,
        where: int | None = None,
        thread: int = 0,
        reply_to: int = 0,
        **changes: Any,
    ) -> int:
        """A message, in a private chat unless `where` says; returns the update's number.

        `changes` replace fields of the message; None takes one away.
        """
        chat = CHAT if where is None and by == OWNER else by if where is None else where
        message = self._message(chat, by, text)
        if thread:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        if reply_to:
            message["reply_to_message"] = self.world.any_shape(chat, reply_to)
        kept = {key: value for key, value in {**message, **changes}.items() if value is not None}
        return await self._heard("message", kept)

    async def starts(self, payload: str = "", *, by: int = OWNER) -> int:
        """`/start`, with what a deep link carries."""
        return await self.says(f"/start {payload}".strip(), by=by)

    async def shows(self, kind: str, caption: str = "", **where: Any) -> int:
        """A photo, voice, document, video, sticker, location, contact or dice."""
        more = {kind: MEDIA[kind], "caption": caption or None}
        return await self.says(None, **{**where, **more})

    async def edits(self, message_id: int, text: str, *, where: int = CHAT) -> int:
        """Somebody changes what they wrote."""
        message = {**self.world.heard[where, message_id], "edit_date": self.world.date()}
        message |= {"text": text, **_marks(text)}
        return await self._heard("edited_message", message)

    async def forwards(self, text: str, *, of: int = EVE, **where: Any) -> int:
        """A message somebody else wrote first."""
        sender = self.world.people[of].shape()
        origin = {"type": "user", "date": self.world.date(), "sender_user": sender}
        return await self.says(text, **{"forward_origin": origin, **where})

    async def another_bot_says(self, text: str, *, where: int = CHAT) -> int:
        """Words of another bot."""
        return await self.says(text, by=OTHER_BOT, where=where)

    async def posts(self, text: str, *, where: int) -> int:
        """A post in a channel, which has no sender."""
        message = self._message(where, OWNER, text)
        del message["from"]
        return await self._heard("channel_post", message)

    async def blocks(self, *, by: int = OWNER, unblocks: bool = False) -> int:
        """Somebody blocks the bot, or takes it back."""
        self.world.chats[by].trouble = "" if unblocks else "blocked"
        old, new = ("kicked", "member") if unblocks else ("member", "kicked")
        change = {
            "chat": self.world.chats[by].shape(), "from": self._person(by).shape(),
            "date": self.world.date(), "old_chat_member": _membership(old),
            "new_chat_member": _membership(new),
        }  # fmt: skip
        return await self.updates.push({"my_chat_member": change})

    async def press(self, message_id: int, label: str, *, user: int = OWNER) -> str:
        """Press a button of a message; returns the query's id."""
        data = self.world.messages[message_id].buttons[label]
        return await self.press_data(message_id, data, user)

    async def press_data(self, message_id: int, data: str, user: int = OWNER) -> str:
        """Send a button's data, as an old client would."""
        query = str(4_200_000_000_000_000_000 + self.updates.next_id)
        sent = self.world.messages.get(message_id) or self.world.deleted.get(message_id)
        shape = self.world.any_shape(sent.chat_id if sent else CHAT, message_id)
        press = {
            "id": query, "from": self._person(user).shape(), "chat_instance": "1", "data": data,
            "message": shape,
        }  # fmt: skip
        await self.push({"callback_query": press})
        return query

    async def push(self, update: dict[str, Any], *, update_id: int | None = None) -> int:
        """Put any update up for the bot, asked for or not; an id given twice is a duplicate.

        A date that is none, such as 1, is now: old words are read as such.
        """
        for kind, content in update.items():
            if isinstance(content, dict) and content.get("date") == 1:
                content["date"] = self.world.date()
            if kind == "callback_query":
                self.queries[content["id"]] = Pressed(self.world.now())
            elif isinstance(content, dict):
                self.world.hear(content)
        return await self.updates.push(update, update_id, forced=True)

    async def redeliver(self, update_id: int) -> None:
        """Deliver an update a second time though it was confirmed."""
        await self.updates.again(update_id)

    def _person(self, user: int) -> Person:
        return self.world.people.get(user) or Person(user)

    def _message(self, chat_id: int, user: int, text: str | None) -> dict[str, Any]:
        person = self._person(user)
        chat = self.world.chats.get(chat_id) or self.add_chat(Chat(chat_id, name=person.first_name))
        message: dict[str, Any] = {
            "message_id": self.world.new_id(chat_id), "date": self.world.date(),
            "chat": chat.shape(), "from": person.shape(),
        }  # fmt: skip
        return message if text is None else {**message, "text": text, **_marks(text)}

    async def _heard(self, kind: str, message: dict[str, Any]) -> int:
        self.world.hear(message)
        self.last_heard = message["message_id"]
        return await self.updates.push({kind: message})


def _membership(status: str) -> dict[str, Any]:
    ban = {"until_date": 0} if status == "kicked" else {}
    return {"status": status, "user": BOT, **ban}


def _marks(text: str) -> dict[str, Any]:
    marks = [entity.shape() for entity in found(text, ())]
    return {"entities": marks} if marks else {}
