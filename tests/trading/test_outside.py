"""Others on the same account: what they place, trade and withdraw, and what stays untouched."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.orders import OrderStatus, Side
from kit_tui.state.slices import FILLS, PORTFOLIO
from tests.support.scripted_exchange import BTC, ETH, Fault
from tests.trading.bench import OWNER, Bench

S = OrderStatus


async def rounds(desk: Bench, count: int = 3) -> None:
    for _ in range(count):
        await desk.poll()


async def seq_after(desk: Bench, count: int = 2) -> tuple[int, int]:
    """The journal's length before and after more rounds."""
    await desk.journal.flush()
    before = desk.journal.seq
    await rounds(desk, count)
    await desk.journal.flush()
    return before, desk.journal.seq


async def test_a_position_sold_by_hand_is_followed_at_the_price_of_the_sale(live: Bench) -> None:
    """F28: adopted with its executions, the stop is cancelled, and nothing is counted twice."""
    await live.buy(BTC, "500", stop_loss="45000")
    live.venue.set_price(BTC, "52000")
    for client in live.venue.open_ids():  # the person cancels the stop, to free the coins
        await live.venue.cancel_order(BTC, client)
    live.venue.by_hand(Side.SELL, BTC, "0.01")
    await rounds(live, 2)
    assert live.held() == 0
    assert live.venue.open_ids() == []
    assert live.agrees()
    realised = live.journal.ledger.realised["test", BTC]
    assert realised == Decimal("0.01") * 2000 - Decimal("0.5")  # our fee; theirs is the account's
    portfolio = live.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.flow == 0
    assert portfolio.complete
    assert "sold outside K.I.T." in live.notices()
    outside = [order for order in live.orders if order.outside]
    assert [(o.status, o.filled) for o in outside] == [(S.FILLED, Decimal("0.01"))]
    before, after = await seq_after(live)
    assert before == after


async def test_a_stop_of_ours_is_cancelled_when_somebody_sells_the_rest(live: Bench) -> None:
    """Half is locked by our stop; the other half is sold by hand, the stop keeps its half."""
    await live.buy(BTC, "500")
    await live.sell(BTC, stop="45000")
    live.venue.deposit("BTC", "0.01")
    await rounds(live)
    live.venue.by_hand(Side.SELL, BTC, "0.01")
    await rounds(live)
    assert live.held() == Decimal("0.01"), "the holding went first: the position is all there"
    assert len(live.venue.open_ids()) == 1


async def test_holdings_are_never_touched_by_an_outside_sale_or_by_kill(live: Bench) -> None:
    """F35."""
    live.venue.deposit("BTC", "1")
    await rounds(live)
    await live.buy(BTC, "500")
    live.venue.by_hand(Side.SELL, BTC, "0.4")
    await rounds(live)
    assert live.held() == Decimal("0.01")
    await live.engine.kill(by="Ada")
    assert live.held() == 0
    assert live.venue.total["BTC"] == Decimal("0.6")


async def test_an_outside_purchase_is_a_holding(live: Bench) -> None:
    live.venue.by_hand(Side.BUY, ETH, "1")
    await rounds(live)
    assert live.held(ETH) == 0
    portfolio = live.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.flow == 0, "it was paid for: nothing came in"
    assert portfolio.equity == 10000 - 2
    assert [fill.pair for fill in live.store.get(FILLS) or ()] == [ETH]
    await live.engine.kill(by="Ada")
    assert live.venue.total["ETH"] == 1


async def test_coins_of_a_position_withdrawn_are_a_flow_and_no_loss(live: Bench) -> None:
    await live.buy(BTC, "900")
    live.venue.set_price(BTC, "55000")
    await live.poll()
    before = live.store.get(PORTFOLIO)
    live.venue.deposit("BTC", "-0.01")
    await rounds(live, 4)
    portfolio = live.store.get(PORTFOLIO)
    assert before is not None
    assert portfolio is not None
    assert live.held() == Decimal("0.008")
    assert live.agrees()
    assert portfolio.flow == -550
    assert portfolio.day_pnl == before.day_pnl
    assert live.state() == "active"
    assert "no longer on the venue" in live.notices()
    before_seq, after_seq = await seq_after(live)
    assert before_seq == after_seq


