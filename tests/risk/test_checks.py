"""Each check at its boundary, and what exits are spared."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import Check, TradingState, Verdict
from kit_tui.domain.trust import Barrier
from kit_tui.risk.manager import LIMITS, RiskManager
from kit_tui.risk.report import risk_report
from kit_tui.settings.model import RiskSettings
from tests.risk.pictures import (
    BTC,
    ETH,
    draft,
    held,
    market,
    picture,
    portfolio,
    status,
    ticker,
    working,
)

SETTINGS = RiskSettings()
MANAGER = RiskManager(SETTINGS)


def failed(verdict: Verdict) -> set[str]:
    return {check.code for check in verdict.failed}


def check(verdict: Verdict, name: str) -> Check:
    return next(c for c in verdict.checks if c.name == name)


def test_a_small_purchase_passes_and_every_check_is_listed() -> None:
    verdict = MANAGER.check(draft(), picture())
    assert verdict.passed
    assert [c.name for c in verdict.checks] == [
        "tradingState", "symbolFrozen", "marketActive", "priceFresh", "priceBand",
        "quantityBounds", "notionalBounds", "portfolioComplete", "maxPositionSize",
        "openPositionLimit", "leverageLimit", "dailyLossLimit", "drawdown", "freeBalance",
    ]  # fmt: skip


def test_position_size_exactly_at_the_limit_passes_and_a_cent_more_does_not() -> None:
    assert MANAGER.check(draft("1000"), picture()).passed
    verdict = MANAGER.check(draft("1000.01"), picture())
    assert failed(verdict) == {"MAX_POSITION_SIZE"}
    size = check(verdict, "maxPositionSize")
    assert size.limit == Decimal("0.10")
    assert size.value == 0
    assert size.after == Decimal("0.100001")


def test_position_size_counts_what_is_held_and_what_is_working() -> None:
    seen = picture(
        positions=(held(BTC, "0.01", "50000"),), working=(working(BTC, "0.008", "50000"),)
    )
    assert MANAGER.check(draft("100"), seen).passed
    assert failed(MANAGER.check(draft("101"), seen)) == {"MAX_POSITION_SIZE"}


def test_the_sixth_position_is_refused_but_adding_to_one_is_not() -> None:
    five = tuple(held(Pair(f"{name}/USDT"), "1", "10") for name in ("A", "B", "C", "D"))
    full = picture(positions=five, working=(working(ETH, "0.1", "1000"),))
    verdict = MANAGER.check(draft(), full)
    assert failed(verdict) == {"OPEN_POSITION_LIMIT"}
    assert verdict.largest_passing == 0
    also = picture(positions=(*five, held(BTC, "0.001", "50000")))
    assert MANAGER.check(draft(), also).passed


def test_leverage_counts_gross_exposure_against_equity() -> None:
    manager = RiskManager(RiskSettings(max_position_size=Decimal(1), leverage_limit=Decimal(1)))
    seen = picture(positions=(held(ETH, "9", "1000"),))
    assert manager.check(draft("1000"), seen).passed
    assert failed(manager.check(draft("1000.5"), seen)) == {"LEVERAGE_LIMIT"}


@pytest.mark.parametrize(("equity", "passes"), [("9501", True), ("9500", False), ("9400", False)])
def test_reaching_the_daily_loss_refuses_entries(equity: str, passes: bool) -> None:
    seen = picture(portfolio=portfolio(equity, start="10000", peak="10000"))
    verdict = MANAGER.check(draft("10"), seen)
    assert ("DAILY_LOSS_LIMIT" not in failed(verdict)) is passes


@pytest.mark.parametrize(("equity", "passes"), [("9001", True), ("9000", False)])
def test_reaching_the_drawdown_refuses_entries(equity: str, passes: bool) -> None:
    seen = picture(portfolio=portfolio(equity, peak="10000"))
    assert ("DRAWDOWN_LIMIT" not in failed(MANAGER.check(draft("10"), seen))) is passes


def test_a_check_left_out_is_off_and_says_so() -> None:
    manager = RiskManager(RiskSettings(checks=("dailyLossLimit",)))
    verdict = manager.check(draft("5000"), picture())
    assert verdict.passed
    assert check(verdict, "maxPositionSize").detail == "off"
    report = risk_report(picture(), RiskSettings(checks=("dailyLossLimit",)))
    enabled = {gauge.name: gauge.enabled for gauge in report.gauges}
    assert enabled["maxPositionSize"] is False
    assert enabled["dailyLossLimit"] is True


def test_the_gauges_count_as_the_checks_do() -> None:
    seen = picture(
        positions=(held(BTC, "0.01", "50000"),),
        working=(working(ETH, "0.2", "1000"),),
        portfolio=portfolio("10000", free="9300", start="10100", peak="10200"),
    )
    verdict = MANAGER.check(draft("100"), seen)
    for gauge in risk_report(seen, SETTINGS).gauges:
        if gauge.name in {*LIMITS} - {"maxPositionSize"}:
            assert gauge.value == check(verdict, gauge.name).value, gauge.name
            assert gauge.limit == check(verdict, gauge.name).limit, gauge.name


@pytest.mark.parametrize("age", [31, 3600])
def test_an_old_price_refuses(age: float) -> None:
    assert "PRICE_STALE" in failed(MANAGER.check(draft(), picture(ticker=ticker(age=age))))
    assert MANAGER.check(draft(), picture(ticker=ticker(age=30))).passed


def test_no_price_no_market_no_portfolio_no_order() -> None:
    assert "PRICE_STALE" in failed(MANAGER.check(draft(), picture(ticker=None)))
    assert "INSTRUMENT_NOT_FOUND" in failed(MANAGER.check(draft(), picture(market=None)))
    closed = picture(market=market(active=False))
    assert "MARKET_CLOSED" in failed(MANAGER.check(draft(), closed))
    assert "PORTFOLIO_INCOMPLETE" in failed(MANAGER.check(draft(), picture(portfolio=None)))
    partial = picture(portfolio=portfolio(complete=False))
    verdict = MANAGER.check(draft(), partial)
    assert failed(verdict) == {"PORTFOLIO_INCOMPLETE"}
    assert verdict.largest_passing is None


def test_an_unpriced_quote_currency_refuses() -> None:
    assert "PORTFOLIO_INCOMPLETE" in failed(MANAGER.check(draft(), picture(rates={})))


def limit_order(price: str, side: Side = Side.BUY) -> Verdict:
    made = draft("10", side=side, price=price, slippage="0")
    made = msgspec.structs.replace(made, type=OrderType.LIMIT, price=Price(price))
    seen = picture(
        positions=(held(BTC, "1", "50000"),) if side is Side.SELL else (),
        portfolio=portfolio(coins="1"),
    )
    return MANAGER.check(made, seen)


def test_only_a_price_on_the_costly_side_is_a_slip_of_the_finger() -> None:
    assert "PRICE_OUT_OF_BAND" in failed(limit_order("52501"))
    assert limit_order("52500").passed
    assert limit_order("20000").passed
    assert "PRICE_OUT_OF_BAND" in failed(limit_order("47499", Side.SELL))
    assert limit_order("90000", Side.SELL).passed


def test_venue_bounds_have_codes_of_their_own() -> None:
    small = market(max_quantity=Decimal("0.01"), max_notional=Decimal(400))
    assert failed(MANAGER.check(draft("4"), picture())) == {"NOTIONAL_BELOW_MINIMUM"}
    big = failed(MANAGER.check(draft("600"), picture(market=small)))
    assert big == {"QUANTITY_EXCEEDS_MAXIMUM", "NOTIONAL_EXCEEDS_MAXIMUM"}


def test_cash_must_cover_the_worst_price_and_the_fee() -> None:
    seen = picture(portfolio=portfolio("10000", free="100.60"))
    assert MANAGER.check(draft("100"), seen).passed is False
    enough = picture(portfolio=portfolio("10000", free="100.6005"))
    assert MANAGER.check(draft("100"), enough).passed


def test_an_unknown_order_freezes_its_pair_for_entries_only() -> None:
    frozen = picture(
        frozen=frozenset({BTC}), positions=(held(BTC, "0.01", "50000"),),
        portfolio=portfolio(coins="0.01"),
    )  # fmt: skip
    assert failed(MANAGER.check(draft("10"), frozen)) == {"SYMBOL_FROZEN"}
    assert MANAGER.check(draft("10", side=Side.SELL), frozen).passed


@pytest.mark.parametrize("state", [TradingState.HALTED, TradingState.REDUCING])
def test_restricted_trading_lets_only_true_exits_pass(state: TradingState) -> None:
    seen = picture(
        status=status(state), positions=(held(BTC, "0.01", "50000"),),
        portfolio=portfolio("5000", start="10000", peak="10000", coins="1", complete=False),
    )  # fmt: skip
    assert MANAGER.check(draft("500", side=Side.SELL), seen).passed
    flip = failed(MANAGER.check(draft("501", side=Side.SELL), seen))
    assert flip & {"TRADING_HALTED", "TRADING_STATE_REDUCING"}
    entry = MANAGER.check(draft("10"), seen)
    assert entry.failed[0].name == "tradingState"
    assert entry.largest_passing is None


def test_calling_an_order_reduce_only_does_not_make_it_an_exit() -> None:
    seen = picture(status=status(TradingState.REDUCING))
    assert "TRADING_STATE_REDUCING" in failed(MANAGER.check(draft(reduce_only=True), seen))


def test_exits_skip_limits_but_never_validity() -> None:
    seen = picture(positions=(held(BTC, "1", "50000"),), portfolio=portfolio(coins="1"))
    exit_order = MANAGER.check(draft("40000", side=Side.SELL), seen)
    assert exit_order.passed
    assert not {c.name for c in exit_order.checks} & set(LIMITS)
    stale = picture(positions=seen.positions, portfolio=seen.portfolio, ticker=ticker(age=99))
    assert "PRICE_STALE" in failed(MANAGER.check(draft("10", side=Side.SELL), stale))


def test_barriers_refuse_entries_where_they_stand_and_never_exits() -> None:
    seen = picture(
        barriers=(
            Barrier(code="KEYS_REFUSED", detail="the venue refused the keys"),
            Barrier(code="OVERFILLED", detail="", pair=ETH),
            Barrier(code="MARKET_CLOSED", detail="", pair=BTC),
        ),
        positions=(held(BTC, "0.01", "50000"),), portfolio=portfolio(coins="0.01"),
    )  # fmt: skip
    assert failed(MANAGER.check(draft("10"), seen)) == {"KEYS_REFUSED", "MARKET_CLOSED"}
    assert MANAGER.check(draft("10", side=Side.SELL), seen).passed


def test_two_reasons_in_the_same_words_are_said_once() -> None:
    down = "binance did not answer in time or cannot be reached."
    codes = ("VENUE_DEGRADED", "NOT_RECONCILED")
    seen = picture(barriers=tuple(Barrier(code=code, detail=down) for code in codes))
    barred = [c for c in MANAGER.check(draft("10"), seen).checks if c.name == "entriesOpen"]
    assert [check.detail for check in barred] == [down]


def test_dust_takes_no_place_among_open_positions() -> None:
    pairs = [Pair(f"C{number}/USDT") for number in range(5)]
    full = tuple(held(pair, "1", "1") for pair in pairs)
    assert "OPEN_POSITION_LIMIT" in failed(MANAGER.check(draft("10"), picture(positions=full)))
    dust = (*full[:4], msgspec.structs.replace(full[4], dust=True))
    assert MANAGER.check(draft("10"), picture(positions=dust)).passed
