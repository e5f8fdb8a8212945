"""What is sent to each model is what that model takes."""

from __future__ import annotations

from typing import Any

import pytest

from kit_tui.ai.claude.capabilities import CAPABILITIES, RETIRED, capabilities, family, retired
from kit_tui.ai.claude.protocol import ModelTool
from kit_tui.ai.claude.wire import request_body
from tests.ai.claude.talking import PRICE, Talk, request
from tests.servers.messages_rules import MODELS, Model

SCHEMA = {
    "type": "object", "additionalProperties": False, "required": ["intent"],
    "properties": {"intent": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
}  # fmt: skip


@pytest.mark.parametrize("model", sorted(MODELS))
@pytest.mark.parametrize("purpose", ["chat", "intent", "digest"])
@pytest.mark.parametrize("effort", ["low", "medium", "high"])
async def test_every_model_takes_what_it_is_sent(
    talk: Talk, model: str, purpose: str, effort: str
) -> None:
    schema = None if purpose == "chat" else SCHEMA
    await talk.ask(
        "Yes.", model=model, purpose=purpose, effort=effort, output_schema=schema,
        max_tokens=1_000_000,
    )  # fmt: skip
    assert talk.server.refused == []
    (body,) = talk.server.bodies
    assert body["stream"] is True
    assert body["max_tokens"] <= MODELS[model].most


async def test_a_model_nobody_knows_is_sent_nothing_optional(talk: Talk) -> None:
    talk.server.models["claude-opus-9"] = Model("Claude Opus 9", "", "", window=9_999, most=9_000)
    await talk.ask("Yes.", model="claude-opus-9", output_schema=SCHEMA)
    (body,) = talk.server.bodies
    assert set(body) == {
        "model", "max_tokens", "messages", "system", "tools", "tool_choice", "stream",
    }  # fmt: skip
    assert "strict" not in body["tools"][0]


def test_conversation_shows_its_thoughts_and_short_calls_do_not() -> None:
    chat = request_body(request())
    assert chat["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert chat["output_config"] == {"effort": "medium"}
    short = request_body(request(purpose="intent", effort="low", output_schema=SCHEMA, tools=()))
    assert short["thinking"] == {"type": "between_tools"}
    assert short["output_config"] == {
        "effort": "low", "format": {"type": "json_schema", "schema": SCHEMA},
    }  # fmt: skip
    assert "tools" not in short
    assert "tool_choice" not in short


def test_a_tool_is_never_forced_and_only_one_is_called_at_a_time() -> None:
    body = request_body(request())
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert body["tools"] == [
        {
            "name": PRICE.name, "description": PRICE.description, "input_schema": PRICE.schema,
            "strict": True,
        }
    ]  # fmt: skip


async def test_tools_stay_strict_as_far_as_the_api_allows(talk: Talk) -> None:
    def wide(name: str, unions: int) -> ModelTool:
        properties: dict[str, Any] = {
            f"p{at}": {"anyOf": [{"type": "string"}, {"type": "null"}]} for at in range(unions)
        }
        schema = {
            "type": "object", "additionalProperties": False,
            "required": list(properties), "properties": properties,
        }  # fmt: skip
        return ModelTool(name=name, description="Wide.", schema=schema)

    tools = (wide("first", 9), wide("second", 7), wide("third", 1), PRICE)
    await talk.ask("Yes.", tools=tools)
    (body,) = talk.server.bodies
    assert [tool.get("strict", False) for tool in body["tools"]] == [True, True, False, False]
    await talk.ask("Yes.", tools=tuple(wide(f"t{at}", 0) for at in range(30)))
    assert sum(tool.get("strict", False) for tool in talk.server.bodies[-1]["tools"]) == 20
    assert talk.server.refused == []


@pytest.mark.parametrize("dated", ["claude-haiku-4-5-20251001", "claude-haiku-4-5-latest"])
def test_a_date_in_a_name_makes_no_difference(dated: str) -> None:
    assert family(dated) == "claude-haiku-4-5"
    assert capabilities(dated) is CAPABILITIES["claude-haiku-4-5"]


def test_one_models_name_at_the_beginning_of_anothers_is_not_that_model() -> None:
    assert capabilities("claude-sonnet-5").quiet == "unasked"
    assert capabilities("claude-sonnet-5-5").quiet == "between tools"
    assert retired("claude-sonnet-4-6") is None
    assert retired("claude-sonnet-4-20250514") is not None


def test_a_retired_model_is_never_replaced_by_another_retired_one() -> None:
    for gone in RETIRED.values():
        assert gone.instead in CAPABILITIES
        assert retired(gone.instead) is None


async def test_every_model_the_library_calls_deprecated_is_in_our_table(talk: Talk) -> None:
    await talk.backend.warm()
    from anthropic.resources.messages.messages import DEPRECATED_MODELS

    ancient = ("claude-1", "claude-2", "claude-instant")
    missing = [
        name for name in DEPRECATED_MODELS if retired(name) is None and not name.startswith(ancient)
    ]
    assert missing == []
