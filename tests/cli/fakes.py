"""A desk that answers from a script, and one of every value the contract writes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from kit_tui.cli.main import run
from kit_tui.domain.cards import (
    AnalysisCard,
    Candle,
    ChartCard,
    PriceLevel,
    QuoteCard,
    Reading,
    RefusalCard,
    Reply,
    ReportCard,
    TableCard,
    TicketCard,
)
from kit_tui.domain.errors import UsageError
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.message import Role
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Fill, Mode, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Pairing, Person
from kit_tui.domain.portfolio import Holding, Portfolio
from kit_tui.domain.position import MarkedPosition, Position
from kit_tui.domain.risk import Check, Gauge, RiskReport, TradingState, TradingStatus, Verdict
from kit_tui.domain.ticket import OrderDraft, OrderRequest, Ticket, TicketState
from kit_tui.gateway.desk import CommandInfo, Desk, Outcome, Preview
from kit_tui.gateway.key_forms import ConnectRequest, KeyReport
from kit_tui.settings.locations import Locations
from kit_tui.state.store import Store, StoreView
from tests.support.clock import EPOCH

BTC = Pair("BTC/USDT")
HASH = "ab" * 32

VERDICT = Verdict(
    passed=True,
    checks=(
        Check(
            name="maxPositionSize", code="MAX_POSITION_SIZE", unit="fraction",
            limit=Decimal("0.10"), value=Decimal(0), after=Decimal("0.01"), passed=True,
        ),
        Check(name="tradingState", code="HALTED", unit="count", passed=True, detail="active"),
    ),
    largest_passing=Decimal("1E+3"),
)  # fmt: skip
FAILED_VERDICT = Verdict(
    passed=False,
    checks=(
        Check(
            name="maxPositionSize", code="MAX_POSITION_SIZE", unit="fraction", passed=False,
            limit=Decimal("0.10"), value=Decimal(0), after=Decimal(5),
            detail="5.00 of equity, 0.10 allowed",
        ),
    ),
    largest_passing=Decimal("998.5"),
)  # fmt: skip
DRAFT = OrderDraft(
    venue="simulator", account="demo", mode=Mode.DEMO, pair=BTC, side=Side.BUY,
    type=OrderType.MARKET, quantity=Quantity("0.00149"), reference_price=Price("67012.4"),
    worst_price=Price("67347.46"), notional=Decimal("99.85"), estimated_fee=Decimal("0.1"),
    fee_currency="USDT",
)  # fmt: skip
TICKET = Ticket(
    id="7", hash=HASH, state=TicketState.PENDING, created_at=EPOCH,
    expires_at=EPOCH + timedelta(seconds=60), order=DRAFT, verdict=VERDICT, asked_by="you",
    asked_on="cli", words="Buy BTC for $100",
)  # fmt: skip
ORDER = Order(
    id="12", client_id="kit-12", venue="simulator", account="demo", mode=Mode.DEMO, pair=BTC,
    side=Side.BUY, type=OrderType.MARKET, quantity=Quantity("0.00149"), created_at=EPOCH,
    updated_at=EPOCH, status=OrderStatus.FILLED, venue_order_id="S-1",
    filled=Quantity("0.00149"), average_price=Price("67012.40"), fee=Decimal("0.0998"),
    fee_currency="USDT", ticket_id="7",
)  # fmt: skip
FILL = Fill(
    venue="simulator", account="demo", pair=BTC, trade_id="t1", order_id="12", side=Side.BUY,
    quantity=Quantity("0.00149"), price=Price("67012.40"), fee=Decimal("0.0998"),
    fee_currency="USDT", at=EPOCH, venue_order_id="S-1",
)  # fmt: skip
MARKED = MarkedPosition(
    position=Position(
        pair=BTC, venue="simulator", account="demo", signed_quantity=Decimal("0.00149"),
        cost=Decimal("99.95"), fees_paid=Decimal("0.0998"), opened_at=EPOCH,
    ),
    mark_price=Price("66000"), mark_at=EPOCH,
)  # fmt: skip
PORTFOLIO = Portfolio(
    account="demo", reference="USDT", equity=Decimal("9998.4"), cash=Decimal("9900.05"),
    holdings=(
        Holding(
            currency="USDT", venue="simulator", total=Decimal("9900.05"), free=Decimal("9900.05"),
            price=Decimal(1), value=Decimal("9900.05"),
        ),
        Holding(
            currency="ODD", venue="simulator", total=Decimal(3), free=Decimal(1), price=None,
            value=None, stale=True,
        ),
    ),
    day_start_equity=Decimal(10_000), peak_equity=Decimal(10_000), complete=False, as_of=EPOCH,
)  # fmt: skip
RISK = RiskReport(
    status=TradingStatus(state=TradingState.HALTED, reason="by hand", by="you", since=EPOCH),
    gauges=(
        Gauge(
            name="dailyLossLimit", label="Daily loss", unit="fraction", value=Decimal("0.01"),
            limit=Decimal("0.05"),
        ),
        Gauge(
            name="leverageLimit", label="Leverage", unit="multiple", value=Decimal("0.5"),
            limit=Decimal(3), enabled=False,
        ),
    ),
    last_breach="maxPositionSize: 500 % of equity", last_breach_at=EPOCH, as_of=EPOCH,
)  # fmt: skip
ANALYSIS = AnalysisCard(
    pair=BTC, venue="simulator", timeframe="4h", candles=300, as_of=EPOCH,
    price=Decimal("67012.4"), change_24h=Decimal("0.0124"), high_24h=Decimal(68_000),
    low_24h=Decimal(66_000), volume_ratio=Decimal("1.2"),
    trend=(Reading(name="EMA 20", value="66,800", meaning="price above", lean=1),),
    momentum=(), volatility=(),
    levels=(PriceLevel(kind="support", price=Decimal(66_100), origin="previous low"),),
    bias="long", reasons=("price above EMA 20",), invalidation="a close below 66,100",
    entry=Decimal(67_000), stop=Decimal(66_000), target=Decimal(69_000),
)  # fmt: skip
QUOTE = QuoteCard(
    pair=BTC, venue="simulator", price=Decimal("67012.4"), bid=None, ask=Decimal(67013),
    change_24h=Decimal("-0.0124"), age_s=1.25,
)  # fmt: skip
CHART = ChartCard(
    pair=BTC, venue="simulator", timeframe="4h", as_of=EPOCH, age_s=1.25, price=Decimal("67012.4"),
    tick=Decimal("0.1"), change=Decimal("0.0152"), high=Decimal(67_100), low=Decimal(65_900),
    span_s=28_800, candles=(
        Candle(1_795_334_400_000, 66_000.0, 66_500.0, 65_900.0, 66_400.0, 12.5),
        Candle(1_795_348_800_000, 66_400.0, 67_100.0, 66_300.0, 67_000.0, 0.0),
    ), levels=(PriceLevel(kind="stop", price=Decimal(64_000), origin="long 1 BTC"),),
    account="paper", notes=("1 candle is missing in 1 gap",),
)  # fmt: skip
TABLE = TableCard(title="Commands", columns=("command", "does"), rows=(("/help", "List"),))
REPORT = ReportCard(order=ORDER, fills=(FILL,), slippage=Decimal("0.4"))
BOUGHT = Outcome(
    reply=Reply(text="Bought: **0.00149 BTC** @ 67,012.40", cards=(REPORT,)),
    intent=Intent(intent=Action.BUY, pair=BTC, quote_amount=Decimal("1E+2"), order_type="market"),
    verdict=VERDICT,
    ticket=TICKET,
    order=ORDER,
)
PENDING = Outcome(
    reply=Reply(text="Approve?", cards=(TicketCard(TICKET),)), verdict=VERDICT, ticket=TICKET
)
REFUSED = Outcome(
    reply=Reply(
        text="Refused.", cards=(RefusalCard(verdict=FAILED_VERDICT, draft=DRAFT),), ok=False
    ),
    verdict=FAILED_VERDICT,
)


def info(name: str, usage: str) -> CommandInfo:
    return CommandInfo(name=name, help="", detail="", usage=usage, effect="reads", owner="")


COMMANDS = (
    info("positions", "/positions"),
    info("orders", "/orders [SCOPE]"),
    info("analyze", "/analyze PAIR [TIMEFRAME]"),
    info("resume", "/resume WORD"),
    info("kill", "/kill WORD"),
)


@dataclass(slots=True)
class FakeDesk:
    """`Desk` that records its calls."""

    outcome: Outcome = BOUGHT
    replies: dict[str, Reply] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    failure: Exception | None = None
    store: StoreView = field(default_factory=Store)
    lost: bool = False

    async def send(self, text: str, *, approve: bool = False) -> Outcome:
        return self._answer("send", text, approve)

    async def run(self, command: str, arguments: Mapping[str, str]) -> Reply:
        self.calls.append(("run", command, dict(arguments)))
        if self.failure:
            raise self.failure
        if command not in self.replies:
            raise UsageError(f"There is no command /{command}.", hint="Type /help.")
        return self.replies[command]

    async def propose(self, request: OrderRequest, *, instead_of: str = "") -> Outcome:
        return self._answer("propose", request)

    async def preview(self, request: OrderRequest) -> Preview:
        return Preview()

    async def approve(
        self, ticket_id: str, ticket_hash: str | None = None, typed: str = ""
    ) -> Outcome:
        return self._answer("approve", ticket_id, ticket_hash)

    async def reject(self, ticket_id: str) -> Outcome:
        return self._answer("reject", ticket_id)

    async def halt(self, reason: str = "") -> Reply:
        self._answer("halt", reason)
        return Reply(text="Trading is halted.")

    async def watch_chart(self, pair: Pair, timeframe: str) -> None:
        self.calls.append(("watch_chart", pair, timeframe))

    async def connect_account(self, request: ConnectRequest) -> KeyReport:
        raise AssertionError("no test of commands connects keys")

    async def pair(self, channel: str, role: Role = Role.TRADER) -> Pairing:
        return Pairing(
            channel=channel, role=role, code="ABCD-EFGH", link=f"https://t.me/kit_bot?start={channel}",
            expires_at=datetime(2026, 11, 22, 14, 13, tzinfo=UTC),
        )  # fmt: skip

    async def interrupt(self) -> bool:
        return False

    async def void_code(self, channel: str) -> None:
        raise NotImplementedError

    async def unpair(self, key: str) -> Person:
        raise NotImplementedError

    async def commands(self) -> tuple[CommandInfo, ...]:
        return COMMANDS

    async def close(self) -> None:
        self.calls.append(("close",))

    def _answer(self, *call: object) -> Outcome:
        self.calls.append(call)
        if self.failure:
            raise self.failure
        return self.outcome


@dataclass(slots=True)
class Ran:
    """What one run of the command line gave."""

    code: int
    out: str
    err: str
    opened: list[bool]
    accounts: list[str | None]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


Opening = Callable[[], Desk]


def run_kit(
    home: Path,
    *words: str,
    desk: Desk | None = None,
    opening: Opening | None = None,
    stdin: io.StringIO | None = None,
    terminal: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Ran:
    """Run `kit WORDS` on a fake desk."""
    opened: list[bool] = []
    accounts: list[str | None] = []

    async def opener(
        locations: Locations,
        *,
        demo: bool,
        environ: Mapping[str, str],
        channel: str,
        account: str | None = None,
    ) -> Desk:
        opened.append(demo)
        accounts.append(account)
        if opening is not None:
            return opening()
        assert desk is not None, "this command should not open a desk"
        return desk

    stream = Terminal if terminal else io.StringIO
    out, err = stream(), stream()
    code = run(
        words,
        {"KIT_HOME": str(home), "TERM": "xterm", **(environ or {})},
        opener=opener,
        stdin=stdin or io.StringIO(),
        stdout=out,
        stderr=err,
    )
    return Ran(code, out.getvalue(), err.getvalue(), opened, accounts)
