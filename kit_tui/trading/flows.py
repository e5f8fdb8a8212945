"""Deposits and withdrawals: what the venue holds beyond what flows and fills add up to."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.events import AccountOpened, EquityPeaked, Event, FlowRecorded
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.orders import OrderStatus
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.sender import Sender
from kit_tui.trading.valuation import Valuation

# Venues round balances; what is worth less than this in reference currency is not a flow.
NEGLIGIBLE = Decimal("0.01")
_IN_FLIGHT = frozenset({OrderStatus.SUBMITTED, OrderStatus.UNKNOWN, OrderStatus.PENDING_CANCEL})


class Flows:
    """Opens an account's books and notices money that comes in or goes out."""

    def __init__(self, account: TradingAccount, valuation: Valuation, sender: Sender) -> None:
        self._account = account
        self._valuation = valuation
        self._sender = sender
        self._seen_before: dict[str, Decimal] = {}

    async def record(self) -> bool:
        """Journal what came or went; returns whether the account must be valued anew.

        A difference counts when it is the same in two looks in a row and nothing is in flight: an
        execution may reach the balances before it reaches us. Between the two looks equity is
        unexplained, so that no guard takes a withdrawal for a loss.
        """
        account, valuation = self._account, self._valuation
        portfolio = valuation.portfolio
        if portfolio is None or not valuation.reconciled or valuation.problem:
            return False
        if not account.book.balances:
            return portfolio.complete and await self._open()
        if any(order.status in _IN_FLIGHT for order in account.open_orders()):
            self._seen_before = {}
            return False
        found = self._differences()
        steady = {c: d for c, d in found.items() if self._seen_before.get(c) == d}
        was, valuation.unexplained = valuation.unexplained, bool(found.keys() - steady.keys())
        self._seen_before = {c: d for c, d in found.items() if c not in steady}
        if not steady:
            return was != valuation.unexplained
        await self._sender.record(*self._events(steady, portfolio.equity, portfolio.peak_equity))
        for currency, amount in steady.items():
            way = "came in" if amount > 0 else "went out"
            self._sender.notice(
                "flow", f"{abs(amount).normalize():f} {currency} {way}: neither profit nor loss."
            )
        return True

    def _differences(self) -> dict[str, Decimal]:
        expected = self._account.book.balances
        actual = {balance.currency: balance.total for balance in self._valuation.balances}
        found: dict[str, Decimal] = {}
        for currency in sorted(actual.keys() | expected.keys()):
            difference = actual.get(currency, ZERO) - expected.get(currency, ZERO)
            rate = self._valuation.rates.get(currency, ZERO)
            if abs(difference * rate) >= NEGLIGIBLE:
                found[currency] = difference
        return found

    async def _open(self) -> bool:
        account, now = self._account, self._account.clock.now()
        opened = AccountOpened(account=account.name, mode=account.mode, venue=account.venue, at=now)
        flows = [
            self._flow(balance.currency, balance.total, "held when the account was opened")
            for balance in self._valuation.balances
            if balance.total > 0
        ]
        if not flows:
            return False
        await self._sender.record(opened, *flows)
        return True

    def _events(self, flows: dict[str, Decimal], equity: Decimal, peak: Decimal) -> list[Event]:
        events = [
            self._flow(currency, amount, "on the venue") for currency, amount in flows.items()
        ]
        worth = sum((event.value or ZERO for event in events), ZERO)
        before = equity - worth
        # The drawdown, a fraction, is the same after the flow as it was before.
        kept = peak * equity / before if before > 0 else equity
        peaked = EquityPeaked(
            account=self._account.name, equity=kept, rebased=True, at=self._account.clock.now()
        )
        return [*events, peaked]

    def _flow(self, currency: str, amount: Decimal, note: str) -> FlowRecorded:
        return FlowRecorded(
            account=self._account.name,
            currency=currency,
            amount=amount,
            note=note,
            at=self._account.clock.now(),
            value=amount * self._valuation.rates.get(currency, ZERO),
        )
