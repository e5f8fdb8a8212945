"""What an account may not do: refused keys, closed markets, overfills, real money not armed."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.errors import KitError, UsageError
from kit_tui.domain.orders import Mode, OrderStatus
from kit_tui.domain.trust import AccountTrust
from kit_tui.exchanges.base import KeyPermissions
from kit_tui.state.slices import POSITIONS, TRUST
from kit_tui.trading.answers import Proposal
from kit_tui.trading.arming import NotReadyError
from kit_tui.trading.proposing import NotAllowedError
from tests.support.scripted_exchange import BTC, ETH, Fault, ProcessKilled
from tests.trading.bench import OWNER, PHONE, Bench, bench

S = OrderStatus


def codes(proposal: Proposal) -> set[str]:
    assert proposal.verdict is not None
    return {check.code for check in proposal.verdict.failed}


def trust(desk: Bench) -> AccountTrust:
    found = desk.store.get(TRUST)
    assert found is not None
    return found


# -- keys --------------------------------------------------------------------------------------


async def test_refused_keys_are_proof_and_stop_entries(live: Bench) -> None:
    live.venue.faults.append(Fault.KEYS)
    answer = await live.buy()
    assert live.statuses() == [S.REJECTED]
    assert not answer.reply.ok
    assert "refuses the keys" in live.notices()
    assert trust(live).keys_refused
    assert codes(await live.ask(ETH)) == {"KEYS_REFUSED"}
    await live.poll()
    assert trust(live).keys_refused, "reading with the key proves nothing about trading with it"


async def test_an_exit_is_tried_with_refused_keys_and_proves_them_when_it_passes(
    live: Bench,
) -> None:
    await live.buy()
    live.venue.faults.append(Fault.KEYS)
    await live.buy(ETH)
    await live.sell(BTC)
    assert live.held() == 0
    assert not trust(live).keys_refused
    assert (await live.ask(ETH)).ticket is not None


async def test_a_revoked_key_lets_reads_rest_longer_and_longer(live: Bench) -> None:
    await live.buy()
    live.venue.keys_dead = True
    live.venue.asked.clear()
    for _ in range(60):
        await live.poll(5)
    assert len(live.venue.asked) < 10
    assert trust(live).unreconciled
    assert live.held() == Decimal("0.002"), "what cannot be read is not gone"
    assert live.notices().count("refuses the keys") == 1
    live.venue.keys_dead = False
    for _ in range(100):
        await live.poll(10)
    assert trust(live).keys_refused == ""
    assert (await live.ask()).ticket is not None


async def test_a_cancel_with_refused_keys_stays_due(live: Bench) -> None:
    ticket = (await live.ask(BTC, "100", limit="40000")).ticket
    assert ticket is not None
    await live.approve(ticket)
    live.venue.keys_dead = True
    await live.engine.cancel_all(principal=OWNER)
    assert live.statuses() == [S.PENDING_CANCEL]
    live.venue.keys_dead = False
    for _ in range(20):
        await live.poll(30)
    assert live.statuses() == [S.CANCELED]


# -- markets -----------------------------------------------------------------------------------


async def test_a_delisted_position_is_frozen_and_the_rest_trades_on(live: Bench) -> None:
    """F25: kept and shown, others trade, a restart works, a person settles it."""
    await live.buy(BTC, "500", stop_loss="45000")
    live.venue.delist(BTC)
    for _ in range(3):
        await live.poll(31)
    (held,) = live.store.get(POSITIONS) or ()
    assert held.frozen
    assert [f.code for f in trust(live).frozen] == ["MARKET_CLOSED"]
    await live.buy(ETH)
    await live.restart()
    await live.poll(31)
    assert live.held() == Decimal("0.01")
    assert live.held(ETH) > 0
    await live.buy(ETH)
    with pytest.raises(NotAllowedError):
        await live.engine.write_off(BTC, None, by=PHONE)
    await live.engine.write_off(BTC, None, by=OWNER)
    assert live.held() == 0
    assert live.journal.ledger.realised["test", BTC] == Decimal("-500.5")


async def test_an_order_into_a_closed_market_is_rejected_and_freezes_the_pair(live: Bench) -> None:
    live.venue.faults.append(Fault.CLOSED)
    await live.buy()
    assert live.statuses() == [S.REJECTED]
    assert codes(await live.ask(BTC)) == {"MARKET_CLOSED"}
    assert (await live.ask(ETH)).ticket is not None
    await live.engine.clear(BTC, by=OWNER)
    assert (await live.ask(BTC)).ticket is not None


# -- more than was ordered ---------------------------------------------------------------------


async def test_an_overfill_is_followed_and_pauses_entries(live: Bench) -> None:
    """F12."""
    live.venue.faults.append(Fault.OVERFILL)
    await live.buy(BTC, "500")
    assert live.held() == Decimal("0.011")
    assert live.agrees()
    assert "more than" in live.notices()
    assert codes(await live.ask(BTC)) == {"OVERFILLED"}
    await live.restart()
    assert codes(await live.ask(BTC)) == {"OVERFILLED"}
    await live.sell(BTC)
    assert live.held() == 0
    assert (await live.ask(BTC)).ticket is not None


async def test_a_person_clears_an_overfill_for_good(live: Bench) -> None:
    live.venue.faults.append(Fault.OVERFILL)
    await live.buy(BTC, "500")
    await live.engine.clear(BTC, by=OWNER)
    await live.restart()
    assert (await live.ask(BTC)).ticket is not None
    assert live.held() == Decimal("0.011")


# -- answers that prove nothing ----------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.LIMITED, Fault.DUPLICATE])
async def test_such_an_answer_leaves_the_outcome_to_a_query(live: Bench, fault: Fault) -> None:
    """F04, F15: too many requests, or an id the venue says it has already."""
    live.venue.faults.append(fault)
    await live.buy()
    expected = S.FILLED if fault is Fault.DUPLICATE else S.UNKNOWN
    assert live.statuses() == [expected]
    for _ in range(6):
        await live.poll(30)
    assert len(live.venue.sent) == (fault is Fault.DUPLICATE)
    assert live.agrees()


async def test_traces_of_an_unknown_order_keep_it_unknown(live: Bench) -> None:
    """F02: the venue denies it, and yet coins came and money went as if it had been filled."""
    live.venue.faults.append(Fault.TIMEOUT_BEFORE)
    await live.buy(BTC, "500")
    live.venue.deposit("BTC", "0.01")
    live.venue.deposit("USDT", "-500.5")
    for _ in range(12):
        await live.poll(30)
    assert live.statuses() == [S.UNKNOWN]
    await live.engine.clear(BTC, by=OWNER)
    await live.poll()
    assert live.statuses() == [S.REJECTED]


async def test_a_restart_never_makes_the_proof_of_absence_quicker(live: Bench) -> None:
    live.venue.faults.append(Fault.TIMEOUT_BEFORE)
    await live.buy()
    for _ in range(3):
        await live.poll(19)
    await live.restart()
    await live.poll(19)
    await live.poll(19)
    assert live.statuses() == [S.UNKNOWN]
    for _ in range(4):
        await live.poll(19)
    assert live.statuses() == [S.REJECTED]
    assert "offers it again" in live.notices()


async def test_cut_off_before_sending_is_cancelled_after_proof_and_not_offered(
    live: Bench,
) -> None:
    """F05 on a real venue: the denial must be proven there too."""
    ticket = await live.ticket()
    live.venue.faults.append(Fault.CRASH)
    with pytest.raises(ProcessKilled):
        await live.approve(ticket)
    await live.restart()
    assert live.statuses() == [S.UNKNOWN]
    for _ in range(4):
        await live.poll(30)
    assert live.statuses() == [S.CANCELED]
    assert live.orders[0].reason.startswith("never sent")
    assert live.venue.sent == []


# -- outages and arming ------------------------------------------------------------------------


async def test_after_an_outage_the_books_agree_before_any_order(live: Bench) -> None:
    """F19: a stop filled while the venue was down; the exit approved first thing sees it."""
    await live.buy(BTC, "500", stop_loss="45000")
    ticket = (await live.engine.close_position(BTC, principal=OWNER, words="close")).ticket
    assert ticket is not None
    live.venue.down = True
    await live.poll(5)
    refused = await live.ask(BTC)
    assert "NOT_RECONCILED" in codes(refused)
    assert "PORTFOLIO_INCOMPLETE" in codes(refused)
    live.venue.set_price(BTC, "44000")
    live.venue.down = False
    sent = len(live.venue.sent)
    live.venue.asked.clear()
    with contextlib.suppress(KitError):  # there is nothing left to close
        await live.approve(ticket)
    assert live.venue.asked[:2] == ["open orders", "fills"]
    assert len(live.venue.sent) == sent
    assert live.held() == 0
    assert live.agrees()


@pytest.mark.parametrize("what", ["down", "balances_down"])
async def test_without_the_venues_answer_nothing_starts_and_nothing_is_flat(
    tmp_path: Path, what: str
) -> None:
    """F29."""
    async with bench(tmp_path, mode=Mode.LIVE) as live:
        await live.buy(BTC, "500")
        setattr(live.venue, what, True)
        await live.restart()
        assert live.held() == Decimal("0.01")
        assert trust(live).unreconciled
        setattr(live.venue, what, False)
        await live.poll()
        assert trust(live).unreconciled == ""
        assert live.agrees()


async def test_real_money_needs_arming_for_exactly_this_key(tmp_path: Path) -> None:
    async with bench(tmp_path, mode=Mode.LIVE, armed=False) as live:
        live.venue.permissions = KeyPermissions(read=True, trade=True, withdraw=False)
        assert trust(live).armed is False
        assert codes(await live.ask()) == {"LIVE_NOT_ARMED"}
        with pytest.raises(UsageError, match="type its name"):
            await live.engine.arm(OWNER, "yes")
        with pytest.raises(NotAllowedError):
            await live.engine.arm(PHONE, "test")
        checks = await live.engine.arm(OWNER, "test")
        assert [c.name for c in checks] == [
            "connection", "clock", "keyTrades", "keyWithdraws", "reconciled", "limits",
        ]  # fmt: skip
        assert trust(live).armed is True
        await live.buy()
        await live.engine.disarm(OWNER)
        assert codes(await live.ask()) == {"LIVE_NOT_ARMED"}
        await live.sell(BTC)
        assert live.held() == 0, "exits work unarmed"
        await live.engine.arm(OWNER, "test")
        live.engine.account.fingerprint = "another key"
        assert codes(await live.ask()) == {"LIVE_NOT_ARMED"}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"permissions": KeyPermissions(read=True, trade=True, withdraw=True)}, "keyWithdraws"),
        ({"permissions": KeyPermissions(read=True, trade=True)}, "keyWithdraws"),
        ({"permissions": KeyPermissions(read=True, trade=False, withdraw=False)}, "keyTrades"),
        ({"offset": -10.5}, "clock"),
        ({"down": True}, "connection"),
    ],
)
async def test_what_is_not_fit_stays_unarmed(
    tmp_path: Path, change: dict[str, object], name: str
) -> None:
    async with bench(tmp_path, mode=Mode.LIVE, armed=False) as live:
        live.venue.permissions = KeyPermissions(read=True, trade=True, withdraw=False)
        for field, value in change.items():
            setattr(live.venue, field, value)
        failed = {c.name for c in await live.engine.going_live_checks() if not c.passed}
        assert failed == {name}
        with pytest.raises(NotReadyError, match=name):
            await live.engine.arm(OWNER, "test")
        assert live.journal.ledger.armed == {}


async def test_a_key_that_may_withdraw_is_accepted_by_a_word_of_its_own(tmp_path: Path) -> None:
    async with bench(tmp_path, mode=Mode.LIVE, armed=False) as live:
        live.venue.permissions = KeyPermissions(read=True, trade=True, withdraw=True)
        await live.engine.arm(OWNER, "test", withdraw_accepted=True)
        assert (await live.ask()).ticket is not None


async def test_an_entry_approved_just_before_disarming_is_not_sent(live: Bench) -> None:
    ticket = await live.ticket()
    await live.engine.disarm(OWNER)
    await live.approve(ticket)
    assert live.venue.sent == []
    assert live.orders == []


async def test_how_often_an_unknown_order_was_asked_for_is_told_until_it_is_known(
    live: Bench,
) -> None:
    live.venue.faults.append(Fault.TIMEOUT_BEFORE)
    await live.buy()
    assert live.statuses() == [S.UNKNOWN]
    (before,) = trust(live).frozen
    await live.poll()
    (after,) = trust(live).frozen
    assert after.asked == before.asked + 1
    for _ in range(10):
        await live.poll(60)
    assert live.statuses() == [S.REJECTED]
    assert trust(live).frozen == ()
