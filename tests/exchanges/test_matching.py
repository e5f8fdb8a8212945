"""The pure rules of fills: never better than the market allows, and exactly on tick."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import Price, Quantity, floor_to_step
from kit_tui.domain.orders import Side
from kit_tui.exchanges.matching import Bar, Matcher, Quote, Terms, quote_from, sane_bars
from tests.exchanges.scripted import BTC, RULES
from tests.support.clock import EPOCH

MATCHER = Matcher(RULES[BTC])
QUOTE = Quote(bid=Price("99.99"), ask=Price("100.01"), last=Price("100"))
SIDES = st.sampled_from(Side)
CENTS = st.integers(min_value=1, max_value=20_000).map(lambda n: Price(Decimal(n) / 100))
LOTS = st.integers(min_value=1, max_value=200_000).map(lambda n: Quantity(Decimal(n) / 10_000))
THIN = Quote(
    bid=Price("99.99"), ask=Price("100.01"), last=Price("100"), level_volume=Decimal("0.5")
)


def bar(opening: str, high: str, low: str, close: str, volume: str | None = None) -> Bar:
    return Bar(
        from_ms=0, at_ms=60_000, open=Decimal(opening), high=Decimal(high), low=Decimal(low),
        close=Decimal(close), volume=None if volume is None else Decimal(volume),
    )  # fmt: skip


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    prices = sorted(draw(CENTS) for _ in range(4))
    opening, close = draw(st.permutations(prices[1:3]))
    return Bar(from_ms=0, at_ms=1, open=opening, high=prices[3], low=prices[0], close=close)


def test_a_market_order_pays_the_far_touch_and_the_slippage() -> None:
    (bought,) = MATCHER.market_order(Side.BUY, Quantity(1), QUOTE)
    (sold,) = MATCHER.market_order(Side.SELL, Quantity(1), QUOTE)
    assert bought.price == Price("100.07")  # 100.01 x 1.0005 = 100.060005, up to the tick
    assert sold.price == Price("99.94")  # 99.99 x 0.9995 = 99.940005, down to the tick


def test_a_large_market_order_walks_levels_and_leaves_what_ten_cannot_fill() -> None:
    found = MATCHER.market_order(Side.BUY, Quantity("1.2"), THIN)
    assert [execution.quantity for execution in found] == [
        Decimal("0.5"),
        Decimal("0.5"),
        Decimal("0.2"),
    ]
    assert found[0].price < found[1].price < found[2].price
    most = MATCHER.market_order(Side.BUY, Quantity(50), THIN)
    assert sum(execution.quantity for execution in most) == 5


@given(side=SIDES, quantity=LOTS, bid=CENTS, spread=st.integers(0, 50), thin=LOTS)
def test_market_fills_are_never_better_than_the_touch(
    side: Side, quantity: Quantity, bid: Price, spread: int, thin: Quantity
) -> None:
    ask = Price(bid + Decimal(spread) / 100)
    found = MATCHER.market_order(
        side, quantity, Quote(bid=bid, ask=ask, last=bid, level_volume=thin)
    )
    assert found
    assert sum(execution.quantity for execution in found) <= quantity
    for execution in found:
        assert execution.price >= ask if side is Side.BUY else execution.price <= bid
        assert floor_to_step(execution.price, Decimal("0.01")) == execution.price
        assert not execution.is_maker


@given(side=SIDES, quantity=LOTS, limit=CENTS, bid=CENTS, thin=st.none() | LOTS)
def test_a_limit_order_never_trades_beyond_its_limit(
    side: Side, quantity: Quantity, limit: Price, bid: Price, thin: Quantity | None
) -> None:
    quote = Quote(bid=bid, ask=Price(bid + Decimal("0.02")), last=bid, level_volume=thin)
    found = MATCHER.limit_order(side, quantity, limit, quote)
    marketable = limit >= quote.ask if side is Side.BUY else limit <= quote.bid
    assert bool(found) == marketable
    for execution in found:
        assert execution.price <= limit if side is Side.BUY else execution.price >= limit
    if found:
        assert found[0].price == (quote.ask if side is Side.BUY else quote.bid)


@given(side=SIDES, quantity=LOTS, limit=CENTS, seen=bars())
def test_a_resting_limit_fills_at_its_price_only_when_traded_through(
    side: Side, quantity: Quantity, limit: Price, seen: Bar
) -> None:
    found = MATCHER.resting(side, quantity, limit, seen)
    through = seen.low < limit if side is Side.BUY else seen.high > limit
    assert (found is not None) == through
    if found is not None:
        assert (found.price, found.quantity, found.is_maker) == (limit, quantity, True)


def test_a_touch_of_the_limit_is_not_a_fill() -> None:
    assert MATCHER.resting(Side.BUY, Quantity(1), Price(99), bar("100", "101", "99", "100")) is None


def test_a_resting_order_gets_its_share_of_what_traded() -> None:
    found = MATCHER.resting(Side.BUY, Quantity(10), Price(99), bar("100", "100", "98", "98", "8"))
    assert found is not None
    assert found.quantity == 2  # a quarter of 8
    nothing = bar("100", "100", "98", "98", "0")
    assert MATCHER.resting(Side.BUY, Quantity(10), Price(99), nothing) is None


@given(side=SIDES, stop=CENTS, seen=bars())
def test_a_stop_fills_inside_the_bar_and_no_better_than_its_price(
    side: Side, stop: Price, seen: Bar
) -> None:
    found = MATCHER.stop(side, Quantity(1), stop, seen)
    touched = seen.low <= stop if side is Side.SELL else seen.high >= stop
    assert (found is not None) == touched
    if found is None:
        return
    assert seen.low <= found.price <= seen.high
    worse = min(stop, seen.open) if side is Side.SELL else max(stop, seen.open)
    if side is Side.SELL:
        assert found.price <= max(worse, seen.low)
    else:
        assert found.price >= min(worse, seen.high)


def test_a_gap_fills_a_stop_where_the_market_reopened() -> None:
    found = MATCHER.stop(Side.SELL, Quantity(1), Price(95), bar("90", "91", "85", "88"))
    assert found is not None
    assert found.price == Price("89.95")  # the opening at 90, not the stop at 95, less slippage


def test_a_quote_without_bid_and_ask_gets_a_spread_around_the_last_price() -> None:
    ticker = Ticker(
        pair=BTC, venue="v", last=Price(100), volume_24h=Decimal(1440), received_at=EPOCH
    )
    quote = quote_from(ticker, RULES[BTC], Terms())
    assert (quote.bid, quote.ask, quote.level_volume) == (
        Price("99.99"),
        Price("100.01"),
        Decimal(1),
    )


def test_a_single_absurd_print_does_not_reach_any_order() -> None:
    wick = bar("100", "101", "1", "100")
    assert sane_bars([wick], Decimal(100), Terms())[0].low == 100
    lost = bar("2", "2", "2", "2")
    assert sane_bars([lost, bar("100", "101", "99", "100")], Decimal(100), Terms())[0].low == 99
    crash = bar("40", "41", "39", "40")
    assert sane_bars([crash, crash], Decimal(100), Terms())[0] == crash
