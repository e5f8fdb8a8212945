"""The ledger: orders, fills, positions, tickets and trading state, folded from the journal."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from functools import singledispatchmethod

import msgspec

from kit_tui.domain.events import (
    AccountOpened,
    DayRebased,
    DayStarted,
    EquityPeaked,
    Event,
    FillRecorded,
    FlowRecorded,
    MessageSaid,
    NoticeRecorded,
    OrderAdopted,
    OrderMoved,
    OrderRefused,
    OrderSubmitted,
    TicketAnswered,
    TicketProposed,
    TradingStateSet,
    WatchlistSet,
)
from kit_tui.domain.message import Message
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.orders import Fill, Order, OrderStatus
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import Position
from kit_tui.domain.risk import TradingStatus
from kit_tui.domain.ticket import Ticket, TicketState

CONVERSATION_KEPT = 400
FILLS_KEPT = 1_000
NOTICES_KEPT = 200


@dataclass(slots=True)
class AccountBook:
    """What is known of one account: equity marks, flows and the day's trades."""

    account: str
    day: str = ""
    day_start_equity: Decimal = ZERO
    peak_equity: Decimal = ZERO
    flow_today: Decimal = ZERO
    flow_total: Decimal = ZERO
    trades_today: int = 0


@dataclass(slots=True)
class Ledger:
    """A fold over events. `apply` is the only way in; applying a fill twice changes nothing."""

    orders: dict[str, Order] = field(default_factory=dict)
    positions: dict[tuple[str, Pair], Position] = field(default_factory=dict)
    fills: deque[Fill] = field(default_factory=lambda: deque(maxlen=FILLS_KEPT))
    tickets: dict[str, Ticket] = field(default_factory=dict)
    accounts: dict[str, AccountBook] = field(default_factory=dict)
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=CONVERSATION_KEPT))
    refusals: deque[OrderRefused] = field(default_factory=lambda: deque(maxlen=NOTICES_KEPT))
    notices: deque[NoticeRecorded] = field(default_factory=lambda: deque(maxlen=NOTICES_KEPT))
    status: TradingStatus = field(default_factory=TradingStatus)
    watchlist: tuple[Pair, ...] | None = None
    realised: dict[tuple[str, Pair], Decimal] = field(default_factory=dict)
    ticket_count: int = 0
    order_count: int = 0
    message_count: int = 0
    _fill_keys: set[tuple[str, str, str, str]] = field(default_factory=set)

    def has_fill(self, fill: Fill) -> bool:
        """Whether this execution is already counted."""
        return fill.key in self._fill_keys

    def book(self, account: str) -> AccountBook:
        return self.accounts.setdefault(account, AccountBook(account))

    def open_orders(self, account: str) -> list[Order]:
        return [o for o in self.orders.values() if o.account == account and o.is_open]

    def open_positions(self, account: str) -> list[Position]:
        """Open positions in the order they were opened."""
        return [p for (name, _), p in self.positions.items() if name == account and p.is_open]

    def position(self, account: str, pair: Pair) -> Position | None:
        held = self.positions.get((account, pair))
        return held if held is not None and held.is_open else None

    def pending_tickets(self) -> list[Ticket]:
        return [t for t in self.tickets.values() if t.state is TicketState.PENDING]

    def by_client_id(self, client_id: str) -> Order | None:
        return next((o for o in self.orders.values() if o.client_id == client_id), None)

    def frozen_pairs(self, account: str) -> set[Pair]:
        """Pairs with an order whose outcome is unknown; entries there must wait."""
        return {o.pair for o in self.open_orders(account) if o.status is OrderStatus.UNKNOWN}

    @singledispatchmethod
    def apply(self, event: Event) -> None:
        """Fold one event.

        Raises:
            TypeError: for an event this version does not know.
        """
        raise TypeError(f"unknown event {type(event).__name__}")

    @apply.register
    def _(self, event: AccountOpened) -> None:
        self.book(event.account)

    @apply.register
    def _(self, event: FlowRecorded) -> None:
        book = self.book(event.account)
        book.flow_today += event.amount
        book.flow_total += event.amount

    @apply.register
    def _(self, event: TicketProposed) -> None:
        self.tickets[event.ticket.id] = event.ticket
        self.ticket_count += 1

    @apply.register
    def _(self, event: TicketAnswered) -> None:
        self.tickets[event.ticket_id] = msgspec.structs.replace(
            self.tickets[event.ticket_id],
            state=event.state,
            answered_by=event.by,
            answered_on=event.channel,
            answered_at=event.at,
            note=event.note,
        )

    @apply.register
    def _(self, event: OrderRefused) -> None:
        self.refusals.append(event)

    @apply.register
    def _(self, event: OrderSubmitted) -> None:
        self.orders[event.order.id] = event.order
        self.order_count += 1
        self.book(event.order.account).trades_today += 1

    @apply.register
    def _(self, event: OrderAdopted) -> None:
        self.orders[event.order.id] = event.order
        self.order_count += 1

    @apply.register
    def _(self, event: OrderMoved) -> None:
        self.orders[event.order_id] = self.orders[event.order_id].moved(
            event.status, event.at, venue_order_id=event.venue_order_id, reason=event.reason
        )

    @apply.register
    def _(self, event: FillRecorded) -> None:
        fill = event.fill
        if fill.key in self._fill_keys:
            return
        self._fill_keys.add(fill.key)
        self.fills.append(fill)
        if fill.order_id in self.orders:
            self.orders[fill.order_id] = self.orders[fill.order_id].with_fill(fill)
        self._hold(fill)

    @apply.register
    def _(self, event: MessageSaid) -> None:
        self.messages.append(event.message)
        self.message_count += 1

    @apply.register
    def _(self, event: TradingStateSet) -> None:
        self.status = TradingStatus(
            state=event.state, reason=event.reason, by=event.by, since=event.at
        )

    @apply.register
    def _(self, event: DayStarted) -> None:
        book = self.book(event.account)
        book.day, book.day_start_equity = event.day, event.equity
        book.flow_today, book.trades_today = ZERO, 0
        book.peak_equity = max(book.peak_equity, event.equity)

    @apply.register
    def _(self, event: EquityPeaked) -> None:
        self.book(event.account).peak_equity = event.equity

    @apply.register
    def _(self, event: DayRebased) -> None:
        book = self.book(event.account)
        book.day_start_equity, book.flow_today = event.equity, ZERO

    @apply.register
    def _(self, event: WatchlistSet) -> None:
        self.watchlist = event.pairs

    @apply.register
    def _(self, event: NoticeRecorded) -> None:
        self.notices.append(event)

    def _hold(self, fill: Fill) -> None:
        key = (fill.account, fill.pair)
        before = self.positions.get(key)
        if before is None:
            before = Position(pair=fill.pair, venue=fill.venue, account=fill.account)
        after = before.with_fill(fill)
        was_realised = before.realised_pnl if before.is_open else ZERO
        self.realised[key] = self.realised.get(key, ZERO) + after.realised_pnl - was_realised
        if not before.is_open:
            self.positions.pop(key, None)
        self.positions[key] = after
