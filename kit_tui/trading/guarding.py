"""Acts on what the guards decide, and keeps the marks of the day they decide by."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from kit_tui.domain.events import (
    KILLED,
    DayRebased,
    DayStarted,
    EquityPeaked,
    Event,
    NoticeRecorded,
)
from kit_tui.domain.numbers import ZERO, exact, plain
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Portfolio
from kit_tui.risk.checks import DAILY_LOSS_LIMIT, DRAWDOWN
from kit_tui.risk.guards import Breach, GuardAction, breaches, reductions
from kit_tui.state.slices import TICKERS
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.believing import quoted
from kit_tui.trading.exits import Exits
from kit_tui.trading.publish import REDUCE_PLAN, local_day
from kit_tui.trading.sender import Sender
from kit_tui.trading.state_of_trading import BY_GUARD, StateOfTrading
from kit_tui.trading.valuation import Valuation

NOTHING = "-"
PEAK_STEP = Decimal("1.001")
PEAK_EVERY_S = 60.0
NAMES = {DAILY_LOSS_LIMIT: "The day's loss", DRAWDOWN: "The drawdown"}


class Guarding:
    """Marks equity and carries out breaches for one account. Callers hold the lock."""

    def __init__(
        self,
        account: TradingAccount,
        valuation: Valuation,
        state: StateOfTrading,
        sender: Sender,
        exits: Exits,
    ) -> None:
        self._account = account
        self._valuation = valuation
        self._state = state
        self._sender = sender
        self._exits = exits
        self._peaked_at = float("-inf")
        self._warned: set[tuple[str, str]] = set()
        self._seen: dict[str, datetime] = {}

    async def mark(self) -> bool:
        """Journal the day's first equity and new peaks; returns whether the marks moved."""
        portfolio, account = self._valuation.portfolio, self._account
        if portfolio is None or not portfolio.complete or portfolio.equity <= 0:
            return False
        now, book = account.clock.now(), account.book
        day = local_day(now, account.settings.timezone)
        if day > book.day:
            await self._sender.record(
                DayStarted(account=account.name, day=day, equity=portfolio.equity, at=now)
            )
            await self._next_day(day)
            return True
        return await self._peak(portfolio)

    async def act(self) -> None:
        """Carry out what present equity demands; on partial equity nothing.

        A halt takes nothing from anybody and acts on the first look at quotes that agree with
        themselves. Otherwise, and before anything is sold, two looks in a row have to find it, each
        at prices of its own: one bad print halts and sells nothing.
        """
        portfolio = self._valuation.portfolio
        if portfolio is None:
            return
        found = breaches(portfolio, self._account.settings.risk_manager)
        priced_at = self._priced_at(portfolio)
        for breach in found:
            is_second = self._seen.get(breach.guard, priced_at) < priced_at
            if is_second or (breach.action is not GuardAction.REDUCE and self._is_quoted()):
                await self._carry_out(breach)
        self._seen = {b.guard: self._seen.get(b.guard, priced_at) for b in found}
        # What a person wants closed does not wait for the price of some other coin.
        if portfolio.complete or self._plan().startswith(KILLED):
            await self._go_on_reducing()

    def _priced_at(self, portfolio: Portfolio) -> datetime:
        """How new the newest price is that equity was counted at."""
        quotes = (self._account.store.get(TICKERS) or {}).values()
        return max((quote.received_at for quote in quotes), default=portfolio.as_of)

    def _is_quoted(self) -> bool:
        """Whether the last price of everything held stands where its bid and ask are."""
        held = {balance.currency for balance in self._valuation.balances if balance.total}
        held |= {marked.position.pair.base for marked in self._valuation.positions}
        quotes = (self._account.store.get(TICKERS) or {}).values()
        return all(quoted(quote) is not None for quote in quotes if quote.pair.base in held)

    async def rebase(self) -> str:
        """Count limits that are still broken from present equity on; says which."""
        portfolio, account = self._valuation.portfolio, self._account
        if portfolio is None or not portfolio.complete:
            return "Equity is only partly known; limits stay as they are."
        now, events, said = account.clock.now(), list[Event](), list[str]()
        for breach in breaches(portfolio, account.settings.risk_manager):
            if breach.guard == DAILY_LOSS_LIMIT:
                events.append(DayRebased(account=account.name, equity=portfolio.equity, at=now))
            else:
                events.append(
                    EquityPeaked(
                        account=account.name, equity=portfolio.equity, rebased=True, at=now
                    )
                )
            said.append(
                f"{NAMES[breach.guard]} of {reports.percent(breach.value)} is still beyond "
                f"{reports.percent(breach.limit)}; it is counted from "
                f"{reports.money(portfolio.equity)} {portfolio.reference} now."
            )
        if events:
            await self._sender.record(*events)
        return " ".join(said)

    async def _peak(self, portfolio: Portfolio) -> bool:
        """A new peak, journalled sparsely: at 0.1 % more, or once a minute."""
        if portfolio.equity <= portfolio.peak_equity:
            return False
        elapsed = self._account.clock.monotonic() - self._peaked_at
        if portfolio.equity < portfolio.peak_equity * PEAK_STEP and elapsed < PEAK_EVERY_S:
            return False
        self._peaked_at = self._account.clock.monotonic()
        await self._sender.record(
            EquityPeaked(
                account=self._account.name,
                equity=portfolio.equity,
                at=self._account.clock.now(),
            )
        )
        return True

    async def _next_day(self, day: str) -> None:
        status, timezone = self._state.status, self._account.settings.timezone
        by_loss = status.by == _guard_name(DAILY_LOSS_LIMIT)
        # Another account may have halted today, while this one only now sees its first equity.
        earlier = status.since is not None and local_day(status.since, timezone) < day
        if by_loss and earlier and self._account.settings.risk_manager.resume_next_day:
            await self.forget_plan()
            await self._state.resume("a new trading day", "risk guard")
            self._sender.notice("resume", "A new trading day: trading is active again.")

    async def _carry_out(self, breach: Breach) -> None:
        what = (
            f"{NAMES[breach.guard]} of {reports.percent(breach.value)} has reached its limit of "
            f"{reports.percent(breach.limit)}"
        )
        if breach.action is GuardAction.WARN:
            self._warn_once(breach.guard, f"{what}: new entries are refused.")
            return
        restricted = self._state.restrict(breach.state, what, _guard_name(breach.guard))
        if restricted and breach.action is GuardAction.HALT:
            self._sender.notice(
                "halt", f"{what}. Trading is halted; exits, stops and cancels still work."
            )
        if breach.action is GuardAction.REDUCE and not self._plan():
            # Also when a halt came first: reducing is an exit, and exits always work.
            self._sender.notice("reduce", f"{what}. Exposure is reduced; no new entries.")
            await self._make_plan()

    def _warn_once(self, guard: str, text: str) -> None:
        key = (guard, self._account.book.day)
        if key not in self._warned:
            self._warned.add(key)
            self._sender.notice("limit", text)

    async def _make_plan(self) -> None:
        """Journal what each position may keep, so that a reduction outlives a restart."""
        valuation = self._valuation
        plan = reductions(
            valuation.positions, dict(valuation.markets),
            self._account.settings.risk_manager.reduce_to, valuation.rates,
        )  # fmt: skip
        held = {p.position.pair: p.position.quantity for p in valuation.positions}
        keeps = " ".join(f"{r.pair}={plain(held[r.pair] - r.quantity)}" for r in plan)
        await self._write_plan(keeps or NOTHING)

    async def forget_plan(self) -> None:
        """A person resumed: the next breach makes a plan of its own."""
        if self._plan():
            await self._write_plan("")

    async def _write_plan(self, text: str) -> None:
        account = self._account
        await self._sender.record(
            NoticeRecorded(
                kind=REDUCE_PLAN, text=text, account=account.name, at=account.clock.now()
            )
        )

    def _plan(self) -> str:
        """The reduction in force; empty when there is none."""
        return self._account.ledger.plans.get(self._account.name, "")

    async def _go_on_reducing(self) -> None:
        """Close what the newest plan of this restriction still wants closed."""
        closed: list[str] = []
        dust = {p.position.pair for p in self._valuation.positions if p.dust}
        for pair, keep in self._keeps().items():
            held = self._account.ledger.position(self._account.name, pair)
            if held is None or held.quantity <= keep or pair in dust:
                continue
            order, problem = await self._exits.close_now(pair, held.quantity - keep)
            if order is not None and order.filled > 0:
                closed.append(reports.filled_amount(order))
            if problem:
                self._warn_once(f"reduce {pair}", problem)
        if closed:
            self._sender.notice("reduce", f"To reduce exposure, closed {', '.join(closed)}.")

    def _keeps(self) -> dict[Pair, Decimal]:
        parts = (part.rsplit("=", 1) for part in self._plan().split() if "=" in part)
        return {Pair(pair): max(ZERO, exact(keep)) for pair, keep in parts}


def _guard_name(guard: str) -> str:
    return f"{guard}{BY_GUARD}"
