"""The status row: mode, connections, trading state, equity and time. It never lies."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from textual import events

from kit_tui.domain.orders import Mode
from kit_tui.domain.risk import TradingState
from kit_tui.state.slices import (
    CONNECTIONS,
    DELIVERIES,
    ORDERS,
    PORTFOLIO,
    RISK,
    SESSION,
    TRUST,
    Connection,
    Session,
)
from kit_tui.tui import formats
from kit_tui.tui.bars.fit import Item, fit
from kit_tui.tui.bars.model import model_item
from kit_tui.tui.channels import SHORT_NAMES, waiting_on
from kit_tui.tui.order_rows import short_age, unknown_orders
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, recoloured, restyled, row
from kit_tui.tui.trust import clock_words, shown_connections, trouble_word, trust_of
from kit_tui.tui.view import View
from kit_tui.tui.widgets.lines import Lines

DOTS: Final = {"up": ("●", "profit"), "degraded": ("●", "warn"), "connecting": ("○", "warn"),
         "down": ("✗", "loss"), "off": ("○", "faint")}  # fmt: skip


class StatusBar(Lines):
    """One row at the top."""

    WATCHES = (SESSION, CONNECTIONS, PORTFOLIO, RISK, ORDERS, TRUST, DELIVERIES)
    DEFAULT_CSS = "StatusBar { height: 1; }"

    def redraw(self) -> None:
        """Build the row again."""
        if self.is_attached:
            view = self.kit.view(self.size)
            self.show([status_row(view, halting=self.kit.halting, lost=self.kit.desk_problem)])

    def on_resize(self, event: events.Resize) -> None:
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.kit.main.action_connections()


def status_row(view: View, *, halting: str = "", lost: str = "") -> Row:
    """The status row for a view; `halting` is what is known of a halt that was just asked for."""
    session = view.session
    risk = view.get(RISK)
    halted = bool(halting) or (risk is not None and risk.status.state is TradingState.HALTED)
    items = [
        Item((row(("K.I.T.", "accent bold")),), 0),
        _chip(session, view),
        *_troubles(view),
        *_connections(view, lost),
        _trading_state(view, halting),
        *_equity(view),
        _clock(view),
    ]
    least = 2 if view.width >= 100 else 1
    line: Row = (
        (" ", "fg"), *fit(items, max(0, view.width - 2), gap=3, least_gap=least), (" ", "fg"),
    )  # fmt: skip
    if halted:
        return restyled(recoloured(line, "halt_text bold"), "on_halt")
    if session is not None and session.mode is Mode.LIVE:
        return tuple(
            (text, role if "on_" in role else f"{role} on_live_tint") for text, role in line
        )
    return line


def _chip(session: Session | None, view: View) -> Item:
    """Whose money: a filled block only for real money; then which account, if it has a name.

    The unnamed account of a venue is called like the venue, which stands beside it anyway.
    """
    if session is None:
        return Item((row(("opening…" if view.opening else "no desk", "muted")),), 0)
    word = session.mode.value.upper()
    if session.mode is Mode.LIVE:
        chip: Row = row((" LIVE ", "live_text bold on_live"))
    elif session.mode is Mode.SANDBOX:
        chip = row(("◖", "info"), ("SANDBOX", "info bold"), ("◗", "info"))
    else:
        chip = row(("◖", "paper"), (word, "paper bold"), ("◗", "paper"))
    if session.account in ("", session.mode.value, session.venue, "main"):
        return Item((chip,), 0)
    name = row((" ", "fg"), (safe_line(session.account), "strong"))
    return Item(((*chip, *name), (*chip,)), 0)


def _troubles(view: View) -> list[Item]:
    """What keeps this account from trading as usual, each as one calm chip."""
    trust, items = trust_of(view), list[Item]()
    unknown = unknown_orders(view.orders)
    if unknown:
        count = f"? {len(unknown)} unknown"
        age = f" {short_age(view.now, unknown[0].created_at)}"
        items.append(Item((row((count, "warn bold"), (age, "warn")), row((count, "warn bold")),
                           row((f"?{len(unknown)}", "warn bold"))), 0))  # fmt: skip
    if trust.keys_refused:
        items.append(Item((row(("✗ keys refused", "loss bold")), row(("✗ keys", "loss bold"))), 0))
    elif trust.armed is False:
        words = row(("not armed", "warn bold"), (f" /live {safe_line(trust.account)}", "muted"))
        items.append(Item((words, row(("not armed", "warn bold"))), 0))
    if trust.unreconciled:
        items.append(Item((row(("not reconciled", "warn")),), 1))
    return items


def _connections(view: View, lost: str) -> list[Item]:
    if lost:
        return [Item((row(("✗ ", "loss"), (lost, "loss")), row(("✗ no engine", "loss"))), 0)]
    session = view.session
    items = []
    if session is not None and session.source == "simulator":
        items.append(Item((row(("simulated market", "warn")), row(("simulated", "warn"))), 1))
    items += [
        Item(_connection(view, connection), _connection_rank(connection))
        for connection in shown_connections(view)
        if connection.kind != "model"
    ]
    return [*items, model_item(view)] if session is not None else items


def _connection_rank(connection: Connection) -> int:
    """A venue that does not answer is told before anything else but the mode."""
    if connection.kind != "venue":
        return 3
    return 2 if connection.state == "up" else 1


def _connection(view: View, connection: Connection) -> tuple[Row, ...]:
    """Name, dot, and latency; or what is wrong and since when."""
    dot, role = DOTS[connection.state]
    name = safe_line(connection.name)
    if connection.kind == "account":
        name = f"{name} account"
    short = SHORT_NAMES.get(name, name)
    latency = "" if connection.latency_ms is None else f" {connection.latency_ms:.0f}ms"
    if connection.state == "up":
        skew = clock_words(connection)
        note: Row = row((f" {skew}", "warn")) if skew else BLANK
        full = row((name, "fg"), (f" {dot}", role), (latency, "fg"), *note)
        return (
            full,
            row((short, "fg"), (f" {dot}", role), (latency, "fg")),
            row((short, "fg"), (dot, role)),
        )
    waiting = waiting_on(view, connection)
    brief = f"{waiting} waiting" if waiting else trouble_word(view, connection)
    return (
        row((name, "fg"), (f" {dot} ", role), (brief, role)),
        row((short, "fg"), (f" {dot} ", role), (brief if waiting else connection.state, role)),
        row((short, "fg"), (f"!{waiting}" if waiting else dot, role)),
    )


def _trading_state(view: View, halting: str) -> Item:
    risk = view.get(RISK)
    if halting:
        return Item((row((halting, "halt_text bold")), row(("HALT", "halt_text bold"))), 0)
    if risk is None:
        return Item((BLANK,), 0)
    state = risk.status.state
    if state is TradingState.ACTIVE:
        return Item((row(("ACTIVE", "fg")),), 4)
    word = state.value.upper()
    reason = safe_line(risk.status.reason)
    role = "halt_text bold" if state is TradingState.HALTED else "warn bold"
    long = row((f"{word}: {reason}", role)) if reason else row((word, role))
    return Item((long, row((word, role))), 0)


def _equity(view: View) -> list[Item]:
    portfolio = view.get(PORTFOLIO)
    if portfolio is None:
        return []
    equity = formats.money(portfolio.equity)
    star = "" if portfolio.complete else "*"
    partial = "" if portfolio.complete else " partial"
    unit = f" {portfolio.reference}" if view.width >= 160 else ""
    figure = "strong" if portfolio.complete else "stale"
    role = gain_role(portfolio.day_pnl) if portfolio.complete else "stale"
    mark = formats.arrow(portfolio.day_pnl)
    change = formats.percent(portfolio.day_fraction)
    gain = f"{mark} {formats.signed(portfolio.day_pnl)}  " if view.width >= 160 else f"{mark} "
    return [
        Item((
            row(("equity ", "muted"), (equity, figure), (unit, "faint"),
                (partial, "warn")),
            row((equity, figure), (star, "warn")),
        ), 1, right=True),
        Item((
            row((gain, role), (change, role), (" today", "muted")),
            row((f"{mark} ", role), (change, role)),
        ), 3, right=True),
    ]  # fmt: skip


def _clock(view: View) -> Item:
    time = formats.clock(view.now)
    day = f"{view.now:%a} {formats.date(view.now)} " if view.width >= 160 else ""
    return Item((
        row((day, "muted"), (time, "fg"), (" UTC", "faint")),
        row((time, "fg"), (" UTC", "faint")),
        row((time, "fg"), ("Z", "faint")),
    ), 2, right=True)  # fmt: skip


def gain_role(value: Decimal | None) -> str:
    """The colour role of a gain or loss."""
    if value is None or value == 0:
        return "fg"
    return "profit" if value > 0 else "loss"
