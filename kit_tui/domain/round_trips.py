"""What trading has earned, fill by fill and from entry to exit, told of the journal's events.

A ledger only keeps sums. Here it is folded once more, and what each event changes in it is noted:
the notes add up to the ledger's own realised profit to the last digit.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Context, Decimal
from functools import reduce
from typing import Final

import msgspec
from msgspec import field
from msgspec.structs import replace

from kit_tui.domain.autonomy import AUTONOMY, READ_BY_PEOPLE
from kit_tui.domain.events import (
    KILLED,
    Event,
    FillRecorded,
    FlowRecorded,
    PositionAdjusted,
    PositionAdopted,
)
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.orders import Order, OrderType
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import Position
from kit_tui.domain.ticket import Ticket

# Wide enough that sums and differences of the ledger's figures are never rounded.
EXACT: Final = Context(prec=300)
# A fee taken in coins leaves a little behind, which keeps no trade open.
NEGLIGIBLE: Final = Decimal("0.01")

STOP: Final = "stop"
TRAILING: Final = "trailing stop"
TARGET: Final = "target"
BY_HAND: Final = "by hand"
BY_MODEL: Final = "by the model"
GUARD: Final = "guard"
KILL: Final = "kill switch"
OUTSIDE: Final = "outside"
ADJUSTED: Final = "adjusted"


class Asked(msgspec.Struct, frozen=True):
    """Who wanted an order: the channel, what read it, and whether it was sent without asking."""

    channel: str
    reader: str
    unasked: bool = False


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """What one event did to the realised profit of a pair, in its quote currency.

    `amount` has the `fee` in it already, worth in quote currency; `volume` is what was exchanged.
    `paid` is the fee as the venue took it, in `paid_in`.
    """

    at: datetime
    pair: Pair
    amount: Decimal
    fee: Decimal
    volume: Decimal
    paid: Decimal = ZERO
    paid_in: str = ""


class RoundTrip(msgspec.Struct, frozen=True, kw_only=True):
    """One trade from flat to flat. `closed_at` is None while it is open.

    `quantity` is all that was entered and `cost` what that cost, None when it was never said;
    `exited` and `proceeds` the same of what left. `profit` is in quote currency, fees included.
    `ended_by` says what the exit was, `entry_asked` and `exit_asked` who wanted either.
    """

    pair: Pair
    side: str
    opened_at: datetime
    quantity: Decimal = ZERO
    cost: Decimal | None = ZERO
    exited: Decimal = ZERO
    proceeds: Decimal = ZERO
    profit: Decimal = ZERO
    fees: Decimal = ZERO
    closed_at: datetime | None = None
    ended_by: str = ""
    entry_asked: Asked | None = None
    exit_asked: Asked | None = None
    entry_order: str = ""
    exit_order: str = ""

    @property
    def entry(self) -> Decimal | None:
        """The average price it was entered at."""
        return self.cost / self.quantity if self.cost is not None and self.quantity else None

    @property
    def exit(self) -> Decimal | None:
        """The average price it was left at."""
        return self.proceeds / self.exited if self.exited else None

    @property
    def fraction(self) -> Decimal | None:
        """Profit as a fraction of what was entered."""
        return self.profit / self.cost if self.cost else None

    @property
    def held_s(self) -> float:
        """Seconds from the first entry to the last exit."""
        return 0.0 if self.closed_at is None else (self.closed_at - self.opened_at).total_seconds()


class Flow(msgspec.Struct, frozen=True):
    """Money that came or went. `worth` is in the reference currency, zero for profit or loss."""

    at: datetime
    currency: str
    amount: Decimal
    worth: Decimal


class AccountTrades(msgspec.Struct, frozen=True):
    """What one account has earned so far. `closed` trades are in the order they ended.

    `loose` is what was realised in a pair while no trade of it was open.
    """

    gains: tuple[Gain, ...] = ()
    closed: tuple[RoundTrip, ...] = ()
    open: tuple[RoundTrip, ...] = ()
    flows: tuple[Flow, ...] = ()
    loose: tuple[Gain, ...] = ()


class _Book(msgspec.Struct):
    """An account's trades while they are folded."""

    gains: list[Gain] = field(default_factory=list)
    closed: list[RoundTrip] = field(default_factory=list)
    open: dict[Pair, RoundTrip] = field(default_factory=dict)
    most: dict[Pair, Decimal] = field(default_factory=dict)
    last: dict[Pair, int] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    loose: list[Gain] = field(default_factory=list)


