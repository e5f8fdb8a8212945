"""A Bot API server on the loopback: what Telegram does, as strict as Telegram, on demand broken."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "123456:loopback-token-of-a-test"
BOT = {"id": 123456, "is_bot": True, "first_name": "K.I.T.", "username": "kit_test_bot"}
OWNER, CHAT = 42, 42
LIMIT = 4_096
FAULT_WORDS = {
    "502": "Bad Gateway",
    "403": "Forbidden: bot was blocked by the user",
    "409": "Conflict: terminated by other getUpdates request",
}
_TAG = re.compile(r"<(/?)([a-z-]+)((?:\s[^<>]*)?)>")
_TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a",
         "blockquote", "tg-spoiler", "span"}  # fmt: skip


@dataclass
class Sent:
    """A message as it stands in the chat."""

    message_id: int
    chat_id: int
    text: str
    source: str
    parse_mode: str | None
    silent: bool
    buttons: dict[str, str] = field(default_factory=dict)
    edits: int = 0


class BadRequestError(Exception):
    """Answered with 400 and Telegram's words."""


def parse_html(source: str) -> str:
    """The visible text of Telegram HTML.

    Raises:
        BadRequestError: for tags that are unknown, unbalanced, or no tags at all.
    """
    open_tags: list[str] = []
    text: list[str] = []
    place = 0
    while place < len(source):
        if source[place] != "<":
            end = source.find("<", place)
            end = len(source) if end < 0 else end
            text.append(html.unescape(source[place:end]))
            place = end
            continue
        tag = _TAG.match(source, place)
        if tag is None or tag[2] not in _TAGS:
            raise BadRequestError(f"can't parse entities: unsupported start tag at offset {place}")
        if not tag[1]:
            open_tags.append(tag[2])
        elif not open_tags or open_tags.pop() != tag[2]:
            raise BadRequestError(f"can't parse entities: unexpected end tag at offset {place}")
        place = tag.end()
    if open_tags:
        raise BadRequestError(f"can't parse entities: can't find end tag of {open_tags[-1]}")
    return "".join(text)


