"""One conversation in every window: in order, whole, and no channel holds up another."""

from __future__ import annotations

import asyncio

import pytest

from kit_tui.domain.cards import ChartCard
from kit_tui.domain.message import Speaker
from kit_tui.domain.ticket import TicketState
from kit_tui.gateway.conversation import SHOWN
from kit_tui.state.slices import APPROVALS, CONNECTIONS, CONVERSATION, Connection
from tests.gateway.house import ANN, BTC, PHONE, House, until
from tests.support.market import walk


async def test_everything_said_arrives_in_order(house: House) -> None:
    phone = await house.channel()
    for number in range(20):
        await house.say(f"note {number}")
    await until(lambda: len(phone.messages) == 40)
    assert phone.texts == house.said
    assert [m.speaker for m in phone.messages[:2]] == [Speaker.PERSON, Speaker.KIT]
    answer = phone.messages[1]
    assert answer.reply_to == phone.messages[0].id
    assert len({message.id for message in phone.messages}) == 40


async def test_a_channel_that_fails_or_stalls_holds_up_nobody(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    broken, stalled, sound = [await house.channel(n) for n in ("broken", "stalled", "sound")]
    broken.broken, stalled.gate = True, asyncio.Event()
    await house.say("price of BTC")
    await until(lambda: len(sound.messages) == 2)
    assert stalled.messages == []
    assert "channel broken did not take a message" in caplog.text
    broken.broken = False
    stalled.gate.set()
    await house.say("price of ETH")
    await until(lambda: len(stalled.messages) == 4 and len(sound.messages) == 4)
    assert broken.texts == house.said[2:], "it goes on with what comes after its fault"


async def test_a_channel_that_does_not_stop_leaves_the_others_stopped(house: House) -> None:
    broken, sound = await house.channel("broken"), await house.channel("sound")
    broken.broken = True
    await house.gateway.stop_channels()
    assert broken.stopped
    assert sound.stopped


async def test_a_channels_message_is_answered_in_every_window(house: House) -> None:
    phone, desk = await house.channel(), house.desk()
    await house.gateway.handle(PHONE, "price of BTC")
    await until(lambda: len(phone.messages) == 2)
    shown = desk.store.get(CONVERSATION) or ()
    assert [(m.channel, m.speaker) for m in shown] == [
        ("telegram", Speaker.PERSON),
        ("telegram", Speaker.KIT),
    ]
    await desk.close()


async def test_a_ticket_answered_elsewhere_is_told(house: House) -> None:
    phone, desk = await house.channel(), house.desk()
    first = (await house.say("buy BTC for $100", PHONE)).ticket
    second = (await house.say("buy ETH for $100", PHONE)).ticket
    assert first is not None
    assert second is not None
    await desk.approve(first.id, first.hash)
    await desk.reject(second.id)
    await until(lambda: len(phone.tickets) == 2)
    assert [(t.id, t.state, t.answered_on) for t in phone.tickets] == [
        (first.id, TicketState.APPROVED, "terminal"),
        (second.id, TicketState.REJECTED, "terminal"),
    ]
    await desk.close()


async def test_a_ticket_that_runs_out_is_told(house: House) -> None:
    phone = await house.channel()
    await house.say("buy BTC for $100")
    await house.poll(61)
    await until(lambda: phone.tickets)
    assert phone.tickets[0].state is TicketState.EXPIRED


async def test_desks_see_how_a_ticket_was_answered(house: House) -> None:
    """Whoever shows the ticket must not go on to say that it waits, or that it ran out."""
    desk = house.desk()
    ticket = (await house.say("buy BTC for $100")).ticket
    assert ticket is not None
    assert [t.state for t in desk.store.get(APPROVALS) or ()] == [TicketState.PENDING]
    await house.gateway.answer_ticket(PHONE, ticket.id, ticket.hash, True)
    (seen,) = desk.store.get(APPROVALS) or ()
    assert (seen.state, seen.answered_on) == (TicketState.APPROVED, "telegram")
    later = house.desk()
    assert later.store.get(APPROVALS) == (seen,)


async def test_answering_by_typing_is_said_once(house: House) -> None:
    ticket = (await house.say("buy BTC for $100")).ticket
    assert ticket is not None
    await house.say(f"/approve {ticket.id} {ticket.hash}")
    assert sum(text.startswith("Bought") for text in house.said) == 1
    assert not (await house.say(f"/approve {ticket.id}")).reply.ok
    assert not (await house.say("/reject 99")).reply.ok


async def test_commands_that_change_something_join_the_conversation(house: House) -> None:
    await house.run("positions")
    assert house.said == []
    await house.run("halt", reason="lunch")
    assert house.said[0] == "/halt lunch"
    assert house.said[1].startswith("Trading is halted.")


async def test_the_order_form_joins_the_conversation(house: House) -> None:
    await house.rest_order(limit="49000")
    assert house.said[0] == "buy BTC/USDT (order form)"
    assert house.said[-1].startswith("Resting: buy")


async def test_channel_states_are_shown_beside_the_venue(two_accounts: House) -> None:
    house = two_accounts
    house.gateway.connection(Connection(name="phone", kind="channel", state="up"))
    await house.poll()
    for account in house.gateway.accounts.values():
        shown = account.store.get(CONNECTIONS) or ()
        assert [(c.name, c.kind) for c in shown] == [("scripted", "venue"), ("phone", "channel")]


async def test_an_accounts_state_is_shown_once_and_as_it_is_now(two_accounts: House) -> None:
    """The gateway keeps the lines of accounts and channels; the feeds keep those of venues."""
    house = two_accounts
    for state in ("connecting", "up"):
        house.gateway.connection(Connection(name="paper", kind="account", state=state))
    for account in house.gateway.accounts.values():
        shown = account.store.get(CONNECTIONS) or ()
        assert [c.state for c in shown if c.kind == "account"] == ["up"]


async def test_a_caller_that_hangs_up_does_not_stop_what_was_begun(house: House) -> None:
    """The order is sent, and its report is told, though nobody waits for the answer any more."""
    house.venue.gate = asyncio.Event()
    asking = asyncio.create_task(house.say("buy BTC for $100", approve=True))
    await house.venue.waiting.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    house.venue.gate.set()
    await house.gateway.settle()
    assert house.position() > 0
    assert house.said[-1].startswith("Bought")
    assert house.told == []


async def test_the_conversation_survives_a_restart_and_is_bounded(house: House) -> None:
    for number in range(SHOWN):
        await house.say(f"note {number}")
    shown = house.said
    await house.restart()
    desk = house.desk(ANN)
    assert [m.text for m in desk.store.get(CONVERSATION) or ()] == shown
    assert len(shown) == SHOWN


async def test_channels_and_the_asker_get_a_charts_candles_and_the_journal_keeps_none(
    house: House,
) -> None:
    phone = await house.channel()
    house.venue.closes[BTC] = walk(150)
    outcome = await house.say("/chart BTC 4h")
    await until(lambda: len(phone.messages) == 2)
    for cards in (outcome.reply.cards, phone.messages[1].cards):
        (card,) = cards
        assert isinstance(card, ChartCard)
        assert len(card.candles) == 120
    await house.restart()
    kept = house.gateway.conversation.recent[-1]
    assert kept.text == outcome.reply.text
    (card,) = kept.cards
    assert isinstance(card, ChartCard)
    assert card.candles == ()
