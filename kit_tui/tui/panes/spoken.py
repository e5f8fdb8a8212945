"""The conversation laid out: messages and turns under way as rows, and what each row stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kit_tui.domain.cards import QuestionCard, TicketCard
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.ticket import Ticket
from kit_tui.domain.turn import LiveTurn
from kit_tui.state.slices import CONVERSATION
from kit_tui.tui.cards.answers import Asked, Block, Spot
from kit_tui.tui.cards.markdown import GrowingMarkdown
from kit_tui.tui.cards.render import Look, Shown, live_block, message_block
from kit_tui.tui.channels import Marks, asker_names, asker_of, delivery_marks
from kit_tui.tui.spans import Row
from kit_tui.tui.turns import LINGER_S, LOCAL_CHANNELS, live_turns
from kit_tui.tui.view import View

MAX_BLOCKS = 200


class Spoken:
    """Lays the conversation out, keeps what did not change, and remembers what was opened."""

    def __init__(self) -> None:
        self._width = 0
        self._blocks: dict[str, tuple[Message, Look, Block]] = {}
        self._opened: dict[str, frozenset[int]] = {}
        self._live: dict[str, _LiveText] = {}
        self._spots: list[tuple[int, Block]] = []
        self._names: dict[str, str] = {}
        self.marks: Marks = {}

    def rows(
        self,
        view: View,
        monotonic: float,
        tickets: Mapping[str, Ticket],
        shown: Shown,
        asked: Asked,
    ) -> list[Row]:
        """Everything said and being said, oldest first."""
        if view.width != self._width:
            self._blocks, self._live, self._width = {}, {}, view.width
        messages = (view.get(CONVERSATION) or ())[-MAX_BLOCKS:]
        turns = self._turns(view, messages, monotonic)
        rows: list[Row] = []
        self._spots = []
        self._names, self.marks = asker_names(messages), delivery_marks(view)
        kept: dict[str, tuple[Message, Look, Block]] = {}
        newest = messages[-1] if messages else None
        for item in arranged(messages, turns):
            if isinstance(item, LiveTurn):
                opened = self._opened.get(item.reply_to, frozenset())
                block = self._live[item.id].block(
                    item,
                    view,
                    opened,
                    monotonic,
                    asker_of(item.channel, item.principal, self._names),
                )
            else:
                look = self._look(item, tickets, shown, asked if item is newest else Asked())
                kept[item.id] = known = self._laid_out(item, look, view)
                block = known[2]
            self._spots.append((len(rows), block))
            rows += block.rows
        self._blocks = kept
        return rows

    def _look(
        self, message: Message, tickets: Mapping[str, Ticket], shown: Shown, asked: Asked
    ) -> Look:
        opened = self._opened.get(message.reply_to or message.id, frozenset())
        elsewhere = message.speaker is Speaker.KIT and message.channel not in LOCAL_CHANNELS
        asker = asker_of(message.channel, message.principal, self._names) if elsewhere else ""
        return Look(tickets, shown, opened, asked, asker, self.marks.get(message.id, ()))

    def _laid_out(self, message: Message, look: Look, view: View) -> tuple[Message, Look, Block]:
        """A message's block; how an answered ticket fared is looked up anew each time."""
        known = self._blocks.get(message.id)
        if known is None or known[0] is not message or _has_ticket(message):
            return message, look, message_block(message, view, look)
        before = known[1]
        if (before.opened, before.asked, before.marks) != (look.opened, look.asked, look.marks):
            return message, look, message_block(message, view, look)
        return known

    def _turns(
        self, view: View, messages: Sequence[Message], monotonic: float
    ) -> tuple[LiveTurn, ...]:
        """Turns to show: those under way, and ended ones whose message is about to arrive."""
        recent = [m for m in messages[-8:] if m.speaker is Speaker.KIT]
        under_way = {turn.id: turn for turn in live_turns(view) if not _is_told(turn, recent)}
        for turn in under_way.values():
            self._live.setdefault(turn.id, _LiveText(view.width)).see(turn, view, monotonic)
        ended = [
            text.turn
            for key, text in self._live.items()
            if key not in under_way
            and monotonic - text.seen_at < LINGER_S
            and not any(message.reply_to == text.turn.reply_to for message in recent)
        ]
        shown = {turn.id for turn in ended} | set(under_way)
        self._live = {key: text for key, text in self._live.items() if key in shown}
        return (*ended, *under_way.values())

    # What rows stand for

    def spot_at(self, index: int) -> Spot | None:
        """What the row at this index stands for."""
        for start, block in reversed(self._spots):
            if start <= index:
                return block.spots.get(index - start)
        return None

    def toggle(self, spot: Spot) -> None:
        """Open or close one tool's line."""
        held = self._opened.get(spot.owner, frozenset())
        self._opened[spot.owner] = held ^ {spot.index}

    def toggle_all(self, first: int, last: int) -> bool:
        """Open the tool lines of the answers among these rows, or close them when one is open.

        Where these rows show none, those of the newest answer that has some; False without any.
        """
        found = list(self._tool_spots(first, last)) or list(self._newest_tools())
        if not found:
            return False
        is_open = any(spot.index in self._opened.get(spot.owner, ()) for spot in found)
        for spot in found:
            held = self._opened.get(spot.owner, frozenset())
            self._opened[spot.owner] = held - {spot.index} if is_open else held | {spot.index}
        return True

    def _tool_spots(self, first: int, last: int) -> Iterator[Spot]:
        for start, block in self._spots:
            for row, spot in block.spots.items():
                if spot.kind == "tool" and first <= start + row < last:
                    yield spot

    def _newest_tools(self) -> Iterator[Spot]:
        for _, block in reversed(self._spots):
            tools = [spot for spot in block.spots.values() if spot.kind == "tool"]
            if tools:
                yield from tools
                return


