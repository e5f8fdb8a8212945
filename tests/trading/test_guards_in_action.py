"""Guards on a running account: halts hold, reductions are carried out once and said."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kit_tui.domain.errors import KitError
from kit_tui.settings.model import ActionSettings
from kit_tui.state.slices import PORTFOLIO, RISK
from tests.support.scripted_exchange import BTC, ETH, SOL, Fault
from tests.trading.bench import OWNER, PHONE, Bench, bench


async def lose(desk: Bench, part: str) -> None:
    """Let equity fall by about `part` of 10,000 through a large position."""
    price = Decimal(50000) * (1 - Decimal(part) / Decimal("0.9"))
    desk.venue.set_price(BTC, str(price.quantize(Decimal("0.01"))))
    await desk.poll()
    await desk.poll()  # guards act on the second look


async def heavy(home: Path, **risk: object) -> Bench:
    """A desk with 90 % of its equity in BTC."""
    desk = Bench(home)
    desk.with_risk(max_position_size=Decimal("0.95"), **risk)
    await desk.start()
    await desk.buy(BTC, "9000")
    return desk


async def test_losing_the_days_limit_halts_and_a_restart_is_still_halted(tmp_path: Path) -> None:
    desk = await heavy(tmp_path)
    await lose(desk, "0.049")
    assert desk.state() == "active"
    await lose(desk, "0.051")
    assert desk.state() == "halted"
    assert "day's loss" in desk.engine.status.reason
    refused = await desk.ask(ETH)
    assert refused.verdict is not None
    codes = {check.code for check in refused.verdict.failed}
    assert {"TRADING_HALTED", "DAILY_LOSS_LIMIT"} <= codes
    assert refused.verdict.largest_passing is None
    await desk.restart()
    assert desk.state() == "halted"
    assert desk.held() == Decimal("0.18")
    proposal = await desk.engine.close_position(BTC, principal=OWNER, words="close")
    assert proposal.ticket is not None
    await desk.approve(proposal.ticket)
    assert desk.held() == 0
    await desk.stop()


async def test_only_the_owner_at_the_terminal_resumes_and_the_limit_is_rebased(
    tmp_path: Path,
) -> None:
    desk = await heavy(tmp_path)
    await lose(desk, "0.06")
    with pytest.raises(KitError, match="Only the owner"):
        await desk.engine.resume(PHONE)
    with pytest.raises(KitError, match="Only the owner"):
        await desk.engine.resume(msgspec.structs.replace(OWNER, local=False))
    reply = await desk.engine.resume(OWNER)
    assert "counted from" in reply.text
    assert desk.state() == "active"
    await desk.poll()
    assert desk.state() == "active"
    await desk.restart()
    assert desk.state() == "active"
    await desk.stop()


async def test_a_loss_halt_outlives_the_day_unless_the_settings_say_otherwise(
    tmp_path: Path,
) -> None:
    desk = await heavy(tmp_path)
    await lose(desk, "0.06")
    await desk.poll(24 * 3600)
    assert desk.state() == "halted"
    await desk.stop()


async def test_a_loss_halt_ends_the_next_day_when_the_settings_say_so(tmp_path: Path) -> None:
    desk = await heavy(tmp_path, resume_next_day=True)
    await lose(desk, "0.06")
    await desk.poll(9 * 3600)
    assert desk.state() == "halted"
    await desk.poll(3600)
    assert desk.state() == "active"
    await desk.stop()


async def test_a_hand_made_halt_never_ends_by_itself(tmp_path: Path) -> None:
    desk = await heavy(tmp_path, resume_next_day=True)
    await desk.engine.halt("holiday", by="Ada")
    await desk.poll(48 * 3600)
    assert desk.state() == "halted"
    await desk.stop()


async def test_a_drawdown_halves_exposure_and_says_what_was_closed(tmp_path: Path) -> None:
    desk = await heavy(tmp_path, daily_loss_limit=Decimal("0.5"))
    await lose(desk, "0.11")
    assert desk.state() == "reducing"
    assert desk.held() == Decimal("0.09")
    assert "To reduce exposure, closed 0.09 BTC" in desk.notices()
    for _ in range(3):
        await desk.poll()
    assert desk.held() == Decimal("0.09")
    refused = await desk.ask(ETH)
    assert refused.ticket is None
    await desk.stop()


async def test_the_riskiest_part_is_closed_first(tmp_path: Path) -> None:
    desk = Bench(tmp_path)
    desk.with_risk(max_position_size=Decimal("0.5"), daily_loss_limit=Decimal("0.5"))
    await desk.start()
    await desk.buy(BTC, "4000")
    await desk.buy(ETH, "4000")
    desk.venue.set_price(ETH, "1400")
    await desk.poll()
    await desk.poll()
    assert desk.held(ETH) == 0
    assert Decimal("0.05") < desk.held(BTC) < Decimal("0.08")
    await desk.stop()


async def test_a_reduction_that_was_cut_short_goes_on_after_a_restart(tmp_path: Path) -> None:
    desk = await heavy(tmp_path, daily_loss_limit=Decimal("0.5"))
    desk.venue.faults += [Fault.REJECT]
    await lose(desk, "0.11")
    assert desk.held() == Decimal("0.18")
    await desk.restart()
    assert desk.held() == Decimal("0.09")
    await desk.restart()
    assert desk.held() == Decimal("0.09")
    await desk.stop()


async def test_a_day_halt_does_not_keep_the_drawdown_from_reducing(tmp_path: Path) -> None:
    desk = await heavy(tmp_path)
    await lose(desk, "0.11")
    assert desk.state() == "halted"
    assert desk.held() == Decimal("0.09")
    await desk.stop()


async def test_one_bad_print_sells_nothing(tmp_path: Path) -> None:
    """F24: two looks in a row, at prices of their own, before exposure is reduced."""
    desk = await heavy(tmp_path, daily_loss_limit=Decimal("0.9"))
    for _ in range(3):
        desk.venue.set_price(BTC, "44000")  # a fall of more than a tenth, less than a fifth
        await desk.poll()
        await desk.engine.tick()  # the same quote once more is no second look
        desk.venue.set_price(BTC, "50000")
        await desk.poll()
    assert desk.state() == "active"
    assert desk.held() == Decimal("0.18")
    await desk.stop()


async def test_a_halt_acts_on_the_first_look_and_sells_nothing(tmp_path: Path) -> None:
    desk = await heavy(tmp_path, daily_loss_limit=Decimal("0.05"))
    desk.venue.set_price(BTC, "44000")
    await desk.poll()
    assert desk.state() == "halted"
    desk.venue.set_price(BTC, "50000")
    await desk.poll()
    assert desk.state() == "halted", "a person lifts it"
    assert desk.held() == Decimal("0.18")
    await desk.stop()


async def test_a_deep_drawdown_halts(tmp_path: Path) -> None:
    desk = await heavy(tmp_path, daily_loss_limit=Decimal("0.9"))
    await lose(desk, "0.21")
    assert desk.state() == "halted"
    assert "20 %" in desk.engine.status.reason
    await desk.stop()


async def test_resuming_after_a_drawdown_counts_from_present_equity(tmp_path: Path) -> None:
    desk = await heavy(tmp_path, daily_loss_limit=Decimal("0.5"))
    await lose(desk, "0.11")
    await desk.engine.resume(OWNER)
    await desk.poll()
    assert desk.state() == "active"
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.drawdown == 0
    assert desk.held() == Decimal("0.09")
    await desk.stop()


async def test_nothing_is_liquidated_on_equity_that_is_only_partly_known(tmp_path: Path) -> None:
    """F33, F20: a coin that has lost its price would look like a fall."""
    desk = await heavy(tmp_path, daily_loss_limit=Decimal("0.5"))
    desk.venue.deposit("SOL", "5")
    for _ in range(3):
        await desk.poll()
    desk.venue.silent.add(SOL)
    await desk.poll(31)
    await lose(desk, "0.3")
    assert desk.held() == Decimal("0.18")
    assert desk.state() == "active"
    risk = desk.store.get(RISK)
    assert risk is not None
    assert not risk.complete
    await desk.stop()


async def test_stale_prices_trip_no_guard(tmp_path: Path) -> None:
    desk = await heavy(tmp_path)
    desk.venue.prices[BTC] = Decimal(30000)
    desk.venue.frozen_prices = True
    desk.clock.advance(60)
    await desk.engine.tick()
    assert desk.state() == "active"
    await desk.stop()


async def test_holdings_not_opened_here_are_never_reduced(tmp_path: Path) -> None:
    """F35: they count in equity, and stay."""
    desk = Bench(tmp_path)
    desk.with_risk(daily_loss_limit=Decimal("0.5"))
    desk.venue.deposit("SOL", "100")
    await desk.start()
    await desk.buy(BTC, "900")
    desk.venue.set_price(SOL, "70")
    await desk.poll()
    await desk.poll()
    assert desk.state() == "reducing"
    assert desk.venue.total["SOL"] == 100
    assert desk.held(BTC) < Decimal("0.018")
    await desk.stop()


async def test_actions_are_configurable(tmp_path: Path) -> None:
    actions = ActionSettings(on_daily_loss="reject", on_limit_reached="halt_trading")
    desk = await heavy(tmp_path, actions=actions)
    await lose(desk, "0.06")
    assert desk.state() == "active"
    assert "new entries are refused" in desk.notices()
    assert (await desk.ask(ETH)).ticket is None
    assert desk.state() == "halted"
    await desk.stop()


async def test_the_day_begins_in_the_users_time_zone(tmp_path: Path) -> None:
    async with bench(tmp_path) as desk:
        book = desk.journal.ledger.book("test")
        assert book.day == "2026-11-22"
        await desk.poll(9 * 3600)
        assert book.day == "2026-11-22"
        await desk.poll(3600)
        assert desk.journal.ledger.book("test").day == "2026-11-23"


async def test_a_halt_does_not_wait_for_a_journal_that_hangs(tmp_path: Path) -> None:
    """The file is written before anything else; another account sees it at its next order."""
    import asyncio

    async with bench(tmp_path) as desk:
        never = asyncio.Event()

        async def hangs(*_: object) -> None:
            await never.wait()

        desk.journal.append = hangs  # type: ignore[method-assign]  # a disk that hangs
        await desk.engine.halt("now", by="Ada")
        other = Bench(tmp_path)
        other.journal = desk.journal
        del desk.journal.append
        await other.start(engine_only=True)
        assert other.state() == "halted"
        never.set()
