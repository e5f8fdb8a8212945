"""A plain client of the scripted signal-cli: calls and a reader of its event stream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.servers.signal_book import ANN
from tests.servers.signal_cli import SignalCli

Json = dict[str, Any]


async def rpc(http: httpx.AsyncClient, method: str, **params: Any) -> Json:
    body = {"jsonrpc": "2.0", "method": method, "params": params, "id": "1"}
    answer = await http.post("/api/v1/rpc", json=body)
    assert answer.status_code == 200
    told: Json = answer.json()
    assert told["id"] == "1"
    assert ("result" in told) != ("error" in told)
    return told


async def done(http: httpx.AsyncClient, method: str, **params: Any) -> Any:
    return (await rpc(http, method, **params))["result"]


async def refused(http: httpx.AsyncClient, method: str, **params: Any) -> Json:
    error: Json = (await rpc(http, method, **params))["error"]
    return error


async def send(http: httpx.AsyncClient, text: str, **params: Any) -> Json:
    result: Json = await done(http, "send", recipient=[ANN.number], message=text, **params)
    return result


class Listener:
    """A client of the event stream that keeps all it reads."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.raw = ""
        self._chunks = response.aiter_text()

    async def event(self) -> Json:
        """The data of the next event."""
        told: Json = json.loads("\n".join(await self.fields("data")))
        return told

    async def fields(self, name: str) -> list[str]:
        block = (await self.block()).splitlines()
        return [line.partition(":")[2] for line in block if line.startswith(f"{name}:")]

    async def block(self) -> str:
        while True:
            for gap in ("\r\n\r\n", "\n\n", "\r\r"):
                before, found, after = self.raw.partition(gap)
                if found:
                    self.raw = after
                    return before
            self.raw += await anext(self._chunks)

    async def until_read(self, text: str) -> None:
        while text not in self.raw:
            self.raw += await anext(self._chunks)


@asynccontextmanager
async def listening(
    daemon: SignalCli, http: httpx.AsyncClient, query: str = "", **headers: str
) -> AsyncIterator[Listener]:
    path = f"/api/v1/events{query}"
    async with http.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream"
        await daemon.until(lambda: daemon.streams.count)
        yield Listener(response)
