"""The loopback gateway: what it says, in which compression, and with which codes it hangs up."""

from __future__ import annotations

import importlib.util
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.servers.discord_api import TOKEN, DiscordApi
from tests.servers.discord_gateway import (
    ACK,
    HEARTBEAT,
    HELLO,
    IDENTIFY,
    INVALID_SESSION,
    RECONNECT,
    REQUEST_MEMBERS,
    RESUME,
)
from tests.servers.discord_rules import Json
from tests.servers.discord_world import DIRECT_MESSAGES, GUILD_MESSAGES, GUILDS

INTENTS = GUILDS | GUILD_MESSAGES | DIRECT_MESSAGES


class Line:
    """A bare websocket to the gateway."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, op: int, data: Any = None) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def hear(self) -> Json:
        heard: Json = await self.socket.receive_json(timeout=5)
        return heard

    async def identify(self, intents: Any = INTENTS, token: str = TOKEN) -> None:
        assert (await self.hear())["op"] == HELLO
        await self.say(IDENTIFY, {"token": token, "intents": intents, "properties": {}})

    async def resume(self, session: str, seen: int) -> None:
        assert (await self.hear())["op"] == HELLO
        await self.say(RESUME, {"token": TOKEN, "session_id": session, "seq": seen})

    async def ended(self) -> int | None:
        message = await self.socket.receive(timeout=5)
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        return self.socket.close_code


class Lines:
    """Opens lines to the gateway and closes them all."""

    def __init__(self, server: DiscordApi, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def open(self, query: str = "v=10&encoding=json") -> Line:
        return Line(await self.session.ws_connect(f"{self.server.rest.gateway_url}?{query}"))


@pytest.fixture
async def server() -> AsyncIterator[DiscordApi]:
    async with DiscordApi() as server:
        yield server


@pytest.fixture
async def lines(server: DiscordApi) -> AsyncIterator[Lines]:
    async with aiohttp.ClientSession() as session:
        yield Lines(server, session)


async def ready(lines: Lines) -> tuple[Line, str]:
    line = await lines.open()
    await line.identify()
    told = await line.hear()
    assert (told["t"], told["s"]) == ("READY", 1)
    assert (await line.hear())["t"] == "GUILD_CREATE"
    return line, told["d"]["session_id"]


async def test_who_identifies_is_told_of_guilds_and_of_what_their_intents_cover(
    server: DiscordApi, lines: Lines
) -> None:
    line, _ = await ready(lines)
    other = await lines.open()
    await other.identify(GUILD_MESSAGES)
    assert (await other.hear())["t"] == "READY"
    await server.says("in private")
    await server.says("for all", where=server.channel)
    assert [(await line.hear())["d"]["content"] for _ in range(2)] == ["in private", ""]
    heard = await other.hear()
    assert heard["d"]["guild_id"] == str(server.guild.id)
    await line.say(HEARTBEAT, 4)
    assert (await line.hear())["op"] == ACK
    assert server.gateway.heartbeats == 1


@pytest.mark.parametrize(
    ("payloads", "code"),
    [
        (['{"op": 3, "d": {}}'], 4003),
        (["nonsense"], 4002),
        ([json.dumps({"op": 2, "d": {"token": "wrong", "intents": 0}})], 4004),
        ([json.dumps({"op": 2, "d": {"token": TOKEN, "intents": "x"}})], 4013),
        ([json.dumps({"op": 2, "d": {"token": TOKEN, "intents": 1 << 15}})], 4014),
        ([json.dumps({"op": 2, "d": {"token": TOKEN, "intents": 0}})] * 2, 4005),
        ([json.dumps({"op": 2, "d": {"token": TOKEN, "intents": 0}}), '{"op": 99}'], 4001),
    ],
)
async def test_a_mistake_closes_the_connection_with_its_code(
    server: DiscordApi, lines: Lines, payloads: list[str], code: int
) -> None:
    server.privileged = 0
    line = await lines.open()
    await line.hear()
    for payload in payloads:
        await line.socket.send_str(payload)
    while (message := await line.socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
        assert json.loads(message.data)["t"] == "READY"
    assert line.socket.close_code == code


async def test_a_session_is_resumed_where_it_was_left(server: DiscordApi, lines: Lines) -> None:
    line, session = await ready(lines)
    server.gateway.drop()
    assert await line.ended() == 1006
    await server.says("one")
    await server.says("two")
    line = await lines.open()
    await line.resume(session, 3)
    heard = [await line.hear() for _ in range(2)]
    assert [(one["t"], one["s"]) for one in heard] == [("MESSAGE_CREATE", 4), ("RESUMED", 5)]
    assert heard[0]["d"]["content"] == "two"
    await server.says("three")
    assert (await line.hear())["d"]["content"] == "three"


async def test_what_cannot_be_resumed_is_refused(server: DiscordApi, lines: Lines) -> None:
    _, session = await ready(lines)
    line = await lines.open()
    await line.resume("session-99", 1)
    assert await line.hear() == {"op": INVALID_SESSION, "d": False, "s": None, "t": None}
    line = await lines.open()
    await line.resume(session, 99)
    assert await line.ended() == 4007
    server.fail("RESUME", "invalid:resumable")
    line = await lines.open()
    await line.resume(session, 1)
    assert (await line.hear())["d"] is True


async def test_a_client_that_says_goodbye_gives_its_session_up(
    server: DiscordApi, lines: Lines
) -> None:
    line, session = await ready(lines)
    await line.socket.close(code=1000)
    await server.until(lambda: not server.gateway.sessions)
    line = await lines.open()
    await line.resume(session, 1)
    assert (await line.hear())["op"] == INVALID_SESSION


async def test_faults_of_the_gateway(server: DiscordApi, lines: Lines) -> None:
    server.fail("CONNECT", "503")
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await lines.open()
    server.fail("IDENTIFY", "4008")
    line = await lines.open()
    await line.identify()
    assert await line.ended() == 4008
    line, _ = await ready(lines)
    server.fail("HEARTBEAT", "silent")
    await line.say(HEARTBEAT, 1)
    await server.gateway.ask_to_reconnect()
    assert (await line.hear())["op"] == RECONNECT
    await server.gateway.hang_up(4009)
    assert await line.ended() == 4009
    assert server.gateway.sessions == {}
    await server.go_down()
    with pytest.raises(aiohttp.ClientError):
        await lines.open()
    server.come_back()
    await ready(lines)


async def test_what_the_bot_may_not_see_is_not_told(server: DiscordApi, lines: Lines) -> None:
    secret = server.add_channel("secret", closed=50001)
    line, _ = await ready(lines)
    await server.says("unseen", where=secret)
    sent = await server.says("seen", where=server.channel)
    assert (await line.hear())["d"]["id"] == str(sent.id)


async def test_members_come_in_a_chunk(server: DiscordApi, lines: Lines) -> None:
    bob = server.add_person("bob")
    line, _ = await ready(lines)
    asked = {"guild_id": str(server.guild.id), "query": "bo", "limit": 5, "nonce": "n"}
    await line.say(REQUEST_MEMBERS, asked)
    chunk = (await line.hear())["d"]
    assert [member["user"]["id"] for member in chunk["members"]] == [str(bob.id)]
    assert (chunk["nonce"], chunk["chunk_index"], chunk["chunk_count"]) == ("n", 0, 1)


async def test_a_stream_of_zlib_goes_over_the_whole_connection(lines: Lines) -> None:
    line = await lines.open("v=10&encoding=json&compress=zlib-stream")
    stream = zlib.decompressobj()
    heard = await line.socket.receive_bytes(timeout=5)
    assert heard.endswith(b"\x00\x00\xff\xff")
    assert json.loads(stream.decompress(heard))["op"] == HELLO
    await line.say(HEARTBEAT)
    assert json.loads(stream.decompress(await line.socket.receive_bytes(timeout=5)))["op"] == ACK


@pytest.mark.skipif(not importlib.util.find_spec("zstandard"), reason="no zstandard installed")
async def test_a_stream_of_zstd_goes_over_the_whole_connection(lines: Lines) -> None:
    line = await lines.open("v=10&encoding=json&compress=zstd-stream")
    stream = importlib.import_module("zstandard").ZstdDecompressor().decompressobj()
    heard = await line.socket.receive_bytes(timeout=5)
    assert json.loads(stream.decompress(heard))["op"] == HELLO
    await line.say(HEARTBEAT)
    assert json.loads(stream.decompress(await line.socket.receive_bytes(timeout=5)))["op"] == ACK
