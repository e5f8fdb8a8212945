"""Portfolio tracker: what the account holds, what it is worth, and how the day goes."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from kit_tui.commands.command import Context, Effect, Skill, command
from kit_tui.domain.cards import OrdersCard, PortfolioCard, PositionsCard, Reply, RiskCard
from kit_tui.domain.numbers import ZERO, exact
from kit_tui.skills.portfolio_tracker.words import (
    NOT_YET,
    DayBook,
    balance_card,
    balance_text,
    is_unread,
    portfolio_text,
    report_text,
)
from kit_tui.state.slices import ORDERS, PORTFOLIO, POSITIONS, RISK


class PortfolioTracker(Skill):
    """What the account holds, what it is worth, and how the day goes."""

    name = "portfolio-tracker"
    version = "1.0.0"

    @command("portfolio", effect=Effect.READS, aliases=("holdings", "equity"), private=True)
    async def portfolio(self, ctx: Context) -> Reply:
        """Show equity, cash, the day's profit, drawdown and every holding with its share."""
        portfolio = ctx.store.get(PORTFOLIO)
        if portfolio is None or is_unread(portfolio):
            return Reply(text=NOT_YET, ok=False)
        text = portfolio_text(portfolio, ctx.clock.now(), self._stale_after, self._small)
        return Reply(text=text, cards=(PortfolioCard(portfolio),))

    @command("balance", effect=Effect.READS, private=True)
    async def balance(self, ctx: Context, coins: Literal["main", "full"] = "main") -> Reply:
        """Every coin with its total, what is free, and what it is worth; `full` shows dust too."""
        portfolio = ctx.store.get(PORTFOLIO)
        if portfolio is None or is_unread(portfolio):
            return Reply(text=NOT_YET, ok=False)
        small = ZERO if coins == "full" else self._small
        text = balance_text(portfolio, ctx.clock.now(), self._stale_after, small)
        return Reply(text=text, cards=(balance_card(portfolio, small),))

    @command("report", effect=Effect.READS, aliases=("morning", "summary"), private=True)
    async def report(self, ctx: Context) -> Reply:
        """Sum up the day: equity, profit, positions and their stops, orders, limits, data age."""
        portfolio = ctx.store.get(PORTFOLIO)
        if portfolio is None or is_unread(portfolio):
            return Reply(text=NOT_YET, ok=False)
        book = DayBook(
            portfolio=portfolio,
            positions=ctx.store.get(POSITIONS) or (),
            orders=tuple(order for order in ctx.store.get(ORDERS) or () if order.is_open),
            risk=ctx.store.get(RISK),
            now=ctx.clock.now(),
        )
        cards: list[PortfolioCard | PositionsCard | OrdersCard | RiskCard] = []
        cards.append(PortfolioCard(portfolio))
        if book.positions:
            cards.append(PositionsCard(book.positions))
        if book.orders:
            cards.append(OrdersCard(book.orders))
        if book.risk is not None:
            cards.append(RiskCard(book.risk))
        return Reply(text=report_text(book, self._stale_after), cards=tuple(cards))

    @property
    def _small(self) -> Decimal:
        return exact(self.config.get("small_holding", "1"))

    @property
    def _stale_after(self) -> float:
        return float(self.config.get("stale_after_s", 30))
