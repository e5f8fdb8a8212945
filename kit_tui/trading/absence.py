"""Proof that a venue never had, or no longer has, an order: many denials and no trace of it.

Counting begins anew with every start of K.I.T., so a restart can only make the proof slower.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from kit_tui.domain.orders import Fill, Mode, Order, Side
from kit_tui.exchanges.base import VenuePosition
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.valuation import Valuation

# An execution may bear a time before its order was made: the venue's clock is not ours.
CLOCK_LEEWAY = timedelta(seconds=10)


class _Denied(msgspec.Struct):
    times: int
    since: datetime


class Absence:
    """Counts denials of one account's orders.

    Real venues answer before their own books have settled, so one denial proves nothing: the
    venue's `not_found` rule says how many, over how long. Open orders, executions and balances
    must agree with it. Paper books are in this process and answer for themselves.
    """

    def __init__(self, account: TradingAccount, valuation: Valuation) -> None:
        self._account = account
        self._valuation = valuation
        self._denied: dict[str, _Denied] = {}
        self._accepted: set[str] = set()

    def seen(self, order: Order) -> None:
        """The venue has it after all."""
        self._denied.pop(order.id, None)

    def accept(self, order: Order) -> None:
        """A person looked at the venue and says that the traces are not of this order."""
        self._accepted.add(order.id)

    def is_proven(self, order: Order, fills: Iterable[Fill]) -> bool:
        """Count one more denial; whether they are enough and nothing speaks against them."""
        if self._account.mode in {Mode.PAPER, Mode.DEMO}:
            return True
        now, rule = self._account.clock.now(), self._account.exchange.not_found
        denied = self._denied.setdefault(order.id, _Denied(0, now))
        denied.times += 1
        enough = (now - denied.since).total_seconds() >= rule.seconds and denied.times >= rule.times
        if not enough:
            return False
        if order.id not in self._accepted and self._has_traces(order, fills):
            return False
        del self._denied[order.id]
        return True

    def _has_traces(self, order: Order, fills: Iterable[Fill]) -> bool:
        """Whether something looks as if the order had been executed after all."""
        valuation = self._valuation
        if valuation.problem or not valuation.has_answered:
            return True
        if any(self._may_be_of(order, fill) for fill in fills):
            return True
        sign = 1 if order.side is Side.BUY else -1
        if self._account.exchange.is_margined:
            return sign * self._contract_difference(order) > 0
        base, quote = order.pair.base, order.pair.quote
        came, went = valuation.difference(base), valuation.difference(quote)
        return sign * came > 0 and sign * went < 0

    def _may_be_of(self, order: Order, fill: Fill) -> bool:
        return (
            fill.pair == order.pair
            and fill.side is order.side
            and fill.at >= order.created_at - CLOCK_LEEWAY
            and not self._account.ledger.has_fill(fill)
        )

    def _contract_difference(self, order: Order) -> float:
        held = self._account.ledger.position(self._account.name, order.pair)
        seen: VenuePosition | None = self._valuation.contracts.get(order.pair)
        there = seen.quantity if seen is not None else 0
        return float(there - (held.signed_quantity if held is not None else 0))
