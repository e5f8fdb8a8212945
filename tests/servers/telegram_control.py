"""The test's hands on a Bot API that runs as a process of its own.

All answers are JSON. Bodies are JSON as well, and everything but what is named first may be left
out.

| request                | body                                          | does                    |
|------------------------|-----------------------------------------------|-------------------------|
| POST /control/say      | `text`, `user`, `chat`, `thread`, `reply_to`  | somebody writes         |
| POST /control/edit     | `message_id`, `text`, `chat`                  | changes what they wrote |
| POST /control/forward  | `text`, `user`, `chat`                        | forwards Eve's words    |
| POST /control/show     | `kind`, `caption`                             | sends a photo, voice …  |
| POST /control/press    | `message_id`, `label` or `data`, `user`       | presses a button        |
| POST /control/push     | `update`, `update_id`                         | puts any update up      |
| POST /control/fail     | `method`, `how`, `times`, `after`             | breaks the next calls   |
| POST /control/set      | `down`, `refuse_html`, `flood`, `webhook`     | switches                |
| GET /control/messages  |                                               | the bot's messages      |
| GET /control/calls     |                                               | every call so far       |
| GET /control/state     |                                               | answers, menu, 429s     |
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from tests.servers.telegram_api import CHAT, OWNER, TelegramApi
from tests.servers.telegram_chats import Sent

Body = dict[str, Any]


class ControlledApi(TelegramApi):
    """The server with its control endpoint."""

    def more_routes(self) -> list[tuple[str, str, Callable[[web.Request], Any]]]:
        steps: dict[str, Callable[[Body], Awaitable[Any]]] = {
            "say": self._say,
            "edit": self._edit,
            "forward": self._forward,
            "show": self._show,
            "press": self._press,
            "push": self._push,
            "fail": self._fail,
            "set": self._set,
        }
        posts = [("POST", f"/control/{name}", _step(step)) for name, step in steps.items()]
        shown = {"messages": self._messages, "calls": self._calls, "state": self._state}
        gets = [("GET", f"/control/{name}", _view(view)) for name, view in shown.items()]
        return [*posts, *gets]

    async def _say(self, body: Body) -> Any:
        update = await self.says(
            body["text"], by=body.get("user", OWNER), where=body.get("chat"),
            thread=body.get("thread", 0), reply_to=body.get("reply_to", 0),
        )  # fmt: skip
        return {"update_id": update, "message_id": self.last_heard}

    async def _edit(self, body: Body) -> Any:
        chat = body.get("chat", CHAT)
        return {"update_id": await self.edits(body["message_id"], body["text"], where=chat)}

    async def _forward(self, body: Body) -> Any:
        user, chat = body.get("user", OWNER), body.get("chat")
        return {"update_id": await self.forwards(body["text"], by=user, where=chat)}

    async def _show(self, body: Body) -> Any:
        return {"update_id": await self.shows(body["kind"], body.get("caption", ""))}

    async def _press(self, body: Body) -> Any:
        number, user = body["message_id"], body.get("user", OWNER)
        if "data" in body:
            return {"query": await self.press_data(number, body["data"], user)}
        return {"query": await self.press(number, body["label"], user=user)}

    async def _push(self, body: Body) -> Any:
        return {"update_id": await self.push(body["update"], update_id=body.get("update_id"))}

    async def _fail(self, body: Body) -> Any:
        self.fail(body["method"], body["how"], body.get("times", 1), after=body.get("after", 0))
        return {"faults": len(self.faults)}

    async def _set(self, body: Body) -> Any:
        self.down = body.get("down", self.down)
        self.refuse_html = body.get("refuse_html", self.refuse_html)
        self.flood.enabled = body.get("flood", self.flood.enabled)
        self.updates.webhook = body.get("webhook", self.updates.webhook)
        await self._notify()
        return self._state()

    def _messages(self) -> Any:
        return [told(message) for message in self.messages.values()]

    def _calls(self) -> Any:
        return [asdict(call) for call in self.record]

    def _state(self) -> Any:
        return {
            "down": self.down, "webhook": self.updates.webhook, "answers": self.presses,
            "menu": self.commands, "waiting": self.updates.waiting,
            "floods": [asdict(flooded) for flooded in self.flood.floods],
            "provoked_twice": self.provoked_twice,
            "deleted": [told(message) for message in self.world.deleted.values()],
        }  # fmt: skip


def told(message: Sent) -> dict[str, Any]:
    """A message as the control endpoint shows it."""
    return {
        "message_id": message.message_id, "chat": message.chat_id, "text": message.text,
        "source": message.source, "parse_mode": message.parse_mode, "silent": message.silent,
        "buttons": message.buttons, "keyboard": message.markup.labels,
        "markup": message.markup.kind, "thread": message.thread, "reply_to": message.reply_to,
        "photo_bytes": len(message.photo), "at": message.at, "edits": message.edits,
        "history": [
            {"at": version.at, "text": version.text, "buttons": dict(version.buttons)}
            for version in message.history
        ],
    }  # fmt: skip


def _step(step: Callable[[Body], Awaitable[Any]]) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        try:
            return web.json_response(await step(await request.json()))
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    return handle


def _view(view: Callable[[], Any]) -> Callable[[web.Request], Any]:
    async def handle(_: web.Request) -> web.Response:
        return web.json_response(view())

    return handle


async def _serve(port: int, *, flood: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    api = ControlledApi(port=port)
    api.world.starts_at = time.time()
    api.flood.enabled = flood
    async with api:
        print(api.root, flush=True)
        await stopped.wait()


def run() -> None:
    """Serve until SIGTERM or SIGINT; prints the address once it answers."""
    parser = argparse.ArgumentParser(description="A Bot API server on the loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--flood", action="store_true", help="with Telegram's flood control")
    options = parser.parse_args()
    asyncio.run(_serve(options.port, flood=options.flood))
