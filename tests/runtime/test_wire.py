"""The frames of the socket: whatever a desk takes or gives arrives as it was."""

from __future__ import annotations

import inspect
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.cards import (
    AnalysisCard,
    Candle,
    ChartCard,
    OrdersCard,
    PortfolioCard,
    PositionsCard,
    PriceLevel,
    QuestionCard,
    QuoteCard,
    Reading,
    RefusalCard,
    Reply,
    ReportCard,
    RiskCard,
    TableCard,
    TicketCard,
)
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.message import Role
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Pairing, Person
from kit_tui.domain.position import MarkedPosition, Position
from kit_tui.domain.ticket import OrderRequest
from kit_tui.gateway.desk import CommandInfo, Desk, Outcome, Preview
from kit_tui.gateway.key_forms import ConnectRequest, KeyReport
from kit_tui.gateway.wire import (
    METHODS,
    Failure,
    Hello,
    Publication,
    Request,
    Response,
    pack,
    raw,
    unpack,
)
from kit_tui.state.codec import decode, encode
from tests.domain.examples import BTC, NOW, a_draft, a_fill, a_ticket, a_verdict, an_order
from tests.support.fake_desk import portfolio, risk_report

D = Decimal
ORDER = an_order(filled=a_fill().quantity, average_price=Price("60000.10"), fee=D("0.1"))
HELD = Position(pair=BTC, venue="binance", account="paper").with_fill(a_fill())
ANALYSIS = AnalysisCard(
    pair=BTC, venue="binance", timeframe="1h", candles=300, as_of=NOW, price=D("60000"),
    change_24h=D("-0.012"), high_24h=None, low_24h=None, volume_ratio=D("1.5"),
    trend=(Reading(name="EMA 20", value="59,000", meaning="above", lean=1),), momentum=(),
    volatility=(), levels=(PriceLevel(kind="support", price=D("58000"), origin="pivot"),),
    bias="long", reasons=("one", "two"), invalidation="below 58,000", notes=("a gap",),
)  # fmt: skip
CARDS = (
    TicketCard(a_ticket()),
    RefusalCard(verdict=a_verdict(), draft=a_draft()),
    RefusalCard(verdict=a_verdict()),
    ReportCard(order=ORDER, fills=(a_fill(),), slippage=D("0.1"), realised_pnl=D("-1.2")),
    PortfolioCard(portfolio(NOW)),
    PositionsCard((MarkedPosition(position=HELD, mark_price=Price(61_000), mark_at=NOW),)),
    OrdersCard((ORDER,)),
    RiskCard(risk_report(NOW)),
    ANALYSIS,
    QuoteCard(
        pair=BTC, venue="binance", price=D(1), bid=None, ask=None, change_24h=None, age_s=1.5
    ),
    ChartCard(
        pair=BTC, venue="binance", timeframe="1h", as_of=NOW, age_s=0.5, price=D("67012.4"),
        tick=D("0.1"), change=D("-0.01"), high=D(68000), low=D(66000), span_s=3600,
        candles=(Candle(1, 1.5, 2.5, 0.5, 1.25, 0.0),), notes=("n",), account="paper",
        levels=(PriceLevel(kind="entry", price=D(60000), origin="long 1 BTC"),),
    ),
    TableCard(title="t", columns=("a",), rows=(("1",), ("2",))),
    QuestionCard(question="100 BTC or 100 USDT?", choices=("100 BTC", "100 USDT")),
)  # fmt: skip
REPLY = Reply(text="**Bought**: 0.00149 BTC @ 67,012.40 − “quotes” \u202e", cards=CARDS, ok=False)
OUTCOME = Outcome(
    reply=REPLY, intent=Intent(intent=Action.BUY, pair=BTC, quote_amount=D("100.10")),
    verdict=a_verdict(), ticket=a_ticket(), order=ORDER,
)  # fmt: skip
REQUEST = OrderRequest(
    side=Side.BUY, pair=BTC, type=OrderType.STOP_LIMIT, base_amount=D("0.001"),
    price=Price("60000"), stop_price=Price("59000"), stop_loss=Price("58000"),
)  # fmt: skip

