"""The command line: which words lead to which command, and every failure to an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from types import MappingProxyType
from typing import Final, TextIO

import kit_tui
from kit_tui.cli.failures import DONE, FAILED, INTERRUPTED, WRONG_USAGE, crashed, exit_code, explain
from kit_tui.cli.shell import OpenDesk, Shell, open_desk
from kit_tui.domain.errors import KitError, UsageError
from kit_tui.settings.locations import find_locations

Runner = Callable[[Shell, list[str]], int]

# Module and function by name; a module is imported when its command runs, since every one of them
# would otherwise be paid for by each run of any.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "ask": ("trading", "ask"),
        "approve": ("trading", "approve"),
        "reject": ("trading", "reject"),
        "pending": ("pending", "pending"),
        "halt": ("trading", "halt"),
        "resume": ("trading", "resume"),
        "kill": ("trading", "kill"),
        "parse": ("parsing", "parse"),
        "doctor": ("doctor", "doctor"),
        "connect": ("connect", "connect"),
        "live": ("live", "live"),
        "pair": ("pair", "pair"),
        "people": ("people", "people"),
        "unpair": ("people", "unpair"),
        "locate": ("care", "locate"),
        "journal": ("care", "journal"),
        "gateway": ("service", "gateway"),
    }
)
FLAGS: Final = ("--demo", "--json")

HELP: Final = """\
kit: a trading terminal you talk to.

  kit [--demo | --account NAME]    the full-screen terminal; --demo on the simulated market
  kit ask TEXT [--approve]         one message through the whole pipeline
  kit approve ID [--hash H]        approve a pending ticket; live orders need the hash
  kit reject ID                    reject a pending ticket
  kit accounts                     every account with its worth, and the totals
  kit portfolio · positions · orders · risk · price PAIR · analyze PAIR [TIMEFRAME]
  kit recommend PAIR · size PAIR   an idea with stop, target and size · how much may be bought
  kit help [NAME]                  every command of the engine
  kit halt [REASON]                stop trading at once
  kit resume · kit kill            lift a halt · halt, cancel and close; both ask for a typed word
  kit parse [TEXT…]                what the offline grammar understands, as JSON
  kit why [ORDER]                  who asked for an order, what was checked, what came of it
  kit pending                      tickets that wait for an answer
  kit autonomy [LEVEL]             what is sent without asking; manual unless you raised it
  kit connect NAME                 an exchange, anthropic, telegram, discord or signal;
                                   --list, --remove, --rotate
  kit pair CHANNEL [--role ROLE]   let one person in by a code: viewer or trader
  kit people · kit unpair KEY      who may speak from elsewhere · let somebody in no more
  kit live NAME                    let an account trade real money; --off takes it back
  kit doctor                       check terminal, home, journal, venue, channels, model
  kit locate [NAME]                where things are kept
  kit journal verify|export        check or print the journal
  kit gateway                      run the engine without a screen
  kit --version

Every command takes --json, --demo and --account NAME. KIT_HOME moves all files below one folder.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted."""


def run(
    words: Sequence[str],
    environ: Mapping[str, str] | None = None,
    *,
    opener: OpenDesk = open_desk,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run `kit WORDS` and return the exit code; no exception leaves but SystemExit's subclasses."""
    environ = os.environ if environ is None else environ
    shell = Shell(
        environ=environ,
        locations=find_locations(environ),
        stdin=stdin or sys.stdin,
        stdout=stdout or sys.stdout,
        stderr=stderr or sys.stderr,
        open_desk=opener,
    )
    for stream in (shell.stdin, shell.stdout, shell.stderr):
        _tolerate(stream)
    try:
        return _dispatch(shell, list(words))
    except KitError as error:
        explain(error, shell.stderr)
        return exit_code(error)
    except SystemExit as leaving:  # argparse has printed the usage
        return leaving.code if isinstance(leaving.code, int) else WRONG_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback on screen
        return crashed(error, shell.locations, environ, shell.stderr)


def _dispatch(shell: Shell, words: list[str]) -> int:
    shell = replace(shell, account=_taken_account(words))
    leading = []
    while words and words[0] in FLAGS:
        leading.append(words.pop(0))
    if not words:
        explain(KitError("Name a command.", hint="kit --help lists them."), shell.stderr)
        return WRONG_USAGE
    name, rest = words[0], [*leading, *words[1:]]
    if name in ("--help", "-h"):
        shell.say(HELP)
        return DONE
    if name in ("--version", "-V"):
        shell.say(f"kit {kit_tui.__version__}")
        return DONE
    if name not in COMMANDS:
        from kit_tui.cli.generated import run_command

        return run_command(shell, name, rest)
    module, function = COMMANDS[name]
    runner: Runner = getattr(import_module(f"kit_tui.cli.{module}"), function)
    return runner(shell, rest)


def _taken_account(words: list[str]) -> str | None:
    """The value of `--account NAME`, which may stand anywhere; it is taken out of the words."""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name != "--account":
            continue
        if not equals and place + 1 < len(words):
            value = words[place + 1]
        if not value or value.startswith("-"):
            raise UsageError("--account needs a name.", hint="kit accounts lists them.")
        del words[place : place + (1 if equals else 2)]
        return value
    return None


def _tolerate(stream: TextIO) -> None:
    """Odd bytes become marks in place of a crash, in what is read as in what is printed."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def _reader_left() -> int:
    """Whoever read our output went away: be quiet about it, at the interpreter's exit too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED
