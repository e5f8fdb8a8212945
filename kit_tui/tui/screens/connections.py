"""Connections: every venue, account, channel and model, what is wrong, and what happens next."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kit_tui.domain.orders import Mode
from kit_tui.domain.trust import AccountTrust
from kit_tui.state.slices import CONNECTIONS, ORDERS, SESSION, TRUST, Connection, Session
from kit_tui.tui import formats
from kit_tui.tui.bars.status import DOTS
from kit_tui.tui.order_rows import unknown_orders, unknown_sentence
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.screens.dialog import Dialog, Sheet
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


class ConnectionsScreen(Dialog):
    """A table of all connections with a sentence under each that is not well."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", show=False, id="connections.copy"),
        Binding("f2", "dismiss", "Close", show=False, id="connections.close"),
    ]
    DEFAULT_CSS = "ConnectionsScreen Sheet { max-width: 110; height: auto; }"

    def compose(self) -> ComposeResult:
        yield Sheet("Connections", id="connections-sheet")

    def on_mount(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.hint = "y copy · esc close"
        sheet.focus()
        self.set_interval(1.0, self._fill)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._fill)

    def deliver(self, changed: frozenset[str]) -> None:
        """Called by the app when slices changed."""
        if changed & {CONNECTIONS.name, SESSION.name, ORDERS.name, TRUST.name}:
            self._fill()

    def _fill(self) -> None:
        sheet = self.query_one(Sheet)
        width = max(20, min(110, self.size.width) - 4)
        rows = connections_page(self.kit.view(sheet.size), width)
        if list(sheet.page) != rows:
            sheet.styles.height = min(len(rows) + 2, max(6, self.size.height * 9 // 10))
            sheet.set_page(rows)

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
