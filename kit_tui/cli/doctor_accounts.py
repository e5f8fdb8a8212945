"""What `kit doctor` says of each account at a venue: reachable, clock, key, mode, armed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from kit_tui.cli.findings import Finding, State
from kit_tui.cli.shell import Shell
from kit_tui.domain.errors import KeysRefusedError, KitError
from kit_tui.domain.orders import Mode
from kit_tui.exchanges.base import Exchange, KeyPermissions
from kit_tui.exchanges.plan import AccountPlan
from kit_tui.runtime.clock import SystemClock
from kit_tui.runtime.plans import KeysMissingError, RealAccount, keys_of, real_accounts
from kit_tui.runtime.venues import exchange_for
from kit_tui.settings.credentials import Credentials
from kit_tui.settings.model import Settings
from kit_tui.settings.vault import open_vault
from kit_tui.settings.vault_errors import VaultLockedError
from kit_tui.state.verify import export_lines

PATIENCE_S = 20.0
CLOCK_OFF_S = 1.0
CLOCK_TOO_FAR_S = 10.0
Armed = Mapping[str, tuple[str, str]]


def account_findings(shell: Shell, settings: Settings) -> Iterator[Finding]:
    """One finding for each sandbox or live account of the settings, asked all at once."""
    try:
        accounts = real_accounts(settings)
    except KitError as error:
        yield Finding("accounts", "problem", str(error))
        return
    if not accounts:
        return
    keys: dict[str, Credentials] = {}
    for account in accounts.values():
        found = _keys(account, shell)
        if isinstance(found, Finding):
            yield found
        else:
            keys[account.name] = found
    armed = armed_in(shell.locations.journal)
    asked = [(accounts[name], found) for name, found in keys.items()]
    yield from asyncio.run(_all(asked, armed))


def armed_in(journal: Path) -> Armed:
    """Key fingerprint and address each armed account is armed for; nothing from a damaged one."""
    armed: dict[str, tuple[str, str]] = {}
    if not journal.exists():
        return armed
    try:
        for line in export_lines(journal):
            if b"live_armed" not in line:
                continue
            event = msgspec.json.decode(line)["event"]
            armed[event["account"]] = (event["fingerprint"], event["base_url"])
    except KitError:
        return {}
    return {name: found for name, found in armed.items() if found[0]}


def _keys(account: RealAccount, shell: Shell) -> Credentials | Finding:
    try:
        return keys_of(account, shell.environ, open_vault(shell.locations, shell.environ))
    except KeysMissingError as error:
        return Finding(account.name, "warning", f"{account.mode.value}, no keys. {error.hint}")
    except VaultLockedError:
        detail = "its keys are in the vault, which is locked; set KIT_VAULT_PASSPHRASE to check"
        return Finding(account.name, "note", f"{account.mode.value}, {detail}")
    except KitError as error:
        return Finding(account.name, "problem", str(error))


async def _all(asked: Iterable[tuple[RealAccount, Credentials]], armed: Armed) -> list[Finding]:
    return await asyncio.gather(*(_examined(a, keys, armed) for a, keys in asked))


async def _examined(account: RealAccount, keys: Credentials, armed: Armed) -> Finding:
    about = f"{account.mode.value} {account.settings.market} on {account.venue}"
    about += f" at {account.base_url}" if account.base_url else ""
    key = f"key {keys.fingerprint}"
    try:
        exchange = exchange_for(
            AccountPlan(
                venue=account.venue, account=account.name, mode=account.mode, clock=SystemClock(),
                credentials=keys, market=account.settings.market, base_url=account.base_url,
                margin=account.settings.margin, leverage=account.settings.leverage,
            )
        )  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await _asked(exchange)
        finally:
            await exchange.close()
    except KeysRefusedError as error:
        return Finding(account.name, "problem", f"{about}, {key}: {error}")
    except TimeoutError:
        return Finding(account.name, "warning", f"{about}, {key}: no answer in {PATIENCE_S:.0f} s")
    except KitError as error:
        return Finding(account.name, "warning", f"{about}, {key}: {error}")
    parts = [found, _armed(account, keys, armed)]
    detail = ", ".join([about, "reachable", key, *(text for _, text in parts if text)])
    order: tuple[State, ...] = ("problem", "warning", "note", "ok")
    return Finding(account.name, min((state for state, _ in parts), key=order.index), detail)


async def _asked(exchange: Exchange) -> tuple[State, str]:
    await exchange.open()
    offset = await exchange.clock_offset_s()
    permissions = await exchange.fetch_permissions()
    await exchange.fetch_balances()  # the key works
    state, may = _may(permissions)
    if abs(offset) >= CLOCK_TOO_FAR_S:
        return "problem", f"{_clock(offset)}: too far off to trade, {may}"
    if abs(offset) >= CLOCK_OFF_S and state == "ok":
        state = "warning"
    return state, f"{_clock(offset)}, {may}"


def _clock(offset: float) -> str:
    return f"its clock {abs(offset):.2f} s {'ahead' if offset >= 0 else 'behind'}"


def _may(found: KeyPermissions) -> tuple[State, str]:
    words = {True: "may", False: "may not", None: "perhaps may"}
    text = f"{words[found.trade]} trade, {words[found.withdraw]} withdraw"
    if found.trade is False:
        return "problem", text
    return ("warning" if found.withdraw is not False else "ok"), text


def _armed(account: RealAccount, keys: Credentials, armed: Armed) -> tuple[State, str]:
    if account.mode is not Mode.LIVE:
        return "ok", ""
    found = armed.get(account.name)
    if found is None:
        return "note", f"not armed (kit live {account.name})"
    if found != (keys.fingerprint, account.base_url or ""):
        return "warning", "armed for another key or address: takes no entries"
    return "ok", "armed"
