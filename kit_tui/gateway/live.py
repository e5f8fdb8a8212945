"""Commands about keys and real money, for the owner at this machine's terminal only."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.errors import UsageError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import Mode
from kit_tui.domain.risk import Check
from kit_tui.gateway.key_forms import WITHDRAW_WORD

if TYPE_CHECKING:
    from kit_tui.gateway.account import Account
    from kit_tui.gateway.gateway import Gateway

OFF: Final = "off"
PASSED: Final = "✓"
WITHDRAWS: Final = "keyWithdraws"
LABELS: Final = {
    "connection": "connection", "clock": "clock", "keyTrades": "key may trade",
    WITHDRAWS: "key may not withdraw", "reconciled": "books agree with the venue",
    "limits": "limits in force",
}  # fmt: skip
log = logging.getLogger(__name__)


class LiveCommands:
    """Going live and back; a part of the gateway's commands."""

    _gateway: Gateway

    @command("live", effect=Effect.ADMIN)
    async def live(self, ctx: Context, account: str, word: str = "") -> Reply:
        """Show what going live needs, and with the typed word let an account trade real money.

        `/live binance` checks connection, clock, key, books and limits. `/live binance LIVE
        BINANCE` arms it, `/live binance off` takes that back: then it exits and cancels only.
        """
        found = live_account(self._gateway, account)
        trading = found.trading
        if word.lower() == OFF:
            await trading.disarm(ctx.principal)
            return Reply(text=f"{found.name} takes no entries any more. Exits and cancels work.")
        if not word:
            return _shown(found, await trading.going_live_checks())
        wanted = live_word(found.name)
        if word not in (wanted, f"{wanted} {WITHDRAW_WORD}"):
            raise UsageError(
                f"{found.name} stays as it is: the words do not fit.",
                hint=f"Type /live {found.name} {wanted}",
            )
        checks = await trading.arm(
            ctx.principal, found.name, withdraw_accepted=word.endswith(WITHDRAW_WORD)
        )
        return Reply(
            text=f"{found.name} trades **real money** from now on. Every order still needs your "
            f"approval. `/live {found.name} off` takes it back, F9 halts everything.",
            cards=(_table(found, checks),),
        )

    @command("connect", effect=Effect.ADMIN)
    async def connect(self, ctx: Context, venue: str = "") -> Reply:
        """Connect an exchange: opens a form at the terminal, where the keys are typed unseen."""
        del ctx
        return Reply(
            text="Keys are typed only at this machine's terminal: type `/connect` in the "
            f"full-screen terminal, or run `kit connect {venue or 'binance'}` in a shell.",
            ok=False,
        )

    @command("keys", effect=Effect.ADMIN)
    async def keys(self, ctx: Context, account: str) -> Reply:
        """Read an account's keys again, after they were stored or removed elsewhere."""
        del ctx
        keeper = self._gateway.keys
        problems = await keeper.tell_changed(account) if keeper is not None else []
        if not problems:
            return Reply(text=f"The engine uses the keys of {account} as they are stored now.")
        still = (
            f" {account} goes on with the keys before until kit is started again."
            if account in self._gateway.accounts
            else ""
        )
        return Reply(text=f"{' '.join(problems)}{still}", ok=False)


def live_word(account: str) -> str:
    """What a person types to arm an account: `LIVE BINANCE`."""
    return f"LIVE {account.upper()}"


def live_account(gateway: Gateway, name: str) -> Account:
    """The open account of that name, if it trades real money.

    Raises:
        UsageError: when there is none.
    """
    wanted = name.strip().lower()
    found = gateway.accounts.get(wanted)
    if found is not None and found.mode is Mode.LIVE:
        return found
    live = [each.name for each in gateway.accounts.values() if each.mode is Mode.LIVE]
    if found is not None:
        hint = f"kit connect {wanted} --live makes it one." if found.mode is Mode.SANDBOX else ""
        raise UsageError(f"{wanted} trades no real money ({found.mode.value}).", hint=hint)
    hint = f"Open: {', '.join(live)}." if live else "kit connect binance connects one."
    raise UsageError(f"No live account {name[:30]!r} is open here.", hint=hint)


def disarm_on_change(gateway: Gateway) -> None:
    """Take an account's arming back whenever its keys change."""

    async def disarm(account: str) -> None:
        found = gateway.accounts.get(account)
        if found is not None and account in found.trading.ledger.armed:
            await found.trading.disarm(_KEYS)

    if gateway.keys is not None:
        gateway.keys.on_changed.append(disarm)


_KEYS: Final = Principal(
    channel="terminal", user="local", name="new keys", role=Role.OWNER, local=True
)


def _shown(account: Account, checks: list[Check]) -> Reply:
    armed = account.name in account.trading.ledger.armed
    failed = [check for check in checks if not check.passed]
    word = live_word(account.name)
    only_withdraws = [check.name for check in failed] == [WITHDRAWS]
    if armed:
        text = f"{account.name} is armed. `/live {account.name} off` takes it back."
    elif only_withdraws:
        text = (
            f"This key can empty the account if it is stolen ({failed[0].detail}). To trade with "
            f"it nevertheless, type `/live {account.name} {word} {WITHDRAW_WORD}`."
        )
    elif failed:
        text = f"{account.name} is not ready for real money; what failed is below."
    else:
        text = f"To trade real money with {account.name}, type `/live {account.name} {word}`."
    return Reply(text=text, cards=(_table(account, checks),), ok=armed or not failed)


def _table(account: Account, checks: list[Check]) -> TableCard:
    return TableCard(
        title=f"Going live: {account.name}",
        columns=("", "check", "found", "limit"),
        rows=tuple(
            (
                PASSED if check.passed else "✗",
                LABELS.get(check.name, check.name),
                check.detail or _figure(check),
                f"{plain(check.limit)} s" if check.limit is not None else "–",
            )
            for check in checks
        ),
    )


def _figure(check: Check) -> str:
    if check.value is None:
        return "yes" if check.passed else "no"
    return f"{plain(check.value)} s" if check.unit == "seconds" else plain(check.value)
