"""JSON-RPC as signal-cli speaks it: what it takes, what it refuses and with which code."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

Json = dict[str, Any]

PARSE_ERROR = -32_700
INVALID_REQUEST = -32_600
METHOD_NOT_FOUND = -32_601
INVALID_PARAMS = -32_602
INTERNAL_ERROR = -32_603
USER_ERROR = -1
IO_ERROR = -3
UNTRUSTED_KEY_ERROR = -4
RATE_LIMIT_ERROR = -5
CAPTCHA_REJECTED_ERROR = -6

_MEMBERS = {"jsonrpc", "method", "params", "id"}


class RpcError(Exception):
    """Answered with a code, words and, for a send, the results under `data.response`."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


class Call(NamedTuple):
    """One request; without `wants_answer` it is a notification."""

    method: str
    params: Any
    id: Any
    wants_answer: bool


def decode(raw: bytes) -> Any:
    """The first JSON value of a body; what follows it is ignored, as the daemon does.

    Raises:
        RpcError: for a body that is no JSON, or empty.
    """
    text = raw.decode("utf-8", "replace").strip()
    if not text:
        raise RpcError(INVALID_REQUEST, "unexpected type: MISSING")
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except ValueError as error:
        raise RpcError(PARSE_ERROR, str(error)) from error


def parts_of(value: Any) -> list[Any]:
    """The single request or those of a batch; empty for a response, which is only logged.

    Raises:
        RpcError: for what is neither, and for an empty batch.
    """
    if isinstance(value, list):
        if not value:
            raise RpcError(INVALID_REQUEST, "invalid request")
        return value
    if not isinstance(value, dict):
        raise RpcError(INVALID_REQUEST, f"unexpected type: {_node_type(value)}")
    return [] if {"result", "error"} & value.keys() else [value]


def call_of(value: Any) -> Call:
    """A request that keeps the rules.

    Raises:
        RpcError: when it breaks one.
    """
    if not isinstance(value, dict):
        raise RpcError(INVALID_REQUEST, "Cannot construct instance of JsonRpcRequest")
    for name in value.keys() - _MEMBERS:
        raise RpcError(INVALID_REQUEST, f'Unrecognized field "{name}"')
    if not isinstance(value.get("params"), dict | list | None):
        raise RpcError(INVALID_REQUEST, "Cannot deserialize value of type ContainerNode")
    if isinstance(value.get("id"), dict | list):
        raise RpcError(INVALID_REQUEST, "Cannot deserialize value of type ValueNode")
    if value.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, "only jsonrpc version 2.0 is supported")
    if value.get("method") is None:
        raise RpcError(INVALID_REQUEST, "method field must be set")
    return Call(value["method"], value.get("params"), value.get("id"), "id" in value)


def id_of(value: Any) -> Any:
    """The id an error answers to: null when there is none that can be an id."""
    found = value.get("id") if isinstance(value, dict) else None
    return None if isinstance(found, dict | list) else found


def success(result: Any, number: Any) -> Json:
    return {"jsonrpc": "2.0", "result": result, "id": number}


def failure(error: RpcError, number: Any) -> Json:
    told = {"code": error.code, "message": error.message, "data": error.data}
    return {"jsonrpc": "2.0", "error": told, "id": number}


def _node_type(value: Any) -> str:
    if isinstance(value, str):
        return "STRING"
    return "NULL" if value is None else "BOOLEAN" if isinstance(value, bool) else "NUMBER"
