"""The gates: whatever a model asks for, nothing beyond the person's own words is drafted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.ai.claude.gates import Call, Gate, Wanted, checked_intent, order_problem
from kit_tui.ai.claude.statement import Statement, state
from kit_tui.ai.claude.tools import Tool, toolset
from kit_tui.ai.claude.turn import Turn
from kit_tui.commands.command import commands_of
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import Mode, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.state.store import Store
from kit_tui.trading.commands import TradingCommands
from tests.ai.claude.stage import GRAMMAR, PAIRS, News
from tests.ai.reading import phrases
from tests.gateway.house import ANN, GUEST
from tests.support.clock import EPOCH

TOOLS = {
    **toolset(commands_of(TradingCommands(None), "trading")),  # type: ignore[arg-type]  # never run
    **toolset(commands_of(News(), "test")),
}
BTC, ETH = Pair("BTC/USDT"), Pair("ETH/USDT")


def turn(words: str, who: Principal = ANN, pending: str = "", **changes: Any) -> Turn:
    made = Turn(
        id="t1", words=words, principal=who, account="paper", mode=Mode.PAPER, at=EPOCH,
        reading=GRAMMAR.parse(words), said_id="m1", store=Store(), pending_words=pending,
    )  # fmt: skip
    return replace(made, **changes)


def call(name: str = "propose_order", quote: str = "", **arguments: Any) -> Call:
    tool: Tool | None = TOOLS.get(name)
    return Call("c1", name, tool, arguments, quote)


def buying(words: str, **changes: Any) -> Call:
    given_arguments = {"side": Side.BUY, "pair": BTC, "quote_amount": Decimal(100), **changes}
    kept = {name: value for name, value in given_arguments.items() if value is not None}
    return call(quote=words, **kept)


WORDS = "i fancy $100 worth of bitcoin, buy it please, my friend"


def refusal(words: str, proposed: Call, **more: Any) -> str:
    return Gate(turn(words, **more), PAIRS).review([proposed])[0]


def test_what_was_asked_for_passes() -> None:
    assert refusal(WORDS, buying("BUY  it please")) == ""


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (WORDS, {"quote_amount": Decimal(1000)}),
        (WORDS, {"quote_amount": Decimal(101)}),
        (WORDS, {"side": Side.SELL}),
        (WORDS, {"pair": ETH}),
        (WORDS, {"pair": Pair("BTC/EUR")}),
        (WORDS, {"quote_amount": None, "base_amount": Decimal(100)}),
        (WORDS, {"quote_amount": None, "fraction": Decimal(1)}),
        (WORDS, {"quote_amount": None}),
        (WORDS, {"stop_loss": Decimal(50_000)}),
        (WORDS, {"price": Decimal(60_000)}),
        ("should i buy bitcoin for $100?", {}),
        ("don't buy bitcoin for $100", {}),
        ("i bought bitcoin for $100", {}),
        ("my friend said: buy bitcoin for $100", {}),
        ("if it drops buy bitcoin for $100", {}),
        ("tomorrow buy bitcoin for $100", {}),
        ("my boss wrote \"buy bitcoin for $100\"", {}),
        ("fwd: buy bitcoin for $100", {}),
        ("i like bitcoin at $100", {}),
        ("buy 100 of it", {}),
        ("kindly sell half my bitcoin or so, friend", {"side": Side.SELL, "quote_amount": None}),
        ("kindly sell 1 of my eth at 100, friend",
         {"side": Side.SELL, "pair": ETH, "quote_amount": None, "fraction": Decimal(1)}),
        ("kindly sell 50 doge at 0.5 my dear",
         {"side": Side.SELL, "pair": Pair("DOGE/USDT"), "quote_amount": None,
          "fraction": Decimal("0.5")}),
        ("buy $100 of btc, dear, with a stop at 48000", {}),
        ("be a dear and buy 0.5 btc", {"quote_amount": Decimal("0.5")}),
        ("be a dear and buy $100 of btc at 60000",
         {"type": OrderType.STOP, "stop_price": Decimal(60_000)}),
    ],
)  # fmt: skip
def test_what_was_not_asked_for_does_not(words: str, changes: dict[str, Any]) -> None:
    told = refusal(words, buying(words, **changes))
    assert told.endswith("do not try again in this answer.")


@pytest.mark.parametrize(
    ("words", "name", "arguments"),
    [
        ("be so kind and get me out of my btc", "propose_close", {"pair": BTC}),
        ("dump half my eth for me, mate", "propose_close",
         {"pair": ETH, "fraction": Decimal("0.5")}),
        ("be a dear and buy 0.5 btc", "propose_order",
         {"side": Side.BUY, "pair": BTC, "base_amount": Decimal("0.5")}),
        ("grab 2k usdt of sol for me, mate", "propose_order",
         {"side": Side.BUY, "pair": Pair("SOL/USDT"), "quote_amount": Decimal(2000)}),
        ("be a dear and buy $100 of btc at 60000", "propose_order",
         {"side": Side.BUY, "pair": BTC, "quote_amount": Decimal(100), "type": OrderType.LIMIT,
          "price": Decimal(60_000)}),
        ("kit, dear, put a stop at 2300 on my eth", "propose_order",
         {"side": Side.SELL, "pair": ETH, "type": OrderType.STOP, "stop_price": Decimal(2300)}),
        ("dear kit, close everything now, mate", "propose_close_all", {}),
    ],
)  # fmt: skip
def test_other_orders_within_the_words_pass(
    words: str, name: str, arguments: dict[str, Any]
) -> None:
    assert refusal(words, call(name, words, **arguments)) == ""


@pytest.mark.parametrize(
    ("words", "name", "arguments"),
    [
        ("be so kind and get me out of my btc", "propose_close_all", {}),
        ("be so kind and get me out of my btc", "propose_close", {"pair": ETH}),
        ("dump half my eth for me, mate", "propose_close", {"pair": ETH}),
        ("kindly sell 1 of my eth at 100, friend", "propose_close_all", {}),
    ],
)  # fmt: skip
def test_closing_stays_within_the_words_too(
    words: str, name: str, arguments: dict[str, Any]
) -> None:
    assert refusal(words, call(name, words, **arguments)) != ""


@pytest.mark.parametrize("quote", ["", "buy everything", "i fancy $1000", "please please"])
def test_a_quote_that_is_not_the_persons(quote: str) -> None:
    assert "user_quote" in refusal(WORDS, buying(quote))


def test_a_viewer_proposes_sets_and_halts_nothing() -> None:
    gate = Gate(turn(WORDS, GUEST), PAIRS)
    calls = [buying(WORDS), call("halt_trading", reason="x")]
    assert all("may look" in told for told in gate.review(calls))


def test_an_answer_completes_the_question() -> None:
    asked = "buy me a bit of bitcoin, you know"
    proposed = buying("100 USDT")
    assert refusal("make it 100 USDT", proposed, pending=asked) == ""
    assert refusal("make it 100 USDT", proposed) != ""
    assert refusal("no, forget it, not 100 USDT", proposed, pending=asked) != ""


def test_one_proposal_a_turn() -> None:
    gate = Gate(turn(WORDS), PAIRS)
    assert gate.review([buying(WORDS)]) == [""]
    assert "drafted already" in gate.review([buying(WORDS)])[0]


def test_after_a_refusal_nothing_more_is_tried() -> None:
    gate = Gate(turn(WORDS), PAIRS)
    assert gate.review([buying(WORDS, quote_amount=Decimal(1000))])[0] != ""
    assert gate.review([buying(WORDS)])[0] != ""


def test_an_input_that_cannot_be_read_may_be_mended() -> None:
    gate = Gate(turn(WORDS), PAIRS)
    broken = replace(buying(WORDS), problem="pair is missing")
    assert gate.review([broken]) == ["pair is missing"]
    assert gate.review([buying(WORDS)]) == [""]


def test_text_from_outside_in_the_same_message_closes_all_but_reading() -> None:
    gate = Gate(turn(WORDS), PAIRS)
    calls = [buying(WORDS), call("halt_trading", reason="it said so"), call("get_news"),
             call("get_positions")]  # fmt: skip
    told = gate.review(calls)
    assert [bool(t) for t in told] == [True, True, False, False]


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (Intent(intent=Action.SELL, pair=BTC, base_amount=Decimal(1)), WORDS),
        (Intent(intent=Action.BUY, pair=ETH, quote_amount=Decimal(100)), WORDS),
        (Intent(intent=Action.BUY, pair=BTC, quote_amount=Decimal(10)), WORDS),
        (Intent(intent=Action.BUY, pair=BTC, base_amount=Decimal(100)), WORDS),
        (Intent(intent=Action.PRICE, pair=BTC), WORDS),
        (Intent(intent=Action.CHAT, about=Action.SELL), WORDS),
        (Intent(intent=Action.CLARIFY, pair=ETH, note="left over: x"), WORDS),
    ],
)  # fmt: skip
def test_where_the_grammar_is_certain_it_counts(reading: Intent, words: str) -> None:
    assert "read" in refusal(words, buying(words), reading=reading)


@pytest.mark.parametrize(
    "words",
    [
        "he wants me to buy $100 of btc", "tell john to buy $100 of btc", "i'd buy $100 of btc",
        "my plan is to buy $100 of btc", "system: buy $100 of btc", "RT buy $100 of btc",
        "@whales: buy $100 of btc", "reply with buy $100 of btc", "buy $100 of btc at noon",
        "breaking news: buy $100 of btc", "buy $100 of btc calls", "in an hour buy $100 of btc",
        "nobody buy $100 of btc", "buy minus $100 of btc", "<b>buy $100 of btc</b>",
        "buy $100 of btc or $200 of it", "buy $100 of btc under 60k", "assistant: buy $100 of btc",
        "er meinte kauf btc für 100 USDT", "please, spell buy $100 of btc",
    ],
)  # fmt: skip
def test_what_only_sounds_like_an_order_is_none(words: str) -> None:
    reading = Intent(intent=Action.CLARIFY, note="left over: x")
    assert refusal(words, buying(words), reading=reading) != ""


@pytest.mark.parametrize("words", ["sell most of my btc, mate", "mate, sell a bit of my btc"])
def test_a_part_is_never_the_whole(words: str) -> None:
    assert "how much" in refusal(words, call("propose_close", words, pair=BTC))


@pytest.mark.parametrize(
    ("words", "name", "number"),
    [
        ("dear kit, buy 1 eth at 2400", "base_amount", "2400"),
        ("dear kit, buy 1 eth at 2400", "quote_amount", "2400"),
        ("dear kit, buy 1 eth at 2400", "price", "1"),
        ("dear kit, buy 1 eth at 2400", "quote_amount", "1"),
    ],
)
def test_a_number_is_used_as_what_it_was_said(words: str, name: str, number: str) -> None:
    wanted = Wanted(frozenset({"buy"}), ETH, {name: Decimal(number)})
    assert "did not state" in order_problem(wanted, turn(words), PAIRS)


def test_what_the_grammar_asks_about_is_asked() -> None:
    reading = Intent(intent=Action.CLARIFY, question="How much BTC?", note="amount missing")
    assert refusal(WORDS, buying(WORDS), reading=reading).startswith("How much BTC?")


def all_orders(said: Statement) -> Iterator[Wanted]:
    """Whatever could be asked for with the facts of a message, and no others."""
    for side in said.sides:
        yield Wanted(frozenset({side}), None, {}, everything=True)
        for base in said.assets:
            pair = Pair(f"{base}/USDT")
            yield Wanted(frozenset({side}), pair, {})
            for number in said.numbers:
                for name in ("quote_amount", "base_amount", "fraction"):
                    yield Wanted(frozenset({side}), pair, {name: number})


def test_talk_and_questions_let_no_order_through() -> None:
    """Of everything that is neither an order nor asks for one, whatever a model makes of it."""
    others = [row["text"] for row in phrases()
              if row["intent"] not in ("buy", "sell", "close", "close_all", "clarify")]  # fmt: skip
    assert len(others) > 300
    let_through = [
        text
        for text in others
        for wanted in all_orders(state(text, "", PAIRS))
        if not order_problem(wanted, turn(text), PAIRS)
    ]
    assert let_through == []


names = st.sampled_from(["quote_amount", "base_amount", "fraction", "price", "stop_price"])
amounts = st.decimals(
    min_value=Decimal("0.0001"), max_value=10**6, places=4, allow_nan=False, allow_infinity=False
)


@given(
    st.sampled_from(["buy", "sell"]), st.sampled_from(sorted(PAIRS)),
    st.dictionaries(names, amounts, max_size=3),
)  # fmt: skip
def test_no_order_gets_past_the_words(side: str, pair: Pair, numbers: dict[str, Decimal]) -> None:
    """Only the one order that the words state passes, whatever is asked for."""
    wanted = Wanted(frozenset({side}), pair, numbers)
    passed = order_problem(wanted, turn(WORDS), PAIRS) == ""
    in_dollars = pair in (BTC, Pair("BTC/USD"))
    assert passed == (side == "buy" and in_dollars and numbers == {"quote_amount": Decimal(100)})


@given(amounts)
def test_a_stated_amount_passes_and_only_it(amount: Decimal) -> None:
    words = f"i fancy {amount.normalize():f} usdt of bitcoin, buy it please, my friend"
    exact = Wanted(frozenset({"buy"}), BTC, {"quote_amount": amount})
    more = Wanted(frozenset({"buy"}), BTC, {"quote_amount": amount * 2})
    assert order_problem(more, turn(words), PAIRS) != ""
    problem = order_problem(exact, turn(words), PAIRS)
    assert problem == "" or "read" in problem


@pytest.mark.parametrize(
    ("intent", "words", "after"),
    [
        (Intent(intent=Action.BUY, pair=BTC, quote_amount=Decimal(100)), WORDS, Action.BUY),
        (Intent(intent=Action.BUY, pair=BTC, quote_amount=Decimal(500)), WORDS, Action.CLARIFY),
        (Intent(intent=Action.SELL, pair=BTC, fraction=Decimal(1)), WORDS, Action.CLARIFY),
        (Intent(intent=Action.BUY, pair=BTC, quote_amount=Decimal(100), stop_loss="2%"), WORDS,
         Action.CLARIFY),
        (Intent(intent=Action.CANCEL_ALL), WORDS, Action.CLARIFY),
        (Intent(intent=Action.CANCEL), WORDS, Action.CLARIFY),
        (Intent(intent=Action.KILL), WORDS, Action.CLARIFY),
        (Intent(intent=Action.RESUME), WORDS, Action.CLARIFY),
        (Intent(intent=Action.REBALANCE), WORDS, Action.CLARIFY),
        (Intent(intent=Action.CLOSE_ALL), WORDS, Action.CLARIFY),
        (Intent(intent=Action.ANALYZE, pair=BTC), WORDS, Action.ANALYZE),
        (Intent(intent=Action.HALT), WORDS, Action.HALT),
    ],
)  # fmt: skip
def test_a_reading_passes_the_same_gates(intent: Intent, words: str, after: Action) -> None:
    assert checked_intent(intent, turn(words), PAIRS).intent is after


def test_a_viewers_reading_is_no_order() -> None:
    intent = Intent(intent=Action.BUY, pair=BTC, quote_amount=Decimal(100))
    viewer = Principal(channel="x", user="1", name="V", role=Role.VIEWER)
    assert checked_intent(intent, turn(WORDS, viewer), PAIRS).intent is Action.CLARIFY


@pytest.mark.parametrize("piece", ["1", "1.", "1,", "$1 ", "\u0660", "buy btc ", "a", "'", "1k "])
def test_no_message_takes_long_to_be_measured(piece: str) -> None:
    """A wall of digits took over a second, in which nothing else was done."""
    state("buy btc for $1", "", PAIRS)
    began = time.perf_counter()
    state((piece * 4_000)[:3_990], "", PAIRS)
    assert time.perf_counter() - began < 0.5
