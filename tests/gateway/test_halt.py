"""Halting reaches every account, whoever says it and whatever else fails."""

from __future__ import annotations

import pytest

from kit_tui.domain.cards import Reply
from kit_tui.domain.risk import TradingState
from kit_tui.domain.ticket import TicketState
from kit_tui.gateway.desk import Outcome
from kit_tui.gateway.everywhere import kill_all
from tests.gateway.house import PHONE, House


def states(house: House) -> set[TradingState]:
    return {account.trading.state.state for account in house.gateway.accounts.values()}


def break_halt(house: House, name: str) -> None:
    async def broken(reason: str, by: str) -> Reply:
        raise RuntimeError("no")

    house.gateway.accounts[name].trading.halt = broken  # type: ignore[method-assign]  # a fault to survive


@pytest.mark.parametrize(
    "text", ["halt", "stop everything", "/halt", "/halt it's falling", "/pause"]
)
async def test_words_halt_every_account(two_accounts: House, text: str) -> None:
    outcome = await two_accounts.say(text, PHONE)
    assert outcome.reply.text.startswith("Trading is halted.")
    assert states(two_accounts) == {TradingState.HALTED}


async def test_the_halt_key_halts_every_account_and_says_so_everywhere(two_accounts: House) -> None:
    phone = await two_accounts.channel()
    reply = await two_accounts.desk().halt("F9")
    assert reply.ok
    assert states(two_accounts) == {TradingState.HALTED}
    assert two_accounts.said == [reply.text]
    assert phone is not None


@pytest.mark.parametrize("broken", ["paper", "demo"])
async def test_an_account_that_fails_does_not_keep_the_other_from_halting(
    two_accounts: House, broken: str
) -> None:
    break_halt(two_accounts, broken)
    reply = await two_accounts.desk().halt()
    other = {"paper": "demo", "demo": "paper"}[broken]
    assert two_accounts.gateway.accounts[other].trading.state.state is TradingState.HALTED
    assert not reply.ok
    assert f"The {broken} account did not confirm the halt" in reply.text
    assert "Trading is halted." in reply.text
    outcome = await two_accounts.say("buy BTC for $50", account=broken)
    assert outcome.ticket is None, "it reads the halt before its next order"


async def test_halting_twice_is_calm(two_accounts: House) -> None:
    await two_accounts.desk().halt("first")
    again = await two_accounts.desk().halt("second")
    assert again.ok
    assert again.text == "Trading is halted already: first."


async def test_the_kill_switch_closes_on_every_account(two_accounts: House) -> None:
    for name in ("paper", "demo"):
        await two_accounts.say("buy BTC for $100", account=name, approve=True)
    reply = await two_accounts.say("/kill KILL")
    assert states(two_accounts) == {TradingState.HALTED}
    ledger = two_accounts.journal.ledger
    assert [ledger.open_positions(name) for name in ("paper", "demo")] == [[], []]
    assert "paper: Kill switch" in reply.reply.text
    assert "demo: Kill switch" in reply.reply.text


async def test_the_kill_switch_without_its_word_only_halts(two_accounts: House) -> None:
    await two_accounts.say("buy BTC for $100", approve=True)
    reply = (await two_accounts.say("/kill")).reply
    assert states(two_accounts) == {TradingState.HALTED}
    assert two_accounts.position() > 0
    assert "/kill KILL" in reply.text


async def test_one_failing_account_does_not_save_the_other_from_the_kill_switch(
    two_accounts: House,
) -> None:
    await two_accounts.say("buy BTC for $100", account="demo", approve=True)
    break_halt(two_accounts, "paper")
    paper = two_accounts.gateway.accounts["paper"]

    async def broken(by: str) -> Reply:
        raise RuntimeError("no")

    paper.trading.kill = broken  # type: ignore[method-assign]  # a fault to survive
    reply = (await two_accounts.say("/kill KILL")).reply
    assert not reply.ok
    assert "The paper account could not be closed" in reply.text
    assert two_accounts.journal.ledger.open_positions("demo") == []
    assert not (await kill_all([], {})).ok


@pytest.mark.parametrize("text", ["kill switch", "stop everything and sell it all"])
async def test_strong_words_halt_and_offer_but_never_sell_by_themselves(
    house: House, text: str
) -> None:
    await house.say("buy BTC for $100", approve=True)
    outcome: Outcome = await house.say(text, approve=True)
    assert states(house) == {TradingState.HALTED}
    assert house.position() > 0, "not even with --approve"
    if outcome.ticket is not None:
        assert outcome.ticket.state is TicketState.PENDING


async def test_approve_answers_every_ticket_of_closing_everything(house: House) -> None:
    await house.say("buy BTC for $100", approve=True)
    await house.say("buy ETH for $100", approve=True)
    outcome = await house.say("close everything", approve=True)
    assert outcome.reply.text.count("Sold:") == 2
    assert house.journal.ledger.open_positions("paper") == []
    assert outcome.order is not None
