"""A Messages API on the loopback: streams what a test scripts, as strict as the real one.

Run `python -m tests.servers.messages_api --port N` for a model to look at by hand; it prints its
address, and takes any key that begins with `sk-`.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import itertools
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.servers.messages_cache import PromptCache, blocks_of
from tests.servers.messages_rules import MODELS, VERSION, Model, problems
from tests.servers.messages_script import (
    Answering,
    Cut,
    Drop,
    Entry,
    Eof,
    Gate,
    Hang,
    Json,
    Pause,
    Raw,
    Reply,
    Scripted,
    Status,
    Step,
    Wire,
    block,
    error_event,
    event,
    html,
    ping,
    redirect,
    reply,
    text,
    thinking,
    tool,
)
from tests.servers.messages_thoughts import Thoughts
from tests.servers.scripted_http import Handler, ScriptedServer

__all__ = [
    "KEY", "Cut", "Drop", "Eof", "Gate", "Hang", "MessagesServer", "Pause", "Raw", "Reply",
    "Status", "Wire", "block", "error_event", "event", "html", "ping", "redirect", "reply",
    "text", "thinking", "tool",
]  # fmt: skip

KEY = "sk-ant-test-loopback-0123456789"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: Json


class MessagesServer(ScriptedServer):
    """Use as `async with MessagesServer() as server`; `server.url` is the base address.

    Replies come from `answer(...)`, one for each call of a model in that order; `always` answers
    when none is left. A request which the API would refuse is answered with 400, listed in
    `refused`, and uses up no reply. `key` empty takes any key.
    """

    cancels_handlers = True

    def __init__(
        self,
        *scripted: Scripted,
        key: str = KEY,
        models: Mapping[str, Model] = MODELS,
        now: Callable[[], float] = time.monotonic,
        port: int = 0,
    ) -> None:
        super().__init__(port=port)
        self.key = key
        self.models = dict(models)
        self.script: deque[Scripted] = deque(scripted)
        self.always: Scripted | None = None
        self.seen: list[Seen] = []
        self.refused: list[str] = []
        self.usages: list[Json] = []
        self.disconnects = 0
        self.cache = PromptCache(now)
        self._left = asyncio.Event()
        self.thoughts = Thoughts()
        self._numbers = itertools.count(1)

    # -- the script -----------------------------------------------------------------------------

    def answer(self, *scripted: Scripted | str) -> None:
        """Queue replies; a string is a reply of one text."""
        self.script.extend(reply(one) if isinstance(one, str) else one for one in scripted)

    @property
    def bodies(self) -> list[Json]:
        """The bodies of all calls of a model so far, refused ones included."""
        return [seen.body for seen in self.seen if seen.path.endswith("/v1/messages")]

    async def until_left(self, count: int = 1, seconds: float = 10.0) -> None:
        """Wait until so many clients went away in the middle of an answer."""
        async with asyncio.timeout(seconds):
            while self.disconnects < count:
                await self._left.wait()
                self._left.clear()

    # -- serving --------------------------------------------------------------------------------

    def routes(self) -> dict[tuple[str, str], Handler]:
        return {
            ("POST", "/v1/messages"): self._messages,
            ("POST", "/v1/messages/count_tokens"): self._count_tokens,
            ("GET", "/v1/models"): self._models,
        }

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        body = await self._noted(request)
        refusal = self._refusal(request, body)
        if refusal is not None:
            return self._failed(refusal)
        entry = await self._next(body)
        try:
            return await self._answered(request, body, entry)
        except (asyncio.CancelledError, ConnectionError):
            self.disconnects += 1
            self._left.set()
            raise

    async def _answered(self, request: web.Request, body: Json, entry: Entry) -> web.StreamResponse:
        if isinstance(entry, Status):
            return self._failed(entry)
        if isinstance(entry, Hang):
            await self._ended.wait()
        if not isinstance(entry, Reply):
            return _dropped(request)
        usage = self.cache.count(body)
        self.usages.append(usage)
        self.thoughts.issue(body, [part.whole for part in entry.blocks])
        if body.get("stream"):
            return await self._stream(request, entry, entry.steps(body["model"], usage))
        return web.json_response(entry.message(body["model"], usage), headers=self._headers())

    async def _next(self, body: Json) -> Entry:
        scripted = self.script.popleft() if self.script else self.always
        if scripted is None:
            return Status(500, message="the script has no reply left")
        if not callable(scripted):
            return scripted
        found = scripted(body)
        return await found if inspect.isawaitable(found) else found

    async def _stream(
        self, request: web.Request, entry: Reply, steps: Iterable[Step]
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers=self._headers())
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        await response.prepare(request)
        for step in steps:
            if isinstance(step, Gate):
                await step.passed()
            elif isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Cut):
                return _dropped(request, response)
            elif isinstance(step, Eof):
                break
            else:
                content = step.encoded() if isinstance(step, Wire) else step.content
                await _put(response, content, entry.chunk)
        await response.write_eof()
        return response

    async def _count_tokens(self, request: web.Request) -> web.StreamResponse:
        body = await self._noted(request)
        refusal = self._refusal(request, {"max_tokens": 1, **body})
        if refusal is not None:
            return self._failed(refusal)
        usage = PromptCache(lambda: 0.0).count(body)
        total = sum(value for value in usage.values() if isinstance(value, int))
        return web.json_response({"input_tokens": total}, headers=self._headers())

    async def _models(self, request: web.Request) -> web.StreamResponse:
        await self._noted(request)
        refusal = self._unwelcome(request)
        if refusal is not None:
            return self._failed(refusal)
        data = [
            {
                "type": "model", "id": name, "display_name": model.name,
                "created_at": "2026-10-07T00:00:00Z", "max_input_tokens": model.window,
                "max_tokens": model.most,
            }
            for name, model in self.models.items()
        ]  # fmt: skip
        ids = [one["id"] for one in data]
        after = request.query.get("after_id")
        start = ids.index(after) + 1 if after in ids else 0
        page = data[start : start + int(request.query.get("limit", "20"))]
        more = start + len(page) < len(data)
        answer = {
            "data": page, "has_more": more,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
        }  # fmt: skip
        return web.json_response(answer, headers=self._headers())

    # -- what it is strict about ----------------------------------------------------------------

    async def _noted(self, request: web.Request) -> Json:
        raw = await request.read()
        body = json.loads(raw) if raw else {}
        self.seen.append(Seen(request.path, request.headers.copy(), body))
        return dict(body)

    def _unwelcome(self, request: web.Request) -> Status | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not key.startswith("sk-") or self.key not in {"", key}:
            return Status(401, message="invalid bearer token")
        if request.headers.get("anthropic-version") != VERSION:
            return Status(400, message="anthropic-version: not known")
        return None

    def _refusal(self, request: web.Request, body: Json) -> Status | None:
        unwelcome = self._unwelcome(request)
        if unwelcome is not None:
            return unwelcome
        if body.get("model") not in self.models:
            return Status(404, message=f"model: {body.get('model')}")
        wrong = [*problems(body, self.models), *self.thoughts.problems(body)]
        if not wrong:
            return None
        self.refused.extend(wrong)
        return Status(400, message=wrong[0])

    def _failed(self, status: Status) -> web.Response:
        headers = self._headers()
        return web.Response(
            status=status.status, text=status.content(headers["request-id"]),
            content_type=status.content_type, headers={**headers, **status.headers},
        )  # fmt: skip

    def _headers(self) -> dict[str, str]:
        return {"request-id": f"req_{next(self._numbers):06d}"}


async def _put(response: web.StreamResponse, content: bytes, chunk: int | None) -> None:
    for at in range(0, len(content), chunk or len(content)):
        await response.write(content[at : at + (chunk or len(content))])
        if chunk:
            await asyncio.sleep(0)  # lets the client read this piece before the next one


def _dropped(
    request: web.Request, response: web.StreamResponse | None = None
) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return response or web.Response()


def demo(body: Json) -> Entry:
    """A slow answer with a thought and a call, then one that uses the tool's result."""
    wanted = body.get("output_config", {}).get("format")
    if wanted is not None:
        return reply("{}")
    last = blocks_of(body["messages"][-1])
    results = [part for part in last if part.get("type") == "tool_result"]
    if results or not body.get("tools"):
        said = f"The tool said: {str(results[0].get('content'))[:200]}" if results else "Hello."
        return reply(_slowly(text, f"{said} That is all I can say from the demo script."))
    readers = [one for one in body["tools"] if not one["input_schema"].get("required")]
    called = [tool(readers[0]["name"])] if readers else []
    return reply(
        _slowly(thinking, "The question needs figures, so I read them first."),
        _slowly(text, "Let me look that up."),
        *called,
    )


def _slowly(builder: Callable[..., Any], words: str) -> Any:
    parts: list[Any] = []
    for word in words.split(" "):
        parts += [f"{word} ", Pause(0.08)]
    return builder(*parts)


DEMOS: Mapping[str, Answering] = {"demo": demo}


async def _serve(port: int, script: str) -> None:
    async with MessagesServer(key="", port=port) as server:
        server.always = DEMOS[script]
        print(server.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--script", choices=sorted(DEMOS), default="demo")
    options = parser.parse_args()
    try:
        asyncio.run(_serve(options.port, options.script))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
