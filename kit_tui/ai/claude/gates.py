"""Gates: what a model may propose in one turn. All of them are code; none is a rule in a prompt.

A model that obeys a stranger's text must still not get further than the person's own words. So an
order has to lie inside what the person stated, and every other call inside what the turn may do.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

from kit_tui.ai.asking import QUOTED
from kit_tui.ai.claude.statement import Statement, state
from kit_tui.ai.claude.tools import Tool
from kit_tui.ai.claude.turn import Turn
from kit_tui.ai.ladder import Rung, rung_of
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.message import Role
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Pair

BUY, SELL = "buy", "sell"
SIZES: Final = ("quote_amount", "base_amount", "fraction", "amount", "quantity")
_SIDE_OF: Final[Mapping[str, str]] = {"buy": BUY, "sell": SELL, "close": SELL, "closeall": SELL}
_TRIGGERED: Final = frozenset({"stop", "stop_limit", "trailing_stop"})
_ORDERS: Final = frozenset({Action.BUY, Action.SELL, Action.CLOSE, Action.CLOSE_ALL})
_OPEN: Final = frozenset({Action.CHAT, Action.CLARIFY})
# What a reading of a single sentence may do without a person's ticket or typed word.
_HARMLESS: Final = frozenset(
    {Action.ALERT, Action.ANALYZE, Action.PRICE, Action.PORTFOLIO, Action.POSITIONS, Action.ORDERS,
     Action.RISK, Action.HALT, Action.BACKTEST, Action.REPORT, Action.HELP, Action.CLARIFY,
     Action.CHAT}
)  # fmt: skip
_STOPPING: Final = re.compile(
    r"\b(?:stop|halt|pause|freeze|suspend|panic|emergency|anhalten|stopp\w*|pausier\w*|notaus)\b",
    re.IGNORECASE,
)
ASK: Final = "Nothing was drafted. Ask the person; do not try again in this answer."


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call of a model's message. `problem` says why it cannot even be read."""

    id: str
    name: str
    tool: Tool | None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    quote: str = ""
    problem: str = ""

    @property
    def proposes(self) -> bool:
        return self.tool is not None and self.tool.proposes


class Wanted(NamedTuple):
    """What an order asks for, whatever names the command gave it."""

    sides: frozenset[str]
    pair: Pair | None
    numbers: Mapping[str, Decimal]
    everything: bool = False
    triggered: bool = False


class Gate:
    """The gates of one turn; it remembers what the turn has done."""

    def __init__(
        self, turn: Turn, pairs: Collection[Pair], foreign_tools: Collection[str] = ()
    ) -> None:
        self._turn = turn
        self._foreign_tools = foreign_tools
        self._pairs = pairs
        self.read_foreign = False
        self._closed = ""

    def review(self, calls: Sequence[Call]) -> list[str]:
        """For each call of one message why it does not run; empty where it does."""
        if any(call.tool is not None and call.tool.command.foreign for call in calls):
            self.read_foreign = True
        if sum(call.proposes for call in calls) > 1:
            self._closed = "More than one order was proposed in one message, so none was drafted."
        return [call.problem or self._refusal(call) for call in calls]

    def _refusal(self, call: Call) -> str:
        tool = call.tool
        if tool is None:
            return f"There is no tool {call.name[:40]}."
        if tool.reads:
            return ""
        if self.read_foreign:
            return f"This answer read text from outside, so it may only read. {ASK}"
        if self._turn.principal.role < Role.TRADER:
            return "This person may look but not do that."
        if tool.halts and self._is_led_on():
            return "Only the person's own words may halt trading here. Ask them."
        return self._proposal_refusal(call) if tool.proposes else ""

    def _is_led_on(self) -> bool:
        """Whether what wants a halt may be a stranger: a quotation, or an earlier digest."""
        words = self._turn.words
        quoted = state(words, "", self._pairs).why == QUOTED
        if _STOPPING.search(words) is not None and not quoted:
            return False
        used = {use.name for message in self._turn.history for use in message.tools}
        return quoted or not used.isdisjoint(self._foreign_tools)

    def _proposal_refusal(self, call: Call) -> str:
        why = self._closed or _quote_problem(call.quote, self._turn)
        why = why or order_problem(wanted_of(call), self._turn, self._pairs)
        self._closed = self._closed or why or "One order was drafted already in this answer."
        return f"{why} {ASK}" if why else ""


def order_problem(wanted: Wanted, turn: Turn, pairs: Collection[Pair]) -> str:
    """Why an order is not what the person stated; empty when it is."""
    said = state(turn.words, turn.pending_words, pairs)
    if not said.may_order:
        return said.why or "The message asks for no order."
    return _beyond_words(wanted, said) or _against_grammar(wanted, turn)


