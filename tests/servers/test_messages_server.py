"""The scripted Messages API refuses what the real one refuses, and counts its cache honestly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from tests.project.sources import ROOT
from tests.servers.messages_api import KEY, Drop, MessagesServer, reply, text, thinking, tool
from tests.servers.messages_cache import PromptCache

Json = dict[str, Any]
HEADERS = {"Authorization": f"Bearer {KEY}", "anthropic-version": "2026-10-21"}
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
TOOL = {"name": "get_price", "description": "A price.", "input_schema": SCHEMA}
MARK = {"type": "ephemeral"}


def good(**changes: Any) -> Json:
    body: Json = {
        "model": "claude-sonnet-5-5", "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hello"}],
    }  # fmt: skip
    return body | changes


def user(*blocks: Json) -> Json:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: Json) -> Json:
    return {"role": "assistant", "content": list(blocks)}


def said(words: str, **more: Any) -> Json:
    return {"type": "text", "text": words, **more}


def call(name: str = "t1") -> Json:
    return {"type": "tool_use", "id": name, "name": "get_price", "input": {}}


def result(name: str = "t1") -> Json:
    return {"type": "tool_result", "tool_use_id": name, "content": "1"}


@pytest.fixture
async def server() -> AsyncIterator[MessagesServer]:
    async with MessagesServer() as server:
        server.always = reply("Yes.")
        yield server


async def post(server: MessagesServer, body: Json, **headers: str) -> tuple[int, Json]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{server.url}/v1/messages", json=body, headers={**HEADERS, **headers}
        ) as answer,
    ):
        return answer.status, await answer.json()


def schema(**changes: Any) -> Json:
    return {"tools": [{**TOOL, "input_schema": SCHEMA | changes}]}


MISTAKES: list[tuple[Json, str]] = [
    (good(temperature=0), "temperature: Extra inputs"),
    (good(max_tokens=None), "max_tokens: Field required"),
    (good(max_tokens=500_000), "max_tokens: 500000 > 128000"),
    (good(messages=[]), "at least one message"),
    (good(messages=[assistant(said("Hi"))]), "roles must alternate"),
    (good(messages=[user(said("a")), user(said("b"))]), "roles must alternate"),
    (good(messages=[user(said("a")), assistant(said("b"))]), "prefill is not supported"),
    (good(messages=[user()]), "must not be empty"),
    (good(messages=[user(said(" "))]), "text content blocks must be non-empty"),
    (good(messages=[user(said("a")), assistant(call()), user(said("b"))]), "`tool_use` ids were"),
    (
        good(messages=[user(said("a")), assistant(call()), user(said("b"), result())]),
        "`tool_use` ids were found without",
    ),
    (
        good(messages=[user(said("a")), assistant(call(), call("t2")), user(result())]),
        "immediately after: t2",
    ),
    (good(messages=[user(said("a"), result("t9"))]), "unexpected `tool_use_id`"),
    (good(system=[said(str(at), cache_control=MARK) for at in range(5)]), "maximum of 4 blocks"),
    (
        good(
            system=[
                said("a", cache_control=MARK),
                said("b", cache_control={**MARK, "ttl": "1h"}),
            ]
        ),
        "must not come after",
    ),
    (good(system=[said("a", cache_control={"type": "ephemeral", "ttl": "2h"})]), "unknown type"),
    (good(tools=[TOOL], tool_choice={"type": "any"}), "forced tool use"),
    (good(tools=[TOOL], tool_choice={"type": "tool", "name": "get_price"}), "forced tool use"),
    (good(tool_choice={"type": "auto"}), "only be given with tools"),
    (good(tools=[TOOL, TOOL]), "used twice"),
    (good(tools=[{**TOOL, "name": "get price"}]), "tools.0.name"),
    (good(tools=[{**TOOL, "name": "x" * 65}]), "tools.0.name"),
    (good(**schema(additionalProperties=True)), "additionalProperties must be false"),
    (good(**schema(properties={"a": {"type": "object"}})), "additionalProperties must be false"),
    (good(**schema(properties={"a": {"type": "number", "minimum": 1}})), "minimum is not supp"),
    (good(**schema(required=["a"])), "required: names a property"),
    (good(**schema(type="array")), "must be 'object'"),
    (good(thinking={"type": "disabled"}), "'disabled' is not supported"),
    (good(thinking={"type": "enabled", "budget_tokens": 2_000}), "'enabled' is not supported"),
    (
        good(model="claude-haiku-4-5", thinking={"type": "adaptive"}),
        "'adaptive' is not supported",
    ),
    (
        good(thinking={"type": "between_tools"}, output_config={"effort": "max"}),
        "not available with thinking between tools",
    ),
    (good(model="claude-haiku-4-5", output_config={"effort": "low"}), "effort: 'low' is not"),
    (good(output_config={"format": {"type": "json_schema"}}), "output_config.format"),
    (good(output_config={"format": {"type": "json_schema", "schema": {}}}), "must be 'object'"),
    (good(messages=[user(said("a")), assistant(said("b"), {
        "type": "thinking", "thinking": "made up", "signature": "no"}), user(said("c"))]),
     "Invalid `signature`"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "complaint"), MISTAKES)
async def test_a_malformed_request_is_refused_and_uses_up_no_reply(
    server: MessagesServer, body: Json, complaint: str
) -> None:
    server.answer("kept")
    status, answer = await post(server, body)
    assert status == 400
    assert answer["error"]["type"] == "invalid_request_error"
    assert complaint in answer["error"]["message"]
    assert len(server.script) == 1
    assert server.refused


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": KEY}, 401),
        ({"Authorization": "Bearer sk-other"}, 401),
        ({"Authorization": "", "x-api-key": KEY}, 401),
        ({"anthropic-version": "2023-06-01"}, 400),
    ],
)
async def test_the_headers_are_those_of_today(
    server: MessagesServer, headers: dict[str, str], status: int
) -> None:
    assert (await post(server, good(), **headers))[0] == status


async def test_a_model_that_is_not_there_is_404(server: MessagesServer) -> None:
    assert (await post(server, good(model="claude-sonnet-4-20250514")))[0] == 404


async def test_a_whole_conversation_with_a_tool_is_taken(server: MessagesServer) -> None:
    first = reply(thinking("hm"), tool("get_price"))
    server.answer(first)
    body = good(tools=[TOOL], thinking={"type": "adaptive", "display": "summarized"})
    _, answer = await post(server, body)
    name = answer["content"][1]["id"]
    turns = [*body["messages"], assistant(*answer["content"]), user(result(name))]
    assert (await post(server, body | {"messages": turns}))[0] == 200
    left_out = [*body["messages"], assistant(answer["content"][1]), user(result(name))]
    status, refused = await post(server, body | {"messages": left_out})
    assert (status, "must remain" in refused["error"]["message"]) == (400, True)


async def test_thoughts_are_bound_to_everything_before_them(server: MessagesServer) -> None:
    server.answer(reply(thinking("hm"), "Yes."))
    body = good(system=[said("You help.")])
    _, answer = await post(server, body)
    kept = [*body["messages"], assistant(*answer["content"]), user(said("And now?"))]
    assert (await post(server, body | {"messages": kept}))[0] == 200
    trimmed = [user(said("Shortened")), *kept[1:]]
    status, refused = await post(server, body | {"messages": trimmed})
    assert status == 400
    assert "bound to a different conversation" in refused["error"]["message"]
    other = {"system": [said("You are someone else.")], "messages": kept}
    assert (await post(server, body | other))[0] == 400
    plain = [trimmed[0], assistant(answer["content"][1]), kept[2]]
    assert (await post(server, body | {"messages": plain}))[0] == 200


async def test_a_reply_may_depend_on_the_question(server: MessagesServer) -> None:
    server.always = lambda body: reply(f"You said {body['messages'][-1]['content']}.")
    assert (await post(server, good()))[1]["content"][0]["text"] == "You said Hello."


async def test_tokens_are_counted_and_models_listed(server: MessagesServer) -> None:
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        url = f"{server.url}/v1/messages/count_tokens"
        body = {name: value for name, value in good().items() if name != "max_tokens"}
        async with session.post(url, json=body) as answer:
            assert (await answer.json())["input_tokens"] > 0
        async with session.get(f"{server.url}/v1/models", params={"limit": "2"}) as answer:
            page = await answer.json()
    assert page["has_more"]
    assert [model["id"] for model in page["data"]] == ["claude-sonnet-5-5", "claude-opus-5-5"]


async def test_a_dropped_connection_is_dropped(server: MessagesServer) -> None:
    server.answer(Drop())
    with pytest.raises(aiohttp.ClientError):
        await post(server, good())


async def test_a_body_is_cut_into_pieces_of_the_size_asked_for(server: MessagesServer) -> None:
    server.answer(reply(text("wörld ☂"), chunk=1))
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.post(f"{server.url}/v1/messages", json=good(stream=True)) as answer,
    ):
        whole = await answer.read()
        assert answer.content_type == "text/event-stream"
    data = [line[6:] for line in whole.decode().splitlines() if line.startswith("data: ")]
    assert json.loads(data[2])["delta"]["text"] == "wörld ☂"


# -- the cache ----------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0


def cached(words: str, ttl: str = "5m") -> Json:
    return said(words, cache_control={"type": "ephemeral", "ttl": ttl})


def counter() -> tuple[PromptCache, Clock, Callable[..., tuple[int, int, int]]]:
    clock = Clock()
    cache = PromptCache(lambda: clock.now)

    def count(*system: Json, **changes: Any) -> tuple[int, int, int]:
        usage = cache.count(good(system=list(system), **changes))
        total = (
            usage["input_tokens"],
            usage["cache_read_input_tokens"],
            usage["cache_creation_input_tokens"],
        )
        assert usage["cache_creation_input_tokens"] == sum(usage["cache_creation"].values())
        return total

    return cache, clock, count


LONG, OTHER = "rules " * 1_000, "facts " * 1_000


def test_the_same_prefix_is_written_once_and_read_then() -> None:
    _, _, count = counter()
    fresh, read, written = count(cached(LONG))
    assert read == 0 < written
    assert count(cached(LONG)) == (fresh, written, 0)
    assert count(cached(LONG), messages=[user(said("Another question"))])[1] == written


def test_one_changed_letter_before_the_mark_misses() -> None:
    _, _, count = counter()
    count(cached(LONG))
    assert count(cached(f"{LONG}."))[1] == 0
    assert count(said("It is 14:03."), cached(LONG))[1] == 0
    assert count(cached(LONG), tools=[TOOL])[1] == 0
    assert count(cached(LONG), model="claude-opus-5-5")[1] == 0


def test_a_short_prefix_is_never_cached() -> None:
    _, _, count = counter()
    assert count(cached("short"))[1:] == (0, 0)
    assert count(cached("short"))[1:] == (0, 0)


def test_nothing_is_cached_without_a_mark() -> None:
    _, _, count = counter()
    count(said(LONG))
    assert count(said(LONG))[1:] == (0, 0)


def test_a_read_keeps_it_alive_and_silence_lets_it_die() -> None:
    _, clock, count = counter()
    _, _, written = count(cached(LONG))
    for _ in range(3):
        clock.now += 299
        assert count(cached(LONG))[1] == written
    clock.now += 300
    assert count(cached(LONG))[1] == 0


def test_two_lives_are_written_apart_and_the_longer_one_stays() -> None:
    cache, clock, count = counter()
    usage = cache.count(good(system=[cached(LONG, "1h"), cached(OTHER)]))
    hour, minutes = (
        usage["cache_creation"]["ephemeral_1h_input_tokens"],
        usage["cache_creation"]["ephemeral_5m_input_tokens"],
    )
    assert hour > 0
    assert minutes > 0
    clock.now += 600
    assert count(cached(LONG, "1h"), cached(OTHER))[1:] == (hour, minutes)


def test_a_growing_conversation_reads_what_the_last_turn_wrote() -> None:
    _, _, count = counter()
    first = user(cached(LONG))
    _, _, written = count(messages=[first])
    grown = [user(said(LONG)), assistant(said("Yes.")), user(cached(OTHER))]
    _, read, more = count(messages=grown)
    assert read == written
    assert more > 0


def test_a_mark_looks_back_twenty_blocks_and_no_further() -> None:
    for blocks, found in ((19, True), (20, False)):
        _, _, count = counter()
        count(messages=[user(cached(LONG))])
        turn = user(said(LONG), *(said(str(at)) for at in range(blocks - 1)), cached("end"))
        assert (count(messages=[turn])[1] > 0) is found


# -- as a process -------------------------------------------------------------------------------


def test_it_runs_as_a_process_for_a_look_by_hand() -> None:
    command = [sys.executable, "-m", "tests.servers.messages_api", "--script", "demo"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("http://127.0.0.1:")
        finally:
            process.terminate()  # a shell without job control has its children ignore SIGINT
            assert process.wait(timeout=20) == -signal.SIGTERM
