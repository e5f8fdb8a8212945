"""Puts the newest snapshots of an account's trading into its store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from kit_tui.domain.events import PLAN, OrderRefused
from kit_tui.domain.orders import Order
from kit_tui.domain.periods import zone_named
from kit_tui.domain.risk import TradingStatus
from kit_tui.risk.report import risk_report
from kit_tui.state.slices import (
    APPROVALS,
    FILLS,
    NOTICES,
    ORDERS,
    PORTFOLIO,
    POSITIONS,
    RISK,
    TRUST,
    Notice,
)
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.reports import check_text
from kit_tui.trading.valuation import Valuation

REDUCE_PLAN = PLAN
ENDED_SHOWN = 200
FILLS_SHOWN = 200


class Publisher:
    """Publishes what changed; an equal snapshot is not announced twice by the store."""

    def __init__(self, account: TradingAccount, valuation: Valuation) -> None:
        self._account = account
        self._valuation = valuation

    def publish(self, status: TradingStatus) -> None:
        """All of an account's trading slices, from the ledger and the newest valuation."""
        account, store, ledger = self._account, self._account.store, self._account.ledger
        valuation = self._valuation
        if valuation.portfolio is not None:
            store.publish(PORTFOLIO, valuation.portfolio)
        store.publish(POSITIONS, valuation.positions)
        store.publish(ORDERS, open_first(ledger.orders, account.all_open_orders(), account.name))
        fills = (fill for fill in reversed(ledger.fills) if fill.account == account.name)
        store.publish(FILLS, tuple(islice(fills, FILLS_SHOWN)))
        mine = (t for t in ledger.pending_tickets() if t.order.account == account.name)
        store.publish(APPROVALS, tuple(mine))
        store.publish(
            NOTICES,
            tuple(
                Notice(at=n.at, kind=n.kind, text=n.text)
                for n in ledger.notices
                if n.account in ("", account.name) and n.kind != REDUCE_PLAN
            ),
        )
        store.publish(TRUST, account.trust.snapshot())
        self._publish_risk(status)

    def _publish_risk(self, status: TradingStatus) -> None:
        account = self._account
        refused = self._last_refusal()
        picture = self._valuation.picture(status, None, None)
        report = risk_report(
            picture,
            account.settings.risk_manager,
            trades_today=account.book.trades_today,
            day_resets_at=next_day(account.clock.now(), account.settings.timezone),
            last_breach=_breach_text(refused) if refused is not None else "",
            last_breach_at=refused.at if refused is not None else None,
        )
        account.store.publish(RISK, report)

    def _last_refusal(self) -> OrderRefused | None:
        refusals = reversed(self._account.ledger.refusals)
        return next((r for r in refusals if r.account == self._account.name), None)


def _breach_text(refused: OrderRefused) -> str:
    failed = refused.verdict.failed
    return f"{check_text(failed[0])} ({refused.pair}, refused)" if failed else "refused"


def open_first(
    orders: dict[str, Order], working: Sequence[Order], account: str
) -> tuple[Order, ...]:
    """Working orders, then those that ended; the newest of each first.

    The ledger keeps orders in the sequence they were submitted.
    """
    ended = (o for o in reversed(orders.values()) if o.account == account and not o.is_open)
    return (*reversed(working), *islice(ended, ENDED_SHOWN))


def local_day(now: datetime, timezone: str) -> str:
    """The trading day: the local date as YYYY-MM-DD."""
    return now.astimezone(zone_named(timezone)).date().isoformat()


def next_day(now: datetime, timezone: str) -> datetime:
    """When the next trading day begins."""
    zone = zone_named(timezone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).astimezone(UTC)
