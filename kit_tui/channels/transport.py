"""What a messaging service has to offer to become a channel, and what it may say of its failures.

A transport carries single posts; order, retries, pace, tickets and who may speak are the same for
every service and live in `chat.py` and `courier.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from kit_tui.channels.text import Line, Tone
from kit_tui.commands.command import Command
from kit_tui.domain.pair import Pair
from kit_tui.gateway.people import Speaker
from kit_tui.state.slices import ConnectionState


class Button(msgspec.Struct, frozen=True, array_like=True):
    """A button under a post. `data` comes back when it is pressed, 64 bytes at most."""

    label: str
    data: str
    tone: Tone = ""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it is to appear: `rows` of buttons below it, with or without a sound.

    A `picture` is a PNG, of which the lines are the caption. `grows` tells that it will be changed,
    `note` that it is none of the conversation and never will be changed.
    `key` is the same however often a post is sent, so that a service that knows keys takes it once.
    """

    lines: tuple[Line, ...]
    rows: tuple[tuple[Button, ...], ...] = ()
    silent: bool = False
    picture: bytes | None = None
    grows: bool = False
    note: bool = False
    tone: Tone = ""
    key: str = ""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a service allows. A chat gets `burst` posts at once, then one in `every_s` seconds.

    Without `buttons` a ticket is answered by typing its code, or by quoting its post; without
    `edits` an answer is sent when it is whole, and only posts with tickets are changed. `silence`
    tells whether a post can come without a sound.
    """

    text: int
    every_s: float
    burst: int
    edits: bool = True
    buttons: bool = True
    silence: bool = True
    pictures: bool = True
    caption: int = 1_024


class Refused(Exception):  # noqa: N818 - it is what the service did, and no error of ours
    """The service will never take this post; the next one may be taken."""


class Gone(Refused):
    """The post that was to be changed is not there any more."""


class Shut(Exception):  # noqa: N818
    """The chat takes nothing now, and may later: somebody blocked the bot or sent it away."""


class Moved(Exception):  # noqa: N818
    """The chat goes by another name from here on."""

    def __init__(self, chat: str) -> None:
        super().__init__(f"the chat is {chat} now")
        self.chat = chat


class Wait(Exception):  # noqa: N818
    """The service asks for a pause."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"asked to wait {seconds:g} s")
        self.seconds = max(1.0, seconds)


class Unreachable(Exception):  # noqa: N818
    """The service did not answer. `in_doubt` tells that it may have taken the post all the same."""

    def __init__(self, reason: str, *, in_doubt: bool = False) -> None:
        super().__init__(reason)
        self.in_doubt = in_doubt


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody said. `mark` is the service's own number of it.

    `text` is empty for what is no text. `ignored` says why it must not be acted on, whoever said
    it: forwarded, edited, from a bot. `quotes` is the id of the post of ours that it answers, `at`
    when the service got it, None where that is not known.
    """

    speaker: Speaker
    mark: str
    text: str = ""
    ignored: str = ""
    quotes: str = ""
    at: datetime | None = None


class Pressed(msgspec.Struct, frozen=True, kw_only=True):
    """A button that somebody pressed below the post whose id is `quotes`, with its data.

    Where there are none: `approve` or `reject` by a reaction to that post.
    """

    speaker: Speaker
    mark: str
    data: str
    quotes: str = ""


class Ear(Protocol):
    """Whoever listens to a transport."""

    async def hear(self, heard: Heard) -> bool:
        """Take in what somebody said, before it is answered; False for what nobody acts on.

        Whatever it raises: said again, with the same mark, it is taken in anew.
        """
        ...

    async def press(self, pressed: Pressed) -> str:
        """Take in a press; what to tell the presser at once, mostly nothing."""
        ...

    async def kept(self, mark: str) -> None:
        """Wait until what was heard or pressed is in the journal for good, or was refused.

        Only then a service that would tell it again may forget it. Whatever it raises: as `hear`.
        """
        ...

    def opened(self, chat: str) -> None:
        """Somebody takes posts again who did not."""
        ...

    def moved(self, chat: str, to: str) -> None:
        """A chat goes by another name from here on."""
        ...

    def watched(self, speaker: Speaker) -> tuple[Pair, ...]:
        """The markets to offer to somebody who types; none to strangers."""
        ...

    def state(
        self, state: ConnectionState, detail: str = "", latency_ms: float | None = None
    ) -> None:
        """Report how the line stands. When it is up, what waits is sent."""
        ...


class Transport(Protocol):
    """One messaging service.

    Sending raises `Refused`, `Shut`, `Moved`, `Wait` or `Unreachable`, nothing else.
    """

    @property
    def name(self) -> str:
        """The channel's name, as messages and settings have it."""
        ...

    @property
    def limits(self) -> Limits: ...

    async def run(self, ear: Ear, menu: tuple[Command, ...]) -> None:
        """Listen until cancelled; lost lines are taken up again here."""
        ...

    def size(self, lines: list[Line]) -> int:
        """How long these lines are as the service counts them."""
        ...

    async def send(self, chat: str, post: Post) -> str:
        """Send a post; its id there."""
        ...

    async def edit(self, chat: str, post_id: str, post: Post) -> None:
        """Change a post's lines and buttons; `Gone` when it is not there."""
        ...

    def newest(self, chat: str, known: str) -> str:
        """The newest id in a chat that is known, `known` or a later one; empty for none.

        From there on a post is looked for that is sent now, and whose answer is lost.
        """
        ...

    async def find(self, chat: str, post: Post, after: str) -> str | None:
        """The id of a post whose answer was lost, sent after the post `after`; None if unknown."""
        ...

    async def typing(self, chat: str) -> None:
        """Show that an answer is being written; failures do not matter."""
        ...
