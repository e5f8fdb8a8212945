"""Streams that no server should send: an error of ours for each, never a wrong answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit_tui.ai.claude.assembly import Assembly
from kit_tui.ai.claude.protocol import AiError, AiErrorKind
from tests.ai.claude.talking import Talk
from tests.servers.messages_api import Raw, Status, Wire, event, reply, text, tool

START = {"type": "text", "text": ""}


def delta(index: Any, **fields: Any) -> Wire:
    return event("content_block_delta", index=index, delta=fields)


BROKEN = [
    Raw(b"event: content_block_delta\ndata: {half\n\n"),
    Raw(b"event: content_block_delta\ndata: \xff\xfe\n\n"),
    Raw(b"event: content_block_delta\ndata: [1]\n\n"),
    Raw(b"event: content_block_delta\ndata: null\n\n"),
    Wire("content_block_delta", {}),
    Wire("message_start", {"type": "message_start", "message": {"usage": {}}}),
    delta(7, type="text_delta", text="x"),
    delta("0", type="text_delta", text="x"),
    delta(None, type="text_delta", text="x"),
    event("content_block_start", index=0, content_block="text"),
    event("content_block_start", index=0, content_block={}),
    event("content_block_start", index=[], content_block=START),
    event("content_block_start", index=0, content_block={"type": ["text"]}),
    event("content_block_start", index=0, content_block={"type": "text", "text": 5}),
    event("content_block_start", index=0, content_block={"type": "tool_use", "id": 1}),
    event("content_block_stop", index=3),
    event("message_delta", delta=None),
    event("message_delta", delta={}, usage={"output_tokens": -1}),
    event("message_delta", delta={}, usage={"output_tokens": "many"}),
    event("message_delta", delta={}, usage={"output_tokens": True}),
    event("message_delta", delta={}, usage={"cache_creation": 3}),
]


@pytest.mark.parametrize("broken", BROKEN, ids=[f"{at}" for at in range(len(BROKEN))])
async def test_a_broken_event_is_an_unreadable_reply(talk: Talk, broken: Any) -> None:
    error = await talk.fails(reply(broken, "Hello"))
    assert error.kind is AiErrorKind.BAD_REPLY
    assert error.usage is not None


@pytest.mark.parametrize(
    "broken",
    [
        delta(0, type="text_delta", text=5),
        delta(0, type="text_delta"),
        delta(0),
        event("content_block_start", index=0, content_block=START),
    ],
)
async def test_a_broken_delta_keeps_what_was_said(talk: Talk, broken: Any) -> None:
    error = await talk.fails(reply(text("Half", broken, "more")))
    assert (error.kind, error.said) == (AiErrorKind.BAD_REPLY, "Half")


async def test_more_of_a_closed_block_is_broken(talk: Talk) -> None:
    error = await talk.fails(reply("Hello", delta(0, type="text_delta", text=" and more")))
    assert error.kind is AiErrorKind.BAD_REPLY


async def test_an_answer_without_a_start_is_broken(talk: Talk) -> None:
    whole = reply("Hello").steps("claude-sonnet-5-5", {})
    wires = [step for step in whole if isinstance(step, Wire)][1:]
    body = b"".join(step.encoded() for step in wires).decode()
    error = await talk.fails(Status(200, body=body, content_type="text/event-stream"))
    assert error.kind is AiErrorKind.BAD_REPLY


def steps_of(script: Any) -> list[tuple[str, str]]:
    usage = {"input_tokens": 10}
    return [
        (step.name, json.dumps(step.data))
        for step in script.steps("claude-sonnet-5-5", usage)
        if isinstance(step, Wire)
    ]


WHOLE = steps_of(
    reply("I look. ", tool("get_price", {"pair": "BTC/USDT", "amount": "100"}, pieces=6))
)


def taken(events: list[tuple[str, str]]) -> Assembly:
    answer = Assembly("claude-sonnet-5-5")
    for name, data in events:
        answer.take(name, data)
    return answer


@given(st.integers(0, len(WHOLE) - 1))
def test_no_part_of_a_stream_yields_a_call(length: int) -> None:
    with pytest.raises(AiError):
        taken(WHOLE[:length]).reply(0)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.integers(0, len(WHOLE) - 1), min_size=1))
def test_a_stream_with_events_lost_never_yields_other_arguments(lost: set[int]) -> None:
    """Whatever gets lost: the call as it was meant, or an error, and never a smaller amount."""
    kept = [event for at, event in enumerate(WHOLE) if at not in lost]
    try:
        whole = taken(kept).reply(0)
    except (AiError, ValueError, KeyError, TypeError):
        return
    for call in whole.tool_calls:
        assert call["input"] in ({"pair": "BTC/USDT", "amount": "100"}, {})
