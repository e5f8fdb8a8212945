"""Autonomy at the gateway: a person's own words are sent, a model's never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.domain.orders import Side
from kit_tui.domain.ticket import OrderRequest, TicketState
from tests.gateway.house import ANN, BTC, PHONE, House, opened
from tests.gateway.model_house import model_house
from tests.gateway.test_model_turns import UNSURE, an_intent


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        yield house


async def raise_to(house: House, level: str = "semi-auto") -> None:
    text = await house.run("autonomy", level=level, word=level.upper())
    assert level in text


async def test_it_is_manual_until_a_person_types_it(house: House) -> None:
    assert (await house.say("Buy BTC for $100")).order is None
    assert "stays manual" in await house.run("autonomy", level="semi-auto")
    assert (await house.say("Buy BTC for $100")).order is None


async def test_only_the_owner_at_the_terminal_raises_it(house: House) -> None:
    text = await house.run("autonomy", PHONE, level="semi-auto", word="SEMI-AUTO")
    assert "only at the terminal" in text
    assert (await house.say("Buy BTC for $100")).order is None


async def test_words_of_a_person_are_sent_below_the_threshold(house: House) -> None:
    await raise_to(house)
    outcome = await house.say("Buy BTC for $100", PHONE)
    assert outcome.order is not None
    assert outcome.ticket is not None
    assert (outcome.ticket.state, outcome.ticket.answered_by) == (
        TicketState.APPROVED, "semi-auto",
    )  # fmt: skip
    assert "Sent without asking: semi-auto, 1 of 20 orders" in outcome.reply.text
    assert house.position() > 0
    waits = await house.say("Buy ETH for $700")
    assert waits.order is None
    assert waits.ticket is not None
    assert waits.ticket.state is TicketState.PENDING


async def test_a_form_and_a_command_are_a_persons_words_too(house: House) -> None:
    await raise_to(house)
    request = OrderRequest(side=Side.BUY, pair=BTC, quote_amount=100)  # type: ignore[arg-type]
    assert (await house.gateway.propose(ANN, request, account="paper")).order is not None
    assert "Sent without asking" in await house.run("buy", pair="BTC/USDT", amount="100")


async def test_a_halt_ends_it(house: House) -> None:
    await raise_to(house)
    await house.say("stop all trading NOW")
    await house.run("resume", word="RESUME")
    assert (await house.say("Buy BTC for $100")).order is None


async def test_what_a_model_read_waits_at_every_level(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        await raise_to(home.house, "full-auto")
        home.server.answer(
            lambda body: an_intent(
                body, intent="buy", pair="BTC/USDT", quote_amount="100", order_type="market"
            )
        )
        outcome = await home.house.say(UNSURE)
        assert outcome.ticket is not None
        assert outcome.ticket.state is TicketState.PENDING
        assert home.house.position() == 0
