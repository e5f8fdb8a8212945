"""The ticket card, drawn from the hashed order only, never from anybody's words."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from kit_tui.domain.autonomy import READ_BY_PEOPLE
from kit_tui.domain.orders import Mode, Order, OrderType, Side
from kit_tui.domain.ticket import OrderDraft, Ticket, TicketState
from kit_tui.tui import formats
from kit_tui.tui.cards.checks import check_strip
from kit_tui.tui.cards.protection import (
    both_line,
    flagged,
    room_beside_flags,
    stop_line,
    take_line,
)
from kit_tui.tui.order_rows import HERE
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, Span, cut, joined, pad, row, spread, width_of, wrapped
from kit_tui.tui.turns import LOCAL_CHANNELS, short_model

CARD_WIDTH = 46
CARD_HEIGHT = 11
COMPACT_HEIGHT = 7
HASH_DIGITS = 8
APPROVE, TYPE_PAIR, SHORT_TYPE_PAIR = "[a]pprove", "[a] type pair", "[a] pair"
WAYS_TO_APPROVE = (APPROVE, TYPE_PAIR, SHORT_TYPE_PAIR)


class Phase(StrEnum):
    """What the card waits for."""

    ARMING = "arming"
    READY = "ready"
    SENT = "sent"
    UNKNOWN = "unknown"
    CHANGING = "changing"


class CardState(msgspec.Struct, frozen=True):
    """How the card stands: its phase, whether it has the focus, seconds since it was sent.

    `block` says why the order would not be sent now; `offers` are the distances of the stop and
    the target that a key adds to an entry.
    """

    phase: Phase = Phase.READY
    focused: bool = False
    waited_s: float = 0.0
    number: int = 1
    count: int = 1
    tick: Decimal | None = None
    block: str = ""
    offers: tuple[Decimal, Decimal] | None = None


def ticket_rows(ticket: Ticket, now: datetime, width: int, state: CardState) -> list[Row]:
    """The full card: eleven rows in `width` cells, whatever its state."""
    draft = ticket.order
    edge = _edge(draft, state)
    inner = width - 4
    lines = flagged(
        draft,
        [
            _order_line(draft, inner),
            _cost_line(draft),
            stop_line(draft, state, inner),
            take_line(draft, state, inner),
            _price_line(draft, state.tick, room_beside_flags(draft, inner)),
        ],
        inner,
    )
    lines += _two(_checks(ticket, state, inner, 2))
    rows = [_top(ticket, width, edge, state)]
    rows += [
        ((("│"), edge), (" ", "fg"), *pad(line, inner), (" ", "fg"), ("│", edge)) for line in lines
    ]
    rows.append(_rule(ticket, width, edge))
    rows.append(
        (("│", edge), (" ", "fg"), *_keys(ticket, now, inner, state), (" ", "fg"), ("│", edge))
    )
    rows.append(_expiry(ticket, now, width, edge))
    return rows


def compact_rows(ticket: Ticket, now: datetime, width: int, state: CardState) -> list[Row]:
    """The card for narrow or low screens: seven rows behind a bar."""
    draft = ticket.order
    edge = _edge(draft, state)
    inner = width - 1
    name = f"#{ticket.id[-4:]}"
    side, role = side_word(draft.side)
    mode: Row = (
        row((" ", "fg"), ("LIVE", "live_text bold on_live")) if draft.mode is Mode.LIVE else ()
    )
    first = spread(
        row((side, f"{role} bold"),
            (f" {formats.quantity(draft.quantity)} {draft.pair.base} ", "strong"),
            (draft.type.value.replace("_", " "), "fg")),
        (*row((name, "muted")), *mode),
        inner,
    )  # fmt: skip
    facts = [
        _cost_line(draft),
        _price_line(draft, state.tick, inner),
        both_line(draft, state, inner),
    ]
    lines = [
        first,
        *flagged(draft, facts, inner),
        _checks(ticket, state, inner, 1)[0],
        _keys(ticket, now, inner, state),
    ]
    bar = (("▌", edge),)
    rows: list[Row] = [(*bar, *pad(line, inner)) for line in lines]
    reader = row((f"{_reader(ticket)} ", "muted")) if _reader(ticket) else BLANK
    left = max(4, inner - width_of(reader))
    rows.append((*bar, *reader, *_bar(ticket, now, left, edge)))
    return rows


def _reader(ticket: Ticket) -> str:
    """`read by sonnet-5-5`, where a model did; what people word themselves needs no reader."""
    if not ticket.read_by or ticket.read_by in READ_BY_PEOPLE:
        return ""
    return f"read by {short_model(ticket.read_by)}"


def _rule(ticket: Ticket, width: int, edge: str) -> Row:
    """The rule above the keys; it tells who read the order."""
    reader = row((f" {_reader(ticket)} ", "muted")) if _reader(ticket) else BLANK
    reader = cut(reader, max(0, width - 4))
    line = "─" * (width - 3 - width_of(reader))
    return (("├─", edge), *reader, (f"{line}┤", edge))


def _checks(ticket: Ticket, state: CardState, width: int, rows: int) -> list[Row]:
    """The checks; what would stop the order by now takes their place."""
    if not state.block:
        return check_strip(ticket.verdict.checks, width, rows)
    told = wrapped(row(("✗ ", "loss"), (state.block, "loss")), width, 2)
    return [*told[: rows - 1], cut(joined(told[rows - 1 :], " "), width)]


def _edge(draft: OrderDraft, state: CardState) -> str:
    if draft.mode is Mode.LIVE:
        return "live"
    return "info" if state.focused else "meter"


def side_word(side: Side) -> tuple[str, str]:
    """`BUY` or `SELL` with its colour role."""
    return ("BUY", "long") if side is Side.BUY else ("SELL", "short")


def _top(ticket: Ticket, width: int, edge: str, state: CardState) -> Row:
    draft = ticket.order
    word, role = side_word(draft.side)
    left: Row = ((" ", "fg"), (word, f"{role} bold"), (f"  {draft.pair} ", "strong"))
    count = f"{state.number} of {state.count} · " if state.count > 1 else ""
    live = draft.mode is Mode.LIVE
    mode = (" LIVE ", "live_text bold on_live") if live else (draft.mode.value.upper(), "muted")
    right: Row = (
        (f" {count}#{ticket.id[-6:]}{' ' if live else ' · '}", "muted"), mode, (" ", "fg"),
    )  # fmt: skip
    line = "─" * max(0, width - 4 - width_of(left) - width_of(right))
    return cut((("╭", edge), *left, (line, edge), *right, ("──╮", edge)), width)


def _two(lines: list[Row]) -> list[Row]:
    return [*lines, (), ()][:2]


def _order_line(draft: OrderDraft, width: int) -> Row:
    word, role = side_word(draft.side)
    left = row(("▌", role), (word, f"{role} bold"), ("  ", "fg"),
               (f"{formats.quantity(draft.quantity)} {draft.pair.base}", "strong"))  # fmt: skip
    kind = draft.type.value.replace("_", " ")
    where = f"{HERE} watched here" if draft.emulated else safe_line(_place(draft))
    right = row((f"{kind} · ", "fg"), (where, "info" if draft.emulated else "fg"))
    if width_of(left) + width_of(right) + 1 > width:
        right = row((kind, "fg"))
    return spread(left, right, width)


def _place(draft: OrderDraft) -> str:
    """The account where it says more than the venue's name, as `binance-alt` does."""
    return draft.account if draft.account.startswith(f"{draft.venue}-") else draft.venue


