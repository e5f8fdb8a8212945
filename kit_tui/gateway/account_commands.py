"""Commands about the accounts themselves: which there are, what they are worth, and moving over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.orders import Mode
from kit_tui.gateway.account import Account
from kit_tui.gateway.context import MOVE_DESK
from kit_tui.gateway.everywhere import Total, doubt_of, totals
from kit_tui.state.slices import PORTFOLIO, SESSION
from kit_tui.trading import reports

if TYPE_CHECKING:
    from kit_tui.gateway.gateway import Gateway

WHOSE = {
    Mode.LIVE: "real money", Mode.SANDBOX: "the venue's testnet", Mode.PAPER: "pretended money",
    Mode.DEMO: "simulated market",
}  # fmt: skip


class AccountCommands:
    """Accounts and the desk on them; a part of the gateway's commands."""

    _gateway: Gateway

    @command("account", effect=Effect.READS, model=False, private=True)
    async def account(self, ctx: Context, name: str = "") -> Reply:
        """Move this terminal to another account, or say which one it is on."""
        if not name:
            return Reply(text=f"{_sentence(self._gateway.accounts[ctx.account])} /accounts: all.")
        account = await self._gateway.open_account(name.lower())
        move = MOVE_DESK.get()
        if move is None:
            return Reply(text="This channel stays on the engine's first account.", ok=False)
        await move(account.name)
        return Reply(text=_sentence(account))

    @command("accounts", effect=Effect.READS, private=True)
    async def accounts(self, ctx: Context) -> Reply:
        """List every account with its worth, and the totals: partial where one is not known."""
        accounts = tuple(self._gateway.accounts.values())
        table = TableCard(
            title="Accounts",
            columns=("account", "mode", "venue", "equity", "state"),
            rows=tuple(_row(account, own=account.name == ctx.account) for account in accounts),
        )
        return Reply(text="\n".join(_total(each) for each in totals(accounts)), cards=(table,))


def _sentence(account: Account) -> str:
    session = account.store.get(SESSION)
    venue = session.venue if session is not None else account.trading.venue
    return (
        f"This is the {account.name} account: {account.mode.value} on {venue}, "
        f"{WHOSE[account.mode]}."
    )


def _row(account: Account, *, own: bool) -> tuple[str, ...]:
    portfolio = account.store.get(PORTFOLIO)
    equity = (
        "—" if portfolio is None else f"{reports.money(portfolio.equity)} {portfolio.reference}"
    )
    name = f"{account.name} (this one)" if own else account.name
    return (
        name, account.mode.value, account.trading.venue, equity, doubt_of(account) or "reconciled",
    )  # fmt: skip


def _total(total: Total) -> str:
    worth = f"{reports.money(total.equity)} {total.reference}".rstrip()
    if not total.partial:
        return f"{total.mode.value.capitalize()} accounts: {worth}."
    known = len(total.partial) < len(total.accounts)
    said = f"{worth}, partial" if known or total.equity else "not known"
    return f"{total.mode.value.capitalize()} accounts: {said}: {'; '.join(total.partial)}."
