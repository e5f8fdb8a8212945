"""`kit connect --list` and `--remove`: what has keys here, and taking them away again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from kit_tui.cli.confirm import typed_word
from kit_tui.cli.failures import DONE
from kit_tui.cli.hidden import ask_hidden
from kit_tui.cli.output import write_json
from kit_tui.cli.owner import owner_of
from kit_tui.cli.shell import Shell
from kit_tui.cli.tables import table
from kit_tui.domain.errors import KitError
from kit_tui.domain.events import LiveArmed
from kit_tui.gateway.key_forms import SERVICES, SIGNAL, Service, permission_word
from kit_tui.gateway.keys import KeyKeeper, account_settings
from kit_tui.runtime.clock import SystemClock
from kit_tui.settings.credentials import (
    Credentials,
    account_name,
    find_credentials,
    find_secret,
)
from kit_tui.settings.edit import set_values
from kit_tui.settings.load import load_settings
from kit_tui.settings.model import Settings
from kit_tui.settings.vault import HomeVault, open_vault
from kit_tui.settings.vault_entry import VaultEntry
from kit_tui.state.codec import decode

Row = dict[str, Any]


def keeper_of(shell: Shell) -> KeyKeeper:
    """What tests and keeps keys in this process; questions are asked by the caller."""
    from kit_tui.runtime.services import testers
    from kit_tui.runtime.venues import exchange_for

    return KeyKeeper(
        shell.locations, shell.environ, SystemClock(), exchange_for,
        testers=testers(shell.locations, shell.environ),
    )  # fmt: skip


def vault_of(shell: Shell) -> HomeVault:
    """The vault of this home, which asks for its passphrase at the terminal."""

    def ask(question: str) -> str:
        return ask_hidden(shell, question)

    return open_vault(shell.locations, shell.environ, ask if shell.interactive else None)


def show_all(shell: Shell, *, as_json: bool) -> int:
    """Every account that has keys, without the keys."""
    rows = list(_rows(shell))
    if as_json:
        write_json(shell, rows)
    elif not rows:
        shell.say(
            "Nothing has keys here. kit connect binance adds an account, kit connect anthropic "
            "the model, kit connect telegram a channel."
        )
    else:
        columns = ("account", "venue", "key", "may", "mode", "armed", "since", "kept in")
        shell.say(table(columns, [_words(row) for row in rows], shell.style))
    return DONE


def remove(shell: Shell, venue: str, name: str, confirmed: str | None, as_json: bool) -> int:
    """Delete an account's keys here and set it back to paper, once a person typed its name.

    Raises:
        KitError: when it has none, or nobody confirmed.
    """
    account = account_name(venue, name)
    service = SERVICES.get(account)
    vault = vault_of(shell)
    keys = vault.read(account)
    if keys is None:
        variable = service.variable if service and shell.environ.get(service.variable) else ""
        raise KitError(
            f"No keys of {account} are stored here.",
            hint=f"{variable} is set; unset it." if variable else "kit connect --list",
            title="Nothing to remove",
        )
    if confirmed is None:
        confirmed = asyncio.run(typed_word(shell, account, f"remove its keys ({keys.fingerprint})"))
    if confirmed != account:
        raise KitError(
            f"{account} was not typed; its keys stay.",
            hint=f"Type it when asked, or add --confirm {account}.",
            title="Not confirmed",
        )
    vault.remove(account)
    if service is None:
        _set_to_paper(shell, venue, name)
    told = tell_the_engine(shell, account)
    if as_json:
        write_json(shell, {"account": account, "fingerprint": keys.fingerprint, "removed": True})
        return DONE
    of = f"of {account} ({keys.fingerprint})"
    if service is not None:
        shell.say(f"The {service.secret} {of} is removed here; revoke it there.")
    else:
        shell.say(f"The keys {of} are removed here; revoke them there.")
    if told:
        shell.say(told)
    return DONE


def _set_to_paper(shell: Shell, venue: str, name: str) -> None:
    settings = load_settings(shell.locations, shell.environ)
    if account_settings(settings, venue, name).mode != "paper":
        path = ("exchanges", venue, *(("accounts", name) if name else ()), "mode")
        set_values(shell.locations, {path: "paper"}, shell.environ)


def tell_the_engine(shell: Shell, account: str) -> str:
    """Let a running engine know; empty when there is none."""
    if owner_of(shell.locations) is None:
        return ""

    async def tell() -> str:
        desk = await shell.desk(demo=False)
        try:
            return (await desk.run("keys", {"account": account})).text
        finally:
            await desk.close()

    try:
        return asyncio.run(tell())
    except KitError as error:
        return f"The running engine did not take note ({error.message}); start it again."


def _rows(shell: Shell) -> Iterator[Row]:
    settings = load_settings(shell.locations, shell.environ)
    armed = armed_keys(shell)
    stored = {entry.account: entry for entry in vault_of(shell).names()}
    for service in SERVICES.values():
        row = _service_row(shell, service, stored.pop(service.name, None))
        if row is not None:
            yield row
    if settings.channels.signal.url:
        yield {**_EMPTY, "account": SIGNAL, "venue": SIGNAL, "where": "settings"}
    accounts = {account_name(v, n): (v, n) for v, n in _known(settings)}
    for account in sorted({*stored, *accounts}):
        venue, _, name = account.partition("-")
        venue, name = accounts.get(account, (venue, name))
        keys, entry = find_credentials(account, shell.environ, None), stored.get(account)
        if keys is None and entry is None:
            continue
        fingerprint = keys.fingerprint if keys is not None else entry.fingerprint if entry else ""
        own = account_settings(settings, venue, name)
        base_url = settings.exchanges[venue].base_url if venue in settings.exchanges else None
        yield {
            "account": account, "venue": venue, "fingerprint": fingerprint,
            "permissions": dict(entry.permissions) if entry and keys is None else {},
            "where": "environment" if keys is not None else entry.where if entry else "",
            "created_at": entry.created_at.isoformat() if entry and keys is None else None,
            "mode": own.mode, "market": own.market,
            "armed": armed.get(account) == (fingerprint, base_url or "") and own.mode == "live",
        }  # fmt: skip


_EMPTY: Row = {
    "account": "", "venue": "", "fingerprint": "", "permissions": {}, "where": "",
    "created_at": None, "mode": "", "market": "", "armed": False,
}  # fmt: skip


def _service_row(shell: Shell, service: Service, entry: VaultEntry | None) -> Row | None:
    """What has one secret, and no permissions, mode or market."""
    held = find_secret(service.name, service.variable, shell.environ, None)
    if not held and entry is None:
        return None
    fingerprint = Credentials(held, "").fingerprint if held else entry.fingerprint if entry else ""
    return {
        **_EMPTY, "account": service.name, "venue": service.name, "fingerprint": fingerprint,
        "where": "environment" if held else entry.where if entry else "",
        "created_at": entry.created_at.isoformat() if entry and not held else None,
    }  # fmt: skip


def _known(settings: Settings) -> Iterator[tuple[str, str]]:
    """Venues and accounts of the settings, and the venues whose keys may be in the environment."""
    yield from ((venue, "") for venue in ("binance", "kraken", "coinbase"))
    for venue, known in settings.exchanges.items():
        yield venue, ""
        yield from ((venue, name) for name in known.accounts)


def armed_keys(shell: Shell) -> Mapping[str, tuple[str, str]]:
    """Fingerprint and address each account is armed for, read from the journal as it lies."""
    path = shell.locations.journal
    armed: dict[str, tuple[str, str]] = {}
    if not path.exists():
        return armed
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as link:
            query = "SELECT payload FROM events WHERE kind = 'live_armed' ORDER BY seq"
            payloads = [bytes(payload) for (payload,) in link.execute(query)]
    except sqlite3.Error as error:
        raise KitError(f"The journal cannot be read ({error}).") from None
    for payload in payloads:
        event: LiveArmed = decode(payload, LiveArmed)
        armed[event.account] = (event.fingerprint, event.base_url)
    return armed


def _words(row: Row) -> tuple[str, ...]:
    since = (row["created_at"] or "–")[:10]
    if not row["mode"]:  # a service or a channel
        service = SERVICES.get(row["account"])
        may = service.may if service is not None else "talk to people"
        key = row["fingerprint"] or "–"
        return (row["account"], "–", key, may, "–", "–", since, row["where"])
    may = row["permissions"]
    withdraw = permission_word(may.get("withdraw")) if may else "not asked"
    allowed = [name for name in ("read", "trade") if may.get(name)]
    return (
        row["account"], row["venue"], row["fingerprint"],
        f"{', '.join(allowed) or '–'}; withdraw: {withdraw}", row["mode"],
        "yes" if row["armed"] else "no", since, row["where"],
    )  # fmt: skip
