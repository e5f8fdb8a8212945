"""The gateway: sessions over websockets, compressed as asked for, resumed, refused and broken."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import zlib
from typing import Any

from aiohttp import WSMsgType, web

from tests.servers.discord_faults import Faults, cut
from tests.servers.discord_rules import Json
from tests.servers.discord_world import (
    GUILD_MEMBERS,
    GUILD_PRESENCES,
    GUILDS,
    PRIVILEGED,
    Listener,
    World,
)

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME = 0, 1, 2, 3, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, ACK = 7, 8, 9, 10, 11
CLOSING = {
    4000: "Unknown error.", 4001: "Unknown opcode.", 4002: "Error while decoding payload.",
    4003: "Not authenticated.", 4004: "Authentication failed.", 4005: "Already authenticated.",
    4007: "Invalid seq.", 4008: "Rate limited.", 4009: "Session timed out.",
    4012: "Invalid API version.", 4013: "Invalid intent(s).", 4014: "Disallowed intent(s).",
}  # fmt: skip
_ALL_INTENTS = (1 << 26) - 1


class Wire:
    """One websocket, with the compression its client asked for."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.request = request
        self.session: Session | None = None
        self.closed = False
        self._pack = _packer(request.query.get("compress", ""))
        self._turn = asyncio.Lock()

    async def send(self, op: int, data: Any = None, **more: Any) -> None:
        """Send a payload; one for a peer who is gone is lost, as on any network."""
        payload = json.dumps({"op": op, "d": data, "s": None, "t": None, **more})
        async with self._turn:
            if self.closed or self.socket.closed:
                return
            try:
                if self._pack is None:
                    await self.socket.send_str(payload)
                else:
                    await self.socket.send_bytes(self._pack(payload.encode()))
            except ConnectionError:
                self.closed = True

    async def close(self, code: int) -> None:
        """Hang up with a close code."""
        self.closed = True
        await self.socket.close(code=code, message=CLOSING.get(code, "").encode())

    def cut(self) -> None:
        """Drop the connection without a word."""
        self.closed = True
        cut(self.request)


class Session(Listener):
    """A client's session; it outlives its connection and keeps what was missed."""

    def __init__(self, number: int, intents: int, wire: Wire) -> None:
        self.id = f"session-{number}"
        self.intents = intents
        self.wire: Wire | None = wire
        self.resumes = 0
        self.presence: Json | None = None
        self._sent: list[tuple[int, str, Json]] = []

    async def hear(self, event: str, data: Json) -> None:
        """Number an event, keep it and send it when a connection stands."""
        number = len(self._sent) + 1
        self._sent.append((number, event, data))
        if self.wire is not None:
            await self.wire.send(DISPATCH, data, t=event, s=number)

    async def replay(self, wire: Wire, seen: int) -> bool:
        """Take up a new connection after event `seen`; False for a number never sent."""
        if not 0 <= seen <= len(self._sent):
            return False
        while seen < len(self._sent):  # what happens meanwhile is replayed too
            number, event, data = self._sent[seen]
            await wire.send(DISPATCH, data, t=event, s=number)
            seen += 1
        self.wire, wire.session = wire, self
        self.resumes += 1
        await self.hear("RESUMED", {"_trace": []})
        return True


