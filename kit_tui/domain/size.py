"""A size for an entry with a stop, and the limit that shrank it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import Verdict
from kit_tui.domain.ticket import OrderDraft


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """A size for an entry with a stop; `risk` is a fraction of `equity`, in reference currency.

    `wanted` is the quantity at which a stop-out loses just that, `quantity` what the limits leave
    of it, and `cap` names the check that shrank it (empty: none). `notional` and `loss` are in
    quote currency, fees not counted. `draft` is the order at that size, None when it is none.
    """

    pair: Pair
    side: Side
    entry: Price
    stop: Price
    risk: Decimal
    equity: Decimal
    reference: str
    wanted: Quantity
    quantity: Quantity
    cap: str
    verdict: Verdict
    verdict_wanted: Verdict
    draft: OrderDraft | None

    @property
    def notional(self) -> Decimal:
        return self.quantity * self.entry

    @property
    def loss(self) -> Decimal:
        """What a stop-out loses, in quote currency."""
        return self.quantity * abs(self.entry - self.stop)
