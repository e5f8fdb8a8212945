"""A portfolio and a day in words."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from kit_tui.domain.cards import TableCard
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.orders import Order
from kit_tui.domain.portfolio import Holding, Portfolio
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.risk import Gauge, RiskReport, TradingState
from kit_tui.skills import wording

NOT_YET = "The account was not read yet, so nothing is known of it. Try again in a few seconds."
LINES_SHOWN = 12


class DayBook(msgspec.Struct, frozen=True):
    """What a report sums up."""

    portfolio: Portfolio
    positions: tuple[MarkedPosition, ...]
    orders: tuple[Order, ...]
    risk: RiskReport | None
    now: datetime


def is_unread(portfolio: Portfolio) -> bool:
    """Whether no balance was ever read: a failed query is unknown, never an empty account."""
    return not portfolio.complete and not portfolio.holdings


def portfolio_text(portfolio: Portfolio, now: datetime, stale_after: float, small: Decimal) -> str:
    """Headline, one line per holding, largest first, and what is not known."""
    shown, rest = _split(portfolio.holdings, small)
    lines = [_headline(portfolio), "", *(_holding(each, portfolio) for each in shown)]
    if rest:
        worth = sum((each.value or ZERO for each in rest), ZERO)
        below = f"{wording.money(small)} {portfolio.reference}"
        lines.append(
            f"- {wording.count(len(rest), 'holding')} below {below} each: {wording.money(worth)}"
        )
    return "\n".join((*lines, "", _state(portfolio, now, stale_after)))


def balance_card(portfolio: Portfolio, small: Decimal) -> TableCard:
    """A line per coin, the largest first; what is worth less than `small` is left out."""
    rows = tuple(
        (
            each.currency, wording.amount(each.total), wording.amount(each.free),
            "no price" if each.value is None else f"{wording.money(each.value)}"
            f"{', old price' if each.stale else ''}",
            wording.percent(_share(each, portfolio), 1, sign=False),
        )
        for each in _split(portfolio.holdings, small)[0]
    )  # fmt: skip
    columns = ("coin", "total", "free", f"worth {portfolio.reference}", "share")
    return TableCard(title="Balance", columns=columns, rows=rows)


def balance_text(portfolio: Portfolio, now: datetime, stale_after: float, small: Decimal) -> str:
    """What all coins are worth together, and how many are left out of the table."""
    rest = _split(portfolio.holdings, small)[1]
    reference = portfolio.reference
    lines = [f"**Worth {wording.money(portfolio.equity, reference)}** together."]
    if rest:
        worth = sum((each.value or ZERO for each in rest), ZERO)
        lines.append(
            f"{wording.count(len(rest), 'coin')} below {wording.money(small)} {reference} each, "
            f"{wording.money(worth)} together: `/balance full`."
        )
    return "\n".join((*lines, _state(portfolio, now, stale_after)))


def report_text(book: DayBook, stale_after: float) -> str:
    """The good-morning summary; says "none" where there is nothing."""
    lines = [_headline(book.portfolio), ""]
    lines += _section("open position", [_position(each, book) for each in book.positions])
    lines += _section("resting order", [_order(each, book.now) for each in book.orders])
    lines += _limits(book.risk)
    return "\n".join((*lines, "", _state(book.portfolio, book.now, stale_after)))


def _headline(portfolio: Portfolio) -> str:
    reference = portfolio.reference
    complete = "" if portfolio.complete else " (partial)"
    day = (
        f"today {wording.gain(portfolio.day_pnl)} ({wording.percent(portfolio.day_fraction)})"
        if portfolio.day_start_equity > 0
        else f"today {wording.MISSING} (the day has no first equity yet)"
    )
    return (
        f"**Equity {wording.money(portfolio.equity, reference)}**{complete}, "
        f"cash {wording.money(portfolio.cash)}, {day}, "
        f"drawdown {wording.percent(portfolio.drawdown, sign=False)} from the peak."
    )


def _split(holdings: tuple[Holding, ...], small: Decimal) -> tuple[list[Holding], list[Holding]]:
    """Those with a line of their own, largest first (unpriced last), and the small ones."""
    ordered = sorted(holdings, key=lambda each: (each.value is None, -(each.value or ZERO)))
    held = [each for each in ordered if each.total != 0]
    little = [each for each in held if each.value is not None and abs(each.value) < small]
    return [each for each in held if each not in little], little


def _holding(holding: Holding, portfolio: Portfolio) -> str:
    locked = holding.total - holding.free
    text = f"- {holding.currency} {wording.amount(holding.total)}"
    if locked > 0:
        text += f" ({wording.amount(locked)} locked)"
    if holding.value is None:
        return f"{text}: no price, not in the equity ({holding.venue})"
    share = _share(holding, portfolio)
    worth = f"{wording.money(holding.value)}, {wording.percent(share, 1, sign=False)}"
    stale = ", old price" if holding.stale else ""
    return f"{text}: {worth} ({holding.venue}{stale})"


def _share(holding: Holding, portfolio: Portfolio) -> Decimal | None:
    if holding.value is None or portfolio.equity <= 0:
        return None
    return holding.value / portfolio.equity


def _position(marked: MarkedPosition, book: DayBook) -> str:
    position, quote = marked.position, marked.position.pair.quote
    entry = wording.MISSING if position.entry_price is None else _rounded(position.entry_price)
    text = (
        f"{position.pair} {position.side} {wording.amount(position.quantity)} at {entry}: "
        f"{wording.gain(marked.unrealised_pnl, quote)} "
        f"({wording.percent(marked.unrealised_fraction)})"
    )
    if position.stop_price is None:
        return f"{text}, no stop"
    distance = (
        wording.percent(abs(position.stop_price / marked.mark_price - 1), sign=False)
        if marked.mark_price is not None
        else wording.MISSING
    )
    return f"{text}, stop {wording.price(position.stop_price.normalize())} ({distance} away)"


def _rounded(price: Decimal) -> str:
    """An average price with six significant digits, at least two decimals."""
    places = max(2, 5 - price.adjusted())
    return wording.grouped(price, places)


def _order(order: Order, now: datetime) -> str:
    at = order.price or order.stop_price
    where = "" if at is None else f" at {wording.price(at.normalize())}"
    age = wording.span((now - order.created_at).total_seconds())
    kind = order.type.value.replace("_", " ")
    waiting = "outcome unknown" if order.status.value == "unknown" else f"{age} old"
    what = f"{order.side.value} {wording.amount(order.remaining)} {kind}{where}"
    return f"{order.pair} {what}, {waiting}"


def _limits(risk: RiskReport | None) -> list[str]:
    if risk is None:
        return [f"- **Limits** {wording.MISSING} not known yet"]
    used = [_gauge(each) for each in risk.gauges]
    lines = [f"- **Limits** {'; '.join(used) or 'none set'}"]
    if risk.status.state is not TradingState.ACTIVE:
        why = f": {risk.status.reason}" if risk.status.reason else ""
        lines.append(f"- **Trading is {risk.status.state.value}**{why}")
    if risk.last_breach:
        lines.append(f"- Last refusal: {risk.last_breach}")
    return lines


def _gauge(gauge: Gauge) -> str:
    if not gauge.enabled:
        return f"{gauge.label} off"
    if gauge.unit == "fraction":
        value = wording.percent(gauge.value, sign=False)
        return f"{gauge.label} {value} of {wording.percent(gauge.limit, 0, sign=False)}"
    mark = "×" if gauge.unit == "multiple" else ""
    value = wording.grouped(gauge.value, 0 if gauge.unit == "count" else 2)
    return f"{gauge.label} {value}{mark} of {wording.amount(gauge.limit)}{mark}"


def _section(name: str, entries: list[str]) -> list[str]:
    if not entries:
        return [f"- **No {name}s**"]
    lines = [f"- **{wording.count(len(entries), name)}**"]
    lines += [f"  - {entry}" for entry in entries[:LINES_SHOWN]]
    if len(entries) > LINES_SHOWN:
        lines.append(f"  - and {len(entries) - LINES_SHOWN} more")
    return lines


def _state(portfolio: Portfolio, now: datetime, stale_after: float) -> str:
    """Account, age, and what is unpriced, old or partial."""
    age = (now - portfolio.as_of).total_seconds()
    parts = [f"Account {portfolio.account}, read {wording.span(age)} ago"]
    if age > stale_after:
        parts.append("which is old")
    unpriced = [each.currency for each in portfolio.holdings if each.value is None and each.total]
    if unpriced:
        parts.append(f"no price for {', '.join(unpriced)}")
    if any(each.stale for each in portfolio.holdings):
        parts.append("some prices are old")
    if not portfolio.complete:
        parts.append("equity is partial: new entries wait until it is whole")
    return f"{'; '.join(parts)}."
