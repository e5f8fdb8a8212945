"""What a crash, a block, a moved group or a repeated code must neither lose nor do twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from kit_tui.channels import hearing, tickets
from kit_tui.channels.discord_writing import reads_as
from kit_tui.channels.drafts import ENDED
from kit_tui.channels.text import plain_line
from kit_tui.channels.transport import Post
from kit_tui.domain.cards import Reply, TicketCard
from kit_tui.domain.errors import JournalError
from kit_tui.domain.message import Principal, Role, Speaker
from kit_tui.domain.people import Person
from kit_tui.domain.ticket import TicketState
from kit_tui.domain.turn import LiveTurn
from kit_tui.gateway import people
from kit_tui.state.deliveries import Deliveries
from tests.channels.fakes import ANN, Guests, MirrorGateway, running
from tests.domain.examples import a_ticket
from tests.gateway.model_house import until
from tests.servers.telegram_api import CHAT, GROUP, OWNER, TelegramApi
from tests.servers.telegram_chats import Chat
from tests.support.charts import chart_of
from tests.support.clock import EPOCH, FakeClock
from tests.support.market import walk

PHONE = Principal(channel="telegram", user=str(OWNER), name="Ann", role=Role.TRADER)
SUPERGROUP = -1_001_000_000_077


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[TelegramApi]:
    async with TelegramApi(now=clock.monotonic) as server:
        yield server


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "deliveries.sqlite"


def next_run(gateway: MirrorGateway) -> MirrorGateway:
    """The same conversation in the next run of the engine."""
    gateway.stopped()
    again = MirrorGateway(gateway.clock, Guests(ANN), begun_at=gateway.told)
    again.messages, again.tickets = list(gateway.messages), dict(gateway.tickets)
    return again


# -- answers that grow -----------------------------------------------------------------------------


async def growing(gateway: MirrorGateway, words: str) -> str:
    """A question of Ann's whose answer has begun; the question's id."""
    question = await gateway.say(Speaker.PERSON, "how does ETH look?", who=PHONE)
    turn = LiveTurn(
        id="t", principal=PHONE.key, channel="telegram", reply_to=question.id, model="m",
        since=EPOCH, text=words, phase="answering",
    )  # fmt: skip
    gateway.channel.turns_changed((turn,))
    return question.id


@pytest.mark.parametrize("is_lost", [False, True])
async def test_what_a_kill_left_growing_becomes_the_answer_of_the_next_run(
    api: TelegramApi, clock: FakeClock, kept: Path, is_lost: bool
) -> None:
    """Also when the kill came between the post and its id."""
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.say(Speaker.KIT, "before")
        await api.until(lambda: api.messages)
        if is_lost:
            api.fail("sendMessage", "lost:hang")
        question = await growing(gateway, "ETH leans")
        await api.until(lambda: len(api.messages) == 2)
    again = next_run(gateway)
    await again.say(Speaker.KIT, "K.I.T. was stopped.", who=PHONE, reply_to=question)
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await again.say(Speaker.SYSTEM, "after")
        await api.until(lambda: "after" in api.texts)
        assert api.texts == ["before", "K.I.T. was stopped.", "after"]
    assert Deliveries(kept).drafting_chats("telegram") == []


async def test_what_a_kill_left_growing_without_an_answer_says_that_it_ends_so(
    api: TelegramApi, clock: FakeClock, kept: Path
) -> None:
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await growing(gateway, "ETH leans")
        await api.until(lambda: api.messages)
    async with running(api, clock, gateway=next_run(gateway), deliveries=Deliveries(kept)):
        await api.until(lambda: api.texts == [f"ETH leans\n{ENDED}"])


async def test_a_growing_post_whose_answer_was_lost_is_not_begun_again(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        await gateway.say(Speaker.KIT, "before")
        await api.until(lambda: api.messages)
        api.fail("sendMessage", "lost")
        question = await growing(gateway, "ETH leans")
        await api.until(lambda: len(api.messages) == 2)
        await gateway.say(Speaker.KIT, "ETH leans up.", who=PHONE, reply_to=question)
        await gateway.say(Speaker.KIT, "next")
        await api.until(lambda: "next" in api.texts)
        assert api.texts == ["before", "ETH leans up.", "next"]


# -- tickets ---------------------------------------------------------------------------------------


async def test_a_ticket_in_a_group_asks_for_nothing_there_and_tells_how_it_ended(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock, board=str(GROUP)) as gateway:
        ticket = gateway.tickets["t1"] = a_ticket(created_at=EPOCH)
        said = Reply(text="A guard proposes to close.", cards=(TicketCard(ticket),))
        await gateway.say(Speaker.SYSTEM, said.text, reply=said)
        await api.until(lambda: len(api.messages) == 2)
        (there,) = [m for m in api.messages.values() if m.chat_id == GROUP]
        (own,) = [m for m in api.messages.values() if m.chat_id == CHAT]
        assert (there.buttons, bool(own.buttons)) == ({}, True)
        assert tickets.IN_PRIVATE in there.text
        await gateway.end("t1", TicketState.REJECTED, by="you", channel="terminal")
        await api.until(lambda: there.edits)
        assert tickets.IN_PRIVATE not in there.text
        assert there.text.endswith("Rejected by you · terminal, 14:03:00 UTC")


async def test_a_kill_between_an_answer_and_the_change_of_its_post_leaves_no_button(
    api: TelegramApi, clock: FakeClock, kept: Path
) -> None:
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.propose()
        await until(lambda: gateway.deliveries[-1].reached == gateway.told)
        api.fail("editMessageText", "hang")
        await gateway.end("t1", TicketState.APPROVED, by="you", channel="terminal")
        await api.until(lambda: "editMessageText" in api.calls)
    (post,) = api.messages.values()
    assert post.buttons
    async with running(api, clock, gateway=next_run(gateway), deliveries=Deliveries(kept)):
        await api.until(lambda: not post.buttons)
        assert "Approved by you · terminal" in post.text
    assert Deliveries(kept).shown("telegram") == []


async def test_a_ticket_that_no_journal_knows_loses_its_buttons(
    api: TelegramApi, clock: FakeClock, kept: Path
) -> None:
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.propose()
        await until(lambda: gateway.deliveries[-1].reached == gateway.told)
    again = next_run(gateway)
    again.tickets.clear()
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        (post,) = api.messages.values()
        await api.until(lambda: not post.buttons)
        assert post.text.endswith(tickets.NOT_KNOWN_HERE)


async def test_an_old_button_is_told_what_became_of_its_ticket(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        await gateway.propose()
        await until(lambda: gateway.deliveries[-1].reached == gateway.told)
        (post,) = api.messages.values()
        data = post.buttons["Approve"]
        await gateway.end("t1", TicketState.REJECTED, by="you", channel="terminal")
        await api.until(lambda: not post.buttons)
        late = await api.press_data(post.message_id, data)
        made_up = await api.press_data(1, "a:nobody")
        await api.until(lambda: {late, made_up} <= set(api.presses))
        assert api.presses[late] == "Ticket t1: Rejected by you · terminal, 14:03:00 UTC"
        assert api.presses[made_up] == tickets.UNKNOWN


async def test_who_may_not_answer_is_told_so_and_the_ticket_stays_open(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        await gateway.propose()
        await until(lambda: gateway.deliveries[-1].reached == gateway.told)
        (post,) = api.messages.values()
        gateway.people.known = [replace(ANN, role=Role.VIEWER)]
        query = await api.press(post.message_id, "Approve")
        await api.until(lambda: query in api.presses)
        assert api.presses[query] == hearing.MAY_NOT_ANSWER
        assert (gateway.answers, bool(post.buttons)) == ([], True)


# -- until it is in the journal --------------------------------------------------------------------


class Slow(MirrorGateway):
    """Answers a press only when `goes_on` is set."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock, Guests(ANN))
        self.goes_on = asyncio.Event()

    async def answer(
        self, principal: Principal, ticket_id: str, ticket_hash: str, approve: bool
    ) -> Reply:
        await self.goes_on.wait()
        return await super().answer(principal, ticket_id, ticket_hash, approve)


