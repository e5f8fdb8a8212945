"""Only a person, or the next day where that was asked for, lifts a halt; no kill is forgotten."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from kit_tui.domain.orders import Mode
from kit_tui.state.halt import TradingStateFile
from kit_tui.state.store import Store
from kit_tui.trading.engine import TradingEngine
from tests.support.scripted_exchange import BTC, ETH, ScriptedExchange
from tests.trading.bench import Bench
from tests.trading.test_guards_in_action import heavy, lose


async def test_a_person_who_halts_what_a_guard_has_halted_is_the_one_to_lift_it(
    tmp_path: Path,
) -> None:
    desk = await heavy(tmp_path, resume_next_day=True)
    await lose(desk, "0.06")
    assert desk.state() == "halted"
    await desk.engine.halt("I want to look at this first", by="Ada")
    await desk.poll(48 * 3600)
    assert desk.state() == "halted"
    await desk.restart()
    await desk.poll(48 * 3600)
    assert desk.state() == "halted"
    await desk.stop()


async def test_the_kill_switch_outlives_the_day_of_a_loss_halt(tmp_path: Path) -> None:
    desk = await heavy(tmp_path, resume_next_day=True)
    await lose(desk, "0.06")
    await desk.engine.kill(by="Ada")
    await desk.poll(48 * 3600)
    assert desk.state() == "halted"
    await desk.stop()


async def test_the_first_day_of_another_account_lifts_no_halt(tmp_path: Path) -> None:
    """Accounts share the halt: one that is opened on the day of the loss begins its own day."""
    desk = await heavy(tmp_path, resume_next_day=True)
    await lose(desk, "0.06")
    venue = ScriptedExchange(desk.clock, mode=Mode.PAPER, account="other")
    other = TradingEngine(
        account="other", mode=Mode.PAPER, exchange=venue, feed=venue, journal=desk.journal,
        store=Store(), settings=desk.settings, clock=desk.clock,
        trading_state=TradingStateFile(tmp_path / "trading_state.json"),
    )  # fmt: skip
    await other.start()
    await other.tick()
    await other.tick()
    assert other.status.state.value == "halted"
    await desk.poll()
    assert desk.state() == "halted"
    await other.settle()
    await desk.stop()


async def test_a_kill_is_remembered_through_any_number_of_notices(desk: Bench) -> None:
    """F30: an outage of hours tells a lot; what is to be closed is closed all the same."""
    await desk.buy(BTC, "500")
    desk.venue.down = True
    desk.clock.advance(60)
    await desk.engine.kill(by="Ada")
    for number in range(300):
        desk.engine._rounds.sender.notice("weather", f"notice {number}")
    await desk.restart()
    desk.venue.down = False
    await desk.poll()
    await desk.poll()
    assert desk.held() == 0


async def test_what_a_kill_left_is_closed_though_equity_is_only_partly_known(
    desk: Bench,
) -> None:
    """A coin elsewhere without a price holds back guards, and no person's kill."""
    await desk.buy(BTC, "500")
    desk.venue.deposit("ETH", "1")
    await desk.poll()
    await desk.poll()
    desk.venue.down = True
    desk.clock.advance(60)
    await desk.engine.kill(by="Ada")
    desk.venue.down = False
    desk.venue.silent.add(ETH)
    await desk.poll(31)
    await desk.poll(31)
    portfolio = desk.engine.valuation.portfolio
    assert portfolio is not None
    assert not portfolio.complete
    assert desk.held() == 0
    assert desk.venue.total["ETH"] == Decimal(1)
