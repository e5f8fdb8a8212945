"""Commands about what is sent without asking, and what waits for an answer."""

from __future__ import annotations

from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain.autonomy import Autonomy
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.ticket import Ticket
from kit_tui.trading import reports
from kit_tui.trading.engine import TradingEngine

SHORT_HASH = 8


class AutonomyCommands:
    """Autonomy and the pending queue; a part of the trading commands."""

    _engine: TradingEngine

    @command("autonomy", effect=Effect.ADMIN)
    async def autonomy(self, ctx: Context, level: Autonomy | None = None, word: str = "") -> Reply:
        """Show or set what is sent without asking: manual, semi-auto or full-auto.

        Raising needs the level typed out in capitals: `/autonomy semi-auto SEMI-AUTO`. Lowering
        needs nothing. A halt lowers every account to manual. What a model proposes is asked about
        at every level.
        """
        if level is None:
            return Reply(text=self._engine.autonomy.describe())
        return await self._engine.set_autonomy(level, word, by=ctx.principal)

    @command("autonomy_status", effect=Effect.READS, tool="get_autonomy", private=True)
    async def autonomy_status(self, ctx: Context) -> Reply:
        """What is sent without asking now, the day's caps, and how much of them is used."""
        del ctx
        return Reply(text=self._engine.autonomy.describe())

    @command("pending", effect=Effect.READS, aliases=("tickets",), tool="get_tickets", private=True)
    async def pending(self, ctx: Context) -> Reply:
        """Tickets that wait for an answer: age, expiry, hash, and who asked."""
        del ctx
        account = self._engine.account
        waiting = [t for t in account.ledger.pending_tickets() if t.order.account == account.name]
        if not waiting:
            return Reply(text="No tickets wait for an answer.")
        card = TableCard(
            title="Waiting for an answer",
            columns=("ticket", "order", "about", "asked by", "read by", "age", "expires", "hash"),
            rows=tuple(self._row(ticket) for ticket in waiting),
        )
        said = "1 ticket waits" if len(waiting) == 1 else f"{len(waiting)} tickets wait"
        return Reply(
            text=f"{said} for an answer: /approve NUMBER or /reject NUMBER.", cards=(card,)
        )

    def _row(self, ticket: Ticket) -> tuple[str, ...]:
        now, draft = self._engine.account.clock.now(), ticket.order
        age, left = (now - ticket.created_at), (ticket.expires_at - now)
        return (
            ticket.id,
            f"{draft.pair} {reports.order_text(draft, None)}",
            f"{reports.money(draft.notional)} {draft.pair.quote}",
            f"{ticket.asked_by} on {ticket.asked_on}",
            ticket.read_by or "–",
            f"{age.total_seconds():.0f} s",
            f"in {left.total_seconds():.0f} s" if left.total_seconds() > 0 else "now",
            ticket.hash[:SHORT_HASH],
        )