async def test_a_press_is_confirmed_to_telegram_only_when_it_is_answered(
    api: TelegramApi, clock: FakeClock
) -> None:
    """Meanwhile others are heard, and it is not acted on twice."""
    gateway = Slow(clock)
    async with running(api, clock, gateway=gateway):
        await gateway.propose()
        await until(lambda: gateway.deliveries[-1].reached == gateway.told)
        (post,) = api.messages.values()
        await api.press(post.message_id, "Approve")
        await api.says("/halt")
        await gateway.until_heard(1)
        polls = len(api.called("getUpdates"))
        await api.until(lambda: len(api.called("getUpdates")) >= polls + 2)
        assert len(api.updates.waiting) == 2
        gateway.goes_on.set()
        await api.until(lambda: not api.updates.waiting)
        assert len(gateway.answers) == len(gateway.heard) == 1


async def test_a_press_that_was_not_answered_before_a_kill_comes_again_and_counts(
    api: TelegramApi, clock: FakeClock, kept: Path
) -> None:
    gateway = Slow(clock)
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        ticket = await gateway.propose()
        await until(lambda: gateway.deliveries[-1].reached == gateway.told)
        (post,) = api.messages.values()
        await api.press(post.message_id, "Approve")
        await api.until(lambda: api.presses)
        for task in gateway.channel._tasks:
            task.cancel()  # dies in the middle of it
    again = next_run(gateway)
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await api.until(lambda: again.answers and not api.updates.waiting)
        assert again.answers == [(ticket.id, ticket.hash, True)]
        await api.until(lambda: not post.buttons)


