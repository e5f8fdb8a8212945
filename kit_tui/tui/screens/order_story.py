"""The story of one order: what it is, where it stands, and everything that happened to it."""

from __future__ import annotations

import logging
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.orders import Fill, Order, OrderStatus
from kit_tui.state.slices import FILLS, ORDERS
from kit_tui.tui import formats
from kit_tui.tui.cards.ticket import side_word
from kit_tui.tui.desk_link import words_of
from kit_tui.tui.order_rows import (
    distance,
    moment,
    opens,
    order_state,
    type_words,
    unknown_sentence,
)
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.screens.dialog import Dialog, Sheet
from kit_tui.tui.spans import BLANK, Row, pad, row, text_of, wrapped
from kit_tui.tui.trust import times_asked
from kit_tui.tui.view import View

log = logging.getLogger(__name__)

LABEL = 10


class OrderStory(Dialog):
    """A card over the list; `x` cancels the order, `y` copies the card."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "cancel", "Cancel the order", show=False, id="story.cancel"),
        Binding("y", "copy", "Copy", show=False, id="story.copy"),
    ]
    DEFAULT_CSS = "OrderStory Sheet { max-width: 84; height: auto; }"

    def __init__(self, order_id: str) -> None:
        super().__init__()
        self._order_id = order_id
        self._told: list[tuple[str, str]] = []
        self._problem = ""

    def compose(self) -> ComposeResult:
        yield Sheet(f"Order #{self._order_id[-6:]}", id="story-sheet")

    def on_mount(self) -> None:
        self.query_one(Sheet).focus()
        self.run_worker(self._ask(), exit_on_error=False)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._fill)

    def deliver(self, changed: frozenset[str]) -> None:
        """Called by the app when slices changed; the story is asked for anew."""
        if changed & {ORDERS.name, FILLS.name}:
            self._fill()
            self.run_worker(self._ask(), exclusive=True, exit_on_error=False)

    async def _ask(self) -> None:
        """The journal knows more than the order itself: who asked, and what was checked."""
        desk = self.kit.link.desk
        if desk is None:
            return
        try:
            reply = await desk.run("why", {"order": self._order_id})
        except Exception as error:
            log.exception("the story of order %s could not be read", self._order_id)
            self._problem = words_of(error)
        else:
            self._told = story_of(reply)
        if self.is_attached:
            self._fill()

    @property
    def order(self) -> Order | None:
        """The order as it is now."""
        orders = self.kit.view(self.size).orders
        return next((order for order in orders if order.id == self._order_id), None)

    def _fill(self) -> None:
        sheet, order = self.query_one(Sheet), self.order
        width = max(20, min(84, self.size.width) - 4)
        view = self.kit.view(sheet.size)
        if order is None:
            rows = [row(("This order is no longer listed.", "muted"))]
        else:
            fills: tuple[Fill, ...] = view.get(FILLS) or ()
            own = [fill for fill in fills if fill.order_id == order.id]
            rows = story_rows(view, order, own, self._told, width)
            sheet.hint = ("x cancel · " if order.is_open else "") + "y copy · esc close"
        if self._problem:
            rows += wrapped(row(("! ", "warn"), (self._problem, "muted")), width, 2)
        sheet.styles.height = min(len(rows) + 2, max(6, self.size.height * 9 // 10))
        sheet.set_page(rows)

    def action_cancel(self) -> None:
        """Ask for the cancellation of this order."""
        order = self.order
        if order is None or not order.is_open:
            self.kit.say("Only an open order can be cancelled.")
            return
        self.dismiss()
        self.kit.link.send(f"Cancel order {order.id}")

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(
            "\n".join(text_of(line).rstrip() for line in self.query_one(Sheet).page)
        )
        self.kit.say("Copied the order.")


def story_of(reply: Reply) -> list[tuple[str, str]]:
    """Times and events out of the answer to `/why`."""
    tables = [card for card in reply.cards if isinstance(card, TableCard)]
    return [(line[0], line[1]) for card in tables for line in card.rows if len(line) > 1]


def story_rows(
    view: View, order: Order, fills: list[Fill], told: list[tuple[str, str]], width: int
) -> list[Row]:
    """The order in a few labelled rows, what its state means, and its events."""
    rows = [_first(view, order), *_facts(view, order, width)]
    if order.status is OrderStatus.UNKNOWN:
        asked = times_asked(view, order)
        rows += [BLANK, *wrapped(
            row(("? ", "warn bold"), (unknown_sentence(order, view.now, asked), "warn")), width, 2
        )]  # fmt: skip
    rows += [BLANK, row(("What happened", "strong bold"))]
    events_told = told or _known(view, order, fills)
    for when, what in events_told:
        head = pad(row((when, "muted")), LABEL)
        rows += wrapped((*head, (safe_line(what), "fg")), width, LABEL)
    return rows


def _first(view: View, order: Order) -> Row:
    word, role = side_word(order.side)
    state, state_role = order_state(order)
    return row(
        ("▌", role), (word, f"{role} bold"), ("  ", "fg"),
        (f"{view.lots(order.pair, order.quantity)} {order.pair.base}", "strong"),
        (f"  {order.pair}", "fg"), ("   ", "fg"), (state, f"{state_role} bold"),
    )  # fmt: skip


def _facts(view: View, order: Order, width: int) -> list[Row]:
    tick = view.tick(order.pair)
    facts = [("type", type_words(order)), ("where", _where(order))]
    if order.stop_price is not None:
        facts.append(("trigger", formats.price(order.stop_price, tick)))
    if order.price is not None:
        facts.append(("limit", formats.price(order.price, tick)))
    if order.trail is not None:
        facts.append(("trails", f"{distance(order.trail)} behind the best price since it was set"))
    if order.reduce_only:
        facts.append(("may", "only reduce what is held"))
    facts.append(("filled", _filled(view, order)))
    if order.group_id is not None:
        facts.append(("group", _group(view, order)))
    if order.parent_id is not None:
        facts.append(("protects", f"order #{order.parent_id[-6:]}"))
    if order.reason:
        facts.append(("reason", safe_line(order.reason)))
    facts.append(("our id", safe_line(order.client_id)))
    if order.venue_order_id:
        facts.append(("venue's id", safe_line(order.venue_order_id)))
    rows: list[Row] = []
    for label, words in facts:
        rows += wrapped((*pad(row((label, "muted")), LABEL + 2), (words, "fg")), width, LABEL + 2)
    return rows


def _where(order: Order) -> str:
    venue = safe_line(order.venue)
    if order.emulated:
        return f"watched here; {venue} learns of it when it is triggered"
    if order.outside:
        return f"placed outside, on {venue}; touched only when named"
    return f"{venue}, account {safe_line(order.account)}, {order.mode.value}"


def _filled(view: View, order: Order) -> str:
    share = f"{view.lots(order.pair, order.filled)} of {view.lots(order.pair, order.quantity)}"
    if order.average_price is None:
        return share
    return f"{share} @ {formats.price(order.average_price, view.tick(order.pair))}"


def _group(view: View, order: Order) -> str:
    others = [
        o for o in view.orders if o.group_id == order.group_id and o.id != order.id
    ]  # fmt: skip
    names = ", ".join(f"#{o.id[-6:]} {type_words(o)}" for o in others)
    return f"one cancels the other: {names}" if names else "one cancels the other"


def _known(view: View, order: Order, fills: list[Fill]) -> list[tuple[str, str]]:
    """What the order itself tells, until the journal has answered."""
    known = [(order.created_at, "sent" if not order.emulated else "watched from here on")]
    known += [
        (fill.at, f"filled {view.lots(fill.pair, fill.quantity)} @ "
                  f"{formats.price(fill.price, view.tick(fill.pair))}")
        for fill in fills
    ]  # fmt: skip
    word = order_state(order)[0].rstrip(" !")
    known.append((order.updated_at, f"{word}, entries wait" if _waits(order) else word))
    return [(moment(at, view.now), words) for at, words in sorted(known, key=lambda k: k[0])]


def _waits(order: Order) -> bool:
    return order.status is OrderStatus.UNKNOWN and opens(order)
