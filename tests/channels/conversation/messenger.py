"""A messaging service as the people on it see it, whichever service it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

import msgspec

from kit_tui.channels.transport import Transport
from kit_tui.domain.message import Role
from kit_tui.domain.people import Person
from tests.support.clock import FakeClock

Who = Literal["ann", "ben", "eve"]
"""Ann is let in, Ben can be, Eve is a stranger."""
GROUP = "group"
"""Where a chat of several people is meant."""
Answer = Literal["approve", "reject"]
Fault = Literal["unheard", "lost", "busy", "refused"]
"""What becomes of a post: never read, taken with the answer lost, met by trouble, never taken."""
Odd = Literal["edited", "forwarded", "machine", "channel", "own device"]
"""Ways to say something that must not act: `machine` is a bot or a webhook."""


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a service can do. Where it cannot, a case asserts what is done instead.

    `means` are the ways to answer a ticket; `grows`: an answer is shown while it is written;
    `finds`: a post whose answer was lost is not sent again; `groups`: K.I.T. is heard in chats of
    several; `keeps`: words said while nobody listens arrive later; `odd` are the odd ways to say
    something that the service tells apart.
    """

    means: tuple[str, ...]
    buttons: bool
    grows: bool
    finds: bool
    groups: bool
    keeps: bool
    odd: tuple[Odd, ...]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A post as it reads now, its changes applied.

    `marked` are the stretches that are more than text: in a style, linked, or a mention.
    `offers` are the answers it offers, each with what gives it: a button's data or a typed code.
    """

    id: str
    text: str
    offers: Mapping[Answer, str]
    marked: tuple[str, ...] = ()
    edits: int = 0
    silent: bool = False
    length: int = 0


class Messenger(Protocol):
    """A loopback service with its people. `most` is the longest post it takes, in its own units."""

    name: str
    can: Abilities
    clock: FakeClock
    most: int

    # -- how K.I.T. gets to it ---------------------------------------------------------------

    def transport(self, *, groups: bool = False, token: str = "") -> Transport:
        """A new transport to it; another `token` than its own is refused."""
        ...

    def settings(self, *, declared: bool = True, groups: bool = False) -> str:
        """Its section of the settings; Ann stands in it if `declared`."""
        ...

    @property
    def secret(self) -> str:
        """What must not stand in a log: the token, or the number."""
        ...

    def environ(self) -> dict[str, str]:
        """Variables that hold its token."""
        ...

    def person(self, who: Who, role: Role = Role.TRADER) -> Person:
        """Somebody who may speak."""
        ...

    async def ready(self) -> None:
        """Wait until K.I.T. listens."""
        ...

    @property
    def listened(self) -> bool:
        """Whether K.I.T. listens."""
        ...

    # -- what people do ----------------------------------------------------------------------

    async def says(
        self, text: str | None, *, by: Who = "ann", where: str = "", mention: bool = False
    ) -> Any:
        """New words in private, or in the group; None for what is no text. What redelivers it."""
        ...

    async def says_oddly(self, how: Odd, text: str) -> None:
        """Words of Ann's account that are not a person's new words."""
        ...

    async def redelivers(self, said: Any) -> None:
        """Deliver words a second time."""
        ...

    async def answers(
        self, seen: Seen, answer: Answer, *, by: Who = "ann", how: str = "", key: str = ""
    ) -> Any:
        """Answer a ticket by one of the means; `key` of a post that offers it no more."""
        ...

    async def deletes(self, seen: Seen) -> None:
        """A post is taken out of the chat."""
        ...

    def told(self, given: Any) -> str:
        """What whoever answered is told at once; empty while nothing is."""
        ...

    # -- what they see -----------------------------------------------------------------------

    def posts(self, to: str = "ann") -> list[Seen]:
        """What stands in a chat, oldest first."""
        ...

    def plain(self, text: str) -> str:
        """What the service leaves of a text without marks."""
        ...

    @property
    def typing(self) -> int:
        """How often it was shown that an answer is being written."""
        ...

    # -- what goes wrong ---------------------------------------------------------------------

    async def breaks(self) -> None:
        """Nothing reaches the service any more."""
        ...

    async def mends(self) -> None:
        """It answers again."""
        ...

    def fails(self, how: Fault, times: int = 1, *, editing: bool = False) -> None:
        """Break the next `times` posts, or changes of posts; 0 for all until it heals."""
        ...

    def heals(self) -> None:
        """Take back what was still to fail."""
        ...

    def limits(self, seconds: int, *, editing: bool = False) -> None:
        """Answer the next post, or change of a post, with a wait."""
        ...

    @property
    def limited(self) -> int:
        """How often a wait was asked for."""
        ...

    async def revokes(self) -> None:
        """K.I.T. is let in no more: its token, or its number, is not known."""
        ...


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait for what the service, the line or the gateway brings about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - any state, on either side
            await asyncio.sleep(0.002)


def texts(messenger: Messenger, to: str = "ann") -> list[str]:
    """What a chat reads, post by post."""
    return [seen.text for seen in messenger.posts(to)]


def lines(messenger: Messenger, word: str = "", to: str = "ann") -> list[str]:
    """Every line of a chat that is not blank and begins with `word`."""
    said = [line for text in texts(messenger, to) for line in text.split("\n")]
    return [line for line in said if line and line.startswith(word)]


def asked(messenger: Messenger, to: str = "ann") -> list[Seen]:
    """The posts that offer an answer."""
    return [seen for seen in messenger.posts(to) if seen.offers]
