"""What an account is worth, and when that is not known."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

from kit_tui.domain.orders import Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.ticket import OrderRequest
from kit_tui.state.slices import PORTFOLIO, TRUST
from tests.support.scripted_exchange import BTC, ETH, SOL
from tests.trading.bench import OWNER, Bench, bench


async def test_other_currencies_are_valued_over_one_bridge(desk: Bench) -> None:
    """BTC has a USDT price; a coin quoted in BTC only is worth what its BTC is worth."""
    desk.venue.prices[Pair("SOL/BTC")] = Decimal("0.002")
    del desk.venue.prices[SOL]
    desk.venue.deposit("SOL", "10")
    await desk.poll()
    await desk.poll()
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.equity == 10000 + 10 * Decimal("0.002") * 50000
    assert portfolio.complete


async def test_a_coin_that_never_had_a_price_is_named_and_left_out(desk: Bench) -> None:
    """An airdrop must not stop an account for ever."""
    desk.venue.deposit("XYZ", "7")
    await desk.poll()
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    (unpriced,) = (h for h in portfolio.holdings if h.currency == "XYZ")
    assert unpriced.value is None
    assert portfolio.equity == 10000
    assert portfolio.complete
    trust = desk.store.get(TRUST)
    assert trust is not None
    assert trust.unpriced == ("XYZ",)
    assert (await desk.ask()).ticket is not None


async def test_an_unpriced_coin_that_gets_a_price_is_no_profit(desk: Bench) -> None:
    desk.venue.silent.add(SOL)
    desk.venue.deposit("SOL", "7")
    await desk.poll()
    desk.venue.silent.clear()
    for _ in range(3):
        await desk.poll(31)
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.equity == 10700
    assert [portfolio.day_pnl, portfolio.flow, portfolio.complete] == [0, 700, True]


async def test_a_coin_that_had_a_price_and_has_none_makes_equity_partial(desk: Bench) -> None:
    desk.venue.deposit("SOL", "7")
    for _ in range(3):
        await desk.poll()
    desk.venue.silent.add(SOL)
    for _ in range(3):
        await desk.poll(31)
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    assert not portfolio.complete
    assert portfolio.equity == 10700


async def test_a_coin_whose_market_is_gone_is_carried_at_its_last_price(desk: Bench) -> None:
    desk.venue.deposit("SOL", "7")
    for _ in range(3):
        await desk.poll()
    desk.venue.delist(SOL)
    await desk.poll(31)
    await desk.restart()
    await desk.poll(31)
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    (held,) = (h for h in portfolio.holdings if h.currency == "SOL")
    assert [held.value, held.stale] == [700, True]
    assert portfolio.complete
    assert portfolio.day_pnl == 0


async def test_what_is_owed_lowers_equity(desk: Bench) -> None:
    desk.venue.deposit("SOL", "-3")
    for _ in range(3):
        await desk.poll()
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.equity == 9700


async def test_coins_withdrawn_to_nothing_are_a_flow(desk: Bench) -> None:
    """The venue no longer names the currency at all."""
    desk.venue.deposit("SOL", "7")
    for _ in range(3):
        await desk.poll()
    del desk.venue.total["SOL"]
    for _ in range(3):
        await desk.poll()
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    assert [portfolio.equity, portfolio.day_pnl, portfolio.flow] == [10000, 0, 0]
    assert "7 SOL went out" in desk.notices()


async def test_a_start_without_the_venue_shows_no_portfolio_at_all(tmp_path: Path) -> None:
    """A failed query is unknown, never empty; the next round makes it good."""
    desk = Bench(tmp_path)
    desk.venue.down = True
    await desk.start()
    assert desk.store.get(PORTFOLIO) is None
    assert desk.journal.ledger.book("test").day == ""
    desk.venue.down = False
    await desk.poll()
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.complete
    assert (await desk.ask()).ticket is not None
    await desk.stop()


async def test_rounds_and_proposals_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    async with bench(tmp_path) as desk:
        await desk.buy(BTC, "500")
        await desk.buy(ETH, "500")
        request = OrderRequest(side=Side.BUY, pair=SOL, quote_amount=Decimal(50))
        for _ in range(10):
            *_, proposal = await asyncio.gather(
                desk.engine.tick(),
                desk.engine.preview(request),
                desk.engine.tick(),
                desk.engine.propose(request, principal=OWNER, words=""),
            )
            assert proposal.ticket is not None, proposal.reply.text
        ids = list(desk.journal.ledger.tickets)
        assert len(ids) == len(set(ids)) == 12
