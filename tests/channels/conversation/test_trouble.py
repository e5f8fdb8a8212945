"""Nothing lost, nothing twice, in order, whatever happens on the way; and the line says so."""

from __future__ import annotations

import logging

import pytest

from kit_tui.domain.message import Speaker
from kit_tui.domain.ticket import TicketState
from tests.channels.conversation.line import Tries, kinds, now, running, ticket_shown
from tests.channels.conversation.messenger import Fault, Messenger, lines, texts, until
from tests.channels.conversation.on_signal import OnSignal
from tests.support.clock import FakeClock

NOT_THE_TOKEN = {"telegram": "123456:wrong-token", "discord": "wrong-token", "signal": "+1999"}


@pytest.mark.parametrize("trouble", ["unheard", "busy"])
async def test_a_failed_post_is_repeated_and_arrives_once(
    messenger: Messenger, clock: FakeClock, trouble: Fault
) -> None:
    async with running(messenger, clock) as gateway:
        messenger.fails(trouble, 3)
        await gateway.say(Speaker.KIT, "one")
        await gateway.say(Speaker.KIT, "two")
        await until(lambda: lines(messenger, "two"))
        assert texts(messenger) == ["one", "two"]
        assert "sending fails" in kinds(gateway)
        await until(lambda: gateway.states[-1] == "up")


