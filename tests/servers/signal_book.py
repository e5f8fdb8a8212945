"""Who is on the scripted Signal, and what was sent to whom."""

from __future__ import annotations

import base64
import itertools
import time
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
LONG_TEXT = 2_000  # bytes of UTF-8; signal-cli sends more as an attachment
START_MS = 1_795_356_180_000


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with Signal; who keeps the number private has none here."""

    uuid: str
    number: str | None
    name: str = ""

    @property
    def identifier(self) -> str:
        """What signal-cli calls the legacy identifier: the number, else the UUID."""
        return self.number or self.uuid

    def is_called(self, identifier: str) -> bool:
        return identifier in {self.uuid, self.number}

    def address(self) -> Json:
        return {"uuid": self.uuid, "number": self.number, "username": None}


@dataclass(frozen=True, slots=True)
class Group:
    """A group with its members, the accounts of the daemon among them."""

    id: str
    name: str
    members: tuple[Person, ...]


KIT = Person("00000000-0000-4000-8000-00000000000b", "+15550100011", "K.I.T.")
ANN = Person("00000000-0000-4000-8000-000000000042", "+15550100042", "Ann")
BEN = Person("00000000-0000-4000-8000-000000000043", "+15550100043", "Ben")
GHOST = Person("00000000-0000-4000-8000-000000000044", None, "Ghost")
DESK = Group(
    base64.b64encode(b"the desk's group of 32 bytes....").decode(), "Desk", (KIT, ANN, BEN)
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a recipient does not get a message; `type` as in a send's results."""

    type: str
    retry_after: int | None = None
    token: str | None = None

    def row(self) -> Json:
        told = {"type": self.type, "token": self.token, "retryAfterSeconds": self.retry_after}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(slots=True)
class Sent:
    """A message as it stands in the chat; `versions` are its timestamps, the newest last."""

    timestamp: int
    account: str
    to: tuple[str, ...]
    text: str
    params: Json
    styles: list[tuple[str, int, int]] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    reaction: str = ""
    deleted: bool = False

    @property
    def is_long(self) -> bool:
        """Whether it travels as an attachment with the first 2,000 bytes as the body."""
        return len(self.text.encode()) > LONG_TEXT

    @property
    def styled(self) -> list[tuple[str, str]]:
        """Each style with the text it covers, offsets being UTF-16 code units."""
        units = self.text.encode("utf-16-le")
        return [
            (style, units[start * 2 : (start + length) * 2].decode("utf-16-le", "replace"))
            for style, start, length in self.styles
        ]


class SignalBook:
    """Everything the daemon knows, and what it did not check.

    `strays` are edits, reactions and deletions of messages that are not there: signal-cli answers
    SUCCESS and nobody sees anything. `ignored` are parameters which no method reads. `received`
    are the messages of people by timestamp, with the account's reaction or nothing.
    """

    def __init__(self, accounts: tuple[Person, ...]) -> None:
        self.accounts = accounts
        self.people: list[Person] = [*accounts, ANN, BEN, GHOST]
        self.groups: dict[str, Group] = {DESK.id: DESK}
        self.messages: dict[int, Sent] = {}
        self.received: dict[int, str] = {}
        self.typing: list[Json] = []
        self.receipts: list[Json] = []
        self.contacts: dict[str, Json] = {}
        self.failures: dict[str, Failure] = {}
        self.strays: list[tuple[str, int]] = []
        self.ignored: list[str] = []
        self._clock = itertools.count(max(START_MS, int(time.time() * 1_000)))

    def now(self) -> int:
        """A timestamp in milliseconds that no other message has."""
        return next(self._clock)

    def person(self, identifier: str) -> Person | None:
        return next((one for one in self.people if one.is_called(identifier)), None)

    def account(self, identifier: str) -> Person | None:
        return next((one for one in self.accounts if one.is_called(identifier)), None)

    def found(self, timestamp: int) -> Sent | None:
        """The message that has or had this timestamp."""
        return next((one for one in self.messages.values() if timestamp in one.versions), None)

    @property
    def texts(self) -> list[str]:
        """The chats as they read now."""
        return [one.text for one in self.messages.values() if not one.deleted]
