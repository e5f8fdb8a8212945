"""Adopting and releasing: a person says which coins are K.I.T.'s to protect and to sell."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit_tui.commands.command import Effect, commands_of
from kit_tui.domain.errors import UsageError
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Side
from kit_tui.state.slices import PORTFOLIO, POSITIONS
from kit_tui.trading.care_commands import CareCommands
from kit_tui.trading.proposing import NotAllowedError
from tests.support.scripted_exchange import BTC, ETH, Fault, ProcessKilled
from tests.trading.bench import OWNER, PHONE, Bench


@pytest.fixture
async def owner(live: Bench) -> Bench:
    """An account with one bitcoin that somebody had before."""
    live.venue.deposit("BTC", "1")
    for _ in range(3):
        await live.poll()
    return live


async def test_an_adopted_holding_is_a_position_with_its_cost(owner: Bench) -> None:
    reply = await owner.engine.adopt(BTC, Decimal("0.02"), Price(40000), by=OWNER)
    assert reply.text == "0.02 BTC is a position now, at 40000."
    (held,) = owner.store.get(POSITIONS) or ()
    assert [held.position.entry_price, held.unrealised_pnl] == [40000, 200]
    assert held.position.adopted
    await owner.sell(BTC)
    assert owner.held() == 0
    assert owner.venue.total["BTC"] == Decimal("0.98")
    assert owner.journal.ledger.realised["test", BTC] == 199


async def test_without_a_price_no_profit_is_made_up(owner: Bench) -> None:
    await owner.engine.adopt(BTC, Decimal("0.02"), None, by=OWNER)
    (held,) = owner.store.get(POSITIONS) or ()
    assert [held.position.entry_price, held.unrealised_pnl] == [None, None]
    await owner.sell(BTC)
    assert owner.journal.ledger.realised["test", BTC] == -1, "the fee and nothing else"


async def test_all_that_is_free_is_adopted_by_default_and_never_more(owner: Bench) -> None:
    await owner.buy(BTC, "500")
    with pytest.raises(UsageError, match="1 BTC is held outside positions"):
        await owner.engine.adopt(BTC, Decimal("1.001"), None, by=OWNER)
    await owner.engine.adopt(BTC, None, Price(50000), by=OWNER)
    assert owner.held() == Decimal("1.01")
    with pytest.raises(UsageError):
        await owner.engine.adopt(ETH, None, None, by=OWNER)


async def test_kill_sells_what_was_adopted_and_not_what_was_released(owner: Bench) -> None:
    """F35, from both sides."""
    await owner.engine.adopt(BTC, Decimal("0.3"), Price(50000), by=OWNER)
    await owner.sell(BTC, stop="45000")
    await owner.engine.release(BTC, by=OWNER)
    assert owner.held() == 0
    assert owner.venue.open_ids() == [], "its stop is cancelled"
    await owner.engine.kill(by="Ada")
    assert owner.venue.total["BTC"] == 1
    await owner.engine.adopt(BTC, Decimal("0.3"), Price(50000), by=OWNER)
    await owner.engine.kill(by="Ada")
    assert owner.venue.total["BTC"] == Decimal("0.7")


async def test_adopting_and_releasing_moves_no_money(owner: Bench) -> None:
    await owner.engine.adopt(BTC, None, Price(30000), by=OWNER)
    await owner.engine.release(BTC, by=OWNER)
    for _ in range(3):
        await owner.poll()
    await owner.restart()
    await owner.poll()
    portfolio = owner.store.get(PORTFOLIO)
    assert portfolio is not None
    assert [portfolio.equity, portfolio.day_pnl, portfolio.flow] == [60000, 0, 50000]


async def test_only_the_owner_at_the_terminal_decides(owner: Bench) -> None:
    for work in (
        owner.engine.adopt(BTC, None, None, by=PHONE),
        owner.engine.release(BTC, by=PHONE),
        owner.engine.write_off(BTC, None, by=PHONE),
        owner.engine.clear(BTC, by=PHONE),
    ):
        with pytest.raises(NotAllowedError):
            await work
    commands = list(commands_of(CareCommands(owner.engine), "trading"))
    assert {c.name for c in commands} == {"adopt", "release", "settle", "clear"}
    assert {c.effect for c in commands} == {Effect.ADMIN}


async def test_what_was_traded_by_hand_before_the_first_start_is_not_counted_again(
    live: Bench,
) -> None:
    """Its coins are in the balances the account was opened with."""
    await live.stop()
    for path in live.home.glob("journal*"):
        path.unlink()
    live.venue.by_hand(Side.BUY, BTC, "0.1")
    live.clock.advance(60)
    await live.start()
    for _ in range(2):
        await live.poll()
    await live.restart()
    for _ in range(3):
        await live.poll()
    book = live.journal.ledger.book("test")
    assert book.balances["BTC"] == Decimal("0.1")
    assert book.flow_total == book.day_start_equity == 9995
    assert live.orders == []


async def test_killed_after_the_venue_took_it_real_money_is_counted_once(live: Bench) -> None:
    """F06 on a real venue."""
    ticket = await live.ticket(BTC, "500")
    live.venue.faults.append(Fault.CRASH_AFTER)
    with pytest.raises(ProcessKilled):
        await live.approve(ticket)
    for _ in range(2):
        await live.restart()
    assert live.held() == Decimal("0.01")
    assert len(live.venue.sent) == 1
    assert live.agrees()
