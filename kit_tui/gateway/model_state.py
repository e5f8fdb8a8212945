"""The language model among the connections: whether it answers, what it has cost today."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from kit_tui.ai.claude.protocol import AiError, AiErrorKind
from kit_tui.state.slices import Connection, ConnectionState

if TYPE_CHECKING:
    from kit_tui.ai.claude.turn import MeterView

KIND: Final = "model"
# What is wrong with the model itself; anything else passes and leaves it degraded.
_STATES: Final = MappingProxyType[AiErrorKind, ConnectionState](
    {
        AiErrorKind.OFF: "off",
        AiErrorKind.NO_KEY: "off",
        AiErrorKind.AUTH: "down",
        AiErrorKind.BILLING: "down",
        AiErrorKind.MODEL_GONE: "down",
        AiErrorKind.NETWORK: "down",
    }
)


class LastCall(msgspec.Struct, frozen=True, kw_only=True):
    """How the newest call ended: well (`problem` None), or why not."""

    at: datetime
    problem: AiErrorKind | None = None
    latency_ms: float | None = None


def model_connection(
    meter: MeterView, problem: AiError | None, last: LastCall | None
) -> Connection:
    """The model's line for the status row. One that was never asked is not said to be up."""
    kind = problem.kind if problem is not None else last.problem if last is not None else None
    state: ConnectionState = "up" if last is not None else "connecting"
    detail = _spend(meter)
    if kind is not None:
        state, detail = _STATES.get(kind, "degraded"), kind.value
    return Connection(
        name=short_name(meter.model), kind=KIND, state=state, detail=detail,
        latency_ms=last.latency_ms if last is not None else None,
        last_ok_at=last.at if last is not None and last.problem is None else None,
    )  # fmt: skip


def closed_connection(line: Connection, problem: AiError) -> Connection:
    """The line of a model that was there and now cannot be opened."""
    return msgspec.structs.replace(
        line, state=_STATES.get(problem.kind, "degraded"), detail=problem.kind.value,
        latency_ms=None, last_ok_at=None,
    )  # fmt: skip


def short_name(model: str) -> str:
    """`sonnet-5-5` for `claude-sonnet-5-5`."""
    return model.removeprefix("claude-")


def _spend(meter: MeterView) -> str:
    """`$0.14/2.00 cache 91%`."""
    spent = f"${meter.spent_today:.2f}/{meter.day_budget:.2f}"
    if meter.cache_read is None:
        return spent
    return f"{spent} cache {(meter.cache_read * Decimal(100)):.0f}%"
