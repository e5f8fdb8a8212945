"""`kit connect`: keys, typed at this terminal and tested before they are kept."""

from __future__ import annotations

import argparse
import asyncio
import re
from dataclasses import replace

import msgspec

from kit_tui.cli import connected
from kit_tui.cli.failures import DONE, FAILED
from kit_tui.cli.hidden import ask_hidden
from kit_tui.cli.output import write_json
from kit_tui.cli.owner import owner_of
from kit_tui.cli.pair import add_role, offer_pairing
from kit_tui.cli.shell import Shell
from kit_tui.cli.words import parser_for
from kit_tui.domain.errors import KitError, UsageError
from kit_tui.gateway.key_forms import (
    CHANNELS,
    MODEL,
    SERVICES,
    SIGNAL,
    WITHDRAW_WORD,
    ConnectRequest,
    KeyReport,
    Service,
    permission_word,
)
from kit_tui.settings.credentials import account_name, account_parts
from kit_tui.settings.vault_file import SHORTEST_PASSPHRASE, VARIABLE

PURPOSE = (
    "Connect an account at an exchange, the language model (anthropic), or a channel (telegram, "
    "discord, signal): keys are typed unseen, tested at once, and kept in the system's keyring or "
    "an encrypted file. A channel then shows a code that lets one person in."
)


def connect(shell: Shell, words: list[str]) -> int:
    """`kit connect NAME`, `--list`, `--remove NAME`, `--rotate NAME`; `--account A` names another.

    Raises:
        UsageError: when words are left over, which might be keys and so are not repeated.
    """
    parser = _parser()
    given, left = parser.parse_known_args(words)
    if left or (given.name and not re.fullmatch(r"[a-z][a-z0-9_-]{0,23}", given.name)):
        named = given.name if given.name in SERVICES else "binance"
        raise UsageError(
            "kit connect takes the name of an exchange, the model or a channel and no keys: "
            "arguments are seen by every program and kept by the shell.",
            hint=f"Type kit connect {named}; what it needs is then asked for.",
        )
    from kit_tui.runtime.logs import log_to_file

    shell.locations.ensure()
    log_to_file(shell.locations.log_file, shell.environ)
    if given.list:
        return connected.show_all(shell, as_json=given.json)
    if not given.name:
        raise UsageError(
            "Name an exchange, the model or a channel.", hint="For instance: kit connect binance"
        )
    if given.name == SIGNAL:
        from kit_tui.cli.connect_signal import connect_signal

        return connect_signal(shell, given)
    venue, name = account_parts(given.name, shell.account or "")
    if given.url or (given.role and venue not in CHANNELS):
        flag, of = ("--url", SIGNAL) if given.url else ("--role", "channels")
        raise UsageError(f"{flag} is for {of}.", hint="kit connect --help lists what there is.")
    if venue in SERVICES:
        _check_service(given, SERVICES[venue], name)
    # No engine can be asked for an account that is only being made.
    shell = replace(shell, account=None)
    if given.remove:
        return connected.remove(shell, venue, name, given.confirm, given.json)
    return _connect(shell, given, venue, name)


def _check_service(given: argparse.Namespace, service: Service, name: str) -> None:
    """Refuse what only accounts at exchanges have."""
    said = [flag for flag in ("live", "sandbox", "market", "password") if getattr(given, flag)]
    if said or name:
        raise UsageError(
            f"--{said[0] if said else 'account'} is for exchanges: {service.name} has one "
            f"{service.secret}, nothing else.",
            hint=f"Type kit connect {service.name}.",
        )


def _parser() -> argparse.ArgumentParser:
    parser = parser_for("connect", PURPOSE, demo=False)
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="an exchange, such as binance; anthropic, telegram, discord or signal",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--live", action="store_true", help="real money (the default)")
    mode.add_argument("--sandbox", action="store_true", help="the exchange's testnet")
    parser.add_argument(
        "--market", choices=("spot", "perpetual"), default="", help="coins, or perpetual contracts"
    )
    parser.add_argument("--password", action="store_true", help="the key has a password as well")
    parser.add_argument(
        "--stdin",
        action="store_true",
        help="read key and secret from standard input, a line each; others than exchanges have one",
    )
    parser.add_argument("--confirm", metavar="WORD", help="the word asked for, in place of typing")
    parser.add_argument("--url", metavar="URL", help="signal: where its daemon answers")
    add_role(parser, default="")
    act = parser.add_mutually_exclusive_group()
    act.add_argument("--list", action="store_true", help="show what has keys here")
    act.add_argument("--remove", action="store_true", help="delete an account's keys here")
    act.add_argument("--rotate", action="store_true", help="test new keys, then drop the old ones")
    return parser


def _connect(shell: Shell, given: argparse.Namespace, venue: str, name: str) -> int:
    request = ConnectRequest(
        venue=venue, name=name, rotate=given.rotate, market=given.market,
        mode="live" if given.live else "sandbox" if given.sandbox else "",
        word=given.confirm or "", **_keys(shell, given, account_name(venue, name)),
    )  # fmt: skip
    ask = _Asker(shell)
    report = ask(request)
    if not given.json:
        _show(shell, report)
    while report.needs:
        answer = _answer(shell, report, request, piped=given.stdin)
        if answer is None:
            break
        request = msgspec.structs.replace(request, **answer)
        report = ask(request)
    code = _outcome(shell, report, as_json=given.json)
    if code != DONE or given.json or not SERVICES.get(venue, SERVICES[MODEL]).is_channel:
        return code
    if request.passphrase:  # it was typed a moment ago
        shell = replace(shell, environ={**shell.environ, VARIABLE: request.passphrase})
    return offer_pairing(shell, venue, given.role)


