"""A desk without an engine: a store filled with fixed figures, and a record of what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from kit_tui.domain.cards import AnalysisCard, Card, PriceLevel, Reading, Reply, TicketCard
from kit_tui.domain.message import Message, Role, Speaker
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Fill, Mode, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Access, Door, Pairing, Person
from kit_tui.domain.portfolio import Holding, Portfolio
from kit_tui.domain.position import MarkedPosition, Position
from kit_tui.domain.risk import Check, Gauge, RiskReport, TradingState, TradingStatus, Verdict
from kit_tui.domain.ticket import OrderDraft, OrderRequest, Ticket, TicketState
from kit_tui.gateway.desk import CommandInfo, Outcome, Preview
from kit_tui.gateway.key_forms import ConnectRequest, KeyReport
from kit_tui.state.slices import (
    ACCESS,
    APPROVALS,
    CANDLES,
    CONNECTIONS,
    CONVERSATION,
    DEPTH,
    FILLS,
    NOTICES,
    ORDERS,
    PORTFOLIO,
    POSITIONS,
    RISK,
    SESSION,
    TICKERS,
    TRENDS,
    TURNS,
    WATCHLIST,
    Connection,
    Depth,
    Notice,
    Session,
    candles_key,
)
from kit_tui.state.store import Store
from tests.support.clock import FakeClock
from tests.support.fake_market import (
    WATCHED,
    fake_book,
    fake_candles,
    fake_tickers,
    fake_trades,
)

D = Decimal
BTC, ETH, SOL = Pair("BTC/USDT"), Pair("ETH/USDT"), Pair("SOL/USDT")


class FakeDesk:
    """Implements `Desk` on fixed data; `calls` records requests, `fail` makes the next one fail.

    `cards` come with the answer to what is sent.
    """

    def __init__(self, clock: FakeClock, mode: Mode = Mode.PAPER) -> None:
        self.clock = clock
        self.mode = mode
        self.store = Store()
        self.calls: list[tuple[object, ...]] = []
        self.fail: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.lost = False
        self.reports: list[KeyReport] = []
        self.cards: tuple[Card, ...] = ()
        self._messages = 0

    async def fill(self, *, ticket: bool = True, empty: bool = False) -> FakeDesk:
        """Publish everything: three positions, orders, a watchlist, candles, a conversation."""
        publish, now = self.store.publish, self.clock.now()
        publish(
            SESSION,
            Session(
                account="main",
                mode=self.mode,
                venue="binance",
                source="binance",
                reference="USDT",
                engine="offline grammar",
                started_at=now - timedelta(hours=4),
            ),
        )
        publish(CONNECTIONS, connections(now))
        publish(WATCHLIST, WATCHED)
        publish(TICKERS, fake_tickers(now))
        publish(CANDLES, {candles_key(BTC, "15m"): fake_candles(BTC, "15m", now)})
        hours = {pair: fake_candles(pair, "1h", now, 24) for pair in WATCHED}
        publish(TRENDS, {pair: tuple(one.close.tolist()) for pair, one in hours.items()})
        publish(DEPTH, Depth(book=fake_book(BTC, now), trades=fake_trades(BTC, now)))
        publish(RISK, risk_report(now, positions=0 if empty else 3))
        publish(PORTFOLIO, portfolio(now))
        publish(ORDERS, () if empty else orders(now, self.mode))
        publish(FILLS, () if empty else (fill_of_btc(now),))
        publish(POSITIONS, () if empty else self.positions(now))
        publish(NOTICES, () if empty else notices(now))
        if not empty:
            card = make_ticket(now, self.mode)
            publish(CONVERSATION, conversation(now, card if ticket else None))
            if ticket:
                publish(APPROVALS, (card,))
        return self

    def positions(self, now: datetime) -> tuple[MarkedPosition, ...]:
        """A gain, a loss and a position without a stop, at the simulated prices."""
        held = (
            (BTC, "0.00149", "99.8487", "65672.0", 2),
            (ETH, "-0.210", "-669.48", "3251.0", 240),
            (SOL, "4.00", "664.80", None, 1500),
        )
        tickers = self.store.get(TICKERS) or {}
        return tuple(
            MarkedPosition(
                position=Position(
                    pair=pair,
                    venue="binance",
                    account="main",
                    signed_quantity=D(quantity),
                    cost=D(cost),
                    opened_at=now - timedelta(minutes=minutes),
                    stop_price=Price(stop) if stop else None,
                ),
                mark_price=tickers[pair].last,
                mark_at=tickers[pair].received_at,
            )
            for pair, quantity, cost, stop, minutes in held
        )

    # Desk

    async def _called(self, *what: object) -> None:
        self.calls.append(what)
        if self.gate is not None:
            await self.gate.wait()
        if self.fail is not None:
            error, self.fail = self.fail, None
            raise error

    def add_message(self, text: str, speaker: Speaker = Speaker.KIT, **more: object) -> Message:
        """Put a message into the conversation."""
        self._messages += 1
        message = Message(
            id=f"m{self._messages + 4}",
            at=self.clock.now(),
            speaker=speaker,
            channel="terminal",
            principal="terminal:owner",
            name="you",
            text=text,
        )
        message = msgspec.structs.replace(message, **more)
        self.store.publish(CONVERSATION, (*(self.store.get(CONVERSATION) or ()), message))
        return message

    async def send(self, text: str, *, approve: bool = False) -> Outcome:
        await self._called("send", text)
        self.add_message(text, Speaker.PERSON)
        reply = Reply(text=f"Heard: {text}", cards=self.cards)
        self.add_message(reply.text)
        return Outcome(reply=reply)

    async def run(self, command: str, arguments: Mapping[str, str]) -> Reply:
        await self._called("run", command, dict(arguments))
        return Reply(text="done")

    async def propose(self, request: OrderRequest, *, instead_of: str = "") -> Outcome:
        await self._called("propose", request)
        ticket = make_ticket(self.clock.now(), self.mode, number="0013")
        self.store.publish(APPROVALS, (*(self.store.get(APPROVALS) or ()), ticket))
        return Outcome(reply=Reply(text="", cards=(TicketCard(ticket),)), ticket=ticket)

    async def preview(self, request: OrderRequest) -> Preview:
        await self._called("preview", request)
        ticket = make_ticket(self.clock.now(), self.mode)
        return Preview(draft=ticket.order, verdict=ticket.verdict)

    async def approve(
        self, ticket_id: str, ticket_hash: str | None = None, typed: str = ""
    ) -> Outcome:
        await self._called("approve", ticket_id, ticket_hash, *([typed] if typed else []))
        return self._answer(ticket_id, TicketState.APPROVED)

    async def reject(self, ticket_id: str) -> Outcome:
        await self._called("reject", ticket_id)
        return self._answer(ticket_id, TicketState.REJECTED)

    def _answer(
        self, ticket_id: str, state: TicketState, on: str = "terminal", by: str = "owner"
    ) -> Outcome:
        now = self.clock.now()
        held = self.store.get(APPROVALS) or ()
        self.store.publish(
            APPROVALS,
            tuple(
                msgspec.structs.replace(
                    t, state=state, answered_at=now, answered_on=on, answered_by=by
                )
                if t.id == ticket_id
                else t
                for t in held
            ),
        )
        reply = Reply(text=f"Ticket {state.value}.")
        self.add_message(reply.text)
        return Outcome(reply=reply)

    def answer_elsewhere(self, ticket_id: str) -> None:
        """Somebody approved it on the phone."""
        self._answer(ticket_id, TicketState.APPROVED, on="telegram", by="Ann")

    async def halt(self, reason: str = "") -> Reply:
        await self._called("halt", reason)
        report = self.store.get(RISK)
        assert report is not None
        status = TradingStatus(
            state=TradingState.HALTED, reason=reason, by="owner", since=self.clock.now()
        )
        self.store.publish(RISK, msgspec.structs.replace(report, status=status))
        return Reply(text="Trading is halted.")

    async def watch_chart(self, pair: Pair, timeframe: str) -> None:
        await self._called("watch_chart", pair, timeframe)
        candles = fake_candles(pair, timeframe, self.clock.now())
        held = self.store.get(CANDLES) or {}
        self.store.publish(CANDLES, {**held, candles_key(pair, timeframe): candles})

    async def connect_account(self, request: ConnectRequest) -> KeyReport:
        """What `reports` says next: the first for the first request, the last for ever."""
        await self._called("connect", request)
        return self.reports.pop(0) if len(self.reports) > 1 else self.reports[0]

    async def pair(self, channel: str, role: Role = Role.TRADER) -> Pairing:
        await self._called("pair", channel, role)
        until = self.clock.now() + timedelta(minutes=10)
        self.open_door(channel, until)
        return Pairing(
            channel=channel, role=role, code="ABCD-EFGH", expires_at=until,
            link="https://t.me/kit_bot?start=ABCDEFGH" if channel == "telegram" else "",
        )  # fmt: skip

    async def void_code(self, channel: str) -> None:
        await self._called("void_code", channel)
        self.open_door(channel, None)

    async def unpair(self, key: str) -> Person:
        await self._called("unpair", key)
        access = self.store.get(ACCESS) or Access()
        (gone,) = [person for person in access.people if person.key == key]
        people = tuple(person for person in access.people if person.key != key)
        self.store.publish(ACCESS, msgspec.structs.replace(access, people=people))
        return gone

    def open_door(self, channel: str, until: datetime | None) -> None:
        """Until when a code works on a channel."""
        access = self.store.get(ACCESS) or Access(doors=(Door(channel=channel),))
        doors = tuple(
            msgspec.structs.replace(door, pairing_until=until) if door.channel == channel else door
            for door in access.doors
        )
        self.store.publish(ACCESS, msgspec.structs.replace(access, doors=doors))

    def let_in(self, person: Person) -> None:
        """Somebody used the code."""
        self.open_door(person.channel, None)
        access = self.store.get(ACCESS) or Access()
        people = tuple(p for p in access.people if p.key != person.key)
        self.store.publish(ACCESS, msgspec.structs.replace(access, people=(*people, person)))

    async def interrupt(self) -> bool:
        """Every turn ends with what it had said."""
        await self._called("interrupt")
        turns = self.store.get(TURNS) or ()
        for turn in turns:
            self.add_message(
                turn.text, reply_to=turn.reply_to, engine=turn.model, tools=turn.tools,
                cut=True, why="stopped by you",
            )  # fmt: skip
        self.store.publish(TURNS, ())
        return bool(turns)

    async def commands(self) -> tuple[CommandInfo, ...]:
        return tuple(
            CommandInfo(
                name=name, help=words, detail="", usage=f"/{name}", effect="reads", owner="core"
            )
            for name, words in (
                ("analyze", "Analyse a market."),
                ("portfolio", "Balances and equity."),
                ("positions", "Open positions."),
                ("orders", "Orders, newest first."),
                ("risk", "Limits and their use."),
                ("price", "The present price."),
                ("halt", "Halt all trading."),
                ("help", "What K.I.T. understands."),
            )
        )

    async def close(self) -> None:
        self.calls.append(("close",))


def connections(now: datetime) -> tuple[Connection, ...]:
    """A venue, a channel and a model, all up."""
    return (
        Connection(name="binance", kind="venue", state="up", latency_ms=43, last_ok_at=now),
        Connection(name="telegram", kind="channel", state="up"),
        Connection(name="claude", kind="model", state="up", detail="$0.14/2.00"),
    )


def portfolio(now: datetime) -> Portfolio:
    """10,432.10 USDT, up 1.24 % on the day."""
    return Portfolio(
        account="main",
        reference="USDT",
        equity=D("10432.10"),
        cash=D("8998.10"),
        holdings=(
            Holding(
                currency="USDT",
                venue="binance",
                total=D("8998.10"),
                free=D("8998.10"),
                price=D(1),
                value=D("8998.10"),
            ),
            Holding(
                currency="BTC",
                venue="binance",
                total=D("0.00149"),
                free=D(0),
                price=D("67012.4"),
                value=D("99.85"),
            ),
        ),
        day_start_equity=D("10304.40"),
        peak_equity=D("10548.20"),
        as_of=now,
    )


def risk_report(now: datetime, positions: int = 3) -> RiskReport:
    """Every limit, none near."""
    return RiskReport(
        status=TradingStatus(),
        gauges=(
            Gauge(
                name="dailyLossLimit",
                label="day loss",
                unit="fraction",
                value=D("0.004"),
                limit=D("0.05"),
            ),
            Gauge(
                name="drawdown",
                label="drawdown",
                unit="fraction",
                value=D("0.011"),
                limit=D("0.10"),
            ),
            Gauge(
                name="maxPositionSize",
                label="largest",
                unit="fraction",
                value=D("0.064"),
                limit=D("0.10"),
            ),
            Gauge(
                name="leverageLimit", label="leverage", unit="multiple", value=D("0.14"), limit=D(3)
            ),
            Gauge(
                name="openPositionLimit",
                label="positions",
                unit="count",
                value=D(positions),
                limit=D(5),
            ),
        ),
        resting_orders=2,
        trades_today=4,
        day_resets_at=now.replace(hour=0, minute=0),
        last_breach="size 12.0 % of 10 %, refused",
        last_breach_at=now - timedelta(days=3),
        as_of=now,
    )


def make_order(now: datetime, mode: Mode, number: str, **fields: object) -> Order:
    common: dict[str, object] = {
        "id": number,
        "client_id": f"kit-{number}",
        "venue": "binance",
        "account": "main",
        "mode": mode,
        "status": OrderStatus.ACCEPTED,
        "updated_at": now,
    }
    return Order(**{**common, **fields})  # type: ignore[arg-type]  # fields are given by name


def orders(now: datetime, mode: Mode) -> tuple[Order, ...]:
    """Two stops that rest and the market order that was filled."""
    return (
        make_order(
            now,
            mode,
            "0031",
            pair=BTC,
            side=Side.SELL,
            type=OrderType.STOP,
            quantity=Quantity("0.00149"),
            stop_price=Price("65672.0"),
            ticket_id="0012",
            created_at=now - timedelta(minutes=2),
        ),
        make_order(
            now,
            mode,
            "0029",
            pair=ETH,
            side=Side.BUY,
            type=OrderType.STOP,
            quantity=Quantity("0.210"),
            stop_price=Price("3251.0"),
            ticket_id="0009",
            created_at=now - timedelta(hours=4),
        ),
        make_order(
            now,
            mode,
            "0030",
            pair=BTC,
            side=Side.BUY,
            type=OrderType.MARKET,
            quantity=Quantity("0.00149"),
            filled=Quantity("0.00149"),
            average_price=Price("67012.4"),
            status=OrderStatus.FILLED,
            ticket_id="0011",
            created_at=now - timedelta(minutes=2),
        ),
    )


def fill_of_btc(now: datetime) -> Fill:
    """The purchase of the bitcoin that is held."""
    return Fill(
        venue="binance",
        account="main",
        pair=BTC,
        trade_id="t1",
        order_id="0030",
        side=Side.BUY,
        quantity=Quantity("0.00149"),
        price=Price("67012.4"),
        fee=D("0.0998"),
        fee_currency="USDT",
        at=now - timedelta(minutes=2),
    )


def notices(now: datetime) -> tuple[Notice, ...]:
    """What happened today, oldest first."""
    return tuple(
        Notice(at=now - timedelta(minutes=minutes), kind=kind, text=text)
        for minutes, kind, text in (
            (273, "info", "daily limits begin anew"),
            (241, "fill", "#0029 sold 0.210 ETH @ 3,188.00"),
            (108, "refused", "size 12.0 % of 10 %, refused"),
            (2, "fill", "#0030 bought 0.00149 BTC @ 67,012.4"),
            (1, "info", "stop 65,672.0 rests on binance"),
        )
    )


def verdict(passed: bool = True) -> Verdict:
    """Checks as the risk manager writes them."""
    size = D("0.010") if passed else D("0.48")
    return Verdict(
        passed=passed,
        checks=(
            Check(
                name="maxPositionSize",
                code="SIZE",
                unit="fraction",
                limit=D("0.10"),
                value=D(0),
                after=size,
                passed=passed,
                detail="" if passed else "the position would be 48.0 % of equity",
            ),
            Check(
                name="dailyLossLimit",
                code="DAY",
                unit="fraction",
                limit=D("0.05"),
                value=D("0.004"),
                after=D("0.004"),
                passed=True,
            ),
            Check(
                name="openPositionLimit",
                code="OPEN",
                unit="count",
                limit=D(5),
                value=D(2),
                after=D(3),
                passed=True,
            ),
            Check(
                name="leverageLimit",
                code="LEVERAGE",
                unit="multiple",
                limit=D(3),
                value=D("0.1"),
                after=D("0.1"),
                passed=True,
            ),
            Check(
                name="drawdown",
                code="DRAWDOWN",
                unit="fraction",
                limit=D("0.10"),
                value=D("0.011"),
                after=D("0.011"),
                passed=True,
            ),
            Check(
                name="priceFresh",
                code="AGE",
                unit="seconds",
                limit=D(30),
                value=D(1),
                after=D(1),
                passed=True,
            ),
        ),
        largest_passing=None if passed else D("1043.21"),
    )


def make_ticket(
    now: datetime, mode: Mode = Mode.PAPER, number: str = "0012", seconds: int = 60
) -> Ticket:
    """A ticket to buy bitcoin for 100 USDT with a stop.

    Its hash begins the same always, so that pictures do not change with what a hash covers.
    """
    draft = OrderDraft(
        venue="binance",
        account="main",
        mode=mode,
        pair=BTC,
        side=Side.BUY,
        type=OrderType.MARKET,
        quantity=Quantity("0.00149"),
        stop_loss=Price("65672.0"),
        reference_price=Price("67012.4"),
        worst_price=Price("67347.5"),
        notional=D("99.85"),
        estimated_fee=D("0.0998"),
        fee_currency="USDT",
    )
    expires = now + timedelta(seconds=seconds)
    return Ticket(
        id=number,
        hash=("45e1e4" if mode is Mode.LIVE else "af3d3c") + number.rjust(58, "0"),
        state=TicketState.PENDING,
        created_at=now,
        expires_at=expires,
        order=draft,
        verdict=verdict(),
        asked_by="owner",
        asked_on="terminal",
        words="Buy BTC for $100",
    )


def conversation(now: datetime, ticket: Ticket | None) -> tuple[Message, ...]:
    """A question with its analysis, and an order with its ticket."""

    def said(number: int, minutes: int, speaker: Speaker, text: str, **more: object) -> Message:
        message = Message(
            id=f"m{number}",
            at=now - timedelta(minutes=minutes),
            speaker=speaker,
            channel="terminal",
            principal="terminal:owner",
            name="you",
            text=text,
        )
        return msgspec.structs.replace(message, **more)

    messages = [
        said(1, 2, Speaker.PERSON, "What moved SOL today?"),
        said(2, 2, Speaker.KIT,
             "SOL moved **+3.0 %** since 00:00 UTC. Most of it came in one candle, 09:15–09:30, on "
             "4.1× its usual volume. No news source is connected, so the reason is unknown.",
             engine="offline grammar"),
    ]  # fmt: skip
    if ticket is not None:
        messages += [
            said(3, 0, Speaker.PERSON, "Buy BTC for $100"),
            said(4, 0, Speaker.KIT,
                 "Ready to buy 0.00149 BTC at market. Nothing is sent until you approve.",
                 cards=(TicketCard(ticket),), engine="offline grammar"),
        ]  # fmt: skip
    return tuple(messages)


def analysis(now: datetime) -> AnalysisCard:
    """An analysis with every part filled."""
    return AnalysisCard(
        pair=ETH,
        venue="binance",
        timeframe="1h",
        candles=300,
        as_of=now,
        price=D("3201.1"),
        change_24h=D("-0.0041"),
        high_24h=D("3251.0"),
        low_24h=D("3168.2"),
        volume_ratio=D("0.8"),
        trend=(
            Reading(name="EMA 20", value="3,204.5", meaning="price just below it", lean=-1),
            Reading(name="EMA 50", value="3,188.9", meaning="price above it", lean=1),
            Reading(name="ADX 14", value="18.2", meaning="no strong trend", lean=0),
        ),
        momentum=(
            Reading(name="RSI 14", value="47.9", meaning="neither overbought nor oversold"),
            Reading(name="MACD", value="−2.1", meaning="below its signal", lean=-1),
        ),
        volatility=(Reading(name="ATR 14", value="21.4", meaning="0.7 % of the price an hour"),),
        levels=(
            PriceLevel(kind="resistance", price=D("3251.0"), origin="high of 21 Nov"),
            PriceLevel(kind="support", price=D("3168.2"), origin="low of 22 Nov, touched 3 times"),
        ),
        bias="neutral",
        reasons=("Averages disagree.", "Volume is below usual."),
        invalidation="a close above 3,251.0 or below 3,168.2",
    )


async def open_fake(clock: FakeClock | None = None, **options: bool) -> FakeDesk:
    """A filled desk on a clock that stands still."""
    return await FakeDesk(clock or FakeClock()).fill(**options)
