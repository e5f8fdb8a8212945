"""Three failures in a row, a minute of rest, one trial."""

from __future__ import annotations

import asyncio

import pytest

from kit_tui.ai.claude.breaker import Breaker, RestingBackend
from kit_tui.ai.claude.protocol import AiError, AiErrorKind
from tests.ai.claude.talking import Talk, request
from tests.servers.messages_api import Gate, Status, reply, text
from tests.support.clock import FakeClock

K = AiErrorKind
SILENT = [K.NO_KEY, K.OFF, K.AUTH, K.BUDGET, K.RESTING, K.INTERRUPTED]
COUNTED = [kind for kind in K if kind not in {*SILENT, K.REFUSED}]


def fails(breaker: Breaker, kind: AiErrorKind) -> None:
    breaker.permit()
    breaker.note(AiError(kind, "It failed."))


def rests(breaker: Breaker) -> AiError:
    with pytest.raises(AiError) as resting:
        breaker.permit()
    assert resting.value.kind is K.RESTING
    return resting.value


@pytest.mark.parametrize("kind", COUNTED)
def test_three_failures_in_a_row_open_it_for_a_minute(kind: AiErrorKind) -> None:
    clock = FakeClock()
    breaker = Breaker(clock)
    for _ in range(3):
        fails(breaker, kind)
    error = rests(breaker)
    assert error.retry_after_s == 60
    assert error.hint == "It is tried again in 60 s."
    clock.advance(59.9)
    rests(breaker)
    clock.advance(0.1)
    breaker.permit()


@pytest.mark.parametrize("kind", SILENT)
def test_some_failures_say_nothing_about_the_service(kind: AiErrorKind) -> None:
    breaker = Breaker(FakeClock())
    fails(breaker, K.NETWORK)
    fails(breaker, K.NETWORK)
    for _ in range(5):
        fails(breaker, kind)
    breaker.permit()
    fails(breaker, K.NETWORK)
    rests(breaker)


@pytest.mark.parametrize("good", [None, AiError(K.REFUSED, "It declined.")])
def test_an_answer_begins_the_count_anew(good: AiError | None) -> None:
    breaker = Breaker(FakeClock())
    for _ in range(4):
        fails(breaker, K.TIMEOUT)
        fails(breaker, K.TIMEOUT)
        breaker.permit()
        breaker.note(good)
    assert breaker.rests_for_s == 0


def test_after_the_rest_one_call_is_tried_and_the_others_wait_for_it() -> None:
    clock = FakeClock()
    breaker = Breaker(clock)
    for _ in range(3):
        fails(breaker, K.CUT)
    clock.advance(60)
    breaker.permit()
    assert rests(breaker).hint == "It is being tried now."
    breaker.note(AiError(K.CUT, "Again."))
    assert rests(breaker).retry_after_s == 60
    clock.advance(60)
    breaker.permit()
    breaker.interrupted()
    breaker.permit()
    breaker.note(None)
    fails(breaker, K.CUT)
    breaker.permit()


async def test_a_backend_that_rests_is_not_asked(talk: Talk) -> None:
    backend = RestingBackend(talk.backend, Breaker(talk.clock))
    talk.server.always = Status(500, headers={"x-should-retry": "false"})
    kinds = []
    for _ in range(5):
        with pytest.raises(AiError) as failed:
            await backend.call(request(), talk.events.append)
        kinds.append(failed.value.kind)
    assert kinds == [K.OVERLOADED] * 3 + [K.RESTING] * 2
    assert len(talk.server.bodies) == 3
    talk.clock.advance(60)
    talk.server.answer("Better.")
    assert (await backend.call(request(), talk.events.append)).text == "Better."
    assert set(await backend.models()) == set(talk.server.models)
    await backend.close()


async def test_a_trial_that_is_cancelled_lets_the_next_one_through(talk: Talk) -> None:
    breaker = Breaker(talk.clock)
    backend = RestingBackend(talk.backend, breaker)
    for _ in range(3):
        fails(breaker, K.NETWORK)
    talk.clock.advance(60)
    gate = Gate()
    talk.server.answer(reply(text("Half", gate)), "Whole.")
    call = asyncio.create_task(backend.call(request(), talk.events.append))
    await gate.reached.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await backend.call(request(), talk.events.append)).text == "Whole."
