"""Exits always work and touch only what K.I.T. opened; what stays is protected."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit_tui.domain.errors import KitError
from kit_tui.domain.orders import OrderStatus, OrderType
from kit_tui.state.slices import POSITIONS
from tests.support.scripted_exchange import BTC, ETH, SOL, Fault, ProcessKilled
from tests.trading.bench import OWNER, Bench

S = OrderStatus


def stops(desk: Bench) -> list[tuple[Decimal, Decimal | None]]:
    """Working stops as (quantity, trigger)."""
    return [(o.quantity, o.stop_price) for o in desk.orders if o.is_open and o.stop_price]


async def test_a_stop_is_placed_once_the_entry_is_filled(desk: Bench) -> None:
    answer = await desk.buy(BTC, "500", stop_loss="49000")
    assert stops(desk) == [(Decimal("0.01"), Decimal(49000))]
    stop = desk.orders[1]
    assert (stop.reduce_only, stop.parent_id) == (True, answer.order.id)  # type: ignore[union-attr]  # it was sent
    (shown,) = desk.store.get(POSITIONS) or ()
    assert shown.position.stop_price == 49000
    assert "A stop at 49,000.00" in answer.reply.text


async def test_a_triggered_stop_closes_the_position(desk: Bench) -> None:
    await desk.buy(BTC, "500", stop_loss="49000")
    desk.venue.set_price(BTC, "48900")
    await desk.poll()
    assert desk.held() == 0
    assert desk.statuses() == [S.FILLED, S.FILLED]
    assert desk.agrees()


async def test_selling_half_resizes_the_stop(desk: Bench) -> None:
    """F31: our own stop locks the coins."""
    await desk.buy(BTC, "500", stop_loss="49000")
    answer = await desk.sell(BTC, fraction="0.5")
    assert answer.reply.text.startswith("Sold: 0.005 BTC @ 50,000.00")
    assert desk.held() == Decimal("0.005")
    assert stops(desk) == [(Decimal("0.005"), Decimal(49000))]
    assert desk.agrees()


async def test_closing_all_leaves_no_stop_behind(desk: Bench) -> None:
    await desk.buy(BTC, "500", stop_loss="49000")
    proposal = await desk.engine.close_position(BTC, principal=OWNER, words="close")
    assert proposal.ticket is not None
    await desk.approve(proposal.ticket)
    assert desk.held() == 0
    assert desk.venue.open_ids() == []


async def test_a_stop_of_ones_own_survives_a_partial_sale(desk: Bench) -> None:
    await desk.buy(BTC, "500")
    await desk.sell(BTC, stop="48000")
    assert stops(desk) == [(Decimal("0.01"), Decimal(48000))]
    await desk.sell(BTC, fraction="0.25")
    assert stops(desk) == [(Decimal("0.0075"), Decimal(48000))]


async def test_a_stop_cancelled_by_a_person_stays_cancelled(desk: Bench) -> None:
    await desk.buy(BTC, "500", stop_loss="49000")
    await desk.engine.cancel("2", principal=OWNER)
    await desk.poll()
    assert stops(desk) == []


async def test_killed_between_release_and_sale_protects_again_at_the_start(desk: Bench) -> None:
    """The position is never silently without its stop."""
    await desk.buy(BTC, "500", stop_loss="49000")
    desk.venue.faults.append(Fault.CRASH)
    with pytest.raises(ProcessKilled):
        await desk.sell(BTC, fraction="0.5")
    assert desk.venue.open_ids() == []
    await desk.restart()
    assert stops(desk) == [(Decimal("0.01"), Decimal(49000))]
    assert desk.agrees()


async def test_killed_before_the_stop_was_sent_places_it_at_the_start(desk: Bench) -> None:
    desk.venue.faults += [Fault.CRASH_AFTER]
    with pytest.raises(ProcessKilled):
        await desk.buy(BTC, "500", stop_loss="49000")
    await desk.restart()
    assert stops(desk) == [(Decimal("0.01"), Decimal(49000))]


async def test_a_fill_after_cancel_is_protected(desk: Bench) -> None:
    """F11: the entry's stop is due whenever its coins arrive."""
    from kit_tui.domain.numbers import Price
    from kit_tui.domain.orders import Side
    from kit_tui.domain.ticket import OrderRequest

    request = OrderRequest(
        side=Side.BUY, pair=BTC, type=OrderType.LIMIT, price=Price(45000),
        quote_amount=Decimal(450), stop_loss=Price(44000),
    )  # fmt: skip
    proposal = await desk.engine.propose(request, principal=OWNER, words="")
    assert proposal.ticket is not None
    order = (await desk.approve(proposal.ticket)).order
    assert order is not None
    await desk.engine.cancel(order.id, principal=OWNER)
    desk.venue.fill(order.client_id)
    await desk.poll()
    assert stops(desk) == [(Decimal("0.01"), Decimal(44000))]


async def test_a_stop_that_is_crossed_already_sells_at_market(desk: Bench) -> None:
    """F26: never silently naked."""
    desk.venue.on_create = lambda order: (
        desk.venue.prices.__setitem__(BTC, Decimal(48000)) if order.type is OrderType.STOP else None
    )
    answer = await desk.buy(BTC, "500", stop_loss="49000")
    assert desk.held() == 0
    assert "beyond its stop" in answer.reply.text
    assert "beyond its stop" in desk.notices()


