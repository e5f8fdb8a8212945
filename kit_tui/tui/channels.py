"""Who hears of the conversation elsewhere, how far they were told, and who asked from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from kit_tui.domain.message import Message, Role, Speaker
from kit_tui.domain.people import Door, Person
from kit_tui.state.slices import ACCESS, CONNECTIONS, CONVERSATION, DELIVERIES, Connection, Delivery
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import Row
from kit_tui.tui.turns import LOCAL_CHANNELS
from kit_tui.tui.view import View

WAITS_S: Final = 2.0
"""A message that is younger is simply on its way; saying so would only flicker."""

SHORT_NAMES: Final = {"telegram": "tg", "discord": "dc"}
NAME_CELLS: Final = 16
MarkKind = Literal["told", "waits", "trouble"]
SYMBOLS: Final[Mapping[MarkKind, tuple[str, str]]] = {
    "told": ("✓", "faint"), "waits": ("…", "faint"), "trouble": ("!", "warn"),
}  # fmt: skip


class Mark(msgspec.Struct, frozen=True):
    """How far a channel was told, as it stands behind one message."""

    kind: MarkKind
    channel: str
    waiting: int = 0


Marks = Mapping[str, tuple[Mark, ...]]
"""Marks by the id of the message they stand behind; few messages have any."""


def delivery_marks(view: View) -> Marks:
    """The newest message each channel was told, and the newest one if that still waits.

    Empty unless a trader is paired on a channel that runs.
    """
    messages = view.get(CONVERSATION) or ()
    told = list(_mirrored(view)) if messages else []
    marks: dict[str, tuple[Mark, ...]] = {}
    for delivery, connection in told:
        for message, mark in _marks_of(delivery, connection, messages, view):
            marks[message.id] = (*marks.get(message.id, ()), mark)
    return marks


def seconds_to_next_mark(view: View) -> float | None:
    """When a message that is on its way will count as waiting; None when none will."""
    messages = view.get(CONVERSATION) or ()
    if not messages or not any(d.reached < messages[-1].number for d, _ in _mirrored(view)):
        return None
    left = WAITS_S - (view.now - messages[-1].at).total_seconds()
    return left if left > 0 else None


def _mirrored(view: View) -> Iterable[tuple[Delivery, Connection]]:
    """Channels that run and have somebody who is told everything."""
    deliveries = view.get(DELIVERIES) or ()
    if not deliveries:
        return
    running = {c.name: c for c in view.get(CONNECTIONS) or () if c.kind == "channel"}
    access = view.get(ACCESS)
    people = access.people if access is not None else ()
    told = {person.channel for person in people if person.role >= Role.TRADER}
    for delivery in deliveries:
        connection = running.get(delivery.channel)
        if connection is not None and connection.state != "off" and delivery.channel in told:
            yield delivery, connection


def _marks_of(
    delivery: Delivery, connection: Connection, messages: Sequence[Message], view: View
) -> Iterable[tuple[Message, Mark]]:
    channel, newest = delivery.channel, messages[-1]
    last = next((m for m in reversed(messages) if 0 < m.number <= delivery.reached), None)
    # What somebody wrote there needs no mark that it is there.
    if last is not None and not (last.speaker is Speaker.PERSON and last.channel == channel):
        yield last, Mark("told", channel)
    if newest.number <= delivery.reached:
        return
    if delivery.problem or connection.state in ("down", "degraded"):
        yield newest, Mark("trouble", channel, delivery.waiting)
    elif (view.now - newest.at).total_seconds() >= WAITS_S:
        yield newest, Mark("waits", channel)


def mark_forms(marks: Sequence[Mark]) -> list[Row]:
    """`✓ telegram  ! signal waiting 12`, then the same in less room."""
    return [_marks_row(marks, form) for form in (_whole, _short, _bare)] if marks else []


def _marks_row(marks: Sequence[Mark], words: Callable[[Mark], str]) -> Row:
    parts = []
    for kind, (symbol, role) in SYMBOLS.items():
        of_kind = [words(mark) for mark in marks if mark.kind == kind]
        if of_kind:
            parts.append(("  " + " ".join([symbol, *filter(None, of_kind)]), role))
    return tuple(parts)


def _whole(mark: Mark) -> str:
    name = safe_line(mark.channel)
    return f"{name} waiting {mark.waiting}" if mark.kind == "trouble" else name


def _short(mark: Mark) -> str:
    name = SHORT_NAMES.get(mark.channel, safe_line(mark.channel))
    return f"{name} {mark.waiting}" if mark.kind == "trouble" else name


def _bare(mark: Mark) -> str:
    return str(mark.waiting) if mark.kind == "trouble" else ""


def delivery_of(view: View, channel: str) -> Delivery | None:
    """How far a channel was told, once it has said so."""
    found = (d for d in view.get(DELIVERIES) or () if d.channel == channel)
    return next(found, None)


def waiting_on(view: View, connection: Connection) -> int:
    """How many messages wait for a channel; none for anything else."""
    told = delivery_of(view, connection.name) if connection.kind == "channel" else None
    return told.waiting if told is not None else 0


# Who asked


def asker_names(messages: Sequence[Message]) -> dict[str, str]:
    """Names of those who spoke elsewhere, by principal."""
    return {
        m.principal: safe_line(m.name)[:NAME_CELLS]
        for m in messages
        if m.speaker is Speaker.PERSON and m.channel not in LOCAL_CHANNELS and m.name
    }


def asker_of(channel: str, principal: str, names: Mapping[str, str]) -> str:
    """Whom an answer is for, where that is somebody elsewhere; else empty."""
    if channel in LOCAL_CHANNELS:
        return ""
    return names.get(principal) or safe_line(channel)


# Doors


def door_of(view: View, channel: str) -> Door | None:
    """How a channel's door stands; None when the channel is not set up."""
    access = view.get(ACCESS)
    doors = access.doors if access is not None else ()
    return next((door for door in doors if door.channel == channel), None)


def people_of(view: View, channel: str) -> tuple[Person, ...]:
    """Everybody who may speak on a channel."""
    access = view.get(ACCESS)
    return tuple(p for p in access.people if p.channel == channel) if access is not None else ()


def person_name(person: Person) -> str:
    """Somebody by name; who stands in the settings has only a number until they speak."""
    return safe_line(person.name or person.user)