class _Step(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it changed a position."""

    before: Position
    after: Position
    price: Decimal | None
    gain: Gain
    ended_by: str
    asked: Asked | None
    order_id: str


class TradeHistory:
    """A fold over the journal's events, in their order, which remembers every trade."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self._books: dict[str, _Book] = {}

    def of(self, account: str) -> AccountTrades:
        """What an account has earned so far."""
        book = self._books.get(account) or _Book()
        return AccountTrades(
            tuple(book.gains), tuple(book.closed), tuple(book.open.values()), tuple(book.flows),
            tuple(book.loose),
        )  # fmt: skip

    def fold(self, event: Event) -> None:
        """Take one event; what contradicts the ones before changes nothing, as in the ledger."""
        if isinstance(event, FillRecorded):
            self._compare(event, event.fill.account, event.fill.pair)
        elif isinstance(event, PositionAdopted | PositionAdjusted):
            self._compare(event, event.account, event.pair)
        else:
            if isinstance(event, FlowRecorded):
                worth = event.amount if event.value is None else event.value
                flow = Flow(event.at, event.currency, event.amount, worth)
                self._book(event.account).flows.append(flow)
            self.ledger.fold(event)

    def _book(self, account: str) -> _Book:
        return self._books.setdefault(account, _Book())

    def _compare(
        self, event: FillRecorded | PositionAdopted | PositionAdjusted, account: str, pair: Pair
    ) -> None:
        """Fold an event and note what it changed in the position and its realised profit."""
        key, ledger = (account, pair), self.ledger
        before, earned = ledger.positions.get(key), ledger.realised.get(key, ZERO)
        ledger.fold(event)
        after = ledger.positions.get(key)
        if after is None or after is before:  # nothing of it is ours, or it was counted already
            return
        begun = before if before is not None and before.is_open else None
        fill = event.fill if isinstance(event, FillRecorded) else None
        gain = Gain(
            at=fill.at if fill is not None else event.at,
            pair=pair,
            amount=EXACT.subtract(ledger.realised[key], earned),
            fee=EXACT.subtract(after.fees_paid, begun.fees_paid if begun is not None else ZERO),
            volume=EXACT.multiply(fill.price, fill.quantity) if fill is not None else ZERO,
            paid=fill.fee if fill is not None else ZERO,
            paid_in=fill.fee_currency if fill is not None else "",
        )
        flat = Position(pair=pair, venue=after.venue, account=account)
        self._note(self._book(account), self._step(event, begun or flat, after, gain))

    def _step(
        self,
        event: FillRecorded | PositionAdopted | PositionAdjusted,
        before: Position,
        after: Position,
        gain: Gain,
    ) -> _Step:
        if not isinstance(event, FillRecorded):
            return _Step(
                before=before, after=after, price=event.price, gain=gain, ended_by=ADJUSTED,
                asked=None, order_id="",
            )  # fmt: skip
        order = self.ledger.orders.get(event.fill.order_id)
        ticket = self.ledger.tickets.get(order.ticket_id or "") if order is not None else None
        return _Step(
            before=before, after=after, price=event.fill.price, gain=gain,
            ended_by=self._ended_by(order, ticket), asked=_asked(ticket),
            order_id=event.fill.order_id,
        )  # fmt: skip

    def _ended_by(self, order: Order | None, ticket: Ticket | None) -> str:
        """What an order was, if it ended a trade."""
        if order is None or order.outside:
            return OUTSIDE
        resting = order
        while resting.parent_id is not None and not resting.is_stop:
            parent = self.ledger.orders.get(resting.parent_id)
            if parent is None or not parent.reduce_only:
                break
            resting = parent
        if resting.is_stop:
            return TRAILING if resting.trail is not None else STOP
        stands_alone = resting.parent_id is None and resting.group_id is None
        if resting.type is not OrderType.MARKET and (ticket is None or not stands_alone):
            return TARGET
        if ticket is not None:
            by_model = ticket.read_by and ticket.read_by not in READ_BY_PEOPLE
            return BY_MODEL if by_model else BY_HAND
        return KILL if self.ledger.plans.get(order.account, "").startswith(KILLED) else GUARD

    def _note(self, book: _Book, step: _Step) -> None:
        """Put a step into its trade: what leaves first, then what is entered."""
        gain, pair = step.gain, step.gain.pair
        book.gains.append(gain)
        held, left = step.before.signed_quantity, step.after.signed_quantity
        flips = held * left < 0
        left_over = ZERO if flips else left
        exited = (
            EXACT.subtract(held.copy_abs(), left_over.copy_abs())
            if left_over.copy_abs() < held.copy_abs()
            else ZERO
        )
        entered = EXACT.subtract(left.copy_abs(), ZERO if flips else held.copy_abs())
        rest: Gain | None = gain
        if exited > 0 or (entered <= 0 and pair in book.open):
            rest = self._leave(book, step, exited, left_over)
        if entered > 0:
            self._enter(book, step, entered, rest)
        elif rest is not None:
            book.loose.append(rest)

    def _leave(self, book: _Book, step: _Step, exited: Decimal, left: Decimal) -> Gain | None:
        """Take a part out of the open trade; returns the gain if there is no trade to credit."""
        gain, pair = step.gain, step.gain.pair
        trip = book.open.get(pair)
        if trip is None:  # the dust of a trade that is over
            place = book.last.get(pair)
            if place is None:
                return gain
            book.closed[place] = _credited(book.closed[place], gain)
            return None
        if exited > 0:
            trip = replace(
                trip, exited=EXACT.add(trip.exited, exited),
                proceeds=EXACT.add(trip.proceeds, EXACT.multiply(exited, step.price or ZERO)),
                ended_by=step.ended_by, exit_asked=step.asked, exit_order=step.order_id,
            )  # fmt: skip
        trip = _credited(trip, gain)
        if left.copy_abs() > book.most[pair] * NEGLIGIBLE:
            book.open[pair] = trip
            return None
        del book.open[pair]
        book.last[pair] = len(book.closed)
        book.closed.append(replace(trip, closed_at=gain.at))
        return None

    def _enter(self, book: _Book, step: _Step, entered: Decimal, gain: Gain | None) -> None:
        pair, after = step.gain.pair, step.after
        trip = book.open.get(pair)
        if trip is None:
            trip = RoundTrip(
                pair=pair, side=after.side, opened_at=step.gain.at, entry_asked=step.asked,
                entry_order=step.order_id,
            )  # fmt: skip
            book.most[pair] = ZERO
        known = trip.cost is not None and after.cost_known and step.price is not None
        spent = EXACT.multiply(entered, step.price or ZERO)
        trip = replace(
            trip, quantity=EXACT.add(trip.quantity, entered),
            cost=EXACT.add(trip.cost or ZERO, spent) if known else None,
        )  # fmt: skip
        book.open[pair] = _credited(trip, gain) if gain is not None else trip
        book.most[pair] = max(book.most[pair], after.signed_quantity.copy_abs())


def total(amounts: list[Decimal]) -> Decimal:
    """A sum that is never rounded."""
    return reduce(EXACT.add, amounts, ZERO)


def _credited(trip: RoundTrip, gain: Gain) -> RoundTrip:
    return replace(
        trip, profit=EXACT.add(trip.profit, gain.amount), fees=EXACT.add(trip.fees, gain.fee)
    )


def _asked(ticket: Ticket | None) -> Asked | None:
    if ticket is None:
        return None
    return Asked(ticket.asked_on, ticket.read_by, unasked=ticket.answered_on == AUTONOMY)
