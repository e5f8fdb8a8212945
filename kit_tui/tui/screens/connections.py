"""Connections: every venue, account, channel and model, what is wrong, and what happens next."""

from __future__ import annotations

import logging
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kit_tui.domain.orders import Mode
from kit_tui.domain.trust import AccountTrust
from kit_tui.state.slices import (
    ACCESS,
    CONNECTIONS,
    DELIVERIES,
    ORDERS,
    SESSION,
    TRUST,
    Connection,
    Session,
)
from kit_tui.tui import formats
from kit_tui.tui.bars.status import DOTS
from kit_tui.tui.channels import person_name
from kit_tui.tui.desk_link import words_of
from kit_tui.tui.order_rows import unknown_orders, unknown_sentence
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.screens.dialog import Dialog, Sheet
from kit_tui.tui.screens.people_rows import DOOR, PERSON, people_rows
from kit_tui.tui.spans import BLANK, Row, row, text_of, wrapped
from kit_tui.tui.table import Cells, Column, as_row, table
from kit_tui.tui.trust import (
    calm_age,
    clock_words,
    frozen_pairs,
    times_asked,
    trouble_word,
    trust_of,
    wait_words,
)
from kit_tui.tui.view import View

COLUMNS = (
    Column("name", "CONNECTION", rank=0), Column("kind", "KIND", rank=4),
    Column("state", "STATE", rank=0), Column("latency", "LATENCY", "right", 2),
    Column("answered", "LAST ANSWER", "right", 1), Column("since", "SINCE", "right", 3),
    Column("clock", "CLOCK", "right", 5),
)  # fmt: skip

_SHOWS = frozenset(slot.name for slot in (ACCESS, CONNECTIONS, DELIVERIES, SESSION, ORDERS, TRUST))
log = logging.getLogger(__name__)


