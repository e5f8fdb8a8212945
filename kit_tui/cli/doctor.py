"""`kit doctor`: what could be wrong with terminal, home, journal, venue, channels and model."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal

from kit_tui.cli.failures import DONE, FAILED
from kit_tui.cli.findings import Finding
from kit_tui.cli.output import write_json
from kit_tui.cli.owner import owner_of
from kit_tui.cli.shell import Shell
from kit_tui.cli.terminal import terminal_findings
from kit_tui.cli.words import parser_for
from kit_tui.domain.errors import KitError, SettingsError
from kit_tui.settings.model import Settings

MARKS = {"ok": "✓", "note": "·", "warning": "!", "problem": "✗"}


def doctor(shell: Shell, words: list[str]) -> int:
    """`kit doctor [--json]`; 1 when something is wrong that matters."""
    given = parser_for(
        "doctor", "Check terminal, home, journal, venue, channels and model."
    ).parse_args(words)
    findings = list(examine(shell))
    sound = all(finding.state != "problem" for finding in findings)
    if given.json:
        checks = [{"name": f.name, "state": f.state, "detail": f.detail} for f in findings]
        write_json(shell, {"ok": sound, "checks": checks})
    else:
        _show(shell, findings)
    return DONE if sound else FAILED


def examine(shell: Shell) -> Iterator[Finding]:
    """Every check in the order it is shown."""
    yield from terminal_findings(shell)
    yield from _home(shell)
    settings, finding = _settings(shell)
    yield finding
    yield from (Finding("settings", "note", note) for note in settings.notes)
    yield _owner(shell)
    yield _journal(shell)
    yield _halt(shell)
    yield _venue(settings)
    yield from _accounts(shell, settings)
    yield from _channels(shell, settings)
    yield _model(shell, settings)


def _show(shell: Shell, findings: list[Finding]) -> None:
    style = shell.style
    longest = max(len(finding.name) for finding in findings)
    for finding in findings:
        mark = MARKS[finding.state]
        if finding.state == "problem":
            mark = style.bad(mark)
        elif finding.state == "ok":
            mark = style.good(mark)
        shell.say(f"{mark} {finding.name.ljust(longest)}  {finding.detail}")
    problems = sum(finding.state == "problem" for finding in findings)
    shell.say("")
    shell.say("Nothing that matters is wrong." if not problems else f"Problems: {problems}")


def _home(shell: Shell) -> Iterator[Finding]:
    places = shell.locations
    for name in ("config", "data", "state", "cache", "logs"):
        folder = getattr(places, name)
        if not folder.exists():
            yield Finding(name, "note", f"{folder} is made at the first start")
            continue
        status = folder.stat()
        open_to_others = status.st_mode & 0o077
        if open_to_others:
            mode = f"{status.st_mode & 0o777:o}"
            yield Finding(name, "warning", f"{folder} is open to others ({mode}); kit sets 700")
        else:
            yield Finding(name, "ok", str(folder))


def _settings(shell: Shell) -> tuple[Settings, Finding]:
    from kit_tui.settings.load import load_settings

    places = shell.locations
    try:
        settings = load_settings(places, shell.environ)
    except KitError as error:
        return Settings(), Finding("settings", "problem", str(error))
    files = [path for path in (places.config_file, places.config_json) if path.exists()]
    return settings, Finding("settings", "ok", str(files[0]) if files else "defaults, no file")


def _owner(shell: Shell) -> Finding:
    owner = owner_of(shell.locations)
    return Finding("engine", "note", "not running" if owner is None else f"process {owner} runs it")


def _journal(shell: Shell) -> Finding:
    path = shell.locations.journal
    if not path.exists():
        return Finding("journal", "note", "none yet")
    from kit_tui.state.verify import verify_file

    try:
        report = verify_file(path)
    except KitError as error:
        return Finding("journal", "problem", str(error))
    if report.ok:
        return Finding("journal", "ok", f"whole, {report.events:,} events")
    return Finding("journal", "problem", f"damaged: {report.problem or 'its head differs'}")


def _halt(shell: Shell) -> Finding:
    path = shell.locations.trading_state
    if not path.exists():
        return Finding("trading", "ok", "active, never halted")
    from kit_tui.domain.risk import TradingStatus
    from kit_tui.state.codec import decode

    try:
        status: TradingStatus = decode(path.read_bytes(), TradingStatus)
    except (OSError, ValueError):
        return Finding("trading", "problem", f"{path} cannot be read; the engine starts halted")
    reason = f": {status.reason}" if status.reason else ""
    state: Literal["ok", "warning"] = "ok" if status.state.value == "active" else "warning"
    return Finding("trading", state, status.state.value + reason)


def _venue(settings: Settings) -> Finding:
    from kit_tui.runtime.clock import SystemClock
    from kit_tui.runtime.venues import problem_of

    try:
        problem = asyncio.run(problem_of(settings, SystemClock()))
    except SettingsError as error:
        return Finding("venue", "problem", str(error))
    if not problem:
        return Finding("venue", "ok", f"{settings.default_exchange} answers")
    return Finding("venue", "warning", f"{problem}: simulated prices, demo account")


def _accounts(shell: Shell, settings: Settings) -> Iterator[Finding]:
    from kit_tui.cli.doctor_accounts import account_findings

    return account_findings(shell, settings)


def _channels(shell: Shell, settings: Settings) -> Iterator[Finding]:
    from kit_tui.cli.doctor_channels import channel_findings

    return channel_findings(shell, settings)


def _model(shell: Shell, settings: Settings) -> Finding:
    from kit_tui.cli.doctor_model import model_finding

    return model_finding(shell, settings)
