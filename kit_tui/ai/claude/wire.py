"""A request as the Messages API takes it, with what the model at hand allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kit_tui.ai.claude.capabilities import Thinking, capabilities
from kit_tui.ai.claude.protocol import Json, ModelRequest, ModelTool

# Limits of one request for `strict` tools; beyond them the API refuses it as a whole.
_MOST_STRICT = 20
_MOST_UNIONS = 16


def request_body(request: ModelRequest) -> Json:
    """The named arguments of `messages.create`."""
    able = capabilities(request.model)
    thinking = able.thinking if request.purpose == "chat" else able.quiet
    body: Json = {
        "model": request.model,
        "max_tokens": min(request.max_tokens, able.max_output),
        "messages": list(request.messages),
    }
    if request.system:
        body["system"] = list(request.system)
    if request.tools:
        body["tools"] = _tools(request.tools, strict=able.structured)
        body["tool_choice"] = {"type": "auto", "disable_parallel_tool_use": True}
    if thinking != "unasked":
        body["thinking"] = _THINKING[thinking]
    output = _output(request, efforts=able.efforts, structured=able.structured)
    if output:
        body["output_config"] = output
    return body


_THINKING: dict[Thinking, Json] = {
    "adaptive": {"type": "adaptive", "display": "summarized"},
    "between tools": {"type": "between_tools"},
}


def _output(request: ModelRequest, *, efforts: tuple[str, ...], structured: bool) -> Json:
    output: Json = {}
    if request.effort in efforts:
        output["effort"] = request.effort
    if request.output_schema is not None and structured:
        output["format"] = {"type": "json_schema", "schema": request.output_schema}
    return output


def _tools(tools: tuple[ModelTool, ...], *, strict: bool) -> list[Json]:
    """The tools in their order, as many of the first ones strict as the API allows."""
    unions = 0
    listed: list[Json] = []
    for place, tool in enumerate(tools):
        one: Json = {
            "name": tool.name, "description": tool.description, "input_schema": tool.schema,
        }  # fmt: skip
        unions += sum(1 for part in _parts(tool.schema) if _is_union(part))
        if strict and place < _MOST_STRICT and unions <= _MOST_UNIONS:
            one["strict"] = True
        listed.append(one)
    return listed


def _is_union(part: Json) -> bool:
    return "anyOf" in part or isinstance(part.get("type"), list)


def _parts(schema: Any) -> Iterator[Json]:
    """A schema and all schemas in it."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _parts(value)
