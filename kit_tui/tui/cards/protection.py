"""Stop, target and the conditions of a ticket's order, each as one line of its card."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderType, Side
from kit_tui.domain.ticket import OrderDraft, OrderRequest
from kit_tui.tui import formats
from kit_tui.tui.order_rows import distance
from kit_tui.tui.spans import Row, row, spread, width_of

if TYPE_CHECKING:
    from kit_tui.tui.cards.ticket import CardState


def stop_line(draft: OrderDraft, state: CardState, room: int) -> Row:
    """Where the stop stands, how far, and what is lost there; or that there is none."""
    if draft.stop_loss is None:
        if draft.trail is not None:
            return row(("stop  ", "muted"), (f"trails {distance(draft.trail)} behind", "fg"))
        if draft.reduce_only:
            return row(("stop  ", "muted"), ("none, this only reduces", "muted"))
        return _offer(row(("stop  ", "muted"), ("none", "warn")), "s", state, 0, room)
    trails = f" trails {distance(draft.trail)}" if draft.trail is not None else ""
    at_risk = abs(draft.stop_loss - draft.reference_price) * draft.quantity
    price = formats.price(draft.stop_loss, state.tick)
    away = formats.percent(draft.stop_loss / draft.reference_price - 1)
    return _widest(
        [
            row(
                ("stop  ", "muted"), (price, "fg"), (f"  {away}", "loss"), (trails, "fg"),
                (f"{gap}risk ", "muted"), (formats.signed(-at_risk), "loss"), (unit, "faint"),
            )
            for gap, unit in (("   ", f" {draft.pair.quote}"), ("   ", ""), (" ", ""))
        ],
        room,
    )  # fmt: skip


def take_line(draft: OrderDraft, state: CardState, room: int) -> Row:
    """Where the target stands, what is gained there, and how many times the risk that is."""
    if draft.take_profit is None:
        if draft.reduce_only or draft.trail is not None:
            return row(("take  ", "muted"), ("none", "muted"))
        return _offer(row(("take  ", "muted"), ("none", "muted")), "t", state, 1, room)
    price = formats.price(draft.take_profit, state.tick)
    if draft.reduce_only:
        return row(("take  ", "muted"), (price, "fg"), ("   one cancels the other", "muted"))
    gain = abs(draft.take_profit - draft.reference_price) * draft.quantity
    away = formats.percent(draft.take_profit / draft.reference_price - 1)
    times = _times_risk(draft)
    return _widest(
        [
            row(
                ("take  ", "muted"), (price, "fg"), (f"  {away}", "profit"),
                (f"{gap}gain ", "muted"), (formats.signed(gain), "profit"), (tail, "faint"),
            )
            for gap, tail in (("   ", f"  {times}".rstrip()), (" ", ""))
        ],
        room,
    )  # fmt: skip


def both_line(draft: OrderDraft, state: CardState, room: int) -> Row:
    """Stop and target in one line, for the small card."""
    if draft.stop_loss is None or draft.take_profit is None:
        alone = draft.take_profit is not None and draft.stop_loss is None and draft.trail is None
        return take_line(draft, state, room) if alone else stop_line(draft, state, room)
    stop, take = draft.stop_loss / draft.reference_price, draft.take_profit / draft.reference_price
    return _widest(
        [
            row(
                ("stop ", "muted"), (formats.price(draft.stop_loss, state.tick), "fg"),
                (formats.percent(stop - 1, 1, unit="") if long else "", "loss"),
                (f"{gap}take ", "muted"), (formats.price(draft.take_profit, state.tick), "fg"),
                (formats.percent(take - 1, 1, unit="") if long else "", "profit"),
            )
            for long, gap in ((True, " "), (False, "  "), (False, " "))
        ],
        room,
    )  # fmt: skip


def _times_risk(draft: OrderDraft) -> str:
    if draft.stop_loss is None or draft.take_profit is None:
        return ""
    risk = abs(draft.stop_loss - draft.reference_price)
    gain = abs(draft.take_profit - draft.reference_price)
    return f"{gain / risk:.1f}R" if risk else ""


def _offer(line: Row, key: str, state: CardState, which: int, room: int) -> Row:
    """The line with the key that adds what is missing, while the card has the focus."""
    if state.offers is None or not state.focused:
        return line
    away = state.offers[which] * (-1 if which == 0 else 1)
    offer = row((f"[{key}]", "fg bold"), (f" adds {_plain(away)}", "muted"))
    return spread(line, offer, room) if width_of(line) + width_of(offer) < room else line


def _plain(away: Decimal) -> str:
    text = formats.percent(away, 2, unit="")
    return f"{text.rstrip('0').rstrip('.')}%"


def flags_of(draft: OrderDraft) -> list[str]:
    """What the order promises beyond type and price: `post-only`, `reduce only`, `3×`."""
    flags = ["post-only"] if draft.post_only else []
    if draft.reduce_only:
        flags.append("reduce only")
    if draft.leverage is not None and draft.leverage != 1:
        flags.append(f"{draft.leverage:.1f}".rstrip("0").rstrip(".") + "×")
    return flags


def room_beside_flags(draft: OrderDraft, room: int) -> int:
    """Cells a line may take when the flags stand at its end."""
    flags = " ".join(flags_of(draft))
    return room - len(flags) - 1 if flags else room


def flagged(draft: OrderDraft, lines: Sequence[Row], room: int) -> list[Row]:
    """The lines, with the order's flags at the end of the first one that has room for them."""
    flags = flags_of(draft)
    told = row((" ".join(flags), "info bold"))
    if not flags:
        return list(lines)
    fitting = (at for at, line in enumerate(lines) if width_of(line) + width_of(told) < room)
    first = next(fitting, len(lines) - 1)
    return [spread(line, told, room) if at == first else line for at, line in enumerate(lines)]


def _widest(forms: Sequence[Row], room: int) -> Row:
    """The first form that fits, else the last."""
    return next((form for form in forms if width_of(form) <= room), forms[-1])


# Changing a ticket


def can_be_protected(draft: OrderDraft) -> bool:
    """Whether stop and target can be switched on this order."""
    entry = not draft.reduce_only and draft.type in (OrderType.MARKET, OrderType.LIMIT)
    return entry and draft.trail is None


def with_stop(draft: OrderDraft, away: Decimal) -> OrderRequest:
    """The same order with a stop at this distance, or without if it has one."""
    stop = None if draft.stop_loss is not None else _beside(draft, -away)
    return _request(draft, stop, draft.take_profit)


def with_target(draft: OrderDraft, away: Decimal) -> OrderRequest:
    """The same order with a target at this distance, or without if it has one."""
    target = None if draft.take_profit is not None else _beside(draft, away)
    return _request(draft, draft.stop_loss, target)


def _beside(draft: OrderDraft, away: Decimal) -> Price:
    """A price this far on the side of gain (above zero) or loss of what the order pays."""
    sign = 1 if draft.side is Side.BUY else -1
    return Price((draft.price or draft.reference_price) * (1 + sign * away))


def _request(draft: OrderDraft, stop: Price | None, target: Price | None) -> OrderRequest:
    return OrderRequest(
        side=draft.side, pair=draft.pair, type=draft.type, base_amount=draft.quantity,
        price=draft.price, stop_loss=stop, take_profit=target, post_only=draft.post_only,
        leverage=draft.leverage, time_in_force=draft.time_in_force,
    )  # fmt: skip
