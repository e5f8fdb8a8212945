"""Orders, fills and the one table through which an order's status may move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import ZERO, InvalidNumberError, Price, Quantity, exact
from kit_tui.domain.pair import Pair


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """How an order is priced."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(StrEnum):
    """How long an order stays working."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class Mode(StrEnum):
    """Whose money an account trades."""

    DEMO = "demo"
    PAPER = "paper"
    SANDBOX = "sandbox"
    LIVE = "live"


class OrderStatus(StrEnum):
    """Where an order stands; legal moves are in `LEGAL_MOVES`."""

    INITIALIZED = "initialized"
    DENIED = "denied"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    TRIGGERED = "triggered"
    PENDING_UPDATE = "pending_update"
    PENDING_CANCEL = "pending_cancel"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"


_S = OrderStatus
_FILLS: Final = frozenset({_S.PARTIALLY_FILLED, _S.FILLED})
_ENDS: Final = frozenset({_S.CANCELED, _S.EXPIRED, _S.REJECTED})
_PENDING: Final = frozenset({_S.PENDING_UPDATE, _S.PENDING_CANCEL})

# The table of notes on order life cycles: UNKNOWN is an ambiguous submit, and orders which ended
# may still take late fills, because venues really deliver them.
LEGAL_MOVES: Final = MappingProxyType(
    {
        _S.INITIALIZED: frozenset({_S.DENIED, _S.SUBMITTED, _S.ACCEPTED, _S.TRIGGERED})
        | _ENDS
        | _FILLS,
        _S.SUBMITTED: frozenset({_S.UNKNOWN, _S.ACCEPTED, _S.TRIGGERED})
        | _PENDING
        | _ENDS
        | _FILLS,
        _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.TRIGGERED, _S.PENDING_CANCEL}) | _ENDS | _FILLS,
        _S.ACCEPTED: frozenset({_S.TRIGGERED}) | _PENDING | _ENDS | _FILLS,
        _S.TRIGGERED: _PENDING | _ENDS | _FILLS,
        _S.PENDING_UPDATE: frozenset({_S.ACCEPTED, _S.TRIGGERED}) | _PENDING | _ENDS | _FILLS,
        _S.PENDING_CANCEL: frozenset({_S.ACCEPTED, _S.PENDING_CANCEL}) | _ENDS | _FILLS,
        _S.PARTIALLY_FILLED: _PENDING | frozenset({_S.CANCELED, _S.EXPIRED}) | _FILLS,
        _S.CANCELED: _FILLS,
        _S.EXPIRED: _FILLS,
        _S.REJECTED: _FILLS,
        _S.DENIED: frozenset(),
        _S.FILLED: frozenset(),
    }
)

OPEN_STATUSES: Final = frozenset(
    {
        _S.SUBMITTED,
        _S.UNKNOWN,
        _S.ACCEPTED,
        _S.TRIGGERED,
        _S.PENDING_UPDATE,
        _S.PENDING_CANCEL,
        _S.PARTIALLY_FILLED,
    }
)


class IllegalMoveError(KitError):
    """An order was told to move to a status its present one does not lead to."""

    title = "Order state"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order as K.I.T. knows it.

    `client_id` is what the venue knows it by from us; `price` is the limit, `stop_price` the
    trigger; `fee` is the sum of fees so far in `fee_currency`, the currency of the first fee (fees
    in others are in the fills). `ticket_id` names the approval it came from, `parent_id` the order
    it protects or belongs to, `reason` why it ended as it did. `trail` is the distance of a
    trailing stop as a fraction of the best price since it was placed. Of the orders that share a
    `group_id` one cancels the others. `emulated` orders are watched here and unknown to the venue
    until they are triggered; `outside` orders were placed on the venue by somebody else, and only a
    person who names them may touch them.
    """

    id: str
    client_id: str
    venue: str
    account: str
    mode: Mode
    pair: Pair
    side: Side
    type: OrderType
    quantity: Quantity
    created_at: datetime
    updated_at: datetime
    status: OrderStatus = OrderStatus.INITIALIZED
    venue_order_id: str | None = None
    filled: Quantity = Quantity(0)
    price: Price | None = None
    stop_price: Price | None = None
    average_price: Price | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    reduce_only: bool = False
    fee: Decimal = ZERO
    fee_currency: str | None = None
    parent_id: str | None = None
    ticket_id: str | None = None
    reason: str = ""
    post_only: bool = False
    trail: Decimal | None = None
    group_id: str | None = None
    emulated: bool = False
    outside: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the venue may still fill it."""
        return self.status in OPEN_STATUSES

    @property
    def is_unknown(self) -> bool:
        """Whether nobody knows if the venue ever took it, also while it is being cancelled."""
        leaving = self.status is OrderStatus.PENDING_CANCEL and self.venue_order_id is None
        return self.status is OrderStatus.UNKNOWN or leaving

    @property
    def is_stop(self) -> bool:
        """Whether it waits for the price to come to its trigger."""
        return self.stop_price is not None or self.trail is not None

    @property
    def remaining(self) -> Quantity:
        """What is not filled yet; zero when overfilled."""
        return Quantity(max(ZERO, self.quantity - self.filled))

    def moved(
        self,
        status: OrderStatus,
        at: datetime,
        *,
        venue_order_id: str | None = None,
        reason: str = "",
    ) -> Order:
        """This order in a new status.

        Raises:
            IllegalMoveError: when `LEGAL_MOVES` has no such move.
        """
        if status is not self.status and status not in LEGAL_MOVES[self.status]:
            raise IllegalMoveError(f"order {self.id} cannot go from {self.status} to {status}")
        return msgspec.structs.replace(
            self,
            status=status,
            updated_at=at,
            venue_order_id=venue_order_id or self.venue_order_id,
            reason=reason or self._reason_left(status),
        )

    def _reason_left(self, status: OrderStatus) -> str:
        """Why it stands as it does; what was not known is no reason any more once it is."""
        resolved = self.status is OrderStatus.UNKNOWN and status is not OrderStatus.UNKNOWN
        return "" if resolved else self.reason

    def with_fill(self, fill: Fill) -> Order:
        """This order after one more fill; overfills are kept, the venue is right about them."""
        filled = self.filled + fill.quantity
        spent = (self.average_price or ZERO) * self.filled + fill.price * fill.quantity
        status = OrderStatus.FILLED if filled >= self.quantity else OrderStatus.PARTIALLY_FILLED
        if self.status is not OrderStatus.FILLED and status not in LEGAL_MOVES[self.status]:
            raise IllegalMoveError(f"order {self.id} cannot take a fill while {self.status}")
        ended = self.status in {OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED}
        keeps = ended and status is OrderStatus.PARTIALLY_FILLED
        fee_currency = (self.fee_currency if self.fee else None) or fill.fee_currency
        same = fee_currency == fill.fee_currency
        return msgspec.structs.replace(
            self,
            status=self.status if keeps else status,
            filled=Quantity(filled),
            average_price=Price(spent / filled),
            reason=self._reason_left(status),
            fee=self.fee + (fill.fee if same else ZERO),
            fee_currency=fee_currency,
            venue_order_id=fill.venue_order_id or self.venue_order_id,
            updated_at=max(self.updated_at, fill.at),
        )


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution. `(venue, account, pair, trade_id)` identifies it; `fee` may be negative."""

    venue: str
    account: str
    pair: Pair
    trade_id: str
    order_id: str
    side: Side
    quantity: Quantity
    price: Price
    fee: Decimal
    fee_currency: str
    at: datetime
    venue_order_id: str | None = None
    is_maker: bool = False

    def __post_init__(self) -> None:
        exact(self.fee)
        if not isinstance(self.price, Price) or not isinstance(self.quantity, Quantity):
            raise InvalidNumberError("a fill needs a Price and a Quantity")
        if self.quantity == 0:
            raise InvalidNumberError(f"fill {self.trade_id} has no quantity")

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.venue, self.account, str(self.pair), self.trade_id)

    @property
    def notional(self) -> Decimal:
        """Quote currency exchanged, fees excluded."""
        return self.price * self.quantity


def total_remaining(orders: Iterable[Order]) -> Decimal:
    """What orders may still trade together; of a group only its largest counts, one fills."""
    singles, groups = ZERO, dict[str, Decimal]()
    for order in orders:
        if order.group_id is None:
            singles += order.remaining
        else:
            known = groups.get(order.group_id, ZERO)
            groups[order.group_id] = max(known, order.remaining)
    return singles + sum(groups.values(), ZERO)


def total_locked(orders: Iterable[Order]) -> Decimal:
    """What orders keep out of reach on the venue; those watched here lock nothing."""
    return total_remaining(order for order in orders if not order.emulated)
