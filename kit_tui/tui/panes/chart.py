"""The chart of one market with what we hold in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Region, Size
from textual.widget import Widget

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.pair import Pair
from kit_tui.state.slices import (
    CANDLES,
    FILLS,
    ORDERS,
    POSITIONS,
    SESSION,
    TICKERS,
    candles_key,
)
from kit_tui.tui import formats
from kit_tui.tui.bars.status import gain_role
from kit_tui.tui.panes.base import Pane
from kit_tui.tui.panes.content import PaneContent, opening, stale_mark
from kit_tui.tui.spans import Row, cut, row, width_of
from kit_tui.tui.view import View

if TYPE_CHECKING:
    from kit_tui.tui.chart.levels import ChartFill, ChartLevel
    from kit_tui.tui.widgets.candle_chart import CandleChart

TIMEFRAMES = ("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w")


class ChartPane(Pane):
    """Pane 2. The candle widget loads numpy with its first candles."""

    NUMBER, NAME = "2", "Chart"
    HINTS = ("t frame", "± zoom", "< > pan", "e overlays", "i RSI MACD", "l log")
    WATCHES = (SESSION, CANDLES, TICKERS, POSITIONS, ORDERS, FILLS)
    HELP = "Candles of one market with entries, stops and own fills."

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._chart: CandleChart | None = None

    @property
    def chart(self) -> CandleChart:
        """The candles; loaded right after the first paint, which has none to draw."""
        if self._chart is None:
            from kit_tui.tui.widgets.candle_chart import CandleChart

            self._chart = CandleChart(id="candles")
            self._chart.display = False
        return self._chart

    async def furnish(self) -> None:
        if not self.chart.is_attached:
            await self.mount(self.chart)

    def arrange_children(self, size: Size) -> dict[Widget, Region]:
        if self._chart is None or size.height < 6 or size.width < 12:
            return {}
        return {self._chart: Region(1, 1, size.width - 2, size.height - 2)}

    def content(self, view: View) -> PaneContent:
        pair, timeframe = self.kit.chart_pair, self.kit.timeframe
        if view.opening:
            return opening(view, "Candles of one market, with what you hold in it.")
        candles = (view.get(CANDLES) or {}).get(candles_key(pair, timeframe))
        ticker = (view.get(TICKERS) or {}).get(pair)
        summary = chart_summary(view, pair, timeframe, ticker)
        if candles is None or not len(candles):
            self.chart.display = False
            return PaneContent(
                subject=self._subject(view, pair, timeframe), right=row(("loading…", "muted")),
                head=[row((f"No candles of {pair} yet.", "muted"))], summary=summary,
            )  # fmt: skip
        chart = self.chart
        chart.display = True
        chart.set_candles(candles, tick=view.tick(pair))
        chart.set_last_price(ticker.last if ticker else None)
        chart.set_levels(self._levels(view, pair))
        chart.set_fills(self._fills(view, pair))
        age = ticker.age(view.now) if ticker else view.age_of(candles.received_at)
        chart.set_stale(age is None or age > view.stale_after)
        right = stale_mark(age, view.stale_after, self._right(view, pair, ticker))
        subject = self._subject(view, pair, timeframe)
        return PaneContent(subject=subject, right=right, summary=summary)

    def _subject(self, view: View, pair: Pair, timeframe: str) -> Row:
        caption = self.chart.caption if self.chart.display and view.width >= 56 else ""
        extra = f" · {caption}" if caption else ""
        return row((str(pair), "strong"), (f"  {timeframe}{extra}", "muted"))

    def _right(self, view: View, pair: Pair, ticker: Ticker | None) -> Row:
        chart = self.chart
        if chart.crosshair_active and chart.readout is not None:
            return row((chart.readout.text(max(10, view.width - 34)), "fg"))
        if ticker is None:
            return ()
        tick = view.tick(pair)
        high, low = formats.price(ticker.high_24h, tick), formats.price(ticker.low_24h, tick)
        last = formats.price(ticker.last, tick)
        mark = row(
            (last, "strong"), (f" {formats.arrow(ticker.change_24h)}", gain_role(ticker.change_24h))
        )
        if view.width < 56 or ticker.high_24h is None or ticker.low_24h is None:
            return mark
        return row(("H ", "muted"), (high, "fg"), ("  L ", "muted"), (low, "fg"))

    def _levels(self, view: View, pair: Pair) -> list[ChartLevel]:
        from kit_tui.tui.chart.levels import ChartLevel

        levels: list[ChartLevel] = []
        for marked in view.get(POSITIONS) or ():
            held = marked.position
            if held.pair != pair:
                continue
            if held.entry_price is not None:
                levels.append(ChartLevel("entry", held.entry_price))
            if held.stop_price is not None:
                levels.append(ChartLevel("stop", held.stop_price))
            if held.take_profit_price is not None:
                levels.append(ChartLevel("take", held.take_profit_price))
            if held.liquidation_price is not None:
                levels.append(ChartLevel("liquidation", held.liquidation_price))
        return levels

    def _fills(self, view: View, pair: Pair) -> list[ChartFill]:
        from kit_tui.tui.chart.levels import ChartFill

        return [
            ChartFill(fill.at, fill.price, "buy" if fill.side.value == "buy" else "sell")
            for fill in view.get(FILLS) or ()
            if fill.pair == pair
        ]

    def hints(self) -> tuple[str, ...]:
        bars = self._chart.bars if self._chart is not None else 0
        return (*((f"{bars} bars",) if bars else ()), *self.HINTS)

    def on_candle_chart_crosshair_moved(self) -> None:
        self.redraw()

    def on_candle_chart_caption_changed(self) -> None:
        self.redraw()

    def on_focus(self) -> None:
        super().on_focus()
        if self._chart is not None and self._chart.display:
            self._chart.focus()


def chart_summary(view: View, pair: Pair, timeframe: str, ticker: Ticker | None) -> Row:
    """The chart in one line, for low screens."""
    parts: list[tuple[str, str]] = [
        ("2", "muted bold"),
        (f" {pair}", "fg"),
        (f" {timeframe}  ", "muted"),
    ]
    if ticker is not None:
        tick = view.tick(pair)
        change = f"{formats.arrow(ticker.change_24h)} {formats.percent(ticker.change_24h)}".strip()
        parts += [
            (formats.price(ticker.last, tick), "strong"),
            (f" {change}", gain_role(ticker.change_24h)),
        ]
        if ticker.high_24h is not None and ticker.low_24h is not None:
            span = f"  {formats.price(ticker.low_24h, tick)}–{formats.price(ticker.high_24h, tick)}"
            if width_of(parts) + len(span) <= view.width + 4:
                parts.append((span, "muted"))
    return cut(tuple(parts), view.width + 4)
