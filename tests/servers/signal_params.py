"""How signal-cli reads parameters: loosely, and with an internal error where a cast fails."""

from __future__ import annotations

import re
from typing import Any

from tests.servers.signal_rpc import INTERNAL_ERROR, USER_ERROR, RpcError

Json = dict[str, Any]

STYLES = {"NONE", "BOLD", "ITALIC", "SPOILER", "STRIKETHROUGH", "MONOSPACE"}
CAST, NULL = "ClassCastException", "NullPointerException"
_STYLE = re.compile(r"(\d+):(\d+):(.+)")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def style_of(told: str) -> tuple[str, int, int]:
    match = _STYLE.fullmatch(told)
    if match is None:
        words = f"Invalid textStyle syntax ({told}) expected 'start:length:STYLE'"
        raise RpcError(USER_ERROR, words)
    if match[3] not in STYLES:
        raise RpcError(USER_ERROR, f"Invalid style: {match[3]}")
    return match[3], int(match[1]), int(match[2])


def listed(params: Json, name: str) -> list[Any]:
    """A value or a list of them under the singular, else a list under the plural."""
    value = params.get(name)
    if value is not None:
        return value if isinstance(value, list) else [value]
    plural = params.get(f"{name}s") or []
    if not isinstance(plural, list):
        raise unexpected(f"{name}s cannot be cast to class java.util.List", CAST)
    return plural


def strings(params: Json, name: str) -> list[str]:
    values = listed(params, name)
    if not all(isinstance(value, str) for value in values):
        raise unexpected(f"{name} cannot be cast to class java.lang.String", CAST)
    return values


def text_of(params: Json, name: str) -> str | None:
    value = params.get(name)
    return None if value is None else value if isinstance(value, str) else str(value)


def required(params: Json, name: str) -> str:
    value = text_of(params, name)
    if value is None:
        raise unexpected(f"Parameter {name} is null", NULL)
    return value


def long_of(params: Json, name: str) -> int | None:
    value = params.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) < 2**31:
        raise unexpected(f"{name} cannot be cast to class java.lang.Long", CAST)
    return value


def unexpected(words: str, kind: str = "UnexpectedErrorException") -> RpcError:
    """What becomes of an exception nobody foresaw; `kind` is its Java class."""
    return RpcError(INTERNAL_ERROR, f"{words} ({kind})")


def normal(identifier: str) -> str:
    """A number in E.164, roughly as signal-cli makes it one.

    Raises:
        RpcError: for what holds no digit, and for a mail address.
    """
    digits = re.sub(r"[^0-9+]", "", identifier)
    why = "" if digits else "No valid characters found."
    if "@" in identifier:
        why = "Possible attempt to use email address."
    if why:
        raise RpcError(USER_ERROR, f"Invalid phone number '{identifier}': {why}")
    return digits if digits.startswith("+") else f"+{digits}"


def is_uuid(identifier: str) -> bool:
    return _UUID.fullmatch(identifier) is not None
