"""The account block: what a question carries of the account, in at most 600 tokens.

Only typed fields are written here, each named in this file; no text of a venue or a stranger is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from kit_tui.ai.claude.budget import tokens_of
from kit_tui.ai.claude.plain_text import bare
from kit_tui.ai.claude.turn import Turn
from kit_tui.domain.message import Role
from kit_tui.domain.numbers import ZERO, plain
from kit_tui.domain.orders import Order
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.risk import Gauge
from kit_tui.settings.model import ContextSettings
from kit_tui.state.slices import (
    APPROVALS,
    ORDERS,
    PORTFOLIO,
    POSITIONS,
    RISK,
    TICKERS,
    WATCHLIST,
)

MAX_TOKENS: Final = 600
ROWS: Final = 8
NOT_SHOWN: Final = "this person may see the market, not balances, positions, orders or limits"
_CENT: Final = Decimal("0.01")


def account_block(turn: Turn, context: ContextSettings, now: datetime) -> str:
    """`<account as_of=…>` with what the switches leave in; rows are dropped until it fits."""
    for rows in range(ROWS, -1, -1):
        lines = list(_lines(turn, context, now, rows))
        text = f'<account as_of="{now:%Y-%m-%dT%H:%M:%SZ}">\n' + "\n".join(lines) + "\n</account>"
        if tokens_of(text) <= MAX_TOKENS:
            break
    return text


def _lines(turn: Turn, context: ContextSettings, now: datetime, rows: int) -> Iterator[str]:
    if turn.principal.role < Role.TRADER:
        yield f"account {bare(turn.account, 40)}, mode {turn.mode.value}"
        yield NOT_SHOWN
        if context.market_data:
            yield from _quotes(turn, now, rows)
        return
    report = turn.store.get(RISK)
    state = "not known" if report is None else report.status.state.value
    yield f"account {bare(turn.account, 40)}, mode {turn.mode.value}, trading {state}"
    waiting = turn.store.get(APPROVALS) or ()
    if waiting:
        yield f"tickets waiting for the person: {len(waiting)}"
    if context.portfolio:
        yield from _portfolio(turn, now, rows)
    if context.open_positions:
        positions, orders = turn.store.get(POSITIONS), turn.store.get(ORDERS)
        yield from _positions(positions or (), now, rows)
        yield from _orders(orders or (), rows)
    if context.market_data:
        yield from _quotes(turn, now, rows)
    if context.risk_limits:
        yield from _limits(() if report is None else report.gauges)


def _portfolio(turn: Turn, now: datetime, rows: int) -> Iterator[str]:
    portfolio = turn.store.get(PORTFOLIO)
    if portfolio is None:
        yield "equity not known"
        return
    age = _age((now - portfolio.as_of).total_seconds())
    partly = "" if portfolio.complete else ", only partly known"
    yield (
        f"equity {_money(portfolio.equity)} {portfolio.reference}, cash {_money(portfolio.cash)}, "
        f"day {_money(portfolio.day_pnl)}, drawdown {_percent(portfolio.drawdown)}, "
        f"{age} old{partly}"
    )
    held = [h for h in portfolio.holdings if h.total > 0 and h.currency != portfolio.reference]
    shown = [f"{plain(h.total)} {bare(h.currency, 20)}" for h in held[:rows]]
    if held:
        yield f"holdings: {', '.join(shown) or '-'}{_more(held, rows)}"


def _positions(positions: Sequence[MarkedPosition], now: datetime, rows: int) -> Iterator[str]:
    if not positions:
        yield "positions: none"
        return
    for marked in positions[:rows]:
        position, age = marked.position, marked.mark_age(now)
        yield (
            f"position {position.pair} {position.side} {plain(position.quantity)}, "
            f"entry {_number(position.entry_price)}, mark {_number(marked.mark_price)}"
            f"{'' if age is None else f' ({_age(age)} old)'}, "
            f"unrealised {_money(marked.unrealised_pnl)}, stop {_number(position.stop_price)}, "
            f"target {_number(position.take_profit_price)}"
        )
    if len(positions) > rows:
        yield f"positions{_more(positions, rows)}: get_positions"


def _orders(orders: Sequence[Order], rows: int) -> Iterator[str]:
    working = [order for order in orders if order.is_open]
    for order in working[:rows]:
        yield (
            f"working order {bare(order.id, 20)} {order.pair} {order.side.value} "
            f"{order.type.value} {plain(order.remaining)}, price {_number(order.price)}, "
            f"trigger {_number(order.stop_price)}"
        )
    if len(working) > rows:
        yield f"working orders{_more(working, rows)}: get_orders"


def _quotes(turn: Turn, now: datetime, rows: int) -> Iterator[str]:
    quotes = turn.store.get(TICKERS) or {}
    watched = [pair for pair in turn.store.get(WATCHLIST) or tuple(quotes) if pair in quotes]
    for pair in watched[:rows]:
        ticker = quotes[pair]
        yield (
            f"quote {pair} {plain(ticker.last)}, 24 h {_percent(ticker.change_24h)}, "
            f"{_age(ticker.age(now))} old"
        )


def _limits(gauges: Sequence[Gauge]) -> Iterator[str]:
    for gauge in gauges:
        if not gauge.enabled:
            yield f"limit {bare(gauge.name, 40)}: off"
            continue
        left = max(ZERO, gauge.limit - gauge.value)
        used = f"used {gauge_text(gauge, gauge.value)}, left {gauge_text(gauge, left)}"
        yield f"limit {bare(gauge.name, 40)}: {used}"


def gauge_text(gauge: Gauge, value: Decimal) -> str:
    """A figure of a limit in its unit."""
    if gauge.unit == "fraction":
        return _percent(value)
    return f"{plain(value.quantize(_CENT))}{'x' if gauge.unit == 'multiple' else ''}"


def _more(items: Sequence[object], rows: int) -> str:
    return f" and {len(items) - rows} more" if len(items) > rows else ""


def _money(value: Decimal | None) -> str:
    return "not known" if value is None else plain(value.quantize(_CENT))


def _percent(value: Decimal | None) -> str:
    return "not known" if value is None else f"{plain((value * 100).quantize(_CENT))} %"


def _number(value: Decimal | None) -> str:
    return "none" if value is None else plain(value.normalize())


def _age(seconds: float) -> str:
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 120 else f"{whole // 60} min"
