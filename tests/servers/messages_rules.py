"""What the Messages API refuses with `invalid_request_error`, so that mistakes of ours show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.servers.messages_cache import blocks_of, tokens_in

Json = dict[str, Any]
VERSION = "2026-10-21"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FIELDS = {
    "model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "stream",
    "output_config", "cache_control", "metadata", "stop_sequences", "service_tier", "diagnostics",
}  # fmt: skip
_UNSUPPORTED = {"minimum", "maximum", "multipleOf", "minLength", "maxLength", "maxItems"}
_MOST_UNIONS, _MOST_OPTIONAL, _MOST_STRICT = 16, 24, 20


class Model:
    """What one model takes; written down apart from the product's table, to check that one."""

    def __init__(
        self, name: str, thinking: str, efforts: str, *, window: int = 1_000_000,
        most: int = 128_000,
    ) -> None:  # fmt: skip
        self.name = name
        self.thinking = set(thinking.split())
        self.efforts = set(efforts.split())
        self.window = window
        self.most = most


MODELS: Mapping[str, Model] = {
    "claude-sonnet-5-5": Model(
        "Claude Sonnet 5.5", "adaptive between_tools", "low medium high xhigh max"
    ),
    "claude-opus-5-5": Model("Claude Opus 5.5", "adaptive", "low medium high xhigh max"),
    "claude-haiku-5-5": Model("Claude Haiku 5.5", "adaptive disabled", "low medium high"),
    "claude-sonnet-5": Model("Claude Sonnet 5", "adaptive disabled", "low medium high xhigh max"),
    "claude-haiku-4-5": Model(
        "Claude Haiku 4.5", "enabled disabled", "", window=200_000, most=64_000
    ),
}


def problems(body: Json, models: Mapping[str, Model] = MODELS) -> Iterator[str]:
    """Everything wrong with a request, in the API's manner: the place, then the complaint."""
    for name in sorted(set(body) - _FIELDS):
        yield f"{name}: Extra inputs are not permitted"
    model = models[body["model"]]
    most = body.get("max_tokens")
    if not isinstance(most, int) or isinstance(most, bool) or most < 0:
        yield "max_tokens: Field required"
    elif most > model.most:
        yield f"max_tokens: {most} > {model.most}, the most that {body['model']} gives"
    if tokens_in([body.get(part) for part in ("tools", "system", "messages")]) > model.window:
        yield f"prompt is too long for {model.window} tokens"
    yield from _of_thinking(body, model)
    yield from _of_output(body, model)
    yield from _of_marks(body)
    yield from _of_tools(body)
    yield from _of_messages(body.get("messages"))


def _of_thinking(body: Json, model: Model) -> Iterator[str]:
    thinking = body.get("thinking")
    if thinking is None:
        return
    kind = thinking.get("type")
    if kind not in model.thinking:
        yield f"thinking.type: {kind!r} is not supported by this model"
    if kind == "enabled" and not 1_024 <= thinking.get("budget_tokens", 0) < body["max_tokens"]:
        yield "thinking.budget_tokens: must be at least 1024 and below max_tokens"
    if kind == "between_tools" and _effort(body) not in {None, "low", "medium", "high"}:
        yield "output_config.effort: not available with thinking between tools"
    if kind == "adaptive" and thinking.get("display") not in {None, "summarized", "omitted"}:
        yield "thinking.display: unknown"
    if kind in {"between_tools", "disabled"} and set(thinking) != {"type"}:
        yield "thinking: Extra inputs are not permitted"


def _effort(body: Json) -> Any:
    return body.get("output_config", {}).get("effort")


def _of_output(body: Json, model: Model) -> Iterator[str]:
    config = body.get("output_config", {})
    for name in sorted(set(config) - {"effort", "format"}):
        yield f"output_config.{name}: Extra inputs are not permitted"
    effort = config.get("effort")
    if effort is not None and effort not in model.efforts:
        yield f"output_config.effort: {effort!r} is not supported by this model"
    shape = config.get("format")
    if shape is not None:
        if set(shape) != {"type", "schema"} or shape["type"] != "json_schema":
            yield "output_config.format: must be a json_schema with its schema"
        else:
            yield from _of_schema(shape["schema"], "output_config.format.schema")


def _of_marks(body: Json) -> Iterator[str]:
    marks = list(_marked(body))
    if len(marks) + ("cache_control" in body) > 4:
        yield "A maximum of 4 blocks with cache_control may be provided"
    short_seen = False
    for where, block in marks:
        mark = block["cache_control"]
        if mark.get("type") != "ephemeral" or mark.get("ttl", "5m") not in {"5m", "1h"}:
            yield f"{where}.cache_control: unknown type or ttl"
        if block.get("type") in {"thinking", "redacted_thinking"} or block.get("text") == "":
            yield f"{where}.cache_control: this block cannot be cached"
        if mark.get("ttl", "5m") == "5m":
            short_seen = True
        elif short_seen:
            yield f"{where}.cache_control: a ttl of 1h must not come after one of 5m"


