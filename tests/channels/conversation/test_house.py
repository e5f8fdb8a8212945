"""The seed's sequence and everything around it, through the real gateway, journal and engine."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from kit_tui.domain.errors import JournalError
from kit_tui.domain.message import Role
from kit_tui.domain.risk import TradingState
from kit_tui.domain.ticket import TicketState
from tests.channels.conversation.house import home
from tests.channels.conversation.messenger import GROUP, Messenger, asked, lines, texts, until

WRONG, KELVIN = "AAAA-2222", "AAAA-222\u212a"


def full(*_: object) -> None:
    """A disk that takes nothing more."""
    raise JournalError("The disk is full.")


# -- being let in --------------------------------------------------------------------------------


async def test_a_code_lets_one_person_in_once(messenger: Messenger, tmp_path: Path) -> None:
    async with home(tmp_path, messenger, declared=False) as here:
        await messenger.says("Buy BTC for $100", by="ben")
        pairing = await here.pairing()
        for wrong in (WRONG, KELVIN, pairing.code[:4], pairing.code + "2"):
            await messenger.says(wrong, by="ben")
        await until(lambda: here.door.turned_away == 5)
        assert messenger.posts("ben") == []
        await messenger.says(pairing.code.lower().replace("-", " "), by="ben")
        await until(lambda: messenger.posts("ben"))
        name = messenger.person("ben").name
        assert texts(messenger, "ben")[0].startswith(
            f"Paired, {name}: you are a trader here and may ask, trade and halt."
        )
        await messenger.says(pairing.code, by="eve")
        await until(lambda: here.door.turned_away == 6)
        assert (messenger.posts("eve"), here.spoken) == ([], [])
        assert here.door.strangers == 2
        await messenger.says("price of BTC", by="ben")
        await until(lambda: len(messenger.posts("ben")) == 2)
        assert "50,000" in texts(messenger, "ben")[1]


async def test_whoever_was_let_in_may_repeat_the_code_and_nobody_else_can_use_it(
    messenger: Messenger, tmp_path: Path
) -> None:
    """A second tap on Start sends it again; it is written down nowhere all the same."""
    async with home(tmp_path, messenger, declared=False) as here:
        pairing = await here.pairing()
        await messenger.says(pairing.code, by="ben")
        await until(lambda: lines(messenger, "Paired, ", to="ben"))
        for again in (pairing.code, f"/start {pairing.code.replace('-', '')}"):
            await messenger.says(again, by="ben")
        await messenger.says("price of BTC", by="ben")
        await until(lambda: any("50,000" in text for text in texts(messenger, "ben")))
        assert [message.text for message in here.spoken] == ["price of BTC"]
        assert len(messenger.posts("ben")) == 4  # a word to each
        assert [person.name for person in here.house.gateway.people.access.people] == [
            messenger.person("ben").name
        ]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for written in (pairing.code, pairing.code.replace("-", "")):
        assert written.encode() not in kept


async def test_a_code_that_ran_out_or_was_guessed_at_lets_nobody_in(
    messenger: Messenger, tmp_path: Path
) -> None:
    async with home(tmp_path, messenger, declared=False) as here:
        late = await here.pairing()
        messenger.clock.advance(601)
        await messenger.says(late.code, by="ben")
        await until(lambda: here.door.turned_away == 1)
        guessed = await here.pairing()
        for _ in range(10):
            await messenger.says(WRONG, by="eve")
        await until(lambda: here.door.turned_away == 11)
        await messenger.says(guessed.code, by="ben")
        await until(lambda: here.door.turned_away == 12)
        assert messenger.posts("ben") == messenger.posts("eve") == []
        assert here.house.gateway.people.access.people == ()


async def test_a_code_said_in_a_group_lets_nobody_in(messenger: Messenger, tmp_path: Path) -> None:
    async with home(tmp_path, messenger, declared=False, groups=True) as here:
        pairing = await here.pairing()
        await messenger.says(pairing.code, by="ben", where=GROUP, mention=True)
        await messenger.says("hello", by="eve")
        await until(lambda: here.door.turned_away == 1 + messenger.can.groups)
        assert here.house.gateway.people.access.people == ()


# -- the seed's sequence -------------------------------------------------------------------------


async def test_buy_approve_bought_in_both_windows(
    messenger: Messenger, tmp_path: Path, how: str
) -> None:
    async with home(tmp_path, messenger) as here:
        await messenger.says("Buy BTC for $100", by="eve")
        shown = await here.asked_to_buy()
        assert set(shown.offers) == {"approve", "reject"}
        await messenger.answers(shown, "approve", how=how)
        await until(lambda: lines(messenger, "Bought: "))
        await until(lambda: not here.now(shown).offers)
        name = messenger.person("ann").name
        assert f"Approved by {name} · {messenger.name}" in here.now(shown).text
        report = next(text for text in texts(messenger) if text.startswith("Bought: "))
        assert re.match(r"Bought: 0\.00\d+ BTC @ 50,000\.00", report)
        assert re.search(r"fee 0\.\d+ USDT", report, re.IGNORECASE)
        (order,) = here.house.journal.ledger.orders.values()
        assert order.id in report
        assert here.house.position() == order.filled
        assert here.house.said[0] == "Buy BTC for $100"
        assert [m.text for m in here.spoken] == ["Buy BTC for $100"]
        assert here.spoken[0].channel == messenger.name
        assert any(said.startswith("Bought: ") for said in here.house.said)


async def test_rejected_is_not_bought(messenger: Messenger, tmp_path: Path, how: str) -> None:
    async with home(tmp_path, messenger) as here:
        shown = await here.asked_to_buy()
        await messenger.answers(shown, "reject", how=how)
        await until(lambda: not here.now(shown).offers)
        assert "Rejected by" in here.now(shown).text
        assert here.house.venue.sent == []


async def test_a_ticket_that_ran_out_is_closed_and_cannot_be_approved(
    messenger: Messenger, tmp_path: Path
) -> None:
    async with home(tmp_path, messenger) as here:
        shown = await here.asked_to_buy()
        await here.house.poll(61)
        await until(lambda: not here.now(shown).offers)
        assert "Expired without an answer" in here.now(shown).text
        await messenger.answers(shown, "approve", key=shown.offers["approve"])
        await messenger.says("price of BTC")
        await until(lambda: any("50,0" in text for text in texts(messenger)[1:]))
        assert here.house.venue.sent == []


@pytest.mark.parametrize("approved", [True, False])
async def test_answered_at_the_terminal_closes_the_ticket_here(
    messenger: Messenger, tmp_path: Path, approved: bool
) -> None:
    async with home(tmp_path, messenger) as here:
        shown = await here.asked_to_buy()
        desk, (ticket,) = here.house.desk(), here.tickets
        await (desk.approve(ticket.id, ticket.hash) if approved else desk.reject(ticket.id))
        await until(lambda: not here.now(shown).offers)
        end = "Approved" if approved else "Rejected"
        assert f"{end} by Ann · terminal" in here.now(shown).text
        await messenger.answers(shown, "approve", key=shown.offers["approve"])
        await messenger.says("price of BTC")
        await here.told()
        assert len(here.house.venue.sent) == approved


async def test_words_at_the_terminal_appear_on_the_phone_and_may_be_answered_there(
    messenger: Messenger, tmp_path: Path, how: str
) -> None:
    async with home(tmp_path, messenger) as here:
        outcome = await here.house.say("Buy BTC for $100")
        assert outcome.ticket is not None
        await until(lambda: asked(messenger))
        assert texts(messenger)[0] == "Ann · terminal\nBuy BTC for $100"
        await here.told()
        (shown,) = asked(messenger)
        await messenger.answers(shown, "approve", how=how)
        await until(lambda: not here.now(shown).offers)
        await here.told()
        assert len(here.house.venue.sent) == 1


async def test_several_answers_at_once_are_one_order(
    messenger: Messenger, tmp_path: Path, how: str
) -> None:
    async with home(tmp_path, messenger) as here:
        shown = await here.asked_to_buy()
        (ticket,) = here.tickets
        await asyncio.gather(
            messenger.answers(shown, "approve", how=how),
            messenger.answers(shown, "approve", how=how),
            here.house.desk().approve(ticket.id, ticket.hash),
        )
        await until(lambda: not here.now(shown).offers)
        await here.told()
        assert len(here.house.venue.sent) == len(here.house.venue.executions) == 1


async def test_one_message_delivered_twice_is_one_ticket_even_after_a_restart(
    messenger: Messenger, tmp_path: Path
) -> None:
    async with home(tmp_path, messenger) as here:
        said = await messenger.says("Buy BTC for $100")
        await until(lambda: asked(messenger))
        await messenger.redelivers(said)
        await here.told()
        await here.restart()
        await messenger.redelivers(said)
        await messenger.says("price of BTC")
        await until(lambda: len(here.spoken) == 2)
        await here.told()
        assert len(here.tickets) == 1


async def test_a_restart_in_the_middle_keeps_the_ticket_answerable(
    messenger: Messenger, tmp_path: Path, how: str
) -> None:
    async with home(tmp_path, messenger) as here:
        shown = await here.asked_to_buy()
        before = texts(messenger)
        await here.restart()
        assert texts(messenger) == before
        await messenger.answers(shown, "approve", how=how)
        await until(lambda: lines(messenger, "Bought: "))
        await until(lambda: not here.now(shown).offers)
        await here.told()
        assert len(here.house.venue.sent) == 1
        assert len(lines(messenger, "Bought: ")) == 1


# -- who may what --------------------------------------------------------------------------------


async def test_a_viewer_sees_no_balance_and_neither_trades_nor_approves(
    messenger: Messenger, tmp_path: Path
) -> None:
    async with home(tmp_path, messenger) as here:
        await here.paired("ben", Role.VIEWER)
        anns = await here.asked_to_buy()
        (ticket,) = here.tickets
        refused = (
            "show my portfolio", "positions", "Buy BTC for $100", f"/approve {ticket.id}",
            f"/reject {ticket.id}", f"approve {anns.offers['approve']}", "/halt",
        )  # fmt: skip
        for number, words in enumerate(refused, 2):
            await messenger.says(words, by="ben")
            await until(lambda: len(messenger.posts("ben")) == number)  # noqa: B023
        await messenger.says("price of BTC", by="ben")
        await until(lambda: "50,000" in texts(messenger, "ben")[-1])
        told = "\n".join(texts(messenger, "ben"))
        assert "10,000" not in told
        assert not asked(messenger, "ben")
        assert (here.house.venue.sent, len(here.tickets)) == ([], 1)
        assert here.tickets[0].state is TicketState.PENDING
        assert here.house.account.trading.state.state is TradingState.ACTIVE


async def test_two_people_who_answer_at_once_are_one_order(
    messenger: Messenger, tmp_path: Path
) -> None:
    async with home(tmp_path, messenger) as here:
        await here.paired("ben")
        anns = await here.asked_to_buy()
        await until(lambda: asked(messenger, "ben"))
        (bens,) = asked(messenger, "ben")
        await asyncio.gather(
            messenger.answers(anns, "approve"), messenger.answers(bens, "approve", by="ben")
        )
        await until(lambda: not here.now(anns).offers and not here.now(bens, "ben").offers)
        await here.told()
        assert len(here.house.venue.sent) == 1
        assert here.now(anns).text.splitlines()[-1] == here.now(bens, "ben").text.splitlines()[-1]


async def test_whoever_is_let_in_no_more_answers_nothing(
    messenger: Messenger, tmp_path: Path
) -> None:
    async with home(tmp_path, messenger) as here:
        await here.paired("ben")
        shown = await here.asked_to_buy(by="ben")
        person = messenger.person("ben")
        await here.house.desk().unpair(person.key)
        before = texts(messenger, "ben")
        for answer in ("approve", "reject"):
            await messenger.answers(shown, answer, by="ben")
        await messenger.says("/halt", by="ben")
        await until(lambda: here.door.turned_away == 3)
        assert here.tickets[0].state is TicketState.PENDING
        assert texts(messenger, "ben") == before
        assert here.house.account.trading.state.state is TradingState.ACTIVE


async def test_in_a_group_everybody_is_a_viewer(messenger: Messenger, tmp_path: Path) -> None:
    async with home(tmp_path, messenger, groups=True) as here:
        await here.house.say("Buy BTC for $100")
        for words in ("show my portfolio", "Buy BTC for $100", "/approve 1", "price of BTC"):
            await messenger.says(words, where=GROUP, mention=True)
            await messenger.says("Sell everything", where=GROUP)
        await messenger.says("price of ETH")
        await until(lambda: any("2,000" in text for text in texts(messenger)))
        await here.told()
        if messenger.can.groups:
            await until(lambda: any("50,000" in text for text in texts(messenger, GROUP)))
            told = "\n".join(texts(messenger, GROUP))
            for refusal in ("may see the market, not the account", "may look but", "works only at"):
                assert told.count(refusal) == 1
        else:
            assert messenger.posts(GROUP) == []
        assert "10,000" not in "".join(texts(messenger, GROUP))
        (ticket,) = here.tickets
        assert ticket.state is TicketState.PENDING


LIVE = "approve_live = {}\napprove_live_up_to = {}"


@pytest.mark.parametrize(
    ("more", "offered", "sent"),
    [
        ("", {"reject"}, 0),
        (LIVE.format("true", 250), {"approve", "reject"}, 1),
        (LIVE.format("true", 90), {"approve", "reject"}, 0),
        (LIVE.format("false", 250), {"reject"}, 0),
    ],
    ids=["as it comes", "allowed", "beyond the cap", "not allowed"],
)
async def test_real_money_is_approved_on_the_phone_only_as_far_as_the_settings_allow(
    messenger: Messenger, tmp_path: Path, more: str, offered: set[str], sent: int
) -> None:
    async with home(tmp_path, messenger, "live", more=more) as here:
        shown = await here.asked_to_buy()
        assert set(shown.offers) == offered
        await messenger.answers(shown, "approve" if "approve" in offered else "reject")
        await until(lambda: here.now(shown).edits)
        await here.told()
        assert len(here.house.venue.sent) == sent
        if more and "90" in more:
            assert any("up to" in text and "90" in text for text in texts(messenger))
            assert here.tickets[0].state is TicketState.PENDING


@pytest.mark.parametrize("more", ["", LIVE.format("true", 90)], ids=["as it comes", "the cap"])
async def test_no_words_on_the_phone_approve_what_its_settings_do_not_allow(
    messenger: Messenger, tmp_path: Path, more: str
) -> None:
    async with home(tmp_path, messenger, "live", more=more) as here:
        shown = await here.asked_to_buy()
        (ticket,) = here.tickets
        for words in (
            f"/approve {ticket.id}", f"/approve {ticket.id} {ticket.hash}", "yes", "approve",
            f"approve {ticket.id}", "approve it", f"approve {shown.offers['reject']}",
        ):  # fmt: skip
            before = len(here.house.said)
            await messenger.says(words)
            await until(lambda: len(here.house.said) >= before + 1)  # noqa: B023
            await here.told()
        assert here.house.venue.sent == []
        assert here.tickets[0].state is TicketState.PENDING


async def test_the_longest_words_that_the_service_takes_are_answered(
    messenger: Messenger, tmp_path: Path
) -> None:
    async with home(tmp_path, messenger) as here:
        await messenger.says("buy " + "x" * (messenger.most - 4))
        await until(messenger.posts)
        assert here.tickets == []
        assert len(texts(messenger)[0]) < 400


# -- when it matters -----------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["stop everything", "/halt", "halt"])
async def test_halting_works_when_everything_else_is_down(
    messenger: Messenger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """The venue does not answer, the journal takes nothing, nothing can be said back."""
    async with home(tmp_path, messenger) as here:
        house = here.house
        house.venue.down = True
        monkeypatch.setattr(house.journal, "post", full)
        monkeypatch.setattr(house.journal, "append", full)
        messenger.fails("unheard", 0)
        await messenger.says(words)
        await until(lambda: house.account.trading.state.state is TradingState.HALTED)
        messenger.heals()
        await until(lambda: any("Trading is halted." in text for text in texts(messenger)))


async def test_a_secret_said_on_the_phone_is_kept_nowhere_and_the_person_is_told(
    messenger: Messenger, tmp_path: Path
) -> None:
    secret = "sk-ant-" + "api03-" + "A1b2C3d4" * 6
    async with home(tmp_path, messenger) as here:
        await messenger.says(f"my key is {secret}")
        await until(messenger.posts)
        assert "looks like" in texts(messenger)[0]
        assert secret not in "".join(texts(messenger)) + repr(here.house.said)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert secret.encode() not in kept
