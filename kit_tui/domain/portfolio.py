"""Balances and what they are worth."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from kit_tui.domain.numbers import ZERO, exact


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue says one account holds of one currency."""

    currency: str
    total: Decimal
    free: Decimal

    def __post_init__(self) -> None:
        exact(self.total)
        exact(self.free)

    @property
    def locked(self) -> Decimal:
        return self.total - self.free


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A balance with its worth in the reference currency; None when no price is known."""

    currency: str
    venue: str
    total: Decimal
    free: Decimal
    price: Decimal | None
    value: Decimal | None
    stale: bool = False


class Portfolio(msgspec.Struct, frozen=True, kw_only=True):
    """An account's worth at one moment, in `reference` currency.

    `equity` sums what is priced; `complete` is False when anything is unpriced, stale or not
    reconciled, and then guards must not act on it. `flow` is net deposits since the day began: the
    day's profit leaves them out. `peak_equity` has flows in it already, because the ledger moves
    the peak along with every deposit and withdrawal.
    """

    account: str
    reference: str
    equity: Decimal
    cash: Decimal
    holdings: tuple[Holding, ...]
    day_start_equity: Decimal
    peak_equity: Decimal
    flow: Decimal = ZERO
    complete: bool = True
    as_of: datetime

    @property
    def day_pnl(self) -> Decimal:
        return self.equity - self.day_start_equity - self.flow

    @property
    def day_base(self) -> Decimal:
        """What the day's limits count from: the equity it began with and what came in since."""
        return self.day_start_equity + self.flow

    @property
    def day_fraction(self) -> Decimal:
        """Profit of the day as a fraction of `day_base`."""
        return self.day_pnl / self.day_base if self.day_base > 0 else ZERO

    @property
    def drawdown(self) -> Decimal:
        """Fall from the peak as a fraction of the peak, zero or more."""
        if self.peak_equity <= 0:
            return ZERO
        return max(ZERO, (self.peak_equity - self.equity) / self.peak_equity)
