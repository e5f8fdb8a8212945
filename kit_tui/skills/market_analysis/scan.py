"""The watchlist at a glance: one row of figures per market."""

from __future__ import annotations

import asyncio

from kit_tui.commands.command import Context
from kit_tui.domain.candles import Candles
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.pair import Pair
from kit_tui.skills import wording

CANDLES = 150
AT_ONCE = 4
COLUMNS = ("pair", "close", "trend", "RSI", "ADX", "volume", "note")


async def scan(ctx: Context, timeframe: str) -> Reply:
    """A table of the watched markets, strongest momentum first; failures say why in their row."""
    pairs = ctx.watchlist.pairs()
    if not pairs:
        return Reply(text="The watchlist is empty. Add a market with `/watch PAIR`.")
    limit = asyncio.Semaphore(AT_ONCE)

    async def ask(pair: Pair) -> Candles | KitError:
        async with limit:
            try:
                return await ctx.market.candles(pair, timeframe, CANDLES)
            except KitError as error:
                return error

    found = await asyncio.gather(*(ask(pair) for pair in pairs))
    rows = await asyncio.to_thread(_rows, dict(zip(pairs, found, strict=True)))
    title = f"Watchlist, {timeframe}"
    known = sum(row[1] != wording.MISSING for row in rows)
    text = (
        f"{wording.count(len(rows), 'market')} on {timeframe} candles, closed ones only; "
        f"{known} with data. Strongest RSI first. Not advice."
    )
    return Reply(text=text, cards=(TableCard(title=title, columns=COLUMNS, rows=tuple(rows)),))


def _rows(found: dict[Pair, Candles | KitError]) -> list[tuple[str, ...]]:
    ranked = sorted((_row(pair, got) for pair, got in found.items()), key=lambda row: -row[0])
    return [row for _, row in ranked]


def _row(pair: Pair, got: Candles | KitError) -> tuple[float, tuple[str, ...]]:
    from kit_tui.skills.market_analysis.figures import figures
    from kit_tui.skills.market_analysis.frames import direction
    from kit_tui.skills.market_analysis.prices import to_price

    none = wording.MISSING
    if isinstance(got, KitError):
        return -1.0, (str(pair), none, none, none, none, none, got.message)
    closed = got.closed()
    if not len(closed):
        return -1.0, (str(pair), none, none, none, none, none, "no closed candles")
    f = figures(closed)
    lean = direction(f)
    price = to_price(f.close, ZERO)
    return f.rsi if f.rsi is not None else -1.0, (
        str(pair),
        wording.price(price),
        none if lean is None else {1: "up", 0: "mixed", -1: "down"}[lean],
        none if f.rsi is None else f"{f.rsi:.0f}",
        none if f.adx is None else f"{f.adx:.0f}",
        none if f.volume_ratio is None else f"{f.volume_ratio:.1f}×",
        _note(f.rsi, f.volume_ratio),
    )


def _note(rsi: float | None, usual: float | None) -> str:
    notes = []
    if rsi is not None and (rsi >= 70 or rsi <= 30):
        notes.append("overbought" if rsi >= 70 else "oversold")
    if usual is not None and usual >= 2:
        notes.append("volume spike")
    return ", ".join(notes)
