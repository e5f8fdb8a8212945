"""The named slices of state that panes and channels subscribe to, each with its type."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Generic, Literal, TypeVar

import msgspec

from kit_tui.domain.candles import Candles
from kit_tui.domain.market_data import OrderBook, PublicTrade, Ticker
from kit_tui.domain.message import Message
from kit_tui.domain.orders import Fill, Mode, Order
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Access
from kit_tui.domain.portfolio import Portfolio
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.risk import RiskReport
from kit_tui.domain.ticket import Ticket
from kit_tui.domain.trust import AccountTrust
from kit_tui.domain.turn import LiveTurn

T = TypeVar("T")

ConnectionState = Literal["connecting", "up", "degraded", "down", "off"]


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A venue's public data, an account at a venue, a channel or the model.

    `kind` is venue, account, channel or model. `latency_ms` is what the last poll took, `since`
    when this state began, `until` when a venue that asked us to wait may be asked again.
    `clock_offset_s` is how far the venue's clock is ahead of ours, where it tells its time.
    """

    name: str
    kind: str
    state: ConnectionState
    latency_ms: float | None = None
    since: datetime | None = None
    last_ok_at: datetime | None = None
    detail: str = ""
    until: datetime | None = None
    clock_offset_s: float | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What this desk is: account, mode, where its prices come from, and why if that was not asked.

    `source` is a venue's name or "simulator"; `notice` explains a fallback in a sentence.
    `default_stop` and `default_target` are the distances offered on tickets, as fractions.
    """

    account: str
    mode: Mode
    venue: str
    source: str
    reference: str
    engine: str = "offline grammar"
    notice: str = ""
    poll_seconds: float = 5.0
    started_at: datetime
    default_stop: Decimal = Decimal("0.02")
    default_target: Decimal = Decimal("0.06")


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """Order book and tape of the charted pair, for the wide layout."""

    book: OrderBook | None = None
    trades: tuple[PublicTrade, ...] = ()


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How far a channel was told: every message up to number `reached` has arrived.

    `waiting` messages are still to be sent, to whomever they wait for; `problem` says why, where
    they do not simply take their turn.
    """

    channel: str
    reached: int
    waiting: int = 0
    problem: str = ""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the events pane."""

    at: datetime
    kind: str
    text: str


class Slice(msgspec.Struct, Generic[T], frozen=True):
    """A slot of the store. `lossless` slices deliver every snapshot, others only the newest."""

    name: str
    type: object
    lossless: bool = False


SESSION: Slice[Session] = Slice("session", Session)
PORTFOLIO: Slice[Portfolio] = Slice("portfolio", Portfolio)
POSITIONS: Slice[tuple[MarkedPosition, ...]] = Slice("positions", tuple[MarkedPosition, ...])
ORDERS: Slice[tuple[Order, ...]] = Slice("orders", tuple[Order, ...], lossless=True)
FILLS: Slice[tuple[Fill, ...]] = Slice("fills", tuple[Fill, ...], lossless=True)
TICKERS: Slice[dict[Pair, Ticker]] = Slice("tickers", dict[Pair, Ticker])
CANDLES: Slice[dict[str, Candles]] = Slice("candles", dict[str, Candles])
TRENDS: Slice[dict[Pair, tuple[float, ...]]] = Slice("trends", dict[Pair, tuple[float, ...]])
"""Hourly closes of the last day per watched pair, oldest first."""
DEPTH: Slice[Depth] = Slice("depth", Depth)
RISK: Slice[RiskReport] = Slice("risk", RiskReport)
CONVERSATION: Slice[tuple[Message, ...]] = Slice("conversation", tuple[Message, ...], lossless=True)
APPROVALS: Slice[tuple[Ticket, ...]] = Slice("approvals", tuple[Ticket, ...], lossless=True)
CONNECTIONS: Slice[tuple[Connection, ...]] = Slice("connections", tuple[Connection, ...])
WATCHLIST: Slice[tuple[Pair, ...]] = Slice("watchlist", tuple[Pair, ...])
NOTICES: Slice[tuple[Notice, ...]] = Slice("notices", tuple[Notice, ...], lossless=True)
TRUST: Slice[AccountTrust] = Slice("trust", AccountTrust)
TURNS: Slice[tuple[LiveTurn, ...]] = Slice("turns", tuple[LiveTurn, ...])
"""Turns of the model that are under way; the newest state of each, published in batches."""
ACCESS: Slice[Access] = Slice("access", Access)
DELIVERIES: Slice[tuple[Delivery, ...]] = Slice("deliveries", tuple[Delivery, ...])

ALL_SLICES: tuple[Slice[object], ...] = (
    SESSION, PORTFOLIO, POSITIONS, ORDERS, FILLS, TICKERS, CANDLES, TRENDS, DEPTH, RISK,
    CONVERSATION, APPROVALS, CONNECTIONS, WATCHLIST, NOTICES, TRUST,
    TURNS, ACCESS, DELIVERIES,
)  # type: ignore[assignment]  # fmt: skip


def candles_key(pair: Pair, timeframe: str) -> str:
    """The key of a series in the CANDLES slice: `BTC/USDT 15m`."""
    return f"{pair} {timeframe}"