async def test_one_look_is_no_proof_that_coins_are_gone(live: Bench) -> None:
    await live.buy(BTC, "500")
    live.venue.deposit("BTC", "-0.01")
    await live.poll()
    assert live.held() == Decimal("0.01")
    portfolio = live.store.get(PORTFOLIO)
    assert portfolio is not None
    assert not portfolio.complete, "until it is known, no guard acts and no entry passes"
    live.venue.deposit("BTC", "0.01")
    await rounds(live)
    assert live.held() == Decimal("0.01")
    assert live.agrees()


async def test_a_sale_of_ours_that_is_told_late_is_no_withdrawal(live: Bench) -> None:
    await live.buy(BTC, "500")
    live.venue.faults.append(Fault.LATE_FILLS)
    await live.sell(BTC)
    await rounds(live, 5)
    assert live.held() == Decimal("0.01")
    live.venue.release_fills()
    await rounds(live)
    assert live.held() == 0
    assert live.agrees()
    portfolio = live.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.flow == 0


async def test_an_order_placed_by_hand_is_shown_and_left_alone(live: Bench) -> None:
    placed = live.venue.by_hand(Side.BUY, BTC, "0.01", limit="40000")
    await rounds(live)
    (order,) = live.orders
    assert [order.outside, order.filled, order.status] == [True, 0, S.ACCEPTED]
    await live.engine.cancel_all(principal=OWNER)
    await live.engine.kill(by="Ada")
    assert live.venue.open_ids() == [placed.client_id]
    live.venue.fill(placed.client_id, "0.5")
    live.venue.fill(placed.client_id)
    await rounds(live)
    (order,) = live.orders
    assert [order.filled, order.status] == [Decimal("0.01"), S.FILLED]
    assert live.held() == 0
    portfolio = live.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.flow == 0


async def test_what_an_outside_order_filled_before_we_came_is_not_counted_again(
    live: Bench,
) -> None:
    """A partial fill from before the first start is in the balances already."""
    await live.stop()
    placed = live.venue.by_hand(Side.BUY, BTC, "0.01", limit="40000")
    live.venue.fill(placed.client_id, "0.5")
    for path in live.home.glob("journal*"):
        path.unlink()
    live.clock.advance(60)
    await live.start()
    await rounds(live)
    (order,) = live.orders
    assert [order.filled, order.status] == [Decimal("0.005"), S.PARTIALLY_FILLED]
    live.venue.fill(placed.client_id)
    await rounds(live)
    (order,) = live.orders
    assert [order.filled, order.status] == [Decimal("0.01"), S.FILLED]
    book = live.journal.ledger.book("test")
    assert book.balances == {c: t for c, t in live.venue.total.items() if t}
    assert book.flow_total == book.day_start_equity


async def test_executions_wait_while_one_of_ours_may_be_among_them(live: Bench) -> None:
    """The venue names an execution by its own id only; our order's outcome is not known yet."""
    live.venue.faults.append(Fault.TIMEOUT_AFTER)
    live.venue.on_create = lambda order: live.venue.hidden.add(order.client_id)
    await live.buy(BTC, "500")
    live.venue.by_hand(Side.BUY, BTC, "0.003")
    await rounds(live)
    assert [order.outside for order in live.orders] == [False]
    live.venue.hidden.clear()
    await rounds(live)
    assert live.held() == Decimal("0.01")
    assert [order.outside for order in live.orders] == [False, True]
    portfolio = live.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.flow == 0


async def test_following_survives_a_restart_between_looks(live: Bench) -> None:
    await live.buy(BTC, "500")
    live.venue.by_hand(Side.SELL, BTC, "0.004")
    await live.restart()
    await rounds(live)
    await live.restart()
    await rounds(live)
    assert live.held() == Decimal("0.006")
    assert live.agrees()
    assert sum(order.outside for order in live.orders) == 1
