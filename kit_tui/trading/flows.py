"""Deposits and withdrawals: what the venue holds beyond what flows and fills add up to.

On a margined account small differences of the wallet while positions are open are funding: profit
or loss, and no flow.
"""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.events import AccountOpened, EquityPeaked, Event, FlowRecorded
from kit_tui.domain.numbers import ZERO
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.found import IN_FLIGHT, Reconciled
from kit_tui.trading.sender import Sender
from kit_tui.trading.valuation import Valuation

# Venues round balances; what is worth less than this in reference currency is not a flow.
NEGLIGIBLE = Decimal("0.01")
# One payment of funding is a small share of what the positions are worth.
FUNDING_SHARE = Decimal("0.01")


class Flows:
    """Opens an account's books and notices money that comes in or goes out."""

    def __init__(self, account: TradingAccount, valuation: Valuation, sender: Sender) -> None:
        self._account = account
        self._valuation = valuation
        self._sender = sender
        self._seen_before: dict[str, Decimal] = {}
        self._exposure = ZERO

    async def record(self, reconciled: Reconciled) -> bool:
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
        exposure = max(self._exposure, self._exposure_now())
        self._exposure = self._exposure_now()
        found = self._differences()
        flying = any(order.status in IN_FLIGHT for order in account.open_orders())
        if flying or reconciled.unsettled:
            self._seen_before = {}  # it may be the order's doing, or a withdrawal beside it
        steady = {c: d for c, d in found.items() if self._seen_before.get(c) == d}
        was, valuation.unexplained = valuation.unexplained, bool(found.keys() - steady.keys())
        if not flying and not reconciled.unsettled:
            self._seen_before = {c: d for c, d in found.items() if c not in steady}
        if not steady:
            return was != valuation.unexplained
        funding = {c: d for c, d in steady.items() if self._is_funding(c, d, exposure)}
        flows = {c: d for c, d in steady.items() if c not in funding}
        events: list[Event] = [self._funding(c, amount) for c, amount in funding.items()]
        if flows:
            events += self._events(flows, portfolio.equity, portfolio.peak_equity)
        await self._sender.record(*events)
        for currency, amount in flows.items():
            way = "came in" if amount > 0 else "went out"
            self._sender.notice(
                "flow", f"{abs(amount).normalize():f} {currency} {way}: neither profit nor loss."
            )
        return True

    def _differences(self) -> dict[str, Decimal]:
        valuation, found = self._valuation, dict[str, Decimal]()
        held = {balance.currency for balance in valuation.balances}
        for currency in sorted(held | self._account.book.balances.keys()):
            difference = valuation.difference(currency) - self._realised_apart(currency)
            rate = valuation.known_rate(currency) or ZERO
            if abs(difference * rate) >= NEGLIGIBLE:
                found[currency] = difference
        return found

    def _realised_apart(self, currency: str) -> Decimal:
        """Profit of contracts that the venue has realised and we have not yet, or too early.

        At average cost that depends on which execution came first, and some reach us late. What
        is realised sooner is in the cost of the open position, so that nothing is missing.
        """
        account, apart = self._account, ZERO
        for pair, seen in self._valuation.contracts.items():
            held = account.ledger.position(account.name, pair)
            same = held is not None and held.signed_quantity == seen.quantity and held.cost_known
            if held is not None and same and pair.settle == currency and seen.entry_price:
                apart += seen.entry_price * seen.quantity - held.cost
        return apart

    async def _open(self) -> bool:
        account, now = self._account, self._account.clock.now()
        opened = AccountOpened(account=account.name, mode=account.mode, venue=account.venue, at=now)
        flows = [
            self._flow(balance.currency, balance.total, "held when the account was opened")
            for balance in self._valuation.balances
            # What has no price is not in equity; should it get one, that is a flow then.
            if balance.total != 0 and self._valuation.known_rate(balance.currency) is not None
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
            value=amount * (self._valuation.known_rate(currency) or ZERO),
        )

    def _exposure_now(self) -> Decimal:
        """What open contracts are worth, in reference currency."""
        if not self._account.exchange.is_margined:
            return ZERO
        values = (
            (held.notional or ZERO) * (self._valuation.known_rate(held.position.pair.quote) or ZERO)
            for held in self._valuation.positions
        )
        return sum(values, ZERO)

    def _is_funding(self, currency: str, amount: Decimal, exposure: Decimal) -> bool:
        worth = abs(amount) * (self._valuation.known_rate(currency) or ZERO)
        return 0 < worth <= exposure * FUNDING_SHARE

    def _funding(self, currency: str, amount: Decimal) -> FlowRecorded:
        """Expected from now on, and neither deposit nor withdrawal: it stays profit or loss."""
        return FlowRecorded(
            account=self._account.name, currency=currency, amount=amount, note="funding",
            at=self._account.clock.now(), value=ZERO,
        )  # fmt: skip
