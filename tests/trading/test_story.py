"""Why it was done: from the journal only, for orders, tickets and refusals, however long ago."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit_tui.domain.autonomy import OFFLINE_GRAMMAR, Autonomy
from kit_tui.domain.cards import Reply, ReportCard, TableCard, TicketCard
from kit_tui.domain.errors import JournalError, KitError
from kit_tui.domain.events import MessageSaid
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.orders import Side
from kit_tui.domain.ticket import OrderRequest, Ticket
from kit_tui.domain.turn import Spent, ToolUse
from tests.support.scripted_exchange import BTC, ETH, Fault
from tests.trading.bench import OWNER, PHONE, Bench
from tests.trading.test_commands import run

MODEL = "claude-sonnet-5-5"


def told(reply: Reply) -> str:
    card = reply.cards[0]
    assert isinstance(card, TableCard)
    return "\n".join(" ".join(row).strip() for row in card.rows)


async def proposed(desk: Bench, read_by: str, words: str = "get me some bitcoin") -> Ticket:
    request = OrderRequest(side=Side.BUY, pair=BTC, quote_amount=Decimal(100))
    proposal = await desk.engine.propose(request, principal=PHONE, words=words, read_by=read_by)
    assert proposal.ticket is not None
    return proposal.ticket


async def said(desk: Bench, ticket: Ticket, **more: object) -> None:
    """The message of K.I.T. that carries a ticket."""
    message = Message(
        id="m9", at=desk.clock.now(), speaker=Speaker.KIT, channel="telegram",
        principal=PHONE.key, name="kit", text="Shall I?", cards=(TicketCard(ticket),), **more,  # type: ignore[arg-type]  # passed on
    )  # fmt: skip
    await desk.journal.append(MessageSaid(message=message, at=message.at))


async def test_an_order_of_a_model_tells_model_tools_and_cost(desk: Bench) -> None:
    ticket = await proposed(desk, MODEL)
    await said(
        desk, ticket, engine=MODEL,
        tools=(
            ToolUse(name="price", arguments="BTC/USDT"),
            ToolUse(name="propose_order", arguments="buy BTC/USDT"),
        ),
        spent=Spent(
            model=MODEL, input_tokens=200, cache_read=4000, output_tokens=300,
            cost=Decimal("0.0123"),
        ),
    )  # fmt: skip
    await desk.approve(ticket)
    desk.clock.advance(3)
    reply = await run(desk, "why")
    text = told(reply)
    assert reply.text == (
        "Order 1: buy 0.002 BTC at market, filled. "
        f"Asked by Ada's phone on telegram; proposed by the model {MODEL}."
    )
    assert "asked by Ada's phone on telegram: get me some bitcoin" in text
    assert f"proposed by the model {MODEL}" in text
    assert "it used price(BTC/USDT), propose_order(buy BTC/USDT)" in text
    assert f"{MODEL} read 4,200 and wrote 300 tokens, cost 0.0123 dollars" in text
    assert "passed: maxPositionSize: 1 % of equity, limit 10 %" in text
    assert "ticket 1 approved by Ada on terminal" in text
    assert "filled 0.002 @ 50,000.00" in text
    assert isinstance(reply.cards[1], ReportCard)


async def test_a_message_that_is_not_there_is_not_made_up(desk: Bench) -> None:
    ticket = await proposed(desk, MODEL)
    await desk.approve(ticket)
    text = told(await run(desk, "why 1"))
    assert "the message that put it up is not in the journal" in text
    assert "tokens" not in text


async def test_what_a_person_said_misses_no_message(desk: Bench) -> None:
    ticket = await proposed(desk, OFFLINE_GRAMMAR)
    await desk.approve(ticket)
    text = told(await run(desk, "why 1"))
    assert "read by the offline grammar" in text
    assert "not in the journal" not in text


async def test_every_event_since_is_told_in_its_order(desk: Bench) -> None:
    desk.venue.faults.append(Fault.TIMEOUT_AFTER)
    answer = await desk.buy(stop_loss="48000")
    assert answer.order is not None
    await desk.poll(5)
    await desk.restart()
    text = told(await run(desk, "why 1"))
    events = [
        "ticket 1 put up", "ticket 1 approved by Ada", "order 1 written down and sent to scripted",
        "order 1 unknown", "filled 0.002 @ 50,000.00",
        "beside it, for scripted: sell 0.002 BTC stop",
    ]  # fmt: skip
    places = [text.find(event) for event in events]
    assert -1 not in places, text
    assert places == sorted(places)


async def test_a_day_that_ends_is_named(desk: Bench) -> None:
    proposal = await desk.ask(BTC, "100", limit="49000")
    assert proposal.ticket is not None
    await desk.approve(proposal.ticket)
    await desk.poll(24 * 3600)
    await desk.engine.cancel("1", principal=PHONE)
    text = told(await run(desk, "why 1"))
    tomorrow = f"on {desk.clock.now():%Y-%m-%d}"
    assert tomorrow in text
    assert text.index(tomorrow) < text.index("cancelled by Ada's phone")


@pytest.mark.parametrize("name", ["t1", "#1", "T1"])
async def test_a_ticket_has_a_story_as_well(desk: Bench, name: str) -> None:
    ticket = await proposed(desk, "form")
    await desk.engine.reject(ticket.id, principal=PHONE)
    reply = await run(desk, f"why {name}")
    assert reply.text.startswith("Ticket 1: buy 0.002 BTC at market, rejected.")
    text = told(reply)
    assert "read by the order form" in text
    assert "ticket 1 rejected by Ada's phone on telegram" in text
    assert len(reply.cards) == 1, "a ticket's card would offer an answer"


async def test_a_ticket_and_an_order_of_one_number_are_told_apart(desk: Bench) -> None:
    first = await proposed(desk, "form", "the first")
    await desk.engine.reject(first.id, principal=PHONE)
    await desk.approve(await proposed(desk, "form", "the second"))
    assert "the second" in told(await run(desk, "why 1"))
    assert "the first" in told(await run(desk, "why t1"))
    assert "the second" in told(await run(desk, "why #2"))


async def test_the_newest_refusal_is_told_when_it_came_last(desk: Bench) -> None:
    await desk.buy()
    desk.clock.advance(1)
    await desk.ask(ETH, "50000")
    reply = await run(desk, "why")
    assert reply.text.startswith("Refused: an order in ETH/USDT, by maxPositionSize: 500")
    text = told(reply)
    assert "asked by Ada on terminal: buy ETH/USDT for 50000" in text
    assert "failed: maxPositionSize: 500.01 % of equity, limit 10 %" in text
    assert "what read it was not written down" in text
    assert "refused; nothing was sent" in text


async def test_what_was_sent_unasked_says_that_nobody_was_asked(desk: Bench) -> None:
    await desk.engine.set_autonomy(Autonomy.SEMI_AUTO, "SEMI-AUTO", by=OWNER)
    ticket = await proposed(desk, OFFLINE_GRAMMAR)
    assert await desk.engine.answer_by_autonomy(ticket) is not None
    text = told(await run(desk, "why"))
    assert "ticket 1 approved by semi-auto on autonomy; nobody was asked, 100.50 counted" in text


async def test_an_order_without_a_ticket_was_ordered_by_a_guard(desk: Bench) -> None:
    await desk.buy()
    await desk.engine.kill("Ada")
    assert "ordered by a guard or the kill switch" in told(await run(desk, "why"))


async def test_nothing_and_nobody_are_said_plainly(desk: Bench) -> None:
    with pytest.raises(KitError, match="Nothing was ordered or refused"):
        await run(desk, "why")
    for name in ("7", "t7", "#7", "x"):
        with pytest.raises(KitError, match="There is no"):
            await run(desk, f"why {name}")


async def test_a_ticket_of_another_account_stays_its_secret(desk: Bench) -> None:
    await proposed(desk, "form")
    desk.engine.account.name = "other"
    with pytest.raises(KitError, match="no ticket 1 on this account"):
        await run(desk, "why t1")


async def test_a_journal_that_cannot_be_read_leaves_what_is_in_memory(desk: Bench) -> None:
    await desk.buy()
    desk.journal.failure = JournalError("the disk is gone")
    text = told(await run(desk, "why 1"))
    assert "the journal cannot be read now" in text
    assert "asked by Ada on terminal" in text
    desk.journal.failure = None
