"""`--approve` answers a ticket on paper and demo only, and only what the offline grammar read."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit_tui.ai.engine import Understanding
from kit_tui.domain.intent import Intent
from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import TicketState
from kit_tui.gateway.desk import Outcome
from tests.gateway.house import House, opened


@pytest.mark.parametrize("mode", [Mode.PAPER, Mode.DEMO])
async def test_pretended_money_is_approved(tmp_path: Path, mode: Mode) -> None:
    async with opened(tmp_path, mode.value) as house:
        outcome = await house.say("buy BTC for $100", approve=True)
        assert outcome.order is not None
        assert outcome.ticket is not None
        assert outcome.ticket.state is TicketState.APPROVED
        assert outcome.verdict is not None


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.SANDBOX])
async def test_real_money_is_not(tmp_path: Path, mode: Mode) -> None:
    async with opened(tmp_path) as house:
        house.account.mode = mode
        outcome = await house.say("buy BTC for $100", approve=True)
        await _waits(house, outcome)


async def test_what_a_model_read_is_not(house: House) -> None:
    grammar = house.account.understanding

    class Model:
        async def understand(self, text: str, pending: Intent | None = None) -> Understanding:
            found = await grammar.understand(text, pending)
            return Understanding(intent=found.intent, engine="claude")

    house.account.understanding = Model()  # type: ignore[assignment]  # all the gateway asks of it
    outcome = await house.say("buy BTC for $100", approve=True)
    await _waits(house, outcome)


async def test_a_slash_command_is_not(house: House) -> None:
    outcome = await house.say("/buy BTC 100", approve=True)
    await _waits(house, outcome)


async def test_without_the_flag_nothing_is(house: House) -> None:
    outcome = await house.say("buy BTC for $100")
    await _waits(house, outcome)


async def _waits(house: House, outcome: Outcome) -> None:
    assert outcome.ticket is not None
    await house.gateway.settle()
    assert house.gateway.tickets.get(outcome.ticket.id).state is TicketState.PENDING
    assert house.venue.sent == []
