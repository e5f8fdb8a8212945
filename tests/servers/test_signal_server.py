"""The scripted signal-cli answers and refuses as the daemon does."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from typing import Any

import aiohttp
import httpx
import pytest

from tests.project.sources import ROOT
from tests.servers.signal_book import ANN, BEN, DESK, GHOST, KIT, Person
from tests.servers.signal_cli import SignalCli
from tests.servers.signal_client import done, listening, refused, send

Json = dict[str, Any]
OTHER = Person("00000000-0000-4000-8000-0000000000cc", "+15550100012", "Other")
STRANGER = "+15550199999"

BAD_BODIES: list[tuple[str, int, str]] = [
    ("{not json", -32700, ""),
    ("", -32600, "unexpected type: MISSING"),
    ("[]", -32600, "invalid request"),
    ("7", -32600, "unexpected type: NUMBER"),
    ('{"jsonrpc":"2.0"}', -32600, "method field must be set"),
    ('{"jsonrpc":"1.0","method":"version"}', -32600, "only jsonrpc version 2.0 is supported"),
    ('{"jsonrpc":"2.0","method":"version","params":"x"}', -32600, "Cannot deserialize"),
    ('{"jsonrpc":"2.0","method":"version","to":1}', -32600, 'Unrecognized field "to"'),
]


@pytest.mark.parametrize(("body", "code", "words"), BAD_BODIES)
async def test_a_body_that_is_no_request_is_refused_without_an_id(
    http: httpx.AsyncClient, body: str, code: int, words: str
) -> None:
    answer = await http.post(
        "/api/v1/rpc", content=body, headers={"Content-Type": "application/json"}
    )
    told = answer.json()
    assert answer.status_code == 200
    assert told["error"]["code"] == code
    assert told["error"]["message"].startswith(words)
    assert told["error"]["data"] is None
    assert told["id"] is None


async def test_a_batch_is_answered_by_id_and_in_no_order(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    batch = [
        {"jsonrpc": "2.0", "method": "version", "id": 1},
        {"jsonrpc": "2.0", "method": "nothing", "id": 2},
        {"jsonrpc": "2.0", "method": "sendTyping", "params": {"recipient": ANN.number}},
        {"jsonrpc": "2.0", "id": 3},
    ]
    answers = (await http.post("/api/v1/rpc", json=batch)).json()
    by_id = {answer["id"]: answer for answer in answers}
    assert [answer["id"] for answer in answers] == [3, 2, 1]
    assert by_id[1]["result"] == {"version": "0.14.6"}
    assert by_id[2]["error"]["code"] == -32601
    assert by_id[3]["error"]["code"] == -32600
    assert daemon.book.typing == [{"to": [ANN.number], "stop": False}]


async def test_a_notification_is_done_and_not_answered(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    params = {"recipient": ANN.number, "message": "Hello"}
    body = {"jsonrpc": "2.0", "method": "send", "params": params}
    for sent in (body, [body]):
        answer = await http.post("/api/v1/rpc", json=sent)
        assert (answer.status_code, answer.content) == (201, b"")
    assert daemon.texts == ["Hello", "Hello"]


async def test_http_is_strict(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    rpc_path = "/api/v1/rpc"
    assert (await http.get("/api/v1/check")).status_code == 200
    assert (await http.get(rpc_path)).status_code == 405
    assert (await http.post("/api/v1/events")).status_code == 405
    assert (await http.post("/api/v1/rpc/x", json={})).status_code == 404
    assert (await http.post(rpc_path, content=b"{}")).status_code == 415
    for host in ("kit.example", "127.0.0.1:1"):
        answer = await http.post(rpc_path, json={}, headers={"Host": host})
        assert answer.status_code == 421
    assert not daemon.calls


async def test_a_send_tells_the_timestamp_and_who_got_it(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    result = await send(http, "Grüße 🙂", textStyle=["0:5:BOLD", "6:2:ITALIC"])
    address = {"uuid": ANN.uuid, "number": ANN.number, "username": None}
    assert result["results"] == [{"recipientAddress": address, "type": "SUCCESS"}]
    sent = daemon.book.messages[result["timestamp"]]
    assert sent.styled == [("BOLD", "Grüße"), ("ITALIC", "🙂")]
    assert (sent.text, sent.is_long) == ("Grüße 🙂", False)
    assert sent.account == KIT.number
    assert sent.to == (ANN.number,)


async def test_a_group_has_a_row_for_each_other_member(http: httpx.AsyncClient) -> None:
    result = await done(http, "send", groupId=DESK.id, message="Hello")
    rows = [(row["recipientAddress"]["number"], row["groupId"]) for row in result["results"]]
    assert rows == [(ANN.number, DESK.id), (BEN.number, DESK.id)]


REFUSALS: list[tuple[tuple[str, Json], int, str]] = [
    (("send", {"message": "x"}), -1, "No recipients given"),
    (("send", {"recipient": ANN.number}), -1, "Sending empty message is not allowed"),
    (("send", {"recipient": "ann@example.org", "message": "x"}), -1, "Invalid phone number 'ann@"),
    (("send", {"recipient": "ann", "message": "x"}), -1, "Invalid phone number 'ann'"),
    (("send", {"groupId": "Desk", "message": "x"}), -1, "Invalid group id"),
    (("send", {"groupId": "A" * 22 + "==", "message": "x"}), -1, "Group not found"),
    (("send", {"recipient": ANN.number, "message": "x", "textStyle": "0-1-BOLD"}), -1,
     "Invalid textStyle syntax (0-1-BOLD)"),
    (("send", {"recipient": ANN.number, "message": "x", "textStyle": "0:1:LOUD"}), -1,
     "Invalid style: LOUD"),
    (("send", {"recipient": ANN.number, "message": "x", "quoteTimestamp": 1795356180000}), -1,
     "Quote author parameter is missing"),
    (("send", {"recipient": ANN.number, "message": "x", "editTimestamp": "1795356180000"}), -32603,
     "editTimestamp cannot be cast"),
    (("send", {"recipient": ANN.number, "message": "x", "attachment": "/nowhere/a.png"}), -32603,
     "Failed to send message: /nowhere/a.png"),
    (("send", {"recipients": ANN.number, "message": "x"}), -32603, "recipients cannot be cast"),
    (("send", {"recipient": ANN.number, "message": "x", "editTimestamp": 1}), -32603,
     "editTimestamp cannot be cast"),
    (("sendReaction", {"recipient": ANN.number, "emoji": "👍"}), -32603, ""),
    (("sendReaction", {"recipient": STRANGER, "emoji": "👍", "targetTimestamp": 1795356180000}), -1,
     f"The user {STRANGER} is not registered."),
    (("sendTyping", {"groupId": "A" * 22 + "=="}), -1, "Failed to send to group: Group not found"),
    (("sendReceipt", {"recipient": ANN.number, "type": "seen"}), -1, "Unknown receipt type: seen"),
    (("updateContact", {"recipient": STRANGER, "name": "S"}), -1, f"The user {STRANGER} is not"),
    (("listAccounts", {}), -32601, "Method not implemented"),
    (("teleport", {}), -32601, "Method not implemented"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "code", "words"), REFUSALS)
async def test_what_signal_cli_refuses(
    daemon: SignalCli, http: httpx.AsyncClient, call: tuple[str, Json], code: int, words: str
) -> None:
    method, params = call
    error = await refused(http, method, **params)
    assert error["code"] == code
    assert error["message"].startswith(words)
    assert error["data"] is None
    assert not daemon.book.messages


async def test_a_parameter_of_another_name_is_ignored_and_noted(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    await send(http, "Hello", quote_timestamp=1)
    assert daemon.book.ignored == ["send.quote_timestamp"]


async def test_one_success_hides_the_failure_of_another(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    result = await done(http, "send", recipient=[ANN.number, STRANGER], message="Hello")
    assert {row["type"] for row in result["results"]} == {"SUCCESS", "UNREGISTERED_FAILURE"}
    assert daemon.texts == ["Hello"]


async def test_a_message_nobody_got_is_an_error_with_the_results(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    error = await refused(http, "send", recipient=STRANGER, message="Hello")
    (row,) = error["data"]["response"]["results"]
    assert (error["code"], error["message"]) == (-1, "Failed to send message")
    assert row["recipientAddress"] == {"uuid": None, "number": STRANGER, "username": None}
    assert row["type"] == "UNREGISTERED_FAILURE"
    assert daemon.texts == []


async def test_a_person_may_be_refused_for_good(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    daemon.refuse(GHOST, "IDENTITY_FAILURE")
    for _ in range(2):
        error = await refused(http, "send", recipient=GHOST.uuid, message="Hello")
        assert error["code"] == -4
        assert error["message"] == "Failed to send message due to untrusted identities"


async def test_an_edit_replaces_the_text_under_either_timestamp(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    first = (await send(http, "One"))["timestamp"]
    second = (await send(http, "Two", editTimestamp=first))["timestamp"]
    third = (await send(http, "Three", editTimestamp=second))["timestamp"]
    assert daemon.texts == ["Three"]
    assert daemon.book.messages[first].versions == [first, second, third]
    assert not daemon.book.strays


async def test_edits_of_what_is_not_there_succeed_and_go_nowhere(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    told = (await send(http, "One"))["timestamp"]
    await done(http, "send", recipient=BEN.number, message="Two", editTimestamp=told)
    await done(http, "remoteDelete", recipient=ANN.number, targetTimestamp=told + 90)
    assert daemon.texts == ["One"]
    assert daemon.book.strays == [("send", told), ("remoteDelete", told + 90)]


async def test_reactions_receipts_typing_and_deletion(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    heard = await daemon.says("Hello")
    own = (await send(http, "Yes", quoteTimestamp=heard, quoteAuthor=ANN.number))["timestamp"]
    to = {"recipient": [ANN.number]}
    await done(http, "sendReaction", emoji="👀", targetTimestamp=heard, **to)
    await done(http, "sendReaction", emoji="✅", targetAuthor=KIT.number, targetTimestamp=own, **to)
    await done(http, "sendTyping", stop=True, **to)
    await done(http, "sendReceipt", recipient=ANN.number, targetTimestamp=[heard])
    assert daemon.book.received == {heard: "👀"}
    assert daemon.book.messages[own].reaction == "✅"
    assert daemon.book.typing == [{"to": [ANN.number], "stop": True}]
    receipt = {"to": ANN.number, "type": "read", "timestamps": [heard]}
    assert daemon.book.receipts == [receipt]
    await done(http, "sendReaction", emoji="👀", remove=True, targetTimestamp=heard, **to)
    await done(http, "remoteDelete", targetTimestamp=own, **to)
    assert daemon.book.received == {heard: ""}
    assert daemon.texts == []


async def test_contacts_and_who_is_registered(http: httpx.AsyncClient) -> None:
    assert await done(http, "updateContact", recipient=BEN.number, name="Benjamin") == {}
    (row,) = await done(http, "listContacts", recipient=BEN.number)
    assert (row["name"], row["uuid"], row["profile"]["givenName"]) == ("Benjamin", BEN.uuid, "Ben")
    assert len(await done(http, "listContacts")) == 3
    known, unknown = await done(http, "getUserStatus", recipient=[ANN.number, STRANGER])
    assert known == {
        "recipient": ANN.number, "number": ANN.number, "uuid": ANN.uuid, "isRegistered": True,
    }  # fmt: skip
    assert (unknown["uuid"], unknown["isRegistered"]) == (None, False)


async def test_a_long_text_is_told_as_such(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    told = (await send(http, "é" * 1_001))["timestamp"]
    assert daemon.book.messages[told].is_long


async def test_several_accounts_want_the_account_named() -> None:
    async with (
        SignalCli(KIT, OTHER) as daemon,
        httpx.AsyncClient(base_url=daemon.url, trust_env=False) as http,
    ):
        accounts = await done(http, "listAccounts")
        assert accounts == [{"number": KIT.number}, {"number": OTHER.number}]
        to = {"recipient": ANN.number, "message": "Hello"}
        error = await refused(http, "send", **to)
        assert (error["code"], error["message"]) == (
            -32602, "Method requires valid account parameter",
        )  # fmt: skip
        error = await refused(http, "send", account=STRANGER, **to)
        assert error["message"] == "Specified account does not exist"
        told = await done(http, "send", account=OTHER.uuid, **to)
        assert daemon.book.messages[told["timestamp"]].account == OTHER.number
        assert (await http.get(f"/api/v1/events?account={ANN.uuid}")).status_code == 400
        async with listening(daemon, http, f"?account={OTHER.uuid}") as listener:
            await daemon.says("For K.I.T.")
            await daemon.says("For the other", to=OTHER)
            event = await listener.event()
            assert event["account"] == OTHER.number
            assert event["envelope"]["dataMessage"]["message"] == "For the other"


async def test_a_process_of_its_own_with_aiohttp_as_the_client() -> None:
    command = [sys.executable, "-m", "tests.servers.signal_cli"]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        await _walk_through((await process.stdout.readline()).decode().strip())
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await process.wait() == 0


async def _walk_through(url: str) -> None:
    async with aiohttp.ClientSession(base_url=url) as session:
        async with session.get("/api/v1/events") as stream:
            steps = [
                {"do": "says", "args": ["Hello"], "with": {"by": BEN.number, "group": DESK.id}},
                {"do": "fail", "args": ["send", "rate:5"]},
                {"set": "repeats", "to": 1},
            ]
            async with session.post("/control", json=steps) as answer:
                assert (await answer.json())["streams"] == 1
            assert await stream.content.readline() == b"event:receive\n"
            event = json.loads((await stream.content.readline()).removeprefix(b"data:"))
            assert event["envelope"]["sourceUuid"] == BEN.uuid
        body = {"jsonrpc": "2.0", "method": "send", "id": 1,
                "params": {"recipient": ANN.number, "message": "Yes"}}  # fmt: skip
        for expected in ("error", "result"):
            async with session.post("/api/v1/rpc", json=body) as answer:
                assert expected in await answer.json()
        async with session.get("/control") as answer:
            assert (await answer.json())["texts"] == ["Yes"]
        async with session.post("/control", json={"do": "go_down"}) as answer:
            assert answer.status == 400
