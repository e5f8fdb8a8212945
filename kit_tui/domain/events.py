"""Everything the journal can hold: each event is a fact with its time, folded by the ledger."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from kit_tui.domain.autonomy import Autonomy
from kit_tui.domain.message import Message
from kit_tui.domain.numbers import ZERO, Price, Quantity, exact
from kit_tui.domain.orders import Fill, Mode, Order, OrderStatus
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Person
from kit_tui.domain.risk import TradingState, Verdict
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.domain.turn import Spent

# Notices of this kind are a plan of what is to be closed: the engine's own memory, not for reading.
PLAN = "reduce plan"
KILLED = "kill"  # the plan of a person who wants everything closed begins so


class AccountOpened(msgspec.Struct, frozen=True, kw_only=True, tag="account_opened"):
    """An account was used for the first time, with what it held in the reference currency."""

    account: str
    mode: Mode
    venue: str
    at: datetime


class FlowRecorded(msgspec.Struct, frozen=True, kw_only=True, tag="flow"):
    """Money came in (positive) or went out; neither profit nor loss.

    `value` is what it was worth then in the reference currency; None when it is that currency.
    A value of zero makes the amount profit or loss after all, as funding of a position is.
    """

    account: str
    currency: str
    amount: Decimal
    note: str
    at: datetime
    value: Decimal | None = None

    def __post_init__(self) -> None:
        exact(self.amount)
        if self.value is not None:
            exact(self.value)


class TicketProposed(msgspec.Struct, frozen=True, kw_only=True, tag="ticket_proposed"):
    """An order passed its checks and waits for an answer."""

    ticket: Ticket
    at: datetime


class TicketAnswered(msgspec.Struct, frozen=True, kw_only=True, tag="ticket_answered"):
    """A ticket was approved, rejected or expired; by whom and where.

    One that was sent without asking names the trading `day` it counts on (YYYY-MM-DD) and its
    `worth` in the reference currency, which the day's caps are charged.
    """

    ticket_id: str
    state: TicketState
    by: str
    channel: str
    note: str = ""
    at: datetime
    day: str = ""
    worth: Decimal = ZERO

    def __post_init__(self) -> None:
        exact(self.worth)


class OrderRefused(msgspec.Struct, frozen=True, kw_only=True, tag="order_refused"):
    """An order failed its checks; nothing was sent. `read_by` is as on tickets."""

    account: str
    pair: Pair
    words: str
    verdict: Verdict
    by: str
    channel: str
    at: datetime
    read_by: str = ""


class OrderSubmitted(msgspec.Struct, frozen=True, kw_only=True, tag="order_submitted"):
    """An order is about to be sent; durable before the venue hears of it."""

    order: Order
    at: datetime


class OrderMoved(msgspec.Struct, frozen=True, kw_only=True, tag="order_moved"):
    """An order's status changed without a fill."""

    order_id: str
    status: OrderStatus
    venue_order_id: str | None = None
    reason: str = ""
    at: datetime


class OrderAmended(msgspec.Struct, frozen=True, kw_only=True, tag="order_amended"):
    """A working order of ours now has this trigger or quantity; None leaves what it had.

    Only orders that are watched here are amended: what the venue holds is cancelled and replaced.
    """

    order_id: str
    stop_price: Price | None = None
    quantity: Quantity | None = None
    at: datetime


class FillRecorded(msgspec.Struct, frozen=True, kw_only=True, tag="fill"):
    """The venue executed part or all of an order.

    `fee_value` is what a fee in a third coin was worth in the pair's quote currency; None for
    other fees, and when no price of that coin was known.
    """

    fill: Fill
    at: datetime
    fee_value: Decimal | None = None

    def __post_init__(self) -> None:
        if self.fee_value is not None:
            exact(self.fee_value)


class OrderAdopted(msgspec.Struct, frozen=True, kw_only=True, tag="order_adopted"):
    """An order which the venue knows and we did not; taken over as it stands."""

    order: Order
    at: datetime


class MessageSaid(msgspec.Struct, frozen=True, kw_only=True, tag="message"):
    """A line of the conversation."""

    message: Message
    at: datetime


class TradingStateSet(msgspec.Struct, frozen=True, kw_only=True, tag="trading_state"):
    """Trading was halted, reduced or resumed."""

    state: TradingState
    reason: str
    by: str
    at: datetime


