"""What others do on the same account: sales, liquidations, money, holdings: F28, F32 and F35."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.cards import TicketCard
from kit_tui.domain.orders import OrderStatus
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Portfolio
from kit_tui.domain.risk import TradingState
from kit_tui.state.slices import PORTFOLIO, POSITIONS
from tests.faults.bench import BTC, ETH, FaultBench, fault_bench, scripted_binance
from tests.faults.proof import (
    changes,
    has_only_its_own,
    is_the_same_after_a_restart,
    restarted,
    trust,
    working,
)
from tests.servers.venue_types import BookOrder

S = OrderStatus
D = Decimal
CONTRACT = Pair("BTC/USDT:USDT")
PERPETUAL = 'market = "perpetual"\nleverage = 2'
CENT = D("0.01")


def portfolio(bench: FaultBench) -> Portfolio:
    found = bench.desk.store.get(PORTFOLIO)
    assert found is not None
    return found


def cancel_by_hand(bench: FaultBench) -> None:
    for order in bench.server.book.open_orders("main"):
        if order.is_working:
            bench.server.book.cancel(order)


def contract_orders(bench: FaultBench) -> list[BookOrder]:
    return [order for order in bench.server.futures.orders if order.is_working]


def contracts(bench: FaultBench) -> Decimal:
    return bench.server.futures.position("main", "BTCUSDT").amount


# -- F28 -----------------------------------------------------------------------------------------


async def test_f28_part_of_a_position_sold_by_hand(bench: FaultBench) -> None:
    """Coins of others are taken first; what is left of ours is what the venue has."""
    await bench.do("buy 0.002 BTC with stop 65000")
    await bench.poll()
    bench.server.trade_by_hand("BTCUSDT", "sell", "1")
    await bench.poll(times=3)
    assert bench.held() == D("0.001998"), "the other coins were sold, ours not"
    cancel_by_hand(bench)
    bench.server.trade_by_hand("BTCUSDT", "sell", "0.001")
    await bench.poll(times=4)
    assert bench.held() == bench.venue_total("BTC") == D("0.000998")
    assert "0.001 BTC of the BTC/USDT position: sold outside K.I.T. The position" in bench.heard()
    assert ".." not in bench.heard()
    assert "was cancelled on binance by somebody else: 0.000998 BTC has no stop now" in (
        bench.heard()
    )
    assert working(bench) == [], "who took the stop away meant it"
    await bench.say("/stop BTC/USDT 65000")
    assert [order.quantity for order in working(bench)] == [D("0.00099")]
    await is_the_same_after_a_restart(bench)


async def test_f28_a_position_sold_wholly_by_hand(bench: FaultBench) -> None:
    bench.server.withdraw("BTC", "1")
    await bench.poll(times=3)
    await bench.do("buy 0.002 BTC with stop 65000 and target 70000")
    cancel_by_hand(bench)
    bench.server.trade_by_hand("BTCUSDT", "sell", "0.00199")
    sent = changes(bench.server)
    await bench.poll(times=4)
    assert bench.held() == bench.venue_total("BTC") == D("0.000008")
    assert working(bench) == []
    assert changes(bench.server) == sent
    assert "has no stop now" not in bench.heard(), "there is nothing to protect"
    realised, fee = bench.ledger.realised["binance", BTC], bench.server.book.fills[-1].fee
    assert abs(realised - fee - portfolio(bench).day_pnl) < CENT, "their fee is a loss as well"
    await is_the_same_after_a_restart(bench)


async def test_f28_sold_by_hand_while_off_and_stops_left_behind(bench: FaultBench) -> None:
    """Coins of others are gone first, then ours were withdrawn: our stop has nothing to sell."""
    await bench.do("buy 0.001 BTC with stop 65000")
    await bench.poll()
    bench.server.book.balances["main"]["BTC"].locked -= D("0.00099")  # seized: the order stays
    bench.server.withdraw("BTC", "1.000009")
    async with restarted(bench) as again:
        await again.poll(times=4)
        assert again.held() == 0
        assert working(again) == [], "its stop is cancelled"
        assert "The position follows the venue" in again.heard()
        assert again.account.trading.status.state is TradingState.ACTIVE


async def test_f28_a_contract_closed_by_hand(tmp_path: Path) -> None:
    async with (
        scripted_binance() as (server, clock),
        fault_bench(tmp_path, server, clock, venue=PERPETUAL) as bench,
    ):
        await bench.do("buy 0.01 BTC/USDT:USDT with stop 60000")
        await bench.poll()
        server.trade_by_hand("BTCUSDT", "sell", "0.004", wallet="futures")
        await bench.poll(times=3)
        assert bench.held(CONTRACT) == contracts(bench) == D("0.006")
        assert {order.quantity for order in contract_orders(bench)} == {D("0.006")}
        assert all(order.reduce_only for order in contract_orders(bench))
        server.trade_by_hand("BTCUSDT", "sell", "0.006", wallet="futures")
        await bench.poll(times=3)
        assert bench.held(CONTRACT) == contracts(bench) == 0
        assert contract_orders(bench) == [], "no stop is left that could open a short"
        server.set_price("BTCUSDT", "59000", wallet="futures")
        await bench.poll(times=2)
        assert contracts(bench) == 0
        assert bench.heard().count("sold in BTC/USDT:USDT on binance outside K.I.T.") == 4
        await is_the_same_after_a_restart(bench)


async def test_f28_a_contract_is_liquidated(tmp_path: Path) -> None:
    async with scripted_binance() as (server, clock):
        async with fault_bench(tmp_path, server, clock, venue=PERPETUAL) as bench:
            await bench.do("buy 0.01 BTC/USDT:USDT with stop 60000")
            await bench.poll()
        server.set_price("BTCUSDT", "61000", wallet="futures")
        server.futures.liquidate("main", "BTCUSDT", D("50000"))
        async with fault_bench(tmp_path, server, clock, venue=PERPETUAL) as again:
            await again.poll(times=3)
            assert again.held(CONTRACT) == contracts(again) == 0
            assert contract_orders(again) == []
            assert again.desk.store.get(POSITIONS) == ()
            lost = again.ledger.realised["binance", CONTRACT]
            assert abs(lost - (D("-170.12") - D("0.34"))) < 1, "a loss, and no withdrawal"
            assert portfolio(again).flow == 0
            assert "0.01 BTC sold in BTC/USDT:USDT on binance outside K.I.T." in again.heard()
            assert again.no_id_twice()
            await is_the_same_after_a_restart(again)


# -- F32 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "amount"), [("USDT", "5000"), ("USDT", "-9900"), ("BTC", "2"), ("BTC", "-1")]
)
async def test_f32_money_that_moves_is_neither_profit_nor_loss(
    bench: FaultBench, currency: str, amount: str
) -> None:
    await bench.do("buy 0.001 BTC with stop 60000")
    await bench.poll()
    before = portfolio(bench)
    if amount.startswith("-"):
        bench.server.withdraw(currency, amount[1:])
    else:
        bench.server.deposit(currency, amount)
    sent = changes(bench.server)
    await bench.poll(times=4)
    after = portfolio(bench)
    assert after.complete
    assert abs(after.day_pnl - before.day_pnl) < CENT
    assert abs(after.drawdown - before.drawdown) < D("0.000001")
    moved = D(amount) * (1 if currency == "USDT" else D("67012.40"))
    assert abs(after.flow - moved) < CENT
    assert abs(after.equity - before.equity - moved) < CENT
    assert bench.account.trading.status.state is TradingState.ACTIVE
    way = "went out" if moved < 0 else "came in"
    assert f"{amount.lstrip('-')} {currency} {way}: neither profit nor loss." in bench.heard()
    assert bench.held() == D("0.000999")
    assert changes(bench.server) == sent
    await is_the_same_after_a_restart(bench)


async def test_f32_the_whole_coin_withdrawn_with_our_position_in_it(bench: FaultBench) -> None:
    await bench.do("buy 0.001 BTC with stop 60000")
    await bench.poll()
    cancel_by_hand(bench)
    bench.server.withdraw("BTC", "1.000999")
    await bench.poll(times=5)
    assert bench.held() == bench.venue_total("BTC") == 0
    assert working(bench) == []
    after = portfolio(bench)
    assert after.complete
    assert abs(after.day_pnl) < 1, "only the fee of the purchase"
    assert after.drawdown < D("0.0001")
    assert bench.account.trading.status.state is TradingState.ACTIVE
    assert "no longer on the venue. The position follows the venue." in bench.heard()
    assert "1.000999 BTC went out: neither profit nor loss." in bench.heard()
    assert (await bench.say("buy ETH for $20")).ticket is not None
    await is_the_same_after_a_restart(bench)


async def test_f32_money_moves_while_an_order_fills_and_while_we_are_off(tmp_path: Path) -> None:
    async with scripted_binance() as (server, clock):
        async with fault_bench(tmp_path, server, clock) as bench:
            await bench.do("buy 0.01 ETH at 3000")
            server.deposit("USDT", "1000")
            server.fill_late(bench.venue_orders[0].client_id, "0.01")
            await bench.poll(times=4)
            assert abs(portfolio(bench).flow - 1000) < CENT
            assert bench.held(ETH) == D("0.00999")
        server.withdraw("USDT", "3000")
        clock.ahead += 3600
        async with fault_bench(tmp_path, server, clock) as again:
            await again.poll(times=4)
            after = portfolio(again)
            assert abs(after.flow + 2000) < CENT
            assert abs(after.day_pnl) < 3
            assert after.drawdown < D("0.001")
            assert again.account.trading.status.state is TradingState.ACTIVE
            assert again.heard().count("3000 USDT went out") == 2, "told once, in two places"
            await is_the_same_after_a_restart(again)


async def test_f32_a_margined_wallet(tmp_path: Path) -> None:
    """A withdrawal is a flow; funding is a cost."""
    async with (
        scripted_binance() as (server, clock),
        fault_bench(tmp_path, server, clock, venue=PERPETUAL) as bench,
    ):
        await bench.do("buy 0.01 BTC/USDT:USDT with stop 60000")
        await bench.poll(times=2)
        server.withdraw("USDT", "4000", wallet="futures")
        await bench.poll(times=4)
        assert abs(portfolio(bench).flow + 4000) < CENT
        paid = portfolio(bench).day_pnl
        server.futures.pay_funding("BTCUSDT", D("0.001"))
        await bench.poll(times=4)
        assert abs(portfolio(bench).flow + 4000) < CENT
        assert abs(portfolio(bench).day_pnl - paid + D("0.67")) < CENT
        assert bench.account.trading.status.state is TradingState.ACTIVE
        await is_the_same_after_a_restart(bench)


# -- F35 -----------------------------------------------------------------------------------------


async def with_holdings(bench: FaultBench, stop: str = "60000") -> None:
    """A position of ours, and beside it coins and an order of somebody else."""
    await bench.do(f"buy 0.001 BTC with stop {stop}")
    bench.server.trade_by_hand("BTCUSDT", "buy", "0.01")
    bench.server.trade_by_hand("ETHUSDT", "buy", "0.1")
    bench.server.open_order_by_hand("ETHUSDT", "sell", "0.05", "4000")
    await bench.poll(times=3)
    assert [p.pair for p in bench.ledger.open_positions("binance")] == [BTC]


def are_untouched(bench: FaultBench) -> bool:
    """Whether what is not ours is as it was."""
    by_hand = [o for o in bench.venue_orders if o.client_id.startswith("web_")]
    still = by_hand[-1].status == "new"
    return (
        still
        and bench.venue_total("BTC") >= D("1.00999")
        and bench.venue_total("ETH") == D("0.0999")
    )


async def test_f35_kill_leaves_the_holdings_of_others(bench: FaultBench) -> None:
    await with_holdings(bench)
    await bench.say("/kill KILL")
    await bench.poll(times=3)
    assert are_untouched(bench)
    assert bench.held() < D("0.00001")
    assert [o.status for o in bench.orders if o.outside and o.pair == ETH] == [S.ACCEPTED, S.FILLED]
    assert "Closed 0.00099 BTC" in bench.heard()
    await is_the_same_after_a_restart(bench)


async def test_f35_close_all_cancel_all_and_sell_all(bench: FaultBench) -> None:
    await with_holdings(bench)
    closing = (await bench.say("/closeall")).reply
    tickets = [card.ticket for card in closing.cards if isinstance(card, TicketCard)]
    assert [(t.order.pair, t.order.quantity) for t in tickets] == [(BTC, D("0.00099"))]
    assert (await bench.say("sell all my ETH")).ticket is None
    assert "was not bought here and is left alone" in bench.heard()
    await bench.say("/cancelall")
    await bench.approve(tickets[0])
    await bench.poll(times=2)
    assert are_untouched(bench)
    assert bench.held() < D("0.00001")
    await is_the_same_after_a_restart(bench)


async def test_f35_a_drawdown_reduces_only_what_is_ours(bench: FaultBench) -> None:
    """The holdings of others cause the drawdown, and stay."""
    await with_holdings(bench, stop="50000")
    bench.server.set_price("BTCUSDT", "59000", wallet="spot")
    await bench.poll(times=3)
    assert "The drawdown of " in bench.heard()
    assert "Exposure is reduced" in bench.heard()
    assert bench.account.trading.status.state is not TradingState.ACTIVE
    assert are_untouched(bench)
    sold = sum(o.filled for o in bench.venue_orders if o.side == "sell")
    assert sold == D("0.0005"), "half of what is ours"
    assert [order.trigger for order in working(bench) if order.trigger] == [D(50000)]
    assert has_only_its_own(bench, outside="1.00999")
    await is_the_same_after_a_restart(bench)


async def test_f35_the_coins_of_others_never_fill_our_exits(bench: FaultBench) -> None:
    """Ours were sold by hand to the last one: our stop does not sell what is somebody else's."""
    await bench.do("buy 0.001 BTC with stop 66000")
    await bench.poll()
    sold = sum(order.filled for order in bench.venue_orders if order.side == "sell")
    assert sold == 0
    bench.server.set_price("BTCUSDT", "65900")
    await bench.poll(times=3)
    await bench.say("sell all my BTC")
    bench.server.set_price("BTCUSDT", "60000")
    await bench.poll(times=3)
    sold = sum(order.filled for order in bench.venue_orders if order.side == "sell")
    assert sold == D("0.00099"), "ours, once"
    assert bench.venue_total("BTC") == D("1.000009")
    assert trust(bench).frozen == ()
