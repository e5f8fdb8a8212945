"""What a chat is told, by kind and hour, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from msgspec.structs import replace

from kit_tui.channels.manners import Manners
from kit_tui.domain.message import Kind, Message, Role, Speaker
from tests.channels.fakes import ANN

NOON, NIGHT = datetime(2026, 11, 22, 12, tzinfo=UTC), datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
VIEWER = replace(ANN, role=Role.VIEWER)
QUIET = Manners(quiet_from=time(23), quiet_to=time(7), timezone="Europe/Berlin")


def told(
    speaker: Speaker = Speaker.SYSTEM, kind: Kind = "", principal: str = "terminal:local"
) -> Message:
    return Message(
        id="m1", at=NOON, speaker=speaker, channel="terminal", principal=principal, name="you",
        text="text", kind=kind,
    )  # fmt: skip


FILL, HALT = told(kind="fill"), told(kind="halt")
WORDS, ANSWER = told(Speaker.PERSON), told(Speaker.KIT)
OWN_WORDS, OWN_ANSWER = told(Speaker.PERSON, "", ANN.key), told(Speaker.KIT, "", ANN.key)


@pytest.mark.parametrize(
    ("message", "noon", "night"),
    [
        (FILL, "sound", "silent"),
        (HALT, "sound", "sound"),
        (told(kind="guard"), "sound", "sound"),
        (WORDS, "silent", "silent"),
        (ANSWER, "silent", "silent"),
        (OWN_WORDS, "off", "off"),
        (OWN_ANSWER, "sound", "sound"),
    ],
)
def test_the_night_is_quiet_but_for_what_is_urgent_or_asked_for(
    message: Message, noon: str, night: str
) -> None:
    assert QUIET.to_person(message, ANN, NOON) == noon
    assert QUIET.to_person(message, ANN, NIGHT) == night  # 23:30 in Berlin


def test_each_kind_can_be_silent_or_off() -> None:
    manners = Manners(topics={"fill": "off", "words": "off", "answers": "sound", "halt": "silent"})
    wanted = ["off", "off", "sound", "silent"]
    assert [manners.to_person(m, ANN, NOON) for m in (FILL, WORDS, ANSWER, HALT)] == wanted
    assert manners.to_person(OWN_ANSWER, ANN, NOON) == "sound"


def test_a_viewer_hears_only_answers_to_themselves() -> None:
    heard = [m for m in (FILL, HALT, WORDS, ANSWER, OWN_WORDS, OWN_ANSWER)
             if QUIET.to_person(m, VIEWER, NOON) != "off"]  # fmt: skip
    assert heard == [OWN_ANSWER]


def test_a_board_hears_only_what_nobody_asked_for() -> None:
    heard = [m for m in (FILL, HALT, WORDS, ANSWER, OWN_ANSWER) if QUIET.to_board(m, NOON) != "off"]
    assert heard == [FILL, HALT]
    assert QUIET.to_board(FILL, NIGHT) == "silent"


def test_hours_that_do_not_cross_midnight() -> None:
    lunch = Manners(quiet_from=time(12), quiet_to=time(13))
    assert lunch.to_person(FILL, ANN, NOON) == "silent"
    assert lunch.to_person(FILL, ANN, NIGHT) == "sound"
