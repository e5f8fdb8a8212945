"""What trading does by itself reaches the conversation and the channels, once."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.cards import ReportCard, TicketCard
from kit_tui.domain.errors import JournalError
from kit_tui.domain.message import Speaker
from kit_tui.domain.orders import OrderStatus, Side
from kit_tui.domain.risk import TradingState
from kit_tui.domain.ticket import TicketState
from kit_tui.state.slices import NOTICES
from tests.gateway.house import BTC, House, until
from tests.support.scripted_exchange import Fault


def reports(house: House) -> list[ReportCard]:
    """The execution reports nobody asked for."""
    messages = house.gateway.conversation.recent
    cards = [c for m in messages if m.speaker is Speaker.SYSTEM for c in m.cards]
    return [card for card in cards if isinstance(card, ReportCard)]


async def test_a_limit_order_that_fills_later_is_reported_with_its_card(house: House) -> None:
    phone = await house.channel()
    await house.rest_order(limit="49000")
    assert house.told == []
    house.venue.set_price(BTC, "48990")
    await house.poll()
    (told,) = house.told
    assert told.startswith("Bought: 0.00204 BTC @ 49,000.00")
    (card,) = reports(house)
    assert card.order.status is OrderStatus.FILLED
    assert [fill.quantity for fill in card.fills] == [Decimal("0.00204")]
    await until(lambda: told in phone.texts)
    await house.poll()
    assert house.told == [told], "a second poll finds nothing new"


async def test_a_stop_that_triggers_says_so_and_what_it_realised(house: House) -> None:
    await house.say("buy BTC for $100", approve=True)
    await house.rest_order(Side.SELL, stop="48000")
    house.venue.set_price(BTC, "47990")
    await house.poll()
    (told,) = house.told
    assert told.startswith("Sold: 0.002 BTC @ 47,990.00")
    assert "realised −4.12 USDT" in told  # 2,010 × 0.002 lower, and the fee of the sale
    assert "Its stop at 48,000.00 was reached." in told


async def test_an_approval_that_fills_is_told_once_by_its_own_answer(house: House) -> None:
    await house.say("buy BTC for $100", approve=True)
    await house.poll()
    assert house.told == []
    assert sum(text.startswith("Bought") for text in house.said) == 1


async def test_a_partial_fill_is_told_when_it_begins_and_when_it_is_done(house: House) -> None:
    await house.rest_order(limit="49000")
    (client_id,) = house.venue.open_ids()
    for share in ("0.25", "0.25", "0.25"):
        house.venue.fill(client_id, share)
        await house.poll()
    house.venue.fill(client_id)
    await house.poll()
    first, last = house.told
    assert "still working" in first
    assert last.startswith("Bought: 0.00204 BTC")


async def test_nothing_is_told_again_after_a_restart(house: House) -> None:
    await house.rest_order(limit="49000")
    house.venue.set_price(BTC, "48990")
    await house.poll()
    before = house.said
    await house.restart()
    await house.poll()
    assert house.said == before


async def test_a_fill_while_nothing_ran_is_told_at_the_next_start(house: House) -> None:
    await house.rest_order(limit="49000")
    await house.stop()
    house.clock.advance(3600)
    house.venue.set_price(BTC, "48990")
    await house.start()
    assert [text.split(" @")[0] for text in house.told] == ["Bought: 0.00204 BTC"]


async def test_a_channel_that_starts_later_still_hears_what_the_start_found(house: House) -> None:
    await house.rest_order(limit="49000")
    await house.stop()
    house.clock.advance(60)
    house.venue.set_price(BTC, "48990")
    await house.start()
    phone = await house.channel()
    await until(lambda: phone.texts)
    assert phone.texts[-1].startswith("Bought")


async def test_a_fill_between_two_messages_of_an_answer_waits_for_the_answer(house: House) -> None:
    """A report never stands before the words that led to it."""
    await house.say("buy BTC for $100", approve=True)
    assert [text.split(":")[0] for text in house.said] == ["buy BTC for $100", "Bought"]


async def test_an_unknown_outcome_that_clears_up_is_told(house: House) -> None:
    house.venue.faults.append(Fault.TIMEOUT_AFTER)
    outcome = await house.say("buy BTC for $100", approve=True)
    await house.poll()
    told = [outcome.reply.text, *house.told]
    assert any(text.startswith("Bought: 0.002 BTC") for text in told)
    assert sum(text.startswith("Bought") for text in told) == 1


async def test_a_lost_order_is_told_with_a_ticket_that_offers_it_again(house: House) -> None:
    house.venue.faults.append(Fault.TIMEOUT_BEFORE)
    await house.say("buy BTC for $100", approve=True)
    await house.poll()
    messages = [m for m in house.gateway.conversation.recent if m.speaker is Speaker.SYSTEM]
    (lost,) = [m for m in messages if "never reached" in m.text]
    (card,) = lost.cards
    assert isinstance(card, TicketCard)
    assert card.ticket.state is TicketState.PENDING
    assert house.position() == 0


async def test_guards_speak_in_the_conversation_once(house: House) -> None:
    await house.say("buy BTC for $900", approve=True)
    for price in ("45000", "40000", "30000", "22000"):
        house.venue.set_price(BTC, price)
        await house.poll()
        await house.poll()
    notices = [n.text for n in house.account.store.get(NOTICES) or ()]
    assert any("Trading is halted" in text for text in notices)
    assert [text for text in house.told if "Trading is halted" in text] == [
        text for text in notices if "Trading is halted" in text
    ]
    assert house.told == notices
    await house.restart()
    assert house.told == notices


async def test_an_order_that_vanished_from_the_venue_is_told(house: House) -> None:
    await house.rest_order(limit="49000")
    (client_id,) = house.venue.open_ids()
    del house.venue.orders[client_id]
    await house.poll()
    (told,) = house.told
    assert told == "Order 1 was canceled: no longer on the venue"


async def test_a_cancel_by_a_person_is_not_told_twice(house: House) -> None:
    await house.rest_order(limit="49000")
    await house.say("cancel all orders")
    await house.poll()
    assert house.told == []


async def test_a_second_account_names_itself(two_accounts: House) -> None:
    house = two_accounts
    house.gateway.make_primary("demo")
    await house.rest_order(limit="49000")
    house.gateway.make_primary("paper")
    house.venues["demo"].set_price(BTC, "48990")
    await house.poll()
    messages = [m for m in house.gateway.conversation.recent if m.speaker is Speaker.SYSTEM]
    assert [m.account for m in messages] == ["demo"]
    assert messages[0].text.endswith("(demo account)")


async def test_a_journal_that_fails_halts_and_says_so_without_it(house: House) -> None:
    phone = await house.channel()
    house.journal.failure = JournalError("The disk is full.")
    outcome = await house.say("buy BTC for $100", approve=True)
    assert outcome.ticket is None
    assert "disk is full" in outcome.reply.text
    assert house.account.trading.status.state is TradingState.HALTED
    assert house.told == ["Trading is halted: the journal cannot be written: The disk is full."]
    await until(lambda: len(phone.texts) == 3)
    assert phone.texts == house.said
    assert (await house.desk().halt("all of it")).ok
