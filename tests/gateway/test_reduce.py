"""No new entries, by hand: on every account, over a restart, until a person resumes."""

from __future__ import annotations

from kit_tui.domain.risk import TradingState
from kit_tui.state.slices import RISK
from tests.gateway.house import ANN, GUEST, PHONE, House


def states(house: House) -> set[TradingState]:
    return {account.trading.status.state for account in house.gateway.accounts.values()}


async def test_reducing_holds_on_every_account_and_over_a_restart(two_accounts: House) -> None:
    house = two_accounts
    await house.say("buy BTC for $100", approve=True)
    told = (await house.say("/reduce enough for today", PHONE)).reply
    assert told.text.count("Trading only reduces now") == 1
    assert states(house) == {TradingState.REDUCING}
    for account in house.gateway.accounts.values():
        report = account.store.get(RISK)
        assert report is not None
        assert (report.status.reason, report.status.by) == ("enough for today", "Ann's phone")
    await house.restart()
    assert states(house) == {TradingState.REDUCING}
    refused = await house.say("buy ETH for $100")
    assert not refused.reply.ok
    assert "reducing" in refused.reply.text
    assert (await house.say("close my BTC position", approve=True)).reply.ok
    assert house.position() == 0
    assert "already" in (await house.say("/stopentry")).reply.text


async def test_only_the_owner_at_the_terminal_lifts_it(house: House) -> None:
    await house.say("/reduce")
    assert not (await house.say("/resume RESUME", PHONE)).reply.ok
    assert (await house.say("/resume RESUME", ANN)).reply.ok
    assert states(house) == {TradingState.ACTIVE}


async def test_a_halt_is_stricter_and_stays(house: House) -> None:
    await house.say("/halt")
    assert "halted already" in (await house.say("/reduce")).reply.text
    assert states(house) == {TradingState.HALTED}
    await house.say("/resume RESUME")
    await house.say("/reduce")
    await house.say("/halt")
    assert states(house) == {TradingState.HALTED}


async def test_a_resting_entry_is_named(house: House) -> None:
    await house.rest_order(limit="40000")
    assert "1 resting order may still open" in (await house.say("/reduce")).reply.text


async def test_a_viewer_reduces_nothing(house: House) -> None:
    assert not (await house.say("/reduce", GUEST)).reply.ok
    assert states(house) == {TradingState.ACTIVE}
