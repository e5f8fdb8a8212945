"""What is remembered between two messages: one open question per person, for a day."""

from __future__ import annotations

import msgspec

from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.message import Role
from kit_tui.gateway.sessions import Sessions
from kit_tui.state.slices import APPROVALS
from tests.gateway.house import ANN, BOB, PHONE, House
from tests.support.clock import FakeClock

DAY = 24 * 3600.0
QUESTION = Intent(intent=Action.CLARIFY, question="How much?")


def test_a_session_lasts_as_long_as_it_is_used() -> None:
    clock = FakeClock()
    sessions = Sessions(clock, DAY)
    sessions.of(ANN).pending = QUESTION
    clock.advance(DAY - 1)
    assert sessions.of(ANN).pending is QUESTION
    clock.advance(DAY - 1)
    assert sessions.of(ANN).pending is QUESTION
    clock.advance(DAY + 1)
    assert sessions.of(ANN).pending is None


def test_forgotten_sessions_free_their_memory() -> None:
    clock = FakeClock()
    sessions = Sessions(clock, DAY)
    for number in range(50):
        sessions.of(msgspec.structs.replace(BOB, user=str(number)))
    clock.advance(DAY + 1)
    sessions.of(ANN)
    assert len(sessions) == 1


def test_people_channels_and_accounts_do_not_share_a_session() -> None:
    sessions = Sessions(FakeClock(), DAY)
    sessions.of(ANN, "paper").pending = QUESTION
    assert sessions.of(BOB, "paper").pending is None
    assert sessions.of(PHONE, "paper").pending is None
    assert sessions.of(ANN, "demo").pending is None


def test_a_person_whose_rights_changed_starts_anew() -> None:
    sessions = Sessions(FakeClock(), DAY)
    sessions.of(PHONE).pending = QUESTION
    assert sessions.of(msgspec.structs.replace(PHONE, role=Role.VIEWER)).pending is None


async def test_the_next_message_completes_the_question(house: House) -> None:
    asked = await house.say("buy BTC")
    assert asked.intent is not None
    assert asked.intent.intent is Action.CLARIFY
    outcome = await house.say("$100")
    assert outcome.ticket is not None, outcome.reply.text
    assert outcome.ticket.order.pair == "BTC/USDT"


async def test_nobody_else_completes_it(house: House) -> None:
    await house.say("buy BTC")
    outcome = await house.say("$100", BOB)
    assert outcome.ticket is None
    assert (await house.say("$100")).ticket is not None


async def test_a_question_is_not_answered_on_another_account(two_accounts: House) -> None:
    await two_accounts.say("buy BTC", account="demo")
    assert (await two_accounts.say("$100", account="paper")).ticket is None
    assert (await two_accounts.say("$100", account="demo")).ticket is not None


async def test_a_question_runs_out_after_a_day(house: House) -> None:
    await house.say("buy BTC")
    house.clock.advance(DAY + 1)
    assert (await house.say("$100")).ticket is None
    assert house.account.store.get(APPROVALS) == ()


async def test_an_answered_question_is_closed(house: House) -> None:
    await house.say("buy BTC")
    await house.say("$100")
    assert (await house.say("$100")).ticket is None
