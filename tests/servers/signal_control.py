"""The test's hands on a scripted signal-cli that runs as a process of its own."""

from __future__ import annotations

import inspect
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.servers.signal_cli import SignalCli

Json = dict[str, Any]

STEPS = {
    "deletes", "drop_streams", "edits", "fail", "garbles", "keep_alive", "push", "reacts", "reads",
    "refuse", "says", "syncs", "tells_story", "types",
}  # fmt: skip
SETTABLE = {"down"}
STREAM_SETTABLE = {"ids", "keep_alive_seconds", "mute", "on_connection", "repeats"}
_PEOPLE = ("by", "to", "author", "towards", "account", "person")


def control_routes(app: web.Application, server: SignalCli) -> None:
    """Add `/control`."""

    async def show(_: web.Request) -> web.Response:
        return web.json_response(told(server))

    async def act(request: web.Request) -> web.Response:
        steps = await request.json()
        results = []
        for step in steps if isinstance(steps, list) else [steps]:
            try:
                results.append(await _step(server, step))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response(told(server) | {"results": results})

    app.router.add_get("/control", show)
    app.router.add_post("/control", act)


def told(server: SignalCli) -> Json:
    """Everything the server knows, for JSON."""
    book = server.book
    return {
        "url": server.url, "calls": server.calls, "texts": server.texts,
        "messages": [asdict(one) for one in book.messages.values()],
        "reactions": book.received, "typing": book.typing, "receipts": book.receipts,
        "strays": book.strays, "ignored": book.ignored, "streams": server.streams.count,
        "missed": [one.data for one in server.streams.missed],
        "waiting": [one.data for one in server.streams.waiting],
    }  # fmt: skip


async def _step(server: SignalCli, step: Json) -> Any:
    if "set" in step:
        return _set(server, step["set"], step["to"])
    if step["do"] not in STEPS:
        raise ValueError(f"no step called {step['do']}")
    details = dict(step.get("with", {}))
    for name in _PEOPLE:
        if isinstance(details.get(name), str):
            details[name] = _found(server, details[name])
    if isinstance(details.get("group"), str):
        details["group"] = server.book.groups[details["group"]]
    result = getattr(server, step["do"])(*step.get("args", ()), **details)
    if inspect.isawaitable(result):
        result = await result
    return result if isinstance(result, int) else None


def _found(server: SignalCli, identifier: str) -> Any:
    person = server.book.person(identifier)
    if person is None:
        raise ValueError(f"nobody is called {identifier}")
    return person


def _set(server: SignalCli, name: str, value: Any) -> None:
    if name in SETTABLE:
        setattr(server, name, value)
    elif name in STREAM_SETTABLE:
        setattr(server.streams, name, value)
    elif name == "framing":
        server.streams.framing = set(value)
    else:
        raise ValueError(f"{name} cannot be set")
