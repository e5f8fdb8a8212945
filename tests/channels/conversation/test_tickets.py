"""Tickets in a chat: answered once, by whom they were shown to, and closed wherever they end."""

from __future__ import annotations

import pytest

from kit_tui.channels.tickets import AT_THE_TERMINAL
from kit_tui.domain.cards import Reply, TicketCard
from kit_tui.domain.message import Speaker
from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import TicketState
from tests.channels.conversation.line import now, running, ticket_shown
from tests.channels.conversation.messenger import Messenger, asked, lines, texts, until
from tests.channels.fakes import Guests
from tests.domain.examples import a_draft, a_ticket
from tests.support.clock import EPOCH, FakeClock

BOUGHT = "Bought: 0.00149 BTC @ 67,012.40"


async def test_the_seeds_sequence_ask_approve_bought(
    messenger: Messenger, clock: FakeClock, how: str
) -> None:
    async with running(messenger, clock) as gateway:
        shown = await ticket_shown(messenger, gateway)
        assert set(shown.offers) == {"approve", "reject"}
        assert "67,345.00" in shown.text
        await messenger.answers(shown, "approve", how=how)
        await until(lambda: texts(messenger)[-1] == BOUGHT and now(messenger, shown).edits)
        closed = now(messenger, shown)
        assert gateway.answers == [("t1", gateway.tickets["t1"].hash, True)]
        assert closed.offers == {}
        assert "KEY1" not in closed.text
        name = messenger.person("ann").name
        assert closed.text.endswith(f"Approved by {name} · {messenger.name}, 14:03:00 UTC")


async def test_a_rejection_answers_exactly_the_post_it_was_given_to(
    messenger: Messenger, clock: FakeClock, how: str
) -> None:
    async with running(messenger, clock) as gateway:
        first = await ticket_shown(messenger, gateway)
        second = await ticket_shown(messenger, gateway, id="t2")
        await messenger.answers(second, "reject", how=how)
        await until(lambda: not now(messenger, second).offers)
        assert [(ticket, approve) for ticket, _, approve in gateway.answers] == [("t2", False)]
        assert now(messenger, second).text.splitlines()[-1].startswith("Rejected by ")
        assert now(messenger, first).offers == first.offers


@pytest.mark.parametrize("under_way", [True, False])
async def test_an_answer_works_once(
    messenger: Messenger, clock: FakeClock, how: str, *, under_way: bool
) -> None:
    """Also while what was answered first is still being carried out."""
    async with running(messenger, clock) as gateway:
        shown = await ticket_shown(messenger, gateway)
        if under_way:
            gateway.answering.clear()
        keys = dict(shown.offers)
        await messenger.answers(shown, "approve", how=how)
        again = await messenger.answers(shown, "approve", how=how, key=keys["approve"])
        other = await messenger.answers(shown, "reject", how=how, key=keys["reject"])
        await messenger.says("hello")
        await until(lambda: "hello" in [text for _, text in gateway.heard])
        assert [approve for *_, approve in gateway.answers] == [True]
        if how == "button":
            await until(lambda: messenger.told(again) and messenger.told(other))
        elif how == "quote":  # each is told that it does not count
            await until(lambda: len(messenger.posts()) >= 3)
        elif how == "code":  # what answers nothing are words like any other
            assert [text for _, text in gateway.heard][:-1] == ["approve KEY1", "reject KEY1"]
        gateway.answering.set()
        await until(lambda: not now(messenger, shown).offers)
        assert len(gateway.answers) == 1


async def test_nobody_else_answers_a_ticket(
    messenger: Messenger, clock: FakeClock, how: str
) -> None:
    """A stranger has no say, and somebody let in only in the chat where it was shown to them."""
    guests = Guests(messenger.person("ann"), messenger.person("ben"))
    async with running(messenger, clock, guests=guests) as gateway:
        shown = await ticket_shown(messenger, gateway)
        await until(lambda: asked(messenger, "ben"))
        for answer in ("approve", "reject"):
            key = shown.offers[answer]
            if messenger.name != "discord":  # where nobody else can see the post
                await messenger.answers(shown, answer, by="ben", how=how, key=key)
                await messenger.answers(shown, answer, by="eve", how=how, key=key)
            (bens,) = asked(messenger, "ben")
            await messenger.answers(bens, answer, by="ben", how="code", key=key)
        await messenger.says("hello")
        await until(lambda: "hello" in [text for _, text in gateway.heard])
        assert gateway.answers == []
        assert now(messenger, shown).offers == shown.offers


async def test_made_up_answers_answer_nothing(messenger: Messenger, clock: FakeClock) -> None:
    made_up = ("a:unknown", "x:KEY1", "a", "a:", "r:KEY1:a:KEY1", "KEY9", "a:KEY1 ", "KEY1 KEY1")
    async with running(messenger, clock) as gateway:
        shown = await ticket_shown(messenger, gateway)
        for key in made_up:
            await messenger.answers(shown, "approve", key=key)
        await messenger.says("hello")
        await until(lambda: "hello" in [text for _, text in gateway.heard])
        assert gateway.answers == []
        assert now(messenger, shown).offers == shown.offers


