"""A scripted venue with every order a venue may have: groups, post-only, IOC, contracts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec

from kit_tui.domain.errors import OrderOutcomeUnknownError, OrderRejectedError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Balance
from kit_tui.domain.ticket import OrderRequest
from kit_tui.exchanges.base import NewOco, NewOrder, VenueOrder, VenuePosition
from kit_tui.trading.answers import Answer, Proposal
from tests.support.scripted_exchange import BTC, OPEN, Fault, ScriptedExchange
from tests.trading.bench import OWNER, Bench, RefusedError

ALL_TYPES = frozenset(OrderType)
COINS = frozenset({OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT})


class OrderVenue(ScriptedExchange):
    """`bid_gap` (a fraction) sets the bid off from the last price; `quotes` False hides both."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on
        self.native_types = COINS
        self.has_oco = False
        self.has_post_only = True
        self.quotes = True
        self.bids: dict[Pair, Decimal] = {}
        self.groups: dict[str, str] = {}
        self.oco_faults: list[Fault] = []
        self.lists: list[NewOco] = []
        self.levers: list[tuple[Pair, Decimal, str]] = []

    def place_outside(self, pair: Pair, side: Side, quantity: str, limit: str) -> str:
        """An order that somebody else placed."""
        name = f"theirs{len(self.orders)}"
        self.orders[name] = VenueOrder(
            client_id=name, venue_order_id=f"v{len(self.orders) + 1}", pair=pair, side=side,
            type=OrderType.LIMIT, status=OrderStatus.ACCEPTED, quantity=Quantity(quantity),
            filled=Quantity(0), price=Price(limit), updated_at=self.clock.now(),
        )  # fmt: skip
        return name

    async def create_order(self, order: NewOrder) -> VenueOrder:
        if order.type not in self.native_types:
            raise OrderRejectedError("no such order here", code="UNSUPPORTED_ORDER_TYPE")
        seen = await super().create_order(order)
        if order.time_in_force is not TimeInForce.GTC and seen.status in OPEN:
            seen = msgspec.structs.replace(seen, status=OrderStatus.EXPIRED)
            self.orders[order.client_id] = seen
        return seen

    async def create_oco(self, oco: NewOco) -> tuple[VenueOrder, VenueOrder]:
        fault = self.oco_faults.pop(0) if self.oco_faults else None
        if fault is Fault.TIMEOUT_BEFORE:
            raise OrderOutcomeUnknownError("no answer in 10 s")
        if fault is Fault.REJECT or not self.has_oco:
            raise OrderRejectedError("the list is refused", code="VENUE_REJECTED")
        now = self.prices[oco.pair]
        if not oco.stop_price < now < oco.target_price:
            raise OrderRejectedError("the relationship of the prices is wrong", code="PRICES")
        if oco.quantity > await self._free(oco.pair.base):
            raise OrderRejectedError("insufficient balance", code="INSUFFICIENT_FUNDS")
        legs = (
            NewOrder(client_id=oco.target_client_id, pair=oco.pair, side=oco.side,
                     type=OrderType.LIMIT, quantity=oco.quantity, price=oco.target_price),
            NewOrder(client_id=oco.stop_client_id, pair=oco.pair, side=oco.side,
                     type=OrderType.STOP, quantity=oco.quantity, stop_price=oco.stop_price),
        )  # fmt: skip
        for leg in legs:
            self.orders[leg.client_id] = VenueOrder(
                client_id=leg.client_id, venue_order_id=f"v{len(self.orders) + 1}", pair=leg.pair,
                side=leg.side, type=leg.type, status=OrderStatus.ACCEPTED, quantity=leg.quantity,
                filled=Quantity(0), price=leg.price, stop_price=leg.stop_price,
                group_id=oco.client_id, updated_at=self.clock.now(),
            )  # fmt: skip
            self.groups[leg.client_id] = oco.client_id
        self.lists.append(oco)
        if fault is Fault.TIMEOUT_AFTER:
            raise OrderOutcomeUnknownError("no answer in 10 s")
        return self.orders[legs[0].client_id], self.orders[legs[1].client_id]

    async def cancel_order(self, pair: Pair, client_id: str) -> VenueOrder:
        seen = await super().cancel_order(pair, client_id)
        self._end_others(client_id)
        return seen

    def fill(self, client_id: str, share: str = "1", price: Decimal | None = None) -> Fill:
        found = super().fill(client_id, share, price)
        self._end_others(client_id)
        return found

    async def fetch_balances(self) -> Sequence[Balance]:
        """As the parent, with one lock for a group."""
        balances = {b.currency: b for b in await super().fetch_balances()}
        seen_groups: set[str] = set()
        for name, group in self.groups.items():
            order = self.orders[name]
            if order.status not in OPEN:
                continue
            if group in seen_groups:
                base = balances[order.pair.base]
                balances[base.currency] = msgspec.structs.replace(
                    base, free=base.free + order.quantity - order.filled
                )
            seen_groups.add(group)
        return list(balances.values())

    def _end_others(self, client_id: str) -> None:
        group = self.groups.get(client_id)
        for name, other in self.groups.items():
            seen = self.orders[name]
            if group is not None and other == group and name != client_id and seen.status in OPEN:
                ended = msgspec.structs.replace(seen, status=OrderStatus.CANCELED)
                self.orders[name] = ended

    def _ticker(self, pair: Pair) -> Ticker:
        ticker = super()._ticker(pair)
        if not self.quotes:
            return msgspec.structs.replace(ticker, bid=None, ask=None)
        if pair in self.bids:
            bid = Price(self.bids[pair])
            return msgspec.structs.replace(ticker, bid=bid, ask=bid)
        return ticker

    def _crosses(self, seen: VenueOrder) -> bool:
        return seen.type is not OrderType.TRAILING_STOP and super()._crosses(seen)

    async def _free(self, currency: str) -> Decimal:
        return sum((b.free for b in await self.fetch_balances() if b.currency == currency),
                   Decimal(0))  # fmt: skip


