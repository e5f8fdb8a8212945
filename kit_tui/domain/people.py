"""People who speak from elsewhere than this machine, and how they are let in."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kit_tui.domain.message import Role


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may speak on a channel. `chat` is where K.I.T. writes to them.

    `declared` people stand in the settings, the others were paired by a code.
    """

    channel: str
    user: str
    chat: str
    name: str
    role: Role
    since: datetime | None = None
    declared: bool = False

    @property
    def key(self) -> str:
        """As `Principal.key`."""
        return f"{self.channel}:{self.user}"


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """A code that lets one person in, once. `link` opens the service with it, where one can."""

    channel: str
    role: Role
    code: str
    expires_at: datetime
    link: str = ""


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel's door stands: until when a code is open, and who was turned away.

    `strangers` counts people, `turned_away` what they sent, since the engine was started.
    `quiet` is when nothing makes a sound there, such as `23:00-07:00 UTC`.
    """

    channel: str
    pairing_until: datetime | None = None
    strangers: int = 0
    turned_away: int = 0
    quiet: str = ""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who may speak from elsewhere, and how the doors stand."""

    people: tuple[Person, ...] = ()
    doors: tuple[Door, ...] = ()
