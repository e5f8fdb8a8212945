"""Describes every command from its own declaration: the page in `docs/` is made from this.

`python -m kit_tui.runtime.command_page > docs/commands.md` writes the page anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from kit_tui.ai.claude.tools import toolset
from kit_tui.commands.command import Command, Effect, commands_of
from kit_tui.domain.message import Role
from kit_tui.gateway.commands import GatewayCommands
from kit_tui.runtime.house_commands import HouseCommands
from kit_tui.skills.discovery import load_builtin_skills
from kit_tui.trading.care_commands import CareCommands
from kit_tui.trading.commands import TradingCommands
from kit_tui.trading.performance_commands import PerformanceCommands

HEAD = """# Commands

Each of these is typed with a slash in the terminal and on the phone, and as `kit NAME` in a shell
(with `--json`, `--demo`, `--account NAME`). Many are reached by plain words as well. This page is
generated from the commands' own declarations.

*Viewers* see the market. Whatever shows balances, sizes, profit or orders needs a *trader*; what
is marked *terminal* works only for the owner at this machine. The last column is the name a
command has as a tool of the model; what has none, no model can run.

Profit is counted per fill, fees included, in the quote currency of the pair: sums over days, pairs
or trades are the ledger's own figure to the last digit. Days, weeks and months are those of
`timezone`. A span is `1d` (today), `yesterday`, `7d`, `2w`, `last-week`, `this-month`, `1y`, `ytd`,
or nothing for all time. A trade begins with the first fill from flat and ends when at most a
hundredth of it is left. `/reduce` takes no entries any more and manages on what is held; like a
halt it holds until `/resume RESUME`.

Settings are read once, at the start: there is no command to read them anew.
"""
WHO = {Role.VIEWER: "viewer", Role.TRADER: "trader", Role.OWNER: "terminal"}
HOSTS: tuple[tuple[type, str], ...] = (
    (TradingCommands, "trading"),
    (CareCommands, "trading"),
    (PerformanceCommands, "trading"),
    (GatewayCommands, "gateway"),
    (HouseCommands, "runtime"),
)


def declared() -> list[Command]:
    """Every command there is, by name; none of them can be run."""
    found = [command for skill in load_builtin_skills() for command in skill.commands()]
    for kind, owner in HOSTS:
        found += commands_of(object.__new__(kind), owner)
    return sorted(found, key=lambda command: command.name)


def page() -> str:
    """The page as Markdown."""
    commands = declared()
    tools = {tool.command.name: name for name, tool in toolset(commands).items()}
    sections = (
        ("Looking", (Effect.READS,)),
        ("Ordering", (Effect.PROPOSES,)),
        ("Getting out and stopping", (Effect.REDUCES,)),
        ("Setting up and care", (Effect.SETS, Effect.ADMIN)),
    )
    lines = [HEAD]
    for title, effects in sections:
        lines.append(f"\n## {title}\n\n| command | does | who | tool |\n|---|---|---|---|")
        lines += _rows((c for c in commands if c.effect in effects), tools)
    return "\n".join(lines) + "\n"


def _rows(commands: Iterable[Command], tools: dict[str, str]) -> Iterable[str]:
    for command in commands:
        names = " ".join(f"`/{name}`" for name in command.aliases)
        usage = f"`{command.usage}`" + (f" ({names})" if names else "")
        does = " ".join(f"{command.help} {command.detail}".split()).replace("|", "\\|")
        yield f"| {usage} | {does} | {WHO[command.role]} | {tools.get(command.name, '')} |"


if __name__ == "__main__":
    sys.stdout.write(page())
