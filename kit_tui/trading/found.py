"""What a pass of reconciliation found."""

from __future__ import annotations

import msgspec
from msgspec import field

from kit_tui.domain.orders import Fill, Order, OrderStatus
from kit_tui.domain.pair import Pair

# What an order may yet do to the balances before anybody has told us.
IN_FLIGHT = frozenset({OrderStatus.SUBMITTED, OrderStatus.UNKNOWN, OrderStatus.PENDING_CANCEL})


class Reconciled(msgspec.Struct):
    """Pairs whose holdings may have changed, entries that were lost, and what is not told yet.

    `unsettled` are pairs where the venue has filled more than it has told executions of;
    `sold_outside` are sales of others which this pass has counted.
    """

    pairs: set[Pair] = field(default_factory=set)
    lost: list[Order] = field(default_factory=list)
    problem: str = ""
    unsettled: set[Pair] = field(default_factory=set)
    sold_outside: list[Fill] = field(default_factory=list)
