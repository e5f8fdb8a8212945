"""Orders in rows: their columns, their words, where they live, and which belong together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from kit_tui.domain.orders import Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.tui import formats
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import Row, Span
from kit_tui.tui.table import Cells, Column, Table, table
from kit_tui.tui.view import View

HERE: Final = "⌂"
"""Behind what is watched here: a stop the venue knows nothing of."""

ORDER_COLUMNS: Final = (
    Column("group", "", rank=0),
    Column("order", "ORDER", rank=2, least=5),
    Column("time", "TIME", rank=8),
    Column("pair", "PAIR", rank=0),
    Column("side", "SIDE", rank=1),
    Column("type", "TYPE", rank=4),
    Column("quantity", "QTY", "point", 1),
    Column("price", "PRICE", "right", 0),
    Column("fill", "FILL", "right", 5),
    Column("state", "STATE", rank=1),
    Column("where", "WHERE", rank=6),
    Column("from", "FROM", rank=9),
    Column("age", "AGE", "right", 8),
)
_STATES: Final = {
    OrderStatus.ACCEPTED: ("resting", "fg"), OrderStatus.SUBMITTED: ("sent", "fg"),
    OrderStatus.UNKNOWN: ("unknown !", "warn"), OrderStatus.PARTIALLY_FILLED: ("partial", "fg"),
    OrderStatus.FILLED: ("filled", "profit"), OrderStatus.CANCELED: ("cancelled", "muted"),
    OrderStatus.REJECTED: ("rejected", "loss"), OrderStatus.DENIED: ("refused", "loss"),
    OrderStatus.EXPIRED: ("expired", "muted"), OrderStatus.TRIGGERED: ("triggered", "fg"),
    OrderStatus.PENDING_CANCEL: ("cancelling", "fg"),
    OrderStatus.PENDING_UPDATE: ("changing", "fg"),
    OrderStatus.INITIALIZED: ("new", "muted"),
}  # fmt: skip


def sorted_orders(orders: Iterable[Order]) -> list[Order]:
    """Unknown ones first, then newest first; the orders of a group stand together."""
    ranked = sorted(
        orders, key=lambda o: (o.status is not OrderStatus.UNKNOWN, -o.created_at.timestamp())
    )
    first: dict[str, int] = {}
    for at, order in enumerate(ranked):
        first.setdefault(order.group_id or order.id, at)
    return sorted(ranked, key=lambda o: first[o.group_id or o.id])


def order_table(view: View, orders: Sequence[Order], width: int) -> Table:
    """Orders as a table, in the sequence given; a column nobody needs is left out."""
    for order in orders:
        view.precision.note_lot(order.pair, order.quantity)
    marks = group_marks(orders)
    lines = [
        {**order_cells(view, order), "group": (mark, "muted")}
        for order, mark in zip(orders, marks, strict=True)
    ]
    columns = [c for c in ORDER_COLUMNS if c.key != "group" or any(marks)]
    laid = table(columns, lines, width)
    if "where" not in laid.hidden:
        return laid
    # Where there is no room for its column, what is not at the venue says so behind its state.
    lines = [
        {**line, "state": _crowded_state(order)} for line, order in zip(lines, orders, strict=True)
    ]
    return table(columns, lines, width)


def _crowded_state(order: Order) -> Row:
    """The state with what other columns tell where there is room for them."""
    word, role = order_state(order)
    share = f" {_share(order):.0f}%" if order.status is OrderStatus.PARTIALLY_FILLED else ""
    where: Row = ()
    if order.emulated:
        where = ((f" {HERE}", "info"),)
    elif order.outside:
        where = ((" outside", "warn"),)
    return ((word + share, role), *where)


def _share(order: Order) -> Decimal:
    """What is filled, in percent."""
    return order.filled / order.quantity * 100 if order.quantity else Decimal(0)


def group_marks(orders: Sequence[Order]) -> list[str]:
    """A bracket beside orders of which one cancels the others: `┌ ├ └`."""
    groups = [order.group_id for order in orders]
    marks = []
    for at, group in enumerate(groups):
        above = at > 0 and groups[at - 1] == group
        below = at + 1 < len(groups) and groups[at + 1] == group
        joined = group is not None and (above or below)
        marks.append(("├" if above and below else "└" if above else "┌") if joined else "")
    return marks


def order_cells(view: View, order: Order) -> Cells:
    """The cells of one order."""
    tick = view.tick(order.pair)
    share = _share(order)
    bar = "▍" if 0 < share < 100 else ""
    price = order.stop_price or order.price or order.average_price
    ended = not order.is_open and order.status is not OrderStatus.FILLED
    plain = "muted" if ended else "warn" if order.status is OrderStatus.UNKNOWN else "fg"
    word, role = side_of(order.side)
    return {
        "order": (f"#{order.id[-6:]}", plain),
        "time": (moment(order.created_at, view.now), "muted"),
        "pair": (str(order.pair), plain),
        "side": (word, "muted" if ended else role),
        "type": (type_words(order), plain),
        "quantity": (view.lots(order.pair, order.quantity), plain),
        "price": (formats.price(price, tick) if price else "market", plain),
        "fill": (f"{bar}{share:.0f}%", plain),
        "state": order_state(order),
        "where": where_words(order),
        "from": (f"#{order.ticket_id[-4:]}" if order.ticket_id else "", "muted"),
        "age": (short_age(view.now, order.created_at), "muted"),
    }


def order_state(order: Order) -> Span:
    """The word for an order's status, with its role."""
    return _STATES[order.status]


