"""Looking at what is in the way of entries, at the room that is left, and at one order."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain.cards import OrdersCard, Reply, TableCard
from kit_tui.domain.events import FillRecorded
from kit_tui.domain.numbers import plain
from kit_tui.domain.risk import Gauge, TradingState
from kit_tui.domain.trust import FrozenPair
from kit_tui.risk.checks import LEVERAGE_LIMIT, OPEN_POSITION_LIMIT
from kit_tui.state.slices import RISK, TRUST
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.builder import OrderNotPossibleError

ROOM: Final = (OPEN_POSITION_LIMIT, "exposure", LEVERAGE_LIMIT)
CLEARS: Final = {
    "SYMBOL_FROZEN": "when the venue has said what became of the order",
    "MARKET_CLOSED": "when the venue trades it again",
}


class LimitCommands:
    """Frozen pairs and the room left; a part of the trading engine's commands."""

    @command("locks", effect=Effect.READS, private=True)
    async def locks(self, ctx: Context) -> Reply:
        """Pairs that take no entries now, and why the whole account may take none.

        A pair that was overfilled is let go of by `/clear PAIR`; the others free themselves.
        """
        report, trust = ctx.store.get(RISK), ctx.store.get(TRUST)
        lines: list[str] = []
        if report is not None and report.status.state is not TradingState.ACTIVE:
            lines.append(f"Trading is {report.status.state.value}: {report.status.reason}.")
        if trust is not None:
            told = (trust.keys_refused, trust.unreconciled)
            lines += [f"{reason.rstrip('.')}." for reason in told if reason]
        frozen = trust.frozen if trust is not None else ()
        if not frozen:
            return Reply(text="\n".join([*lines, "No pair is locked."]))
        rows = tuple(_lock(each) for each in frozen)
        card = TableCard(
            title="Locked pairs", columns=("pair", "since UTC", "why", "until"), rows=rows
        )
        many = f"{len(rows)} pairs are" if len(rows) > 1 else "One pair is"
        return Reply(text="\n".join([*lines, f"{many} locked."]), cards=(card,))

    @command("count", effect=Effect.READS, tool="get_room_left", private=True)
    async def count(self, ctx: Context) -> Reply:
        """How many positions are open of how many that may be, exposure and leverage."""
        report = ctx.store.get(RISK)
        if report is None:
            return Reply(text="The account is not valued yet.", ok=False)
        gauges = {gauge.name: gauge for gauge in report.gauges}
        rows = [_room(gauges[name]) for name in ROOM if name in gauges]
        rows += [
            ("resting orders", str(report.resting_orders), "–"),
            ("trades today", str(report.trades_today), "–"),
        ]
        number = gauges[OPEN_POSITION_LIMIT]
        card = TableCard(title="Room left", columns=("what", "now", "of"), rows=tuple(rows))
        limit = f" of {plain(number.limit)}" if number.enabled else ""
        return Reply(text=f"{plain(number.value)}{limit} positions open.", cards=(card,))


async def one_order(account: TradingAccount, name: str) -> Reply:
    """One order as it stands, with each of its fills, however old they are.

    Raises:
        OrderNotPossibleError: when this account has no such order.
        JournalError: when the journal cannot be read.
    """
    number = name.strip().lstrip("#")
    order = account.ledger.orders.get(number)
    if order is None or order.account != account.name:
        raise OrderNotPossibleError(f"There is no order {number[:20]} on this account.")
    found = await account.journal.find(f'"order_id":"{order.id}"')
    fills = {
        event.fill.key: event.fill
        for event in found
        if isinstance(event, FillRecorded) and event.fill.order_id == order.id
    }
    rows = tuple(
        (
            f"{fill.at:%m-%d %H:%M:%S}", plain(fill.quantity), reports.price_text(fill.price),
            f"{plain(fill.fee)} {fill.fee_currency}", "maker" if fill.is_maker else "taker",
        )
        for fill in fills.values()
        if fill.account == account.name
    )  # fmt: skip
    columns = ("time UTC", "quantity", "price", "fee", "as")
    table = TableCard(title=f"Fills of order {order.id}", columns=columns, rows=rows)
    text = (
        f"Order {order.id}: {reports.order_text(order, None)}, {order.status.value}, "
        f"{plain(order.filled)} of {plain(order.quantity)} {order.pair.base} filled. "
        f"/why {order.id} tells its story."
    )
    return Reply(
        text=text, cards=(OrdersCard((order,)), table) if rows else (OrdersCard((order,)),)
    )


def _lock(frozen: FrozenPair) -> tuple[str, str, str, str]:
    since = "–" if frozen.since is None else f"{frozen.since:%m-%d %H:%M}"
    return str(frozen.pair), since, frozen.reason, CLEARS.get(frozen.code, f"/clear {frozen.pair}")


def _room(gauge: Gauge) -> tuple[str, str, str]:
    limit = _figure(gauge, gauge.limit) if gauge.enabled else "no limit"
    return gauge.label, _figure(gauge, gauge.value), limit


def _figure(gauge: Gauge, value: Decimal) -> str:
    return reports.percent(value) if gauge.unit == "fraction" else reports.short_money(value)