def _keys(shell: Shell, given: argparse.Namespace, account: str) -> dict[str, str]:
    """Key, secret and, if wanted, password: typed unseen, or a line each from a pipe."""
    names = ["api_key", "secret", *(["password"] if given.password else [])]
    service = SERVICES.get(account)
    if service is not None:
        names = ["api_key"]
    if given.stdin:
        return {"secret": "", **{name: _line(shell) for name in names}}
    labels = {
        "api_key": _question(account, service),
        "secret": "Secret: ",
        "password": "Password of the key: ",
    }
    return {"secret": "", **{name: ask_hidden(shell, labels[name]) for name in names}}


def _question(account: str, service: Service | None) -> str:
    if service is None:
        return f"API key of {account}: "
    if service.is_channel:
        return f"Token of the bot, from {service.where}: "
    return f"API key for {account}: "


def _line(shell: Shell) -> str:
    return shell.stdin.readline().strip()


class _Asker:
    """Has keys tested and kept by the engine of this home, or here while there is none."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._keeper = None if owner_of(shell.locations) is not None else connected.keeper_of(shell)

    def __call__(self, request: ConnectRequest) -> KeyReport:
        if self._keeper is not None:
            return asyncio.run(self._keeper.connect(request))
        return asyncio.run(self._through_the_engine(request))

    async def _through_the_engine(self, request: ConnectRequest) -> KeyReport:
        desk = await self._shell.desk(demo=False)
        try:
            return await desk.connect_account(request)
        finally:
            await desk.close()


def _answer(
    shell: Shell, report: KeyReport, request: ConnectRequest, *, piped: bool
) -> dict[str, str] | None:
    """What a report needs, typed by a person; None when they decline."""
    known = shell.environ.get(VARIABLE, "")
    if report.needs != "word" and known and known != request.passphrase:
        return {"passphrase": known}  # an engine that runs was started without it
    shell.complain(report.problem)
    if piped and report.needs != "word":
        raise KitError(
            report.problem, hint=f"Set {VARIABLE} for keys from a pipe.", title="Not connected"
        )
    if report.needs == "word":
        if piped:
            return None
        shell.complain(f"To keep it nevertheless, type {WITHDRAW_WORD}; anything else stops.")
        typed = ask_word(shell, "> ")
        return {"word": typed} if typed == WITHDRAW_WORD else None
    if report.needs == "passphrase":
        return {"passphrase": ask_hidden(shell, "Passphrase of the vault: ")}
    return {"passphrase": _new_passphrase(shell)}


def ask_word(shell: Shell, question: str) -> str:
    """One visible line from the person at the terminal."""
    print(question, end="", file=shell.stderr, flush=True)
    return _line(shell)


def _new_passphrase(shell: Shell) -> str:
    """A passphrase typed twice the same, long enough."""
    shell.complain("It cannot be recovered: without it the keys have to be typed in again.")
    for _ in range(3):
        chosen = ask_hidden(shell, f"New passphrase ({SHORTEST_PASSPHRASE} characters or more): ")
        if len(chosen) < SHORTEST_PASSPHRASE:
            shell.complain("That is too short.")
        elif ask_hidden(shell, "The same again: ") == chosen:
            return chosen
        else:
            shell.complain("These were not the same.")
    raise KitError("No passphrase was chosen; nothing was stored.", title="Not connected")


def _show(shell: Shell, report: KeyReport) -> None:
    """What the keys may do."""
    service = SERVICES.get(report.venue)
    if service is not None:
        whose = f" of {report.named}" if report.named else ""
        shell.say(f"{service.name}: the {service.secret} {report.fingerprint}{whose} works.")
        return
    may = report.permissions
    rows = [
        ("key", report.fingerprint),
        ("mode", f"{report.mode}, {report.market}"),
        ("may read", permission_word(may.get("read"))),
        ("may trade", permission_word(may.get("trade"))),
        ("may withdraw", permission_word(may.get("withdraw"))),
        ("own addresses only", permission_word(may.get("ip_restricted"))),
        ("clock", f"{report.clock_offset_s:+.2f} s".replace("-", "−")),
        ("coins held", str(report.balances)),
    ]
    shell.say(f"{report.account}: {report.venue} takes these keys.")
    for name, value in rows:
        shell.say(f"  {name.ljust(18)}  {value}")


def _outcome(shell: Shell, report: KeyReport, *, as_json: bool) -> int:
    if as_json:
        write_json(shell, msgspec.to_builtins(report))
    for note in () if as_json else report.notes:
        shell.say(note)
    if not report.stored:
        if report.needs == "word":
            shell.complain(
                "kit: Not connected\n  The key was not kept.\n"
                f"  Make one that may not withdraw, or confirm with {WITHDRAW_WORD}."
            )
        return FAILED
    if not as_json:
        service = SERVICES.get(report.venue)
        if report.replaced and service is not None:
            before = f"The {service.secret} before ({report.replaced})"
            shell.say(f"{before} is dropped here; revoke it there.")
        elif report.replaced:
            shell.say(f"The keys before ({report.replaced}) are dropped here; revoke them there.")
        shell.say(f"Stored in {report.where}.")
        if report.mode == "live":
            shell.say(f"It sends no order until you allow it: kit live {report.account}")
    return DONE
