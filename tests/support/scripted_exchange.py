"""A venue that does what a test tells it to: prices by hand, faults by script, books of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto

import msgspec

from kit_tui.domain.candles import Candles
from kit_tui.domain.errors import (
    KeysRefusedError,
    MarketClosedError,
    OrderOutcomeUnknownError,
    OrderRejectedError,
    RateLimitedError,
    VenueUnavailableError,
)
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Fill, Mode, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.portfolio import Balance
from kit_tui.exchanges.base import (
    Exchange,
    KeyPermissions,
    NewOrder,
    VenueOrder,
    VenuePosition,
)
from tests.support.clock import FakeClock
from tests.support.market import make_candles

BTC, ETH, SOL = Pair("BTC/USDT"), Pair("ETH/USDT"), Pair("SOL/USDT")
OPEN = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED})


class Fault(Enum):
    """What goes wrong with the next call of its kind."""

    TIMEOUT_BEFORE = auto()  # no answer, and the venue never got it
    TIMEOUT_AFTER = auto()  # no answer, but the venue did it
    REJECT = auto()
    CRASH = auto()  # the process ends between journal and send
    CRASH_AFTER = auto()  # the process ends after the venue did it
    STRANGE = auto()  # an error no adapter should let through
    PARTIAL = auto()  # half of it fills, the rest stays working
    LATE_FILLS = auto()  # filled, but executions are told later
    KEYS = auto()  # the venue refuses the keys
    CLOSED = auto()  # the market is closed
    LIMITED = auto()  # too many requests, which proves nothing
    DUPLICATE = auto()  # the venue took it, and says that it had it already
    OVERFILL = auto()  # a tenth more than was ordered fills


class ProcessKilled(BaseException):
    """Stands for SIGKILL: nothing may run after it."""


class ScriptedExchange(Exchange):
    """One spot account. `faults` are for `create_order`, `cancel_faults` for `cancel_order`."""

    def __init__(
        self,
        clock: FakeClock,
        *,
        mode: Mode = Mode.PAPER,
        account: str = "test",
        cash: str = "10000",
        fee: str = "0.001",
        fee_in_base: bool = False,
    ) -> None:
        self.name = "scripted"
        self.account, self.mode, self.clock = account, mode, clock
        self.fee, self.fee_in_base = Decimal(fee), fee_in_base
        self.prices = {BTC: Decimal(50000), ETH: Decimal(2000), SOL: Decimal(100)}
        self.price_at = dict.fromkeys(self.prices, clock.now())
        self.total: dict[str, Decimal] = {"USDT": Decimal(cash)}
        self.orders: dict[str, VenueOrder] = {}
        self.executions: list[Fill] = []
        self.closes: dict[Pair, Sequence[float]] = {}
        self.faults: deque[Fault] = deque()
        self.cancel_faults: deque[Fault] = deque()
        self.down = False
        self.hidden: set[str] = set()
        self.sent: list[NewOrder] = []
        self.on_create: Callable[[NewOrder], None] | None = None
        self.gate: asyncio.Event | None = None
        self.waiting = asyncio.Event()
        self.frozen_prices = False
        self.silent: set[Pair] = set()
        self.inactive: set[Pair] = set()
        self.keys_dead = False
        self.balances_down = False
        self.positions: dict[Pair, VenuePosition] = {}
        self.watched: set[Pair] = set()
        self.asked: list[str] = []
        self.permissions = KeyPermissions()
        self.offset = 0.0
        self.fee_coin = ""
        self._late: list[Fill] = []

    # -- the test's hands ------------------------------------------------------------------------

    def set_price(self, pair: Pair, price: str) -> None:
        """Move a price; resting orders it reaches fill."""
        self.prices[pair] = Decimal(price)
        for seen in list(self.orders.values()):
            if seen.pair == pair and seen.status in OPEN and self._crosses(seen):
                self.fill(seen.client_id)

    def fill(self, client_id: str, share: str = "1", price: Decimal | None = None) -> Fill:
        """Execute a share of what is left of an order."""
        seen = self.orders[client_id]
        quantity = (seen.quantity - seen.filled) * Decimal(share)
        at = price or seen.price or self.prices[seen.pair]
        cost = quantity * at
        fee_currency = seen.pair.base if self._base_fee(seen.side) else seen.pair.quote
        fee = (quantity if self._base_fee(seen.side) else cost) * self.fee
        if self.fee_coin:
            fee_currency = self.fee_coin
            fee = cost * self.fee / self.prices[Pair(f"{fee_currency}/USDT")]
        sign = 1 if seen.side is Side.BUY else -1
        self._add(seen.pair.base, sign * quantity)
        self._add(seen.pair.quote, -sign * cost)
        self._add(fee_currency, -fee)
        fill = Fill(
            venue=self.name, account=self.account, pair=seen.pair,
            trade_id=f"t{len(self.executions) + len(self._late) + 1}", order_id=client_id,
            side=seen.side, quantity=Quantity(quantity), price=Price(at), fee=fee,
            fee_currency=fee_currency, at=self.clock.now(), venue_order_id=seen.venue_order_id,
        )  # fmt: skip
        self.executions.append(fill)
        filled = seen.filled + quantity
        done = OrderStatus.FILLED if filled >= seen.quantity else OrderStatus.PARTIALLY_FILLED
        if seen.status in OPEN:
            seen = msgspec.structs.replace(seen, status=done)
        self.orders[client_id] = msgspec.structs.replace(
            seen, filled=Quantity(filled), average_price=Price(at), updated_at=self.clock.now()
        )
        return fill

    def by_hand(
        self, side: Side, pair: Pair, quantity: str, *, limit: str | None = None
    ) -> VenueOrder:
        """Somebody trades on the venue's own page: at market, or an order that rests."""
        self.clock.advance(1)
        seen = VenueOrder(
            client_id=f"web_{len(self.orders) + 1}", venue_order_id=f"v{len(self.orders) + 1}",
            pair=pair, side=side, status=OrderStatus.ACCEPTED, quantity=Quantity(quantity),
            type=OrderType.MARKET if limit is None else OrderType.LIMIT, filled=Quantity(0),
            price=None if limit is None else Price(limit), updated_at=self.clock.now(),
        )  # fmt: skip
        self.orders[seen.client_id] = seen
        if limit is None:
            self.fill(seen.client_id)
        return self.orders[seen.client_id]

    def rename_fills(self, prefix: str) -> None:
        """Another source tells the same executions under ids of its own."""
        self.executions = [
            msgspec.structs.replace(fill, trade_id=f"{prefix}{fill.trade_id}")
            for fill in self.executions
        ]

    def delist(self, pair: Pair) -> None:
        """The market is gone: no price, no orders, no entry on the list."""
        self.inactive.add(pair)
        self.silent.add(pair)

    def release_fills(self) -> None:
        """Tell the executions that were held back."""
        self.executions += self._late
        self._late = []

    def deposit(self, currency: str, amount: str) -> None:
        self._add(currency, Decimal(amount))

    def open_ids(self) -> list[str]:
        return [o.client_id for o in self.orders.values() if o.status in OPEN]

    # -- market data -----------------------------------------------------------------------------

    async def load_markets(self) -> Mapping[Pair, Market]:
        return {pair: self.market_of(pair) for pair in self.prices}

    def market_of(self, pair: Pair) -> Market:
        step = {"BTC": "0.00001", "ETH": "0.0001", "SOL": "0.01"}[pair.base]
        return Market(
            pair=pair, venue=self.name, tick_size=Decimal("0.01"), quantity_step=Decimal(step),
            min_quantity=Decimal(step), min_notional=Decimal(5), active=pair not in self.inactive,
        )  # fmt: skip

    async def fetch_tickers(self, pairs: Sequence[Pair]) -> Mapping[Pair, Ticker]:
        await self._answer()
        found = (pair for pair in pairs if pair in self.prices and pair not in self.silent)
        return {pair: self._ticker(pair) for pair in found}

    async def fetch_candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        await self._answer()
        now = self.clock.now()
        return make_candles(
            self.closes.get(pair, ()), pair=pair, timeframe=timeframe, now=now, last_is_open=True
        ).tail(limit)

    # `MarketSource`, so that the venue is its own feed

    async def ticker(self, pair: Pair) -> Ticker:
        return await self.fetch_ticker(pair)

    async def candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        return await self.fetch_candles(pair, timeframe, limit)

    async def markets(self) -> Mapping[Pair, Market]:
        return await self.load_markets()

    # -- the account -----------------------------------------------------------------------------

    async def create_order(self, order: NewOrder) -> VenueOrder:
        fault = self.faults.popleft() if self.faults else None
        if fault is Fault.CRASH:
            raise ProcessKilled
        if self.gate is not None:
            self.waiting.set()
            await self.gate.wait()
        if self.on_create is not None:
            self.on_create(order)
        if fault is Fault.TIMEOUT_BEFORE:
            raise OrderOutcomeUnknownError("no answer in 10 s")
        if fault is Fault.STRANGE:
            raise ValueError("a bug in an adapter")
        if fault is Fault.KEYS or self.keys_dead:
            raise KeysRefusedError("the venue refused the keys")
        if fault is Fault.CLOSED or order.pair in self.inactive:
            raise MarketClosedError(f"{order.pair} is not traded", code="MARKET_CLOSED")
        if fault is Fault.LIMITED:
            raise RateLimitedError("too many requests", retry_after=5)
        if fault is Fault.REJECT:
            raise OrderRejectedError("insufficient margin", code="VENUE_REJECTED")
        self._refuse_duplicate(order)
        self.sent.append(order)
        self._place(order, fault)
        if fault is Fault.TIMEOUT_AFTER:
            raise OrderOutcomeUnknownError("no answer in 10 s")
        if fault is Fault.DUPLICATE:
            raise OrderRejectedError("duplicate order sent", code="DUPLICATE")
        if fault is Fault.CRASH_AFTER:
            raise ProcessKilled
        return self.orders[order.client_id]

    async def cancel_order(self, pair: Pair, client_id: str) -> VenueOrder:
        fault = self.cancel_faults.popleft() if self.cancel_faults else None
        await self._answer()
        if fault is Fault.TIMEOUT_BEFORE:
            raise VenueUnavailableError("no answer in 10 s")
        if self.keys_dead:
            raise KeysRefusedError("the venue refused the keys")
        seen = self.orders.get(client_id)
        if seen is None:
            raise OrderRejectedError("unknown order", code="UNKNOWN_ORDER")
        if seen.status in OPEN:
            seen = msgspec.structs.replace(seen, status=OrderStatus.CANCELED)
            self.orders[client_id] = seen
        if fault is Fault.TIMEOUT_AFTER:
            raise VenueUnavailableError("no answer in 10 s")
        return seen

    async def find_order(self, pair: Pair, client_id: str) -> VenueOrder | None:
        await self._answer("find")
        return None if client_id in self.hidden else self.orders.get(client_id)

    async def fetch_open_orders(self) -> Sequence[VenueOrder]:
        await self._answer("open orders")
        return [
            o for o in self.orders.values() if o.status in OPEN and o.client_id not in self.hidden
        ]

    def watch_pairs(self, pairs: Collection[Pair]) -> None:
        self.watched |= set(pairs)

    async def fetch_positions(self) -> Sequence[VenuePosition]:
        await self._answer("positions")
        return list(self.positions.values())

    async def ping(self) -> None:
        await self._answer()

    async def fetch_permissions(self) -> KeyPermissions:
        await self._answer()
        return self.permissions

    async def clock_offset_s(self) -> float:
        return self.offset

    async def fetch_fills(self, since: datetime | None) -> Sequence[Fill]:
        await self._answer("fills")
        return [
            fill
            for fill in self.executions
            if (since is None or fill.at >= since) and fill.order_id not in self.hidden
        ]

    async def fetch_balances(self) -> Sequence[Balance]:
        await self._answer("balances")
        if self.balances_down:
            raise VenueUnavailableError("the balances cannot be read")
        locked: dict[str, Decimal] = {}
        for seen in self.orders.values():
            if seen.status not in OPEN:
                continue
            left = seen.quantity - seen.filled
            price = seen.price or seen.stop_price or self.prices[seen.pair]
            currency = seen.pair.quote if seen.side is Side.BUY else seen.pair.base
            amount = left * price if seen.side is Side.BUY else left
            locked[currency] = locked.get(currency, Decimal(0)) + amount
        return [
            Balance(currency=c, total=total, free=total - locked.get(c, Decimal(0)))
            for c, total in self.total.items()
        ]

    # -- inside ----------------------------------------------------------------------------------

    async def _answer(self, private: str = "") -> None:
        await asyncio.sleep(0)
        if self.down:
            raise VenueUnavailableError("the venue does not answer")
        if private:
            self.asked.append(private)
            if self.keys_dead:
                raise KeysRefusedError("the venue refused the keys")

    def _ticker(self, pair: Pair) -> Ticker:
        price = self.prices[pair]
        if not self.frozen_prices:
            self.price_at[pair] = self.clock.now()
        return Ticker(
            pair=pair, venue=self.name, last=Price(price), bid=Price(price), ask=Price(price),
            received_at=self.price_at[pair],
        )  # fmt: skip

    def _refuse_duplicate(self, order: NewOrder) -> None:
        """As real venues: ids are unique among working orders only."""
        known = self.orders.get(order.client_id)
        if known is not None and known.status in OPEN:
            raise OrderRejectedError("duplicate client id", code="DUPLICATE")

    def _place(self, order: NewOrder, fault: Fault | None) -> None:
        seen = VenueOrder(
            client_id=order.client_id, venue_order_id=f"v{len(self.orders) + 1}",
            pair=order.pair, side=order.side, type=order.type, status=OrderStatus.ACCEPTED,
            quantity=order.quantity, filled=Quantity(0), price=order.price,
            stop_price=order.stop_price, reduce_only=order.reduce_only,
            updated_at=self.clock.now(),
        )  # fmt: skip
        self._refuse_impossible(order)
        self.orders[order.client_id] = seen
        if order.type is OrderType.MARKET or self._crosses(seen):
            share = {Fault.PARTIAL: "0.5", Fault.OVERFILL: "1.1"}
            self.fill(order.client_id, share.get(fault, "1") if fault is not None else "1")
            if fault is Fault.LATE_FILLS:
                self._late.append(self.executions.pop())

    def _refuse_impossible(self, order: NewOrder) -> None:
        price = order.price or order.stop_price or self.prices[order.pair]
        needed = order.quantity * price if order.side is Side.BUY else order.quantity
        currency = order.pair.quote if order.side is Side.BUY else order.pair.base
        locked = sum(
            (
                o.quantity - o.filled
                for o in self.orders.values()
                if o.status in OPEN and o.pair == order.pair and o.side is Side.SELL
            ),
            Decimal(0),
        )
        free = self.total.get(currency, Decimal(0))
        free -= locked if order.side is Side.SELL else Decimal(0)
        if needed > free:
            raise OrderRejectedError("insufficient balance", code="INSUFFICIENT_FUNDS")
        crossed = (
            order.type is OrderType.STOP
            and order.side is Side.SELL
            and order.stop_price is not None
            and self.prices[order.pair] <= order.stop_price
        )
        if crossed:
            raise OrderRejectedError("stop would trigger at once", code="WOULD_TRIGGER")

    def _crosses(self, seen: VenueOrder) -> bool:
        now = self.prices[seen.pair]
        if seen.stop_price is not None:
            return now <= seen.stop_price if seen.side is Side.SELL else now >= seen.stop_price
        if seen.price is None:
            return True
        return now <= seen.price if seen.side is Side.BUY else now >= seen.price

    def _base_fee(self, side: Side) -> bool:
        return self.fee_in_base and side is Side.BUY

    def _add(self, currency: str, amount: Decimal) -> None:
        self.total[currency] = self.total.get(currency, Decimal(0)) + amount
