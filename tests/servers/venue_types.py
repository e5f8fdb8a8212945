"""The values of a scripted venue's books, without any dialect: markets, orders, fills, refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Literal

Side = Literal["buy", "sell"]
Kind = Literal["market", "limit"]
When = Literal["above", "below"]
Status = Literal[
    "new", "partially_filled", "filled", "canceled", "expired", "expired_in_match", "rejected",
    "triggered",
]  # fmt: skip
Why = Literal[
    "insufficient", "duplicate", "would_match", "would_trigger", "closed", "unknown_symbol",
    "unknown_order", "quantity", "price", "notional", "price_band", "reduce_only", "precision",
    "too_many", "client_id", "stop_order_of_list",
]  # fmt: skip
ZERO = Decimal(0)
EIGHT = Decimal("1e-8")
WORKING: frozenset[str] = frozenset({"new", "partially_filled"})


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a failure
    """The venue proves that it did nothing; a dialect turns `why` into its own code and words."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why} {detail}".strip())
        self.why = why
        self.detail = detail


@dataclass(slots=True)
class BookMarket:
    """One symbol: rules and present prices. `band` bounds limit prices as multiples of last."""

    symbol: str
    base: str
    quote: str
    tick: Decimal
    step: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_notional: Decimal
    last: Decimal
    bid: Decimal
    ask: Decimal
    mark: Decimal
    band: tuple[Decimal, Decimal] = (Decimal("0.2"), Decimal(5))
    is_open: bool = True
    max_orders: int = 200


@dataclass(slots=True)
class Purse:
    """What an account holds of one currency."""

    free: Decimal = ZERO
    locked: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.free + self.locked


@dataclass(slots=True)
class Lock:
    """Funds set aside for one order, or for all orders of a list together."""

    currency: str
    amount: Decimal


@dataclass(slots=True)
class BookOrder:
    """One order as the venue keeps it.

    `trigger` waits for the last price to be `when` it; `trail` (a fraction) moves the trigger
    behind the best price since placing or since `activation`. `words` holds what the dialect
    wants to say again, such as the type's name on the wire. `hidden_until` (ms) keeps it out of
    queries.
    """

    id: int
    account: str
    client_id: str
    symbol: str
    side: Side
    kind: Kind
    quantity: Decimal
    placed_at: int
    updated_at: int
    price: Decimal | None = None
    quote_quantity: Decimal | None = None
    post_only: bool = False
    time_in_force: Literal["gtc", "ioc", "fok"] = "gtc"
    trigger: Decimal | None = None
    when: When = "below"
    trail: Decimal | None = None
    activation: Decimal | None = None
    reduce_only: bool = False
    close_position: bool = False
    list_id: int = -1
    parent_id: int | None = None
    child_id: int | None = None
    status: Status = "new"
    waiting: bool = False
    best: Decimal | None = None
    filled: Decimal = ZERO
    spent: Decimal = ZERO
    lock: Lock | None = None
    hidden_until: int = 0
    triggered_at: int = 0
    words: dict[str, str] = field(default_factory=dict)

    @property
    def is_working(self) -> bool:
        return self.status in WORKING

    @property
    def remaining(self) -> Decimal:
        return max(ZERO, self.quantity - self.filled)

    @property
    def average(self) -> Decimal:
        return self.spent / self.filled if self.filled else ZERO

    @property
    def is_conditional(self) -> bool:
        return self.trigger is not None or self.trail is not None


@dataclass(slots=True)
class BookFill:
    """One execution. `profit` is realised by a perpetual's reduction."""

    id: int
    order_id: int
    account: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    at: int
    is_maker: bool
    profit: Decimal = ZERO
    hidden_until: int = 0


@dataclass(slots=True)
class Piece:
    """A quantity the script lets the next order of a symbol trade, at `price` or the market's."""

    quantity: Decimal
    price: Decimal | None = None


@dataclass(slots=True)
class Position:
    """A perpetual position; `amount` is negative when short."""

    account: str
    symbol: str
    amount: Decimal = ZERO
    entry: Decimal = ZERO
    leverage: int = 20
    isolated: bool = False
    isolated_margin: Decimal = ZERO
    updated_at: int = 0


@dataclass(slots=True)
class Fees:
    """What the venue charges: `rate` of the trade, `maker_rate` for resting orders when given.

    `paid_in` is "received" (base on buys, quote on sells, as Binance), "quote", or the name of a
    coin whose price in quote stands in `prices`; without enough of that coin it is "received".
    """

    rate: Decimal = Decimal("0.001")
    maker_rate: Decimal | None = None
    paid_in: str = "received"
    prices: dict[str, Decimal] = field(default_factory=lambda: {"BNB": Decimal(600)})

    def charge(
        self, market: BookMarket, fill: BookFill, purses: dict[str, Purse]
    ) -> tuple[str, Decimal]:
        """The currency and amount one execution costs."""
        rate = self.maker_rate if fill.is_maker and self.maker_rate is not None else self.rate
        cost = fill.quantity * fill.price * rate
        if self.paid_in not in {"received", "quote"}:
            in_coin = (cost / self.prices[self.paid_in]).quantize(EIGHT, ROUND_DOWN)
            if purses[self.paid_in].free >= in_coin:
                return self.paid_in, in_coin
        if fill.side == "buy" and self.paid_in != "quote":
            return market.base, (fill.quantity * rate).quantize(EIGHT, ROUND_DOWN)
        return market.quote, cost.quantize(EIGHT, ROUND_DOWN)
