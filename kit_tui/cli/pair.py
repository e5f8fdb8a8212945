"""`kit pair`: shows a code that lets one person in on a channel, and waits for its use."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from kit_tui.cli.failures import DONE
from kit_tui.cli.output import write_json
from kit_tui.cli.owner import owner_of
from kit_tui.cli.qr import qr_for
from kit_tui.cli.shell import Shell
from kit_tui.cli.words import parser_for
from kit_tui.commands.contract import Json
from kit_tui.domain.errors import KitError, UsageError
from kit_tui.domain.message import Role
from kit_tui.domain.people import Access, Door, Pairing, Person
from kit_tui.gateway.desk import Desk
from kit_tui.gateway.key_forms import CHANNELS, SERVICES, SIGNAL
from kit_tui.settings.credentials import find_channel_token
from kit_tui.settings.load import load_settings
from kit_tui.settings.vault import open_vault
from kit_tui.settings.vault_errors import VaultLockedError
from kit_tui.state.slices import ACCESS, CONNECTIONS, Connection

PURPOSE = (
    "Let one person in on a channel: a code is shown that works once, for ten minutes. Ctrl+C "
    "takes it back."
)
TRADER = "trader"
ROLES = ("viewer", TRADER)
REACHED_S = 20.0
"""How long a channel that starts just now may take until it is up."""
ASKED_S = 3.0
"""How long an engine that runs may take to say that a channel runs in it."""
GRACE_S = 1.0


class NotPairedError(KitError):
    """The code was not used."""

    title = "Nobody was paired"


def pair(shell: Shell, words: list[str]) -> int:
    """`kit pair CHANNEL [--role ROLE] [--json]`; 1 when nobody used the code."""
    parser = parser_for("pair", PURPOSE)
    parser.add_argument("channel", choices=CHANNELS, metavar="CHANNEL", help=", ".join(CHANNELS))
    add_role(parser)
    given = parser.parse_args(words)
    require_set_up(shell, given.channel)
    role = Role[given.role.upper()]
    return asyncio.run(let_in(shell, given.channel, role, demo=given.demo, as_json=given.json))


def offer_pairing(shell: Shell, channel: str, role: str) -> int:
    """Show a code after a channel was connected, where somebody is there to see it.

    Whoever has people there already is only told how to let in another.
    """
    known = asyncio.run(access_of(shell, demo=False)).people
    there = [person for person in known if person.channel == channel]
    if there or not shell.interactive:
        so_far = f"{len(there)} may speak there. " if there else ""
        shell.say(f"{so_far}kit pair {channel} lets {'another' if there else 'somebody'} in.")
        return DONE
    return asyncio.run(
        let_in(shell, channel, Role[(role or TRADER).upper()], demo=False, as_json=False)
    )


async def access_of(shell: Shell, *, demo: bool) -> Access:
    """Who may speak; an engine that is started only for this asks no venue."""
    is_own = owner_of(shell.locations) is None
    desk = await replace(shell, account=None).desk(demo=demo or is_own)
    try:
        access = desk.store.get(ACCESS) or Access()
    finally:
        await desk.close()
    return _with_declared(shell, access) if is_own else access


def _with_declared(shell: Shell, access: Access) -> Access:
    """People of the settings as well, whom only an engine that serves channels knows."""
    from kit_tui.runtime.channels import declared_people

    settings = load_settings(shell.locations, shell.environ)
    found = {person.key: person for person in (*declared_people(settings), *access.people)}
    return msgspec.structs.replace(access, people=tuple(found[key] for key in sorted(found)))


def add_role(parser: argparse.ArgumentParser, default: str = TRADER) -> None:
    """The flag that says what whoever uses the code may do."""
    parser.add_argument(
        "--role", choices=ROLES, default=default,
        help="viewer asks about markets, trader also trades (default: trader)",
    )  # fmt: skip


def require_set_up(shell: Shell, channel: str) -> None:
    """Check that a channel is on and has its token, before an engine is started for it.

    Raises:
        UsageError: saying what to do first.
    """
    section = getattr(load_settings(shell.locations, shell.environ).channels, channel)
    if not section.enabled:
        raise UsageError(
            f"{channel} is off in the settings.", hint=f"Set channels.{channel}.enabled = true."
        )
    if channel == SIGNAL:
        known = bool(section.url)
    elif owner_of(shell.locations) is not None:
        return  # that engine knows better: its vault is open
    else:
        try:
            vault = open_vault(shell.locations, shell.environ)
            known = bool(find_channel_token(channel, shell.environ, vault))
        except VaultLockedError:
            return  # its passphrase is asked for when the engine starts
    if not known:
        raise UsageError(f"{channel} is not set up.", hint=f"First: kit connect {channel}")


async def let_in(shell: Shell, channel: str, role: Role, *, demo: bool, as_json: bool) -> int:
    """Show a code, wait for its use, and say who is in.

    Raises:
        KitError: when the channel does not run, or nobody used the code.
    """
    is_own = owner_of(shell.locations) is None
    desk = await replace(shell, account=None).desk(demo=demo, channel="gateway")
    try:
        await _until_up(shell, desk, channel, REACHED_S if is_own else ASKED_S)
        before = _people(desk, channel)
        pairing = await desk.pair(channel, role)
        _show(shell, pairing, as_json=as_json)
        person = await _until_used(desk, pairing, before)
    finally:
        await desk.close()  # voids the code where it was not used
    if as_json:
        write_json(shell, {"paired": person_json(person)})
        return DONE
    shell.say(f"{person.name or person.user} is in, as {role.name.lower()} ({person.key}).")
    if is_own:
        shell.say("No engine runs now, so nobody answers there: kit or kit gateway starts one.")
    return DONE


# -- waiting -----------------------------------------------------------------------------------


async def _until_up(shell: Shell, desk: Desk, channel: str, patience_s: float) -> None:
    """Wait until the service was reached, so that there is a link and somebody who listens."""

    def line() -> Connection | None:
        known = desk.store.get(CONNECTIONS) or ()
        return next((c for c in known if c.kind == "channel" and c.name == channel), None)

    def settled() -> bool:
        now = line()
        return now is not None and now.state in ("up", "degraded", "down")

    await _changed(desk, lambda: line() is not None, patience_s)
    if line() is None:
        return  # it does not run here, which the desk says better
    await _changed(desk, settled, REACHED_S)
    now = line()
    if now is not None and now.state == "down":
        shell.complain(f"{channel} is down now ({now.detail}); it is tried again meanwhile.")


async def _until_used(desk: Desk, pairing: Pairing, before: dict[str, Person]) -> Person:
    """Whoever used the code.

    Raises:
        NotPairedError: when it ran out, was taken back, or the engine stopped.
    """

    def found() -> Person | None:
        now = _people(desk, pairing.channel)
        return next((p for key, p in now.items() if p != before.get(key)), None)

    def door() -> Door | None:
        doors = (desk.store.get(ACCESS) or Access()).doors
        return next((door for door in doors if door.channel == pairing.channel), None)

    def over() -> bool:
        here = door()
        return (
            found() is not None or desk.lost or here is None
            or here.pairing_until != pairing.expires_at
        )  # fmt: skip

    left = (pairing.expires_at - datetime.now(UTC)).total_seconds()
    await _changed(desk, over, max(0.0, left))
    if found() is None and not desk.lost:
        # The code is void a moment before the journal has who used it.
        await _changed(desk, lambda: found() is not None, GRACE_S)
    person = found()
    if person is not None:
        return person
    again = f"Another: kit pair {pairing.channel}"
    if desk.lost:
        raise NotPairedError("The engine stopped.", hint=again)
    here = door()
    if here is None or here.pairing_until == pairing.expires_at:
        raise NotPairedError("The code ran out.", hint=again)
    if here.pairing_until is not None:
        raise NotPairedError("Another code was made; this one is void.")
    raise NotPairedError("The code is void: it ran out, or was guessed at.", hint=again)


async def _changed(desk: Desk, condition: Callable[[], bool], seconds: float) -> None:
    """Wait until a condition on the store holds, or the time is over, or the engine is gone."""
    happened = asyncio.Event()

    def look(*_: object) -> None:
        if condition():
            happened.set()

    leave = desk.store.subscribe(look)
    wait_lost = getattr(desk, "wait_lost", None)
    waits = [asyncio.ensure_future(happened.wait())]
    if wait_lost is not None:
        waits.append(asyncio.ensure_future(wait_lost()))
    try:
        look()
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leave()
        for wait in waits:
            wait.cancel()


def _people(desk: Desk, channel: str) -> dict[str, Person]:
    people = (desk.store.get(ACCESS) or Access()).people
    return {person.key: person for person in people if person.channel == channel}


# -- showing -----------------------------------------------------------------------------------


def _show(shell: Shell, pairing: Pairing, *, as_json: bool) -> None:
    if as_json:
        write_json(shell, {"pairing": pairing_json(pairing)})
        return
    code = qr_for(shell, pairing.link)
    if code:
        shell.say(f"{code}\n")
    shell.say(f"Code:  {shell.style.bold(pairing.code)}")
    if pairing.link:
        shell.say(f"Link:  {pairing.link}")
    where = "Open the link, or send the code" if pairing.link else "Send the code"
    to = "bot" if pairing.channel in SERVICES else "number"
    shell.say(f"{where} to the {to} on {pairing.channel}, in a private chat.")
    role, until = pairing.role.name.lower(), f"{pairing.expires_at:%H:%M:%S} UTC"
    shell.say(f"It lets one person in, as {role}, until {until}.")
    shell.complain("Waiting; Ctrl+C takes the code back.")


def pairing_json(pairing: Pairing) -> Json:
    """A code as JSON."""
    return {
        "channel": pairing.channel, "role": pairing.role.name.lower(), "code": pairing.code,
        "link": pairing.link, "expires_at": pairing.expires_at.isoformat(),
    }  # fmt: skip


def person_json(person: Person) -> Json:
    """Somebody who may speak, as JSON."""
    return {
        "key": person.key, "name": person.name, "channel": person.channel, "user": person.user,
        "chat": person.chat, "role": person.role.name.lower(),
        "since": person.since.isoformat() if person.since is not None else None,
        "declared": person.declared,
    }  # fmt: skip
