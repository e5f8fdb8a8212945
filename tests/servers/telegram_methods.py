"""The methods of the Bot API that a trading bot calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.servers.telegram_chats import BOT, Chat, Sent, World
from tests.servers.telegram_flood import Flood
from tests.servers.telegram_html import Parsed, wrong
from tests.servers.telegram_people import People
from tests.servers.telegram_rules import (
    ACTIONS,
    Data,
    Markup,
    an_object,
    caption_of,
    commands_of,
    flag,
    integer,
    markup_of,
    scope_of,
    size_of,
    text_of,
)
from tests.servers.telegram_updates import Updates
from tests.servers.telegram_words import NOT_MODIFIED, TOO_OLD, BadRequestError

Method = Callable[[Data, Mapping[str, bytes]], Awaitable[object]]
_DAYS_2 = 2 * 86_400


class Methods:
    """What each method does. Names are Telegram's, matched without regard to case."""

    def __init__(self, world: World, updates: Updates, people: People, flood: Flood) -> None:
        self.world = world
        self.updates = updates
        self.people = people
        self.flood = flood
        self.answers: dict[str, str | None] = {}
        self.actions: list[tuple[int, str]] = []
        self.menus: dict[tuple[str, str, int, str], list[dict[str, str]]] = {}
        self.last_menu: list[str] = []
        self.menu_buttons: dict[int, dict[str, Any]] = {}
        self.refuse_html = False
        self.query_life = 15.0
        self._named: dict[str, Method] = {
            name.removeprefix("on_").lower(): getattr(self, name)
            for name in dir(self)
            if name.startswith("on_")
        }

    def find(self, name: str) -> Method | None:
        """The method called so; None for one that Telegram, or this server, does not have."""
        return self._named.get(name.lower())

    # -- the bot and its updates ---------------------------------------------------------------

    async def on_getMe(self, *_: object) -> object:  # noqa: N802 - Telegram's names
        able = {"can_join_groups": True, "can_read_all_group_messages": True}
        unable = dict.fromkeys(
            ("supports_inline_queries", "can_connect_to_business", "has_main_web_app"), False
        )
        return {**BOT, **able, **unable}

    async def on_getUpdates(self, data: Data, _: object) -> object:  # noqa: N802
        return await self.updates.poll(data)

    async def on_setWebhook(self, data: Data, _: object) -> object:  # noqa: N802
        url = data.get("url", "")
        if url and not url.startswith("https://"):
            words = "bad webhook: An HTTPS URL must be provided for webhook"
            raise BadRequestError(words)
        self.updates.webhook = url
        if flag(data, "drop_pending_updates"):
            self.updates.forget()
        return True

    async def on_deleteWebhook(self, data: Data, files: object) -> object:  # noqa: N802
        return await self.on_setWebhook({**data, "url": ""}, files)

    async def on_getWebhookInfo(self, *_: object) -> object:  # noqa: N802
        return {
            "url": self.updates.webhook, "has_custom_certificate": False,
            "pending_update_count": len(self.updates.waiting),
        }  # fmt: skip

    # -- menus ---------------------------------------------------------------------------------

    async def on_setMyCommands(self, data: Data, _: object) -> object:  # noqa: N802
        commands = commands_of(data)
        self.menus[self._menu(data)] = commands
        self.last_menu = [command["command"] for command in commands]
        return True

    async def on_getMyCommands(self, data: Data, _: object) -> object:  # noqa: N802
        return self.menus.get(self._menu(data), [])

    async def on_deleteMyCommands(self, data: Data, _: object) -> object:  # noqa: N802
        self.menus.pop(self._menu(data), None)
        return True

    async def on_setChatMenuButton(self, data: Data, _: object) -> object:  # noqa: N802
        button = an_object(data, "menu_button", "menu button") or {"type": "default"}
        if button.get("type") not in {"default", "commands", "web_app"}:
            raise BadRequestError("Can't parse menu button: MenuButton has unsupported type")
        self.menu_buttons[self._private(data)] = button
        return True

    async def on_getChatMenuButton(self, data: Data, _: object) -> object:  # noqa: N802
        default = self.menu_buttons.get(0, {"type": "commands"})
        return self.menu_buttons.get(self._private(data), default)

    def _private(self, data: Data) -> int:
        """The private chat that is meant, 0 for all of them."""
        if not data.get("chat_id"):
            return 0
        chat = self.world.chat(data)
        if chat.type != "private":
            raise BadRequestError("chat not found")
        return chat.id

    def _menu(self, data: Data) -> tuple[str, str, int, str]:
        kind, chat, member = scope_of(data)
        language = data.get("language_code", "")
        if language and not (len(language) == 2 and language.isalpha() and language.islower()):
            raise BadRequestError("Invalid language code specified")
        if chat:
            self.world.chat({"chat_id": chat})
        return (kind, chat, member, language)

    # -- messages ------------------------------------------------------------------------------

    async def on_sendMessage(self, data: Data, _: object) -> object:  # noqa: N802
        read = self._text(data)
        preview = an_object(data, "link_preview_options", "link preview options")
        if flag(data, "disable_web_page_preview"):
            preview = {"is_disabled": True}
        return self._send("sendMessage", data, read, preview=preview)

    async def on_sendPhoto(self, data: Data, files: Mapping[str, bytes]) -> object:  # noqa: N802
        named = data.get("photo", "").removeprefix("attach://")
        photo = files.get("photo") or files.get(named) or self._known_photo(named)
        if photo is None:
            raise BadRequestError("There is no photo in the request")
        self._html(data, "caption")
        caption, size = caption_of(data), size_of(photo)
        return self._send("sendPhoto", data, caption, photo=photo, photo_size=size)

    async def on_editMessageText(self, data: Data, _: object) -> object:  # noqa: N802
        read, markup = self._text(data), self._inline(data)
        sent = self._editable(data)
        if sent.photo:
            raise BadRequestError("There is no text in the message to edit")
        preview = an_object(data, "link_preview_options", "link preview options")
        return self._edit("editMessageText", data, sent, read, markup, preview=preview)

    async def on_editMessageCaption(self, data: Data, _: object) -> object:  # noqa: N802
        self._html(data, "caption")
        markup, read = self._inline(data), caption_of(data)
        sent = self._editable(data)
        if not sent.photo:
            raise BadRequestError("There is no caption in the message to edit")
        return self._edit("editMessageCaption", data, sent, read, markup)

    async def on_editMessageReplyMarkup(self, data: Data, _: object) -> object:  # noqa: N802
        markup = self._inline(data)
        sent = self._editable(data)
        return self._edit("editMessageReplyMarkup", data, sent, None, markup)

    async def on_deleteMessage(self, data: Data, _: object) -> object:  # noqa: N802
        if not data.get("chat_id"):
            raise BadRequestError("Chat identifier is not specified")
        number = integer(data, "message_id")
        if number <= 0:
            raise BadRequestError("Message identifier is not specified")
        chat = self.world.writable(data)
        if not self.world.exists(chat.id, number):
            raise BadRequestError("message to delete not found")
        there = self.world.any_shape(chat.id, number)
        theirs = (chat.id, number) in self.world.heard
        if self.world.date() - there["date"] > _DAYS_2 or (theirs and chat.is_group):
            raise BadRequestError("message can't be deleted")
        if theirs:
            del self.world.heard[chat.id, number]
        else:
            self.world.deleted[number] = self.world.messages.pop(number)
        return True

    async def on_sendChatAction(self, data: Data, _: object) -> object:  # noqa: N802
        action = data.get("action", "").lower()
        if action not in ACTIONS:
            raise BadRequestError("Wrong parameter action in request")
        chat = self.world.writable(data)
        self.world.thread(chat, data)
        self.actions.append((chat.id, action))
        return True

    async def on_getChat(self, data: Data, _: object) -> object:  # noqa: N802
        chat = self.world.chat(data)
        if chat.trouble in {"kicked", "left", "migrated"}:
            self.world.writable(data)
        return {**chat.shape(), "accent_color_id": 0, "max_reaction_count": 11}

    async def on_answerCallbackQuery(self, data: Data, _: object) -> object:  # noqa: N802
        query = data.get("callback_query_id", "")
        pressed = self.people.queries.get(query)
        too_old = pressed is None or self.world.now() - pressed.at > self.query_life
        if pressed is None or too_old or pressed.is_answered:
            raise BadRequestError(TOO_OLD)
        if len(data.get("text", "")) > 200:
            raise BadRequestError("MESSAGE_TOO_LONG")
        pressed.is_answered = True
        self.answers[query] = data.get("text")
        return True

    # -- what they share -----------------------------------------------------------------------

    def _text(self, data: Data) -> Parsed:
        self._html(data, "text")
        return text_of(data)

    def _html(self, data: Data, name: str) -> None:
        if self.refuse_html and data.get(name) and data.get("parse_mode", "").lower() == "html":
            raise wrong("the test says so")

    def _inline(self, data: Data) -> Markup:
        return markup_of(data, inline_only=True)

    def _send(self, method: str, data: Data, read: Parsed, **more: Any) -> object:
        given = an_object(data, "reply_parameters", "reply parameters")
        markup = markup_of(data)
        chat = self.world.writable(data)
        if chat.type == "channel":
            markup = self._inline(data)
        thread = self.world.thread(chat, data)
        reply_to = self.world.reply_to(chat, data, given)
        self._pace(method, chat)
        sent = Sent(
            message_id=self.world.new_id(chat.id), chat_id=chat.id, text="",
            source=data.get("text") or data.get("caption", ""), parse_mode=data.get("parse_mode"),
            silent=flag(data, "disable_notification"), protected=flag(data, "protect_content"),
            thread=thread, reply_to=reply_to, at=self.world.now(), date=self.world.date(), **more,
        )  # fmt: skip
        sent.put(sent.at, text=read.text, entities=read.entities, markup=markup)
        self.world.messages[sent.message_id] = sent
        return self.world.shape(sent)

    def _edit(
        self, method: str, data: Data, sent: Sent, read: Parsed | None, markup: Markup, **more: Any
    ) -> object:
        self._pace(method, self.world.chats[sent.chat_id])
        changes: dict[str, Any] = {"markup": markup, **more}
        if read is not None:
            changes |= {"text": read.text, "entities": read.entities}
        links = any(entity.type in {"url", "text_link"} for entity in (read or sent).entities)
        told = {name: value for name, value in changes.items() if links or name != "preview"}
        if all(getattr(sent, name) == value for name, value in told.items()):
            raise BadRequestError(NOT_MODIFIED)
        if read is not None:
            changes |= {
                "source": data.get("text") or data.get("caption", ""),
                "parse_mode": data.get("parse_mode"),
            }
        sent.put(self.world.now(), edit_date=self.world.date(), **changes)
        return self.world.shape(sent)

    def _editable(self, data: Data) -> Sent:
        if not data.get("chat_id") and not integer(data, "message_id"):
            raise BadRequestError("Message identifier is not specified")
        chat, number = self.world.writable(data), integer(data, "message_id")
        sent = self.world.messages.get(number)
        if (chat.id, number) in self.world.heard:
            raise BadRequestError("Message can't be edited")
        if sent is None or sent.chat_id != chat.id:
            raise BadRequestError("message to edit not found")
        # What came with a keyboard of its own, or took one away, is never edited.
        if sent.markup.kind not in {"", "inline"}:
            raise BadRequestError("Message can't be edited")
        return sent

    def _known_photo(self, file_id: str) -> bytes | None:
        """A photo this bot sent before, by its file_id."""
        if file_id.startswith("http"):
            raise BadRequestError("Failed to get HTTP URL content")
        number = file_id.removeprefix("photo-")
        sent = self.world.messages.get(int(number)) if number.isdecimal() else None
        if file_id and sent is None:
            raise BadRequestError("Wrong remote file identifier specified")
        return sent.photo if sent is not None else None

    def _pace(self, method: str, chat: Chat) -> None:
        self.flood.take(method, str(chat.id), group=chat.is_group)