class ConnectionsScreen(Dialog):
    """A table of all connections with a sentence under each that is not well, and who may speak."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", show=False, id="connections.copy"),
        Binding("p", "pair", "Pair", show=False, id="connections.pair"),
        Binding("u", "unpair", "Unpair", show=False, id="connections.unpair"),
        Binding("f2", "dismiss", "Close", show=False, id="connections.close"),
    ]
    DEFAULT_CSS = "ConnectionsScreen Sheet { max-width: 110; height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._asked = ""

    def compose(self) -> ComposeResult:
        yield Sheet("Connections", id="connections-sheet")

    def on_mount(self) -> None:
        self.query_one(Sheet).focus()
        self.set_interval(1.0, self._fill)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._fill)

    def deliver(self, changed: frozenset[str]) -> None:
        """Called by the app when slices changed."""
        if changed & _SHOWS:
            self._fill()

    def _fill(self) -> None:
        sheet = self.query_one(Sheet)
        width, view = max(20, min(110, self.size.width) - 4), self.kit.view(sheet.size)
        if sheet.selected_key() != f"{PERSON}{self._asked}":
            self._asked = ""  # whoever moved on has thought better of it
        rows = connections_page(view, width)
        people, keys = people_rows(view, width, self._asked)
        sheet.hint = "p pair · u unpair · y copy · esc close" if keys else "y copy · esc close"
        page, stops = [*rows, *people], [*[None] * len(rows), *keys] if keys else []
        if list(sheet.page) != page:
            sheet.styles.height = min(len(page) + 2, max(6, self.size.height * 9 // 10))
            sheet.set_page(page, stops)
        else:
            sheet.redraw()

    # People

    def on_key(self, event: events.Key) -> None:
        """Whoever presses anything else has thought better of it."""
        if self._asked and event.key != "u":
            self._asked = ""
            self.call_next(self._fill)

    def action_pair(self) -> None:
        """Show a code for the channel under the cursor."""
        kind, _, name = (self.query_one(Sheet).selected_key() or "").partition(" ")
        channel = name if f"{kind} " == DOOR else name.partition(":")[0]
        if not channel:
            self.kit.say("No channel is set up: kit connect telegram.")
            return
        from kit_tui.tui.screens.pairing import PairingScreen

        self.app.push_screen(PairingScreen(channel))

    def action_unpair(self) -> None:
        """Ask, and at the second press let the person under the cursor in no more."""
        key = (self.query_one(Sheet).selected_key() or "").removeprefix(PERSON)
        access = self.kit.view(self.size).get(ACCESS)
        person = next((p for p in access.people if p.key == key), None) if access else None
        if person is None:
            self.kit.say("Move to a person first.")
        elif person.declared:
            self.kit.say("They stand in the settings; take them out there.", severity="warning")
        elif self._asked == key:
            self._asked = ""
            self.run_worker(self._unpair(key), group="unpair", exit_on_error=False)
        else:
            self._asked = key
        self._fill()

    async def _unpair(self, key: str) -> None:
        desk = self.kit.link.desk
        try:
            if desk is not None:
                person = await desk.unpair(key)
                self.kit.say(f"{person_name(person)} is not paired any more.")
        except Exception as error:
            log.exception("somebody could not be unpaired")
            self.kit.say(words_of(error), severity="warning")

    def action_copy(self) -> None:
        text = "\n".join(text_of(line).rstrip() for line in self.query_one(Sheet).page)
        self.app.copy_to_clipboard(text)
        self.kit.say("Copied all rows.")


def connections_page(view: View, width: int) -> list[Row]:
    """The account, then every connection, each trouble with its sentence."""
    connections = view.get(CONNECTIONS) or ()
    rows = _account(view, width)
    if not connections:
        return [*rows, BLANK, row(("No connection was opened yet.", "muted"))]
    lines = [_cells(view, connection) for connection in connections]
    skewed = any(text_of(as_row(line["clock"])) for line in lines)
    columns = [column for column in COLUMNS if column.key != "clock" or skewed]
    laid = table(columns, lines, width)
    rows += [BLANK, laid.head]
    for line, connection in zip(laid.body, connections, strict=True):
        rows.append(line)
        sentence = trouble_sentence(view, connection)
        if sentence:
            rows += _indented(sentence, "muted", width)
    return rows


def _cells(view: View, connection: Connection) -> Cells:
    dot, role = DOTS[connection.state]
    well = connection.state == "up"
    word = "live" if well else trouble_word(view, connection)
    latency = "" if connection.latency_ms is None else f"{connection.latency_ms:.0f} ms"
    answered = view.age_of(connection.last_ok_at)
    skew = clock_words(connection).removeprefix("clock ")
    return {
        "name": (safe_line(connection.name), "strong"),
        "kind": (connection.kind, "muted"),
        "state": row((f"{dot} ", role), (word, "fg" if well else role)),
        "latency": (latency, "fg"),
        "answered": ("" if answered is None else f"{calm_age(answered)} ago", "fg"),
        "since": (formats.clock(connection.since) if connection.since else "", "muted"),
        "clock": (skew, "warn"),
    }


def trouble_sentence(view: View, connection: Connection) -> str:
    """What a trouble means for trading, and what happens next; empty when all is well."""
    detail = safe_line(connection.detail)
    if connection.state == "up":
        return clock_sentence(connection)
    why = f"{detail[:1].upper()}{detail[1:].rstrip('.')}. " if detail else ""
    if connection.kind not in ("venue", "account"):
        return why.strip()
    if wait_words(view, connection):
        return (
            f"{why}Nothing is asked of it until {_until(connection)}, cancels and stops excepted."
        )
    if connection.state == "down":
        return (
            f"{why}It is asked again until it answers. Its prices, positions and equity are those "
            f"of the last answer; entries wait, orders at the venue stay where they are."
        )
    if connection.state == "degraded":
        return f"{why}What it answers is used, with its age; entries need a fresh price."
    return why.strip()


def clock_sentence(connection: Connection) -> str:
    """What a clock that is off means."""
    skew = clock_words(connection)
    return (
        f"{skew[:1].upper()}{skew[1:]}: requests are stamped with the venue's time." if skew else ""
    )


def _until(connection: Connection) -> str:
    return formats.clock(connection.until, seconds=True)


def _account(view: View, width: int) -> list[Row]:
    """Whose money, whether it may trade, what is frozen, and when it was last compared."""
    session, trust = view.session, trust_of(view)
    if session is None:
        return [row(("No account is open.", "muted"))]
    live = session.mode is Mode.LIVE
    mode = (
        (f" {session.mode.value.upper()} ", "live_text bold on_live")
        if live
        else (session.mode.value, "paper bold")
    )
    rows = [row(("account ", "muted"), (safe_line(session.account), "strong"), ("  ", "fg"), mode,
                ("  on ", "muted"), (safe_line(session.venue), "fg"))]  # fmt: skip
    if session.source == "simulator":
        rows += _indented("Prices are simulated; no market is asked.", "warn", width)
    return [*rows, *_may_trade(session, trust, width), *_agreement(view, width),
            *_frozen(view, width)]  # fmt: skip


def _may_trade(session: Session, trust: AccountTrust, width: int) -> list[Row]:
    """What keeps the whole account from taking entries."""
    name, rows = safe_line(session.account), list[Row]()
    if trust.keys_refused:
        rows += _indented(
            f"{safe_line(trust.keys_refused).rstrip('.')}. Nothing is sent until the keys work: "
            f"kit connect {name} --rotate", "loss", width,
        )  # fmt: skip
    if trust.armed is False:
        rows += _indented(
            "Not armed: it reads, exits and cancels, but takes no entry. "
            f"/live {name} shows what is checked and asks for a typed word.", "warn", width,
        )  # fmt: skip
    return rows


def _agreement(view: View, width: int) -> list[Row]:
    """Whether and when the books were compared, and what they cannot price."""
    trust, rows = trust_of(view), list[Row]()
    if trust.unreconciled:
        rows += _indented(f"Not reconciled: {safe_line(trust.unreconciled)}", "warn", width)
    elif trust.reconciled_at is not None:
        age = calm_age(view.age_of(trust.reconciled_at))
        rows += _indented(f"Reconciled with the venue {age} ago.", "muted", width)
    if trust.unpriced:
        coins = ", ".join(safe_line(coin) for coin in trust.unpriced)
        rows += _indented(f"Not in equity, no price was ever known: {coins}", "warn", width)
    return rows


def _frozen(view: View, width: int) -> list[Row]:
    """Orders nobody knows the outcome of, and pairs that take no entries."""
    unknown, rows = unknown_orders(view.orders), list[Row]()
    for order in unknown:
        words = f"#{order.id[-6:]} {unknown_sentence(order, view.now, times_asked(view, order))}"
        rows += _indented(words, "warn", width)
    told = {order.pair for order in unknown}
    for pair, frozen in frozen_pairs(view).items():
        if pair not in told:
            why = safe_line(frozen.reason)
            rows += _indented(f"{pair} takes no entries: {why}", "warn", width)
    return rows


def _indented(text: str, role: str, width: int) -> list[Row]:
    return wrapped(row(("  ", "fg"), (text, role)), width, 2)
