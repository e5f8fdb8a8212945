"""The ledger: orders, fills, positions, tickets and trading state, folded from the journal."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from functools import singledispatchmethod
from itertools import islice
from typing import Any

import msgspec
from msgspec import field

from kit_tui.domain import steps
from kit_tui.domain.autonomy import Autonomy
from kit_tui.domain.books import AccountBook
from kit_tui.domain.errors import KitError
from kit_tui.domain.events import (
    PLAN,
    AccountOpened,
    AutonomySet,
    DayRebased,
    DayStarted,
    EquityPeaked,
    Event,
    FillRecorded,
    FlowRecorded,
    LiveArmed,
    MessageSaid,
    ModelCalled,
    NoticeRecorded,
    OrderAdopted,
    OrderAmended,
    OrderMoved,
    OrderRefused,
    OrderSubmitted,
    PersonPaired,
    PersonRemoved,
    PositionAdjusted,
    PositionAdopted,
    TicketAnswered,
    TicketProposed,
    TradingStateSet,
    WatchlistSet,
)
from kit_tui.domain.message import Message
from kit_tui.domain.numbers import ARITHMETIC, ZERO
from kit_tui.domain.orders import Fill, Order
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Person
from kit_tui.domain.position import Position
from kit_tui.domain.risk import TradingStatus
from kit_tui.domain.ticket import Ticket, TicketState

CONVERSATION_KEPT = 400
FILLS_KEPT = 1_000
NOTICES_KEPT = 200
SPENDING_DAYS_KEPT = 62
# Ended orders and answered tickets beyond these are forgotten; the journal still has them.
ORDERS_KEPT = 2_000
TICKETS_KEPT = 1_000


class Ledger(msgspec.Struct):
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
    fill_keys: set[tuple[str, str, str, str]] = field(default_factory=set)
    armed: dict[str, tuple[str, str]] = field(default_factory=dict)
    adjusted: set[str] = field(default_factory=set)  # keys of the adjustments that were made
    open_ids: dict[str, None] = field(default_factory=dict)  # of working orders, oldest first
    overfilled_ids: dict[str, None] = field(default_factory=dict)
    of_pair: dict[tuple[str, Pair], dict[str, None]] = field(default_factory=dict)  # ids, as orders
    plans: dict[str, str] = field(default_factory=dict)  # what an account still has to close
    charged: dict[str, Decimal] = field(default_factory=dict)  # US dollars for models, by day
    autonomy: dict[str, Autonomy] = field(default_factory=dict)  # by account; manual when absent
    people: dict[str, Person] = field(default_factory=dict)  # paired by a code, by their key

    def has_fill(self, fill: Fill) -> bool:
        """Whether this execution is already counted."""
        return fill.key in self.fill_keys

    def book(self, account: str) -> AccountBook:
        return self.accounts.setdefault(account, AccountBook(account))

    def orders_of(self, account: str, pair: Pair) -> list[Order]:
        """All orders of a pair that are kept, in the sequence they were submitted."""
        return [self.orders[order_id] for order_id in self.of_pair.get((account, pair), ())]

    def open_orders(self, account: str) -> list[Order]:
        working = (self.orders[order_id] for order_id in self.open_ids)
        return [order for order in working if order.account == account]

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
        return {o.pair for o in self.open_orders(account) if o.is_unknown}

    def overfilled(self, account: str) -> list[Order]:
        """Our orders which filled beyond their quantity, while the position is open and no person
        has cleared them."""
        found = (o for i in self.overfilled_ids if (o := self.orders.get(i)) is not None)
        return [
            order
            for order in found
            if order.account == account
            and not order.outside
            and overfill_key(order.id) not in self.adjusted
            and (held := self.position(account, order.pair)) is not None
            and (held.opened_at is None or order.updated_at >= held.opened_at)
        ]

    def check(self, events: Sequence[Event]) -> None:
        """Prove that events, one after the other, may be folded; changes nothing.

        Raises:
            LedgerError: when one contradicts what is known (unknown order, answered ticket, …).
            IllegalMoveError: when an order's status may not move so.
        """
        orders: dict[str, Order] = {}
        tickets: dict[str, Ticket] = {}
        for event in events:
            if isinstance(event, TicketProposed):
                tickets[event.ticket.id] = event.ticket
            elif isinstance(event, TicketAnswered):
                known = tickets.get(event.ticket_id) or self.tickets.get(event.ticket_id)
                tickets[event.ticket_id] = steps.answered(known, event)
            elif isinstance(event, OrderSubmitted):
                steps.check_new(orders.get(event.order.id) or self.orders.get(event.order.id))
                orders[event.order.id] = event.order
            elif isinstance(event, OrderAdopted):
                orders[event.order.id] = event.order
            elif isinstance(event, OrderMoved):
                order = orders.get(event.order_id) or self.orders.get(event.order_id)
                orders[event.order_id] = steps.moved(order, event)
            elif isinstance(event, OrderAmended):
                order = orders.get(event.order_id) or self.orders.get(event.order_id)
                orders[event.order_id] = steps.amended(order, event)
            elif isinstance(event, FillRecorded) and event.fill.key not in self.fill_keys:
                order = orders.get(event.fill.order_id) or self.orders.get(event.fill.order_id)
                if order is not None:
                    orders[order.id] = order.with_fill(event.fill)

    def fold(self, event: Event) -> KitError | None:
        """Apply an event that is durable already; what contradicts the ledger becomes a notice.

        A journal must open whatever it holds, so nothing is raised for a contradiction.
        """
        try:
            with localcontext(ARITHMETIC):
                self.apply(event)
        except KitError as error:
            text = f"{type(event).__name__} was left out: {error.message}"
            self.notices.append(NoticeRecorded(kind="journal", text=text, at=event.at))
            return error
        return None

    @singledispatchmethod
    def apply(self, event: Event) -> None:
        """Fold one event, wholly or not at all.

        Raises:
            KitError: when the event contradicts what is known.
            TypeError: for an event this version does not know.
        """
        raise TypeError(f"unknown event {type(event).__name__}")

    @apply.register
    def _(self, event: AccountOpened) -> None:
        book = self.book(event.account)
        book.opened_at = book.opened_at or event.at

    @apply.register
    def _(self, event: FlowRecorded) -> None:
        self.book(event.account).flow(event.currency, event.amount, event.value)

    @apply.register
    def _(self, event: TicketProposed) -> None:
        self._keep_ticket(event.ticket)

    @apply.register
    def _(self, event: TicketAnswered) -> None:
        ticket = steps.answered(self.tickets.get(event.ticket_id), event)
        self.tickets[event.ticket_id] = ticket
        if event.day:
            self.book(ticket.order.account).sent_unasked(event.day, event.worth)

    @apply.register
    def _(self, event: OrderRefused) -> None:
        self.refusals.append(event)

    @apply.register
    def _(self, event: OrderSubmitted) -> None:
        steps.check_new(self.orders.get(event.order.id))
        self._take(event.order)

    @apply.register
    def _(self, event: OrderAdopted) -> None:
        self._take(event.order)

    @apply.register
    def _(self, event: OrderMoved) -> None:
        self.keep(steps.moved(self.orders.get(event.order_id), event))

    @apply.register
    def _(self, event: OrderAmended) -> None:
        self.keep(steps.amended(self.orders.get(event.order_id), event))

    @apply.register
    def _(self, event: FillRecorded) -> None:
        fill = event.fill
        if fill.key in self.fill_keys:
            return
        order = self.orders.get(fill.order_id)
        if order is not None:
            self.keep(order.with_fill(fill))
            # A trade is an order that traded: a stop that waits is none, many pieces are one.
            self.book(fill.account).trades_today += order.filled == 0 and not order.outside
        self.fill_keys.add(fill.key)
        self.fills.append(fill)
        gained = ZERO
        # What somebody else trades on spot is a holding; a contract's position is one for all.
        if order is None or not order.outside or fill.pair.settle:
            before = self._before(fill.account, fill.pair, fill.venue)
            gained = self._hold(before, before.with_fill(fill, event.fee_value))
        self.book(fill.account).settle(fill, gained, event.fee_value)

    @apply.register
    def _(self, event: MessageSaid) -> None:
        self.messages.append(event.message)
        self.message_count += 1

    @apply.register
    def _(self, event: TradingStateSet) -> None:
        self.status = TradingStatus(
            state=event.state, reason=event.reason, by=event.by, since=event.at
        )
        # Nothing is sent unasked during a halt, nor after it until a person raises it again.
        self.autonomy.clear()

    @apply.register
    def _(self, event: DayStarted) -> None:
        book = self.book(event.account)
        if book.day == event.day:  # the day's marks are set once, whatever the clock does
            return
        book.day, book.day_start_equity = event.day, event.equity
        book.flow_today, book.trades_today = ZERO, 0
        book.peak_equity = max(book.peak_equity, event.equity)

    @apply.register
    def _(self, event: EquityPeaked) -> None:
        book = self.book(event.account)
        book.peak_equity = event.equity if event.rebased else max(book.peak_equity, event.equity)

    @apply.register
    def _(self, event: DayRebased) -> None:
        book = self.book(event.account)
        book.day_start_equity, book.flow_today = event.equity, ZERO

    @apply.register
    def _(self, event: WatchlistSet) -> None:
        self.watchlist = event.pairs

    @apply.register
    def _(self, event: PositionAdopted) -> None:
        before = self._before(event.account, event.pair, event.venue)
        self._hold(before, before.adopted_from(event.quantity, event.price, event.at))

    @apply.register
    def _(self, event: PositionAdjusted) -> None:
        before = self.position(event.account, event.pair)
        if event.key in self.adjusted:
            return
        self.adjusted.add(event.key)
        if before is None or event.change == 0:
            return
        after = before.traded(event.change, event.price or ZERO, ZERO, event.at)
        gained = self._hold(before, after)
        if event.pair.settle:
            self.book(event.account).receive(event.pair.settle, gained)

    @apply.register
    def _(self, event: LiveArmed) -> None:
        if event.fingerprint:
            self.armed[event.account] = (event.fingerprint, event.base_url)
        else:
            self.armed.pop(event.account, None)

    @apply.register
    def _(self, event: ModelCalled) -> None:
        self.charged[event.day] = self.charged.get(event.day, ZERO) + event.charged
        _forget(self.charged, sorted(self.charged), SPENDING_DAYS_KEPT)

    @apply.register
    def _(self, event: AutonomySet) -> None:
        self.autonomy[event.account] = event.level

    @apply.register
    def _(self, event: PersonPaired | PersonRemoved) -> None:
        self.people = steps.admitted(self.people, event)

    @apply.register
    def _(self, event: NoticeRecorded) -> None:
        if event.kind == PLAN:  # however much is told since, it is not forgotten
            self.plans[event.account] = event.text
        else:
            self.notices.append(event)

    def keep(self, order: Order) -> None:
        """Put an order in as it stands, among the working ones if it is."""
        self.orders[order.id] = order
        self.of_pair.setdefault((order.account, order.pair), {})[order.id] = None
        if order.is_open:
            self.open_ids[order.id] = None
        else:
            self.open_ids.pop(order.id, None)
        if order.filled > order.quantity:
            self.overfilled_ids[order.id] = None

    def _take(self, order: Order) -> None:
        self.keep(order)
        self.order_count = steps.highest(self.order_count, order.id)
        if len(self.orders) > ORDERS_KEPT * 5 // 4:
            old = (o for o in self.orders.values() if not self._matters(o))
            for known in tuple(islice(old, max(0, len(self.orders) - ORDERS_KEPT))):
                del self.orders[known.id]
                del self.of_pair[known.account, known.pair][known.id]

    def _keep_ticket(self, ticket: Ticket) -> None:
        self.tickets[ticket.id] = ticket
        self.ticket_count = steps.highest(self.ticket_count, ticket.id)
        if len(self.tickets) > TICKETS_KEPT * 5 // 4:
            used = {o.ticket_id for o in self.orders.values() if self._matters(o)}
            pending = TicketState.PENDING
            old = (
                t.id for t in self.tickets.values() if t.state is not pending and t.id not in used
            )
            _forget(self.tickets, old, TICKETS_KEPT)

    def _matters(self, order: Order) -> bool:
        """Whether it works, or the protection of what is held is read off it."""
        if order.is_open:
            return True
        held = self.position(order.account, order.pair)
        if held is None or order.outside:
            return False
        return held.opened_at is None or order.updated_at >= held.opened_at

    def _before(self, account: str, pair: Pair, venue: str) -> Position:
        known = self.positions.get((account, pair))
        return known or Position(pair=pair, venue=venue, account=account)

    def _hold(self, before: Position, after: Position) -> Decimal:
        """Put a position in as it stands; returns what was realised by it."""
        key = (after.account, after.pair)
        gained = after.realised_pnl - (before.realised_pnl if before.is_open else ZERO)
        self.realised[key] = self.realised.get(key, ZERO) + gained
        if not before.is_open:
            self.positions.pop(key, None)  # the newest position comes last
        self.positions[key] = after
        return gained


def overfill_key(order_id: str) -> str:
    """The key of the adjustment by which a person clears an overfilled order."""
    return f"overfill:{order_id}"


def _forget(kept: dict[str, Any], oldest_first: Iterable[str], limit: int) -> None:
    """Drop the oldest of `oldest_first` until at most `limit` are kept."""
    for key in tuple(islice(oldest_first, max(0, len(kept) - limit))):
        del kept[key]
