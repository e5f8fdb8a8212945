"""What a venue gives to the acceptance cards: its exchange, and the test's hands on the venue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from enum import Enum, auto
from typing import Literal

import pytest

from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.exchanges.base import Exchange, NewOrder
from tests.support.clock import FakeClock

Call = Literal[
    "create",
    "create_stop",
    "cancel",
    "find",
    "open_orders",
    "fills",
    "balances",
    "positions",
    "ticker",
]  # fmt: skip
Ability = Literal[
    "moves",  # the test may move prices
    "faults",  # calls go over a network that can fail
    "partial",  # an order can be filled in parts
    "late",  # executions after the end of an order, hidden or doubled ones
    "keys",  # the account has keys that can be revoked
    "clock",  # the venue has a clock of its own
    "money",  # deposits and withdrawals from outside
    "others",  # orders placed by somebody else
    "halts",  # markets can be closed
    "gaps",  # a price can jump without trading in between
    "fees",  # fees can be taken in a third coin
    "liquidates",  # positions can be closed by force
    "reopens",  # the exchange object can be made anew
]


class Failure(Enum):
    """How a call goes wrong."""

    TIMEOUT = auto()
    RESET = auto()
    BAD_GATEWAY = auto()
    SERVER_ERROR_JSON = auto()
    EMPTY = auto()
    HTML = auto()
    CUT_JSON = auto()
    TOO_MANY = auto()
    BANNED = auto()


LOST = (Failure.TIMEOUT, Failure.RESET, Failure.BAD_GATEWAY, Failure.SERVER_ERROR_JSON)
GARBLED = (Failure.EMPTY, Failure.HTML, Failure.CUT_JSON)


class Harness(ABC):
    """One venue under test. The account starts with 10,000 of the quote currency and nothing else.

    What is not among `abilities` is never called.
    """

    exchange: Exchange
    clock: FakeClock
    pair: Pair
    abilities: frozenset[Ability] = frozenset()

    # -- hands on the venue ---------------------------------------------------------------------

    async def move_to(self, price: Decimal) -> None:
        """Move the price, and let time pass for whoever looks at it."""
        raise NotImplementedError

    def fail(self, how: Failure, on: Call, *, accepted: bool = False, times: int = 1) -> None:
        """Let the next calls of a kind fail, done by the venue nevertheless or not."""
        raise NotImplementedError

    def heal(self) -> None:
        """Take back every failure that was not used up."""
        raise NotImplementedError

    async def go_down(self) -> None:
        """The venue cannot be reached any more."""
        raise NotImplementedError

    async def come_back(self) -> None:
        """It can be reached again, at the same address, with its books as they were."""
        raise NotImplementedError

    def fill(self, client_id: str, quantity: Decimal) -> None:
        """Execute part of an order, whatever its status."""
        raise NotImplementedError

    def hide(self, *, orders_s: float = 0, fills_s: float = 0) -> None:
        """Keep new orders or executions out of answers for a while."""
        raise NotImplementedError

    def repeat_fills(self) -> None:
        """From now on tell every execution twice."""
        raise NotImplementedError

    def revoke(self) -> None:
        """Turn the account's key off."""
        raise NotImplementedError

    def skew(self, seconds: float) -> None:
        """Put the venue's clock ahead (or behind)."""
        raise NotImplementedError

    def deposit(self, amount: Decimal) -> None:
        """Quote currency arrives (or leaves) from outside."""
        raise NotImplementedError

    def order_by_somebody(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        """A limit order placed in the venue's own app."""
        raise NotImplementedError

    def halt(self) -> None:
        """Close the market."""
        raise NotImplementedError

    def take_fees_in(self, coin: str) -> None:
        """From now on fees are taken in a third coin, of which there is enough."""
        raise NotImplementedError

    def liquidate(self) -> None:
        """The venue closes the position by force."""
        raise NotImplementedError

    async def reopen(self) -> None:
        """Throw the exchange object away and make a new one of the same account."""
        raise NotImplementedError

    @abstractmethod
    def placed(self, client_id: str) -> int:
        """How many orders the venue ever had under this id."""

    # -- words of the cards ---------------------------------------------------------------------

    def needs(self, *abilities: Ability) -> None:
        """Skip the card where the venue has no such thing."""
        missing = [name for name in abilities if name not in self.abilities]
        if missing:
            pytest.skip(f"no {', '.join(missing)} on {type(self).__name__}")

    def needs_type(self, kind: OrderType) -> None:
        """Skip the card where the venue does not take this type."""
        if kind not in self.exchange.native_types:
            pytest.skip(f"{kind} is not native on {type(self).__name__}")

    async def market(self) -> Market:
        return (await self.exchange.load_markets())[self.pair]

    async def price(self, factor: str = "1") -> Price:
        """A tradable price relative to the last one."""
        last = (await self.exchange.fetch_ticker(self.pair)).last
        return (await self.market()).price_down(last * Decimal(factor))

    async def some(self, worth: int = 600) -> Quantity:
        """A tradable quantity worth about so much."""
        return (await self.market()).quantity_down(Decimal(worth) / await self.price())

    def order(
        self,
        client_id: str,
        side: Side,
        quantity: Quantity,
        kind: OrderType = OrderType.MARKET,
        **more: object,
    ) -> NewOrder:
        return NewOrder(
            client_id=client_id, pair=self.pair, side=side, type=kind, quantity=quantity,
            **more,  # type: ignore[arg-type]  # a test's shorthand
        )  # fmt: skip

    async def hold_some(self, client_id: str = "kit-entry", worth: int = 600) -> Quantity:
        """Buy at market; what may be sold afterwards, fees in base considered."""
        bought = await self.exchange.create_order(
            self.order(client_id, Side.BUY, await self.some(worth))
        )
        if self.exchange.is_margined:
            return bought.filled
        held = (await self.exchange.get_balance(self.pair.base)).free
        return (await self.market()).quantity_down(held)

    async def resting(self, client_id: str = "kit-rest", factor: str = "0.9") -> NewOrder:
        """A buy that rests below the market, sent."""
        order = self.order(
            client_id, Side.BUY, await self.some(), OrderType.LIMIT,
            price=await self.price(factor),
        )  # fmt: skip
        await self.exchange.create_order(order)
        return order