class DayStarted(msgspec.Struct, frozen=True, kw_only=True, tag="day_started"):
    """The first reconciled equity of a trading day; `day` is its local date as YYYY-MM-DD."""

    account: str
    day: str
    equity: Decimal
    at: datetime

    def __post_init__(self) -> None:
        exact(self.equity)


class EquityPeaked(msgspec.Struct, frozen=True, kw_only=True, tag="equity_peaked"):
    """A new highest equity, or the base a person accepted when resuming (`rebased`)."""

    account: str
    equity: Decimal
    rebased: bool = False
    at: datetime

    def __post_init__(self) -> None:
        exact(self.equity)


class DayRebased(msgspec.Struct, frozen=True, kw_only=True, tag="day_rebased"):
    """A person resumed beyond the daily limit: the limit counts from this equity now."""

    account: str
    equity: Decimal
    at: datetime

    def __post_init__(self) -> None:
        exact(self.equity)


class WatchlistSet(msgspec.Struct, frozen=True, kw_only=True, tag="watchlist"):
    """The watchlist was replaced."""

    pairs: tuple[Pair, ...]
    at: datetime


class PositionAdopted(msgspec.Struct, frozen=True, kw_only=True, tag="position_adopted"):
    """A person put a holding under K.I.T.'s care; `price` is None when its cost is not known."""

    account: str
    venue: str
    pair: Pair
    quantity: Decimal
    price: Price | None
    by: str
    at: datetime

    def __post_init__(self) -> None:
        exact(self.quantity)


class PositionAdjusted(msgspec.Struct, frozen=True, kw_only=True, tag="position_adjusted"):
    """A position followed the venue without an execution of ours: withdrawn, written off, settled.

    `change` is signed, in base currency; what leaves is realised at `price`, or as worth nothing
    when that is None. `key` makes it count once, however often it is found. Balances do not move
    by it: flows and fills say what the account holds.
    """

    account: str
    pair: Pair
    change: Decimal
    price: Price | None
    key: str
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        exact(self.change)


class LiveArmed(msgspec.Struct, frozen=True, kw_only=True, tag="live_armed"):
    """A person let an account trade real money, with this key on this address.

    `fingerprint` is that of the key, empty when it was taken back; `base_url` is empty for the
    venue's own address.
    """

    account: str
    fingerprint: str
    base_url: str
    by: str
    at: datetime


class ModelCalled(msgspec.Struct, frozen=True, kw_only=True, tag="model_called"):
    """A call of a language model was answered, cut or refused, and may have cost money.

    `day` is the trading day (YYYY-MM-DD) its cost counts on, `purpose` what it was for (chat,
    intent, digest), `charged` what the day's budget is charged: the cost, or its upper bound
    where the price is not known.
    """

    account: str
    channel: str
    purpose: str
    spent: Spent
    charged: Decimal
    day: str
    request_id: str = ""
    ms: int = 0
    problem: str = ""
    at: datetime

    def __post_init__(self) -> None:
        exact(self.charged)


class AutonomySet(msgspec.Struct, frozen=True, kw_only=True, tag="autonomy"):
    """A person raised or lowered what an account may send without asking.

    A halt and what ends it lower every account to manual as well, without an event of their own.
    """

    account: str
    level: Autonomy
    by: str
    at: datetime


class PersonPaired(msgspec.Struct, frozen=True, kw_only=True, tag="person_paired"):
    """Somebody on a channel was let in by a code which `by` had shown at this machine."""

    person: Person
    by: str
    at: datetime


class PersonRemoved(msgspec.Struct, frozen=True, kw_only=True, tag="person_removed"):
    """Somebody on a channel is let in no more; `key` is `Person.key`."""

    key: str
    by: str
    at: datetime


class NoticeRecorded(msgspec.Struct, frozen=True, kw_only=True, tag="notice"):
    """Something worth knowing happened which is none of the above (guards, reconciliation)."""

    kind: str
    text: str
    account: str = ""
    at: datetime


Event = (
    AccountOpened
    | FlowRecorded
    | TicketProposed
    | TicketAnswered
    | OrderRefused
    | OrderSubmitted
    | OrderMoved
    | OrderAmended
    | FillRecorded
    | OrderAdopted
    | MessageSaid
    | TradingStateSet
    | DayStarted
    | EquityPeaked
    | DayRebased
    | WatchlistSet
    | PositionAdopted
    | PositionAdjusted
    | LiveArmed
    | ModelCalled
    | AutonomySet
    | PersonPaired
    | PersonRemoved
    | NoticeRecorded
)
