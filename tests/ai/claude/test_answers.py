"""Answers that come whole, however the network cuts them."""

from __future__ import annotations

import asyncio
import time
from statistics import median

import pytest

from kit_tui.ai.claude.protocol import (
    ModelEvent,
    TextDelta,
    ThinkingDelta,
    ToolNamed,
    Usage,
)
from tests.ai.claude.talking import Talk, request
from tests.servers.messages_api import (
    Gate,
    Raw,
    Reply,
    Wire,
    block,
    event,
    ping,
    reply,
    text,
    thinking,
    tool,
)


def with_everything(**more: object) -> Reply:
    return reply(
        thinking("Der Kurs ", "fehlt — ", "ich sehe nach 🔎"),
        text("Für Bitcoin ", "schaue ich ", "nach: ✓"),
        tool("get_price", {"pair": "BTC/USDT", "währung": "€ ☂"}),
        **more,
    )


async def test_an_answer_arrives_in_pieces_and_as_a_whole(talk: Talk) -> None:
    script = with_everything()
    whole = await talk.ask(script)
    assert whole.blocks == tuple(part.whole for part in script.blocks)
    assert whole.text == "Für Bitcoin schaue ich nach: ✓"
    assert whole.stop_reason == "tool_use"
    assert [call["input"] for call in whole.tool_calls] == [{"pair": "BTC/USDT", "währung": "€ ☂"}]
    assert talk.events == [
        ThinkingDelta("Der Kurs "), ThinkingDelta("fehlt — "), ThinkingDelta("ich sehe nach 🔎"),
        TextDelta("Für Bitcoin "), TextDelta("schaue ich "), TextDelta("nach: ✓"),
        ToolNamed("get_price"),
    ]  # fmt: skip
    assert whole.model == "claude-sonnet-5-5"
    assert whole.request_id.startswith("req_")


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 1_000])
async def test_packets_may_be_cut_anywhere_even_within_a_character(talk: Talk, chunk: int) -> None:
    script = with_everything(chunk=chunk)
    whole = await talk.ask(script)
    assert whole.blocks == tuple(part.whole for part in script.blocks)
    assert talk.said == whole.text


async def test_blocks_go_back_unchanged(talk: Talk) -> None:
    first = await talk.ask(with_everything())
    turn = {"role": "assistant", "content": list(first.blocks)}
    result = {"type": "tool_result", "tool_use_id": first.tool_calls[0]["id"], "content": "1"}
    messages = (*request().messages, turn, {"role": "user", "content": [result]})
    await talk.ask("It is 1.", messages=messages)
    assert talk.server.refused == []  # the server compares thoughts and signatures


async def test_a_ping_flood_says_nothing(talk: Talk) -> None:
    whole = await talk.ask(reply(ping(2_000), "Hello", ping(2_000), " again"))
    assert whole.text == "Hello again"
    assert talk.events == [TextDelta("Hello"), TextDelta(" again")]


async def test_events_that_are_not_known_are_passed_over(talk: Talk) -> None:
    whole = await talk.ask(
        reply(
            event("weather_report", sky="clear"),
            text("Hel", event("content_block_sparkle", index=0), "lo"),
            Wire("", {"type": "content_block_delta", "index": 0, "delta": {}}),
            Raw(b": a comment\n\n"),
        )
    )
    assert whole.text == "Hello"


async def test_blocks_that_are_not_known_are_kept_as_they_came(talk: Talk) -> None:
    hologram = block("hologram", depth=3, rays=[{"hue": 1}], note=None)
    whole = await talk.ask(reply(hologram, "See above."))
    assert whole.blocks[0] == {"type": "hologram", "depth": 3, "rays": [{"hue": 1}], "note": None}
    assert whole.text == "See above."


async def test_two_calls_in_one_answer_are_both_told(talk: Talk) -> None:
    whole = await talk.ask(
        reply(tool("get_price", {"pair": "BTC/USDT"}), tool("get_price", {"pair": "ETH/USDT"}))
    )
    assert [call["input"]["pair"] for call in whole.tool_calls] == ["BTC/USDT", "ETH/USDT"]
    assert len({call["id"] for call in whole.tool_calls}) == 2


async def test_a_tool_without_arguments_sends_no_json(talk: Talk) -> None:
    whole = await talk.ask(reply(tool("get_price", raw="")))
    assert whole.tool_calls[0]["input"] == {}


async def test_figures_of_usage_are_totals_and_the_last_ones_count(talk: Talk) -> None:
    figures = {
        "input_tokens": 812, "cache_read_input_tokens": 4_096, "cache_creation_input_tokens": 300,
        "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
        "output_tokens_details": {"thinking_tokens": 9},
    }  # fmt: skip
    whole = await talk.ask(reply("Yes.", usage=figures, output_tokens=57))
    assert whole.usage == Usage(
        input_tokens=812, cache_read=4_096, cache_write_5m=100, cache_write_1h=200,
        output_tokens=57, thinking_tokens=9,
    )  # fmt: skip


async def test_a_call_is_timed_by_the_clock_it_was_given(talk: Talk) -> None:
    def later(_: object) -> Reply:
        talk.clock.advance(1.25)
        return reply("Yes.")

    assert (await talk.ask(later)).ms == 1_250


async def test_an_answer_cut_at_its_length_is_an_answer_when_no_call_is_in_it(talk: Talk) -> None:
    whole = await talk.ask(reply("So far and no", stop_reason="max_tokens"))
    assert (whole.text, whole.stop_reason) == ("So far and no", "max_tokens")


async def test_pairs_of_surrogates_are_joined_and_halves_replaced(talk: Talk) -> None:
    half = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%s"}}'
    whole = await talk.ask(
        reply(
            text(
                Wire("content_block_delta", half % "\\ud83d"),
                Wire("content_block_delta", half % "\\ude00"),
                Wire("content_block_delta", half % " \\udead"),
            )
        )
    )
    assert whole.text == "😀 �"
    whole.text.encode()
    talk.said.encode()


async def test_the_connection_is_not_held_after_the_last_event(talk: Talk) -> None:
    gate = Gate()
    script = reply("Yes.", event("message_delta", delta={"stop_reason": "end_turn"}),
                   event("message_stop"), gate, ends=False)  # fmt: skip
    assert (await talk.ask(script)).text == "Yes."
    gate.opened.set()


async def test_tokens_are_handed_on_within_50_ms_of_their_arrival(talk: Talk) -> None:
    await talk.ask("Warm.")
    waits: list[float] = []
    for _ in range(7):
        gate, heard = Gate(), asyncio.Event()

        def note(_: ModelEvent, heard: asyncio.Event = heard) -> None:
            heard.set()

        talk.server.answer(reply(text(gate, "first")))
        call = asyncio.create_task(talk.backend.call(request(), note))
        await gate.reached.wait()
        sent = time.perf_counter()
        gate.opened.set()
        await heard.wait()
        waits.append(time.perf_counter() - sent)
        await call
    print(f"first token handed on after {median(waits) * 1_000:.2f} ms (median of 7)")
    assert median(waits) < 0.05


async def test_what_the_caller_raises_stays_what_it_is(talk: Talk) -> None:
    def broken(_: ModelEvent) -> None:
        raise LookupError("a mistake of the screen")

    talk.server.answer("Hello")
    with pytest.raises(LookupError, match="mistake of the screen"):
        await talk.backend.call(request(), broken)