def _cost_line(draft: OrderDraft) -> Row:
    label = "cost" if draft.side is Side.BUY else "gets"
    fee_unit = "" if draft.fee_currency == draft.pair.quote else f" {safe_line(draft.fee_currency)}"
    fee = formats.amount(draft.estimated_fee, 2 if not fee_unit else 8)
    return row(
        (f"{label}  ", "muted"), (formats.amount(draft.notional), "strong"),
        (f" {draft.pair.quote}", "faint"), ("   fee ≈ ", "muted"), (fee, "fg"), (fee_unit, "faint"),
    )  # fmt: skip


def _price_line(draft: OrderDraft, tick: Decimal | None, room: int = CARD_WIDTH) -> Row:
    if draft.type is OrderType.MARKET:
        away = draft.worst_price / draft.reference_price - 1
        bound = "at most" if draft.side is Side.BUY else "at least"
        wide = row(
            ("price ", "muted"), (formats.price(draft.reference_price, tick), "fg"),
            (f"   {bound} ", "muted"), (formats.price(draft.worst_price, tick), "fg"),
            (f" {formats.percent(away)}", "faint"),
        )  # fmt: skip
        return wide if width_of(wide) <= room else (*wide[:2], (f" {bound} ", "muted"), wide[3])
    spans: list[Span] = []
    if draft.stop_price is not None:
        spans += [
            ("trigger ", "muted"),
            (formats.price(draft.stop_price, tick), "fg"),
            ("   ", "fg"),
        ]
    if draft.price is not None:
        spans += [("limit ", "muted"), (formats.price(draft.price, tick), "fg"), ("   ", "fg")]
    spans.append((draft.time_in_force.value, "muted"))
    last = row((" · last ", "muted"), (formats.price(draft.reference_price, tick), "fg"))
    whole = (*spans, *last)
    return whole if width_of(whole) <= room else cut(tuple(spans), room)


