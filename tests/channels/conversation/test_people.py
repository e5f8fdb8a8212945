"""Who may speak, and what does not count as speaking."""

from __future__ import annotations

import asyncio

import pytest

from kit_tui.domain.message import Role, Speaker
from tests.channels.conversation.line import running, ticket_shown
from tests.channels.conversation.messenger import GROUP, Messenger, Odd, lines, texts, until
from tests.channels.fakes import Guests
from tests.support.clock import FakeClock


async def test_strangers_get_silence_and_are_counted(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        for text in ("Sell everything", "/halt", "hello"):
            await messenger.says(text, by="eve")
        await messenger.says("hello")
        await until(messenger.posts)
        assert [text for _, text in gateway.heard] == ["hello"]
        assert messenger.posts("eve") == []
        assert gateway.channel.ignored == {"a stranger": 3}


async def test_while_nobody_is_let_in_nothing_is_told_and_the_line_says_so(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock, guests=Guests()) as gateway:
        await messenger.says("hello")
        await gateway.say(Speaker.KIT, "private figures")
        await until(lambda: gateway.channel.ignored)
        assert (gateway.heard, messenger.posts()) == ([], [])
        assert gateway.connections[-1].detail == "closed: nobody is paired"


@pytest.mark.parametrize("odd", ["edited", "forwarded", "machine", "channel", "own device"])
async def test_what_is_no_new_word_of_a_person_does_nothing(
    messenger: Messenger, clock: FakeClock, odd: Odd
) -> None:
    """Where a service does not tell it apart, nothing in it can: it is a person's own message."""
    if odd not in messenger.can.odd:
        return await no_difference(messenger, clock)
    async with running(messenger, clock) as gateway:
        await messenger.says_oddly(odd, "Sell everything")
        await messenger.says("hello")
        await gateway.until_heard(1)
        await until(lambda: "Understood." in texts(messenger))
        assert [text for _, text in gateway.heard] == ["hello"]
        assert "Sell everything" not in " ".join(texts(messenger))
    return None


async def no_difference(messenger: Messenger, clock: FakeClock) -> None:
    """Words that look typed are words of who sent them: they ask, and a ticket still waits."""
    async with running(messenger, clock) as gateway:
        await messenger.says("Sell everything")
        await gateway.until_heard(1)
        assert gateway.heard[0][0].key == messenger.person("ann").key
        assert gateway.answers == []


async def test_the_same_message_delivered_twice_is_heard_once(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        said = await messenger.says("Buy $100 BTC")
        await gateway.until_heard(1)
        await messenger.redelivers(said)
        await messenger.says("next")
        await gateway.until_heard(2)
        assert [text for _, text in gateway.heard] == ["Buy $100 BTC", "next"]
        assert gateway.channel.ignored == {"seen before": 1}


async def test_a_group_is_heard_by_mention_only_and_as_a_viewer(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock, groups=True) as gateway:
        await messenger.says("analyze ETH", where=GROUP)
        await messenger.says("analyze SOL", where=GROUP, by="eve", mention=True)
        await messenger.says("analyze BTC", where=GROUP, mention=True)
        await messenger.says("hello")
        await gateway.until_heard(1 + messenger.can.groups)
        await until(lambda: "Understood." in texts(messenger))
        heard = [(text, who.role) for who, text in gateway.heard if text != "hello"]
        if messenger.can.groups:
            await until(lambda: messenger.posts(GROUP))
            assert heard == [("analyze BTC", Role.VIEWER)]
            assert texts(messenger, GROUP) == ["Understood."]
        else:
            assert (heard, messenger.posts(GROUP)) == ([], [])
        assert messenger.posts("eve") == []


async def test_a_viewer_hears_answers_to_themselves_and_nothing_else(
    messenger: Messenger, clock: FakeClock
) -> None:
    guests = Guests(messenger.person("ann"), messenger.person("ben", Role.VIEWER))
    async with running(messenger, clock, guests=guests) as gateway:
        await ticket_shown(messenger, gateway)
        await gateway.say(Speaker.SYSTEM, "Bought: 1 BTC", kind="fill")
        await messenger.says("price BTC", by="ben")
        await until(lambda: messenger.posts("ben"))
        await until(lambda: len(messenger.posts()) >= 3)
        assert gateway.heard[0][0].role is Role.VIEWER
        assert texts(messenger, "ben") == ["Understood."]


async def test_whoever_is_sent_away_is_told_no_more_and_heard_no_more(
    messenger: Messenger, clock: FakeClock
) -> None:
    guests = Guests(messenger.person("ann"), messenger.person("ben"))
    async with running(messenger, clock, guests=guests) as gateway:
        await gateway.say(Speaker.KIT, "before")
        await until(lambda: messenger.posts() and messenger.posts("ben"))
        messenger.fails("busy", 0)
        await gateway.say(Speaker.KIT, "meanwhile")
        await until(lambda: gateway.deliveries[-1].problem)
        guests.known.pop()
        gateway.channel.people_changed()
        await asyncio.sleep(0.05)  # what was on its way is met by the trouble yet
        messenger.heals()
        await messenger.says("Sell everything", by="ben")
        await gateway.say(Speaker.KIT, "after")
        await until(lambda: lines(messenger, "after"))
        await until(lambda: gateway.channel.ignored)
        assert (texts(messenger, "ben"), gateway.heard) == (["before"], [])
