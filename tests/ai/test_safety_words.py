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
    "text", ["STOP EVERYTHING", "emergency stop", "abort", "shut it down", "alles stoppen",
             "Notaus", "stop it all right now mate"],
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
                                  "Handel fortsetzen", "unhalt", "turn trading back on please",
                                  "you may trade again", "Handelsstopp aufheben"])  # fmt: skip
def test_resuming_is_asked_for(text: str) -> None:
    assert read(text).intent is Action.RESUME


@pytest.mark.parametrize(
    "text",
    [
        "don't resume",
        "can I resume trading?",
        "resume ping alerts",
        "not ready to trade again",
        "resume trading tomorrow",
        "resume the grid bot",
        "we resumed trading",
        "resume trading if it recovers",
        "Handel nicht fortsetzen",
        "almost ready to resume",
    ],
)
def test_talk_of_resuming_does_not_resume(text: str) -> None:
    assert read(text).intent is not Action.RESUME


@pytest.mark.parametrize(
    "text", ["/kill", "kill switch", "kill-switch!", "panic", "hit the kill switch now",
             "stop everything and close all positions", "close everything, then stop trading",
             "emergency, sell everything", "Notfall alles verkaufen", "Panikknopf drücken",
             "alles glattstellen und Handel stoppen", "get me out of everything and halt"],
)  # fmt: skip
def test_the_kill_switch(text: str) -> None:
    assert read(text).intent is Action.KILL


@pytest.mark.parametrize(
    "text", ["don't hit the kill switch", "what does the kill switch do", "no panic", '"panic"',
             "he hit the kill switch", "the kill switch is a great feature", "close everything",
             "close everything except btc and stop", "should I hit the kill switch?",
             "close my BTC and stop", "if it crashes hit the kill switch"],
)  # fmt: skip
def test_talk_of_the_kill_switch_presses_none(text: str) -> None:
    assert read(text).intent is not Action.KILL


@pytest.mark.parametrize(
    "text", ["something is wrong, stop trading", "stop trading before it gets worse",
             "halt trading, I need to think", "don't place any more trades", "no more trades today",
             "could you stop trading now please?", "put all trading on hold until tomorrow",
             "keine weiteren Trades mehr", "hör sofort auf zu handeln",
             "stopp bitte das ganze Trading",
             "kindly suspend all trading activity at once", "trading off", "halt halt halt"],
)  # fmt: skip
def test_a_halt_is_heard_beside_a_reason_and_in_many_words(text: str) -> None:
    assert read(text).intent is Action.HALT


@pytest.mark.parametrize(
    "text", ["stop trading if BTC drops below 50k", "stop trading ETH", "stop trading at 5pm",
             "stop trading tomorrow",
             'he said "stop trading"', "we stopped trading at noon", "stop, 60k, btc",
             "note to self: stop trading", "stop trading, just kidding", "stop my BTC at 57k",
             "why did you stop trading", "I never stop trading", "stop losing my money",
             "pause my alerts", "should we stop trading now?", "he told me to stop, so I did",
             "stop or limit"],
)  # fmt: skip
def test_what_only_sounds_like_a_halt_is_none(text: str) -> None:
    assert read(text).intent not in (Action.HALT, Action.KILL)
