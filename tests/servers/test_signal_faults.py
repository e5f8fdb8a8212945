"""The scripted signal-cli breaks as a test asks."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.servers.signal_book import ANN
from tests.servers.signal_cli import SignalCli
from tests.servers.signal_client import listening, refused, send

Json = dict[str, Any]


@pytest.mark.parametrize(("how", "happened"), [("drop", False), ("lost", True)])
async def test_a_cut_answer_leaves_open_whether_it_was_sent(
    daemon: SignalCli, http: httpx.AsyncClient, how: str, happened: bool
) -> None:
    daemon.fail("send", how)
    with pytest.raises(httpx.TransportError):
        await send(http, "Hello")
    assert daemon.calls == ["send"]
    assert daemon.texts == (["Hello"] if happened else [])
    await send(http, "Again")
    assert daemon.texts[-1] == "Again"


@pytest.mark.parametrize(("how", "happened"), [("hang", False), ("stall", True)])
async def test_no_answer_at_all(daemon: SignalCli, how: str, happened: bool) -> None:
    daemon.fail("send", how)
    async with httpx.AsyncClient(base_url=daemon.url, timeout=0.1, trust_env=False) as http:
        with pytest.raises(httpx.ReadTimeout):
            await send(http, "Hello")
    assert daemon.texts == (["Hello"] if happened else [])


async def test_statuses_and_broken_json(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    daemon.fail("send", "500")
    daemon.fail("send", "malformed")
    body = {"jsonrpc": "2.0", "method": "send", "id": 1,
            "params": {"recipient": ANN.number, "message": "Hello"}}  # fmt: skip
    answer = await http.post("/api/v1/rpc", json=body)
    assert (answer.status_code, daemon.texts) == (500, [])
    answer = await http.post("/api/v1/rpc", json=body)
    assert (answer.status_code, daemon.texts) == (200, ["Hello"])
    with pytest.raises(json.JSONDecodeError):
        answer.json()


ERRORS: list[tuple[str, int, Json]] = [
    ("rate:30", -5, {"type": "RATE_LIMIT_FAILURE", "retryAfterSeconds": 30}),
    ("rate", -5, {"type": "RATE_LIMIT_FAILURE"}),
    ("captcha:a-token:86400", -5,
     {"type": "RATE_LIMIT_FAILURE", "token": "a-token", "retryAfterSeconds": 86_400}),
    ("untrusted", -4, {"type": "IDENTITY_FAILURE"}),
    ("unregistered", -1, {"type": "UNREGISTERED_FAILURE"}),
    ("network", -1, {"type": "NETWORK_FAILURE"}),
]  # fmt: skip


@pytest.mark.parametrize(("how", "code", "row"), ERRORS)
async def test_errors_that_carry_the_results(
    daemon: SignalCli, http: httpx.AsyncClient, how: str, code: int, row: Json
) -> None:
    daemon.fail("send", how)
    error = await refused(http, "send", recipient=ANN.number, message="Hello")
    (told,) = error["data"]["response"]["results"]
    assert error["code"] == code
    assert {name: told[name] for name in told if name != "recipientAddress"} == row
    assert daemon.texts == []


@pytest.mark.parametrize(
    ("how", "code"),
    [("io", -3), ("captcha-rejected", -6), ("internal", -32603), ("error:-9:odd", -9)],
)
async def test_errors_that_carry_nothing(
    daemon: SignalCli, http: httpx.AsyncClient, how: str, code: int
) -> None:
    daemon.fail("send", how)
    error = await refused(http, "send", recipient=ANN.number, message="Hello")
    assert (error["code"], error["data"]) == (code, None)
    assert daemon.texts == []


async def test_the_other_paths_break_as_well(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    daemon.fail("check", "500")
    daemon.fail("events", "503")
    daemon.fail("events", "drop")
    assert (await http.get("/api/v1/check")).status_code == 500
    assert (await http.get("/api/v1/events")).status_code == 503
    with pytest.raises(httpx.TransportError):
        await http.get("/api/v1/events")
    daemon.down = True
    with pytest.raises(httpx.TransportError):
        await http.get("/api/v1/check")
    with pytest.raises(httpx.TransportError):
        await send(http, "Hello")
    assert daemon.texts == []


async def test_a_server_that_is_gone_comes_back_as_it_was(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    await send(http, "One")
    async with listening(daemon, http) as listener:
        await daemon.go_down()
        with pytest.raises((StopAsyncIteration, httpx.RemoteProtocolError)):
            await listener.block()
    with pytest.raises(httpx.ConnectError):
        await http.get("/api/v1/check")
    await daemon.come_back()
    await send(http, "Two")
    assert daemon.texts == ["One", "Two"]
