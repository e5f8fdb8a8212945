"""`kit connect signal`: where its daemon answers, and the number K.I.T. speaks from."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace

from kit_tui.cli.connected import tell_the_engine
from kit_tui.cli.failures import DONE
from kit_tui.cli.output import write_json
from kit_tui.cli.pair import offer_pairing
from kit_tui.cli.shell import Shell
from kit_tui.domain.errors import KitError, UsageError
from kit_tui.gateway.key_forms import SIGNAL
from kit_tui.settings.edit import KeyPath, Plain, set_values
from kit_tui.settings.load import load_settings

DEFAULT = "http://127.0.0.1:8080"


def connect_signal(shell: Shell, given: argparse.Namespace) -> int:
    """Check the daemon, write it into the settings, and let somebody in.

    Raises:
        KitError: when no daemon answers there, or it serves several numbers and none was named.
    """
    account = (shell.account or "").strip()
    shell = replace(shell, account=None)
    if given.remove:
        return _removed(shell, as_json=given.json)
    url = _url(shell, given)
    from kit_tui.channels.signal_probe import daemon_facts

    facts = asyncio.run(daemon_facts(url))
    if facts.accounts is not None:
        account = _chosen(facts.accounts, account)
    values: dict[KeyPath, Plain] = {
        ("channels", SIGNAL, "url"): url, ("channels", SIGNAL, "enabled"): True,
    }  # fmt: skip
    if account:
        values["channels", SIGNAL, "account"] = account
    path = set_values(shell.locations, values, shell.environ)
    tell_the_engine(shell, SIGNAL)
    if given.json:
        told = {"url": url, "account": account, "version": facts.version, "stored": True}
        write_json(shell, {**told, "where": str(path)})
        return DONE
    speaks = f", speaking as {account}" if account else ""
    shell.say(f"{SIGNAL}: signal-cli {facts.version} answers at {url}{speaks}.")
    shell.say(f"Written to {path}.")
    return offer_pairing(shell, SIGNAL, given.role)


def _url(shell: Shell, given: argparse.Namespace) -> str:
    """The daemon's address: as an argument, from a pipe, or typed; an empty line is the usual."""
    url = given.url or ""
    if not url and (shell.interactive or given.stdin):
        if not given.stdin:
            print(f"Address of the daemon [{DEFAULT}]: ", end="", file=shell.stderr, flush=True)
        url = shell.stdin.readline().strip() or DEFAULT
    if not url.startswith(("http://", "https://")):
        raise UsageError(
            "kit connect signal needs the address of the signal-cli daemon.",
            hint=f"For instance: kit connect signal --url {DEFAULT}",
        )
    return url.rstrip("/")


def _chosen(accounts: tuple[str, ...], wanted: str) -> str:
    """The number to speak from, of those a daemon serves."""
    if wanted in accounts:
        return wanted
    served = ", ".join(accounts) or "none"
    if wanted:
        raise KitError(f"The daemon does not serve {wanted[:30]}.", hint=f"It serves {served}.")
    if len(accounts) == 1:
        return accounts[0]
    raise KitError(
        f"The daemon serves {len(accounts)} numbers.",
        hint=f"Name one with --account. It serves {served}.",
    )


def _removed(shell: Shell, *, as_json: bool) -> int:
    settings = load_settings(shell.locations, shell.environ)
    if not settings.channels.signal.url or not settings.channels.signal.enabled:
        raise KitError("signal is not set up here.", title="Nothing to remove")
    path = set_values(shell.locations, {("channels", SIGNAL, "enabled"): False}, shell.environ)
    tell_the_engine(shell, SIGNAL)
    if as_json:
        write_json(shell, {"account": SIGNAL, "removed": True})
    else:
        shell.say(f"signal is switched off in {path}; its daemon is left alone.")
    return DONE