class TelegramApi:
    """The server. Start it with `async with`; `root` is what goes into `base_url`."""

    def __init__(self) -> None:
        self.messages: dict[int, Sent] = {}
        self.calls: list[str] = []
        self.presses: dict[str, str | None] = {}
        self.commands: list[str] = []
        self.down = False
        self.refuse_html = False
        self.faults: deque[tuple[str, str, int]] = deque()
        self._updates: list[dict[str, Any]] = []
        self._next_update = 1_000
        self._next_message = 1
        self._changed = asyncio.Condition()
        self._closing = False
        self._runner: web.AppRunner | None = None
        self.root = ""

    async def __aenter__(self) -> TelegramApi:
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.root = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        await self._notify()
        assert self._runner is not None
        await self._runner.cleanup()

    # -- what people do ------------------------------------------------------------------------

    async def says(self, text: str | None, **changes: Any) -> int:
        """A person's message; `changes` replace fields of the message. Returns the update's id."""
        message: dict[str, Any] = {
            "message_id": self._new_message_id(),
            "date": 1_795_356_180,
            "chat": {"id": CHAT, "type": "private", "first_name": "Ann"},
            "from": {"id": OWNER, "is_bot": False, "first_name": "Ann"},
        }
        if text is not None:
            message["text"] = text
        return await self.push({"message": {**message, **changes}})

    async def press(self, message_id: int, label: str, *, user: int = OWNER) -> str:
        """Press a button of a message; returns the query's id."""
        return await self.press_data(message_id, self.messages[message_id].buttons[label], user)

    async def press_data(self, message_id: int, data: str, user: int = OWNER) -> str:
        """Send a button's data, as an old client would."""
        query = f"q{self._next_update}"
        await self.push(
            {
                "callback_query": {
                    "id": query,
                    "from": {"id": user, "is_bot": False, "first_name": "Ann"},
                    "chat_instance": "1",
                    "data": data,
                    "message": {
                        "message_id": message_id,
                        "date": 1_795_356_180,
                        "chat": {"id": CHAT, "type": "private", "first_name": "Ann"},
                    },
                }
            }
        )
        return query

    async def push(self, update: dict[str, Any], *, update_id: int | None = None) -> int:
        """Put an update up for the bot; an id given twice is a duplicate delivery."""
        number = self._next_update if update_id is None else update_id
        self._next_update = max(self._next_update, number) + 1
        self._updates.append({"update_id": number, **update})
        await self._notify()
        return number

    def fail(self, method: str, how: str, times: int = 1) -> None:
        """Break the next calls: `429:SECONDS`, `502`, `drop` (unheard) or `lost` (answer lost).

        `ok` lets one pass before the next fault.
        """
        self.faults.append((method, how, times))

    async def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Wait until something that happened on the server makes `condition` true."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(condition()))

    @property
    def texts(self) -> list[str]:
        """The chat as it reads now."""
        return [message.text for message in self.messages.values()]

    # -- the protocol --------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if self.down:
            return self._cut(request)
        if request.match_info["token"] != TOKEN:
            return _error(401, "Unauthorized")
        self.calls.append(method)
        fault = self._fault(method)
        if fault == "drop":
            return self._cut(request)
        if fault not in ("", "ok", "lost"):
            await self._notify()
            return _failed(fault)
        data = {key: str(value) for key, value in (await request.post()).items()}
        handler = getattr(self, f"_on_{method}", None)
        if handler is None:
            return _error(404, "Not Found")
        try:
            result = await handler(data)
        except BadRequestError as error:
            return _error(400, f"Bad Request: {error}")
        finally:
            await self._notify()
        if fault == "lost" or (self.down and method == "getUpdates"):
            return self._cut(request)
        return web.json_response({"ok": True, "result": result})

    def _fault(self, method: str) -> str:
        for index, (wanted, how, times) in enumerate(self.faults):
            if wanted == method:
                self.faults[index] = (wanted, how, times - 1)
                if times == 1:
                    del self.faults[index]
                return how
        return ""

    def _cut(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _on_getMe(self, _: dict[str, str]) -> object:  # noqa: N802 - Telegram's names
        return BOT

    async def _on_deleteWebhook(self, _: dict[str, str]) -> object:  # noqa: N802
        return True

    async def _on_setMyCommands(self, data: dict[str, str]) -> object:  # noqa: N802
        self.commands = [command["command"] for command in json.loads(data["commands"])]
        return True

    async def _on_getUpdates(self, data: dict[str, str]) -> object:  # noqa: N802
        offset = int(data.get("offset", "0"))
        self._updates = [u for u in self._updates if u["update_id"] >= offset]
        await self._notify()
        try:
            async with asyncio.timeout(float(data.get("timeout", "0"))), self._changed:
                await self._changed.wait_for(lambda: self._updates or self._closing or self.down)
        except TimeoutError:
            return []
        return list(self._updates)

    async def _on_sendMessage(self, data: dict[str, str]) -> object:  # noqa: N802
        text = self._readable(data)
        sent = Sent(
            message_id=self._new_message_id(), chat_id=int(data["chat_id"]), text=text,
            source=data["text"], parse_mode=data.get("parse_mode"),
            silent=data.get("disable_notification") == "true",
            buttons=_buttons(data.get("reply_markup")),
        )  # fmt: skip
        self.messages[sent.message_id] = sent
        return _message(sent)

    async def _on_editMessageText(self, data: dict[str, str]) -> object:  # noqa: N802
        sent = self._found(data)
        text, buttons = self._readable(data), _buttons(data.get("reply_markup"))
        if (text, buttons) == (sent.text, sent.buttons):
            raise BadRequestError("message is not modified")
        sent.text, sent.buttons = text, buttons
        sent.edits += 1
        return _message(sent)

    async def _on_editMessageReplyMarkup(self, data: dict[str, str]) -> object:  # noqa: N802
        sent = self._found(data)
        buttons = _buttons(data.get("reply_markup"))
        if buttons == sent.buttons:
            raise BadRequestError("message is not modified")
        sent.buttons = buttons
        return _message(sent)

    async def _on_answerCallbackQuery(self, data: dict[str, str]) -> object:  # noqa: N802
        self.presses[data["callback_query_id"]] = data.get("text")
        return True

    def _found(self, data: dict[str, str]) -> Sent:
        sent = self.messages.get(int(data["message_id"]))
        if sent is None:
            raise BadRequestError("message to edit not found")
        return sent

    def _readable(self, data: dict[str, str]) -> str:
        source = data["text"]
        if data.get("parse_mode") == "HTML":
            if self.refuse_html:
                raise BadRequestError("can't parse entities: the test says so")
            source = parse_html(source)
        if not source.strip():
            raise BadRequestError("message text is empty")
        if len(source.encode("utf-16-le")) // 2 > LIMIT:
            raise BadRequestError("message is too long")
        return source

    def _new_message_id(self) -> int:
        self._next_message += 1
        return self._next_message


def _buttons(markup: str | None) -> dict[str, str]:
    rows = json.loads(markup)["inline_keyboard"] if markup else []
    buttons = {button["text"]: button["callback_data"] for row in rows for button in row}
    if any(not 1 <= len(data.encode()) <= 64 for data in buttons.values()):
        raise BadRequestError("BUTTON_DATA_INVALID")
    return buttons


def _message(sent: Sent) -> dict[str, Any]:
    return {
        "message_id": sent.message_id,
        "date": 1_795_356_180,
        "chat": {"id": sent.chat_id, "type": "private", "first_name": "Ann"},
        "from": BOT,
        "text": sent.text,
    }


def _failed(how: str) -> web.Response:
    kind, _, seconds = how.partition(":")
    if kind == "429":
        parameters = {"retry_after": int(seconds)}
        return _error(429, f"Too Many Requests: retry after {seconds}", parameters=parameters)
    return _error(int(kind), FAULT_WORDS[kind])


def _error(status: int, words: str, **more: Any) -> web.Response:
    body = {"ok": False, "error_code": status, "description": words, **more}
    return web.json_response(body, status=status)
