"""Who may speak on the channels: people in the settings, and those let in by a one-time code."""

from __future__ import annotations

import hmac
import re
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import field
from msgspec.structs import replace

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import JournalError, KitError, UsageError
from kit_tui.domain.events import PersonPaired, PersonRemoved
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.people import Access, Door, Pairing, Person
from kit_tui.state.journal import Journal
from kit_tui.state.slices import ACCESS
from kit_tui.state.store import Store

CODE_LIVES: Final = timedelta(minutes=10)
WRONG_CODES: Final = 10
"""After so many wrong codes the right one is worth nothing any more."""
STRANGERS_KEPT: Final = 10_000
CODES_KEPT: Final = 50
# Without letters and digits that are taken for each other.
LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_CODE = re.compile(
    rf"(?P<by>/?(?:start|pair)(?:@\w+)?\s+)?([{LETTERS}]{{4}})(?P<gap>[ -]?)([{LETTERS}]{{4}})",
    re.IGNORECASE | re.ASCII,  # else signs like the Kelvin sign pass for letters
)
# What a phone can show, a thief of the phone has: the owner is who sits at the terminal.
PAIRABLE: Final = (Role.VIEWER, Role.TRADER)


def random_code(length: int) -> str:
    """A code to be read and typed by people."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How one channel lets people in. `roles` maps what the service calls a role to ours.

    `live_up_to` is the real money that may be approved there, `groups` the chats of several
    people in which a known person may ask about markets. `link` makes a code into an address.
    `quiet` names the quiet hours, for people to read.
    """

    people: tuple[Person, ...] = ()
    live_up_to: Decimal = ZERO
    groups: frozenset[str] = frozenset()
    roles: Mapping[str, Role] = field(default_factory=dict)
    link: Callable[[str], str] = lambda _: ""
    quiet: str = ""


