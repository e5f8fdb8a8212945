"""The bias: a plain vote with its reasons, and the trade it would suggest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from kit_tui.domain.cards import PriceLevel, Reading
from kit_tui.domain.numbers import from_float
from kit_tui.skills import wording
from kit_tui.skills.market_analysis.prices import to_price
from kit_tui.skills.market_analysis.settings import AnalysisSettings

# In ATRs: a stop nearer than this is noise, one farther is another trade.
NEAREST_STOP, FARTHEST_STOP, PLAIN_STOP, BEYOND = 0.75, 3.0, 2.0, 0.25
PLAIN_TARGET = 2


class Bias(msgspec.Struct, frozen=True, kw_only=True):
    """Which way the votes lean and the votes themselves."""

    side: str
    reasons: tuple[str, ...]


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """A trade in outline; `reward` is target over stop distance, `why` names the levels used."""

    entry: Decimal
    stop: Decimal
    target: Decimal
    reward: Decimal
    why: str
    undone_at: Decimal


def vote(readings: Sequence[Reading], settings: AnalysisSettings) -> Bias:
    """Count the leans of all readings that are known."""
    cast = [r for r in readings if r.value != wording.MISSING]
    longs = [r.name for r in cast if r.lean > 0]
    shorts = [r.name for r in cast if r.lean < 0]
    lead = len(longs) - len(shorts)
    decisive = len(cast) >= settings.least_votes
    decisive &= abs(lead) >= math.ceil(len(cast) * settings.bias_share) and lead != 0
    side = ("long" if lead > 0 else "short") if decisive else "neutral"
    reasons = [f"{len(longs)} of {len(cast)} votes long, {len(shorts)} short"]
    if longs:
        reasons.append(f"long: {', '.join(longs)}")
    if shorts:
        reasons.append(f"short: {', '.join(shorts)}")
    if len(cast) < settings.least_votes:
        reasons.append(f"fewer than {settings.least_votes} votes, so no bias")
    return Bias(side=side, reasons=tuple(reasons))


def sketch(
    side: str,
    price: Decimal,
    atr: float | None,
    levels: Sequence[PriceLevel],
    *,
    tick: Decimal,
    least_reward: float,
) -> Sketch | None:
    """Entry, stop and target for a bias; None when it is neutral or the ATR is not known."""
    if side == "neutral" or not atr:
        return None
    unit, sign = from_float(atr), 1 if side == "long" else -1
    behind = [level for level in levels if (price - level.price) * sign > 0]
    ahead = [level for level in levels if (level.price - price) * sign > 0]
    stop, stop_why, undone = _stop(price, unit, sign, behind)
    stop = to_price(float(stop), tick)
    risk = (price - stop) * sign
    if stop <= 0 or risk <= 0:
        return None
    target, target_why = _target(price, risk, sign, ahead, least_reward)
    target = to_price(float(target), tick)
    if target <= 0:
        return None
    return Sketch(
        entry=price,
        stop=stop,
        target=target,
        reward=(target - price) * sign / risk,
        why=f"stop {stop_why}, target {target_why}",
        undone_at=to_price(float(undone), tick),
    )


def invalidation(
    side: str, timeframe: str, plan: Sketch | None, levels: Sequence[PriceLevel]
) -> str:
    """What would change the bias."""
    if plan is not None:
        return (
            f"A {timeframe} close {'below' if side == 'long' else 'above'} "
            f"{wording.price(plan.undone_at)} undoes it."
        )
    if side != "neutral":
        return "Needs the ATR to say where it is wrong."
    upper = next((level for level in levels if level.kind == "resistance"), None)
    lower = next((level for level in levels if level.kind == "support"), None)
    ways = [f"above {wording.price(upper.price)}"] if upper else []
    ways += [f"below {wording.price(lower.price)}"] if lower else []
    if not ways:
        return "More votes on one side would change it."
    return f"Watch for a {timeframe} close {' or '.join(ways)}."


def _stop(
    price: Decimal, unit: Decimal, sign: int, behind: Sequence[PriceLevel]
) -> tuple[Decimal, str, Decimal]:
    """Stop, its reason, and the price that undoes the bias."""
    for level in behind:
        apart = abs(price - level.price) / unit
        if Decimal(str(NEAREST_STOP)) <= apart <= Decimal(str(FARTHEST_STOP)):
            stop = level.price - sign * unit * Decimal(str(BEYOND))
            return stop, f"beyond {wording.price(level.price)}", level.price
    stop = price - sign * unit * Decimal(str(PLAIN_STOP))
    return stop, "at 2 ATR", stop


def _target(
    price: Decimal, risk: Decimal, sign: int, ahead: Sequence[PriceLevel], least_reward: float
) -> tuple[Decimal, str]:
    wanted = risk * Decimal(str(least_reward))
    for level in ahead:
        if (level.price - price) * sign >= wanted:
            return level.price, f"at {level.kind}"
    target = price + sign * risk * PLAIN_TARGET
    if not ahead:
        return target, "at 2 R, no level in the way"
    first = ahead[0]
    reward = wording.grouped((first.price - price) * sign / risk, 1)
    return target, f"at 2 R beyond {first.kind} {wording.price(first.price)} ({reward} R)"
