"""A model's answer as rows: its head, the tools it used, and questions with choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kit_tui.domain.cards import QuestionCard
from kit_tui.domain.turn import LiveTurn, ToolUse
from kit_tui.tui import formats
from kit_tui.tui.cards.heads import kit_name
from kit_tui.tui.safe_text import safe_line, safe_text
from kit_tui.tui.spans import BLANK, Row, cut, row, width_of, wrapped
from kit_tui.tui.turns import brief_arguments, doing, seconds_words, short_model

TOOL_ROWS = 8
THOUGHT_ROWS = 6
MAX_CHOICES = 9


@dataclass(frozen=True, slots=True)
class Spot:
    """What a row stands for when it is clicked: a tool's line, the thoughts, or a choice."""

    kind: str
    owner: str
    index: int = 0


@dataclass(slots=True)
class Block:
    """Rows with the places among them that can be clicked."""

    rows: list[Row] = field(default_factory=list)
    spots: dict[int, Spot] = field(default_factory=dict)

    def add(self, rows: Sequence[Row], spot: Spot | None = None) -> None:
        """Put rows under the others; all of them are the place `spot`."""
        if spot is not None:
            self.spots.update(
                dict.fromkeys(range(len(self.rows), len(self.rows) + len(rows)), spot)
            )
        self.rows += rows


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question stands: whether it can be answered now, by digits too, and what was typed."""

    open: bool = False
    by_digit: bool = False
    picked: int = 0


def add_tools(
    block: Block,
    tools: Sequence[ToolUse],
    owner: str,
    opened: frozenset[int],
    *,
    width: int,
    running_s: Callable[[int], int] = lambda _index: 0,
) -> None:
    """One line for each tool; what is opened shows arguments and result under it.

    `running_s` tells for how many seconds the tool at an index has been running.
    """
    for index, tool in enumerate(tools):
        spot = Spot("tool", owner, index)
        line, whole = tool_line(tool, width, index in opened, running_s(index))
        block.add([line], spot)
        if index in opened:
            block.add(_details(tool, width, told=whole), spot)


def tool_line(tool: ToolUse, width: int, opened: bool, running_s: int = 0) -> tuple[Row, bool]:
    """`▸ get_price BTC/USDT · 0.42 s`, and whether its arguments are shown in full."""
    name = "fg" if opened or tool.ms is None else "muted"
    head = row(("▾ " if opened else "▸ ", "muted"), (safe_line(tool.name), name))
    arguments = brief_arguments(tool.arguments)
    asked = row(" ", (arguments, "muted")) if arguments else BLANK
    tails = _tails(tool, running_s)
    for tail in tails:
        if width_of((*head, *asked, *tail)) <= width:
            return (*head, *asked, *tail), arguments == tool.arguments.strip()
    asked = cut(asked, max(0, width - width_of(head) - width_of(tails[-1])))
    return cut((*head, *asked, *tails[-1]), width), False


def _tails(tool: ToolUse, running_s: int) -> tuple[Row, Row]:
    """How long it took, or that it failed; then the same in less room."""
    dot = (" · ", "faint")
    if tool.ms is None:
        running = row(dot, (f"{running_s} s", "fg"))
        return running, running
    took = seconds_words(tool.ms)
    if not tool.ok:
        return row(dot, ("failed ", "loss"), (took, "faint")), row(dot, ("failed", "loss"))
    brief = took if tool.ms < 100 else f"{tool.ms / 1000:.1f} s"
    return row(dot, (took, "faint")), row(dot, (brief, "faint"))


def _details(tool: ToolUse, width: int, *, told: bool) -> list[Row]:
    """Arguments, where the line has no room for them, and the result, in few rows."""
    inner = max(8, width - 2)
    arguments = safe_line(tool.arguments).strip()
    rows = [] if told or not arguments else wrapped(row((arguments, "muted")), inner)[:2]
    result = safe_text(tool.result).strip()
    if not result:
        result = "still running" if tool.ms is None else "no result"
    lines = [line for text in result.split("\n") for line in wrapped(row((text, "fg")), inner)]
    room = TOOL_ROWS - 1 - len(rows)
    if len(lines) > room:
        more = len(lines) - room + 1
        lines = [*lines[: room - 1], row((f"… {more} more lines", "faint"))]
    return [(("│ ", "border"), *line) for line in (*rows, *lines)]


def live_head(turn: LiveTurn, thought_s: int | None, width: int, asker: str = "") -> Row:
    """Who answers whom, since when, and for how long it has thought."""
    head = row(
        *kit_name(asker), (f"  {formats.clock(turn.since, seconds=True)}", "faint"),
        (f" · {short_model(turn.model)}", "faint"),
    )  # fmt: skip
    thought = row((f" · thought {thought_s} s", "faint")) if thought_s else BLANK
    return cut((*head, *thought) if width_of((*head, *thought)) <= width else head, width)


def thought_rows(turn: LiveTurn, width: int, *, opened: bool) -> list[Row]:
    """The newest thought in a row while the model thinks; more of them when opened."""
    thoughts = [line.strip("*# ") for line in safe_text(turn.thinking).split("\n") if line.strip()]
    if opened:
        rows = [part for line in thoughts for part in wrapped(row((line, "muted")), width - 2)]
        return [(("│ ", "border"), *line) for line in rows[-THOUGHT_ROWS:]]
    if doing(turn) != "thinking" or not thoughts:
        return []
    return [cut(row((thoughts[-1], "muted")), width)]


def add_question(
    block: Block, card: QuestionCard, owner: str, asked: Asked, width: int, *, told: bool
) -> None:
    """The question, unless the words above are it, and its choices."""
    if not told:
        block.add(wrapped(row((safe_line(card.question), "fg")), width))
    if not card.choices:
        return
    if block.rows:
        block.add([BLANK])
    for number, choice in enumerate(card.choices, 1):
        spot = Spot("choice", owner, number) if asked.open else None
        block.add(wrapped(_choice(number, safe_line(choice), asked), width, 3), spot)


def _choice(number: int, words: str, asked: Asked) -> Row:
    if not asked.open:
        return row(("·  ", "faint"), (words, "faint"))
    label = str(number) if number <= MAX_CHOICES else "·"
    if number == asked.picked:
        return row((f"{label}▸ ", "info bold"), (words, "strong bold"))
    return row((f"{label}  ", "info bold" if asked.by_digit else "faint"), (words, "fg"))
