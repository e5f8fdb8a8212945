"""Looking after a home: where things are, and whether the journal is whole."""

from __future__ import annotations

import sys
from pathlib import Path

from kit_tui.cli.failures import DONE, FAILED
from kit_tui.cli.output import write_json
from kit_tui.cli.shell import Shell
from kit_tui.cli.words import parser_for
from kit_tui.domain.errors import KitError, UsageError
from kit_tui.settings.locations import Locations


def places(locations: Locations) -> dict[str, Path]:
    """Everything `kit locate` knows, by name."""
    settings = locations.config_json if locations.config_json.exists() else locations.config_file
    return {
        "config": locations.config,
        "data": locations.data,
        "state": locations.state,
        "cache": locations.cache,
        "logs": locations.logs,
        "settings": settings,
        "journal": locations.journal,
        "paper": locations.paper_store,
        "vault": locations.vault,
        "themes": locations.user_themes,
        "halt": locations.trading_state,
        "lock": locations.lock,
        "socket": locations.socket,
        "log": locations.log_file,
    }


def locate(shell: Shell, words: list[str]) -> int:
    """`kit locate [NAME]`.

    Raises:
        UsageError: for a name it does not know.
    """
    parser = parser_for("locate", "Where K.I.T. keeps its files.")
    parser.add_argument("name", nargs="?", metavar="NAME")
    given = parser.parse_args(words)
    known = places(shell.locations)
    if given.name is not None and given.name not in known:
        raise UsageError(
            f"kit locate does not know {given.name[:30]!r}.", hint=f"Known: {', '.join(known)}."
        )
    chosen = known if given.name is None else {given.name: known[given.name]}
    if given.json:
        write_json(shell, {name: str(path) for name, path in chosen.items()})
    elif given.name is not None:
        shell.say(str(known[given.name]))
    else:
        longest = max(map(len, known))
        for name, path in known.items():
            missing = "" if path.exists() else shell.style.dim("  (not there yet)")
            shell.say(f"{name.ljust(longest)}  {path}{missing}")
    return DONE


def journal(shell: Shell, words: list[str]) -> int:
    """`kit journal verify|export`."""
    parser = parser_for("journal", "Check the journal's whole chain, or print its events.")
    parser.add_argument("action", choices=("verify", "export"))
    parser.add_argument("--output", metavar="FILE", help="export to a new file, not to stdout")
    given = parser.parse_args(words)
    path = shell.locations.journal
    if given.action == "verify":
        return _verify(shell, path, as_json=given.json)
    return _export(shell, path, given.output)


def _verify(shell: Shell, path: Path, *, as_json: bool) -> int:
    if not path.exists():
        if as_json:
            write_json(shell, {"path": str(path), "ok": True, "events": 0})
        else:
            shell.say(f"There is no journal yet: {path}")
        return DONE
    from msgspec import to_builtins

    from kit_tui.state.verify import verify_file

    report = verify_file(path)
    if as_json:
        write_json(shell, to_builtins(report))
    elif report.ok:
        shell.say(f"The journal is whole: {report.events:,} events in {path}")
    else:
        where = f" at event {report.first_damage}" if report.first_damage is not None else ""
        explanation = f"The journal is damaged{where}: {report.problem or 'its head differs'}"
        shell.complain(f"{explanation}\n{path}")
    return DONE if report.ok else FAILED


def _export(shell: Shell, path: Path, output: str | None) -> int:
    from kit_tui.state.verify import export_lines

    if not path.exists():
        raise KitError(f"There is no journal yet: {path}")
    if output is None:
        target = getattr(shell.stdout, "buffer", None) or sys.stdout.buffer
        for line in export_lines(path):
            target.write(line.rstrip(b"\n") + b"\n")
        target.flush()
        return DONE
    try:
        with Path(output).open("xb") as file:
            Path(output).chmod(0o600)
            file.writelines(line.rstrip(b"\n") + b"\n" for line in export_lines(path))
    except OSError as error:
        raise KitError(f"{output} cannot be written: {error.strerror}.") from None
    return DONE