ARGUMENTS: dict[str, tuple[tuple[Any, ...], Any]] = {
    "send": (("Buy BTC for $100\n\u202e“x”", True), OUTCOME),
    "run": (("price", {"pair": "BTC/USDT", "note": ""}), REPLY),
    "propose": ((REQUEST, "12"), OUTCOME),
    "preview": ((REQUEST,), Preview(draft=a_draft(), verdict=a_verdict(), problem="none")),
    "approve": (("12", None, "BTC/USDT"), OUTCOME),
    "reject": (("12",), Outcome(reply=Reply(text=""))),
    "halt": (("F9",), REPLY),
    "watch_chart": ((Pair("ETH/USDT"), "15m"), None),
    "pair": (
        ("telegram", Role.VIEWER),
        Pairing(channel="telegram", role=Role.VIEWER, code="ABCD-EFGH", expires_at=NOW, link=""),
    ),
    "void_code": (("telegram",), None),
    "unpair": (
        ("telegram:42",),
        Person(channel="telegram", user="42", chat="42", name="Ann", role=Role.TRADER, since=NOW),
    ),
    "connect_account": (
        (ConnectRequest(venue="binance", api_key="k", secret="s", name="alt", word="w"),),
        KeyReport(
            account="binance-alt",
            venue="binance",
            mode="live",
            market="spot",
            fingerprint="f",
            permissions={"read": True, "withdraw": None},
            clock_offset_s=-0.25,
            balances=2,
            notes=("n",),
            needs="word",
            problem="p",
        ),
    ),
    "interrupt": ((), True),
    "commands": (
        (),
        (
            CommandInfo(
                name="a",
                help="b",
                detail="c",
                usage="/a",
                effect="reads",
                owner="o",
                aliases=("z",),
            ),
        ),
    ),
}


def test_every_method_of_a_desk_crosses_the_wire() -> None:
    methods = {
        name for name, member in vars(Desk).items()
        if inspect.iscoroutinefunction(member) and name != "close"
    }  # fmt: skip
    assert set(METHODS) == methods == set(ARGUMENTS)


@pytest.mark.parametrize("method", METHODS)
def test_arguments_and_results_arrive_as_they_were(method: str) -> None:
    types, result_type = METHODS[method]
    given_arguments, result = ARGUMENTS[method]
    frame = unpack(pack(Request(7, method, [raw(value) for value in given_arguments])))
    assert isinstance(frame, Request)
    arrived = [decode(bytes(p), t) for p, t in zip(frame.params, types, strict=True)]
    assert tuple(arrived) == given_arguments
    answer = unpack(pack(Response(7, result=raw(result))))
    assert isinstance(answer, Response)
    if result_type is not None:
        assert decode(bytes(answer.result), result_type) == result


def test_every_kind_of_card_is_among_the_examples() -> None:
    from typing import get_args

    from kit_tui.domain.cards import Card

    assert {type(card) for card in CARDS} == set(get_args(Card))


def test_types_survive_as_well_as_values() -> None:
    arrived = decode(encode(OUTCOME), Outcome)
    assert arrived.order is not None
    assert type(arrived.order.average_price) is Price
    assert type(arrived.order.quantity) is Quantity
    assert type(arrived.order.pair) is Pair
    assert arrived.ticket is not None
    assert arrived.ticket.expires_at - arrived.ticket.created_at == timedelta(seconds=60)


@pytest.mark.parametrize(
    "frame",
    [
        Hello(account=None, channel="cli"),
        Hello(account="demo", channel="terminal", protocol=9),
        Response(3, failure=Failure("Title", "What happened.", "Do this.")),
        Publication("notices", raw(())),
    ],
)
def test_frames_are_one_line_each(frame: Any) -> None:
    line = pack(frame)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert unpack(line) == frame


@given(st.binary(max_size=200))
def test_garbage_is_refused_as_such(line: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, ValueError)):
        unpack(line)


@given(st.text(max_size=200))
def test_any_text_crosses_in_one_line(text: str) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return
    line = pack(Request(1, "send", [raw(text), raw(False)]))
    assert line.count(b"\n") == 1
    frame = unpack(line)
    assert isinstance(frame, Request)
    assert decode(bytes(frame.params[0]), str) == text