def _keys(ticket: Ticket, now: datetime, width: int, state: CardState) -> Row:
    """What can be pressed or is going on, the first digits of the hash, and the time left."""
    keys = _ways_to_answer(ticket, width, state)
    time = (formats.countdown((ticket.expires_at - now).total_seconds()), "fg")
    digits = ticket.hash[:HASH_DIGITS]
    mark = row((f"{digits} · ", "faint"), time)
    if width < 40 or width_of(keys) + width_of(mark) > width:
        mark = row((f"{digits} ", "faint"), time)
    live = row((" ", "fg"), ("LIVE", "live_text bold on_live"))
    ready = state.phase is Phase.READY and state.focused
    if ready and ticket.order.mode is Mode.LIVE and not ticket.verdict.failed and not state.block:
        keys = (*keys, *live) if width_of((*keys, *live, *mark)) <= width else keys
    return spread(keys, mark, width)


def _ways_to_answer(ticket: Ticket, width: int, state: CardState) -> Row:
    failed = ticket.verdict.failed
    default = "eject ◂" if width >= 34 else "eject"
    gap = ("   " if width >= 40 else " ", "fg")
    if state.phase is Phase.SENT:
        return row((f"… sent {formats.age(state.waited_s)}", "info"))
    if state.phase is Phase.UNKNOWN:
        return row(("? no answer yet; not retried", "warn"))
    if state.phase is Phase.CHANGING:
        return row(("… a changed ticket is made", "info"))
    if state.block and state.focused:
        return row(("[r]", "strong bold"), ("eject ◂", "strong"), ("   blocked", "loss"))
    if failed:
        why = (f"  ✗ {safe_line(failed[0].name)}", "loss")
        return row(("[r]", "strong bold"), ("eject ◂", "strong"), why)
    approve = APPROVE
    if ticket.needs_pair:
        approve = TYPE_PAIR if width >= 34 else SHORT_TYPE_PAIR
    if state.phase is Phase.ARMING:
        return row((f"[r]{default}", "faint"), gap, (approve, "faint"))
    if not state.focused:
        return row(("F4", "accent"), (" to answer", "muted"))
    return row(
        ("[r]", "strong bold"), (default, "strong"), gap, (approve[:3], "fg bold"),
        (approve[3:], "fg"),
    )  # fmt: skip


def _share_left(ticket: Ticket, now: datetime) -> float:
    whole = (ticket.expires_at - ticket.created_at).total_seconds()
    left = (ticket.expires_at - now).total_seconds()
    return min(1.0, max(0.0, left / whole)) if whole > 0 else 0.0


def _bar(ticket: Ticket, now: datetime, width: int, edge: str) -> Row:
    burning = round(width * _share_left(ticket, now))
    return row(
        ("━" * burning, "info" if edge != "live" else edge), ("─" * (width - burning), "border")
    )


def _expiry(ticket: Ticket, now: datetime, width: int, edge: str) -> Row:
    return (("╰", edge), *_bar(ticket, now, width - 2, edge), ("╯", edge))


def collapsed(
    ticket: Ticket, now: datetime, orders: tuple[Order, ...], tick: Decimal | None
) -> Row:
    """An answered ticket in one line: what it was, how it was answered, and what came of it."""
    draft = ticket.order
    word, role = side_word(draft.side)
    head = row(
        (f"#{ticket.id[-6:]} ", "muted"), (word, role),
        (f" {formats.quantity(draft.quantity)} {draft.pair.base}", "fg"), (" · ", "faint"),
    )  # fmt: skip
    return (*head, *_outcome(ticket, now, orders, tick))


def answered_where(ticket: Ticket) -> str:
    """` on terminal`; elsewhere also who it was: ` by Ann · telegram`."""
    where, who = safe_line(ticket.answered_on), safe_line(ticket.answered_by)
    if not where:
        return ""
    return f" on {where}" if where in LOCAL_CHANNELS or not who else f" by {who} · {where}"


def _outcome(ticket: Ticket, now: datetime, orders: tuple[Order, ...], tick: Decimal | None) -> Row:
    where = answered_where(ticket)
    at = f" {formats.clock(ticket.answered_at)}" if ticket.answered_at else ""
    if ticket.state is TicketState.PENDING:
        if now >= ticket.expires_at:
            return row(("expired, nothing was sent", "muted"))
        return row(
            (f"waits for an answer · {formats.clock(ticket.expires_at, seconds=True)}", "info")
        )
    if ticket.state is TicketState.EXPIRED:
        return row(("expired, nothing was sent", "muted"))
    if ticket.state is TicketState.REJECTED:
        return row((f"rejected{where}{at}, nothing was sent", "muted"))
    order = next(
        (order for order in orders if order.ticket_id == ticket.id and order.parent_id is None),
        None,
    )
    approved = row((f"approved{where}{at}", "fg"))
    return approved if order is None else (*approved, (" · ", "faint"), *_fate(order, tick))


def _fate(order: Order, tick: Decimal | None) -> Row:
    from kit_tui.tui.order_rows import order_state

    word, role = order_state(order)
    if order.average_price is None:
        why = f": {safe_line(order.reason)}" if order.reason else ""
        return row((word + why, role))
    return row(
        (f"{word} {formats.quantity(order.filled)} @ ", role),
        (formats.price(order.average_price, tick), "fg"),
    )