@pytest.mark.parametrize("state", [TicketState.REJECTED, TicketState.APPROVED, TicketState.EXPIRED])
async def test_a_ticket_that_ends_elsewhere_closes_here(
    messenger: Messenger, clock: FakeClock, state: TicketState
) -> None:
    by, channel = ("", "") if state is TicketState.EXPIRED else ("me", "terminal")
    ends = {
        TicketState.REJECTED: "Rejected by me · terminal, 14:03:00 UTC",
        TicketState.APPROVED: "Approved by me · terminal, 14:03:00 UTC",
        TicketState.EXPIRED: "Expired without an answer, 14:03:00 UTC",
    }
    async with running(messenger, clock) as gateway:
        shown = await ticket_shown(messenger, gateway)
        await gateway.end("t1", state, by=by, channel=channel)
        await until(lambda: now(messenger, shown).edits)
        closed = now(messenger, shown)
        assert (closed.offers, closed.text.splitlines()[-1]) == ({}, ends[state])
        await messenger.answers(shown, "approve", key=shown.offers["approve"])
        await messenger.says("hello")
        await until(lambda: "hello" in [text for _, text in gateway.heard])
        assert gateway.answers == []


async def test_an_answer_the_engine_did_not_take_can_be_given_again(
    messenger: Messenger, clock: FakeClock, how: str
) -> None:
    async with running(messenger, clock) as gateway:
        shown = await ticket_shown(messenger, gateway)
        gateway.refuse_answers = True
        await messenger.answers(shown, "approve", how=how)
        await until(lambda: now(messenger, shown).edits and len(messenger.posts()) == 2)
        assert texts(messenger)[1] == "The engine is busy. Try again."
        again = now(messenger, shown)
        assert again.offers["approve"] != shown.offers["approve"]
        gateway.refuse_answers = False
        await messenger.answers(again, "reject", how=how)
        await until(lambda: not now(messenger, shown).offers)
        assert [approve for *_, approve in gateway.answers] == [True, False]


@pytest.mark.parametrize("outage_s", [0, 3_600])
async def test_a_ticket_that_ended_before_it_could_be_shown_offers_nothing_and_says_how(
    messenger: Messenger, clock: FakeClock, outage_s: int
) -> None:
    await messenger.breaks()
    async with running(messenger, clock, ready=False) as gateway:
        await gateway.propose()
        await gateway.end("t1", TicketState.APPROVED, by="me", channel="terminal")
        clock.advance(outage_s)
        await messenger.mends()
        await until(messenger.posts)
        (seen,) = messenger.posts()
        assert seen.offers == {}
        assert seen.text.endswith("Approved by me · terminal, 14:03:00 UTC")


async def test_a_ticket_whose_time_ran_out_before_it_could_be_shown_offers_nothing(
    messenger: Messenger, clock: FakeClock
) -> None:
    await messenger.breaks()
    async with running(messenger, clock, ready=False) as gateway:
        await gateway.propose()
        clock.advance(3_600)
        await messenger.mends()
        await until(messenger.posts)
        (seen,) = messenger.posts()
        assert seen.offers == {}
        assert "14:04:00 UTC" in seen.text  # when it expired
        await messenger.answers(seen, "approve", key="a:KEY1" if messenger.can.buttons else "KEY1")
        await messenger.says("hello")
        await until(lambda: "hello" in [text for _, text in gateway.heard])
        assert gateway.answers == []


async def test_two_tickets_in_one_post_are_answered_one_by_one(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        tickets = [a_ticket(id=name, created_at=EPOCH) for name in ("t1", "t2")]
        gateway.tickets |= {ticket.id: ticket for ticket in tickets}
        cards = tuple(TicketCard(ticket) for ticket in tickets)
        await gateway.say(Speaker.KIT, "Close all", reply=Reply(text="", cards=cards))
        await until(lambda: asked(messenger))
        (shown,) = messenger.posts()
        await messenger.answers(shown, "reject")  # what is offered last: the second one
        await until(lambda: now(messenger, shown).edits == 1)
        await messenger.answers(now(messenger, shown), "approve")
        await until(lambda: now(messenger, shown).edits == 2)
        assert [(ticket, approve) for ticket, _, approve in gateway.answers] == [
            ("t2", False), ("t1", True),
        ]  # fmt: skip


@pytest.mark.parametrize("allowed", [False, True])
@pytest.mark.parametrize("needs_pair", [False, True])
async def test_real_money_can_be_approved_only_where_that_is_allowed(
    messenger: Messenger, clock: FakeClock, *, allowed: bool, needs_pair: bool
) -> None:
    """Never where the pair has to be typed; rejecting always works."""
    may = allowed and not needs_pair
    async with running(messenger, clock, approve_live=allowed) as gateway:
        order = a_draft(mode=Mode.LIVE)
        shown = await ticket_shown(messenger, gateway, order=order, needs_pair=needs_pair)
        assert set(shown.offers) == ({"approve", "reject"} if may else {"reject"})
        assert (AT_THE_TERMINAL in lines(messenger)) is not may
        for how in messenger.can.means:
            key = shown.offers.get("approve") or shown.offers["reject"].replace("r:", "a:")
            await messenger.answers(shown, "approve", how=how, key=key)
        await messenger.says("hello")
        await until(lambda: "hello" in [text for _, text in gateway.heard])
        assert [approve for *_, approve in gateway.answers] == [True] * may
        if not may:
            await messenger.answers(shown, "reject")
            await until(lambda: not now(messenger, shown).offers)
            assert [approve for *_, approve in gateway.answers] == [False]


async def test_a_ticket_in_a_long_reply_is_offered_below_its_last_part(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        ticket = gateway.tickets["t1"] = a_ticket(created_at=EPOCH)
        told = "\n".join(f"line {number} " + "x" * 90 for number in range(80))
        await gateway.say(Speaker.KIT, told, reply=Reply(text="", cards=(TicketCard(ticket),)))
        await until(lambda: asked(messenger))
        assert asked(messenger) == [messenger.posts()[-1]]
        assert len(messenger.posts()) > 2
        await messenger.answers(messenger.posts()[-1], "approve")
        await until(lambda: not asked(messenger))
        assert gateway.answers == [("t1", ticket.hash, True)]
