"""Executions as venues really tell them: twice, late, in parts, with fees in any coin."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from kit_tui.domain.errors import JournalError, KitError
from kit_tui.domain.numbers import Quantity
from kit_tui.domain.orders import OrderStatus, OrderType
from kit_tui.state.slices import PORTFOLIO, POSITIONS
from kit_tui.trading.outcome import outcome_events
from tests.support.scripted_exchange import BTC, ETH, SOL, Fault
from tests.trading.bench import OWNER, Bench

S = OrderStatus


async def limit(desk: Bench, usdt: str = "500", stop_loss: str | None = None) -> str:
    """A resting purchase at 40,000; returns its client id."""
    ticket = (await desk.ask(BTC, usdt, limit="40000", stop_loss=stop_loss)).ticket
    assert ticket is not None
    order = (await desk.approve(ticket)).order
    assert order is not None
    return order.client_id


async def test_one_execution_under_two_names_counts_once_and_is_told(live: Bench) -> None:
    """F09: another source names it differently; the position equals the venue's."""
    await live.buy(BTC, "500")
    live.venue.rename_fills("rest-")
    for _ in range(3):
        await live.poll()
    await live.restart()
    await live.poll()
    assert live.held() == Decimal("0.01")
    assert live.agrees()
    assert live.notices().count("under another id") == 1


async def test_two_executions_that_look_alike_are_two(live: Bench) -> None:
    client = await limit(live, "200")
    live.venue.orders[client] = msgspec.structs.replace(
        live.venue.orders[client], quantity=Quantity("0.004")
    )
    for _ in range(2):
        live.venue.fill(client, "0.5")
        live.venue.orders[client] = msgspec.structs.replace(
            live.venue.orders[client], quantity=Quantity("0.006")
        )
        await live.poll(1)
    assert live.held() == Decimal("0.004")
    assert "another id" not in live.notices()


async def test_a_fill_before_the_answer_is_legal_and_the_late_answer_is_ignored(
    live: Bench,
) -> None:
    """F10: the execution is known while the answer still says that nothing happened."""
    live.venue.faults.append(Fault.TIMEOUT_AFTER)
    await live.buy(BTC, "500")
    order = live.orders[0]
    assert order.status is S.FILLED
    late = live.venue.orders[order.client_id]
    early = msgspec.structs.replace(late, status=S.ACCEPTED, filled=Quantity(0))
    assert outcome_events(order, early, [], live.journal.ledger, live.clock.now()) == []


async def test_a_fill_after_the_cancel_is_adopted_and_protected(live: Bench) -> None:
    """F11."""
    client = await limit(live, stop_loss="39000")
    await live.engine.cancel_all(principal=OWNER)
    live.venue.fill(client, "0.4")
    await live.poll()
    assert live.held() == Decimal("0.005")
    stops = [o for o in live.orders if o.type is OrderType.STOP and o.is_open]
    assert [(o.quantity, o.stop_price) for o in stops] == [(Decimal("0.005"), Decimal(39000))]
    assert live.agrees()


async def test_a_rest_below_the_minimum_is_kept_as_dust_and_blocks_nothing(live: Bench) -> None:
    """F13."""
    client = await limit(live, "100")
    live.venue.fill(client, "0.02")
    await live.engine.cancel_all(principal=OWNER)
    await live.poll()
    await live.buy(ETH, "100")
    held = {p.position.pair: p for p in live.store.get(POSITIONS) or ()}
    assert held[BTC].dust
    assert not held[ETH].dust
    closed = await live.engine.close_all(principal=OWNER, words="close all")
    assert closed.ticket is not None
    assert closed.ticket.order.pair == ETH
    await live.engine.kill(by="Ada")
    assert live.held(ETH) == 0
    assert live.held(BTC) > 0


@pytest.mark.parametrize("holding", ["0", "0.5"])
async def test_fees_in_base_are_off_the_position_and_exits_end(live: Bench, holding: str) -> None:
    """F14: position = fill - fee; an exit sells what is there, and no loop follows."""
    live.venue.fee_in_base = True
    live.venue.deposit("BTC", holding)
    for _ in range(3):
        await live.poll()
    await live.buy(BTC, "510")
    assert live.held() == Decimal("0.0102") * Decimal("0.999")
    await live.sell(BTC)
    sent = len(live.venue.sent)
    for _ in range(4):
        await live.poll()
    assert len(live.venue.sent) == sent
    (dust,) = live.store.get(POSITIONS) or ()
    assert dust.dust
    assert 0 < live.held() < Decimal("0.00001")


async def test_a_fee_in_a_third_coin_is_charged_at_its_price(live: Bench) -> None:
    """Held SOL pays the fee, as BNB does on its venue: it lowers the profit and is no flow."""
    live.venue.deposit("SOL", "10")
    for _ in range(3):
        await live.poll()
    live.venue.fee_coin = "SOL"
    await live.buy(BTC, "500")
    position = live.journal.ledger.position("test", BTC)
    assert position is not None
    assert position.realised_pnl == Decimal("-0.5")
    for _ in range(3):
        await live.poll()
    portfolio = live.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.flow == 1000
    assert portfolio.day_pnl == Decimal("-0.5")
    assert SOL not in {p.pair for p in live.journal.ledger.open_positions("test")}


async def test_a_full_disk_at_the_outcome_halts_and_a_restart_recovers(live: Bench) -> None:
    """F07: the order is at the venue, its answer cannot be kept; nothing more is sent."""
    ticket = await live.ticket(BTC, "500")
    append = live.journal.append

    async def once(*events: object) -> None:
        if live.venue.sent:
            raise JournalError("the disk is full")
        await append(*events)  # type: ignore[arg-type]  # passed through

    live.journal.append = once  # type: ignore[method-assign]  # a disk that fills up
    with pytest.raises(KitError, match="disk is full"):
        await live.approve(ticket)
    assert live.state() == "halted"
    with pytest.raises(KitError):
        await live.buy(ETH)
    assert len(live.venue.sent) == 1
    del live.journal.append
    await live.restart()
    assert live.state() == "halted"
    assert live.statuses() == [S.FILLED]
    assert live.agrees()


async def test_fills_of_watched_pairs_are_asked_for(live: Bench) -> None:
    """Venues tell executions pair by pair: what is held, worked or traded must be named."""
    live.venue.deposit("SOL", "3")
    await live.poll()
    await live.poll()
    await live.buy(BTC)
    await live.poll()
    await live.poll()
    assert {BTC, SOL} <= live.venue.watched
