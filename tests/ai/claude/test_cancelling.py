"""Esc: the caller is cancelled, and the connection goes with it."""

from __future__ import annotations

import asyncio
import time

import pytest

from kit_tui.ai.claude.protocol import AiError, ModelEvent
from tests.ai.claude.talking import Talk, request
from tests.servers.messages_api import Gate, Hang, reply, text


async def test_cancelling_within_an_answer_closes_the_connection_at_once(talk: Talk) -> None:
    heard = asyncio.Event()

    def note(event: ModelEvent) -> None:
        talk.events.append(event)
        heard.set()

    talk.server.answer(reply(text("Half", Gate(), "never")))
    call = asyncio.create_task(talk.backend.call(request(), note))
    await heard.wait()
    began = time.perf_counter()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await talk.server.until_left()
    took = time.perf_counter() - began
    print(f"the server saw the client leave after {took * 1_000:.1f} ms")
    assert took < 0.1
    assert talk.said == "Half"


async def test_cancelling_before_an_answer_closes_the_connection_too(talk: Talk) -> None:
    asked = asyncio.Event()

    def silence(_: object) -> Hang:
        asked.set()
        return Hang()

    talk.server.answer(silence)
    call = asyncio.create_task(talk.backend.call(request(), talk.events.append))
    await asked.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await talk.server.until_left(seconds=1)


async def test_the_next_call_works_after_one_was_cancelled(talk: Talk) -> None:
    gate = Gate()
    talk.server.answer(reply(text("Half", gate)))
    call = asyncio.create_task(talk.backend.call(request(), talk.events.append))
    await gate.reached.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await talk.ask("Back again.")).text == "Back again."


async def test_a_closed_backend_stays_closed(talk: Talk) -> None:
    """Its key may have been replaced, and a client it opened now nobody would close."""
    await talk.ask("One.")
    await talk.backend.close()
    await talk.backend.close()
    with pytest.raises(AiError, match="was closed"):
        await talk.ask("Two.")
