"""A model at work on a fake desk: turns that grow, answers with tools, questions with choices."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from kit_tui.domain.cards import QuestionCard, Reply, TicketCard
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.ticket import sealed
from kit_tui.domain.turn import LiveTurn, Spent, ToolUse
from kit_tui.state.slices import APPROVALS, CONNECTIONS, TURNS, Connection
from tests.support.fake_desk import FakeDesk, make_ticket

MODEL = "claude-sonnet-5-5"
ANSWER = """ETH leans **short** on the 4 h candles, weakly.

- RSI 41.2 and falling, below its own average
- price 3,188.20 under EMA 20 (3,204.50)
- support 3,168.20, touched 3 times

A close above `3,251.00` would prove this wrong; 3,400 [?] is next."""
ANALYSIS = ToolUse(
    name="get_analysis",
    arguments="pair ETH/USDT, timeframe 4h",
    result="ETH/USDT 4h on binance at 14:02 UTC: 3,188.20, RSI 14 41.2, EMA 20 3,204.50, "
    "support 3,168.20 (3 touches), resistance 3,251.00, volume 0.8 of its average; 5 of 9 votes…",
    ms=420,
)
PRICE = ToolUse(
    name="get_price", arguments="pair DOGE/USDT", result="binance: no such market", ok=False, ms=96
)
PRICED = ToolUse(
    name="propose_order",
    arguments="side buy, pair BTC/USDT, quote_amount 100, price None",
    result="ticket 0012 waits",
    ms=31,
)
SPENT = Spent(
    model=MODEL, input_tokens=812, cache_read=9_214, output_tokens=188, cost=Decimal("0.0042")
)


def ask(desk: FakeDesk, text: str = "How does ETH look?") -> Message:
    """A person's question."""
    return desk.add_message(text, Speaker.PERSON)


def begin(desk: FakeDesk, question: Message, **fields: object) -> LiveTurn:
    """A turn that answers a question, as its first state is published."""
    turn = LiveTurn(
        id=f"turn-{question.id}", principal="terminal:owner", channel="terminal",
        reply_to=question.id, model=MODEL, since=desk.clock.now(),
    )  # fmt: skip
    return grow(desk, turn, **fields)


def grow(desk: FakeDesk, turn: LiveTurn, **fields: object) -> LiveTurn:
    """Publish a turn's next state in place of its last."""
    turn = msgspec.structs.replace(turn, **fields)
    others = [held for held in desk.store.get(TURNS) or () if held.id != turn.id]
    desk.store.publish(TURNS, (*others, turn))
    return turn


def finish(desk: FakeDesk, turn: LiveTurn, **fields: Any) -> Message:
    """The turn's message arrives as the turn ends."""
    common: dict[str, Any] = {
        "reply_to": turn.reply_to, "engine": turn.model, "tools": turn.tools, "spent": SPENT,
    }  # fmt: skip
    held = desk.store.get(TURNS) or ()
    message = desk.add_message(**{"text": turn.text, **common, **fields})
    desk.store.publish(TURNS, tuple(one for one in held if one.id != turn.id))
    return message


def ask_back(desk: FakeDesk, *choices: str, channel: str = "terminal") -> Message:
    """A question with choices in place of an answer."""
    card = QuestionCard(question="Buy 100 BTC, or BTC for 100 USDT?", choices=choices)
    return desk.add_message(card.question, cards=(card,), ok=False, channel=channel)


def use_model(desk: FakeDesk, **fields: object) -> None:
    """The model's connection as the status bar is to show it."""
    model = Connection(
        name="sonnet-5-5", kind="model", state="up", detail="$0.14/2.00 cache 91%",
        since=desk.clock.now() - timedelta(minutes=3),
    )  # fmt: skip
    others = [c for c in desk.store.get(CONNECTIONS) or () if c.kind != "model"]
    desk.store.publish(CONNECTIONS, (*others, msgspec.structs.replace(model, **fields)))


# Scenes for pictures


def a_running_tool(desk: FakeDesk) -> None:
    """A turn that has thought, read one tool, reads another, and has begun to speak."""
    use_model(desk)
    begin(
        desk, ask(desk), phase="working", thinking="The 4 h candles decide.\nVolume is thin.",
        tools=(ANALYSIS, ToolUse(name="get_positions")),
        since=desk.clock.now() - timedelta(seconds=4),
        text="ETH leans **short** on the 4 h candles:\n\n- RSI 41.2 and **falli",
    )  # fmt: skip


def a_thought(desk: FakeDesk) -> None:
    """A turn that thinks and has said nothing."""
    use_model(desk)
    begin(
        desk, ask(desk), phase="thinking", since=desk.clock.now() - timedelta(seconds=6),
        thinking="The person asks for ETH.\nComparing the 4 h trend with the day's range first",
    )  # fmt: skip


def an_answer(desk: FakeDesk) -> None:
    """A finished answer that used two tools, one of which failed."""
    use_model(desk)
    finish(desk, begin(desk, ask(desk), text=ANSWER, tools=(ANALYSIS, PRICE)))


def a_cut_answer(desk: FakeDesk) -> None:
    """An answer that a person broke off, and one the grammar gave because the model failed."""
    use_model(desk, state="degraded", detail="overloaded. The next try is in 40 s.")
    turn = begin(desk, ask(desk), text=ANSWER[:140], tools=(ANALYSIS,))
    finish(desk, turn, cut=True, why="stopped by you")
    question = ask(desk, "What is BTC at?")
    desk.add_message(
        "BTC/USDT is at **67,012.4**.", reply_to=question.id, engine="offline grammar",
        why="offline: overloaded",
    )  # fmt: skip


def a_question(desk: FakeDesk) -> None:
    """An old question that was answered, and a new one."""
    use_model(desk)
    ask(desk, "Sell some SOL")
    ask_back(desk, "half", "all of it")
    ask(desk, "half")
    ask(desk, "Buy 100 BTC")
    ask_back(desk, "BTC for 100 USDT", "100 BTC", "nothing")


def a_proposal(desk: FakeDesk) -> None:
    """A ticket for an order that a model read out of what was said."""
    use_model(desk)
    ticket = sealed(msgspec.structs.replace(make_ticket(desk.clock.now()), read_by=MODEL))
    turn = begin(
        desk, ask(desk, "Put a hundred bucks into bitcoin"), tools=(PRICED,),
        text="I read this as a market buy of BTC for 100 USDT.",
    )  # fmt: skip
    finish(desk, turn, cards=(TicketCard(ticket),))
    desk.store.publish(APPROVALS, (ticket,))


def as_reply(message: Message) -> Reply:
    """A message's words as the reply which whoever sent the question gets."""
    return Reply(text=message.text, cards=message.cards, ok=message.ok)
