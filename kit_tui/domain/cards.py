"""Cards: the typed parts of a reply, which every channel renders in its own way."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from kit_tui.domain.orders import Fill, Order
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Portfolio
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.risk import RiskReport, Verdict
from kit_tui.domain.ticket import OrderDraft, Ticket


class TicketCard(msgspec.Struct, frozen=True, tag="ticket"):
    """A ticket that waits for an answer, or how it was answered."""

    ticket: Ticket


class RefusalCard(msgspec.Struct, frozen=True, tag="refusal", kw_only=True):
    """An order that was refused, with every check; `draft` is None if it could not be built."""

    verdict: Verdict
    draft: OrderDraft | None = None


class ReportCard(msgspec.Struct, frozen=True, tag="report", kw_only=True):
    """An execution report. `slippage` is price paid beyond the ticket's, in quote currency."""

    order: Order
    fills: tuple[Fill, ...]
    slippage: Decimal | None = None
    realised_pnl: Decimal | None = None


class PortfolioCard(msgspec.Struct, frozen=True, tag="portfolio"):
    """Balances and equity."""

    portfolio: Portfolio


class PositionsCard(msgspec.Struct, frozen=True, tag="positions"):
    """Open positions."""

    positions: tuple[MarkedPosition, ...]


class OrdersCard(msgspec.Struct, frozen=True, tag="orders"):
    """Orders, newest first."""

    orders: tuple[Order, ...]


class RiskCard(msgspec.Struct, frozen=True, tag="risk"):
    """Limits and how far each is used."""

    report: RiskReport


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an analysis: a figure, what it says, and which way it leans (-1, 0, 1)."""

    name: str
    value: str
    meaning: str
    lean: int = 0


class PriceLevel(msgspec.Struct, frozen=True, kw_only=True):
    """A price that matters, with where it comes from: support, resistance, entry, stop, order."""

    kind: str
    price: Decimal
    origin: str


class AnalysisCard(msgspec.Struct, frozen=True, tag="analysis", kw_only=True):
    """An analysis of one market: every figure comes from `venue`'s candles up to `as_of`.

    Fractions are fractions (0.012 is 1.2 %). `bias` is long, short or neutral; `entry`, `stop` and
    `target` sketch a trade and are None when the bias is neutral. `timeframes` compares time
    frames, `patterns` names candle patterns, `notes` says what to know about the data (gaps, age).
    """

    pair: Pair
    venue: str
    timeframe: str
    candles: int
    as_of: datetime
    price: Decimal
    change_24h: Decimal | None
    high_24h: Decimal | None
    low_24h: Decimal | None
    volume_ratio: Decimal | None
    trend: tuple[Reading, ...]
    momentum: tuple[Reading, ...]
    volatility: tuple[Reading, ...]
    levels: tuple[PriceLevel, ...]
    bias: str
    reasons: tuple[str, ...]
    invalidation: str
    entry: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    timeframes: tuple[Reading, ...] = ()
    patterns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class QuoteCard(msgspec.Struct, frozen=True, tag="quote", kw_only=True):
    """The present price of one pair and its age in seconds."""

    pair: Pair
    venue: str
    price: Decimal
    bid: Decimal | None
    ask: Decimal | None
    change_24h: Decimal | None
    age_s: float


class Candle(msgspec.Struct, frozen=True, array_like=True):
    """One candle of a chart; `time` is its opening in Unix milliseconds, the rest as in `Candles`.

    An array on the wire: a chart is mostly these.
    """

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class ChartCard(msgspec.Struct, frozen=True, tag="chart", kw_only=True):
    """A chart of one market, oldest candle first, for whoever draws one.

    `price` was had at `as_of` and was `age_s` seconds old when this was made; `tick` is the price
    step, zero when not known. `change` (a fraction), `high` and `low` are those of the `span_s`
    seconds the candles cover. `levels` are the asker's own in `account`: entry, stop, target,
    liquidation, and working orders as buy or sell. The journal keeps a chart without its candles.
    """

    pair: Pair
    venue: str
    timeframe: str
    as_of: datetime
    age_s: float
    price: Decimal
    tick: Decimal
    change: Decimal
    high: Decimal
    low: Decimal
    span_s: int
    candles: tuple[Candle, ...] = ()
    levels: tuple[PriceLevel, ...] = ()
    account: str = ""
    notes: tuple[str, ...] = ()


class TableCard(msgspec.Struct, frozen=True, tag="table", kw_only=True):
    """A plain table for answers that need no card of their own."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class QuestionCard(msgspec.Struct, frozen=True, tag="question", kw_only=True):
    """A question that has to be answered first. Saying one of `choices` answers it; so does any
    other fitting text."""

    question: str
    choices: tuple[str, ...] = ()


Card = (
    TicketCard
    | RefusalCard
    | ReportCard
    | PortfolioCard
    | PositionsCard
    | OrdersCard
    | RiskCard
    | AnalysisCard
    | QuoteCard
    | ChartCard
    | TableCard
    | QuestionCard
)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as data: Markdown text and cards. `ok` is False when it was refused or failed."""

    text: str
    cards: tuple[Card, ...] = ()
    ok: bool = True


def kept_cards(cards: tuple[Card, ...]) -> tuple[Card, ...]:
    """These cards as the conversation keeps them: charts lose their candles.

    Candles are the venue's to give again; kept, they would be in the journal for ever and in every
    snapshot of the conversation that goes over the socket.
    """
    return tuple(
        msgspec.structs.replace(card, candles=()) if isinstance(card, ChartCard) else card
        for card in cards
    )
