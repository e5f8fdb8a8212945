"""Puts one protective order up: on the venue where that is possible, else watched here."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import ZERO, Price, Quantity, plain
from kit_tui.domain.orders import Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.state.slices import TICKERS
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.believing import quoted, reaches
from kit_tui.trading.levels import trailed
from kit_tui.trading.lineage import Leg, Role
from kit_tui.trading.oco import send_oco
from kit_tui.trading.sender import Sender
from kit_tui.trading.tickets import STOP_LEG, client_id

REACHED_KEPT = 200
_UNSURE = frozenset({OrderStatus.UNKNOWN, OrderStatus.SUBMITTED})


class Place(msgspec.Struct):
    """What there is to place protection with: the exits' side, the price, and free coins.

    `free` is None where nothing has to be free, as on margined accounts.
    """

    side: Side
    market: Market
    last: Price | None
    free: Decimal | None

    def has_free(self, quantity: Decimal) -> bool:
        return self.free is None or quantity <= self.free

    def keep(self) -> None:
        """Leave the coins that are free now to an order that is still to be placed."""
        if self.free is not None:
            self.free = ZERO

    def take(self, quantity: Decimal) -> None:
        """Coins that an order on the venue has locked now."""
        if self.free is not None:
            self.free -= quantity


class Placing:
    """Sends protective orders, and falls back rather than leave a position without one."""

    def __init__(self, account: TradingAccount, sender: Sender) -> None:
        self._account = account
        self._sender = sender
        self.told_dust: set[Pair] = set()
        self.refused_at: dict[str, float] = {}
        self._reached: dict[str, Price] = {}

    async def both(
        self, stop: Leg, target: Leg, quantity: Quantity, group: str, place: Place
    ) -> str | tuple[Order, Order]:
        """Stop and target as one group on the venue; the refused orders when it would not."""
        account = self._account
        pair = (
            self._order(target, quantity, place, group=group),
            self._order(stop, quantity, place, group=group),
        )
        first, second = await send_oco(account, self._sender, *pair)
        if first.is_open and second.is_open:
            place.take(quantity)
            if {first.status, second.status} & _UNSURE:
                return self._told(self._unsure(second))
            levels = f"stop {_level(second)} · target {_level(first)}"
            return (
                f"{levels} · OCO on the venue for {reports.amount(second)} · "
                f"orders {second.id}, {first.id}"
            )
        if first.filled or second.filled:
            return f"Stop or target was reached at once · orders {second.id}, {first.id}"
        if await self._is_crossed(second):
            return await self._emergency(second, place)
        return second, first

    async def one(self, leg: Leg, quantity: Quantity, group: str | None, place: Place) -> str:
        """One leg, on the venue or watched here; says what was done, or why nothing was."""
        leg = self._continued(leg)
        why = self._not_native(leg, quantity, place)
        if why:
            return await self._watch(leg, quantity, group, place, why)
        order = await self._sender.send(self._order(leg, quantity, place, group=group))
        if order.status is OrderStatus.REJECTED and not await self._is_crossed(order):
            # Whatever it was, once more at once; a stop is worth a second try.
            behind = None if leg.watched else order
            again = self._order(leg, quantity, place, group=group, parent=behind)
            order = await self._sender.send(again)
        if order.status is OrderStatus.REJECTED:
            return await self._refused(leg, order, group, place)
        if order.is_open:
            place.take(quantity)
            if order.status in _UNSURE:
                return self._told(self._unsure(order))
            return f"{kind(order)} for {reports.amount(order)} is placed · order {order.id}"
        if order.filled > 0:
            return self._told(f"{kind(order)} was triggered at once · order {order.id}")
        return await self._refused(leg, order, group, place)

    async def watch(
        self, leg: Leg, quantity: Quantity, group: str | None, place: Place
    ) -> Order | None:
        """Watch a leg here; None when it could not even be sold now."""
        order = self._order(leg, quantity, place, group=group, emulated=True)
        if order.is_stop and order.stop_price is None:
            return None
        return await self._sender.send(order)

    def follow(self, exits: Iterable[Order], market: Market) -> None:
        """Note how far trailing stops on the venue have come; the venue does not tell."""
        quotes = self._account.store.get(TICKERS) or {}
        for order in exits:
            quote = quotes.get(order.pair)
            middle = quoted(quote) if quote is not None else None
            if quote is None or middle is None or order.trail is None or order.emulated:
                continue
            sells = order.side is Side.SELL
            nearer, tighter = (min, max) if sells else (max, min)
            best = nearer(Decimal(quote.last), middle)
            level = trailed(best, order.trail, order.side, market)
            self._reached[order.id] = tighter(level, self._reached.pop(order.id, level))
        while len(self._reached) > REACHED_KEPT:
            del self._reached[next(iter(self._reached))]

    def fits(self, leg: Leg, quantity: Quantity, place: Place) -> bool:
        """Whether a leg of this size can be placed on the venue now."""
        return not self._not_native(leg, quantity, place)

    def is_sellable(self, quantity: Decimal, place: Place) -> bool:
        """Whether the venue would take an exit of this size now; what is less is dust."""
        market, price = place.market, place.last or ZERO
        return quantity > 0 and quantity >= market.min_quantity and (
            price * quantity >= market.min_notional or place.last is None
        )  # fmt: skip

    def dust(self, quantity: Decimal, pair: Pair) -> str:
        """Say once that what is held is too little to protect or sell."""
        if pair in self.told_dust:
            return ""
        self.told_dust.add(pair)
        return self._told(
            f"{plain(quantity)} {pair.base} is less than can be sold: it stays without a stop."
        )

    # -- inside --------------------------------------------------------------------------------

    def _continued(self, leg: Leg) -> Leg:
        """A trailing stop that was on the venue goes on from where it had come to."""
        reached = self._reached.get(leg.parent.id) if leg.parent is not None else None
        goes_on = leg.type is OrderType.TRAILING_STOP and leg.stop_price is None
        return replace(leg, stop_price=reached) if goes_on else leg

    def _not_native(self, leg: Leg, quantity: Quantity, place: Place) -> str:
        """Why a leg cannot be placed on the venue, or empty."""
        market, venue = place.market, self._account.venue
        if leg.refused:
            return f"{venue} refused it"
        if leg.type not in self._account.exchange.native_types:
            return f"{venue} has no such order"
        if _would_loosen(leg, place):
            return "a new one there would begin at the price of now"
        if quantity < market.min_quantity:
            return f"below the smallest order of {plain(market.min_quantity)} {market.pair.base}"
        level = leg.stop_price or leg.price or place.last or ZERO
        notional = min(level, leg.price or level) * quantity
        if notional < market.min_notional:
            least = f"{plain(market.min_notional)} {market.pair.quote}"
            return f"{reports.money(notional)} is below the smallest order of {least}"
        if not place.has_free(quantity):
            return "another order of it holds the coins on the venue"
        return ""

    async def _watch(
        self, leg: Leg, quantity: Quantity, group: str | None, place: Place, why: str
    ) -> str:
        if not self.is_sellable(quantity, place):
            return self.dust(quantity, place.market.pair)
        order = await self.watch(leg, quantity, group, place)
        if order is None:
            return self._told(f"{place.market.pair} has no stop: there is no price to trail.")
        if leg.refused:
            self.refused_at[order.id] = self._account.clock.monotonic()
        text = (
            f"{kind(order)} for {reports.amount(order)} is {reports.WATCHED} ({why}) "
            f"· order {order.id}"
        )
        return self._told(text) if leg.refused else text

    async def _refused(self, leg: Leg, order: Order, group: str | None, place: Place) -> str:
        """A refused order: beyond its price an exit at once, else it is watched here."""
        if await self._is_crossed(order):
            return await self._emergency(order, place)
        if leg.watched and leg.parent is not None:
            self.refused_at[leg.parent.id] = self._account.clock.monotonic()
            return ""
        text = await self._watch_after(leg, order, group, place)
        reason = f" ({order.reason})" if order.reason else ""
        lead = f"No protection for {reports.amount(order)} on {order.venue}: {order.status.value}"
        return self._told(f"{lead}{reason}. {text}")

    async def _watch_after(self, leg: Leg, order: Order, group: str | None, place: Place) -> str:
        again = Leg(
            order, leg.role, leg.type, leg.quantity, order.stop_price or leg.stop_price,
            leg.price, leg.trail, leg.key, refused=True,
        )  # fmt: skip
        made = await self.watch(again, order.quantity, group, place)
        if made is None:
            return "It has none here either."
        self.refused_at[made.id] = self._account.clock.monotonic()
        return f"{kind(made)} is {reports.WATCHED} · order {made.id}"

    async def _emergency(self, stop: Order, place: Place) -> str:
        """An exit at market for a stop that the price is beyond; told whatever comes of it."""
        leg = Leg(stop, Role.STOP, OrderType.MARKET, stop.quantity, None, None, None, "")
        gone = await self._sender.send(self._order(leg, stop.quantity, place))
        does = "sells" if gone.side is Side.SELL else "buys back"
        level = reports.price_text(stop.stop_price or ZERO, place.market)
        text = (
            f"{gone.pair} is beyond its stop of {level} already: order {gone.id} {does} "
            f"{reports.amount(gone)} at market instead ({gone.status.value})."
        )
        if gone.filled < gone.quantity:
            text += f" {plain(gone.remaining)} {gone.pair.base} is still held; it is tried again."
        return self._told(text)

    async def _is_crossed(self, order: Order) -> bool:
        """Whether the price is beyond a refused stop already, by a quote fetched now."""
        if order.stop_price is None or order.filled > 0:
            return False
        try:
            ticker = await self._account.exchange.fetch_ticker(order.pair)
        except KitError:
            return False
        return reaches(order, ticker.last)

    def _unsure(self, order: Order) -> str:
        return (
            f"{order.venue} gave no answer about {kind(order).lower()} for "
            f"{reports.amount(order)} (order {order.id}); it is asked for until it is known."
        )

    def _told(self, text: str) -> str:
        self._sender.notice("protection", text)
        return text

    def _order(
        self, leg: Leg, quantity: Quantity, place: Place, *,
        group: str | None = None, parent: Order | None = None, emulated: bool = False,
    ) -> Order:  # fmt: skip
        account, before = self._account, parent or leg.parent
        number, now = account.numbers.next_order(), account.clock.now()
        pair = place.market.pair
        self.told_dust.discard(pair)  # there is more of it now
        origin = f"position-{account.name}-{pair}"
        if before is not None:
            origin = before.ticket_id or f"order-{before.id}"
        return Order(
            id=number,
            client_id=client_id(account.journal.home_id, origin, f"{STOP_LEG}-{number}"),
            venue=account.venue,
            account=account.name,
            mode=account.mode,
            pair=pair,
            side=place.side,
            type=leg.type,
            quantity=quantity,
            created_at=now,
            updated_at=now,
            status=OrderStatus.SUBMITTED,
            price=leg.price,
            stop_price=self._trigger(leg, place, emulated=emulated),
            trail=leg.trail if leg.type is OrderType.TRAILING_STOP else None,
            reduce_only=True,
            parent_id=before.id if before is not None else None,
            ticket_id=before.ticket_id if before is not None else None,
            group_id=group,
            emulated=emulated,
        )

    def _trigger(self, leg: Leg, place: Place, *, emulated: bool) -> Price | None:
        """Where a stop stands; one that trails begins at its distance, and never looser."""
        if leg.type is not OrderType.TRAILING_STOP or leg.trail is None:
            return leg.stop_price
        if not emulated:
            return None  # the venue knows itself where it stands
        if place.last is None:
            return leg.stop_price
        fresh = trailed(place.last, leg.trail, place.side, place.market)
        if leg.stop_price is None:
            return fresh
        tighter = max if place.side is Side.SELL else min
        # What it had reached before counts, wherever the price is now.
        return tighter(leg.stop_price, fresh)


def kind(order: Order) -> str:
    """`A stop at 49,000.00`, `A target at 71,033.00`, `A trailing stop 3 % at 48,500.00`."""
    if order.type is OrderType.TRAILING_STOP and order.trail is not None:
        at = f" at {reports.price_text(order.stop_price)}" if order.stop_price else ""
        return f"A trailing stop {reports.percent(order.trail)}{at}"
    price = order.stop_price or order.price
    name = "A stop" if order.stop_price is not None else f"A limit {order.side.value}"
    if order.emulated and order.type is OrderType.LIMIT:
        name = "A target"
    return f"{name} at {reports.price_text(price)}" if price is not None else name


def _would_loosen(leg: Leg, place: Place) -> bool:
    """Whether a venue's own trailing stop, which begins anew, would stand farther away."""
    if leg.type is not OrderType.TRAILING_STOP or leg.trail is None or leg.stop_price is None:
        return False
    if place.last is None:
        return True
    fresh = trailed(place.last, leg.trail, place.side, place.market)
    return fresh < leg.stop_price if place.side is Side.SELL else fresh > leg.stop_price


def _level(order: Order) -> str:
    return reports.price_text(order.stop_price or order.price or ZERO)
