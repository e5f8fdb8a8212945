"""The order path against a venue that fails: nothing lost, nothing doubled, and said plainly."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from kit_tui.domain.cards import ReportCard
from kit_tui.domain.errors import KitError
from kit_tui.domain.orders import OrderStatus, OrderType
from kit_tui.exchanges.base import NotFoundRule
from kit_tui.state.slices import APPROVALS, FILLS, ORDERS, PORTFOLIO, POSITIONS, RISK
from tests.support.scripted_exchange import BTC, ETH, Fault, ProcessKilled
from tests.trading.bench import OWNER, Bench

S = OrderStatus
MISSES_NEEDED = NotFoundRule().times


async def test_a_purchase_is_proposed_approved_filled_and_published(desk: Bench) -> None:
    proposal = await desk.ask(BTC, "100")
    ticket = proposal.ticket
    assert ticket is not None
    assert desk.store.get(APPROVALS) == (ticket,)
    assert 100 - 50000 * Decimal("0.00001") < ticket.order.notional <= 100
    answer = await desk.approve(ticket)
    assert answer.reply.text.splitlines()[0] == "Bought: 0.002 BTC @ 50,000.00"
    assert "fee 0.10 USDT" in answer.reply.text
    card = answer.reply.cards[0]
    assert isinstance(card, ReportCard)
    assert card.fills[0].order_id == answer.order.id  # type: ignore[union-attr]  # it was sent
    assert desk.store.get(APPROVALS) == ()
    positions, orders, fills = (
        desk.store.get(POSITIONS), desk.store.get(ORDERS), desk.store.get(FILLS),
    )  # fmt: skip
    assert positions is not None
    assert [p.position.pair for p in positions] == [BTC]
    assert orders is not None
    assert [o.status for o in orders] == [S.FILLED]
    assert fills is not None
    assert [f.order_id for f in fills] == ["1"]
    portfolio, risk = desk.store.get(PORTFOLIO), desk.store.get(RISK)
    assert portfolio is not None
    assert portfolio.equity == Decimal("9999.9")
    assert risk is not None
    assert risk.trades_today == 1
    assert desk.agrees()


async def test_an_order_takes_three_durable_commits(desk: Bench) -> None:
    commits = 0
    append = desk.journal.append

    async def counted(*events: object) -> None:
        nonlocal commits
        commits += bool(events)
        await append(*events)  # type: ignore[arg-type]  # passed through

    desk.journal.append = counted  # type: ignore[method-assign]  # counts
    await desk.buy()
    assert commits == 3


async def test_the_order_is_durable_before_the_venue_hears_of_it(desk: Bench) -> None:
    seen: list[S] = []
    desk.venue.on_create = lambda order: seen.append(
        desk.journal.ledger.by_client_id(order.client_id).status  # type: ignore[union-attr]  # it must be there
    )
    await desk.buy()
    assert seen == [S.SUBMITTED]


async def test_a_rejection_is_reported_in_the_venues_words(desk: Bench) -> None:
    desk.venue.faults.append(Fault.REJECT)
    answer = await desk.buy()
    assert not answer.reply.ok
    assert answer.reply.text == "scripted rejected order 1: insufficient margin"
    assert desk.statuses() == [S.REJECTED]


async def test_no_answer_but_accepted_is_found_by_client_id(desk: Bench) -> None:
    """F01."""
    desk.venue.faults.append(Fault.TIMEOUT_AFTER)
    answer = await desk.buy()
    assert answer.reply.text.startswith("Bought: 0.002 BTC")
    assert desk.statuses() == [S.FILLED]
    assert desk.agrees()


async def test_no_answer_and_never_arrived_is_lost_and_offered_anew(desk: Bench) -> None:
    """F02 on paper, whose books answer for themselves: never resent."""
    desk.venue.faults.append(Fault.TIMEOUT_BEFORE)
    answer = await desk.buy()
    assert desk.statuses() == [S.REJECTED]
    assert "lost" in answer.reply.text
    assert desk.venue.sent == []
    (again,) = desk.store.get(APPROVALS) or ()
    assert again.id == "2"
    assert "Ticket 2 offers it again" in desk.notices()


async def test_a_real_venue_must_deny_an_order_several_times_over_a_while(live: Bench) -> None:
    """F02: until then it is unknown and its pair takes no entries."""
    live.venue.faults.append(Fault.TIMEOUT_BEFORE)
    answer = await live.buy()
    assert not answer.reply.ok
    assert "No answer from scripted" in answer.reply.text
    assert live.statuses() == [S.UNKNOWN]
    for _ in range(MISSES_NEEDED):
        await live.poll(5)
        assert live.statuses() == [S.UNKNOWN]
    refused = await live.ask(BTC)
    assert refused.verdict is not None
    assert {check.code for check in refused.verdict.failed} == {"SYMBOL_FROZEN"}
    assert (await live.ask(ETH)).ticket is not None
    await live.poll(60)
    assert live.statuses() == [S.REJECTED]
    assert live.venue.sent == []


async def test_an_unknown_order_stays_unknown_while_the_venue_cannot_be_asked(live: Bench) -> None:
    """F03: never rejected for want of an answer."""
    live.venue.faults.append(Fault.TIMEOUT_AFTER)
    live.venue.on_create = lambda _: setattr(live.venue, "down", True)
    await live.buy()
    for _ in range(20):
        await live.poll(30)
    assert live.statuses() == [S.UNKNOWN]
    live.venue.down = False
    await live.poll()
    assert live.statuses() == [S.FILLED]
    assert live.agrees()


async def test_an_error_nobody_foresaw_is_unknown_too(live: Bench) -> None:
    live.venue.faults.append(Fault.STRANGE)
    await live.buy()
    assert live.statuses() == [S.UNKNOWN]


async def test_an_answer_that_comes_late_makes_one_order(live: Bench) -> None:
    """F04: the venue shows the order only after the first questions."""
    live.venue.faults.append(Fault.TIMEOUT_AFTER)
    live.venue.on_create = lambda order: live.venue.hidden.add(order.client_id)
    await live.buy()
    await live.poll()
    assert live.statuses() == [S.UNKNOWN]
    live.venue.hidden.clear()
    await live.poll()
    assert live.statuses() == [S.FILLED]
    assert live.agrees()


async def test_executions_told_late_are_counted_once(desk: Bench) -> None:
    desk.venue.faults.append(Fault.LATE_FILLS)
    answer = await desk.buy()
    assert answer.order is not None
    assert answer.order.status is S.ACCEPTED
    desk.venue.release_fills()
    await desk.poll()
    await desk.poll()
    assert desk.statuses() == [S.FILLED]
    assert desk.agrees()


async def test_a_repeated_execution_counts_once(desk: Bench) -> None:
    """F08."""
    await desk.buy()
    desk.venue.executions.append(desk.venue.executions[0])
    await desk.poll()
    assert desk.held() == Decimal("0.002")


async def test_killed_between_journal_and_send_cancels_at_the_next_start(desk: Bench) -> None:
    """F05."""
    ticket = await desk.ticket()
    desk.venue.faults.append(Fault.CRASH)
    with pytest.raises(ProcessKilled):
        await desk.approve(ticket)
    await desk.restart()
    assert desk.statuses() == [S.CANCELED]
    assert desk.orders[0].reason.startswith("never sent")
    assert desk.venue.sent == []
    assert desk.agrees()


async def test_killed_between_send_and_answer_is_adopted_at_the_next_start(desk: Bench) -> None:
    """F06: and counted once, however often we start."""
    ticket = await desk.ticket()
    desk.venue.faults.append(Fault.CRASH_AFTER)
    with pytest.raises(ProcessKilled):
        await desk.approve(ticket)
    await desk.restart()
    await desk.restart()
    assert desk.statuses() == [S.FILLED]
    assert desk.held() == Decimal("0.002")
    assert desk.agrees()


async def test_reconciling_twice_changes_nothing(desk: Bench) -> None:
    await desk.buy(BTC)
    await desk.buy(ETH, stop_loss="1900")
    await desk.poll()
    await desk.journal.flush()
    before = desk.journal.seq
    await desk.poll()
    await desk.poll()
    await desk.journal.flush()
    assert desk.journal.seq == before


async def test_a_caller_that_goes_away_does_not_stop_its_order(desk: Bench) -> None:
    ticket = await desk.ticket()
    desk.venue.gate, desk.venue.waiting = asyncio.Event(), asyncio.Event()
    caller = asyncio.ensure_future(desk.approve(ticket))
    await desk.venue.waiting.wait()
    caller.cancel()
    desk.venue.gate.set()
    await desk.engine.settle()
    assert desk.statuses() == [S.FILLED]
    assert desk.agrees()


async def test_orders_found_on_the_venue_are_taken_over(desk: Bench) -> None:
    from kit_tui.domain.numbers import Price, Quantity
    from kit_tui.domain.orders import Side
    from kit_tui.exchanges.base import NewOrder

    await desk.venue.create_order(
        NewOrder(
            client_id="by-hand", pair=BTC, side=Side.BUY, type=OrderType.LIMIT,
            quantity=Quantity("0.001"), price=Price(40000),
        )
    )  # fmt: skip
    await desk.poll()
    assert [o.client_id for o in desk.orders] == ["by-hand"]
    assert "was found on scripted" in desk.notices()
    await desk.engine.cancel("1", principal=OWNER)
    assert desk.venue.open_ids() == []


async def test_a_fill_after_the_cancel_was_confirmed_is_counted_and_told(desk: Bench) -> None:
    """F11."""
    answer = await desk.ask(BTC, "100", limit="40000")
    assert answer.ticket is not None
    order = (await desk.approve(answer.ticket)).order
    assert order is not None
    await desk.engine.cancel(order.id, principal=OWNER)
    assert desk.statuses() == [S.CANCELED]
    desk.venue.fill(order.client_id)
    await desk.poll()
    assert desk.held() == order.quantity
    assert "yet" in desk.notices()
    assert desk.agrees()


async def test_a_journal_that_cannot_write_halts_and_sends_nothing(desk: Bench) -> None:
    """F07: the halt is durable without the journal."""
    from kit_tui.domain.errors import JournalError

    ticket = await desk.ticket()

    async def full(*_: object) -> None:
        raise JournalError("the disk is full")

    desk.journal.append = full  # type: ignore[method-assign]  # a full disk
    with pytest.raises(KitError, match="disk is full"):
        await desk.approve(ticket)
    assert desk.venue.sent == []
    assert desk.state() == "halted"
    assert "disk is full" in desk.engine.status.reason
    del desk.journal.append
    await desk.restart()
    assert desk.state() == "halted"


async def test_a_stopped_price_refuses_orders(desk: Bench) -> None:
    """Fail closed: quotes that no longer move in time are no prices."""
    await desk.ask()
    desk.venue.frozen_prices = True
    desk.clock.advance(31)
    refused = await desk.ask(BTC)
    assert refused.verdict is not None
    assert "PRICE_STALE" in {check.code for check in refused.verdict.failed}


async def test_a_venue_that_is_down_blocks_entries(desk: Bench) -> None:
    """F33: equity is only partly known."""
    await desk.poll()
    desk.venue.down = True
    await desk.poll(1)
    proposal = await desk.ask()
    assert proposal.verdict is not None
    assert "PORTFOLIO_INCOMPLETE" in {check.code for check in proposal.verdict.failed}
    risk = desk.store.get(RISK)
    assert risk is not None
    assert not risk.complete


async def test_a_deposit_is_not_profit_and_a_withdrawal_no_loss(desk: Bench) -> None:
    """F32: neither the day nor the drawdown sees it; a restart does not either."""
    await desk.buy(BTC, "900")
    desk.venue.set_price(BTC, "45000")
    await desk.poll()
    before = desk.store.get(PORTFOLIO)
    assert before is not None
    desk.venue.deposit("USDT", "5000")
    await desk.poll()
    await desk.poll()
    after = desk.store.get(PORTFOLIO)
    assert after is not None
    assert after.equity == before.equity + 5000
    assert after.day_pnl == before.day_pnl
    assert abs(after.drawdown - before.drawdown) < Decimal("1e-20")
    await desk.restart()
    desk.venue.deposit("USDT", "-8000")
    await desk.poll()
    await desk.poll()
    last = desk.store.get(PORTFOLIO)
    assert last is not None
    assert last.day_pnl == before.day_pnl
    assert abs(last.drawdown - before.drawdown) < Decimal("1e-20")
    assert desk.state() == "active"


async def test_the_opening_cash_is_a_flow_of_its_own(desk: Bench) -> None:
    book = desk.journal.ledger.book("test")
    assert book.flow_total == book.day_start_equity == 10000
    assert book.flow_today == 0
