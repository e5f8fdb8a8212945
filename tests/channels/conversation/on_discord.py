"""Discord as its people see it: a loopback of its REST and gateway."""

from __future__ import annotations

import re
from contextlib import ExitStack
from functools import cache
from types import TracebackType
from typing import Any, Self
from unittest import mock

from discord.backoff import ExponentialBackoff

from kit_tui.channels.discord import DiscordTransport
from kit_tui.channels.discord_markdown import LIMIT
from kit_tui.domain.message import Role
from kit_tui.domain.people import Person
from tests.channels.conversation.messenger import GROUP, Abilities, Answer, Fault, Odd, Seen, Who
from tests.servers import discord_types
from tests.servers.discord_api import TOKEN, DiscordApi
from tests.servers.discord_client import pointed_at
from tests.servers.discord_types import Sent
from tests.support.clock import EPOCH, FakeClock

SEND = "POST /channels/{channel}/messages"
EDIT = "PATCH /channels/{channel}/messages/{message}"
SILENT = 1 << 12
_EVER = 10**6
_FAULTS: dict[Fault, str] = {
    "unheard": "drop", "lost": "lost", "busy": "503", "refused": "50035",
}  # fmt: skip
_ANSWERS: dict[str, Answer] = {"a": "approve", "r": "reject"}
# What stands for itself, what is ours, and what a client would read a meaning into.
_TOKENS = re.compile(
    r"```\n(?P<fence>.*?)\n```"
    r"|`(?P<code>[^`]+)`"
    r"|\\(?P<sign>[^0-9A-Za-z\s])"
    r"|<(?P<address>https?://[^\s<>]*)>"
    r"|\*\*(?P<bold>(?:\\.|[^*\\])+)\*\*"
    r"|\*(?P<italic>(?:\\.|[^*\\])+)\*"
    r"|(?P<loose>[*_~|`<>@#\[\]()])",
    re.DOTALL,
)
_LISTED = re.compile(r"^\s*(?:[-+]|\d+\.) ", re.MULTILINE)


