"""Who may do what: viewers look, traders trade, and the owner's terminal does the rest."""

from __future__ import annotations

import pytest

from kit_tui.domain.message import Principal
from kit_tui.domain.orders import Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import TradingState
from kit_tui.domain.ticket import OrderRequest, TicketState
from kit_tui.gateway.access import NotAllowedError
from kit_tui.state.slices import APPROVALS
from tests.gateway.house import ANN, AWAY, GUEST, PHONE, House


@pytest.mark.parametrize(
    "text",
    [
        "buy BTC for $100", "sell all my BTC", "close my BTC position", "close everything",
        "cancel all orders", "stop everything", "halt", "kill switch", "/buy BTC 100",
        "/sell BTC 0.001", "/close BTC", "/closeall", "/cancelall", "/halt", "/kill KILL",
        "/reject 1", "/approve 1", "/resume RESUME", "/watch ETH",
    ],
)  # fmt: skip
async def test_a_viewer_changes_nothing(house: House, text: str) -> None:
    await house.say("buy BTC for $200", approve=True)
    await house.rest_order(limit="40000")
    waiting = await house.say("buy ETH for $50")
    outcome = await house.say(text, GUEST)
    assert not outcome.reply.ok
    assert house.account.trading.status.state is TradingState.ACTIVE
    assert len(house.venue.open_ids()) == 1
    assert house.account.store.get(APPROVALS) == (waiting.ticket,)


async def test_a_viewer_may_look(house: House) -> None:
    assert (await house.say("price of BTC", GUEST)).reply.ok
    assert (await house.say("/watchlist", GUEST)).reply.ok


async def test_a_viewers_help_lists_only_what_they_may_use(house: House) -> None:
    (table,) = (await house.say("/help", GUEST)).reply.cards
    names = {row[0].split()[0] for row in table.rows}  # type: ignore[union-attr]  # help shows a table
    assert "/price" in names
    assert not names & {"/buy", "/halt", "/resume", "/approve"}


async def test_a_viewer_answers_no_ticket_and_orders_nothing_by_the_form(house: House) -> None:
    asked = await house.say("buy BTC for $100")
    assert asked.ticket is not None
    for approve in (True, False):
        answer = await house.gateway.answer_ticket(GUEST, asked.ticket.id, None, approve)
        assert not answer.reply.ok
        assert answer.ticket is None, "a viewer is not told what it is for"
        assert house.gateway.tickets.get(asked.ticket.id).state is TicketState.PENDING
    request = OrderRequest(
        side=Side.BUY, pair=Pair("BTC/USDT"), quote_amount=asked.ticket.order.notional
    )
    assert not (await house.gateway.propose(GUEST, request, account="paper")).reply.ok
    with pytest.raises(NotAllowedError):
        await house.gateway.halt(GUEST, "no")


@pytest.mark.parametrize("who", [PHONE, AWAY], ids=["trader away", "owner away"])
@pytest.mark.parametrize("text", ["/resume RESUME", "/approve 1"])
async def test_what_belongs_to_the_terminal_is_refused_elsewhere(
    house: House, who: Principal, text: str
) -> None:
    await house.say("buy BTC for $100")
    await house.say("halt")
    outcome = await house.say(text, who)
    assert not outcome.reply.ok
    assert "terminal" in outcome.reply.text
    assert house.account.trading.status.state is TradingState.HALTED
    assert house.position() == 0


async def test_a_traders_phone_trades(house: House) -> None:
    asked = await house.say("buy BTC for $100", PHONE)
    assert asked.ticket is not None
    done = await house.gateway.answer_ticket(PHONE, asked.ticket.id, asked.ticket.hash, True)
    assert done.reply.text.startswith("Bought")
    assert done.ticket is not None
    assert (done.ticket.answered_by, done.ticket.answered_on) == ("Ann's phone", "telegram")


async def test_the_owner_at_the_terminal_resumes(house: House) -> None:
    await house.say("halt")
    assert not (await house.say("/resume")).reply.ok
    assert (await house.say("/resume RESUME", ANN)).reply.ok
    assert house.account.trading.status.state is TradingState.ACTIVE
