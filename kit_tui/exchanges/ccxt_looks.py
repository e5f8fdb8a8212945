"""What was seen of an account last, so that it is not asked again when limits are short.

Every order of a spot account locks or frees coins. As long as no balance moved and nothing was
sent, its working orders are those of the last look; that is believed for half a minute at most.
"""

from __future__ import annotations

from collections.abc import Sequence

from kit_tui.domain.portfolio import Balance
from kit_tui.exchanges.base import VenueOrder

BALANCES_S = 2.0
ORDERS_S = 30.0


class LastLooks:
    """Balances and working orders as last seen, and what was sent since."""

    def __init__(self) -> None:
        self._sent = 0
        self._balances: tuple[Balance, ...] | None = None
        self._balances_at = self._orders_at = 0.0
        self._balances_sent = self._orders_sent = -1
        self._orders: tuple[VenueOrder, ...] = ()
        self._orders_balances: tuple[Balance, ...] | None = None

    def note_sent(self) -> None:
        """Something was sent that may change the account: nothing seen before counts."""
        self._sent += 1

    def note_balances(self, balances: Sequence[Balance], now: float) -> None:
        self._balances, self._balances_at = tuple(balances), now
        self._balances_sent = self._sent

    def note_orders(self, orders: Sequence[VenueOrder], now: float) -> None:
        """All working orders, looked at after the balances."""
        self._orders, self._orders_at, self._orders_sent = tuple(orders), now, self._sent
        self._orders_balances = self.balances(now)

    def balances(self, now: float) -> tuple[Balance, ...] | None:
        """The balances, if they were seen just now."""
        is_new = now - self._balances_at <= BALANCES_S and self._balances_sent == self._sent
        return self._balances if is_new else None

    def orders(self, now: float) -> tuple[VenueOrder, ...] | None:
        """The working orders, if nothing can have changed them."""
        seen = self.balances(now)
        if seen is None or seen != self._orders_balances or self._orders_sent != self._sent:
            return None
        return self._orders if now - self._orders_at <= ORDERS_S else None
