"""The words that stop trading work in a hurry, and only when the whole message says so."""

from __future__ import annotations

import pytest

from kit_tui.ai.safety import OFFER_CLOSE_ALL
from kit_tui.domain.intent import Action
from tests.ai.reading import facts, read


@pytest.mark.parametrize(
    "text", ["halt", "/halt", "STOP", "stop trading", "stop all trading NOW",
             "pause trading please",
             "halt all trading immediately", "stoppe den Handel", "Handel stoppen", "stop!!!"],
)  # fmt: skip
def test_halting(text: str) -> None:
    intent = read(text)
    assert facts(intent, "intent note") == [Action.HALT, None]


@pytest.mark.parametrize(
    "text", ["STOP EVERYTHING", "kill switch", "kill-switch!", "panic", "emergency stop", "abort",
             "shut it down", "alles stoppen", "Notaus", "hit the kill switch now",
             "stop everything and close all positions"],
)  # fmt: skip
def test_stronger_words_offer_to_close_everything(text: str) -> None:
    intent = read(text)
    assert facts(intent, "intent note") == [Action.HALT, OFFER_CLOSE_ALL]


@pytest.mark.parametrize(
    "text", ["don't stop trading", "should I stop trading?", "halt?", "I stopped trading last year",
             "stop auto trading", "when will you halt", "stop the grid bot", "stop loss on BTC",
             "non-stop trading is fun", "don't panic"],
)  # fmt: skip
def test_talk_of_stopping_does_not_halt(text: str) -> None:
    assert read(text).intent is not Action.HALT


@pytest.mark.parametrize("text", ["resume", "resume trading", "start trading again",
                                  "Handel fortsetzen", "unhalt"])  # fmt: skip
def test_resuming_is_asked_for(text: str) -> None:
    assert read(text).intent is Action.RESUME


@pytest.mark.parametrize("text", ["don't resume", "can I resume trading?", "resume ping alerts"])
def test_talk_of_resuming_does_not_resume(text: str) -> None:
    assert read(text).intent is not Action.RESUME


def test_kill_is_a_command() -> None:
    assert read("/kill").intent is Action.KILL
