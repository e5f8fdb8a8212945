"""Signal through a scripted signal-cli daemon, built from what the real one does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit_tui.channels.hearing import TEXT_ONLY
from kit_tui.channels.manners import Manners
from kit_tui.channels.tickets import AT_THE_TERMINAL, UNKNOWN
from kit_tui.domain.cards import Reply, TicketCard
from kit_tui.domain.message import Role, Speaker
from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import TicketState
from kit_tui.domain.turn import LiveTurn
from kit_tui.state.deliveries import Deliveries
from tests.channels.fakes import Guests, MirrorGateway
from tests.channels.signal_fakes import PAIRED, person, running, sent
from tests.domain.examples import a_draft, a_ticket
from tests.servers.signal_book import ANN, BEN, DESK, GHOST, KIT, Person
from tests.servers.signal_cli import SignalCli
from tests.servers.signal_envelopes import attachment, envelope, quote
from tests.support.clock import EPOCH, FakeClock


@pytest.fixture
async def daemon() -> AsyncIterator[SignalCli]:
    async with SignalCli(on_connection=True) as server:
        yield server


def lines_in(daemon: SignalCli) -> list[str]:
    """Every line of the chat that is not blank."""
    return [line for text in daemon.texts for line in text.split("\n") if line]


# -- words both ways ---------------------------------------------------------------------------


async def test_words_go_in_and_the_reply_comes_back(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        await daemon.says("Analyze ETH")
        await daemon.until(lambda: daemon.texts)
        (principal, text) = gateway.heard[0]
        assert text == "Analyze ETH"
        assert (principal.channel, principal.user, principal.name) == ("signal", ANN.uuid, "Ann")
        assert daemon.texts == ["Understood."]
        assert sent(daemon)[0].to == (ANN.number,)
        assert gateway.states[-1] == "up"


async def test_styles_are_counted_in_utf16_and_columns_are_one_block(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        await gateway.say(Speaker.KIT, "🐂 **Bought** *now* `x`\n```\na  b\nc  d\n```\nend")
        await daemon.until(lambda: daemon.texts)
        assert daemon.texts == ["🐂 Bought now x\na  b\nc  d\nend"]
        assert sent(daemon)[0].styled == [
            ("BOLD", "Bought"), ("ITALIC", "now"), ("MONOSPACE", "x\na  b\nc  d"),
        ]  # fmt: skip


async def test_a_long_reply_comes_in_messages_that_need_no_attachment(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        gateway.reply = Reply(text="\n".join(f"{n} " + "äöü🙂" * 10 for n in range(100)))
        await daemon.says("tell me all")
        await daemon.until(lambda: "99 " in (daemon.texts or [""])[-1])
        assert not any(message.is_long for message in sent(daemon))
        assert [line.split(" ")[0] for line in lines_in(daemon)] == [str(n) for n in range(100)]


async def test_what_is_to_be_silent_does_not_wake_the_phone(daemon: SignalCli) -> None:
    manners = Manners(topics={"fill": "silent"})
    async with running(daemon, manners=manners) as gateway:
        await gateway.say(Speaker.SYSTEM, "Filled.", kind="fill")
        await gateway.say(Speaker.SYSTEM, "Halted.", kind="halt")
        await daemon.until(lambda: len(daemon.texts) == 2)
        assert [m.params.get("noUrgent") for m in sent(daemon)] == [True, None]
        assert daemon.book.ignored == []


async def test_a_burst_of_a_thousand_arrives_once_and_in_order(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        for number in range(1_000):
            await gateway.say(Speaker.KIT, f"line {number}")
        await daemon.until(lambda: "line 999" in (daemon.texts or [""])[-1])
        assert lines_in(daemon) == [f"line {number}" for number in range(1_000)]
        assert not any(message.is_long for message in sent(daemon))


async def test_an_answer_that_is_being_written_shows_as_typing_only(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        await daemon.until_streaming()
        turn = LiveTurn(
            id="turn1", principal=PAIRED.key, channel="signal", reply_to="m1", model="m",
            since=gateway.clock.now(), text="half of it",
        )  # fmt: skip
        await gateway.say(Speaker.KIT, "first")
        gateway.channel.turns_changed((turn,))
        await daemon.until(lambda: daemon.book.typing)
        gateway.channel.turns_changed(())
        assert "half of it" not in "".join(daemon.texts)


# -- who may speak -----------------------------------------------------------------------------

TURNED_AWAY: dict[str, dict[str, Any]] = {
    "a stranger": {"by": BEN},
    "a stranger without a number": {"by": GHOST},
    "the right person in a group": {"group": DESK},
    "an answer to a story": {"storyContext": {"authorNumber": ANN.number, "sentTimestamp": 1}},
}


@pytest.mark.parametrize("how", TURNED_AWAY.values(), ids=list(TURNED_AWAY))
async def test_everyone_else_is_ignored_without_a_word(
    daemon: SignalCli, how: dict[str, Any]
) -> None:
    async with running(daemon) as gateway:
        await daemon.says("Sell everything", **how)
        await daemon.says("hello")
        await daemon.until(lambda: daemon.texts)
        assert [text for _, text in gateway.heard] == ["hello"]
        assert len(daemon.texts) == 1
        assert sum(gateway.channel.ignored.values()) == 1


async def test_what_is_no_speech_is_left_out(daemon: SignalCli) -> None:
    async with running(daemon, guests=Guests(PAIRED, person(KIT.uuid))) as gateway:
        first = await daemon.says("first")
        await daemon.edits(first, "Sell everything")
        await daemon.deletes(first)
        await daemon.syncs("Sell everything")
        await daemon.syncs("Sell everything", towards=KIT)
        await daemon.says("Sell everything", by=KIT)
        await daemon.reads(first)
        await daemon.types()
        await daemon.tells_story("Sell everything")
        await daemon.garbles()
        await daemon.reacts("👍", first, author=ANN)
        for odd in (None, {}, {"sourceUuid": 7, "dataMessage": []}, envelope(ANN, 5, pollVote={})):
            await daemon.push(odd)
        await daemon.says("last")
        await gateway.until_heard(2)
        assert [text for _, text in gateway.heard] == ["first", "last"]


async def test_words_with_a_file_are_not_acted_on(daemon: SignalCli) -> None:
    """Of a text of over 2,000 bytes only the beginning would be read."""
    async with running(daemon) as gateway:
        await daemon.says("Buy BTC", attachments=[attachment("text/x-signal-plain")])
        await daemon.until(lambda: daemon.texts)
        assert (daemon.texts, gateway.heard) == ([TEXT_ONLY], [])


async def test_nobodys_words_can_forge_an_event(daemon: SignalCli) -> None:
    """Unicode's line separators stand unescaped in the daemon's JSON and end no line of it."""
    forged = {"envelope": envelope(ANN, 1, dataMessage={"timestamp": 1, "message": "Sell all"})}
    for separator in ("\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"):
        data = f"data:{json.dumps(forged)}"
        async with running(daemon) as gateway:
            await daemon.says(f"x{separator}{separator}{data}{separator}{separator}", by=BEN)
            await daemon.says("hello")
            await gateway.until_heard(1)
            assert [text for _, text in gateway.heard] == ["hello"]


async def test_a_number_in_the_settings_is_known_by_either_name(daemon: SignalCli) -> None:
    assert ANN.number is not None
    hidden = Person(ANN.uuid, None, "Ann")
    async with running(
        daemon, guests=Guests(person(ANN.number)), users=("+1 555 0100-042",)
    ) as gateway:
        await daemon.says("sealed", by=hidden)
        await daemon.says("open")
        await gateway.until_heard(2)
        assert {principal.user for principal, _ in gateway.heard} == {ANN.number}
        daemon.drop_streams()
        await daemon.until(lambda: daemon.streams.opened == 2)
        assert daemon.calls.count("getUserStatus") == 1
        moved = Person("00000000-0000-4000-8000-0000000000ff", ANN.number, "New owner")
        await daemon.says("the number is mine now", by=moved)
        await daemon.says("Sell everything", by=hidden)
        await daemon.says("open")
        await gateway.until_heard(4)
        assert "Sell everything" not in [text for _, text in gateway.heard]


async def test_a_uuid_in_the_settings_is_known_in_any_case(daemon: SignalCli) -> None:
    async with running(daemon, users=(ANN.uuid.upper(),)) as gateway:
        await daemon.says("hello")
        await gateway.until_heard(1)
        assert gateway.heard[0][0].user == ANN.uuid


async def test_a_code_pairs_one_person_once(daemon: SignalCli) -> None:
    async with running(daemon, guests=Guests(code="ABCD-EFGH")) as gateway:
        await daemon.says("ABCD-EFGH", by=GHOST)
        await daemon.until(lambda: daemon.texts)
        assert daemon.texts[0].startswith("Paired, Ghost")
        assert sent(daemon)[0].to == (GHOST.uuid,)
        await daemon.says("ABCD-EFGH", by=BEN)
        await daemon.says("positions", by=GHOST)
        await gateway.until_heard(1)
        assert [(p.user, text) for p, text in gateway.heard] == [(GHOST.uuid, "positions")]


async def test_a_viewer_is_not_told_what_others_say(daemon: SignalCli) -> None:
    async with running(daemon, guests=Guests(person(ANN.uuid, Role.VIEWER))) as gateway:
        await gateway.say(Speaker.KIT, "private figures")
        await daemon.says("price BTC")
        await daemon.until(lambda: daemon.texts)
        assert gateway.heard[0][0].role is Role.VIEWER
        assert daemon.texts == ["Understood."]


async def test_an_event_delivered_twice_is_heard_once(daemon: SignalCli) -> None:
    daemon.fail("stream", "twice")
    daemon.streams.repeats = 5
    async with running(daemon) as gateway:
        await daemon.says("Buy $100 BTC")
        await gateway.until_heard(1)
        daemon.drop_streams()
        await daemon.until(lambda: daemon.streams.opened == 2)
        await daemon.says("next")
        await gateway.until_heard(2)
        assert [text for _, text in gateway.heard] == ["Buy $100 BTC", "next"]


# -- tickets -----------------------------------------------------------------------------------


async def asked(daemon: SignalCli, gateway: MirrorGateway, **changes: Any) -> int:
    """Put up a ticket; the timestamp of its post."""
    before = len(sent(daemon))
    await gateway.propose(**changes)
    await daemon.until(lambda: len(sent(daemon)) > before)
    return sent(daemon)[-1].timestamp


async def answered_by(daemon: SignalCli, how: str, post: int) -> None:
    if how == "code":
        await daemon.says("approve code1")
    elif how == "quote":
        await daemon.says("Approve", quote=quote(post, KIT, "…"))
    else:
        await daemon.reacts(how, post)


@pytest.mark.parametrize("how", ["code", "quote", "👍", "👍🏽"])
async def test_the_seeds_sequence_ask_approve_bought(daemon: SignalCli, how: str) -> None:
    async with running(daemon) as gateway:
        post = await asked(daemon, gateway)
        assert "approve CODE1 or reject CODE1" in daemon.texts[0]
        await answered_by(daemon, how, post)
        await daemon.until(lambda: len(daemon.texts) == 2 and len(sent(daemon)[0].versions) == 2)
        assert gateway.answers == [("t1", gateway.tickets["t1"].hash, True)]
        assert "CODE1" not in daemon.texts[0]
        assert daemon.texts[0].endswith("Approved by Ann · signal, 14:03:00 UTC")
        assert daemon.texts[1] == "Bought: 0.00149 BTC @ 67,012.40"
        assert daemon.book.strays == []


async def test_a_thumb_down_rejects_exactly_the_post_it_is_on(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        await asked(daemon, gateway)
        second = await asked(daemon, gateway, id="t2")
        await daemon.reacts("👎", second)
        await daemon.until(lambda: len(sent(daemon)[1].versions) == 2)
        assert [(ticket, approve) for ticket, _, approve in gateway.answers] == [("t2", False)]


async def test_what_answers_nothing(daemon: SignalCli) -> None:
    async with running(daemon, guests=Guests(PAIRED, person(BEN.uuid))) as gateway:
        post = await asked(daemon, gateway)
        await daemon.until(lambda: len(daemon.texts) == 2)  # Ben has a post of his own
        posts = {message.to[0]: message.timestamp for message in sent(daemon)}
        bens = posts[BEN.identifier]
        post = posts[ANN.identifier]
        await daemon.reacts("👍", post, remove=True)
        await daemon.reacts("❤️", post)
        await daemon.reacts("👍", post + 50)
        await daemon.reacts("👍", bens)
        await daemon.reacts("👍", post, author=ANN)
        await daemon.reacts("👍", post, by=GHOST)
        await daemon.reacts("👍", post, group=DESK)
        await daemon.says("approve code1", group=DESK)
        await daemon.says("hello")
        await gateway.until_heard(1)
        assert (gateway.answers, [text for _, text in gateway.heard]) == ([], ["hello"])


async def test_a_quote_of_something_else_approves_nothing_and_says_so(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        post = await asked(daemon, gateway)
        await daemon.says("approve", quote=quote(post + 50, KIT, "…"))
        await daemon.until(lambda: len(daemon.texts) == 2)
        assert (daemon.texts[1], gateway.answers, gateway.heard) == (UNKNOWN, [], [])


async def test_a_post_with_two_tickets_wants_their_codes(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        tickets = [a_ticket(id=name, created_at=EPOCH) for name in ("t1", "t2")]
        gateway.tickets |= {ticket.id: ticket for ticket in tickets}
        cards = tuple(TicketCard(ticket) for ticket in tickets)
        await gateway.say(Speaker.KIT, "Close all", reply=Reply(text="", cards=cards))
        await daemon.until(lambda: daemon.texts)
        await daemon.reacts("👍", sent(daemon)[0].timestamp)
        await daemon.says("reject code2")
        await daemon.until(lambda: len(sent(daemon)[0].versions) == 2)
        assert [(ticket, approve) for ticket, _, approve in gateway.answers] == [("t2", False)]
        await daemon.reacts("👍", sent(daemon)[0].timestamp)
        await daemon.until(lambda: len(sent(daemon)[0].versions) == 3)
        assert [ticket for ticket, *_ in gateway.answers] == ["t2", "t1"]


async def test_a_code_works_once(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        await asked(daemon, gateway)
        await daemon.says("approve CODE1")
        await daemon.says("reject CODE1")
        await gateway.until_heard(1)
        assert [approve for *_, approve in gateway.answers] == [True]


async def test_an_answer_the_engine_did_not_take_gets_a_new_code(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        post = await asked(daemon, gateway)
        gateway.refuse_answers = True
        await daemon.reacts("👍", post)
        await daemon.until(lambda: len(daemon.texts) == 2 and len(sent(daemon)[0].versions) == 2)
        assert "approve CODE2" in daemon.texts[0]
        gateway.refuse_answers = False
        await daemon.says("reject", quote=quote(sent(daemon)[0].versions[-1], KIT, "…"))
        await daemon.until(lambda: len(sent(daemon)[0].versions) == 3)
        assert [approve for *_, approve in gateway.answers] == [True, False]


@pytest.mark.parametrize("state", [TicketState.REJECTED, TicketState.EXPIRED])
async def test_a_ticket_that_ended_elsewhere_loses_its_code(
    daemon: SignalCli, state: TicketState
) -> None:
    async with running(daemon) as gateway:
        post = await asked(daemon, gateway)
        await gateway.end("t1", state, by="me", channel="terminal")
        await daemon.until(lambda: len(sent(daemon)[0].versions) == 2)
        assert "CODE1" not in daemon.texts[0]
        await daemon.reacts("👍", post)
        await daemon.says("hello")
        await gateway.until_heard(1)
        assert gateway.answers == []


@pytest.mark.parametrize("allowed", [False, True])
async def test_real_money_is_approved_only_where_that_is_allowed(
    daemon: SignalCli, allowed: bool
) -> None:
    async with running(daemon, approve_live=allowed) as gateway:
        post = await asked(daemon, gateway, order=a_draft(mode=Mode.LIVE))
        assert ("approve CODE1" in daemon.texts[0]) is allowed
        assert (AT_THE_TERMINAL in daemon.texts[0]) is not allowed
        await daemon.reacts("👍", post)
        await daemon.says("hello")
        await gateway.until_heard(1)
        assert bool(gateway.answers) is allowed


async def test_a_restart_knows_which_post_asked(daemon: SignalCli) -> None:
    deliveries, clock = Deliveries(), FakeClock()
    gateway = MirrorGateway(clock, Guests(PAIRED))
    async with running(daemon, clock, gateway=gateway, deliveries=deliveries):
        post = await asked(daemon, gateway)
        while gateway.deliveries[-1].waiting:  # else it is sent again, as a lost answer is
            await gateway.clock.sleep(0)
    await daemon.until_streaming(0)
    async with running(daemon, clock, gateway=gateway, deliveries=deliveries):
        await daemon.reacts("👍", post)
        await daemon.until(lambda: len(sent(daemon)[0].versions) == 2)
        assert len(gateway.answers) == 1


# -- trouble on the line -----------------------------------------------------------------------


async def test_an_outage_is_told_and_everything_arrives_once_in_order(daemon: SignalCli) -> None:
    async with running(daemon) as gateway:
        await gateway.say(Speaker.KIT, "before")
        await daemon.until(lambda: daemon.texts)
        await daemon.go_down()
        for number in range(20):
            await gateway.say(Speaker.KIT, f"line {number}")
        async with asyncio.timeout(10):
            while "down" not in gateway.states:
                await gateway.clock.sleep(0)
        await daemon.come_back()
        await daemon.says("typed meanwhile")
        await daemon.until(lambda: "Understood." in (daemon.texts or [""])[-1])
        lines = [line for line in lines_in(daemon) if line.startswith(("line", "before"))]
        assert lines == ["before", *(f"line {number}" for number in range(20))]
        assert [text for _, text in gateway.heard] == ["typed meanwhile"]
        assert gateway.states[-1] == "up"


async def test_a_stream_without_a_sign_of_life_is_opened_anew(daemon: SignalCli) -> None:
    daemon.streams.mute = True
    async with running(daemon, silence_s=0.1) as gateway:
        await daemon.until(lambda: daemon.streams.opened >= 2)
        assert any(c.detail == "the daemon has fallen silent" for c in gateway.connections)


@pytest.mark.parametrize("how", ["bytes", "cut", "eof", "bad"])
async def test_a_broken_event_harms_no_other(daemon: SignalCli, how: str) -> None:
    daemon.fail("stream", how)
    async with running(daemon) as gateway:
        await daemon.until_streaming()
        await daemon.says("one")
        if how in {"cut", "eof"}:
            await daemon.until(lambda: daemon.streams.opened == 2)
        await daemon.says("two")
        await gateway.until_heard(2 if how == "bytes" else 1)
        assert gateway.heard[-1][1] == "two"


@pytest.mark.parametrize("framing", ["crlf", "cr", "lines", "spaces"])
async def test_every_framing_is_read(daemon: SignalCli, framing: Any) -> None:
    daemon.streams.framing = {framing}
    async with running(daemon) as gateway:
        await daemon.says("Grüße\nto you")
        await gateway.until_heard(1)
        assert gateway.heard[0][1] == "Grüße\nto you"


@pytest.mark.parametrize("how", ["rate:17", "captcha:a-token:86400"])
async def test_a_rate_limit_is_obeyed_and_told(daemon: SignalCli, how: str) -> None:
    clock = FakeClock()
    async with running(daemon, clock) as gateway:
        daemon.fail("send", how)
        await gateway.say(Speaker.KIT, "patience")
        await daemon.until(lambda: daemon.texts)
        assert clock.monotonic() >= 17
        assert lines_in(daemon)[-1] == "patience"
        async with asyncio.timeout(10):
            while gateway.states[-1] != "up":
                await gateway.clock.sleep(0)
        details = [c.detail for c in gateway.connections]
        assert any("rate limited until 2" in detail for detail in details)
        assert any("captcha" in detail for detail in details) is how.startswith("captcha")


@pytest.mark.parametrize("how", ["500", "drop", "io", "network", "untrusted", "internal"])
async def test_a_failed_send_is_repeated_in_order(daemon: SignalCli, how: str) -> None:
    async with running(daemon) as gateway:
        daemon.fail("send", how, times=3)
        await gateway.say(Speaker.KIT, "one")
        await gateway.say(Speaker.KIT, "two")
        await daemon.until(lambda: len(daemon.texts) == 2)
        assert daemon.texts == ["one", "two"]
        assert "degraded" in gateway.states


@pytest.mark.parametrize("how", ["lost", "malformed"])
async def test_a_lost_answer_is_sent_again_rather_than_not_at_all(
    daemon: SignalCli, how: str
) -> None:
    async with running(daemon) as gateway:
        daemon.fail("send", how)
        await gateway.say(Speaker.KIT, "one")
        await gateway.say(Speaker.KIT, "two")
        await daemon.until(lambda: "two" in daemon.texts)
        assert daemon.texts == ["one", "one", "two"]


@pytest.mark.parametrize(
    ("how", "times"), [("unregistered", 1), ("internal", 5), ("error:-1:odd", 1)]
)
async def test_a_post_that_is_never_taken_does_not_hold_up_the_rest(
    daemon: SignalCli, how: str, times: int
) -> None:
    async with running(daemon) as gateway:
        daemon.fail("send", how, times=times)
        await gateway.say(Speaker.KIT, "lost")
        await gateway.say(Speaker.KIT, "next")
        await daemon.until(lambda: daemon.texts)
        assert daemon.texts == ["next"]


OTHER = Person("00000000-0000-4000-8000-0000000000cc", "+15550100012", "Other")


@pytest.mark.parametrize(
    ("account", "detail"),
    [("", "serves several numbers"), ("+15550199999", "+15550199999 is not registered")],
)
async def test_a_number_that_is_not_there_is_told(account: str, detail: str) -> None:
    async with (
        SignalCli(KIT, OTHER) as daemon,
        running(daemon, account=account) as gateway,
        asyncio.timeout(10),
    ):
        while "down" not in gateway.states:
            await gateway.clock.sleep(0)
        assert detail in gateway.connections[-1].detail


async def test_one_of_several_numbers_hears_only_its_own() -> None:
    async with (
        SignalCli(KIT, OTHER) as several,
        running(several, account=OTHER.identifier) as gateway,
    ):
        await several.until_streaming()
        await several.says("for the first", to=KIT)
        await several.says("for the other", to=OTHER)
        await several.until(lambda: several.texts)
        assert [text for _, text in gateway.heard] == ["for the other"]
        assert sent(several)[0].account == OTHER.number
