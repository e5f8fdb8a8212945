"""Who may speak on each channel, as the connections screen lists it."""

from __future__ import annotations

from kit_tui.domain.message import Role
from kit_tui.domain.people import Door, Person
from kit_tui.state.slices import ACCESS
from kit_tui.tui import formats
from kit_tui.tui.channels import delivery_of, people_of, person_name
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, pad, row, wrapped
from kit_tui.tui.view import View

DOOR, PERSON = "door ", "person "
NAME, ROLE = 20, 9


def people_rows(view: View, width: int, asked: str = "") -> tuple[list[Row], list[str | None]]:
    """A row for each channel and each person, with their keys.

    `asked` is the key of somebody who is about to be let in no more.
    """
    rows: list[Row] = []
    keys: list[str | None] = []
    access = view.get(ACCESS)
    for door in access.doors if access is not None else ():
        head, *more = wrapped(_door(view, door), width, 2)
        rows += [BLANK, head, *more]
        keys += [None, f"{DOOR}{door.channel}", *[None] * len(more)]
        if door.strangers:
            rows.append(_strangers(door))
            keys.append(None)
        for person in people_of(view, door.channel):
            rows.append(_person(person))
            keys.append(f"{PERSON}{person.key}")
            if person.key == asked:
                sentence = _question(person, width)
                rows += sentence
                keys += [None] * len(sentence)
    return rows, keys


def _door(view: View, door: Door) -> Row:
    """The channel, how far it was told, its and when it is quiet."""
    parts = [row((_told(view, door), "muted"))]
    if door.quiet:
        parts.append(row((f"quiet {safe_line(door.quiet)}", "muted")))
    if door.pairing_until is not None:
        parts.append(row((f"a code works until {formats.clock(door.pairing_until)}", "info")))
    line = row((safe_line(door.channel), "strong"))
    for part in parts:
        line = (*line, (" · ", "faint"), *part)
    return line


def _strangers(door: Door) -> Row:
    people = "1 stranger was" if door.strangers == 1 else f"{door.strangers} strangers were"
    tries = "1 message" if door.turned_away == 1 else f"{door.turned_away} messages"
    return row((f"  {people} turned away, {tries}; none was answered", "warn"))


def _told(view: View, door: Door) -> str:
    people = people_of(view, door.channel)
    if not people:
        return "nobody is paired"
    if all(person.role < Role.TRADER for person in people):
        return "viewers, who hear their own answers only"
    told = delivery_of(view, door.channel)
    if told is None or not told.waiting:
        return "all told"
    why = f": {safe_line(told.problem)}" if told.problem else ""
    return f"{told.waiting} waiting{why}"


def _person(person: Person) -> Row:
    since = "in the settings" if person.declared else ""
    if person.since is not None:
        since = f"since {formats.date(person.since)} {formats.clock(person.since)}"
    return (
        ("  ", "fg"), *pad(row((person_name(person), "fg")), NAME),
        *pad(row((person.role.name.lower(), "fg")), ROLE), (since, "muted"),
    )  # fmt: skip


def _question(person: Person, width: int) -> list[Row]:
    words = f"{person_name(person)} will neither be heard nor told anything there any more. "
    return wrapped(
        row(("  ! ", "warn"), (words, "fg"), ("u", "strong bold"), (" again unpairs.", "fg")),
        width, 4,
    )  # fmt: skip