def side_of(side: Side) -> Span:
    """`buy` or `sell` with its role."""
    return side.value, "long" if side is Side.BUY else "short"


def type_words(order: Order) -> str:
    """The type with the distance of a trailing stop and the promises it was sent with."""
    words = order.type.value.replace("_", " ")
    if order.trail is not None:
        words = f"trailing {distance(order.trail)}"
    elif order.type is OrderType.LIMIT and order.post_only:
        words = "limit post-only"
    return words


def distance(fraction: Decimal) -> str:
    """The distance of a trailing stop: `1.5%`."""
    text = f"{fraction * 100:.2f}".rstrip("0").rstrip(".")
    return f"{text}%"


def where_words(order: Order) -> Span:
    """Where an order lives: at the venue, watched here, or placed by somebody else."""
    if order.emulated:
        return f"{HERE} watched here", "info"
    if order.outside:
        return "placed outside", "warn"
    return safe_line(order.venue), "muted"


def unknown_orders(orders: Iterable[Order]) -> list[Order]:
    """Orders of which nobody knows what became of them, oldest first."""
    found = [order for order in orders if order.status is OrderStatus.UNKNOWN]
    return sorted(found, key=lambda order: order.created_at)


def opens(order: Order) -> bool:
    """Whether an order can open or add to a position."""
    return not order.reduce_only


def unknown_sentence(order: Order, now: datetime, asked: int | None = None) -> str:
    """What it means that an order's outcome is unknown, and what is being done about it."""
    times = "" if asked is None else f" ({asked} time{'' if asked == 1 else 's'} so far)"
    waited = short_age(now, order.created_at)
    parts = [
        f"sent {moment(order.created_at, now)}, no answer for {waited}",
        f"asking {safe_line(order.venue)} by its id{times}",
    ]
    if opens(order):
        parts.append(f"no new entries in {order.pair} until known")
    return "; ".join([*parts, "nothing is sent twice"])


def moment(at: datetime, now: datetime) -> str:
    """A time of today, or the date and the time."""
    time = formats.clock(at, seconds=True)
    return time if at.date() == now.date() else f"{formats.date(at)} {time[:5]}"


def short_age(now: datetime, since: datetime | None) -> str:
    """An age in whole minutes, hours or days: a table does not tick every second."""
    if since is None:
        return ""
    seconds = (now - since).total_seconds()
    return "<1m" if seconds < 60 else formats.age(seconds)


def trailing(orders: Iterable[Order], pair: Pair) -> Decimal | None:
    """How far a trailing stop of a pair stays behind, as a fraction; None when there is none."""
    trails = (o.trail for o in orders if o.is_open and o.pair == pair and not o.outside)
    return next((trail for trail in trails if trail is not None), None)


def watched_here(orders: Iterable[Order], pair: Pair, kind: str) -> bool:
    """Whether the `stop` or `target` of a pair is an order that the venue knows nothing of."""
    stops = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
    return any(
        order.emulated and order.is_open and order.pair == pair
        and (order.type in stops) == (kind == "stop")
        for order in orders
    )  # fmt: skip
