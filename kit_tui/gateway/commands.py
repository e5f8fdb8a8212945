"""The gateway's own commands: help, and answering tickets by typing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit_tui.commands.command import Context, Effect, command
from kit_tui.commands.registry import Registry
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.errors import UsageError
from kit_tui.gateway.account_commands import AccountCommands
from kit_tui.gateway.live import LiveCommands
from kit_tui.gateway.people_commands import PeopleCommands

if TYPE_CHECKING:
    from kit_tui.gateway.gateway import Gateway

EXAMPLES = (
    "Say what you want: `buy BTC for $100`, `sell half my ETH`, `stop loss 2,300 for my ETH`, "
    "`analyze SOL`, `what are my risk limits`. Every order is checked and waits for your answer. "
    "`halt` stops trading at once."
)


class GatewayCommands(LiveCommands, AccountCommands, PeopleCommands):
    """Commands of the conversation itself, accounts, people, and about keys and real money."""

    def __init__(self, gateway: Gateway, registry: Registry) -> None:
        self._gateway = gateway
        self._registry = registry

    @command("help", effect=Effect.READS, aliases=("commands",), model=False)
    async def help(self, ctx: Context, name: str = "") -> Reply:
        """List the commands, or explain one."""
        if name:
            found = self._registry.find(name)
            detail = f"\n\n{found.detail}" if found.detail else ""
            return Reply(text=f"`{found.usage}`: {found.help}{detail}")
        rows = tuple(
            (c.usage, c.help) for c in self._registry.all() if c.role <= ctx.principal.role
        )
        table = TableCard(title="Commands", columns=("command", "does"), rows=rows)
        return Reply(text=EXAMPLES, cards=(table,))

    @command("approve", effect=Effect.ADMIN)
    async def approve(
        self,
        ctx: Context,
        ticket: str,
        hash: str = "",  # noqa: A002
        pair: str = "",
    ) -> Reply:
        """Approve a pending ticket; live orders need its hash, large ones their pair too."""
        return await self._gateway.settle_ticket(
            ctx.principal, self._number(ticket), hash or None, True, typed=pair
        )

    @command("reject", effect=Effect.SETS, model=False)
    async def reject(self, ctx: Context, ticket: str) -> Reply:
        """Reject a pending ticket."""
        return await self._gateway.settle_ticket(ctx.principal, self._number(ticket), None, False)

    def _number(self, ticket: str) -> str:
        number = ticket.lstrip("#")
        if not number:
            raise UsageError("Name the ticket.", hint="For instance: /approve 12")
        return number