async def test_a_post_whose_answer_was_lost_is_found_or_sent_again_but_never_missing(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        await gateway.say(Speaker.KIT, "line 0")
        await until(messenger.posts)
        for number in range(1, 4):
            messenger.fails("lost")
            await gateway.say(Speaker.KIT, f"line {number} with **marks** & <signs>")
            await until(lambda: not gateway.deliveries[-1].waiting)
        await gateway.say(Speaker.KIT, "the end")
        await until(lambda: "the end" in texts(messenger))
        told = ["line 0", *(f"line {n} with marks & <signs>" for n in range(1, 4)), "the end"]
        if messenger.can.finds:
            assert texts(messenger) == told
            assert [seen.edits for seen in messenger.posts()] == [0] * 5
        else:  # better twice than never, and twice next to each other
            assert texts(messenger) == [text for text in told for _ in range(1 + ("with" in text))]


async def test_a_ticket_whose_answer_was_lost_can_be_answered_where_it_shows(
    messenger: Messenger, clock: FakeClock, how: str
) -> None:
    async with running(messenger, clock) as gateway:
        await gateway.say(Speaker.KIT, "line 0")
        await until(messenger.posts)
        messenger.fails("lost")
        ticket = await gateway.propose()
        await until(lambda: not gateway.deliveries[-1].waiting)
        shown = [seen for seen in messenger.posts() if seen.offers]
        assert len(shown) == 2 - messenger.can.finds
        await messenger.answers(shown[-1], "approve", how=how)
        await until(lambda: gateway.answers)
        assert gateway.answers == [(ticket.id, ticket.hash, True)]
        await messenger.answers(shown[0], "approve", how="code", key=shown[0].offers["approve"])
        await messenger.says("hello")
        await until(lambda: "hello" in [text for _, text in gateway.heard])
        assert len(gateway.answers) == 1


async def test_a_post_that_is_never_taken_does_not_hold_up_the_rest(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        messenger.fails("refused")
        await gateway.say(Speaker.KIT, "lost")
        await gateway.say(Speaker.KIT, "next")
        await until(messenger.posts)
        assert texts(messenger) == ["next"]
        assert "a message was refused" in kinds(gateway)


async def test_a_break_in_a_long_reply_does_not_repeat_what_arrived(
    messenger: Messenger, clock: FakeClock
) -> None:
    text = [f"line {number}" + " x" * 200 for number in range(30)]
    async with running(messenger, clock) as gateway:
        await gateway.say(Speaker.KIT, "\n".join(text))
        await until(messenger.posts)
        messenger.fails("busy", 2)
        await until(lambda: "line 29" in texts(messenger)[-1])
        assert lines(messenger) == text


async def test_an_hour_without_the_service(messenger: Messenger, clock: FakeClock) -> None:
    """E10: queued, delivered once each, in order and together; the screen says when it is over."""
    async with running(messenger, clock) as gateway:
        await gateway.say(Speaker.KIT, "line 0")
        await until(messenger.posts)
        await messenger.breaks()
        began = clock.monotonic()
        for number in range(1, 121):
            await gateway.say(Speaker.KIT, f"line {number}")
            clock.advance(30)
        await until(lambda: "down" in gateway.states and clock.monotonic() - began >= 3_600)
        waiting = gateway.deliveries[-1]
        assert (waiting.waiting, waiting.reached) == (120, 1)
        assert "120 waiting" in gateway.connections[-1].detail
        await messenger.mends()
        await until(lambda: len(lines(messenger, "line ")) == 121)
        assert lines(messenger, "line ") == [f"line {number}" for number in range(121)]
        await until(lambda: gateway.states[-1] == "up" and not gateway.deliveries[-1].waiting)
        assert gateway.deliveries[-1].reached == gateway.told
        assert len(messenger.posts()) < 20


async def test_what_was_said_during_an_outage_is_heard_afterwards(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        await messenger.breaks()
        await until(lambda: "down" in gateway.states)
        await messenger.says("typed meanwhile")
        await messenger.says("and more")
        await messenger.mends()
        await gateway.until_heard(2)
        assert [text for _, text in gateway.heard] == ["typed meanwhile", "and more"]
        await until(lambda: lines(messenger) == ["Understood."] * 2)


async def test_a_wait_is_kept_and_no_second_one_provoked(
    messenger: Messenger, clock: FakeClock
) -> None:
    tries = Tries(clock)
    async with running(messenger, clock, tries=tries) as gateway:
        messenger.limits(45)
        before = clock.monotonic()
        for number in range(3):
            await gateway.say(Speaker.KIT, f"line {number}")
        await until(lambda: len(lines(messenger, "line ")) == 3)
        assert clock.monotonic() - before >= 45
        assert [seconds for _, seconds in tries.waits] == [45]
        assert (tries.too_early, messenger.limited) == ([], 1)
        messenger.limits(60)
        await gateway.say(Speaker.KIT, "line 3")
        await until(lambda: len(lines(messenger, "line ")) == 4)
        assert [seconds for _, seconds in tries.waits] == [45, 60]
        assert (tries.too_early, messenger.limited) == ([], 2)
        await until(lambda: gateway.states[-1] == "up")


async def test_a_ticket_is_closed_after_a_wait_and_no_second_one_provoked(
    messenger: Messenger, clock: FakeClock
) -> None:
    tries = Tries(clock)
    async with running(messenger, clock, tries=tries) as gateway:
        shown = await ticket_shown(messenger, gateway)
        messenger.limits(45, editing=True)
        before = clock.monotonic()
        await gateway.end("t1", TicketState.REJECTED, by="me", channel="terminal")
        await gateway.say(Speaker.KIT, "next")
        await until(lambda: not now(messenger, shown).offers)
        await until(lambda: lines(messenger, "next"))
        assert clock.monotonic() - before >= 45
        assert [seconds for _, seconds in tries.waits] == [45]
        assert (tries.too_early, messenger.limited) == ([], 1)


async def test_a_thousand_messages_arrive_once_and_in_order(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        for number in range(1_000):
            await gateway.say(Speaker.KIT, f"line {number} *{number}* `x`")
        await until(lambda: lines(messenger, "line 999"), 30)
        assert lines(messenger) == [f"line {number} {number} x" for number in range(1_000)]
        assert all(seen.length <= messenger.most for seen in messenger.posts())


async def test_a_first_line_that_fails_is_tried_again(
    messenger: Messenger, clock: FakeClock
) -> None:
    await messenger.breaks()
    async with running(messenger, clock, ready=False) as gateway:
        await gateway.say(Speaker.KIT, "not lost")
        await until(lambda: "down" in gateway.states)
        await messenger.mends()
        await until(lambda: lines(messenger, "not lost"))
        await messenger.says("hello")
        await gateway.until_heard(1)
        await until(lambda: gateway.states[-1] == "up")
    assert gateway.states[-1] == "off"


async def test_stopping_while_nothing_is_reached_does_not_hang(
    messenger: Messenger, clock: FakeClock
) -> None:
    await messenger.breaks()
    async with running(messenger, clock, ready=False) as gateway:
        await gateway.say(Speaker.KIT, "never sent")
        await until(lambda: "down" in gateway.states)
    assert gateway.states[-1] == "off"


# -- whom the service does not know --------------------------------------------------------------

WHAT_TO_DO = {
    "telegram": "the token is not accepted: kit connect telegram --rotate",
    "discord": "the token is not accepted: kit connect discord --rotate",
    "signal": "no number is registered at the daemon: signal-cli -a NUMBER register",
}


async def test_whoever_is_revoked_is_told_with_what_to_do(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        await gateway.say(Speaker.KIT, "before")
        await until(messenger.posts)
        await messenger.revokes()
        await gateway.say(Speaker.KIT, "after")
        await until(lambda: WHAT_TO_DO[messenger.name] in gateway.connections[-1].detail)
        assert gateway.connections[-1].state in ("down", "degraded")
        assert gateway.deliveries[-1].waiting == 1


async def test_no_token_and_no_number_reaches_the_log(
    messenger: Messenger, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with running(messenger, clock) as gateway:
        await messenger.says("hello")
        await until(messenger.posts)
        messenger.fails("busy")
        await gateway.say(Speaker.KIT, "more")
        await until(lambda: len(messenger.posts()) == 2)
    assert messenger.secret not in caplog.text


async def test_a_wrong_token_is_told_without_repeating_it(
    messenger: Messenger, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = NOT_THE_TOKEN[messenger.name]
    if isinstance(messenger, OnSignal):  # a number is no secret: it is said which one is meant
        messenger.serves_any()
    async with running(messenger, clock, token=token, ready=False) as gateway:
        await until(lambda: "down" in gateway.states)
        if messenger.name == "signal":
            assert f"the number {token} is not registered" in kinds(gateway)
        else:
            assert "the token is not accepted" in kinds(gateway)
            ours = [r.getMessage() for r in caplog.records if r.name.startswith("kit_tui")]
            assert token not in kinds(gateway) + "".join(ours)
