"""Market analysis: analyses, quotes and scans, computed from the venue's candles."""

from __future__ import annotations

import asyncio
from typing import Literal

from kit_tui.commands.command import Context, Effect, Skill, command
from kit_tui.domain.cards import QuoteCard, Reply
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import Price
from kit_tui.domain.pair import Pair
from kit_tui.skills import wording
from kit_tui.skills.market_analysis.collect import Inputs, collect
from kit_tui.skills.market_analysis.settings import AnalysisSettings, read_settings

# Must name the keys of `domain.market_data.TIMEFRAME_SECONDS`; a test compares them.
Timeframe = Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]


class MarketAnalysis(Skill):
    """Technical analysis, quotes and scans from the venue's own candles."""

    name = "market-analysis"
    version = "1.0.0"

    @command("analyze", effect=Effect.READS, aliases=("analyse", "ta"), tool="get_analysis")
    async def analyze(self, ctx: Context, pair: Pair, timeframe: Timeframe | None = None) -> Reply:
        """Analyse a market: trend, momentum, volatility, levels and a bias with its reasons.

        Uses closed candles only. Time frames: 1m 5m 15m 30m 1h 4h 1d 1w.
        """
        settings = read_settings(self.config)
        inputs = await collect(ctx, pair, timeframe or settings.default_timeframe, settings)
        return await asyncio.to_thread(_analysis, inputs, settings)

    @command(
        "recommend", effect=Effect.READS, aliases=("idea",), tool="get_trade_idea", private=True
    )
    async def recommend(
        self, ctx: Context, pair: Pair, timeframe: Timeframe | None = None
    ) -> Reply:
        """What to do with a market: a long entry with stop, target and size, or no trade and why.

        From the same figures as /analyze. The size risks 1 % of equity within the account's limits.
        """
        from kit_tui.skills.market_analysis.recommend import recommendation

        settings = read_settings(self.config)
        inputs = await collect(ctx, pair, timeframe or settings.default_timeframe, settings)
        return await recommendation(
            ctx, inputs, await asyncio.to_thread(_analysis, inputs, settings)
        )

    @command("price", effect=Effect.READS, aliases=("quote", "p"))
    async def price(self, ctx: Context, pair: Pair) -> Reply:
        """Show a market's present price with its source and age."""
        ticker = await ctx.market.ticker(pair)
        age = ticker.age(ctx.clock.now())
        card = QuoteCard(
            pair=pair, venue=ticker.venue, price=ticker.last, bid=ticker.bid, ask=ticker.ask,
            change_24h=ticker.change_24h, age_s=age,
        )  # fmt: skip
        return Reply(text=_quote(ticker, age), cards=(card,))

    @command("chart", effect=Effect.READS, model=False)
    async def chart(self, ctx: Context, pair: Pair, timeframe: Timeframe | None = None) -> Reply:
        """Chart a market: its newest candles, with your own entry, stop, target and orders.

        A picture on the phone, the chart pane on this screen, characters on the command line.
        Time frames: 1m 5m 15m 30m 1h 4h 1d 1w.
        """
        from kit_tui.skills.market_analysis.chart import chart

        settings = read_settings(self.config)
        return await chart(ctx, pair, timeframe or settings.default_timeframe)

    @command("scan", effect=Effect.READS, tool="scan_watchlist")
    async def scan(self, ctx: Context, timeframe: Timeframe | None = None) -> Reply:
        """Compare the markets of the watchlist: trend, RSI, ADX and volume against usual."""
        from kit_tui.skills.market_analysis.scan import scan

        settings = read_settings(self.config)
        return await scan(ctx, timeframe or settings.default_timeframe)


def _analysis(inputs: Inputs, settings: AnalysisSettings) -> Reply:
    """Compute and word an analysis; runs in a thread, since TA-Lib's first import takes a while."""
    from kit_tui.skills.market_analysis.report import report

    return report(inputs, settings)


def _quote(ticker: Ticker, age: float) -> str:
    """`**BTC/USDT** 67,012.40, +1.20% in 24 h; bid …, ask … (binance, 2 s old)`."""
    parts = [f"**{ticker.pair}** {_shown(ticker.last)}"]
    if ticker.change_24h is not None:
        parts.append(f"{wording.percent(ticker.change_24h)} in 24 h")
    if ticker.bid is not None and ticker.ask is not None:
        parts.append(f"bid {_shown(ticker.bid)}, ask {_shown(ticker.ask)}")
    return f"{'; '.join(parts)} ({ticker.venue}, {wording.span(age)} old)"


def _shown(price: Price) -> str:
    return wording.price(price.normalize())