class Broken(Guests):
    """A journal that does not take the next pairings."""

    failures = 2

    async def redeem(self, speaker: people.Speaker, text: str) -> Person | None:
        if self.failures:
            self.failures -= 1
            raise JournalError("The disk is full.")
        return await super().redeem(speaker, text)


async def test_what_could_not_be_written_down_comes_again(
    api: TelegramApi, clock: FakeClock
) -> None:
    gateway = MirrorGateway(clock, Broken(code="ABCD2345"))
    async with running(api, clock, gateway=gateway):
        await api.starts("ABCD2345")
        await api.until(lambda: any("Paired, Ann" in text for text in api.texts))
        await api.until(lambda: not api.updates.waiting)


async def test_what_can_never_be_written_down_holds_nothing_up_for_ever(
    api: TelegramApi, clock: FakeClock
) -> None:
    guests = Broken(ANN)
    guests.failures = hearing.TRIES
    gateway = MirrorGateway(clock, guests)
    async with running(api, clock, gateway=gateway):
        await api.says("first")
        await api.until(lambda: len(api.called("getUpdates")) > hearing.TRIES)
        await api.says("second")
        await gateway.until_heard(1)
        await api.until(lambda: not api.updates.waiting)
        assert [text for _, text in gateway.heard] == ["second"]


# -- codes -----------------------------------------------------------------------------------------


async def test_a_code_said_again_by_who_is_in_is_answered_and_not_written_down(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        await api.starts("ABCD2345")
        await api.until(lambda: api.messages)
        assert api.texts == ["You are paired already, as a trader. No code was used."]
        await api.says("hello")
        await gateway.until_heard(1)
        assert [text for _, text in gateway.heard] == ["hello"]


# -- posts whose answer was lost -------------------------------------------------------------------


async def test_a_lost_post_is_found_behind_what_many_others_wrote(
    api: TelegramApi, clock: FakeClock, kept: Path
) -> None:
    """Private chats share one count of ids: those of others lie between."""
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        for number in range(30):
            await api.says(f"{number}", by=777)
        await api.until(lambda: not api.updates.waiting)
        api.fail("sendMessage", "lost:hang")
        await gateway.say(Speaker.KIT, "line 1")
        await api.until(lambda: len(api.messages) == 2)
    again = next_run(gateway)
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await again.say(Speaker.KIT, "line 2")
        await api.until(lambda: "line 2" in api.texts)
        assert api.texts == ["line 0", "line 1", "line 2"]


@pytest.mark.parametrize("caption", ["BTC/USDT 4h: 67,012.40", ""])
async def test_a_lost_picture_is_found(
    api: TelegramApi, clock: FakeClock, kept: Path, caption: str
) -> None:
    gateway = MirrorGateway(clock, Guests(ANN))
    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept)):
        await gateway.say(Speaker.KIT, "line 0")
        await api.until(lambda: api.messages)
        api.fail("sendPhoto", "lost:hang")
        chart = Reply(text=caption, cards=(chart_of(walk(30)),))
        await gateway.say(Speaker.KIT, caption, reply=chart)
        await api.until(lambda: len(api.messages) == 2)
    again = next_run(gateway)
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept)):
        await again.say(Speaker.KIT, "line 2")
        await api.until(lambda: "line 2" in api.texts)
        assert api.texts == ["line 0", caption, "line 2"]


