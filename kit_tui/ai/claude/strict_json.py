"""JSON read as strictly as money needs it: nothing is guessed, completed or overwritten."""

from __future__ import annotations

import json
import math
from typing import Any


def read_object(source: str) -> dict[str, Any]:
    """The object that `source` is the whole JSON of.

    Raises:
        ValueError: for anything else: half of an object, a key given twice, NaN or infinity,
            characters that are none, or nesting beyond reason. The text is not quoted.
    """
    try:
        value = json.loads(
            source, object_pairs_hook=_without_doubles, parse_constant=_refuse, parse_float=_finite
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for all that is unreadable
    json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no character
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key was given twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is out of range")
    return value
