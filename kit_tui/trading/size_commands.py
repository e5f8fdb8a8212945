"""The command that says how much may be bought with a stop."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain.cards import Reply
from kit_tui.domain.numbers import Price, plain
from kit_tui.domain.pair import Pair
from kit_tui.domain.size import Size
from kit_tui.trading import reports
from kit_tui.trading.average_range import average_range
from kit_tui.trading.engine import TradingEngine

STOP_IN_RANGES = 2
LIMIT_NAMES = {
    "freeBalance": "free cash",
    "notionalBounds": "the venue's largest order",
    "quantityBounds": "the venue's largest order",
}


class SizeCommands:
    """A part of the trading commands."""

    _engine: TradingEngine

    @command("size", effect=Effect.READS, tool="get_position_size", private=True)
    async def size(
        self,
        ctx: Context,
        pair: Pair,
        stop: Price | None = None,
        risk: Decimal = Decimal("0.01"),
        entry: Price | None = None,
    ) -> Reply:
        """How much may be bought with a stop, risking a share of equity, and what limits it.

        `/size BTC/USDT stop=58000 risk=1% entry=60000`. Without a stop it is two ATRs away, without
        an entry the market's price counts, without a risk it is 1 %.
        """
        said = ""
        if stop is None:
            found = await average_range(ctx.market, ctx.clock, pair)
            at = entry or (await ctx.market.ticker(pair)).last
            stop = Price(at - STOP_IN_RANGES * found.value)
            said = f"\nStop {STOP_IN_RANGES} ATR away: {found.said}."
        sized = await self._engine.size(pair, stop, risk=risk, entry=entry)
        return Reply(text=size_text(sized, limit=entry) + said, ok=sized.quantity > 0)


def size_text(size: Size, *, limit: Price | None = None) -> str:
    """A size in words: what it costs, what it may lose, and which limit made it smaller."""
    base, quote = size.pair.base, size.pair.quote
    wanted = f"{plain(size.wanted)} {base} for {reports.money(size.wanted * size.entry)} {quote}"
    risk = f"{reports.percent(size.risk)} of {reports.money(size.equity)} {size.reference}"
    if size.draft is None:
        return (
            f"Nothing of {size.pair} may be bought now: {_why(size)}. Risking {risk} is {wanted}."
        )
    word = "Buy" if size.side.value == "buy" else "Sell"
    lines = [
        f"{word} {plain(size.quantity)} {base} for {reports.money(size.notional)} {quote} at "
        f"{reports.price_text(size.entry)} with a stop at {reports.price_text(size.stop)}: "
        f"stopped out it loses {reports.money(size.loss)} {quote}, fees not counted."
    ]
    if size.cap:
        lines.append(f"Risking {risk} would be {wanted}; less is allowed by {_why(size)}.")
    else:
        lines.append(f"That risks {risk}; no limit makes it smaller.")
    others = [check for check in size.verdict.failed if check.name != size.cap]
    if others:
        lines.append(f"It would be refused now: {reports.check_text(others[0])}.")
    kind = f"limit price={plain(limit)}" if limit is not None else "market"
    lines.append(
        f"To propose it: /order {size.side.value} {size.pair} {kind} "
        f"base_amount={plain(size.quantity)} stop_loss={plain(size.stop)}"
    )
    return "\n".join(lines)


def _why(size: Size) -> str:
    """The limit that shrank a size, with its figures at the size that was wanted."""
    failed = {check.name: check for check in size.verdict_wanted.failed}
    if size.cap in failed:
        return reports.check_text(failed[size.cap])
    if size.cap:
        return LIMIT_NAMES.get(size.cap, size.cap)
    first = next(iter(size.verdict_wanted.failed), None)
    return reports.check_text(first) if first is not None else "no size passes"