def _marked(body: Json) -> Iterator[tuple[str, Json]]:
    system = body.get("system", [])
    blocks = [
        *((f"tools.{at}", block) for at, block in enumerate(body.get("tools", []))),
        *((f"system.{at}", block) for at, block in enumerate(system) if isinstance(block, dict)),
        *(
            (f"messages.{at}.content.{place}", block)
            for at, message in enumerate(body.get("messages", []))
            for place, block in enumerate(blocks_of(message))
        ),
    ]
    yield from ((where, block) for where, block in blocks if "cache_control" in block)


def _of_tools(body: Json) -> Iterator[str]:
    tools = body.get("tools", [])
    choice = body.get("tool_choice")
    if choice is not None and choice.get("type") not in {"auto", "none"}:
        yield "tool_choice: this model does not support forced tool use"
    if choice is not None and not tools:
        yield "tool_choice: may only be given with tools"
    names = [tool.get("name") for tool in tools]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"tools: the name {name!r} is used twice"
    for at, tool in enumerate(tools):
        if not _NAME.fullmatch(tool.get("name", "")):
            yield f"tools.{at}.name: must match {_NAME.pattern}"
        if not tool.get("description"):
            yield f"tools.{at}.description: Field required"
        yield from _of_schema(tool.get("input_schema"), f"tools.{at}.input_schema")
    strict = [tool.get("input_schema", {}) for tool in tools if tool.get("strict")]
    if len(strict) > _MOST_STRICT:
        yield f"tools: more than {_MOST_STRICT} strict tools"
    if sum(_unions(schema) for schema in strict) > _MOST_UNIONS:
        yield f"Schemas contain more than {_MOST_UNIONS} parameters with union types"
    if sum(_optional(schema) for schema in strict) > _MOST_OPTIONAL:
        yield f"Schemas contain more than {_MOST_OPTIONAL} optional parameters"


def _of_schema(schema: Any, where: str) -> Iterator[str]:
    if not isinstance(schema, dict) or schema.get("type") != "object":
        yield f"{where}.type: must be 'object'"
        return
    for path, part in _parts(schema, where):
        if part.get("type") == "object" and part.get("additionalProperties") is not False:
            yield f"{path}: additionalProperties must be false"
        for word in sorted(_UNSUPPORTED & set(part)):
            yield f"{path}: {word} is not supported"
        if set(part.get("required", ())) - set(part.get("properties", ())):
            yield f"{path}.required: names a property that is not there"


def _parts(schema: Json, where: str) -> Iterator[tuple[str, Json]]:
    yield where, schema
    for name, part in schema.get("properties", {}).items():
        yield from _parts(part, f"{where}.properties.{name}")
    for at, part in enumerate(schema.get("anyOf", ())):
        yield from _parts(part, f"{where}.anyOf.{at}")
    if isinstance(schema.get("items"), dict):
        yield from _parts(schema["items"], f"{where}.items")


def _unions(schema: Json) -> int:
    return sum("anyOf" in p or isinstance(p.get("type"), list) for _, p in _parts(schema, ""))


def _optional(schema: Json) -> int:
    return sum(
        len(set(part.get("properties", ())) - set(part.get("required", ())))
        for _, part in _parts(schema, "")
    )


def _of_messages(messages: Any) -> Iterator[str]:
    if not messages:
        yield "messages: at least one message is required"
        return
    expected = "user"
    open_calls: list[str] = []
    seen: set[str] = set()
    for at, message in enumerate(messages):
        where = f"messages.{at}"
        if set(message) != {"role", "content"}:
            yield f"{where}: must have a role and content and nothing else"
            return
        if message["role"] != expected:
            yield f"{where}.role: roles must alternate, expected {expected!r}"
            return
        expected = "assistant" if expected == "user" else "user"
        blocks = blocks_of(message)
        yield from _of_blocks(blocks, where)
        if message["role"] == "user":
            yield from _of_results(blocks, open_calls, where)
            open_calls = []
        else:
            open_calls = [block["id"] for block in blocks if block.get("type") == "tool_use"]
            if len(set(open_calls)) != len(open_calls) or seen & set(open_calls):
                yield f"{where}: `tool_use` ids must be unique"
            seen.update(open_calls)
    if expected == "user":
        yield "messages: the last message must be the user's; prefill is not supported"


def _of_blocks(blocks: list[Json], where: str) -> Iterator[str]:
    if not blocks:
        yield f"{where}.content: must not be empty"
    for at, block in enumerate(blocks):
        if block.get("type") == "text" and not str(block.get("text", "")).strip():
            yield f"{where}.content.{at}: text content blocks must be non-empty"
        if block.get("type") == "tool_use" and not isinstance(block.get("input"), dict):
            yield f"{where}.content.{at}.input: Input should be a valid dictionary"


def _of_results(blocks: list[Json], calls: list[str], where: str) -> Iterator[str]:
    answered = [block["tool_use_id"] for block in blocks if block.get("type") == "tool_result"]
    leading = [block["tool_use_id"] for block in _leading_results(blocks)]
    for call in calls:
        if call not in leading:
            yield (
                f"{where}: `tool_use` ids were found without `tool_result` blocks immediately"
                f" after: {call}"
            )
    for call in answered:
        if call not in calls or answered.count(call) > 1:
            yield f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {call}"


def _leading_results(blocks: list[Json]) -> Iterator[Json]:
    for block in blocks:
        if block.get("type") != "tool_result":
            return
        yield block
