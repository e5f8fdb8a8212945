"""Whether what an engine believes is what its venue knows: orders, executions, coins, stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from kit_tui.domain.ledger import Ledger
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.orders import Fill, Order, OrderStatus, total_remaining
from kit_tui.domain.position import Position
from kit_tui.gateway.account import Account

NAME = "binance"
S = OrderStatus
STATUS = {
    "new": S.ACCEPTED, "partially_filled": S.PARTIALLY_FILLED, "filled": S.FILLED,
    "canceled": S.CANCELED, "expired": S.EXPIRED, "rejected": S.REJECTED, "triggered": S.TRIGGERED,
}  # fmt: skip
UNSURE = frozenset({S.SUBMITTED, S.UNKNOWN, S.PENDING_CANCEL})
NEVER_THERE = ("never sent", "not sent", "trading was", "lost: ", "reached, and not sent")
# Steps of the scripted markets; a protective order is at most one short of the position.
ROUNDING = Decimal("0.03")


def is_unsure(ledger: Ledger) -> bool:
    """Whether the outcome of anything is not known yet."""
    return any(order.status in UNSURE for order in ledger.open_orders(NAME))


def differences(account: Account, books: Any) -> Iterator[str]:
    """Every way in which the engine and its venue's books disagree; none is the rule."""
    ledger, margined = account.trading.ledger, account.exchange.is_margined
    told = books["futures" if margined else "spot"]
    yield from _orders(ledger, told)
    yield from _fills(ledger, told)
    yield from _holdings(ledger, told, margined=margined)
    yield from _protection(account)
    if ledger.adjusted:
        yield f"positions were adjusted without an execution: {sorted(ledger.adjusted)}"


# -- orders --------------------------------------------------------------------------------------


def _orders(ledger: Ledger, told: Any) -> Iterator[str]:
    children = {o["parent_id"]: o for o in told["orders"] if o["parent_id"] is not None}
    there = [o for o in told["orders"] if o["parent_id"] is None]
    for client_id, times in Counter(o["client_id"] for o in there).items():
        if times > 1:
            yield f"order {client_id} reached the venue {times} times"
    ours = {o.client_id: o for o in ledger.orders.values() if o.account == NAME and not o.emulated}
    seen = {o["client_id"]: o for o in there}
    for client_id in seen.keys() - ours.keys():
        yield f"the venue has {client_id} and the journal does not"
    for client_id, order in ours.items():
        if order.outside:
            yield f"our order is taken for somebody else's: {_told(order)}"
        elif client_id in seen:
            yield from _same(order, children.get(seen[client_id]["id"], seen[client_id]))
        elif order.filled or not _is_proven_absent(order):
            yield f"the venue never had {_told(order)}"
    tickets = Counter(o.ticket_id for o in ours.values() if o.ticket_id and o.parent_id is None)
    for ticket, times in tickets.items():
        if times > 1:
            yield f"ticket {ticket} became {times} orders"


def _same(order: Order, there: Any) -> Iterator[str]:
    filled, quantity = Decimal(there["filled"]), Decimal(there["quantity"])
    if order.filled != filled or (order.quantity != quantity and not order.reduce_only):
        yield f"{_told(order)}: the venue filled {filled} of {quantity}"
    expected = STATUS[there["status"]]
    if there["status"] == "filled" and quantity < order.quantity:
        expected = S.CANCELED  # the venue shrank it to what there was to reduce
    if there["status"] == "partially_filled" and order.status in UNSURE:
        expected = order.status
    ended = {S.CANCELED, S.EXPIRED}
    if order.status is not expected and not {order.status, expected} <= ended:
        yield f"{_told(order)}: {there['status']} on the venue"


def _is_proven_absent(order: Order) -> bool:
    """Whether the journal says, with the reason, that the venue took nothing."""
    if order.status is S.DENIED:
        return True
    if order.status is S.REJECTED:
        return bool(order.reason)
    never_confirmed = order.venue_order_id is None
    return order.status is S.CANCELED and (never_confirmed or order.reason.startswith(NEVER_THERE))


def _told(order: Order) -> str:
    return (
        f"order {order.id} ({order.client_id[:6]} {order.side.value} {order.type.value} "
        f"{order.filled}/{order.quantity} {order.pair} {order.status.value} {order.reason!r})"
    )


# -- executions and coins ------------------------------------------------------------------------


