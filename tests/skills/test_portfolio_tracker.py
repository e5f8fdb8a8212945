"""The portfolio in words: whole, partial, old, unpriced, empty."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec

from kit_tui.domain.cards import OrdersCard, PortfolioCard, PositionsCard, Reply, RiskCard
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Holding, Portfolio
from kit_tui.domain.position import MarkedPosition, Position
from kit_tui.domain.risk import Gauge, RiskReport, TradingState, TradingStatus
from kit_tui.skills.portfolio_tracker import PortfolioTracker
from kit_tui.state.slices import ORDERS, PORTFOLIO, POSITIONS, RISK
from tests.skills.context import Bench
from tests.support.clock import EPOCH

BTC = Pair("BTC/USDT")
D = Decimal


def held(currency: str, total: str, value: str | None, free: str | None = None) -> Holding:
    return Holding(
        currency=currency, venue="paper", total=D(total), free=D(free or total),
        price=None, value=None if value is None else D(value),
    )  # fmt: skip


WHOLE = Portfolio(
    account="paper", reference="USDT", equity=D("9986.126"), cash=D("9486.126"),
    holdings=(held("BTC", "0.0074", "500", free="0.0054"), held("USDT", "9486.126", "9486.126")),
    day_start_equity=D(10_000), peak_equity=D("10086.9959"), as_of=EPOCH - timedelta(seconds=3),
)  # fmt: skip
POSITION = Position(
    pair=BTC, venue="paper", account="paper", signed_quantity=D("0.0074"), cost=D(495),
    stop_price=Price("65000.0"),
)  # fmt: skip
MARKED = MarkedPosition(position=POSITION, mark_price=Price(67_567), mark_at=EPOCH)
ORDER = Order(
    id="7", client_id="c7", venue="paper", account="paper", mode=Mode.PAPER, pair=BTC,
    side=Side.BUY, type=OrderType.LIMIT, quantity=Quantity("0.002"), price=Price("60000.00"),
    status=OrderStatus.ACCEPTED, created_at=EPOCH - timedelta(minutes=5), updated_at=EPOCH,
)  # fmt: skip
RISKS = RiskReport(
    status=TradingStatus(state=TradingState.HALTED, reason="daily loss"),
    gauges=(
        Gauge(name="d", label="daily loss", unit="fraction", value=D("0.004"), limit=D("0.05")),
        Gauge(name="o", label="positions", unit="count", value=D(1), limit=D(5)),
        Gauge(name="l", label="leverage", unit="multiple", value=D("0.05"), limit=D(3)),
        Gauge(
            name="x", label="drawdown", unit="fraction", value=D(0), limit=D(1), enabled=False
        ),
    ),
    as_of=EPOCH,
)  # fmt: skip


async def portfolio(value: Portfolio | None) -> Reply:
    ctx = Bench()
    if value is not None:
        ctx.store.publish(PORTFOLIO, value)
    return await PortfolioTracker().portfolio(ctx)


async def test_a_portfolio_never_read_is_unknown_and_not_empty() -> None:
    reply = await portfolio(None)
    assert not reply.ok
    assert "nothing is known" in reply.text
    assert not reply.cards


async def test_a_query_that_failed_from_the_start_is_unknown_and_not_empty() -> None:
    nothing = msgspec.structs.replace(WHOLE, equity=D(0), cash=D(0), holdings=(), complete=False)
    assert "nothing is known" in (await portfolio(nothing)).text
    emptied = msgspec.structs.replace(nothing, complete=True)
    assert "Equity 0.00 USDT" in (await portfolio(emptied)).text


async def test_a_whole_portfolio_reads_in_four_lines() -> None:
    reply = await portfolio(WHOLE)
    assert reply.cards == (PortfolioCard(WHOLE),)
    assert reply.text.splitlines() == [
        "**Equity 9,986.12 USDT**, cash 9,486.12, today −13.88 (−0.14%), "
        "drawdown 1.00% from the peak.",
        "",
        "- USDT 9,486.126: 9,486.12, 95.0% (paper)",
        "- BTC 0.0074 (0.002 locked): 500.00, 5.0% (paper)",
        "",
        "Account paper, read 3 s ago.",
    ]


async def test_money_is_never_rounded_up() -> None:
    assert "9,986.12 USDT" in (await portfolio(WHOLE)).text


async def test_an_unpriced_holding_is_listed_and_never_zero() -> None:
    odd = msgspec.structs.replace(
        WHOLE, holdings=(*WHOLE.holdings, held("XYZ", "12", None)), complete=False
    )
    text = (await portfolio(odd)).text
    assert "- XYZ 12: no price, not in the equity (paper)" in text
    assert "no price for XYZ" in text
    assert "(partial)" in text
    assert "new entries wait" in text


async def test_an_old_snapshot_and_old_prices_are_flagged() -> None:
    stale = msgspec.structs.replace(WHOLE.holdings[0], stale=True)
    old = msgspec.structs.replace(
        WHOLE, as_of=EPOCH - timedelta(minutes=7), holdings=(stale, WHOLE.holdings[1])
    )
    text = (await portfolio(old)).text
    assert "read 7 min ago; which is old; some prices are old" in text
    assert "old price" in text


async def test_small_holdings_share_one_line_and_empty_ones_none() -> None:
    many = msgspec.structs.replace(
        WHOLE, holdings=(*WHOLE.holdings, held("A", "1", "0.20"), held("B", "1", "0.30"),
                         held("C", "0", "0")),
    )  # fmt: skip
    text = (await portfolio(many)).text
    assert "- 2 holdings below 1.00 USDT each: 0.50" in text
    assert "- C " not in text


async def test_a_day_without_first_equity_has_no_profit_yet() -> None:
    young = msgspec.structs.replace(WHOLE, day_start_equity=D(0))
    assert "today – (the day has no first equity yet)" in (await portfolio(young)).text


async def test_the_report_has_positions_orders_limits_and_age() -> None:
    ctx = Bench()
    done = msgspec.structs.replace(ORDER, id="8", status=OrderStatus.FILLED)
    ctx.store.publish(PORTFOLIO, WHOLE)
    ctx.store.publish(POSITIONS, (MARKED,))
    ctx.store.publish(ORDERS, (ORDER, done))
    ctx.store.publish(RISK, RISKS)
    reply = await PortfolioTracker().report(ctx)
    lines = reply.text.splitlines()
    assert lines[2:] == [
        "- **1 open position**",
        "  - BTC/USDT long 0.0074 at 66,891.89: +4.99 USDT (+1.01%), stop 65,000.00 (3.80% away)",
        "- **1 resting order**",
        "  - BTC/USDT buy 0.002 limit at 60,000.00, 5 min old",
        "- **Limits** daily loss 0.40% of 5%; positions 1 of 5; leverage 0.05× of 3×; drawdown off",
        "- **Trading is halted**: daily loss",
        "",
        "Account paper, read 3 s ago.",
    ]
    kinds = [PortfolioCard, PositionsCard, OrdersCard, RiskCard]
    assert [type(card) for card in reply.cards] == kinds


async def test_the_report_of_an_idle_account_says_none() -> None:
    ctx = Bench()
    ctx.store.publish(PORTFOLIO, WHOLE)
    text = (await PortfolioTracker().report(ctx)).text
    assert "- **No open positions**" in text
    assert "- **No resting orders**" in text
    assert "- **Limits** – not known yet" in text


async def test_a_position_without_mark_or_stop_shows_what_is_missing() -> None:
    ctx = Bench()
    ctx.store.publish(PORTFOLIO, WHOLE)
    bare = msgspec.structs.replace(POSITION, stop_price=None, cost_known=False)
    ctx.store.publish(POSITIONS, (MarkedPosition(position=bare, mark_price=None, mark_at=None),))
    text = (await PortfolioTracker().report(ctx)).text
    assert "BTC/USDT long 0.0074 at –: – (–), no stop" in text