class _LiveText:
    """A turn as it grows: its text laid out so far, and since when its tools run."""

    def __init__(self, width: int) -> None:
        self._markdown = GrowingMarkdown(width)
        self._tools_since: dict[int, float] = {}
        self._thought_s: int | None = None
        self.turn: LiveTurn
        self.seen_at = 0.0

    def see(self, turn: LiveTurn, view: View, monotonic: float) -> None:
        """Take the newest state of the turn."""
        self.turn, self.seen_at = turn, monotonic
        for index in range(len(turn.tools)):
            self._tools_since.setdefault(index, monotonic)
        if self._thought_s is None and turn.thinking and turn.phase in ("answering", "working"):
            self._thought_s = max(1, int((view.now - turn.since).total_seconds()))

    def block(
        self, turn: LiveTurn, view: View, opened: frozenset[int], monotonic: float, asker: str
    ) -> Block:
        """The rows of the turn now."""

        def running_s(index: int) -> int:
            return int(monotonic - self._tools_since.get(index, monotonic))

        body = self._markdown.rows(turn.text) if turn.text.strip() else []
        return live_block(
            turn, body, view, opened, thought_s=self._thought_s, running_s=running_s, asker=asker
        )


def arranged(messages: Sequence[Message], turns: Sequence[LiveTurn]) -> list[Message | LiveTurn]:
    """Messages and turns in the order they are read: an answer stands under its question, also
    where the next question was asked before it came."""
    items: list[Message | LiveTurn] = []
    everything: list[Message | LiveTurn] = [*messages, *turns]
    for item in everything:
        at = len(items)
        if item.reply_to and (isinstance(item, LiveTurn) or item.speaker is Speaker.KIT):
            while at and _is_other_question(items[at - 1], item.reply_to):
                at -= 1
            if not (at and item.reply_to in (items[at - 1].id, items[at - 1].reply_to)):
                at = len(items)
        items.insert(at, item)
    return items


def _is_other_question(item: Message | LiveTurn, question: str | None) -> bool:
    return isinstance(item, Message) and item.speaker is Speaker.PERSON and item.id != question


def open_question(view: View) -> tuple[Message, QuestionCard] | None:
    """The question with choices that was asked here and is the newest thing said.

    A digit answers none that a script has put: it waits for the answer on its own channel.
    """
    messages = view.get(CONVERSATION) or ()
    if not messages or messages[-1].speaker is not Speaker.KIT:
        return None
    newest = messages[-1]
    if newest.channel not in LOCAL_CHANNELS or newest.channel == "cli":
        return None
    found = (card for card in newest.cards if isinstance(card, QuestionCard) and card.choices)
    card = next(found, None)
    return None if card is None else (newest, card)


def _is_told(turn: LiveTurn, recent: Sequence[Message]) -> bool:
    """Whether the turn's own message is in the conversation already."""
    return any(
        message.reply_to == turn.reply_to
        and (message.cut or message.spent is not None or message.engine == turn.model)
        for message in recent
    )


def _has_ticket(message: Message) -> bool:
    return any(isinstance(card, TicketCard) for card in message.cards)