def checked_intent(intent: Intent, turn: Turn, pairs: Collection[Pair]) -> Intent:
    """A model's reading of a sentence, or the question to ask instead of acting on it."""
    if intent.intent in _HARMLESS:
        return intent
    if intent.intent in _ORDERS and turn.principal.role >= Role.TRADER:
        why = order_problem(_wanted_by(intent), turn, pairs)
        if not why:
            return intent
    elif intent.intent in _ORDERS:
        why = "This person may look but not do that."
    else:
        act = intent.intent.value.replace("_", " ")
        why = f"For this, type it plainly: I do not {act} on a guess."
    return Intent(
        intent=Action.CLARIFY,
        question=f"{why} What exactly should be done?",
        note="a model read the message",
    )


def wanted_of(call: Call) -> Wanted:
    """What a proposing call asks for."""
    assert call.tool is not None  # noqa: S101 - only proposing calls get here
    given = call.arguments
    name = call.tool.command.name
    stated = given.get("side")
    side = str(getattr(stated, "value", stated)) if stated is not None else _SIDE_OF.get(name, "")
    pair = next((value for value in given.values() if isinstance(value, Pair)), None)
    numbers = {key: value for key, value in given.items() if isinstance(value, Decimal)}
    return Wanted(
        frozenset({side} - {""}), pair, numbers, everything=name == "closeall",
        triggered=given.get("type") in _TRIGGERED,
    )  # fmt: skip


def _wanted_by(intent: Intent) -> Wanted:
    names = (*SIZES[:3], "price", "stop_price", "leverage", "lots")
    numbers = {n: getattr(intent, n) for n in names if getattr(intent, n) is not None}
    for name in ("stop_loss", "take_profit", "trail"):
        text = getattr(intent, name)
        if text is not None:
            numbers[name] = Decimal(text.rstrip("%atr"))
    side = _SIDE_OF[intent.intent.value.replace("_", "")]
    everything = intent.intent is Action.CLOSE_ALL
    return Wanted(
        frozenset({side}), intent.pair, numbers, everything=everything,
        triggered=intent.order_type in _TRIGGERED,
    )  # fmt: skip


def _quote_problem(quote: str, turn: Turn) -> str:
    """The words a proposal rests on must be the person's own."""
    asked = _folded(quote)
    if asked and any(asked in _folded(text) for text in (turn.words, turn.pending_words)):
        return ""
    return "user_quote is not in the person's message."


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _beyond_words(wanted: Wanted, said: Statement) -> str:
    """What of the order the person did not state."""
    if not wanted.sides or not wanted.sides <= said.sides:
        side = next(iter(wanted.sides), "trade")
        return f"The person did not say to {side}."
    if wanted.everything:
        return "" if said.everything else "The person did not say to close everything."
    if wanted.pair is None or not said.names(wanted.pair):
        return f"The person did not name {wanted.pair or 'a market'}."
    if wanted.triggered and not said.triggers:
        return "The person spoke of no stop and no trigger."
    for name, number in wanted.numbers.items():
        if not said.states(name, number):
            return f"The person did not state {name} {plain(number)}."
    return _left_out(wanted, said)


def _left_out(wanted: Wanted, said: Statement) -> str:
    """Numbers of the message that have no place in the order, where that could change it."""
    sized = any(name in wanted.numbers for name in SIZES)
    if not sized and said.vague:
        return "The person did not say how much."
    told = said.money | said.coins | said.prices
    if not sized or said.conditions:
        told = said.numbers
    used = {_digits(number) for number in wanted.numbers.values()}
    left = [number for number in told if _digits(number) not in used]
    if said.everything:
        left = [number for number in left if number not in (1, 100)]
    if not left:
        return ""
    return f"The person also stated {plain(min(left))}, which this order leaves out."


def _digits(number: Decimal) -> tuple[int, ...]:
    """A number without its scale: 3 % is 0.03 and 3."""
    return number.normalize().as_tuple().digits


def _against_grammar(wanted: Wanted, turn: Turn) -> str:
    """Where the offline grammar is certain, a model does not know better."""
    reading = turn.reading
    understood = reading.intent is Action.CLARIFY and rung_of(reading) is Rung.OFFLINE
    if understood and not turn.pending_words:  # so something is wrong with it
        return reading.question or "The message needs a question first."
    if reading.intent in _OPEN:
        about = reading.about if reading.about in _ORDERS else None
        return _contradiction(wanted, reading, about, certain=False)
    if reading.intent not in _ORDERS:
        return f"The message was read as {reading.intent.value}, not as an order."
    return _contradiction(wanted, reading, reading.intent, certain=True)


def _contradiction(wanted: Wanted, reading: Intent, action: Action | None, *, certain: bool) -> str:
    sure = "The message was read otherwise: "
    if action is not None and _SIDE_OF[action.value.replace("_", "")] not in wanted.sides:
        return f"{sure}{action.value.replace('_', ' ')}."
    if reading.pair is not None and wanted.pair is not None:
        same = reading.pair == wanted.pair if certain else reading.pair.base == wanted.pair.base
        if not same:
            return f"{sure}{reading.pair}."
    if not certain:
        return ""
    for name in ("quote_amount", "base_amount", "fraction", "price", "stop_price"):
        number = getattr(reading, name)
        if number is not None and wanted.numbers.get(name) != number:
            return f"{sure}{name} {plain(number)}."
    return ""
