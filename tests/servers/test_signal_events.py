"""The event stream of the scripted signal-cli: what it tells, how, and what is lost."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.servers.signal_book import ANN, BEN, DESK, GHOST, KIT
from tests.servers.signal_cli import SignalCli
from tests.servers.signal_client import listening
from tests.servers.signal_envelopes import attachment, quote

Json = dict[str, Any]


async def test_an_event_as_the_daemon_frames_it(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    async with listening(daemon, http) as listener:
        when = await daemon.says("Hello")
        block = await listener.block()
    name, data = block.split("\n")
    assert name == "event:receive"
    told = json.loads(data.removeprefix("data:"))
    assert told == {
        "account": KIT.number,
        "envelope": {
            "source": ANN.number, "sourceNumber": ANN.number, "sourceUuid": ANN.uuid,
            "sourceName": "Ann", "sourceDevice": 1, "timestamp": when,
            "serverReceivedTimestamp": when + 40, "serverDeliveredTimestamp": when + 41,
            "dataMessage": {
                "timestamp": when, "message": "Hello", "expiresInSeconds": 0,
                "isExpirationUpdate": False, "viewOnce": False,
            },
        },
    }  # fmt: skip


async def test_all_kinds_of_envelopes(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    async with listening(daemon, http) as listener:
        first = await daemon.says("One", expiresInSeconds=3_600)
        await daemon.says("In the group", group=DESK, by=BEN)
        await daemon.says("Quoting", quote=quote(first, ANN, "One"))
        await daemon.says(None, attachments=[attachment("image/png", "a.png")])
        await daemon.says("From nowhere", by=GHOST)
        await daemon.edits(first, "Two")
        await daemon.reacts("👍", first, author=ANN)
        await daemon.deletes(first)
        await daemon.syncs("From my phone")
        await daemon.syncs("To myself", towards=KIT)
        await daemon.reads(first, kind="delivery")
        await daemon.types(stopped=True)
        await daemon.tells_story("Holidays")
        await daemon.garbles()
        await daemon.push({"timestamp": 1, "pollVote": {}})
        seen = [await listener.event() for _ in range(15)]
    told = [event["envelope"] for event in seen]
    data = [one.get("dataMessage", {}) for one in told]
    assert data[0]["expiresInSeconds"] == 3_600
    assert data[1]["groupInfo"] == {
        "groupId": DESK.id, "groupName": "Desk", "revision": 7, "type": "DELIVER",
    }  # fmt: skip
    assert (data[2]["quote"]["id"], data[2]["quote"]["text"]) == (first, "One")
    assert data[3]["message"] is None
    assert data[3]["attachments"][0]["filename"] == "a.png"
    assert (told[4]["source"], told[4]["sourceNumber"]) == (GHOST.uuid, None)
    assert told[5]["editMessage"]["targetSentTimestamp"] == first
    assert told[5]["editMessage"]["dataMessage"]["message"] == "Two"
    assert data[6]["reaction"]["targetAuthorUuid"] == ANN.uuid
    assert data[7]["remoteDelete"] == {"timestamp": first}
    assert (told[8]["source"], told[8]["sourceDevice"]) == (KIT.number, 2)
    assert told[8]["syncMessage"]["sentMessage"]["destination"] == ANN.number
    assert told[9]["syncMessage"]["sentMessage"]["destination"] == KIT.number
    assert told[10]["receiptMessage"]["isDelivery"] is True
    assert told[11]["typingMessage"]["action"] == "STOPPED"
    assert told[12]["storyMessage"]["textAttachment"]["text"] == "Holidays"
    assert seen[13]["exception"]["type"] == "ProtocolInvalidMessageException"
    assert told[13]["source"] is None
    assert told[14] == {"timestamp": 1, "pollVote": {}}


async def test_with_nobody_listening_a_message_is_gone(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    await daemon.says("Early")
    async with listening(daemon, http) as listener:
        await daemon.says("Late")
        event = await listener.event()
    assert event["envelope"]["dataMessage"]["message"] == "Late"
    assert len(daemon.streams.missed) == 1


async def test_in_the_other_receive_mode_it_waits() -> None:
    async with (
        SignalCli(on_connection=True) as daemon,
        httpx.AsyncClient(base_url=daemon.url, trust_env=False) as http,
    ):
        await daemon.says("Early")
        async with listening(daemon, http) as listener:
            event = await listener.event()
            assert event["envelope"]["dataMessage"]["message"] == "Early"
        assert not daemon.streams.missed
        assert not daemon.streams.waiting


@pytest.mark.parametrize(
    "framing", [{"crlf"}, {"cr"}, {"lines"}, {"spaces"}, {"lines", "crlf", "spaces"}]
)
async def test_framings_which_a_client_must_read(
    daemon: SignalCli, http: httpx.AsyncClient, framing: Any
) -> None:
    daemon.streams.framing = framing
    async with listening(daemon, http) as listener:
        await daemon.says("Grüße\nto you")
        event = await listener.event()
    assert event["envelope"]["dataMessage"]["message"] == "Grüße\nto you"


async def test_comments_come_alone_and_every_so_often(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    async with listening(daemon, http) as listener:
        daemon.keep_alive(3)
        await listener.until_read(":\n:\n:\n")
        assert listener.raw == ":\n:\n:\n"
    daemon.streams.keep_alive_seconds = 0.01
    async with listening(daemon, http) as listener:
        await listener.until_read(":\n:\n")


async def test_a_cut_event_is_lost(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    daemon.fail("stream", "ok")
    daemon.fail("stream", "cut")
    async with listening(daemon, http) as listener:
        await daemon.says("One")
        await daemon.says("Two")
        await listener.event()
        with pytest.raises(httpx.RemoteProtocolError):
            await listener.event()
    assert '"message":"Two"' not in listener.raw
    assert listener.raw
    assert len(daemon.streams.missed) == 1


async def test_an_event_ended_in_the_middle_looks_like_a_clean_end(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    daemon.fail("stream", "eof")
    async with listening(daemon, http) as listener:
        await daemon.says("One")
        with pytest.raises(StopAsyncIteration):
            await listener.event()
    assert listener.raw.startswith("event:receive\ndata:{")


async def test_bad_doubled_and_dribbled_events(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    for how in ("bad", "twice", "bytes"):
        daemon.fail("stream", how)
    async with listening(daemon, http) as listener:
        for text in ("One", "Two", "Grüße 🙂"):
            await daemon.says(text)
        with pytest.raises(json.JSONDecodeError):
            await listener.event()
        seen = [await listener.event() for _ in range(3)]
    texts = [event["envelope"]["dataMessage"]["message"] for event in seen]
    assert texts == ["Two", "Two", "Grüße 🙂"]


async def test_a_new_stream_may_repeat_what_the_last_one_told(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    daemon.streams.repeats = 2
    async with listening(daemon, http) as listener:
        for text in ("One", "Two", "Three"):
            await daemon.says(text)
        seen = [await listener.event() for _ in range(3)]
    async with listening(daemon, http) as listener:
        assert [await listener.event() for _ in range(2)] == seen[1:]


async def test_ids_and_what_they_replay(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    daemon.streams.ids = True
    async with listening(daemon, http) as listener:
        await daemon.says("One")
        assert await listener.fields("id") == ["1"]
    await daemon.says("Two")
    async with listening(daemon, http, **{"Last-Event-ID": "1"}) as listener:
        event = await listener.event()
    assert event["envelope"]["dataMessage"]["message"] == "Two"
    assert daemon.streams.last_event_ids == ["", "1"]


async def test_a_mute_stream_is_open_and_silent(daemon: SignalCli, http: httpx.AsyncClient) -> None:
    daemon.streams.mute = True
    daemon.streams.keep_alive_seconds = 0.01
    async with listening(daemon, http) as listener:
        await daemon.says("One")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await listener.block()


async def test_streams_are_dropped_between_events(
    daemon: SignalCli, http: httpx.AsyncClient
) -> None:
    async with listening(daemon, http) as listener:
        daemon.drop_streams("end")
        with pytest.raises(StopAsyncIteration):
            await listener.block()
    async with listening(daemon, http) as listener:
        daemon.drop_streams()
        with pytest.raises(httpx.RemoteProtocolError):
            await listener.block()
    await daemon.until_streaming(0)
