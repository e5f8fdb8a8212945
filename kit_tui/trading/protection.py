"""Keeps what is held protected: what should work and does not is put up in the same pass.

A stop stands on the venue where it can, so that it outlives this program; what the venue lacks, or
would not take, is watched here. Stop and target of one position are one group on venues that have
such groups; elsewhere the stop is on the venue and the target is watched here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal

from msgspec.structs import replace

from kit_tui.domain.errors import KitError
from kit_tui.domain.events import OrderAmended
from kit_tui.domain.numbers import ZERO, Price, Quantity, plain
from kit_tui.domain.orders import Order, OrderStatus, OrderType, Side, total_locked, total_remaining
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.position import Position
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.believing import reaches
from kit_tui.trading.lineage import (
    RELEASED,
    REPLACED,
    Leg,
    Role,
    belonging,
    counted,
    due_legs,
    lonely,
    moved_leg,
    role_of,
    units,
)
from kit_tui.trading.naked import Gaps
from kit_tui.trading.placing import Place, Placing
from kit_tui.trading.sender import Sender
from kit_tui.trading.tickets import client_id

ORPHANED = "the position is closed"
OTHER_SIDE = "its other side was filled"
RETRY_REFUSED_S = 60.0
_UNSURE = frozenset({OrderStatus.UNKNOWN, OrderStatus.SUBMITTED})
_NATIVE_OCO = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


class Protection:
    """Places, releases, moves and clears protective orders. Callers hold the account's lock."""

    def __init__(self, account: TradingAccount, sender: Sender) -> None:
        self._account = account
        self._sender = sender
        self._placing = Placing(account, sender)
        self._gaps = Gaps(account, sender)

    # -- looking -------------------------------------------------------------------------------

    def exits(self, pair: Pair) -> list[Order]:
        """Our own working orders that reduce a pair; those placed by somebody else are not."""
        margined = self._account.exchange.is_margined
        return [
            order
            for order in self._account.open_orders()
            if order.pair == pair
            and not order.outside
            and (order.reduce_only or (not margined and order.side is Side.SELL))
        ]

    def is_unsure(self, pair: Pair) -> bool:
        """Whether an exit is on its way whose outcome nobody knows yet."""
        return any(o.status in _UNSURE and not o.emulated for o in self.exits(pair))

    # -- giving coins free ---------------------------------------------------------------------

    async def release(self, pair: Pair, needed: Decimal, free: Decimal) -> list[str]:
        """Cancel our own resting exits until `needed` coins are free; returns what went wrong.

        Targets go before stops, so that a position is without its stop as briefly as possible.
        Coins which are not K.I.T.'s do not count as free: an order left working would sell them.
        """
        problems: list[str] = []
        free = self.sellable(pair, free)
        resting = [o for o in self._resting(pair) if not o.emulated]
        for unit in units(sorted(resting, key=lambda order: order.is_stop)):
            if free >= needed:
                break
            locked, failed = total_locked(unit), list[str]()
            for order in unit:
                if order.is_stop:
                    self._gaps.begins(pair)
                problem = await self._sender.cancel(order, RELEASED)
                failed += [problem] if problem else []
            problems += failed
            # What was sold before its cancel arrived is gone and not free.
            free += ZERO if failed else max(ZERO, locked - self._filled_since(unit))
        return problems

    def _filled_since(self, before: Iterable[Order]) -> Decimal:
        """What orders filled since they were looked at."""
        orders = self._account.ledger.orders
        return sum((orders[o.id].filled - o.filled for o in before), ZERO)

    def sellable(self, pair: Pair, free: Decimal) -> Decimal:
        """What may be sold now of a position, the rest being spoken for by orders on the venue."""
        position = self._account.ledger.position(self._account.name, pair)
        held = position.quantity if position is not None else ZERO
        spoken_for = total_remaining(o for o in self.exits(pair) if not o.emulated)
        return max(ZERO, min(free, held - spoken_for))

    # -- putting up ----------------------------------------------------------------------------

    async def ensure(self, pair: Pair, market: Market) -> list[str]:
        """Put up every protective order that is due, and clear those of a closed position.

        Returns sentences for the person who acted.
        """
        account = self._account
        position = account.ledger.position(account.name, pair)
        if position is None:
            self._gaps.forget(pair)
            self._placing.told_dust.discard(pair)
            return await self._clear(self._resting(pair))
        self._placing.follow(self.exits(pair), market)
        await self._tidy(pair, position)
        due = list(self._due(position, market))
        legs = [leg for leg in due if self._left(position, leg, market) > 0]
        promoted = self._promotable(pair, {leg.key for leg in legs if leg.role is Role.STOP})
        said: list[str] = []
        if legs or promoted:
            place = await self._place(pair, position, market)
            said = await self._put_up(position, [*legs, *self._as_legs(promoted, place)], place)
        elif due and market.quantity_down(position.quantity) <= 0:
            self._placing.dust(position.quantity, pair)
        self._measure(pair, position, market)
        return [text for text in said if text]

    async def move(
        self, pair: Pair, market: Market, role: Role, *,
        price: Price | None = None, trail: Decimal | None = None,
    ) -> list[str]:  # fmt: skip
        """One stop or target for the whole position, instead of those it had.

        The new one is watched here until it is on the venue, so that there is no time without it.
        """
        account = self._account
        position = account.ledger.position(account.name, pair)
        if position is None:
            return []
        place = await self._place(pair, position, market)
        old = [o for o in self._resting(pair) if role_of(o) is role]
        mates = [o for o in self._mates(pair, old) if role_of(o) is not role]
        quantity = market.quantity_down(position.quantity)
        if quantity <= 0:
            return [f"{plain(position.quantity)} {pair.base} is less than can be sold."]
        parent = old[-1] if old else self._anchor(position, market)
        leg = moved_leg(parent, role, quantity, price, trail)
        # A side of some of the coins only may not end what is for all of them.
        whole = [o for o in (*old, *mates) if o.remaining >= quantity * Decimal("0.98")]
        group = next((o.group_id for o in whole if o.group_id), None)
        made = await self._placing.watch(leg, quantity, group, place)
        if made is None:
            return [f"{pair} has no price to trail now."]
        await self._sender.leaves(mates)
        problems = [await self._sender.cancel(o, f"moved: order {made.id}") for o in old]
        # On the venue one side of a group does not go without the other.
        problems += [await self._sender.cancel(o, RELEASED) for o in mates if not o.emulated]
        said = await self.ensure(pair, market)
        return [*said, *filter(None, problems)]

    # -- inside: what is due -------------------------------------------------------------------

    def _due(self, position: Position, market: Market) -> Iterable[Leg]:
        ledger, entry = self._account.ledger, position.closing_side.opposite
        # What was sold short into a long position needs no stop, nor the other way round.
        mine = (o for o in belonging(position, ledger, market) if o.reduce_only or o.side is entry)
        return due_legs(list(mine), ledger.tickets)

    def _promotable(self, pair: Pair, due_stops: set[str]) -> list[Order]:
        """What is watched here although the venue may have it now; targets only with a stop."""
        exchange, now = self._account.exchange, self._account.clock.monotonic()
        exits = self.exits(pair)
        if any(o.status in _UNSURE and not o.emulated for o in exits):
            return []
        native_stops = {o.group_id for o in exits if o.is_stop and not o.emulated}
        found = []
        for order in exits:
            late = now - self._placing.refused_at.get(order.id, float("-inf"))
            if not order.emulated or late < RETRY_REFUSED_S:
                continue
            if order.is_stop:
                found += [order] if order.type in exchange.native_types else []
            elif exchange.has_oco and order.group_id and order.group_id not in native_stops:
                found.append(order)
        stops = due_stops | {o.group_id for o in found if o.is_stop and o.group_id}
        return [o for o in found if o.is_stop or o.group_id in stops]

    def _as_legs(self, promoted: Sequence[Order], place: Place) -> list[Leg]:
        """Legs that replace what is watched here; what is reached already stays watched."""
        return [
            Leg(
                order, role_of(order), order.type, order.remaining, order.stop_price, order.price,
                order.trail, order.group_id or f"order:{order.id}", watched=True,
            )
            for order in promoted
            if place.last is not None and not reaches(order, place.last)
        ]  # fmt: skip

    async def _place(self, pair: Pair, position: Position, market: Market) -> Place:
        """The price and the free coins of now."""
        account = self._account
        side, last = position.closing_side, None
        with suppress(KitError):
            last = (await account.market.ticker(pair)).last
        if account.exchange.is_margined:
            return Place(side, market, last, None)
        try:
            free = (await account.exchange.get_balance(pair.base)).free
        except KitError:
            free = Decimal(position.quantity)
        return Place(side, market, last, self.sellable(pair, free))

    # -- inside: putting up --------------------------------------------------------------------

    async def _put_up(self, position: Position, legs: list[Leg], place: Place) -> list[str]:
        said: list[str] = []
        bundles: dict[str, dict[Role, Leg]] = {}
        for leg in legs:
            bundles.setdefault(leg.key, {}).setdefault(leg.role, leg)
        for key, unit in bundles.items():
            stop, target = unit.get(Role.STOP), unit.get(Role.TARGET)
            group = self._group(key, both=stop is not None and target is not None)
            if stop is not None and target is not None and group is not None:
                done = await self._as_oco(position, (stop, target), group, place)
                if isinstance(done, str):
                    said.append(done)
                    continue
                stop, target = done
            for leg in filter(None, (stop, target)):
                if leg is target and self._waits_for(stop, position.pair):
                    place.keep()  # or the target would keep its stop off the venue
                text = await self._as_one(position, leg, group, place)
                said.append(text)
        return said

    def _waits_for(self, stop: Leg | None, pair: Pair) -> bool:
        """Whether the stop of a unit is watched here though the venue has such orders."""
        if stop is None or stop.type not in self._account.exchange.native_types:
            return False
        return any(o.is_stop and o.emulated for o in self.exits(pair))

    async def _as_oco(
        self, position: Position, legs: tuple[Leg, Leg], group: str, place: Place
    ) -> str | tuple[Leg, Leg]:
        """Both on the venue as one; otherwise the legs as they are to be placed one by one."""
        stop, target = legs
        size, other = (self._size(position, leg, place) for leg in legs)
        # Where the two differ, each is placed for itself.
        if size <= 0 or size != other or not self._takes_oco(stop, target):
            return legs
        if not (self._placing.fits(stop, size, place) and self._placing.fits(target, size, place)):
            return legs
        done = await self._placing.both(stop, target, size, group, place)
        if isinstance(done, str):
            await self._replaced(legs)
            return done
        stop = stop if stop.watched else replace(stop, parent=done[0])
        return stop, target if target.watched else replace(target, parent=done[1])

    async def _as_one(self, position: Position, leg: Leg, group: str | None, place: Place) -> str:
        quantity = self._size(position, leg, place)
        if quantity <= 0 or (leg.watched and not self._placing.fits(leg, quantity, place)):
            return ""
        text = await self._placing.one(leg, quantity, group, place)
        await self._replaced((leg,))
        return text

    async def _replaced(self, legs: Iterable[Leg]) -> None:
        """What was watched here goes once its order works on the venue."""
        orders = self._account.ledger.orders
        for leg in legs:
            if not leg.watched or leg.parent is None or not orders[leg.parent.id].is_open:
                continue
            taken = [o for o in self._account.open_orders() if o.parent_id == leg.parent.id]
            if any(o.status not in _UNSURE and not o.emulated for o in taken):
                await self._sender.cancel(orders[leg.parent.id], REPLACED)

    def _left(self, position: Position, leg: Leg, market: Market) -> Quantity:
        """How much a leg may cover: with what works already never more than the position."""
        itself = leg.parent.id if leg.watched and leg.parent is not None else ""
        alike = [
            o for o in counted(self.exits(position.pair))
            if (o.type is OrderType.MARKET or role_of(o) is leg.role) and o.id != itself
        ]  # fmt: skip
        # What was sold since this pass began (at once, or beyond its stop) needs none.
        now = self._account.ledger.position(position.account, position.pair)
        held = now.quantity if now is not None and now.side == position.side else ZERO
        left = held - total_remaining(alike)
        return market.quantity_down(max(ZERO, min(leg.quantity, left)))

    def _size(self, position: Position, leg: Leg, place: Place) -> Quantity:
        """What is left to cover, or what is free where a fee has taken a little of it."""
        if place.free is not None:  # what was sold meanwhile is free no more
            place.free = self.sellable(position.pair, place.free)
        size, free = self._left(position, leg, place.market), place.free
        if free is not None and size * Decimal("0.98") <= free < size:
            return place.market.quantity_down(free)
        return size

    def _group(self, key: str, *, both: bool) -> str | None:
        """The group of a unit: the one it has, a new one for two legs, none for one."""
        if not key.startswith(("entry:", "order:")):
            return key
        return client_id(self._account.journal.home_id, key, "group") if both else None

    def _takes_oco(self, stop: Leg, target: Leg) -> bool:
        exchange = self._account.exchange
        plain_legs = stop.type in _NATIVE_OCO and target.type is OrderType.LIMIT
        known = exchange.has_oco and not exchange.is_margined
        return known and plain_legs and not (stop.refused or target.refused)

    # -- inside: keeping order -----------------------------------------------------------------

    async def _tidy(self, pair: Pair, position: Position) -> None:
        """Drop exits of the wrong side, of a group that is done, and beyond the position."""
        side = position.closing_side
        await self._clear(o for o in self._resting(pair) if o.side is not side)
        working = self.exits(pair)
        native = {o.parent_id for o in working if not o.emulated and o.status not in _UNSURE}
        for order in working:
            if order.emulated and order.id in native:
                await self._sender.cancel(order, REPLACED)
        await self._end_groups(pair)
        if self._account.exchange.has_oco and not self._account.exchange.is_margined:
            for order in lonely(self._resting(pair)):
                await self._sender.cancel(order, RELEASED)
        for role in Role:
            await self._trim(position, role)

    async def _end_groups(self, pair: Pair) -> None:
        done = {
            o.group_id
            for o in self._account.ledger.orders_of(self._account.name, pair)
            if o.group_id and o.status is OrderStatus.FILLED
        }
        for order in self._resting(pair):
            if order.group_id in done:
                await self._sender.cancel(order, OTHER_SIDE)

    async def _trim(self, position: Position, role: Role) -> None:
        """Exits of one kind together never sell more than is held; the newest give way."""
        working = [o for o in counted(self._resting(position.pair)) if role_of(o) is role]
        working = [o for o in working if o.status is not OrderStatus.PENDING_CANCEL]
        excess = total_remaining(working) - position.quantity
        for order in reversed(working):
            if excess <= 0:
                return
            keep = max(ZERO, order.remaining - excess)
            excess -= order.remaining - keep
            if not order.emulated:
                await self._sender.cancel(order, RELEASED)  # what is left of it is put up again
            elif keep > 0:
                await self._sender.record(
                    OrderAmended(
                        order_id=order.id, quantity=Quantity(order.filled + keep),
                        at=self._account.clock.now(),
                    )
                )  # fmt: skip
            else:
                await self._sender.cancel(order, RELEASED)

    async def _clear(self, orders: Iterable[Order]) -> list[str]:
        return [text for o in orders if (text := await self._sender.cancel(o, ORPHANED))]

    def _measure(self, pair: Pair, position: Position, market: Market) -> None:
        """Time without a stop is measured: told when it ends, and while it lasts too long."""
        stops = [o for o in self.exits(pair) if o.is_stop]
        works = any(o.status not in _UNSURE for o in stops)
        leaving = total_remaining(o for o in self.exits(pair) if o.type is OrderType.MARKET)
        due = any(leg.role is Role.STOP for leg in self._due(position, market))
        wanted = bool(stops) or (due and pair not in self._placing.told_dust)
        wanted = wanted and leaving < position.quantity
        if works or not wanted:
            self._gaps.ends(pair)
        else:
            self._gaps.lasts(pair, "it is not known whether its stop works" if stops else "")

    def _resting(self, pair: Pair) -> list[Order]:
        return [o for o in self.exits(pair) if o.type is not OrderType.MARKET]

    def _mates(self, pair: Pair, orders: Iterable[Order]) -> list[Order]:
        groups = {order.group_id for order in orders if order.group_id}
        return [o for o in self._resting(pair) if o.group_id in groups]

    def _anchor(self, position: Position, market: Market) -> Order | None:
        """The order a new protective order continues when there is none of its kind."""
        mine = reversed(belonging(position, self._account.ledger, market))
        return next((o for o in mine if not o.reduce_only and o.filled > 0), None)