class Speaker(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever sent something, as the service tells. `roles` are the service's own."""

    channel: str
    user: str
    chat: str
    name: str
    private: bool = True
    roles: tuple[str, ...] = ()


class _Open(msgspec.Struct):
    pairing: Pairing
    by: str
    until: float
    wrong: int = 0


class People:
    """Admits people. Everybody else is a stranger: counted, and never answered."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        make_code: Callable[[], str] = lambda: random_code(8),
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._make_code = make_code
        self._rules: dict[str, Rules] = {}
        self._open: dict[str, _Open] = {}
        self._codes: deque[str] = deque(maxlen=CODES_KEPT)
        self._strangers: dict[str, set[str]] = {}
        self._turned_away: dict[str, int] = {}
        self._stores: list[Store] = []
        self.on_changed: list[Callable[[str], None]] = []

    def set_rules(self, channel: str, rules: Rules) -> None:
        """Let a channel's people in from here on, by these rules."""
        self._rules[channel] = rules
        self._changed(channel)

    def drop_rules(self, channel: str) -> None:
        """A channel does not run any more: nobody is let in there, and an open code is void."""
        self._open.pop(channel, None)
        if self._rules.pop(channel, None) is not None:
            self._changed(channel)

    def show_in(self, store: Store) -> None:
        """Publish who may speak to one more store, now and from here on."""
        self._stores.append(store)
        store.publish(ACCESS, self.access)

    @property
    def access(self) -> Access:
        """Everybody who may speak, also where no channel runs, and the doors of those that do."""
        doors = sorted({*self._rules, *self._open})
        paired = (person.channel for person in self._journal.ledger.people.values())
        return Access(
            people=tuple(
                p for channel in sorted({*doors, *paired}) for p in self.audience(channel)
            ),
            doors=tuple(self._door(channel) for channel in doors),
        )

    def audience(self, channel: str) -> tuple[Person, ...]:
        """Everybody who may speak on a channel and is written to; a pairing wins over settings."""
        declared = self._rules.get(channel, Rules()).people
        paired = (
            replace(person, role=min(person.role, PAIRABLE[-1]))  # codes made owners once
            for person in self._journal.ledger.people.values()
            if person.channel == channel
        )
        return tuple({p.key: p for p in (*declared, *paired)}.values())

    def admit(self, speaker: Speaker) -> Principal | None:
        """The principal behind what was said; None for strangers, who are counted."""
        found = self._principal(speaker)
        if found is None:
            self._count(speaker)
        return found

    # -- pairing -------------------------------------------------------------------------------

    def open(self, channel: str, role: Role, by: Principal) -> Pairing:
        """Show a code that lets one person in within ten minutes; a code before it is void.

        Raises:
            UsageError: for a channel that is not set up, and for the role owner.
        """
        if role not in PAIRABLE:
            raise UsageError(
                "A code lets somebody in as a trader or viewer.",
                hint="The owner is who sits at this machine's terminal; no phone is.",
            )
        if channel not in self._rules:
            raise UsageError(
                f"The channel {channel[:20]!r} is not running.",
                hint=f"Set it up first: kit connect {channel}",
            )
        raw = self._make_code()
        pairing = Pairing(
            channel=channel, role=role, code=f"{raw[:4]}-{raw[4:]}",
            expires_at=self._clock.now() + CODE_LIVES, link=self._rules[channel].link(raw),
        )  # fmt: skip
        self._open[channel] = _Open(
            pairing, by.name, self._clock.monotonic() + CODE_LIVES.total_seconds()
        )
        self._codes.append(raw)
        self._changed(channel)
        return pairing

    def close(self, channel: str, code: str = "") -> None:
        """Void the code that is open, if one is; with `code` only if it is that one."""
        waiting = self._open.get(channel)
        if waiting is not None and code in ("", waiting.pairing.code):
            del self._open[channel]
            self._changed(channel)

    async def redeem(self, speaker: Speaker, text: str) -> Person | None:
        """Let in whoever says the open code in a private chat; None for anything else.

        The code of somebody who is in already, and may as much, stays open for whom it is meant.

        Raises:
            JournalError: when that could not be written; the code stays open.
        """
        said = _CODE.fullmatch(text.strip())
        waiting = self._open.get(speaker.channel)
        if said is None or waiting is None or not speaker.private:
            return None
        # By both clocks: one may be set back, the other stands still while a computer sleeps.
        late = self._clock.monotonic() >= waiting.until
        if late or self._clock.now() >= waiting.pairing.expires_at:
            self.close(speaker.channel)
            return None
        if not hmac.compare_digest(f"{said[2]}-{said[4]}".upper(), waiting.pairing.code):
            waiting.wrong += 1
            if waiting.wrong >= WRONG_CODES:
                self.close(speaker.channel)
            return None
        known = self._principal(speaker)
        if known is not None and known.role >= waiting.pairing.role:
            return None
        del self._open[speaker.channel]  # before anything is awaited: it works once
        try:
            return await self._pair(speaker, waiting)
        except JournalError:
            self._open.setdefault(speaker.channel, waiting)
            raise

    def is_code(self, text: str) -> bool:
        """Whether words are a code for pairing, open or not, which nothing may write down.

        Four and four letters may be words as well, unless they were a code of this run.
        """
        said = _CODE.fullmatch(text.strip())
        if said is None:
            return False
        raw = f"{said[2]}{said[4]}".upper()
        in_one = not said["gap"] and any(letter.isdigit() for letter in raw)
        return (
            (said["by"] or "").startswith("/") or said["gap"] == "-" or in_one or raw in self._codes
        )

    def groups(self, channel: str) -> frozenset[str]:
        """The chats of several people in which K.I.T. answers."""
        return self._rules.get(channel, Rules()).groups

    def group_moved(self, channel: str, chat: str, to: str) -> None:
        """One of those chats goes by another name from here on."""
        rules = self._rules.get(channel, Rules())
        if chat in rules.groups:
            self._rules[channel] = replace(rules, groups=rules.groups - {chat} | {to})

    async def remove(self, key: str, by: Principal) -> Person:
        """Let somebody in no more.

        Raises:
            KitError: when nobody of that key was paired; people in the settings stand there.
        """
        person = self._journal.ledger.people.get(key)
        if person is None:
            known = any(p.key == key for p in self.access.people)
            hint = (
                "They stand in the settings; take them out there."
                if known
                else "See /people for who may speak."
            )
            raise KitError(f"Nobody {key[:40]!r} was paired.", hint=hint)
        await self._journal.append(PersonRemoved(key=key, by=by.name, at=self._clock.now()))
        self._changed(person.channel)
        return person

    # -- inside --------------------------------------------------------------------------------

    async def _pair(self, speaker: Speaker, opened: _Open) -> Person:
        now = self._clock.now()
        person = Person(
            channel=speaker.channel, user=speaker.user, chat=speaker.chat, name=speaker.name,
            role=opened.pairing.role, since=now,
        )  # fmt: skip
        await self._journal.append(PersonPaired(person=person, by=opened.by, at=now))
        self._changed(speaker.channel)
        return person

    def _principal(self, speaker: Speaker) -> Principal | None:
        rules = self._rules.get(speaker.channel, Rules())
        key = f"{speaker.channel}:{speaker.user}"
        person = next((p for p in self.audience(speaker.channel) if p.key == key), None)
        role = person.role if person is not None else _mapped(rules, speaker)
        if role is None:
            return None
        known = Principal(
            channel=speaker.channel, user=speaker.user, name=speaker.name, role=role,
            approves_live_up_to=rules.live_up_to,
        )  # fmt: skip
        if speaker.private:
            is_theirs = person is None or person.chat == speaker.chat
            return known if is_theirs else None
        if speaker.chat not in rules.groups:
            return None
        # Others read along: markets may be asked about there, and nothing of the account.
        return replace(
            known, user=f"{speaker.user}@{speaker.chat}", role=Role.VIEWER,
            approves_live_up_to=ZERO,
        )  # fmt: skip

    def _count(self, speaker: Speaker) -> None:
        channel = speaker.channel
        self._turned_away[channel] = self._turned_away.get(channel, 0) + 1
        seen = self._strangers.setdefault(channel, set())
        if len(seen) < STRANGERS_KEPT:
            seen.add(speaker.user)
        self._publish()

    def _door(self, channel: str) -> Door:
        waiting = self._open.get(channel)
        return Door(
            channel=channel,
            pairing_until=waiting.pairing.expires_at if waiting is not None else None,
            strangers=len(self._strangers.get(channel, ())),
            turned_away=self._turned_away.get(channel, 0),
            quiet=self._rules.get(channel, Rules()).quiet,
        )

    def _changed(self, channel: str) -> None:
        self._publish()
        for listener in tuple(self.on_changed):
            listener(channel)

    def _publish(self) -> None:
        access = self.access
        for store in self._stores:
            store.publish(ACCESS, access)


def _mapped(rules: Rules, speaker: Speaker) -> Role | None:
    """The highest role that the service's own roles stand for; never the owner's."""
    mapped = [rules.roles[name] for name in speaker.roles if name in rules.roles]
    return min(max(mapped), Role.TRADER) if mapped else None


def declared(
    channel: str, chats: Iterable[tuple[str, str]], role: Role = Role.TRADER
) -> tuple[Person, ...]:
    """People from the settings, given as pairs of user and chat."""
    return tuple(
        Person(channel=channel, user=user, chat=chat, name="", role=role, declared=True)
        for user, chat in chats
    )