class ContractVenue(OrderVenue):
    """Perpetual contracts: positions both ways, settled in USDT; reduce-only is kept to."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.is_margined = True
        self.perp = Pair("BTC/USDT:USDT")
        self.prices = {self.perp: Decimal(50000)}
        self.price_at = {self.perp: self.clock.now()}
        self.held = Decimal(0)
        self.cost = Decimal(0)
        self.leverage_now: Decimal | None = None
        self.margin: Literal["isolated", "cross"] = "isolated"

    async def set_leverage(
        self, pair: Pair, leverage: Decimal, margin: Literal["isolated", "cross"]
    ) -> None:
        self.levers.append((pair, leverage, margin))

    async def fetch_positions(self) -> Sequence[VenuePosition]:
        await self._answer()
        if not self.held:
            return []
        entry = Price(abs(self.cost / self.held))
        return [
            VenuePosition(
                pair=self.perp, quantity=self.held, entry_price=entry, leverage=self.leverage_now
            )
        ]

    async def fetch_balances(self) -> Sequence[Balance]:
        await self._answer()
        total = self.total["USDT"]
        return [Balance(currency="USDT", total=total, free=total)]

    def _refuse_impossible(self, order: NewOrder) -> None:
        signed = order.quantity if order.side is Side.BUY else -order.quantity
        if order.reduce_only and (self.held * signed >= 0 or abs(signed) > abs(self.held)):
            raise OrderRejectedError("reduce-only would not reduce", code="REDUCE_ONLY")

    def fill(self, client_id: str, share: str = "1", price: Decimal | None = None) -> Fill:
        seen = self.orders[client_id]
        quantity = (seen.quantity - seen.filled) * Decimal(share)
        at = price or seen.price or self.prices[seen.pair]
        before = dict(self.total)
        found = super().fill(client_id, share, price)
        self.total = before
        sign = 1 if seen.side is Side.BUY else -1
        change, held = sign * quantity, self.held
        if held * change < 0:
            closed = min(abs(change), abs(held))
            gained = (at - self.cost / held) * closed * (1 if held > 0 else -1)
            self.total["USDT"] += gained
            self.cost -= self.cost / held * closed * (1 if held > 0 else -1)
        else:
            self.cost += change * at
        self.held += change
        self.total["USDT"] -= found.fee
        return found


class OrderBench(Bench):
    """A bench on such a venue."""

    venue: OrderVenue

    async def ask_for(self, side: Side = Side.BUY, pair: Pair = BTC, **request: object) -> Proposal:
        made = msgspec.structs.replace(OrderRequest(side=side, pair=pair), **request)
        return await self.engine.propose(made, principal=OWNER, words="as asked")

    async def place(self, side: Side = Side.BUY, pair: Pair = BTC, **request: object) -> Answer:
        """Ask and approve."""
        proposal = await self.ask_for(side, pair, **request)
        if proposal.ticket is None:
            raise RefusedError(proposal.reply.text)
        return await self.approve(proposal.ticket)

    @property
    def working(self) -> list[Order]:
        return [o for o in self.orders if o.is_open]

    def levels(self) -> list[tuple[str, Decimal, Decimal | None, bool]]:
        """Working orders as (type, quantity, level, watched here)."""
        return [(o.type.value, o.quantity, o.stop_price or o.price, o.emulated)
                for o in self.working]  # fmt: skip


@asynccontextmanager
async def order_bench(
    home: Path, venue: type[OrderVenue] = OrderVenue, *, settings: object = None, **traits: object
) -> AsyncIterator[OrderBench]:
    """A started bench whose venue has these traits."""
    made = OrderBench(home)
    made.venue = venue(made.clock)
    if settings is not None:
        made.settings = settings  # type: ignore[assignment]  # Settings of a test
    for name, value in traits.items():
        setattr(made.venue, name, value)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
