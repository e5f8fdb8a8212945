"""Which protection of a position is due, read off the ledger alone, so that a crash loses none.

Every entry that asked for a stop or a target begins lines of orders, and so does every resting
exit of its own. A line goes on through `parent_id`; its newest order decides. Working means
covered. Released for an exit, never sent, or refused means due again. Ended otherwise means done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from kit_tui.domain.ledger import Ledger
from kit_tui.domain.numbers import ZERO, Price, Quantity
from kit_tui.domain.orders import Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Market
from kit_tui.domain.position import Position
from kit_tui.domain.ticket import Ticket

RELEASED = "released for an exit"
REPLACED = "its place is taken by another order"
NEVER_SENT = "never sent"
LOST = "lost"
DUST = "what is left is below the venue's smallest order"
# What is known of a side that the venue ended together with its other one.
ENDED_THERE = frozenset({"", "no longer on the venue", "the other side of its group"})
# A fee taken in coins leaves a little less than was bought to protect.
NEGLIGIBLE = Decimal("0.01")
_S = OrderStatus


class Role(StrEnum):
    """What a protective order is for."""

    STOP = "stop"
    TARGET = "target"


class Leg(msgspec.Struct, frozen=True):
    """A protective order that should work and does not.

    `parent` is what it continues, if anything. Legs with one `key` belong together: one cancels
    the other. `refused` tells that the venue would not have it, so that it is watched here, and
    `watched` that its parent is watched here until this one works on the venue.
    """

    parent: Order | None
    role: Role
    type: OrderType
    quantity: Decimal
    stop_price: Price | None
    price: Price | None
    trail: Decimal | None
    key: str
    refused: bool = False
    watched: bool = False


def role_of(order: Order) -> Role:
    """A resting exit with a trigger is a stop; any other is a target."""
    return Role.STOP if order.is_stop else Role.TARGET


def due_legs(orders: Sequence[Order], tickets: Mapping[str, Ticket]) -> Iterator[Leg]:
    """What should protect and does not, of the orders of one open position, oldest first."""
    children: dict[str, list[Order]] = {}
    for order in orders:
        if order.parent_id is not None:
            children.setdefault(order.parent_id, []).append(order)
    sides = _other_sides(orders)
    for order in orders:
        if not order.reduce_only:
            yield from _of_entry(order, children, sides, tickets)
        elif order.parent_id is None and order.type is not OrderType.MARKET:
            leg = _of_line(_line(order, children), sides, f"order:{order.id}")
            if leg is not None:
                yield leg


def belonging(position: Position, ledger: Ledger, market: Market) -> list[Order]:
    """Our orders of the present position, oldest first, and not those of one before it.

    Fees in coins leave dust behind nearly every exit from spot, so that a position is hardly ever
    flat: what is bought after less was held than can be sold is a position of its own.
    """
    own = [
        order
        for order in ledger.orders_of(position.account, position.pair)
        if not order.outside
        and (position.opened_at is None or order.updated_at >= position.opened_at)
    ]
    if position.may_be_short or position.adopted:
        return own
    ours, held, traded = {o.id for o in own}, Decimal(position.quantity), set[str]()
    for fill in reversed(ledger.fills):
        if fill.order_id not in ours:
            continue
        whole = market.quantity_down(held)
        if whole <= 0 or whole < market.min_quantity or whole * fill.price < market.min_notional:
            ended = int(fill.order_id)
            return [o for o in own if o.is_open or o.id in traded or int(o.id) > ended]
        traded.add(fill.order_id)
        fee = fill.fee if fill.fee_currency == fill.pair.base else ZERO
        held += fill.quantity if fill.side is Side.SELL else fee - fill.quantity
    return own


def counted(orders: Iterable[Order]) -> list[Order]:
    """Working exits without those watched here whose real order works already."""
    working = list(orders)
    replaced = {order.parent_id for order in working if not order.emulated}
    return [order for order in working if not (order.emulated and order.id in replaced)]


def _of_entry(
    entry: Order,
    children: Mapping[str, list[Order]],
    sides: Mapping[str, Order],
    tickets: Mapping[str, Ticket],
) -> Iterator[Leg]:
    ticket = tickets.get(entry.ticket_id or "")
    if ticket is None or entry.filled <= 0:
        return
    draft, first = ticket.order, _first_legs(entry, ticket)
    if draft.reduce_only:
        return
    for role, leg in first.items():
        covered = ZERO
        for start in children.get(entry.id, ()):
            if not start.reduce_only or role_of(start) is not role:
                continue
            covered += start.quantity
            again = _of_line(_line(start, children), sides, leg.key)
            if again is not None:
                yield again
        if entry.filled - covered > entry.filled * NEGLIGIBLE:
            # What filled after the first protection was placed needs its own.
            key = leg.key if covered == 0 else f"{leg.key}:{covered}"
            yield replace(leg, quantity=entry.filled - covered, key=key)


def _first_legs(entry: Order, ticket: Ticket) -> dict[Role, Leg]:
    draft, key = ticket.order, f"entry:{entry.id}"
    legs: dict[Role, Leg] = {}
    if draft.stop_loss is not None or draft.trail is not None:
        kind = OrderType.STOP if draft.trail is None else OrderType.TRAILING_STOP
        legs[Role.STOP] = Leg(entry, Role.STOP, kind, ZERO, draft.stop_loss, None, draft.trail, key)
    if draft.take_profit is not None:
        legs[Role.TARGET] = Leg(
            entry, Role.TARGET, OrderType.LIMIT, ZERO, None, draft.take_profit, None, key
        )
    return legs


def _line(start: Order, children: Mapping[str, list[Order]]) -> list[Order]:
    line = [start]
    while line[-1].id in children:
        line.append(children[line[-1].id][-1])
    return line


def _other_sides(orders: Sequence[Order]) -> dict[str, Order]:
    """The other side, by id, of each order on the venue that was placed as one of two.

    Both get their numbers at once: the target before the stop, but where a person asked for just
    these two. A group outlives its orders, so that the number has to tell which belong together.
    """
    grouped = {(o.group_id, o.id): o for o in orders if o.group_id and not o.emulated}
    found: dict[str, Order] = {}
    for (group, name), order in grouped.items():
        step = 1 if order.is_stop == (order.parent_id is None) else -1
        other = grouped.get((group, str(int(name) + step)))
        if other is not None and other.is_stop != order.is_stop:
            found[name] = other
    return found


def _of_line(line: Sequence[Order], sides: Mapping[str, Order], key: str) -> Leg | None:
    """The leg that is due after a line of orders, or None when it is covered or done.

    A venue ends the stop as soon as its target fills a little: the rest needs its stop again, and
    what the target has sold needs none.
    """
    newest = line[-1]
    if any(order.is_open for order in line):
        return None
    other = sides.get(newest.id)
    sold = other.filled if other is not None else ZERO
    left = newest.quantity - newest.filled - sold
    cut_short = sold > 0 and newest.status is _S.CANCELED and newest.reason in ENDED_THERE
    if left <= 0 or not (cut_short or _is_due(line)):
        return None
    # Behind a market order stands the resting one whose place it took.
    resting = next(order for order in reversed(line) if order.type is not OrderType.MARKET)
    return Leg(
        newest, role_of(resting), resting.type, left, resting.stop_price, resting.price,
        resting.trail, resting.group_id or key,
        refused=_was_refused(newest),
    )  # fmt: skip


def _was_refused(newest: Order) -> bool:
    """Whether the venue would not have it; what it never heard of may be sent to it again."""
    refused = newest.status is _S.REJECTED and not newest.reason.startswith(LOST)
    return refused or newest.type is OrderType.MARKET


def _is_due(line: Sequence[Order]) -> bool:
    newest = line[-1]
    if newest.type is OrderType.MARKET:
        return len(line) > 1  # an exit that left something behind
    if newest.status is _S.CANCELED:
        return newest.reason == RELEASED or newest.reason.startswith(NEVER_SENT)
    asked_for_by_itself = newest.parent_id is None and newest.ticket_id is not None
    if newest.status in (_S.REJECTED, _S.EXPIRED):
        # Who asked for exactly this order was told; protection has to go on.
        return not asked_for_by_itself
    return False


def lonely(resting: Sequence[Order]) -> list[Order]:
    """Targets on the venue that have filled a little and so lost their stop.

    Released, they are put up anew together with one.
    """
    working = {_S.ACCEPTED, _S.PARTIALLY_FILLED}
    there = [o for o in resting if o.group_id and not o.emulated]
    stops = {o.group_id for o in there if o.is_stop}
    targets = (o for o in there if not o.is_stop and o.filled > 0 and o.status in working)
    return [o for o in targets if o.group_id not in stops]


def units(orders: Iterable[Order]) -> list[list[Order]]:
    """Orders that end together, in order."""
    units: dict[str, list[Order]] = {}
    for order in orders:
        units.setdefault(order.group_id or f"order:{order.id}", []).append(order)
    return list(units.values())


def moved_leg(
    parent: Order | None, role: Role, quantity: Quantity, price: Price | None, trail: Decimal | None
) -> Leg:
    """The leg of a stop or target that was moved to a price, or to trail."""
    if role is Role.TARGET:
        return Leg(parent, role, OrderType.LIMIT, quantity, None, price, None, "moved")
    kind = OrderType.STOP if trail is None else OrderType.TRAILING_STOP
    return Leg(parent, role, kind, quantity, price, None, trail, "moved")
