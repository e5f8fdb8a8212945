"""Verdicts of the risk manager and the state of trading."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from kit_tui.domain.numbers import ZERO


class TradingState(StrEnum):
    """What the engine may do: everything, only reduce, or only leave."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class TradingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The durable trading state with who set it, why and when."""

    state: TradingState = TradingState.ACTIVE
    reason: str = ""
    by: str = ""
    since: datetime | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check of an order.

    `unit` says what the numbers are: fraction, count, multiple, seconds or a currency; `value` is
    the figure now and `after` the figure if the order filled. A check without numbers leaves them
    None and says the reason in `detail`.
    """

    name: str
    code: str
    unit: str
    limit: Decimal | None = None
    value: Decimal | None = None
    after: Decimal | None = None
    passed: bool
    detail: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """All checks of one order; `largest_passing` is in quote currency."""

    passed: bool
    checks: tuple[Check, ...]
    largest_passing: Decimal | None = None

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """One limit as the risk pane shows it: the figure now against its limit."""

    name: str
    label: str
    unit: str
    value: Decimal
    limit: Decimal
    enabled: bool = True

    @property
    def used(self) -> Decimal:
        """Share of the limit that is used; 1 means at the limit."""
        return self.value / self.limit if self.limit > 0 else ZERO


class RiskReport(msgspec.Struct, frozen=True, kw_only=True):
    """The risk pane's data: trading state, gauges, and the last refusal."""

    status: TradingStatus
    gauges: tuple[Gauge, ...]
    resting_orders: int = 0
    trades_today: int = 0
    day_resets_at: datetime | None = None
    last_breach: str = ""
    last_breach_at: datetime | None = None
    complete: bool = True
    as_of: datetime
