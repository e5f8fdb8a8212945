"""One table of every key: bindings, hints, help, palette and the keymap all come from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from textual.binding import Binding

Scope = Literal["everywhere", "screen", "prompt", "ticket", "chart", "pane"]

SCOPES: Final[dict[Scope, str]] = {
    "everywhere": "Everywhere, also while typing",
    "screen": "Outside the prompt",
    "prompt": "In the prompt",
    "ticket": "On a ticket",
    "chart": "On the chart",
    "pane": "In a list",
}


class Key(msgspec.Struct, frozen=True):
    """One action. `hint` is what the bottom row calls it, empty if it is not shown there."""

    id: str
    keys: str
    action: str
    label: str
    sentence: str
    scope: Scope
    hint: str = ""
    at_once: bool = False  # acts before the keys typed right behind it reach what has the focus

    @property
    def binding(self) -> Binding:
        """The Textual binding."""
        return Binding(
            self.keys, self.action, self.label, show=False,
            priority=self.scope == "everywhere" or self.at_once, id=self.id, tooltip=self.sentence,
        )  # fmt: skip


KEYS: Final[tuple[Key, ...]] = (
    Key("halt", "f9", "app.halt", "Halt trading",
        "Halts all trading at once; only a person lifts it.", "everywhere", "HALT"),
    Key("ticket", "f4", "app.ticket", "Go to the ticket",
        "Moves to the ticket that waits for an answer.", "everywhere"),
    Key("help", "f1", "app.help", "Help", "Shows every key and what colours mean.", "everywhere"),
    Key("palette", "ctrl+p", "app.command_palette", "Command palette",
        "Finds any command, pane, theme or market.", "everywhere", "palette"),
    Key("quit", "ctrl+q", "app.leave", "Quit",
        "Leaves at once. Orders and stops stay where they are.", "everywhere"),
    Key("ask_quit", "q", "app.ask_leave", "Quit", "Leaves when pressed twice.", "screen"),
    Key("help_here", "question_mark", "app.help", "Help",
        "Shows every key and what colours mean.", "screen", "help"),
    Key("prompt", "i", "prompt", "Go to the prompt", "Moves to the prompt.", "screen",
        at_once=True),
    Key("command", "slash", "prompt('/')", "Type a command",
        "Moves to the prompt and begins a command there.", "screen", "commands", at_once=True),
    *(
        Key(f"pane_{number}", str(number), f"pane('{name}')", f"{name.capitalize()} pane",
            f"Moves to the {name} pane.", "screen")
        for number, name in enumerate(
            ("chat", "chart", "positions", "risk", "watchlist", "book", "tape", "events"), 1
        )
    ),
    Key("zoom", "z", "zoom", "Zoom", "Shows this pane at half, at full size, or as before.",
        "screen", "zoom"),
    Key("order", "n", "app.order_form", "New order",
        "Opens the order form with the verdict beside it.", "screen", "new order"),
    Key("orders", "o", "app.orders", "Orders and fills", "Lists all orders and fills.",
        "screen", "orders"),
    Key("connections", "f2", "connections", "Connections",
        "Shows every venue and account: latency, age, and what is wrong.", "screen"),
    Key("watchlist", "w", "pane('watchlist')", "Watchlist", "Moves to the watchlist.", "screen"),
    Key("timeframe", "t", "timeframe(1)", "Longer candles", "The chart's next timeframe.",
        "screen"),
    Key("timeframe_back", "T", "timeframe(-1)", "Shorter candles",
        "The chart's previous timeframe.", "screen"),
    Key("next_pair", "greater_than_sign,full_stop", "pair(1)", "Next market",
        "Charts the next market of the watchlist.", "screen"),
    Key("previous_pair", "less_than_sign,comma", "pair(-1)", "Previous market",
        "Charts the previous market of the watchlist.", "screen"),
    Key("copy", "y", "copy", "Copy", "Copies the focused pane or the selected text.", "screen",
        "copy"),
    Key("redraw", "ctrl+l", "app.redraw", "Paint again", "Paints the whole screen again.",
        "everywhere"),
    Key("tools", "ctrl+o", "screen.toggle_tools", "Tool details",
        "Opens or closes the tool lines in sight: what was asked, and what came back.",
        "everywhere"),
    Key("send", "enter", "submit", "Send", "Sends the message.", "prompt"),
    Key("newline", "shift+enter,alt+enter,ctrl+j", "newline", "New line", "Starts a new line.",
        "prompt"),
    Key("history", "ctrl+r", "search_history", "Search history",
        "Finds an earlier message that contains what is typed.", "prompt"),
    Key("complete", "tab", "complete", "Complete", "Takes the suggestion.", "prompt"),
    Key("leave_prompt", "escape", "leave", "Stop, or leave the prompt",
        "Breaks off the answer being given; when none is, leaves the prompt.", "prompt"),
    Key("approve", "a", "approve", "Approve",
        "Approves the ticket shown. Much real money asks for its pair first: type it, Enter"
        " approves, esc leaves the ticket waiting.", "ticket"),
    Key("reject", "r", "reject", "Reject", "Rejects the ticket shown.", "ticket"),
    Key("toggle_stop", "s", "toggle_stop", "Stop on or off",
        "Proposes the order anew with the default stop, or without one.", "ticket"),
    Key("toggle_target", "t", "toggle_target", "Target on or off",
        "Proposes the order anew with the default target, or without one.", "ticket"),
    Key("next_ticket", "right,tab", "next_ticket", "Next ticket",
        "Shows the next waiting ticket.", "ticket"),
    Key("leave_ticket", "escape", "leave", "Stop, or leave the ticket",
        "Breaks off the answer being given; when none is, goes back to the prompt. The ticket"
        " keeps waiting.", "ticket"),
)  # fmt: skip


def bindings(*scopes: Scope) -> list[Binding]:
    """The bindings of some scopes."""
    return [key.binding for key in KEYS if key.scope in scopes]


def find_key(name: str) -> Key:
    """A key by its id."""
    return next(key for key in KEYS if key.id == name)


_SHOWN: Final = {
    "question_mark": "?", "slash": "/", "greater_than_sign": ">", "less_than_sign": "<",
    "full_stop": ".", "comma": ",", "enter": "↵", "escape": "esc", "right": "→",
}  # fmt: skip


def shown(keys: str) -> str:
    """How keys are written on the screen: `ctrl+p` is `^p`, `question_mark` is `?`."""
    return " ".join(_shown_one(key) for key in keys.split(","))


def _shown_one(key: str) -> str:
    prefix, _, last = key.rpartition("+")
    last = _SHOWN.get(last, last.upper() if last.startswith("f") and last[1:].isdigit() else last)
    if prefix == "ctrl":
        return f"^{last}"
    return f"⇧{last}" if prefix == "shift" else f"{prefix}+{last}" if prefix else last


def effective(keymap: Mapping[str, str], name: str) -> str:
    """The keys an action has with the user's keymap."""
    return keymap.get(name) or find_key(name).keys


def keymap_problems(keymap: Mapping[str, str]) -> list[str]:
    """What is wrong with a user's keymap: unknown ids, clashes, a halt on a printable key."""
    known = {key.id: key for key in KEYS}
    problems = [f"keymap: {name} is not an action" for name in keymap if name not in known]
    if len(keymap.get("halt", "f9")) == 1:
        problems.append("keymap: halt cannot be a printable key")
    taken: dict[tuple[str, str], str] = {}
    for key in KEYS:
        for one in effective(keymap, key.id).split(","):
            place = ("ticket" if key.scope == "ticket" else key.scope, one.strip())
            other = taken.setdefault(place, key.id)
            if other != key.id:
                problems.append(f"keymap: {one.strip()} is both {other} and {key.id}")
    return problems


def usable_keymap(keymap: Mapping[str, str]) -> dict[str, str]:
    """The part of a user's keymap which can be used; halt never becomes a printable key."""
    known = {key.id for key in KEYS}
    return {
        name: keys
        for name, keys in keymap.items()
        if name in known and keys and not (name == "halt" and len(keys) == 1)
    }
