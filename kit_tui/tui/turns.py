"""Words about turns of the language model: whose they are, what they do, what they cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from kit_tui.domain.turn import LiveTurn, Spent
from kit_tui.state.slices import TURNS
from kit_tui.tui import formats
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.view import View

LOCAL_CHANNELS: Final = frozenset({"tui", "terminal", "local", "cli", ""})
"""Channels of this machine: what is said there needs no name of its channel."""

LINGER_S: Final = 2.0
"""How long a turn that ended is still shown while its message has not arrived."""

READERS: Final = ("get_", "list_", "find_", "read_", "search_")
"""How the names of tools begin that only look something up."""

OFFLINE: Final = "offline grammar"


def live_turns(view: View) -> tuple[LiveTurn, ...]:
    """Turns under way, oldest first."""
    turns: tuple[LiveTurn, ...] = view.get(TURNS) or ()
    return tuple(sorted(turns, key=lambda turn: turn.since))


def is_local(turn: LiveTurn) -> bool:
    """Whether somebody at this machine asked, so that Esc here breaks it off."""
    return turn.channel in LOCAL_CHANNELS


def short_model(name: str) -> str:
    """A model as people call it: `claude-sonnet-5-5` is `sonnet-5-5`."""
    return safe_line(name).removeprefix("claude-")


def doing(turn: LiveTurn) -> str:
    """What a turn is busy with, in a word or two."""
    running = [tool for tool in turn.tools if tool.ms is None]
    if turn.phase == "working" and running:
        name = safe_line(running[-1].name)
        return f"reading {name}" if name.startswith(READERS) else f"using {name}"
    return "answering" if turn.phase == "answering" else "thinking"


def cost_words(spent: Spent | None) -> str:
    """What an answer cost: `$0.004`; empty where it has no known price."""
    if spent is None or spent.cost is None:
        return ""
    about = "≈" if spent.estimated else ""
    if 0 < spent.cost < Decimal("0.001"):
        return f"{about}<$0.001"
    return f"{about}${formats.grouped(spent.cost, 3 if spent.cost < 1 else 2)}"


def seconds_words(ms: int) -> str:
    """How long a tool took: `<0.01 s`, `0.42 s`, `12.3 s`, `75 s`."""
    if ms < 10:
        return "<0.01 s"
    seconds = ms / 1000
    places = 2 if seconds < 9.995 else 1 if seconds < 59.95 else 0
    return f"{seconds:.{places}f} s"


def reason_words(why: str) -> str:
    """Why the model did not answer though it was to: `overloaded`; empty when nothing is wrong.

    That there is no key, or that the model is switched off, is how things are rather than a
    fault, so it is not told each time.
    """
    reason = safe_line(why).removeprefix("offline:").strip()
    return "" if reason in ("no key", "switched off") else reason


def brief_arguments(arguments: str) -> str:
    """Arguments without their names: `pair ETH/USDT, timeframe 4h` is `ETH/USDT 4h`."""
    values = []
    for part in safe_line(arguments).split(", "):
        name, _, value = part.strip().partition(" ")
        named = bool(value) and name.islower() and name.isidentifier()
        values.append(value.strip() if named else part.strip())
    return " ".join(value for value in values if value not in ("", "None"))
