"""The REST half of the loopback Discord: routes, authorisation, faults, limits and the record."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import BodyPartReader, web

from tests.servers.discord_commands import check_commands
from tests.servers.discord_faults import Faults, Limits, answer, bare, cut, failed, limited, refused
from tests.servers.discord_rules import (
    FILE_BYTES,
    DiscordError,
    Json,
    check_message,
)
from tests.servers.discord_types import MESSAGE_CONTENT, Call, Channel, Sent
from tests.servers.discord_world import APPLICATION, World

API = "/api/v10"
Answer = Callable[[Call], Awaitable[Any]]
_MAJOR = ("channel", "guild", "application", "interaction", "token")


class Rest:
    """Answers calls on a world. Routes are named `METHOD /path/{part}`, as `fail` takes them."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.limits = Limits()
        self.gateway_url = ""
        self.in_flight = 0
        self.open: set[str] = set()  # routes whose URL carries the authorisation
        self.routes: dict[str, Answer] = {
            "GET /users/@me": self._me,
            "GET /users/{user}": self._user,
            "POST /users/@me/channels": self._open_direct,
            "GET /applications/@me": self._application,
            "GET /oauth2/applications/@me": self._application,
            "GET /gateway": self._gateway,
            "GET /gateway/bot": self._gateway_bot,
            "GET /guilds/{guild}": self._guild,
            "GET /guilds/{guild}/roles": self._roles,
            "GET /guilds/{guild}/channels": self._guild_channels,
            "GET /guilds/{guild}/members/{user}": self._member,
            "GET /channels/{channel}": self._channel,
            "POST /channels/{channel}/typing": self._typing,
            "GET /channels/{channel}/messages": self._history,
            "POST /channels/{channel}/messages": self._send,
            "GET /channels/{channel}/messages/{message}": self._message,
            "PATCH /channels/{channel}/messages/{message}": self._edit,
            "DELETE /channels/{channel}/messages/{message}": self._delete,
            "GET /applications/{application}/commands": self._commands,
            "PUT /applications/{application}/commands": self._overwrite,
            "GET /applications/{application}/guilds/{guild}/commands": self._commands,
            "PUT /applications/{application}/guilds/{guild}/commands": self._overwrite,
        }

    def register(self, app: web.Application) -> None:
        """Put every route on an application, those without parts first."""
        for name in sorted(self.routes, key=lambda name: ("{" in name, name)):
            method, path = name.split(" ", 1)
            app.router.add_route(method, API + path, self._serving(name))
        app.router.add_get("/attachments/{message}/{name}", self._attachment)
        app.router.add_route("*", "/{rest:.*}", self._unknown)

    def _serving(self, route: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(route, request)

        return serve

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.method, "unknown", request.path, {}, {}, self.world.now(), status=404)
        self.world.calls.append(call)
        return bare(404)

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        sent = self.world.messages.get(int(request.match_info["message"]))
        name = request.match_info["name"]
        if sent is None or name not in sent.files:
            return bare(404)
        return web.Response(body=sent.files[name])

    async def _serve(self, route: str, request: web.Request) -> web.StreamResponse:
        if self.faults.down:
            return cut(request)
        self.in_flight += 1
        try:
            return await self._recorded(route, request)
        finally:
            self.in_flight -= 1
            await self.world.notify()

    async def _recorded(self, route: str, request: web.Request) -> web.StreamResponse:
        try:
            call = await _call(request, route, self.world.now())
        except ValueError:
            return refused(DiscordError(50109))
        self.world.calls.append(call)
        fault = self.faults.take(route)
        if fault == "drop":
            return cut(request)
        response = await self._answered(call, request, fault)
        if fault == "lost" or self.faults.down:
            return cut(request)
        call.status = response.status
        await response.prepare(request)
        await response.write_eof()
        return response

    async def _answered(self, call: Call, request: web.Request, fault: str) -> web.Response:
        shown = request.headers.get("Authorization")
        if call.route not in self.open and shown != f"Bot {self.world.token}":
            return bare(401)
        major = "/".join(call.parts[part] for part in _MAJOR if part in call.parts)
        allowed, headers = self.limits.spend(call.route, major, call.at)
        if not allowed:
            return limited(float(headers["X-RateLimit-Reset-After"]), headers)
        response = failed(fault) if fault not in ("", "ok", "lost") else await self._result(call)
        response.headers.update({**headers, **response.headers})
        return response

    async def _result(self, call: Call) -> web.Response:
        try:
            result = await self.routes[call.route](call)
        except DiscordError as error:
            return refused(error)
        return web.Response(status=204) if result is None else answer(result)

    # -- the bot and its application -------------------------------------------------------------

    async def _me(self, _: Call) -> Json:
        return self.world.bot.json() | {"verified": True, "mfa_enabled": False, "email": None}

    async def _application(self, _: Call) -> Json:
        return self.world.application_json()

    async def _gateway(self, _: Call) -> Json:
        return {"url": self.gateway_url}

    async def _gateway_bot(self, _: Call) -> Json:
        start = {"total": 1_000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
        return {"url": self.gateway_url, "shards": 1, "session_start_limit": start}

    async def _commands(self, call: Call) -> list[Json]:
        return self.world.commands.get(self._scope(call), [])

    async def _overwrite(self, call: Call) -> list[Json]:
        scope = self._scope(call)
        check_commands(call.body)
        old = {one["name"]: one["id"] for one in self.world.commands.get(scope, [])}
        placed = {"guild_id": str(scope)} if scope else {}
        self.world.commands[scope] = [
            {"type": 1, "default_member_permissions": None, "nsfw": False, **command, **placed}
            | {"id": old.get(command["name"]) or str(self.world.new_id())}
            | {"application_id": str(APPLICATION), "version": str(self.world.new_id())}
            for command in call.body
        ]
        return self.world.commands[scope]

    def _scope(self, call: Call) -> int | None:
        if call.parts["application"] != str(APPLICATION):
            raise DiscordError(10002)
        return self.world.found_guild(call.parts["guild"]).id if "guild" in call.parts else None

    # -- people and places -----------------------------------------------------------------------

    async def _user(self, call: Call) -> Json:
        return self.world.found_person(call.parts["user"]).json()

    async def _open_direct(self, call: Call) -> Json:
        person = self.world.found_person(str(call.fields.get("recipient_id")))
        if person.bot:
            raise DiscordError(50007)
        return self.world.direct(person).json()

    async def _guild(self, call: Call) -> Json:
        return self.world.found_guild(call.parts["guild"]).rest_json()

    async def _roles(self, call: Call) -> list[Json]:
        guild = self.world.found_guild(call.parts["guild"])
        return [role.json() for role in (guild.everyone, *guild.roles)]

    async def _guild_channels(self, call: Call) -> list[Json]:
        guild = self.world.found_guild(call.parts["guild"])
        return [channel.json() for channel in guild.channels]

    async def _member(self, call: Call) -> Json:
        guild = self.world.found_guild(call.parts["guild"])
        person = self.world.found_person(call.parts["user"])
        if guild not in person.roles:
            raise DiscordError(10007)
        return person.member_json(guild)

    # -- channels and messages -------------------------------------------------------------------

    async def _channel(self, call: Call) -> Json:
        return self.world.found_channel(call.parts["channel"]).json()

    async def _typing(self, call: Call) -> None:
        self.world.typing.append(self._writable(call))

    async def _history(self, call: Call) -> list[Json]:
        channel = self.world.found_channel(call.parts["channel"])
        before, after = call.query.get("before"), call.query.get("after")
        found = [
            sent
            for sent in self.world.messages.values()
            if sent.channel is channel
            and not sent.ephemeral
            and (before is None or sent.id < int(before))
            and (after is None or sent.id > int(after))
        ]
        limit = int(call.query.get("limit", "50"))
        chosen = found[:limit] if after is not None else found[-limit:]
        return [self._shown(sent) for sent in reversed(chosen)]

    async def _send(self, call: Call) -> Json:
        channel = self._writable(call)
        check_message(call.fields)
        again = self._sent_before(channel, call.fields)
        if again is None:
            again = new_message(self.world, channel, call)
            if not call.fields.get("enforce_nonce"):
                again.nonce = None if again.nonce is None else str(again.nonce)
            await self.world.place(again)
        return self._shown(again)

    def _sent_before(self, channel: Channel, body: Json) -> Sent | None:
        """With `enforce_nonce` the same nonce is the same message for a few minutes."""
        if not body.get("enforce_nonce") or body.get("nonce") is None:
            return None
        for sent in self.world.messages.values():
            known = sent.channel is channel and sent.author is self.world.bot
            if known and sent.nonce == str(body["nonce"]) and self.world.now() - sent.at < 180:
                return sent
        return None

    async def _message(self, call: Call) -> Json:
        return self._shown(self._found(call))

    async def _edit(self, call: Call) -> Json:
        self._writable(call)
        sent = self._own(call)
        await edit_message(self.world, sent, call)
        return self._shown(sent)

    async def _delete(self, call: Call) -> None:
        sent = self._found(call)
        if sent.author is not self.world.bot:
            raise DiscordError(50013)
        await self.world.remove(sent)

    def _shown(self, sent: Sent) -> Json:
        granted = bool(self.world.privileged & MESSAGE_CONTENT)
        return sent.json(content=self.world.reads(sent, granted))

    def _writable(self, call: Call) -> Channel:
        channel = self.world.found_channel(call.parts["channel"])
        if channel.closed:
            raise DiscordError(channel.closed)
        if channel.with_whom is not None and not channel.with_whom.takes_messages:
            raise DiscordError(50007)
        return channel

    def _found(self, call: Call) -> Sent:
        channel = self.world.found_channel(call.parts["channel"])
        number = call.parts["message"]
        sent = self.world.messages.get(int(number)) if number.isdigit() else None
        if sent is None or sent.channel is not channel or sent.ephemeral:
            raise DiscordError(10008)
        return sent

    def _own(self, call: Call) -> Sent:
        sent = self._found(call)
        if sent.author is not self.world.bot:
            raise DiscordError(50005)
        return sent


async def _call(request: web.Request, route: str, at: float) -> Call:
    call = Call(
        request.method, route, request.path, dict(request.match_info), dict(request.query), at
    )
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            data = bytes(await part.read())
            if part.name == "payload_json":
                call.body = json.loads(data)
            else:
                call.files[part.name or ""] = (part.filename or "", data)
    elif raw := await request.read():
        call.body = json.loads(raw)
    return call


def new_message(world: World, channel: Channel, call: Call, body: Json | None = None) -> Sent:
    """The bot's message of a checked body.

    Raises:
        DiscordError: 50006 for an empty one, 10008 for a reply to nothing, 40005 for large files.
    """
    body = call.fields if body is None else body
    sent = Sent(world.new_id(), channel, world.bot, world.now())
    sent.flags = int(body.get("flags") or 0)
    sent.nonce = None if body.get("nonce") is None else str(body["nonce"])
    sent.allowed_mentions = body.get("allowed_mentions")
    for name, value in changed_parts(world, sent, call, body).items():
        setattr(sent, name, value)
    if reference := body.get("message_reference"):
        sent.reference = int(reference["message_id"])
        if sent.reference not in world.messages and reference.get("fail_if_not_exists", True):
            raise DiscordError(50035, _unknown_reference())
    if not (sent.content or sent.embeds or sent.attachments):
        raise DiscordError(50006)
    return sent


async def edit_message(world: World, sent: Sent, call: Call, body: Json | None = None) -> None:
    """Change what a body names and nothing else.

    Raises:
        DiscordError: 50035 or 50006, as for a new one.
    """
    body = call.fields if body is None else body
    check_message(body)
    changes = changed_parts(world, sent, call, body)
    if "allowed_mentions" in body:
        changes["allowed_mentions"] = body["allowed_mentions"]
    left = {name: changes.get(name, getattr(sent, name)) for name in _SHOWS}
    if not any(left.values()):
        raise DiscordError(50006)
    await world.replace(sent, **changes)


_SHOWS = ("content", "embeds", "attachments")


def changed_parts(world: World, sent: Sent, call: Call, body: Json) -> Json:
    """What a body says about a message's parts, files included."""
    changes: Json = {
        name: body[name] or empty
        for name, empty in (("content", ""), ("embeds", []), ("components", []))
        if name in body
    }
    kept = body.get("attachments")
    if kept is None and not call.files:
        return changes
    files = {} if kept is not None else dict(sent.files)
    shown = [] if kept is not None else list(sent.attachments)
    for one in kept or []:
        known = next((old for old in sent.attachments if old["id"] == str(one["id"])), None)
        if known is not None:
            shown.append(known)
            files[known["filename"]] = sent.files[known["filename"]]
    for name, data in call.files.values():
        if len(data) > FILE_BYTES:
            raise DiscordError(40005)
        url = f"{world.root}/attachments/{sent.id}/{name}"
        about = {"id": str(world.new_id()), "filename": name, "size": len(data)}
        shown.append(about | {"url": url, "proxy_url": url, "content_type": "text/plain"})
        files[name] = data
    return changes | {"attachments": shown, "files": files}


def _unknown_reference() -> Json:
    fault = {"code": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "message": "Unknown message"}
    return {"message_reference": {"_errors": [fault]}}