async def test_a_stop_refused_for_another_reason_is_tried_once_more_at_once(desk: Bench) -> None:
    """F27: a venue that refuses once may have had a bad moment."""
    ticket = await desk.ticket(BTC, "500", stop_loss="49000")
    desk.venue.on_create = lambda order: (
        desk.venue.faults.append(Fault.REJECT) if order.type is OrderType.MARKET else None
    )
    await desk.approve(ticket)
    assert [o.status for o in desk.orders[1:]] == [S.REJECTED, S.ACCEPTED]
    assert stops(desk) == [(Decimal("0.01"), Decimal(49000))]


async def test_a_stop_the_venue_will_not_have_is_watched_here_and_told(desk: Bench) -> None:
    """F26: never silently naked."""
    ticket = await desk.ticket(BTC, "500", stop_loss="49000")
    desk.venue.on_create = lambda order: (
        desk.venue.faults.extend([Fault.REJECT] * 2) if order.type is OrderType.MARKET else None
    )
    await desk.approve(ticket)
    assert "No protection for 0.01 BTC on scripted: rejected" in desk.notices()
    assert "watched here, works only while K.I.T. runs" in desk.notices()
    (stop,) = [o for o in desk.orders if o.is_open]
    assert stop.emulated
    assert (stop.stop_price, stop.quantity) == (Decimal(49000), Decimal("0.01"))
    await desk.poll()
    assert len(desk.orders) == 4, "the venue is not asked again at once"
    await desk.poll(60)
    (stop,) = [o for o in desk.orders if o.is_open]
    assert (stop.emulated, stop.status) == (False, S.ACCEPTED), "it goes to the venue later"


async def test_the_fee_in_coins_leaves_what_can_be_sold(desk: Bench) -> None:
    """F14: position = fill − fee; the exit sells that, rounded down."""
    desk.venue.fee_in_base = True
    await desk.buy(BTC, "500")
    assert desk.held() == Decimal("0.00999")
    proposal = await desk.engine.close_position(BTC, principal=OWNER, words="close")
    assert proposal.ticket is not None
    await desk.approve(proposal.ticket)
    assert desk.held() == 0


async def test_exits_work_while_halted(desk: Bench) -> None:
    await desk.buy(BTC, "500")
    await desk.engine.halt("enough", by="Ada")
    assert (await desk.ask(ETH)).ticket is None
    proposal = await desk.engine.close_position(BTC, principal=OWNER, words="close")
    assert proposal.ticket is not None
    await desk.approve(proposal.ticket)
    assert desk.held() == 0


async def test_close_all_makes_a_ticket_for_each_position(desk: Bench) -> None:
    await desk.buy(BTC)
    await desk.buy(ETH)
    proposal = await desk.engine.close_all(principal=OWNER, words="close everything")
    assert len(proposal.reply.cards) == 2
    assert len(desk.venue.sent) == 2


async def test_kill_halts_cancels_and_closes_what_we_opened_only(desk: Bench) -> None:
    """F35: the ETH that was there before stays."""
    desk.venue.deposit("ETH", "3")
    await desk.poll()
    await desk.poll()
    await desk.buy(BTC, "500", stop_loss="49000")
    await desk.buy(SOL, "500")
    reply = await desk.engine.kill(by="Ada")
    assert reply.ok
    assert desk.state() == "halted"
    assert desk.venue.total["BTC"] == 0
    assert desk.venue.total["SOL"] == 0
    assert desk.venue.total["ETH"] == 3
    assert desk.venue.open_ids() == []


async def test_kill_says_what_it_could_not_do_and_goes_on_until_it_is_done(desk: Bench) -> None:
    """F30: the halt is durable first; during an outage the position keeps its stop."""
    await desk.buy(BTC, "500", stop_loss="49000")
    resting = await desk.ask(ETH, "100", limit="1900")
    assert resting.ticket is not None
    await desk.approve(resting.ticket)
    desk.venue.down = True
    desk.clock.advance(60)
    reply = await desk.engine.kill(by="Ada")
    assert not reply.ok
    assert "could not be cancelled yet" in reply.text
    assert "could not be closed" in reply.text
    desk.venue.down = False
    assert stops(desk) == [(Decimal("0.01"), Decimal(49000))]
    await desk.restart()
    assert desk.state() == "halted"
    await desk.poll()
    assert desk.venue.open_ids() == []
    assert desk.held() == 0
    assert desk.state() == "halted"
    assert desk.agrees()


async def test_kill_ends_what_was_not_done_once_a_person_resumes(desk: Bench) -> None:
    await desk.buy(BTC, "500")
    desk.venue.down = True
    desk.clock.advance(60)
    await desk.engine.kill(by="Ada")
    await desk.engine.resume(OWNER)
    desk.venue.down = False
    await desk.poll()
    assert desk.held() == Decimal("0.01")


async def test_a_cancel_without_an_answer_is_tried_again(desk: Bench) -> None:
    answer = await desk.ask(BTC, "100", limit="40000")
    assert answer.ticket is not None
    await desk.approve(answer.ticket)
    desk.venue.cancel_faults.append(Fault.TIMEOUT_BEFORE)
    reply = (await desk.engine.cancel("1", principal=OWNER)).reply
    assert not reply.ok
    assert desk.statuses() == [S.PENDING_CANCEL]
    await desk.poll()
    assert desk.statuses() == [S.CANCELED]


async def test_cancelling_what_has_ended_is_an_error(desk: Bench) -> None:
    await desk.buy()
    with pytest.raises(KitError, match="filled already"):
        await desk.engine.cancel("1", principal=OWNER)
    with pytest.raises(KitError, match="no order 99"):
        await desk.engine.cancel("99", principal=OWNER)


async def test_coins_not_opened_here_cannot_be_sold(desk: Bench) -> None:
    desk.venue.deposit("ETH", "3")
    await desk.poll()
    with pytest.raises(KitError, match="no ETH/USDT position"):
        await desk.sell(ETH)
