"""The status row: mode, connections, trading state, equity and time. It never lies."""

from __future__ import annotations

from decimal import Decimal

from textual import events

from kit_tui.domain.orders import Mode
from kit_tui.domain.risk import TradingState
from kit_tui.state.slices import CONNECTIONS, PORTFOLIO, RISK, SESSION, Connection, Session
from kit_tui.tui import formats
from kit_tui.tui.bars.fit import Item, fit
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, recoloured, restyled, row, text_of
from kit_tui.tui.view import View
from kit_tui.tui.widgets.lines import Lines

_DOTS = {"up": ("●", "profit"), "degraded": ("●", "warn"), "connecting": ("○", "warn"),
         "down": ("✗", "loss"), "off": ("○", "faint")}  # fmt: skip


class StatusBar(Lines):
    """One row at the top."""

    WATCHES = (SESSION, CONNECTIONS, PORTFOLIO, RISK)
    DEFAULT_CSS = "StatusBar { height: 1; }"

    def redraw(self) -> None:
        """Build the row again."""
        if self.is_attached:
            view = self.kit.view(self.size)
            self.show([status_row(view, halting=self.kit.halting, lost=self.kit.desk_problem)])

    def on_resize(self, event: events.Resize) -> None:
        self.redraw()


def status_row(view: View, *, halting: str = "", lost: str = "") -> Row:
    """The status row for a view; `halting` is what is known of a halt that was just asked for."""
    session = view.session
    risk = view.get(RISK)
    halted = bool(halting) or (risk is not None and risk.status.state is TradingState.HALTED)
    items = [
        Item((row(("K.I.T.", "accent bold")),), 0),
        Item((_chip(session, view),), 0),
        *_connections(view, lost),
        _trading_state(view, halting),
        *_equity(view),
        _clock(view),
    ]
    line: Row = ((" ", "fg"), *fit(items, max(0, view.width - 2), gap=3), (" ", "fg"))
    if halted:
        return restyled(recoloured(line, "halt_text bold"), "on_halt")
    if session is not None and session.mode is Mode.LIVE:
        return tuple(
            (text, role if "on_" in role else f"{role} on_live_tint") for text, role in line
        )
    return line


def _chip(session: Session | None, view: View) -> Row:
    if session is None:
        return row(("opening…" if view.opening else "no desk", "muted"))
    if session.mode is Mode.LIVE:
        return row((" LIVE ", "live_text bold on_live"))
    return row(("◖", "paper"), (session.mode.value.upper(), "paper bold"), ("◗", "paper"))


def _connections(view: View, lost: str) -> list[Item]:
    if lost:
        return [Item((row(("✗ ", "loss"), (lost, "loss")), row(("✗ no engine", "loss"))), 0)]
    session = view.session
    connections = view.get(CONNECTIONS) or ()
    items = []
    if session is not None and session.source == "simulator":
        items.append(Item((row(("simulated market", "warn")), row(("simulated", "warn"))), 1))
    shown = [c for c in connections if c.state != "off" and c.name != "simulator"]
    items += [
        Item(_connection(connection), 2 + (connection.kind != "venue")) for connection in shown
    ]
    if session is not None and not any(c.kind == "model" for c in shown):
        items.append(
            Item((row((safe_line(session.engine), "muted")), row(("offline", "muted"))), 7)
        )
    return items


def _connection(connection: Connection) -> tuple[Row, ...]:
    dot, role = _DOTS[connection.state]
    name = safe_line(connection.name)
    short = {"telegram": "tg"}.get(name, name)
    word = "" if connection.state in ("up", "connecting") else f" {connection.state}"
    latency = "" if connection.latency_ms is None else f" {connection.latency_ms:.0f}ms"
    spend = (
        f" {safe_line(connection.detail)}"
        if connection.kind == "model" and connection.detail
        else ""
    )
    full = row((name, "fg"), (f" {dot}", role), (word, role), (latency + spend, "fg"))
    return (full, row((short, "fg"), (f" {dot}", role), (latency + spend, "fg")),
            row((short, "fg"), (dot, role)))  # fmt: skip


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
    partial = "" if portfolio.complete else "*"
    unit = f" {portfolio.reference}" if view.width >= 160 else ""
    role = gain_role(portfolio.day_pnl)
    mark = formats.arrow(portfolio.day_pnl)
    change = formats.percent(portfolio.day_fraction)
    gain = f"{mark} {formats.signed(portfolio.day_pnl)}  " if view.width >= 160 else f"{mark} "
    return [
        Item((
            row(("equity ", "muted"), (equity + partial, "strong"), (unit, "faint")),
            row((equity + partial, "strong")),
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


def status_text(view: View) -> str:
    """The status row as text."""
    return text_of(status_row(view))
