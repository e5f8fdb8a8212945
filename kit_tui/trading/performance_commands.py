"""Commands about what trading has earned, each answered from the journal."""

from __future__ import annotations

from collections.abc import Callable

from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain import performance as figures
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.errors import UsageError
from kit_tui.domain.periods import ALL_TIME, Period, Span, span_of, starts, zone_named
from kit_tui.domain.round_trips import AccountTrades
from kit_tui.state.slices import PORTFOLIO, POSITIONS
from kit_tui.trading import performance_words as words
from kit_tui.trading.engine import TradingEngine
from kit_tui.trading.performance_words import Standing
from kit_tui.trading.trades import trades_of

NOTHING = "Nothing was traded yet."
MOST_PERIODS = 60
MOST_TRADES = 60


class PerformanceCommands:
    """Profit by span, period, pair, end and asker; closed trades and fees."""

    def __init__(self, engine: TradingEngine) -> None:
        self._engine = engine

    @command("profit", effect=Effect.READS, aliases=("pnl",), private=True)
    async def profit(self, ctx: Context, period: str = "") -> Reply:
        """Realised and unrealised profit, fees, win rate, expectancy, pairs, drawdown, volume.

        Of a span such as 1d (today), yesterday, 7d, last-month, ytd, or of all time without one.
        Money that was paid in or out is no profit. Unrealised profit is that of the positions open
        now.
        """
        trades, standing = await self._trades(), self._standing(ctx)
        span = span_of(period, ctx.clock.now(), standing.zone)
        found = figures.quotes(trades) or (self._engine.account.settings.reference,)
        cards = [words.profit_card(trades, quote, span, standing) for quote in found]
        flows = tuple(flow for flow in trades.flows if span.holds(flow.at))
        rows = words.money_rows(AccountTrades(flows=flows), standing)
        rows += words.equity_rows(standing, whole=span == ALL_TIME)
        cards.append(TableCard(title="The account", columns=("what", "figure"), rows=tuple(rows)))
        lines = [self._sentence(trades, quote, span, standing) for quote in found]
        return Reply(text="\n".join(lines), cards=tuple(cards))

    @command("daily", effect=Effect.READS, private=True)
    async def daily(self, ctx: Context, count: int = 7) -> Reply:
        """Realised profit, fees and trades of each of the last days."""
        return await self._periods(ctx, Period.DAY, count)

    @command("weekly", effect=Effect.READS, private=True)
    async def weekly(self, ctx: Context, count: int = 8) -> Reply:
        """Realised profit, fees and trades of each of the last weeks, which begin on Monday."""
        return await self._periods(ctx, Period.WEEK, count)

    @command("monthly", effect=Effect.READS, private=True)
    async def monthly(self, ctx: Context, count: int = 6) -> Reply:
        """Realised profit, fees and trades of each of the last months."""
        return await self._periods(ctx, Period.MONTH, count)

    @command("performance", effect=Effect.READS, private=True)
    async def performance(self, ctx: Context, period: str = "") -> Reply:
        """Realised profit by pair, the best first, with trades, win rate and the mean trade."""
        return await self._by_quote(ctx, period, lambda own, q: (words.pairs_card(own, q),))

    @command("stats", effect=Effect.READS, private=True)
    async def stats(self, ctx: Context, period: str = "") -> Reply:
        """Wins and losses by how trades ended, and how long they were held.

        A trade ends by its stop, its target, by hand, by a guard, by the kill switch, or outside.
        """

        def cards(own: AccountTrades, quote: str) -> tuple[TableCard, ...]:
            return words.ends_card(own, quote), words.times_card(own)

        return await self._by_quote(ctx, period, cards, closed=True)

    @command("entries", effect=Effect.READS, private=True)
    async def entries(self, ctx: Context, period: str = "") -> Reply:
        """Closed trades by who asked for their entry: the channel, what read it, autonomy."""

        def cards(own: AccountTrades, quote: str) -> tuple[TableCard, ...]:
            asked = ((trip.entry_asked, trip) for trip in own.closed)
            return (words.asked_card(asked, f"Entries, {quote}"),)

        return await self._by_quote(ctx, period, cards, closed=True)

    @command("exits", effect=Effect.READS, private=True)
    async def exits(self, ctx: Context, period: str = "") -> Reply:
        """Closed trades by who asked for their exit; stops, targets and guards need no ticket."""

        def cards(own: AccountTrades, quote: str) -> tuple[TableCard, ...]:
            asked = ((trip.exit_asked, trip) for trip in own.closed)
            return (words.asked_card(asked, f"Exits, {quote}"),)

        return await self._by_quote(ctx, period, cards, closed=True)

    @command("trades", effect=Effect.READS, aliases=("history",), private=True)
    async def trades(self, ctx: Context, count: int = 10) -> Reply:
        """The newest closed trades: entry, exit, profit, how each ended, how long it was held."""
        number = _within(count, MOST_TRADES)
        closed = (await self._trades()).closed
        if not closed:
            return Reply(text="No trade was closed yet.")
        shown, standing = closed[-number:], self._standing(ctx)
        card = words.trades_card(shown, standing.zone, standing.timezone)
        said = f"The newest {len(shown)} of {len(closed)} closed trades, fees included."
        return Reply(text=said if len(closed) > 1 else "One closed trade.", cards=(card,))

    @command("fees", effect=Effect.READS, private=True)
    async def fees(self, ctx: Context, period: str = "") -> Reply:
        """Fees paid: in each currency as the venue took them, their worth, and share of volume."""
        return await self._by_quote(ctx, period, lambda own, q: (words.fees_card(own.gains, q),))

    # -- inside --------------------------------------------------------------------------------

    async def _trades(self) -> AccountTrades:
        return await trades_of(self._engine.account)

    def _standing(self, ctx: Context) -> Standing:
        account = self._engine.account
        timezone = account.settings.timezone
        return Standing(
            positions=ctx.store.get(POSITIONS) or (), portfolio=ctx.store.get(PORTFOLIO),
            paid_in=account.book.flow_total, zone=zone_named(timezone), timezone=timezone,
        )  # fmt: skip

    def _sentence(self, trades: AccountTrades, quote: str, span: Span, standing: Standing) -> str:
        own = figures.within(trades, quote, span)
        done, open_now = figures.record(own.closed), words.unrealised(quote, standing.positions)
        return (
            f"**Realised {words.signed(figures.realised(own.gains))} {quote}** in "
            f"{done.trades} closed trade{'' if done.trades == 1 else 's'}, unrealised now "
            f"{words.signed(open_now[0])} {quote}."
        )

    async def _periods(self, ctx: Context, period: Period, count: int) -> Reply:
        number = _within(count, MOST_PERIODS)
        trades, standing = await self._trades(), self._standing(ctx)
        if not trades.gains:
            return Reply(text=NOTHING)
        begins = starts(period, number, ctx.clock.now(), standing.zone)
        cards = [
            words.period_card(
                figures.parts(figures.within(trades, quote), begins), period, quote, standing
            )
            for quote in figures.quotes(trades)
        ]
        said = f"The last {number} {period.value}s" if number > 1 else f"This {period.value}"
        return Reply(text=f"{said}, fees included.", cards=tuple(cards))

    async def _by_quote(
        self,
        ctx: Context,
        period: str,
        cards: Callable[[AccountTrades, str], tuple[TableCard, ...]],
        *,
        closed: bool = False,
    ) -> Reply:
        """One answer per quote currency; amounts of two do not add up."""
        trades, standing = await self._trades(), self._standing(ctx)
        span = span_of(period, ctx.clock.now(), standing.zone)
        found: list[TableCard] = []
        for quote in figures.quotes(trades):
            own = figures.within(trades, quote, span)
            if own.closed if closed else own.gains:
                found += cards(own, quote)
        when = f" {said}" if (said := span.in_words(standing.zone)) else ""
        if not found:
            nothing = "No trade was closed" if closed else "Nothing was traded"
            return Reply(text=f"{nothing}{when or ' yet'}.")
        return Reply(
            text=f"{self._engine.account.name}{when or ', since ever'}.", cards=tuple(found)
        )


def _within(count: int, most: int) -> int:
    if count < 1:
        raise UsageError("How many? At least one.", hint="For instance /daily 7")
    return min(count, most)