async def test_a_ticket_below_a_chart_leaves_the_picture_as_it_is(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        ticket = gateway.tickets["t1"] = a_ticket(created_at=EPOCH)
        both = Reply(text="I propose this.", cards=(chart_of(walk(30)), TicketCard(ticket)))
        await gateway.say(Speaker.KIT, both.text, reply=both)
        await api.until(lambda: len(api.messages) == 2)
        picture, asked = api.messages.values()
        assert (bool(picture.photo), picture.text, bool(asked.buttons)) == (True, "", True)


def test_on_discord_a_post_is_known_again_when_its_date_was_written_above_it_meanwhile() -> None:
    late = Post(lines=(plain_line("22 Nov 14:03 UTC"), plain_line("All sold."), plain_line("Done")))
    assert reads_as(late, "All sold.\nDone", ())
    assert not reads_as(late, "Done", ())


# -- chats that take nothing, and chats that move --------------------------------------------------


async def test_many_messages_to_somebody_who_blocked_the_bot_are_counted(
    api: TelegramApi, clock: FakeClock
) -> None:
    async with running(api, clock) as gateway:
        await api.until(lambda: "getUpdates" in api.calls)
        await api.blocks()
        for number in range(120):
            await gateway.say(Speaker.KIT, f"line {number}")
        await until(lambda: "blocked" in gateway.connections[-1].detail)
        assert gateway.deliveries[-1].waiting == 50
        await api.blocks(unblocks=True)
        await api.until(lambda: any("line 119" in text for text in api.texts))
        assert api.texts[0] == (
            "No message reached this chat since 22 Nov 14:03 UTC: "
            "70 came that are not kept for this chat; 50 follow."
        )
        told = [line for text in api.texts for line in text.split("\n") if line[:5] == "line "]
        assert told == [f"line {number}" for number in range(70, 120)]
        assert gateway.connections[-1].detail == ""


async def test_a_group_that_becomes_a_supergroup_is_followed_over_restarts(
    api: TelegramApi, clock: FakeClock, kept: Path
) -> None:
    api.add_chat(Chat(SUPERGROUP, "supergroup", "Traders"))
    gateway = MirrorGateway(clock, Guests(ANN))
    gateway.people.places = {str(GROUP)}

    def there() -> list[str]:
        return [m.text for m in api.messages.values() if m.chat_id == SUPERGROUP]

    async with running(api, clock, gateway=gateway, deliveries=Deliveries(kept), board=str(GROUP)):
        await gateway.say(Speaker.SYSTEM, "one")
        await api.until(lambda: len(api.messages) == 2)
        api.world.chats[GROUP].trouble = "migrated"
        api.world.chats[GROUP].migrated_to = SUPERGROUP
        await gateway.say(Speaker.SYSTEM, "two")
        await api.until(there)
        assert gateway.people.places == {str(SUPERGROUP)}
    again = next_run(gateway)
    again.people.places = {str(GROUP)}
    async with running(api, clock, gateway=again, deliveries=Deliveries(kept), board=str(GROUP)):
        await again.say(Speaker.SYSTEM, "three")
        await api.until(lambda: len(there()) == 2)
        assert (there(), again.people.places) == (["two", "three"], {str(SUPERGROUP)})