class OnDiscord:
    """One bot on one server, where everybody is a member."""

    name = "discord"
    can = Abilities(
        means=("button",), buttons=True, grows=True, finds=True, groups=True, keeps=False,
        odd=("edited", "machine"),
    )  # fmt: skip
    most = LIMIT

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.api = DiscordApi()
        self._open = ExitStack()
        self._people = {
            "ann": self.api.owner, "ben": self.api.add_person("ben"),
            "eve": self.api.add_person("eve"),
        }  # fmt: skip
        self._identified = 0

    async def __aenter__(self) -> Self:
        await self.api.__aenter__()
        # It draws from 0 to 2 s before it connects again.
        self._open.enter_context(mock.patch.object(ExponentialBackoff, "delay", return_value=0.02))
        self._open.enter_context(pointed_at(self.api))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._open.close()
        await self.api.__aexit__(kind, error, trace)

    # -- how K.I.T. gets to it ---------------------------------------------------------------

    def transport(self, *, groups: bool = False, token: str = "") -> DiscordTransport:
        return DiscordTransport(
            token or TOKEN, self.clock, api_url=self.api.api,
            groups=[str(self.api.channel.id)] if groups else [],
        )  # fmt: skip

    def settings(self, *, declared: bool = True, groups: bool = False) -> str:
        lines = ["[channels.discord]", f'api_url = "{self.api.api}"']
        lines += [f"users = [{self.api.owner.id}]"] if declared else []
        return "\n".join(
            [*lines, *([f"groups = [{self.api.channel.id}]"] if groups else []), ""]
        )  # fmt: skip

    @property
    def secret(self) -> str:
        return TOKEN

    def environ(self) -> dict[str, str]:
        return {"KIT_DISCORD_BOT_TOKEN": TOKEN}

    def person(self, who: Who, role: Role = Role.TRADER) -> Person:
        user = self._people[who]
        return Person(
            channel=self.name, user=str(user.id), chat=f"user:{user.id}", name=user.name,
            role=role, since=EPOCH,
        )  # fmt: skip

    async def ready(self) -> None:
        await self.api.until(lambda: self.api.gateway.connected and None in self.api.commands)

    @property
    def listened(self) -> bool:
        return bool(self.api.gateway.connected)

    # -- what people do ----------------------------------------------------------------------

    async def says(
        self, text: str | None, *, by: Who = "ann", where: str = "", mention: bool = False
    ) -> Sent:
        channel = self.api.channel if where == GROUP else None
        return await self.api.says(
            text or "", by=self._people[by], where=channel, mention=mention
        )  # fmt: skip

    async def says_oddly(self, how: Odd, text: str) -> None:
        if how == "edited":
            first = await self.api.says("/esc")
            await self.api.rewrites(first, text)
        else:
            face = discord_types.Person(self.api.owner.id, self.api.owner.name, bot=True)
            where = self.api.direct(self.api.owner)
            await self.api.place(Sent(self.api.new_id(), where, face, self.api.now(), content=text))

    async def redelivers(self, said: Any) -> None:
        for session in self.api.gateway.connected:
            for _, event, data in list(session._sent):
                if event == "MESSAGE_CREATE" and data["id"] == str(said.id):
                    await session.hear(event, data)

    async def answers(
        self, seen: Seen, answer: Answer, *, by: Who = "ann", how: str = "", key: str = ""
    ) -> discord_types.Interaction:
        del how
        sent, data = self.api.messages[int(seen.id)], key or seen.offers[answer]
        return await self.api.press_id(sent, data, by=self._people[by])

    async def deletes(self, seen: Seen) -> None:
        await self.api.remove(self.api.messages[int(seen.id)])

    def told(self, given: Any) -> str:
        return "\n".join(sent.text for sent in given.followups)

    # -- what they see -----------------------------------------------------------------------

    def posts(self, to: str = "ann") -> list[Seen]:
        where = self.api.channel if to == GROUP else self.api.direct(self._people[to])
        return [
            _seen(sent) for sent in self.api.messages.values()
            if sent.author is self.api.bot and sent.channel is where and not sent.ephemeral
        ]  # fmt: skip

    def plain(self, text: str) -> str:
        """Discord leaves a text as it is."""
        return text

    @property
    def typing(self) -> int:
        return len(self.api.typing)

    # -- what goes wrong ---------------------------------------------------------------------

    async def breaks(self) -> None:
        await self.api.go_down()

    async def mends(self) -> None:
        self.api.come_back()

    def fails(self, how: Fault, times: int = 1, *, editing: bool = False) -> None:
        self.api.fail(EDIT if editing else SEND, _FAULTS[how], times or _EVER)

    def heals(self) -> None:
        self.api._faults.script.clear()

    def limits(self, seconds: int, *, editing: bool = False) -> None:
        self.api.fail(EDIT if editing else SEND, f"429:{seconds}")

    @property
    def limited(self) -> int:
        return sum(call.status == 429 for call in self.api.calls)

    async def revokes(self) -> None:
        self.api.token = "revoked"
        self.api.gateway.drop()


def _seen(sent: Sent) -> Seen:
    offers = {_ANSWERS[data.partition(":")[0]]: data for data in sent.buttons.values()}
    text, marked = read_markdown(sent.text)
    pings = [f"@{person.name}" for person in sent.mentions]
    return Seen(
        id=str(sent.id), text=text, offers=offers, marked=(*marked, *pings), edits=sent.edits,
        silent=bool(sent.flags & SILENT), length=len(sent.text.encode("utf-16-le")) // 2,
    )  # fmt: skip


@cache
def read_markdown(source: str) -> tuple[str, tuple[str, ...]]:
    """What Discord's client shows of a message, and the stretches it gives a meaning to."""
    text: list[str] = []
    marked = [found[0] for found in _LISTED.finditer(source)]
    place = 0
    for found in _TOKENS.finditer(source):
        text.append(source[place : found.start()])
        place = found.end()
        kind = found.lastgroup or ""
        inner = found[kind]
        if kind in {"bold", "italic"}:
            inner, within = read_markdown(inner)
            marked += [inner, *within]
        elif kind in {"fence", "code", "loose"}:
            marked.append(inner)
        text.append(inner)
    text.append(source[place:])
    return "".join(text), tuple(marked)
