"""Figures about trades: pure sums, never rounded before they are shown."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec

from kit_tui.domain.numbers import ZERO
from kit_tui.domain.periods import ALL_TIME, Span
from kit_tui.domain.round_trips import EXACT, AccountTrades, Gain, RoundTrip, total

K = TypeVar("K")


class Drawdown(msgspec.Struct, frozen=True):
    """The deepest fall of the summed realised profit, in quote currency, and from when to when."""

    depth: Decimal
    since: datetime
    until: datetime


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """How closed trades ended. What cannot be said of none, or without a loss, is None."""

    trades: int
    wins: int
    losses: int
    profit: Decimal
    won: Decimal
    lost: Decimal

    @property
    def win_rate(self) -> Decimal | None:
        """Share of the trades that won."""
        return Decimal(self.wins) / self.trades if self.trades else None

    @property
    def expectancy(self) -> Decimal | None:
        """What a trade earned on average."""
        return self.profit / self.trades if self.trades else None

    @property
    def profit_factor(self) -> Decimal | None:
        """What was won for each unit lost."""
        return self.won / -self.lost if self.lost else None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What happened from `start` to the next part: sums of fills, and trades that ended."""

    start: datetime
    profit: Decimal
    fees: Decimal
    volume: Decimal
    trades: int


def quotes(trades: AccountTrades) -> tuple[str, ...]:
    """The currencies in which something was realised; amounts of two do not add up."""
    return tuple(dict.fromkeys(gain.pair.quote for gain in trades.gains))


def within(trades: AccountTrades, quote: str, span: Span = ALL_TIME) -> AccountTrades:
    """The part of an account's trades in one currency, within a span of time."""

    return AccountTrades(
        tuple(g for g in trades.gains if g.pair.quote == quote and span.holds(g.at)),
        tuple(t for t in trades.closed if t.pair.quote == quote and span.holds(t.closed_at)),
        tuple(t for t in trades.open if t.pair.quote == quote),
        tuple(f for f in trades.flows if span.holds(f.at)),
        tuple(g for g in trades.loose if g.pair.quote == quote and span.holds(g.at)),
    )


def record(closed: Iterable[RoundTrip]) -> Record:
    """Wins, losses and their sums."""
    profits = [trip.profit for trip in closed]
    wins, losses = [p for p in profits if p > 0], [p for p in profits if p < 0]
    return Record(
        trades=len(profits), wins=len(wins), losses=len(losses), profit=total(profits),
        won=total(wins), lost=total(losses),
    )  # fmt: skip


def realised(gains: Iterable[Gain]) -> Decimal:
    """The realised profit of these fills, fees included."""
    return total([gain.amount for gain in gains])


def fees(gains: Iterable[Gain]) -> Decimal:
    """What these fills cost in fees, worth in quote currency."""
    return total([gain.fee for gain in gains])


def charged(gains: Iterable[Gain]) -> dict[str, Decimal]:
    """Fees by the currency they were taken in, as the venue took them."""
    groups: dict[str, list[Decimal]] = {}
    for gain in gains:
        if gain.paid:
            groups.setdefault(gain.paid_in, []).append(gain.paid)
    return {currency: total(groups[currency]) for currency in sorted(groups)}


def volume(gains: Iterable[Gain]) -> Decimal:
    """What these fills exchanged."""
    return total([gain.volume for gain in gains])


def by(key: Callable[[RoundTrip], K], trips: Iterable[RoundTrip]) -> dict[K, list[RoundTrip]]:
    """Trades in groups, in the order their first came."""
    groups: dict[K, list[RoundTrip]] = {}
    for trip in trips:
        groups.setdefault(key(trip), []).append(trip)
    return groups


def by_pair(gains: Iterable[Gain]) -> dict[str, Decimal]:
    """Realised profit by pair, the best first."""
    groups: dict[str, list[Decimal]] = {}
    for gain in gains:
        groups.setdefault(str(gain.pair), []).append(gain.amount)
    sums = {pair: total(amounts) for pair, amounts in groups.items()}
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def parts(trades: AccountTrades, starts: Sequence[datetime]) -> list[Part]:
    """What happened between each start and the next; the last part has no end."""
    gains: list[list[Gain]] = [[] for _ in starts]
    ended = [0] * len(starts)
    for gain in trades.gains:
        place = bisect_right(starts, gain.at) - 1
        if place >= 0:
            gains[place].append(gain)
    for trip in trades.closed:
        place = bisect_right(starts, trip.closed_at or trip.opened_at) - 1
        if place >= 0:
            ended[place] += 1
    return [
        Part(
            start=start, profit=realised(own), fees=fees(own), volume=volume(own), trades=count
        )
        for start, own, count in zip(starts, gains, ended, strict=True)
    ]  # fmt: skip


def deepest(gains: Iterable[Gain]) -> Drawdown | None:
    """The deepest fall of realised profit from a peak before; None when it never fell."""
    level = peak = ZERO
    peaked: datetime | None = None
    worst: Drawdown | None = None
    for gain in sorted(gains, key=lambda each: each.at):
        peaked = peaked or gain.at
        level = EXACT.add(level, gain.amount)
        if level >= peak:
            peak, peaked = level, gain.at
        elif worst is None or EXACT.subtract(peak, level) > worst.depth:
            worst = Drawdown(EXACT.subtract(peak, level), peaked, gain.at)
    return worst


def typical(seconds: Sequence[float]) -> float | None:
    """The median; None of nothing."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
