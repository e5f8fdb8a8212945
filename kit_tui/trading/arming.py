"""Going live: what is checked and shown before real money, and the word that lets it through."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from kit_tui.domain.errors import KitError, UsageError
from kit_tui.domain.events import LiveArmed
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import exact
from kit_tui.domain.orders import Mode
from kit_tui.domain.risk import Check
from kit_tui.exchanges.base import KeyPermissions
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.proposing import NotAllowedError
from kit_tui.trading.sender import Sender
from kit_tui.trading.valuation import Valuation

CLOCK_LIMIT_S = Decimal(10)
ASK_TIMEOUT_S = 30.0


class NotReadyError(KitError):
    """An account does not pass what going live demands."""

    title = "Not ready for real money"


class Arming:
    """Arms and disarms one account for real money. Only a person at the terminal may."""

    def __init__(self, account: TradingAccount, valuation: Valuation, sender: Sender) -> None:
        self._account = account
        self._valuation = valuation
        self._sender = sender

    async def checks(self) -> list[Check]:
        """Everything that must hold before real money is traded, with its figures.

        Checks: connection, clock, keyTrades, keyWithdraws, reconciled, limits.
        """
        exchange = self._account.exchange
        try:
            async with asyncio.timeout(ASK_TIMEOUT_S):
                await exchange.ping()
                offset = exact(str(round(await exchange.clock_offset_s(), 3)))
                permissions = await exchange.fetch_permissions()
        except (KitError, TimeoutError) as error:
            why = error.message if isinstance(error, KitError) else "no answer in time"
            down = _check("connection", "CONNECTION", passed=False, detail=why)
            return [down, self._reconciled(), self._limits()]
        return [
            _check("connection", "CONNECTION", passed=True, detail=f"{exchange.name} answers"),
            Check(
                name="clock", code="CLOCK_OFFSET", unit="seconds", limit=CLOCK_LIMIT_S,
                value=abs(offset), passed=abs(offset) <= CLOCK_LIMIT_S,
            ),
            *_permissions(permissions),
            self._reconciled(),
            self._limits(),
        ]  # fmt: skip

    async def arm(
        self, by: Principal, typed: str, *, withdraw_accepted: bool = False
    ) -> list[Check]:
        """Let this account's key trade real money; `typed` is the account's name, typed out.

        `withdraw_accepted` says that the person has accepted, by a word of its own, a key that
        may withdraw. Returns the checks that were made.

        Raises:
            NotAllowedError: for anyone but the owner at this machine's terminal.
            UsageError: when the word does not fit or no real money is traded here.
            NotReadyError: naming each check that failed.
        """
        account = self._account
        _require_owner(by)
        if account.mode is not Mode.LIVE:
            raise UsageError(f"{account.name} trades no real money ({account.mode.value}).")
        if not account.fingerprint:
            raise NotReadyError(f"{account.name} has no key.", hint="kit connect stores one.")
        if typed != account.name:
            raise UsageError(f"To arm {account.name}, type its name: {account.name}")
        checks = await self.checks()
        failed = [
            check
            for check in checks
            if not check.passed and not (withdraw_accepted and check.name == "keyWithdraws")
        ]
        if failed:
            said = "; ".join(f"{check.name}: {check.detail or check.value}" for check in failed)
            raise NotReadyError(f"{account.name} stays unarmed. {said}.")
        await self._record(account.fingerprint, by)
        self._sender.notice("armed", f"{account.name} trades real money from now on ({by.name}).")
        return checks

    async def disarm(self, by: Principal) -> None:
        """Take no more entries with real money; exits and cancels still work."""
        await self._record("", by)
        self._sender.notice("armed", f"{self._account.name} takes no entries any more ({by.name}).")

    async def _record(self, fingerprint: str, by: Principal) -> None:
        account = self._account
        await self._sender.record(
            LiveArmed(
                account=account.name, fingerprint=fingerprint, base_url=account.base_url,
                by=by.name, at=account.clock.now(),
            )
        )  # fmt: skip

    def _reconciled(self) -> Check:
        trust, agreed = self._account.trust, self._valuation.is_agreed
        detail = trust.unreconciled or ("" if agreed else "balances and books differ")
        return _check("reconciled", "NOT_RECONCILED", passed=not detail, detail=detail)

    def _limits(self) -> Check:
        """The limits in force, to be read by the person; it always passes."""
        risk = self._account.settings.risk_manager
        detail = (
            f"position {risk.max_position_size:.0%}, day's loss {risk.daily_loss_limit:.0%}, "
            f"{risk.open_position_limit} positions, leverage {risk.leverage_limit}x, "
            f"drawdown {risk.drawdown_reduce:.0%} and {risk.drawdown_halt:.0%}"
        )
        return _check("limits", "LIMITS", passed=True, detail=detail)


def _permissions(found: KeyPermissions) -> list[Check]:
    withdraws = {
        True: "the key may withdraw",
        None: "the venue does not say whether the key may withdraw",
        False: "",
    }[found.withdraw]
    trades = "" if found.trade else "the key may not trade"
    return [
        _check("keyTrades", "KEY_CANNOT_TRADE", passed=not trades, detail=trades),
        _check("keyWithdraws", "KEY_MAY_WITHDRAW", passed=not withdraws, detail=withdraws),
    ]


def _check(name: str, code: str, *, passed: bool, detail: str) -> Check:
    return Check(name=name, code=code, unit="state", passed=passed, detail=detail)


def _require_owner(by: Principal) -> None:
    if not by.local or by.role < Role.OWNER:
        raise NotAllowedError("Only the owner at this machine's terminal arms an account.")
