"""Data one should not believe, and markets that close: F21 to F25."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from kit_tui.domain.cards import AnalysisCard
from kit_tui.domain.orders import OrderStatus
from kit_tui.domain.risk import TradingState
from kit_tui.state.slices import CONNECTIONS, PORTFOLIO, POSITIONS, TICKERS
from tests.faults.bench import BTC, ETH, FaultBench
from tests.faults.proof import (
    changes,
    has_only_its_own,
    is_the_same_after_a_restart,
    restarted,
    trust,
    working,
)

S = OrderStatus
D = Decimal
TOLD_ONCE = 2  # in the conversation and among the notices
MINUTE, HOUR = 60_000, 3_600_000
Rows = list[list[Any]]


def rows(newest: int, step: int, count: int = 300) -> Rows:
    """Klines as Binance sends them, of a price that goes up and down."""
    return [
        [at, "67000", "67100", "66900", str(67_000 + at // step * 37 % 91), "10", at + step - 1,
         "0", 10, "0", "0", "0"]
        for at in range(newest - (count - 1) * step, newest + 1, step)
    ]  # fmt: skip


def newest(bench: FaultBench, step: int) -> int:
    return bench.server.now_ms() // step * step


def venue_line(bench: FaultBench) -> tuple[str, str]:
    shown = bench.desk.store.get(CONNECTIONS) or ()
    return next((c.state, c.detail) for c in shown if c.kind == "venue")


async def analysed(bench: FaultBench, frame: str = "1h") -> AnalysisCard:
    reply = (await bench.say(f"analyse BTC on {frame}")).reply
    (card,) = reply.cards
    assert isinstance(card, AnalysisCard)
    return card


# -- F21 -----------------------------------------------------------------------------------------


async def test_f21_candles_stop_and_no_signal_comes_of_them(bench: FaultBench) -> None:
    """Trades go on, candles do not: said on the connection, and no bias is made of them."""
    server = bench.server
    server.markets["BTCUSDT"].klines = rows(newest(bench, MINUTE), MINUTE)
    await bench.account.market.watch_chart(BTC, "1m")
    await bench.poll()
    assert venue_line(bench) == ("up", "")
    for step in range(10):
        server.set_price("BTCUSDT", str(67_013 + step))
        await bench.poll(60)
    state, detail = venue_line(bench)
    assert state == "degraded"
    assert detail.startswith("Candles of BTC/USDT 1m stopped at ")
    card = await analysed(bench, "1m")
    assert card.bias == "neutral"
    assert (card.entry, card.stop, card.target) == (None, None, None)
    assert "min ago, so no bias" in bench.heard()
    server.markets["BTCUSDT"].klines = rows(newest(bench, MINUTE), MINUTE)
    await bench.poll()
    assert venue_line(bench) == ("up", "")


async def test_f21_a_quiet_market_is_not_a_dead_feed(bench: FaultBench) -> None:
    """One pair does not trade for an hour while another does: nothing is wrong."""
    server = bench.server
    server.markets["BTCUSDT"].klines = rows(newest(bench, MINUTE), MINUTE)
    await bench.account.market.watch_chart(BTC, "1m")
    for step in range(20):
        server.set_price("ETHUSDT", str(3212 + step))
        await bench.poll(60)
    assert venue_line(bench) == ("up", "")
    assert (await bench.say("buy ETH for $20")).ticket is not None


async def test_f21_a_dead_feed_is_not_a_quiet_market(bench: FaultBench) -> None:
    """The venue answers, and always the same, its own time included."""
    server = bench.server
    await bench.do("buy 0.001 BTC with stop 60000")
    await bench.poll()
    frozen = [server._quote(server.markets[name]) for name in ("BTCUSDT", "ETHUSDT")]
    server.fail("body", times=99, path="/api/v3/ticker/24hr", body=json.dumps(frozen))
    await bench.poll(60, times=25)
    state, detail = venue_line(bench)
    assert state == "degraded"
    assert detail.startswith("Nothing on binance has moved since ")
    (held,) = bench.desk.store.get(POSITIONS) or ()
    assert (held.mark_age(bench.clock.now()) or 0) > 1000, "as old as its last movement"
    sent = changes(server)
    refused = await bench.say("buy ETH for $20")
    assert refused.ticket is None
    assert refused.verdict is not None
    assert "PRICE_STALE" in {check.code for check in refused.verdict.failed}
    server.faults.clear()
    await bench.poll()
    assert venue_line(bench) == ("up", "")
    assert (await bench.say("buy ETH for $20")).ticket is not None
    assert changes(server) == sent
    await is_the_same_after_a_restart(bench)


# -- F22 -----------------------------------------------------------------------------------------


async def test_f22_disorder_and_duplicates_change_nothing(bench: FaultBench) -> None:
    market = bench.server.markets["BTCUSDT"]
    clean = rows(newest(bench, HOUR), HOUR)
    market.klines = clean
    before = await analysed(bench)
    market.klines = [*clean[:50], *reversed(clean[50:90]), *clean[90:], clean[120], *clean[7:9]]
    found = await bench.account.market.venue.source.fetch_candles(BTC, "1h", 400)
    assert [int(at) for at in found.time] == [row[0] for row in clean]
    after = await analysed(bench)
    assert (after.trend, after.momentum, after.volatility) == (
        before.trend, before.momentum, before.volatility,
    )  # fmt: skip
    assert after.candles == before.candles == 299


async def test_f22_the_open_candle_is_no_part_of_any_figure(bench: FaultBench) -> None:
    market = bench.server.markets["BTCUSDT"]
    market.klines = rows(newest(bench, HOUR), HOUR)
    before = await analysed(bench)
    market.klines[-1] = [market.klines[-1][0], "67000", "99999", "1", "99999", "99999",
                         *market.klines[-1][6:]]  # fmt: skip
    after = await analysed(bench)
    assert (after.trend, after.momentum, after.volatility, after.patterns) == (
        before.trend, before.momentum, before.volatility, before.patterns,
    )  # fmt: skip
    assert after.as_of == before.as_of


async def test_f22_gaps_and_broken_candles_are_dropped_and_told(bench: FaultBench) -> None:
    market = bench.server.markets["BTCUSDT"]
    clean = rows(newest(bench, HOUR), HOUR)
    broken = [clean[30][0], "NaN", "0", "-5", "Infinity", "10", *clean[30][6:]]
    inverted = [clean[40][0], "67000", "66000", "68000", "67000", "10", *clean[40][6:]]
    market.klines = [*clean[:30], broken, *clean[31:40], inverted, *clean[41:100], *clean[105:]]
    found = await bench.account.market.venue.source.fetch_candles(BTC, "1h", 400)
    gone = {clean[n][0] for n in (30, 40, *range(100, 105))}
    assert [int(at) for at in found.time] == [row[0] for row in clean if row[0] not in gone]
    card = await analysed(bench)
    assert card.candles == 299 - len(gone)
    assert "7 candles are missing in 3 gaps" in bench.heard()


# -- F23 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity", "-5", "0", "", "abc", "1e400"])
async def test_f23_a_price_that_is_none_is_refused_where_it_comes_in(
    bench: FaultBench, bad: str
) -> None:
    await bench.do("buy 0.001 BTC with stop 60000")
    await bench.poll()
    before = bench.desk.store.get(PORTFOLIO)
    assert before is not None
    sent = changes(bench.server)
    bench.server.markets["BTCUSDT"].last = bad
    await bench.poll(16, times=2)
    quote = (bench.desk.store.get(TICKERS) or {})[BTC]
    assert quote.last == D("67012.40"), "the last true one, growing older"
    assert quote.age(bench.clock.now()) >= 32
    state, detail = venue_line(bench)
    assert state == "degraded"
    assert "BTC/USDT" in detail or "unreadable" in detail
    after = bench.desk.store.get(PORTFOLIO)
    assert after is not None
    assert (after.complete, after.equity) == (False, before.equity)
    assert (await bench.say("buy BTC for $20")).ticket is None
    assert changes(bench.server) == sent
    bench.server.markets["BTCUSDT"].last = "67012.40"
    await bench.poll()
    assert (await bench.say("buy BTC for $20")).ticket is not None


async def test_f23_balances_and_executions_that_are_no_numbers(bench: FaultBench) -> None:
    await bench.do("buy 0.001 BTC with stop 60000")
    await bench.poll()
    sent = changes(bench.server)
    for amount in ("NaN", "-Infinity", "1e400", "abc"):
        body = {"balances": [{"asset": "BTC", "free": amount, "locked": "0"}], "canTrade": True}
        bench.server.fail("body", times=9, path="/api/v3/account", body=json.dumps(body))
        await bench.poll(times=2)
        assert trust(bench).unreconciled
        assert bench.held() == D("0.000999"), "not readable is not gone"
        assert (await bench.say("buy ETH for $20")).ticket is None
        bench.server.faults.clear()
    fill = {"symbol": "BTCUSDT", "id": 99, "orderId": 1001, "price": "67000", "qty": "NaN",
            "quoteQty": "1", "commission": "0", "commissionAsset": "BNB", "isBuyer": True,
            "time": bench.server.now_ms(), "isMaker": False, "orderListId": -1}  # fmt: skip
    bench.server.fail("body", times=9, path="/api/v3/myTrades", body=json.dumps([fill]))
    bench.server.trade_by_hand("BTCUSDT", "buy", "0.001")
    await bench.poll(times=2)
    assert len(bench.ledger.fills) == 1
    bench.server.faults.clear()
    await bench.poll(times=2)
    assert not trust(bench).unreconciled
    assert bench.held() == D("0.000999")
    assert changes(bench.server) == sent
    await is_the_same_after_a_restart(bench)


@pytest.mark.parametrize(
    "words",
    [
        "buy NaN BTC", "buy inf BTC", "buy 0 BTC", "buy -1 BTC", "buy BTC for $-5",
        "buy 0.001 BTC at 0", "buy 0.001 BTC at -5", "buy BTC for $1e400",
        "buy 0.001 BTC with stop NaN", "/buy BTC/USDT NaN", "/buy BTC/USDT -5",
        "/buy BTC/USDT 20 0", "/buy BTC/USDT 20 -1", "/sell BTC/USDT Infinity",
        "/sell BTC/USDT 0.001 0", "/stop BTC/USDT 0", "/stop BTC/USDT NaN", "/target BTC/USDT -1",
        "/trail BTC/USDT inf", "/close BTC/USDT -1", "/close BTC/USDT NaN",
        "/adopt BTC/USDT -1", "/adopt BTC/USDT 1 0", "/settle BTC/USDT SETTLE -1",
    ],
)  # fmt: skip
async def test_f23_numbers_that_people_and_models_should_not_say(
    bench: FaultBench, words: str
) -> None:
    await bench.do("buy 0.001 BTC with stop 60000")
    sent = changes(bench.server)
    outcome = await bench.say(words)
    assert outcome.ticket is None
    assert not outcome.reply.ok or "not understand" in outcome.reply.text
    assert "failed inside" not in outcome.reply.text
    assert changes(bench.server) == sent
    assert bench.statuses() == [S.FILLED, S.ACCEPTED]
    assert bench.held() == D("0.000999")


# -- F24 -----------------------------------------------------------------------------------------


async def watched_stop(bench: FaultBench) -> None:
    """A position whose stop the venue would not take, so that it is watched here."""
    bench.server.refuse(
        -2010, "Order type not allowed.", times=99, path="/order", having=("type", "STOP_LOSS")
    )
    await bench.do("buy 0.001 BTC with stop 66000")
    await bench.poll()
    assert bench.orders[-1].emulated
    assert "watched here, works only while K.I.T. runs" in bench.heard()


@pytest.mark.parametrize("bad", ["0", "670.12", "0.01", "6701240"])
async def test_f24_a_wild_print_and_another_sell_nothing(bench: FaultBench, bad: str) -> None:
    await watched_stop(bench)
    market = bench.server.markets["BTCUSDT"]
    for _ in range(4):
        market.last = bad
        await bench.poll()
        (held,) = bench.desk.store.get(POSITIONS) or ()
        assert held.mark_price == D("67012.4")
        assert len(bench.venue_orders) == 1
    assert venue_line(bench)[0] == "degraded"
    assert bench.account.trading.status.state is TradingState.ACTIVE
    market.last = "67012.40"
    await bench.poll()
    assert venue_line(bench) == ("up", "")
    assert bench.orders[-1].is_open
    bench.server.faults.clear()
    async with restarted(bench) as again:
        await again.poll(times=2)
        assert [order.trigger for order in working(again)] == [D(66000)], "now the venue takes it"
        assert has_only_its_own(again)
        await is_the_same_after_a_restart(again)


async def test_f24_a_wild_quote_as_well_is_told_and_sells_nothing(bench: FaultBench) -> None:
    """Everything the venue says is 99 % away, twice: trading halts, and no stop sells there."""
    await watched_stop(bench)
    market = bench.server.markets["BTCUSDT"]
    market.last = market.bid = market.ask = "670.12"
    await bench.poll(times=4)
    assert len(bench.venue_orders) == 1, "nothing is sold at 1 % of its price"
    assert bench.held() == D("0.000999")
    assert "670.12, which is not believed" in bench.heard()
    assert bench.account.trading.status.state is TradingState.HALTED, "a person has to look"
    await is_the_same_after_a_restart(bench)


async def test_f24_one_print_beyond_the_stop_waits_for_a_second(bench: FaultBench) -> None:
    await watched_stop(bench)
    market = bench.server.markets["BTCUSDT"]
    market.last = "61000"  # bid and ask stay where they were
    await bench.poll()
    assert len(bench.venue_orders) == 1
    market.last = "67012.40"
    await bench.poll()
    assert bench.account.trading.status.state is TradingState.ACTIVE
    assert bench.orders[-1].is_open
    bench.server.set_price("BTCUSDT", "65900", bid="65899", ask="65901")
    await bench.poll()
    assert [order.status for order in bench.venue_orders] == ["filled", "filled"]
    assert "A stop at 66,000.00 was reached. Sold: 0.00099 BTC @ 65,899.00" in bench.heard()
    assert has_only_its_own(bench)
    await bench.poll(times=3)
    await is_the_same_after_a_restart(bench)


# -- F25 -----------------------------------------------------------------------------------------


async def test_f25_delisted_with_a_position_and_settled(bench: FaultBench) -> None:
    server = bench.server
    await bench.do("buy 0.01 ETH with stop 3000")
    await bench.poll()
    server.delist("ETHUSDT")
    await bench.poll(61, times=3)
    assert [found.code for found in trust(bench).frozen] == ["MARKET_CLOSED"]
    (held,) = bench.desk.store.get(POSITIONS) or ()
    assert held.frozen == "not traded on the venue now"
    assert bench.heard().count("ETH/USDT is not traded on binance now.") == TOLD_ONCE
    assert "/settle ETH/USDT SETTLE" in bench.heard()
    assert (await bench.say("buy ETH for $20")).ticket is None
    assert (await bench.say("sell all my ETH")).ticket is None
    await bench.poll(61, times=3)
    assert bench.statuses() == [S.FILLED, S.EXPIRED], "its stop is not shown as if it worked"
    asked = len([seen for seen in server.requests if "ETHUSDT" in str(seen.params)])
    await bench.poll(5, times=6)
    again = len([seen for seen in server.requests if "ETHUSDT" in str(seen.params)])
    assert again - asked <= 3, "polling of it backs off"
    await bench.do("buy BTC for $20")
    portfolio = bench.desk.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.complete
    async with restarted(bench) as after:
        await after.poll(times=2)
        assert after.held(ETH) == D("0.00999")
        assert after.heard().count("ETH/USDT is not traded on binance now.") == TOLD_ONCE
        assert not trust(after).unreconciled
        assert (await after.say("buy BTC for $20")).ticket is not None
        assert (await after.say("/settle ETH/USDT")).reply.ok is False
        await after.say("/settle ETH/USDT SETTLE 3000")
        assert after.held(ETH) == 0
        await after.poll(times=3)
        assert trust(after).frozen == ()
        assert "settled at 3000" in after.heard()
        assert after.venue_total("ETH") == D("0.00999"), "the coins are where they were"
        await is_the_same_after_a_restart(after)


async def test_f25_a_market_that_comes_back_gets_its_stop_back(bench: FaultBench) -> None:
    server = bench.server
    await bench.do("buy 0.01 ETH with stop 3000")
    await bench.poll()
    market, rules = server.markets["ETHUSDT"], server.book.markets["ETHUSDT"]
    server.delist("ETHUSDT")
    await bench.poll(61, times=7)
    assert working(bench) == []
    server.markets["ETHUSDT"], server.book.markets["ETHUSDT"] = market, rules
    await bench.poll(3601, times=2)
    await bench.poll()
    assert [order.trigger for order in working(bench)] == [D(3000)]
    assert trust(bench).frozen == ()
    assert (await bench.say("sell all my ETH")).ticket is not None
    assert bench.no_id_twice()
    await is_the_same_after_a_restart(bench)