class Gateway:
    """All sessions. Faults: `CONNECT`, `IDENTIFY`, `RESUME`, `HEARTBEAT`."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.url = ""
        self.heartbeat_ms = 41_250
        self.sessions: dict[str, Session] = {}
        self.wires: list[Wire] = []
        self.identified: list[Json] = []
        self.heartbeats = 0
        self.connections: list[str] = []
        self._numbers = itertools.count(1)

    @property
    def connected(self) -> list[Session]:
        """The sessions with a connection that stands."""
        return [one for one in self.sessions.values() if one.wire and not one.wire.closed]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from HELLO until either side hangs up."""
        fault = self.faults.take("CONNECT")
        if self.faults.down or fault == "drop":
            return cut(request)
        if fault.isdigit():
            return web.Response(status=int(fault))
        socket = web.WebSocketResponse(autoclose=False)
        await socket.prepare(request)
        wire = Wire(socket, request)
        self.wires.append(wire)
        self.connections.append(request.path_qs)
        await wire.send(HELLO, {"heartbeat_interval": self.heartbeat_ms, "_trace": []})
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT or wire.closed:
                    break
                await self._heard(wire, message.data)
        finally:
            await self._gone(wire)
        return socket

    async def _gone(self, wire: Wire) -> None:
        goodbye = not wire.closed and wire.socket.close_code in (1000, 1001)
        wire.closed = True
        self.wires.remove(wire)
        if wire.session is not None and wire.session.wire is wire:
            wire.session.wire = None
            # A client that says goodbye with 1000 or 1001 gives its session up.
            if goodbye:
                self._forget(wire.session)
        await self.world.notify()

    def _forget(self, session: Session) -> None:
        self.sessions.pop(session.id, None)
        if session in self.world.listeners:
            self.world.listeners.remove(session)

    async def _heard(self, wire: Wire, text: str) -> None:
        try:
            payload = json.loads(text)
            op, data = payload["op"], payload.get("d")
        except (ValueError, KeyError, TypeError):
            await wire.close(4002)
            return
        if op == HEARTBEAT:
            self.heartbeats += 1
            if self.faults.take("HEARTBEAT") != "silent":
                await wire.send(ACK)
        elif op in (IDENTIFY, RESUME):
            await self._introduced(wire, op, data)
        elif wire.session is None:
            await wire.close(4003)
        elif op == REQUEST_MEMBERS:
            await self._give_members(wire.session, data)
        elif op == PRESENCE:
            wire.session.presence = data
        else:
            await wire.close(4001)
        await self.world.notify()

    async def _introduced(self, wire: Wire, op: int, data: Json) -> None:
        fault = self.faults.take("IDENTIFY" if op == IDENTIFY else "RESUME")
        if wire.session is not None:
            await wire.close(4005)
        elif fault == "drop":
            wire.cut()
        elif fault.startswith("invalid"):
            await wire.send(INVALID_SESSION, fault == "invalid:resumable")
        elif fault.isdigit():
            await wire.close(int(fault))
        elif str(data.get("token")).removeprefix("Bot ") != self.world.token:
            await wire.close(4004)
        elif op == IDENTIFY:
            await self._identify(wire, data)
        else:
            await self._resume(wire, data)

    async def _identify(self, wire: Wire, data: Json) -> None:
        self.identified.append(data)
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~_ALL_INTENTS:
            await wire.close(4013)
            return
        if intents & PRIVILEGED & ~self.world.privileged:
            await wire.close(4014)
            return
        session = Session(next(self._numbers), intents, wire)
        wire.session = session
        self.sessions[session.id] = session
        await session.hear("READY", self._ready(session, data))
        self.world.listeners.append(session)
        if intents & GUILDS:
            for guild in self.world.guilds.values():
                everyone = bool(intents & GUILD_PRESENCES)
                shown = guild.event_json(self.world.bot, everyone=everyone)
                await session.hear("GUILD_CREATE", shown)

    def _ready(self, session: Session, asked: Json) -> Json:
        application = self.world.application_json()
        ready: Json = {
            "v": 10, "user": self.world.bot.json() | {"verified": True, "mfa_enabled": False},
            "guilds": [{"id": str(one), "unavailable": True} for one in self.world.guilds],
            "session_id": session.id, "resume_gateway_url": f"{self.url}/resume",
            "application": {"id": application["id"], "flags": application["flags"]},
            "private_channels": [], "relationships": [], "session_type": "normal", "_trace": [],
        }  # fmt: skip
        return ready | ({"shard": asked["shard"]} if "shard" in asked else {})

    async def _resume(self, wire: Wire, data: Json) -> None:
        session = self.sessions.get(str(data.get("session_id")))
        if session is None:
            await wire.send(INVALID_SESSION, False)
            return
        if session.wire is not None and session.wire is not wire:
            await session.wire.close(4009)
        if not await session.replay(wire, data.get("seq") or 0):
            await wire.close(4007)

    async def _give_members(self, session: Session, asked: Json) -> None:
        guild = self.world.guilds.get(int(asked["guild_id"]))
        if guild is None or (not session.intents & GUILD_MEMBERS and asked.get("query") == ""):
            return
        wanted = asked.get("user_ids")
        members = [
            person.member_json(guild)
            for person in guild.members
            if (str(person.id) in map(str, wanted) if wanted else True)
            and person.name.startswith(asked.get("query") or "")
        ]
        chunk: Json = {"guild_id": str(guild.id), "members": members[: asked.get("limit") or None]}
        chunk |= {"chunk_index": 0, "chunk_count": 1, "not_found": []}
        if "nonce" in asked:
            chunk["nonce"] = asked["nonce"]
        await session.hear("GUILD_MEMBERS_CHUNK", chunk)

    # -- what the network and Discord do to it -----------------------------------------------------

    async def hang_up(self, code: int) -> None:
        """Close every connection with a code; 4007 and 4009 end the sessions too."""
        for session in list(self.sessions.values()):
            if code in (4004, 4007, 4009, 4014):
                self._forget(session)
        for wire in list(self.wires):
            await wire.close(code)

    def drop(self) -> None:
        """Cut every connection; the sessions can be resumed."""
        for wire in list(self.wires):
            wire.cut()

    async def ask_to_reconnect(self) -> None:
        """Opcode 7, as before a server of Discord is restarted."""
        for wire in list(self.wires):
            await wire.send(RECONNECT)

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Opcode 9: the session is over, or was lost sight of."""
        for session in list(self.sessions.values()):
            if not resumable:
                self._forget(session)
        for wire in list(self.wires):
            await wire.send(INVALID_SESSION, resumable)

    async def end(self) -> None:
        """Close everything when the server stops."""
        for wire in list(self.wires):
            wire.cut()


def _packer(kind: str) -> Any:
    if kind == "zlib-stream":
        stream = zlib.compressobj()
        return lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
    if kind == "zstd-stream":
        return _zstd_packer()
    return None


def _zstd_packer() -> Any:
    try:  # Python 3.14 has it, before that the package of this name does
        zstd = importlib.import_module("compression.zstd")
    except ImportError:
        stream = importlib.import_module("zstandard").ZstdCompressor().compressobj()
        return lambda data: stream.compress(data) + stream.flush(1)
    newer = zstd.ZstdCompressor()
    return lambda data: newer.compress(data, newer.FLUSH_BLOCK)
