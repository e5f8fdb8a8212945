"""A Discord on the loopback: REST and gateway, as strict as Discord, on demand broken."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from aiohttp import web

from tests.servers.discord_commands import NotOfferedError, fill_in, find_offered
from tests.servers.discord_faults import Faults
from tests.servers.discord_gateway import Gateway
from tests.servers.discord_interactions import (
    COMMAND,
    COMPLETION,
    COMPONENT,
    DIALOGUE,
    Interactions,
)
from tests.servers.discord_rest import API, Rest
from tests.servers.discord_rules import Json
from tests.servers.discord_types import Channel, Interaction, Person, Role, Sent
from tests.servers.discord_world import GUILD_MEMBERS, TOKEN, World

__all__ = ["TOKEN", "DiscordApi", "NotOfferedError"]


class DiscordApi(World):
    """The server. Start it with `async with`; `api` is the base of its REST.

    `guild`, `channel` and `owner` (ann) are there from the start. Guilds, channels and roles are
    added before the client connects.
    """

    def __init__(self) -> None:
        super().__init__()
        self._faults = Faults()
        self.rest = Rest(self, self._faults)
        self.gateway = Gateway(self, self._faults)
        Interactions(self, self.rest)
        self._runner: web.AppRunner | None = None
        self._port = 0
        self.api = ""

    async def __aenter__(self) -> DiscordApi:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_get("/resume", self.gateway.serve)
        self.rest.register(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        host, self._port = self._runner.addresses[0][:2]
        self.root = f"http://{host}:{self._port}"
        self.api = self.root + API
        self.gateway.url = f"ws://{host}:{self._port}"
        self.rest.gateway_url = f"{self.gateway.url}/gateway"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.gateway.end()
        assert self._runner is not None
        await self._runner.cleanup()

    # -- what people do ------------------------------------------------------------------------

    async def says(
        self, text: str, *, by: Person | None = None, where: Channel | None = None,
        mention: bool = False, reply_to: Sent | None = None,
    ) -> Sent:  # fmt: skip
        """A person's message: to the bot directly, or `where` it is meant for all."""
        person, channel = self._place(by, where)
        if mention:
            text = f"{self.bot.mention} {text}"
        sent = Sent(self.new_id(), channel, person, self.now(), content=text)
        sent.reference = reply_to.id if reply_to else None
        await self.place(sent)
        return sent

    async def hook_says(self, text: str, name: str = "hook", where: Channel | None = None) -> Sent:
        """A message of a webhook, which no person wrote."""
        face = Person(self.new_id(), name, bot=True)
        sent = Sent(self.new_id(), where or self.channel, face, self.now(), content=text)
        sent.webhook = face.id
        await self.place(sent)
        return sent

    async def rewrites(self, sent: Sent, text: str) -> None:
        """A person edits their message."""
        await self.replace(sent, content=text)

    async def takes_back(self, sent: Sent) -> None:
        """A person deletes their message."""
        await self.remove(sent)

    async def invoke(
        self, path: str, *, by: Person | None = None, where: Channel | None = None, **options: Any
    ) -> Interaction:
        """A slash command as Discord's client sends it; `path` holds sub-commands after spaces.

        Raises:
            NotOfferedError: if that client would not send this.
        """
        person, channel = self._place(by, where)
        command = find_offered(self._offered(channel), path, person, channel)
        return await self._interact(COMMAND, person, channel, fill_in(command, path, options))

    async def types(
        self, path: str, focused: str, typed: str, *,
        by: Person | None = None, where: Channel | None = None, **options: Any,
    ) -> Interaction:  # fmt: skip
        """Type into an option that completes itself; the answer is in `choices`."""
        person, channel = self._place(by, where)
        command = find_offered(self._offered(channel), path, person, channel)
        data = fill_in(command, path, {**options, focused: typed}, focused=focused)
        return await self._interact(COMPLETION, person, channel, data)

    async def press(self, sent: Sent, label: str, *, by: Person | None = None) -> Interaction:
        """Press a button as the message shows it.

        Raises:
            NotOfferedError: if it shows none of that label, or the person does not see it.
        """
        if label not in sent.buttons:
            raise NotOfferedError(f"no button {label} on {sent.text!r}: {list(sent.buttons)}")
        return await self.press_id(sent, sent.buttons[label], by=by)

    async def press_id(
        self, sent: Sent, custom_id: str, *, by: Person | None = None
    ) -> Interaction:
        """Send a button's custom id, as a client does that shows an old state of the message."""
        data: Json = {"component_type": 2, "custom_id": custom_id, "id": 0}
        return await self._on_message(sent, data, by)

    async def choose(
        self, sent: Sent, custom_id: str, *values: str, by: Person | None = None
    ) -> Interaction:
        """Choose from a menu of a message."""
        data = {"component_type": 3, "custom_id": custom_id, "values": list(values), "id": 0}
        return await self._on_message(sent, data, by)

    async def send_off(self, asked: Interaction, **fields: str) -> Interaction:
        """Fill the dialogue in that an interaction was answered with, by custom id, and send it."""
        if asked.modal is None:
            raise NotOfferedError("there is no dialogue to fill in")
        await self._settle()
        rows = [
            {"type": 1, "components": [{"type": 4, "custom_id": name, "value": value, "id": 0}]}
            for name, value in fields.items()
        ]
        data: Json = {"custom_id": asked.modal["custom_id"], "components": rows}
        self._able(asked.by, asked.channel)
        return await self._interact(DIALOGUE, asked.by, asked.channel, data, asked.message)

    async def give_roles(self, person: Person, *roles: Role) -> None:
        """Change the roles a person holds in the guild."""
        person.roles[self.guild] = list(roles)
        data = person.member_json(self.guild) | {"guild_id": str(self.guild.id)}
        await self.tell("GUILD_MEMBER_UPDATE", data, GUILD_MEMBERS)

    def _offered(self, channel: Channel) -> list[Json]:
        scope = self.commands.get(channel.guild.id, []) if channel.guild else []
        return [*scope, *self.commands.get(None, [])]

    async def _on_message(self, sent: Sent, data: Json, by: Person | None) -> Interaction:
        await self._settle()
        person = by or (sent.interaction.by if sent.interaction else self.owner)
        self._able(person, sent.channel)
        if sent.ephemeral and sent.interaction and sent.interaction.by is not person:
            raise NotOfferedError(f"{person.name} does not see this message")
        return await self._interact(COMPONENT, person, sent.channel, data, sent)

    async def _interact(
        self, kind: int, person: Person, channel: Channel, data: Json, message: Sent | None = None
    ) -> Interaction:
        token = secrets.token_urlsafe(32)
        interaction = Interaction(
            self.new_id(), token, kind, person, channel, self.now(), data, message
        )
        self.interactions.append(interaction)
        await self.tell("INTERACTION_CREATE", interaction.json(self.bot.id, self.bot))
        return interaction

    async def _settle(self) -> None:
        """Let the bot read the answers to its own calls, as it has before a hand can move.

        A client in this process then knows the buttons it just put up.
        """
        await self.until(lambda: not self.rest.in_flight)
        for _ in range(50):
            await asyncio.sleep(0)

    def _place(self, by: Person | None, where: Channel | None) -> tuple[Person, Channel]:
        person = by or self.owner
        channel = where or self.direct(person)
        self._able(person, channel)
        return person, channel

    def _able(self, person: Person, channel: Channel) -> None:
        there = channel.guild in person.roles if channel.guild else channel.with_whom is person
        if not there:
            raise NotOfferedError(f"{person.name} is not in this channel")

    # -- what goes wrong -------------------------------------------------------------------------

    def fail(self, route: str, how: str, times: int = 1) -> None:
        """Break the next calls of a route, `METHOD /path/{part}` as in `calls`.

        `429:SECONDS`, `429:SECONDS:global`, `502`, Discord's own code as `50013`, `drop` (unheard)
        or `lost` (done, answer lost). `ok` lets one pass before the next fault. The gateway's
        routes: `CONNECT` (`502`, `drop`), `IDENTIFY` and `RESUME` (a close code, `invalid`,
        `invalid:resumable`, `drop`), `HEARTBEAT` (`silent`).
        """
        known = {*self.rest.routes, "CONNECT", "IDENTIFY", "RESUME", "HEARTBEAT"}
        if route not in known:
            raise ValueError(f"{route} is no route")
        self._faults.add(route, how, times)

    def limit(self, route: str, count: int, seconds: float) -> None:
        """Allow `count` calls of a route in `seconds`, per channel, guild or webhook."""
        self.rest.limits.rules[route] = (count, seconds)

    async def go_down(self) -> None:
        """Nothing answers any more; what was connected is cut."""
        self._faults.down = True
        self.gateway.drop()

    def come_back(self) -> None:
        """Answer again; sessions can be resumed."""
        self._faults.down = False

    def called(self, route: str) -> int:
        """How often a route was called."""
        return sum(call.route == route for call in self.calls)
