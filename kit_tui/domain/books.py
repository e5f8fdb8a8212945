"""What one account should hold in every currency, and the marks its limits count from."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import field

from kit_tui.domain.numbers import ZERO
from kit_tui.domain.orders import Fill, Side


class AccountBook(msgspec.Struct):
    """What is known of one account: equity marks, flows and the day's trades.

    `balances` is what flows and fills add up to in every currency; what the venue holds beyond
    that came from elsewhere. Flows are counted in the reference currency, and `rates` are the
    prices they were last counted at. `unasked_orders` and `unasked_worth` are what was sent without
    asking on the trading day `unasked_day`.
    """

    account: str
    day: str = ""
    day_start_equity: Decimal = ZERO
    peak_equity: Decimal = ZERO
    flow_today: Decimal = ZERO
    flow_total: Decimal = ZERO
    trades_today: int = 0
    balances: dict[str, Decimal] = field(default_factory=dict)
    opened_at: datetime | None = None
    rates: dict[str, Decimal] = field(default_factory=dict)
    unasked_day: str = ""
    unasked_orders: int = 0
    unasked_worth: Decimal = ZERO

    def sent_unasked(self, day: str, worth: Decimal) -> None:
        """Count an order that was sent without asking; a later day begins at nothing."""
        if day > self.unasked_day:
            self.unasked_day, self.unasked_orders, self.unasked_worth = day, 0, ZERO
        self.unasked_orders += 1
        self.unasked_worth += worth

    def receive(self, currency: str, amount: Decimal) -> None:
        """Add to what the account should hold of a currency."""
        self.balances[currency] = self.balances.get(currency, ZERO) + amount

    def flow(self, currency: str, amount: Decimal, value: Decimal | None) -> None:
        """Money that came or went: a withdrawal is no drawdown, a deposit no recovery."""
        worth = amount if value is None else value
        self.flow_today += worth
        self.flow_total += worth
        if self.peak_equity > 0:
            self.peak_equity = max(ZERO, self.peak_equity + worth)
        if value and amount:
            self.rates[currency] = value / amount
        self.receive(currency, amount)

    def settle(self, fill: Fill, gained: Decimal, fee_value: Decimal | None) -> None:
        """What a fill moves: coins for money on spot; on contracts only profit and fees.

        `gained` is what the position realised by it, fees included.
        """
        pair, sign = fill.pair, 1 if fill.side is Side.BUY else -1
        if not pair.settle:
            self.receive(pair.base, sign * fill.quantity)
            self.receive(pair.quote, -sign * fill.notional)
            self.receive(fill.fee_currency, -fill.fee)
            return
        charged = fill.fee if fill.fee_currency == pair.quote else fee_value or ZERO
        self.receive(pair.settle, gained + charged)
        self.receive(fill.fee_currency, -fill.fee)
