"""Guards: what reconciled equity demands, decided here and carried out by the trading engine."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

import msgspec

from kit_tui.domain.numbers import ZERO, floor_to_step
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.portfolio import Portfolio
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.risk import TradingState
from kit_tui.risk.checks import DAILY_LOSS_LIMIT, DRAWDOWN
from kit_tui.settings.model import RiskSettings


class GuardAction(StrEnum):
    """What a guard asks for."""

    WARN = "reject"
    HALT = "halt_trading"
    REDUCE = "reduce_exposure"


class Breach(msgspec.Struct, frozen=True):
    """A guard's decision: which limit, how far beyond, and what to do."""

    guard: str
    action: GuardAction
    value: Decimal
    limit: Decimal

    @property
    def state(self) -> TradingState:
        """The trading state the action leads to."""
        if self.action is GuardAction.HALT:
            return TradingState.HALTED
        return TradingState.REDUCING if self.action is GuardAction.REDUCE else TradingState.ACTIVE


class Reduction(msgspec.Struct, frozen=True):
    """How much of one position to close."""

    pair: Pair
    quantity: Decimal


def breaches(portfolio: Portfolio, settings: RiskSettings) -> tuple[Breach, ...]:
    """The limits this equity has reached, the harshest first.

    On partial or stale equity there are none: what is not known is not acted on.
    """
    if not portfolio.complete:
        return ()
    found: list[Breach] = []
    loss, fall = -portfolio.day_fraction, portfolio.drawdown
    if DRAWDOWN in settings.checks:
        if fall >= settings.drawdown_halt:
            found.append(Breach(DRAWDOWN, GuardAction.HALT, fall, settings.drawdown_halt))
        elif fall >= settings.drawdown_reduce:
            action = GuardAction(settings.actions.on_drawdown)
            found.append(Breach(DRAWDOWN, action, fall, settings.drawdown_reduce))
    if DAILY_LOSS_LIMIT in settings.checks and loss >= settings.daily_loss_limit:
        action = GuardAction(settings.actions.on_daily_loss)
        found.append(Breach(DAILY_LOSS_LIMIT, action, loss, settings.daily_loss_limit))
    severity = {GuardAction.HALT: 0, GuardAction.REDUCE: 1, GuardAction.WARN: 2}
    return tuple(sorted(found, key=lambda breach: severity[breach.action]))


def reductions(
    positions: Sequence[MarkedPosition],
    markets: dict[Pair, Market],
    reduce_to: Decimal,
    rates: dict[str, Decimal],
) -> tuple[Reduction, ...]:
    """What to close so that gross exposure falls to `reduce_to` of what it is, or just below.

    The riskiest parts go first: the largest loss, then the largest exposure. Quantities are
    rounded up to the venue's step, so that the target is really reached; a rest below the
    venue's minimum goes along.
    """
    exposures = {p.position.pair: _exposure(p, rates) for p in positions}
    excess = sum(exposures.values(), ZERO) * (1 - reduce_to)
    plan: list[Reduction] = []
    for held in sorted(positions, key=lambda p: _riskiest_first(p, exposures[p.position.pair])):
        exposure = exposures[held.position.pair]
        if excess <= 0 or exposure <= 0:
            continue
        share = min(Decimal(1), excess / exposure)
        quantity = _part(held, markets.get(held.position.pair), share)
        plan.append(Reduction(held.position.pair, quantity))
        excess -= exposure * quantity / held.position.quantity
    return tuple(plan)


def _part(held: MarkedPosition, market: Market | None, share: Decimal) -> Decimal:
    whole = held.position.quantity
    if share >= 1 or market is None:
        return whole
    wanted = whole * share
    part = floor_to_step(wanted, market.quantity_step)
    if part < wanted:
        part += market.quantity_step
    mark = held.mark_price or ZERO
    least = max(market.min_quantity, market.min_notional / mark if mark else ZERO)
    part = max(part, least)
    rest = whole - part
    return whole if rest <= 0 or rest < least else part


def _exposure(held: MarkedPosition, rates: dict[str, Decimal]) -> Decimal:
    return (held.notional or ZERO) * rates.get(held.position.pair.quote, ZERO)


def _riskiest_first(held: MarkedPosition, exposure: Decimal) -> tuple[Decimal, Decimal, str]:
    return (held.unrealised_pnl or ZERO, -exposure, held.position.pair)