def _fills(ledger: Ledger, told: Any) -> Iterator[str]:
    clients = {order["id"]: order["client_id"] for order in told["orders"]}
    venue = {
        (fill["symbol"], str(fill["id"])): (
            clients[fill["order_id"]], fill["side"], Decimal(fill["quantity"]),
            Decimal(fill["price"]), Decimal(fill["fee"]), fill["fee_currency"],
        )
        for fill in told["fills"]
    }  # fmt: skip
    ours = {(_symbol(fill), fill.trade_id): _as_told(fill, ledger) for fill in ledger.fills}
    if len(ours) != len(ledger.fills):
        yield "an execution is counted twice"
    for key in venue.keys() | ours.keys():
        if venue.get(key) != ours.get(key):
            yield f"execution {key}: {venue.get(key)} on the venue, {ours.get(key)} here"


def _as_told(fill: Fill, ledger: Ledger) -> tuple[str, str, Decimal, Decimal, Decimal, str]:
    order = ledger.orders.get(fill.order_id)
    client_id = order.client_id if order is not None else "?"
    return (
        client_id, fill.side.value, Decimal(fill.quantity), Decimal(fill.price), fill.fee,
        fill.fee_currency,
    )  # fmt: skip


def _symbol(fill: Fill) -> str:
    return f"{fill.pair.base}{fill.pair.quote}"


def _holdings(ledger: Ledger, told: Any, *, margined: bool) -> Iterator[str]:
    expected: dict[str, Decimal] = {}
    if margined:
        expected = {p["symbol"]: Decimal(p["amount"]) for p in told["positions"]}
    else:
        for fill in told["fills"]:
            sign = 1 if fill["side"] == "buy" else -1
            moved = sign * Decimal(fill["quantity"])
            if not fill["symbol"].endswith(fill["fee_currency"]):
                moved -= Decimal(fill["fee"])
            expected[fill["symbol"]] = expected.get(fill["symbol"], ZERO) + moved
    ours = {f"{p.pair.base}{p.pair.quote}": p.signed_quantity for p in _held(ledger)}
    for symbol in expected.keys() | ours.keys():
        if expected.get(symbol, ZERO) != ours.get(symbol, ZERO):
            yield f"{symbol}: {expected.get(symbol)} by the venue, {ours.get(symbol)} held here"
    booked = ledger.book(NAME).balances
    # Profit at average cost depends on which execution is heard of first: what the venue has
    # realised and we have not is in the cost of what is held.
    paid = sum(
        (Decimal(p["entry"]) * Decimal(p["amount"]) for p in told.get("positions", ())), ZERO
    )
    apart = paid - sum((p.cost for p in _held(ledger)), ZERO) if margined else ZERO
    for currency, purse in told["balances"]["main"].items():
        total = Decimal(purse["free"]) + Decimal(purse["locked"]) - apart
        if abs(total - booked.get(currency, ZERO)) > (Decimal("1e-6") if margined else ZERO):
            yield f"{currency}: {total} on the venue, {booked.get(currency)} by our books"


def _held(ledger: Ledger) -> list[Position]:
    return ledger.open_positions(NAME)


# -- protection ----------------------------------------------------------------------------------


def _protection(account: Account) -> Iterator[str]:
    """Every entry asked for a stop: what is held has one, or a notice says why not."""
    ledger, markets = account.trading.ledger, account.market.known_markets
    for position in _held(ledger):
        market, pair = markets[position.pair], position.pair
        exits = [o for o in ledger.open_orders(NAME) if o.pair == pair and o.reduce_only]
        native = total_remaining(o for o in exits if not o.emulated)
        if native > position.quantity and not account.exchange.is_margined:
            yield f"{pair}: exits would sell {native} of {position.quantity}"
        price = position.entry_price or ZERO
        if market.quantity_down(position.quantity) * price < market.min_notional * Decimal("1.1"):
            continue  # less than the venue sells
        stops = total_remaining(o for o in exits if o.is_stop and o.status not in UNSURE)
        short = position.quantity * (1 - ROUNDING) - stops >= market.quantity_step
        if short and not _is_explained(ledger, position):
            said = [f"{n.kind}: {n.text}" for n in ledger.notices][-3:]
            yield f"{pair}: stops for {stops} of {position.quantity} held; {exits}; {said}"


def _is_explained(ledger: Ledger, position: Position) -> bool:
    return any(
        notice.kind in ("protection", "without a stop") and position.pair.base in notice.text
        and position.opened_at is not None and notice.at >= position.opened_at
        for notice in ledger.notices
    )  # fmt: skip
