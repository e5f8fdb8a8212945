"""The trading engine's own commands, declared once for every channel."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain.cards import (
    OrdersCard,
    PositionsCard,
    Reply,
    RiskCard,
    TableCard,
)
from kit_tui.domain.errors import UsageError
from kit_tui.domain.numbers import Price, plain
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import TradingState
from kit_tui.state.slices import FILLS, ORDERS, POSITIONS, RISK
from kit_tui.trading import reports
from kit_tui.trading.autonomy_commands import AutonomyCommands
from kit_tui.trading.engine import TradingEngine
from kit_tui.trading.entry_commands import EntryCommands, trail_of
from kit_tui.trading.limit_commands import LimitCommands, one_order
from kit_tui.trading.size_commands import SizeCommands
from kit_tui.trading.story import why

ONE = Decimal(1)
RESUME_WORD = "RESUME"
SHOWN = 20


class TradingCommands(EntryCommands, AutonomyCommands, SizeCommands, LimitCommands):
    """Looking at and steering one account's trading."""

    def __init__(self, engine: TradingEngine) -> None:
        self._engine = engine

    # -- looking -------------------------------------------------------------------------------

    @command("positions", effect=Effect.READS, aliases=("pos",), private=True)
    async def positions(self, ctx: Context) -> Reply:
        """Open positions with their marks and profit."""
        found = ctx.store.get(POSITIONS) or ()
        if not found:
            return Reply(text="No open positions.", cards=(PositionsCard(()),))
        text = f"{len(found)} open position{'s' if len(found) > 1 else ''}."
        return Reply(text=text, cards=(PositionsCard(found),))

    @command("orders", effect=Effect.READS, private=True)
    async def orders(self, ctx: Context, order: str = "") -> Reply:
        """Working orders first, then those that ended; or one order by its number, with fills."""
        if order:
            return await one_order(self._engine.account, order)
        found = ctx.store.get(ORDERS) or ()
        working = sum(order.is_open for order in found)
        text = f"{working} working, {len(found) - working} ended." if found else "No orders yet."
        return Reply(text=text, cards=(OrdersCard(found[: working + SHOWN]),))

    @command("fills", effect=Effect.READS, private=True)
    async def fills(self, ctx: Context) -> Reply:
        """The newest executions."""
        found = (ctx.store.get(FILLS) or ())[:SHOWN]
        rows = tuple(
            (
                f"{fill.at:%m-%d %H:%M:%S}", fill.pair, fill.side.value, plain(fill.quantity),
                reports.price_text(fill.price), f"{plain(fill.fee)} {fill.fee_currency}",
                fill.order_id,
            )
            for fill in found
        )  # fmt: skip
        columns = ("time UTC", "pair", "side", "quantity", "price", "fee", "order")
        card = TableCard(title="Fills", columns=columns, rows=rows)
        said = "The newest fill." if len(rows) == 1 else f"The {len(rows)} newest fills."
        return Reply(text=said if rows else "No fills yet.", cards=(card,))

    @command("risk", effect=Effect.READS, private=True)
    async def risk(self, ctx: Context) -> Reply:
        """Every limit and how far it is used."""
        report = ctx.store.get(RISK)
        if report is None:
            return Reply(text="The account is not valued yet.", ok=False)
        status = report.status
        text = f"Trading is {status.state.value}."
        if status.state is not TradingState.ACTIVE:
            text = f"Trading is {status.state.value}: {status.reason} ({status.by})."
        if not report.complete:
            text += " Equity is only partly known: no entries until it is."
        return Reply(text=text, cards=(RiskCard(report),))

    @command("why", effect=Effect.READS, tool="explain_order", private=True)
    async def why(self, ctx: Context, order: str = "") -> Reply:
        """Who asked for an order or ticket, in which words, who approved it, what became of it.

        `/why 12` is order 12, `/why t12` ticket 12; without a number it is the newest order or
        refusal.
        """
        del ctx
        return await why(self._engine.account, order.strip())

    # -- the state of trading ------------------------------------------------------------------

    @command("halt", effect=Effect.REDUCES, aliases=("pause",), tool="halt_trading")
    async def halt(self, ctx: Context, reason: str = "") -> Reply:
        """Halt trading at once: no entries; exits, stops and cancels still work."""
        return await self._engine.halt(reason or "by hand", by=ctx.principal.name)

    @command("reduce", effect=Effect.REDUCES, aliases=("stopentry",))
    async def reduce(self, ctx: Context, reason: str = "") -> Reply:
        """Open nothing new from now on; what is held is managed on, exits go out as ever."""
        return await self._engine.reduce(reason or "by hand", by=ctx.principal.name)

    @command("resume", effect=Effect.ADMIN)
    async def resume(self, ctx: Context, word: str = "") -> Reply:
        """Lift a halt or a reduction; type the word RESUME to confirm."""
        if word != RESUME_WORD:
            raise UsageError(
                "Resuming needs the word typed out.", hint=f"Type /resume {RESUME_WORD}"
            )
        return await self._engine.resume(ctx.principal)

    @command("kill", effect=Effect.REDUCES)
    async def kill(self, ctx: Context, word: str = "") -> Reply:
        """Halt, cancel every order and close every position; type the word KILL to confirm."""
        if word != "KILL":
            reply = await self._engine.halt("kill switch asked for", by=ctx.principal.name)
            return Reply(text=f"{reply.text} To cancel and close everything, type /kill KILL.")
        return await self._engine.kill(ctx.principal.name)

    # -- exits ---------------------------------------------------------------------------------

    @command("close", effect=Effect.PROPOSES)
    async def close(self, ctx: Context, pair: Pair, fraction: Decimal = ONE) -> Reply:
        """A ticket that closes a position, or a share of it such as 0.5."""
        proposal = await self._engine.close_position(
            pair, fraction, principal=ctx.principal, words=ctx.words, read_by=ctx.read_by
        )
        return proposal.reply

    @command("closeall", effect=Effect.PROPOSES, tool="propose_close_all")
    async def closeall(self, ctx: Context) -> Reply:
        """A ticket for every open position."""
        proposal = await self._engine.close_all(
            principal=ctx.principal, words=ctx.words, read_by=ctx.read_by
        )
        return proposal.reply

    @command("cancel", effect=Effect.REDUCES)
    async def cancel(self, ctx: Context, order: str = "", pair: Pair | None = None) -> Reply:
        """Cancel a working order by its number; without one, the only one there is."""
        if not order:
            order = self._only_order(pair)
        return (await self._engine.cancel(order, principal=ctx.principal)).reply

    @command("cancelall", effect=Effect.REDUCES)
    async def cancelall(self, ctx: Context, pair: Pair | None = None) -> Reply:
        """Cancel every working order, or those of one pair."""
        return (await self._engine.cancel_all(principal=ctx.principal, pair=pair)).reply

    @command("stop", effect=Effect.REDUCES)
    async def stop(
        self, ctx: Context, pair: Pair | None = None, price: Price | None = None
    ) -> Reply:
        """Move or place the stop of a position; without a market it halts trading."""
        if pair is None:
            # Whoever types only this in a hurry means everything.
            return await self._engine.halt("by hand", by=ctx.principal.name)
        if price is None:
            raise UsageError(
                f"At which price should {pair} be sold?", hint=f"Type /stop {pair} 49000"
            )
        return (await self._engine.move_stop(pair, price=price, principal=ctx.principal)).reply

    @command("target", effect=Effect.REDUCES)
    async def target(self, ctx: Context, pair: Pair, price: Price) -> Reply:
        """Move or place the target of a position."""
        return (await self._engine.move_target(pair, price, principal=ctx.principal)).reply

    @command("trail", effect=Effect.REDUCES)
    async def trail(self, ctx: Context, pair: Pair, percent: Decimal) -> Reply:
        """Let the stop of a position follow the price at a distance in per cent, such as 3."""
        trail = trail_of(percent)
        moved = self._engine.move_stop(pair, trail=trail, principal=ctx.principal)
        return (await moved).reply

    def _only_order(self, pair: Pair | None) -> str:
        working = [
            order
            for order in self._engine.account.open_orders()
            if pair is None or order.pair == pair
        ]
        where = f" in {pair}" if pair is not None else ""
        if not working:
            raise UsageError(f"No working orders{where} to cancel.")
        if len(working) > 1:
            names = ", ".join(f"{o.id} ({reports.order_text(o, None)})" for o in working[:SHOWN])
            raise UsageError(
                f"{len(working)} orders are working{where}: {names}.",
                hint="Say which: /cancel NUMBER, or /cancelall",
            )
        return working[0].id
