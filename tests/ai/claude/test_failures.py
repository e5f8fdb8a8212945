"""Everything that can go wrong on the way to an answer, told in our words."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from kit_tui.ai.claude.anthropic_backend import AnthropicBackend, Patience
from kit_tui.ai.claude.errors import retry_after
from kit_tui.ai.claude.protocol import AiError, AiErrorKind, Usage
from tests.ai.claude.talking import PROMPT, Talk, request
from tests.servers.messages_api import (
    KEY,
    Cut,
    Drop,
    Eof,
    Gate,
    Hang,
    MessagesServer,
    Reply,
    Status,
    error_event,
    html,
    redirect,
    reply,
    text,
    thinking,
    tool,
)
from tests.support.clock import FakeClock

K = AiErrorKind
LOUD = f"your key {KEY} and your words {PROMPT}"


def spend(code: str) -> dict[str, str]:
    return {"error_code": code}


TABLE: list[tuple[Any, AiErrorKind, str]] = [
    (Status(400, message=LOUD), K.BAD_REQUEST, "did not take the request"),
    (Status(400, message=f"messages.3.content.0: {LOUD}"), K.BAD_REQUEST, "messages.3.content.0"),
    (Status(400, message="Your credit balance is too low"), K.BILLING, "balance"),
    (Status(401, message=LOUD), K.AUTH, "refused the API key"),
    (Status(402, message=LOUD), K.BILLING, "used up"),
    (Status(403, message=LOUD), K.AUTH, "refused the API key"),
    (Status(404, message=LOUD), K.MODEL_GONE, "claude-sonnet-5-5 is not available"),
    (Status(404, body="not here"), K.BAD_REPLY, "does not know the Messages API"),
    (Status(413, message=LOUD), K.BAD_REQUEST, "too long"),
    (Status(413, body="<html>", content_type="text/html"), K.BAD_REQUEST, "too long"),
    (Status(422, "invalid_request_error", LOUD), K.BAD_REQUEST, "did not take"),
    (Status(429, headers={"retry-after": "3600"}), K.RATE, "slow down"),
    (Status(429, details=spend("enforced_spend_limit_reached")), K.BILLING, "spending limit"),
    (Status(429, details=spend("contract_spend_limit_reached")), K.BILLING, "spending limit"),
    (Status(500, headers={"x-should-retry": "false"}), K.OVERLOADED, "trouble on its side"),
    (Status(529, headers={"x-should-retry": "false"}), K.OVERLOADED, "trouble on its side"),
    (Status(529, headers={"retry-after": "30"}), K.OVERLOADED, "trouble on its side"),
    (Status(504), K.TIMEOUT, "too long to answer"),
    (html(), K.BAD_REPLY, "not readable"),
    (Status(200, body="{}"), K.BAD_REPLY, "not readable"),
    (Status(200, body="", content_type="text/event-stream"), K.BAD_REPLY, "nothing in it"),
    (redirect("/v1/elsewhere"), K.BAD_REPLY, "sends us elsewhere"),
    (reply(error_event()), K.OVERLOADED, "trouble on its side"),
    (reply(error_event("rate_limit_error", LOUD)), K.RATE, "slow down"),
    (reply(error_event("something_new", LOUD)), K.BAD_REPLY, "not readable"),
    (reply(text("x", Cut())), K.CUT, "broke off"),
    (reply(text("x", Eof())), K.CUT, "broke off"),
    (reply("x", stop_reason=None), K.CUT, "broke off"),
    (reply(text("x", stopped=False)), K.CUT, "broke off"),
]


@pytest.mark.parametrize(
    ("entry", "kind", "words"), TABLE, ids=[f"{at}-{row[1].name}" for at, row in enumerate(TABLE)]
)
async def test_every_failure_has_its_kind_and_a_calm_sentence(
    talk: Talk, entry: Any, kind: AiErrorKind, words: str
) -> None:
    error = await talk.fails(entry)
    assert error.kind is kind
    assert words in error.message
    assert error.message.endswith(".")
    assert error.hint.endswith(".")
    assert "!" not in str(error)
    told = "".join(traceback.format_exception(error)) + repr(error)
    assert KEY not in told
    assert PROMPT not in told
    assert len(talk.server.bodies) == 1  # none of these is asked twice
    assert error.request_id.startswith("req_")


async def test_a_retired_model_is_named_with_its_successor(talk: Talk) -> None:
    error = await talk.fails(model="claude-sonnet-4-20250514")
    assert error.kind is K.MODEL_GONE
    assert "retired on 2026-06-15" in error.message
    assert error.hint == "Use claude-sonnet-5-5 instead."


async def test_a_server_that_asks_to_wait_an_hour_is_not_waited_for(talk: Talk) -> None:
    error = await talk.fails(Status(429, headers={"retry-after": "3600"}), "never")
    assert error.retry_after_s == 3_600
    assert error.hint == "Try again in 3600 s."
    assert talk.clock.monotonic() == 0


@pytest.mark.parametrize(
    ("entry", "waits"),
    [
        (Status(429, headers={"retry-after": "3"}), 3.0),
        (Status(429, headers={"retry-after-ms": "1500"}), 1.5),
        (Status(429), 0.5),
        (Status(500), 0.5),
        (Status(503), 0.5),
        (Status(529, headers={"retry-after": "5"}), 5.0),
        (Drop(), 0.5),
    ],
)
async def test_what_may_pass_is_asked_once_more(talk: Talk, entry: Any, waits: float) -> None:
    whole = await talk.ask(entry, "Now it works.")
    assert whole.text == "Now it works."
    assert talk.clock.monotonic() == waits
    assert len(talk.server.bodies) == 2


async def test_an_error_instead_of_a_beginning_is_asked_once_more_too(talk: Talk) -> None:
    alone = Status(200, body=error_event().encoded().decode(), content_type="text/event-stream")
    assert (await talk.ask(alone, "Now it works.")).text == "Now it works."


@pytest.mark.parametrize("entry", [Status(429), Status(500), Status(529), Drop()])
async def test_it_is_asked_twice_and_no_more(talk: Talk, entry: Any) -> None:
    error = await talk.fails(entry, entry, "never")
    assert error.kind in {K.RATE, K.OVERLOADED, K.NETWORK}
    assert len(talk.server.bodies) == 2


async def test_an_answer_that_had_begun_is_never_asked_for_again(talk: Talk) -> None:
    error = await talk.fails(reply(text("Half of", error_event())), "never")
    assert error.kind is K.OVERLOADED
    assert error.said == "Half of"
    assert len(talk.server.bodies) == 1
    talk.server.script.clear()
    again = await talk.fails(
        reply(error_event()), "never"
    )  # nothing said, but the prompt was charged
    assert again.usage is not None
    assert len(talk.server.bodies) == 2


async def test_a_cut_tells_what_was_said_and_what_it_costs(talk: Talk) -> None:
    figures = {"input_tokens": 812, "cache_read_input_tokens": 4_096}
    error = await talk.fails(reply(thinking("hm"), text("Bitcoin is ", "at", Cut()), usage=figures))
    assert error.kind is K.CUT
    assert error.said == "Bitcoin is at"
    # the text so far is charged although its count never came
    assert error.usage == Usage(input_tokens=812, cache_read=4_096, output_tokens=5)


async def test_a_figure_counted_by_the_server_is_kept_as_it_is(talk: Talk) -> None:
    error = await talk.fails(reply("x" * 900, stop_reason="refusal", output_tokens=7))
    assert error.usage is not None
    assert error.usage.output_tokens == 7


@pytest.mark.parametrize("category", ["cyber", None, "DROP TABLE; \x1b[2J"])
async def test_a_refusal_may_come_without_content(talk: Talk, category: str | None) -> None:
    details = {"type": "refusal", "category": category, "explanation": LOUD}
    error = await talk.fails(reply(stop_reason="refusal", stop_details=details))
    assert error.kind is K.REFUSED
    assert ("cyber" in error.message) == (category == "cyber")
    assert "\x1b" not in str(error)
    assert error.said == ""
    assert error.usage is not None


# -- nothing but whole calls ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        '{"side": "buy", "pair": "BTC/USDT"',
        '{"side": "buy", "amount": 10',
        '{"side": "buy", "side": "sell"}',
        '{"a": {"b": 1, "b": 2}}',
        '{"amount": NaN}',
        '{"amount": Infinity}',
        '{"amount": 1e999}',
        '{"amount": "1"} {"amount": "2"}',
        '{"pair": "\\ud800"}',
        "[1, 2]",
        '"buy"',
        "null",
        "{'pair': 'BTC'}",
        "[" * 100_000,
        '{"n": ' + "9" * 5_000 + "}",
        "\x00",
    ],
)
async def test_arguments_that_are_not_one_clean_object_are_no_call(talk: Talk, raw: str) -> None:
    error = await talk.fails(reply("Wait.", tool("get_price", raw=raw)))
    assert error.kind is K.BAD_REPLY
    assert error.said == "Wait."
    assert error.usage is not None


@pytest.mark.parametrize("raw", ['{"pair": "BTC/US', '{"pair": "BTC/USDT"}', ""])
@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded"])
async def test_a_length_limit_within_a_call_is_no_call(talk: Talk, raw: str, reason: str) -> None:
    error = await talk.fails(reply("Wait.", tool("get_price", raw=raw), stop_reason=reason))
    assert error.kind is K.CUT
    assert error.said == "Wait."


@pytest.mark.parametrize(
    "entry",
    [
        reply(tool("get_price"), stop_reason="end_turn"),
        reply("No call in here.", stop_reason="tool_use"),
        reply(tool("get_price", tool_id="t1"), tool("get_price", tool_id="t1")),
        reply(tool("")),
        reply(tool("get_price"), stop_reason="pause_turn"),
    ],
)
async def test_a_call_that_is_not_meant_clearly_is_none(talk: Talk, entry: Reply) -> None:
    assert (await talk.fails(entry)).kind is K.BAD_REPLY


async def test_a_call_whose_block_never_ended_is_none(talk: Talk) -> None:
    entry = reply(tool("get_price", {"pair": "BTC/USDT"}, stopped=False))
    assert (await talk.fails(entry)).kind is K.CUT


# -- time and ways ------------------------------------------------------------------------------


async def test_silence_before_and_within_an_answer_is_a_timeout(server: MessagesServer) -> None:
    talk = Talk(server, patience=Patience(read_s=0.05))
    error = await talk.fails(Hang())
    assert error.kind is K.TIMEOUT
    error = await talk.fails(reply(text("Half", Gate())))
    assert (error.kind, error.said) == (K.TIMEOUT, "Half")
    await talk.backend.close()


async def test_an_answer_that_trickles_on_is_bounded_as_a_whole(server: MessagesServer) -> None:
    talk = Talk(server, patience=Patience(whole_s=1.0))
    error = await talk.fails(reply(text("Half", Gate())))
    assert (error.kind, error.said) == (K.TIMEOUT, "Half")
    assert error.usage is not None
    await server.until_left()
    await talk.backend.close()


async def test_a_port_where_nobody_listens_is_a_network_failure(server: MessagesServer) -> None:
    talk = Talk(server)
    await server.go_down()
    error = await talk.fails()
    assert error.kind is K.NETWORK
    assert error.message == "Claude is not reachable."
    assert talk.clock.monotonic() == 0.5  # it was tried once more
    await talk.backend.close()


@pytest.mark.parametrize("address", ["nonsense", "ftp://127.0.0.1/", "http://127.0.0.1:99999"])
async def test_an_address_that_is_none_is_an_error_of_ours(address: str) -> None:
    backend = AnthropicBackend(KEY, clock=FakeClock(), base_url=address)
    with pytest.raises(AiError) as failed:
        await backend.call(request(), lambda _: None)
    assert failed.value.kind in {K.NETWORK, K.BAD_REQUEST}
    await backend.close()


@pytest.mark.parametrize("key", ["", "  \n"])
async def test_without_a_key_nothing_is_asked(server: MessagesServer, key: str) -> None:
    talk = Talk(server, key=key)
    error = await talk.fails()
    assert error.kind is K.NO_KEY
    assert server.seen == []


@pytest.mark.parametrize("key", ["sk-with\nbreak", "sk-ümlaut", "sk-\x00"])
async def test_a_key_that_is_no_header_is_refused_and_never_shown(
    server: MessagesServer, key: str
) -> None:
    talk = Talk(server, key=key)
    error = await talk.fails()
    assert error.kind is K.AUTH
    assert key not in "".join(traceback.format_exception(error))
    assert server.seen == []


async def test_a_request_that_cannot_be_sent_is_our_mistake(talk: Talk) -> None:
    error = await talk.fails(messages=({"role": "user", "content": object()},))
    assert error.kind is K.BAD_REQUEST
    assert talk.server.seen == []


async def test_the_models_of_a_key_are_listed(talk: Talk) -> None:
    models = await talk.backend.models()
    assert models["claude-sonnet-5-5"] == "Claude Sonnet 5.5"
    assert set(models) == set(talk.server.models)


@pytest.mark.parametrize(
    ("details", "kind"),
    [
        ({"status": 401, "body": "{}"}, K.AUTH),
        ({"status": 500, "body": ""}, K.OVERLOADED),
        ({"status": 200, "body": "<html>", "content_type": "text/html"}, K.BAD_REPLY),
        ({"status": 200, "body": '{"data": [7]}'}, K.BAD_REPLY),
    ],
)
async def test_a_list_of_models_may_fail_too(
    talk: Talk, details: dict[str, Any], kind: AiErrorKind
) -> None:
    talk.server.fail("status" if details["status"] != 200 else "body", path="/v1/models", **details)
    with pytest.raises(AiError) as failed:
        await talk.backend.models()
    assert failed.value.kind is kind


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7.5"}, 7.5),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9e99"}, 86_400.0),
        (
            {
                "retry-after": "Mon, 30 Nov 2026 10:00:30 GMT",
                "date": "Mon, 30 Nov 2026 10:00:00 GMT",
            },
            30.0,
        ),
        ({"retry-after": "Mon, 30 Nov 2026 10:00:30 GMT"}, None),
    ],
)
def test_how_long_to_wait_is_read_from_numbers_and_dates(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers) == seconds
