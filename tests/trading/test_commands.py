"""The trading commands, through the registry and with the words people read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from kit_tui.commands.command import Effect, commands_of
from kit_tui.commands.registry import Registry, bind, split_words
from kit_tui.domain.cards import OrdersCard, PositionsCard, Reply, RiskCard, TableCard, TicketCard
from kit_tui.domain.errors import KitError, UsageError
from kit_tui.domain.message import Principal
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderType, Side, TimeInForce
from kit_tui.domain.ticket import OrderDraft
from kit_tui.state.store import Store
from kit_tui.trading.commands import TradingCommands
from tests.support.scripted_exchange import BTC, ETH
from tests.trading.bench import OWNER, PHONE, Bench


@dataclass(frozen=True)
class Turn:
    """As much of a `Context` as these commands use."""

    principal: Principal
    words: str
    store: Store
    read_by: str = "command"


async def run(desk: Bench, text: str, who: Principal = OWNER, *, turn: Turn | None = None) -> Reply:
    """Type a slash command."""
    registry = Registry(commands_of(TradingCommands(desk.engine), "trading"))
    name, _, rest = text.partition(" ")
    command = registry.find(name)
    arguments = bind(command, split_words(command, rest))
    turn = turn or Turn(who, f"/{text}", desk.store)
    return await command.handler(turn, **arguments)


async def test_buying_and_closing_by_commands_makes_tickets(desk: Bench) -> None:
    reply = await run(desk, "buy BTC/USDT 100")
    assert isinstance(reply.cards[0], TicketCard)
    await desk.approve(reply.cards[0].ticket)
    reply = await run(desk, "close BTC/USDT 0.5")
    assert isinstance(reply.cards[0], TicketCard)
    assert reply.cards[0].ticket.order.quantity == Decimal("0.001")
    reply = await run(desk, "buy BTC/USDT 100 40000")
    assert "limit 40,000.00" in reply.text


async def test_looking_gives_cards(desk: Bench) -> None:
    assert (await run(desk, "positions")).text == "No open positions."
    await desk.buy(BTC)
    cards = [(await run(desk, name)).cards[0] for name in ("positions", "orders", "risk", "fills")]
    kinds = [type(card) for card in cards]
    assert kinds == [PositionsCard, OrdersCard, RiskCard, TableCard]


async def test_why_tells_who_asked_what_was_checked_and_who_approved(desk: Bench) -> None:
    ticket = await desk.ticket(BTC)
    await desk.approve(ticket, PHONE)
    reply = await run(desk, "why 1")
    card = reply.cards[0]
    assert isinstance(card, TableCard)
    told = "\n".join(" ".join(row) for row in card.rows)
    assert "asked by Ada on terminal: buy BTC/USDT for 100" in told
    assert "passed: maxPositionSize: 1 % of equity, limit 10 %" in told
    assert "ticket 1 approved by Ada's phone on telegram" in told
    assert "0.002 @ 50,000.00" in told
    with pytest.raises(KitError, match="no order 7"):
        await run(desk, "why 7")


async def test_resuming_needs_the_word_typed_out(desk: Bench) -> None:
    reply = await run(desk, "halt too wild")
    assert "halted" in reply.text
    with pytest.raises(UsageError, match="word"):
        await run(desk, "resume")
    assert desk.state() == "halted"
    await run(desk, "resume RESUME")
    assert desk.state() == "active"


async def test_kill_without_its_word_halts_and_closes_nothing(desk: Bench) -> None:
    await desk.buy(BTC)
    reply = await run(desk, "kill")
    assert "/kill KILL" in reply.text
    assert desk.state() == "halted"
    assert desk.held() > 0
    reply = await run(desk, "kill KILL")
    assert "Closed 0.002 BTC @ 50,000.00" in reply.text
    assert desk.held() == 0


async def test_cancel_asks_which_when_there_are_several(desk: Bench) -> None:
    with pytest.raises(UsageError, match="No working orders"):
        await run(desk, "cancel")
    for pair in (BTC, ETH):
        proposal = await desk.ask(pair, "100", limit="1500")
        assert proposal.ticket is not None
        await desk.approve(proposal.ticket)
    with pytest.raises(UsageError, match="2 orders are working"):
        await run(desk, "cancel")
    assert "Cancelled 1 order: 2" in (await run(desk, "cancel 2")).text
    assert "Cancelled 1 order: 1" in (await run(desk, "cancelall")).text


async def test_a_refusal_names_limit_figure_and_the_size_that_passes(desk: Bench) -> None:
    reply = (await desk.ask(BTC, "50000")).reply
    assert reply.text == (
        "Refused by maxPositionSize: 500 % of equity, limit 10 %. "
        "Also refused by leverageLimit, freeBalance. "
        "The largest size that passes is 995 USDT."
    )
    assert not reply.ok
    assert desk.orders == []


async def test_what_the_commands_may_do_is_declared(desk: Bench) -> None:
    effects = {c.name: c.effect for c in commands_of(TradingCommands(desk.engine), "trading")}
    assert effects["resume"] is Effect.ADMIN
    assert {effects[name] for name in ("halt", "kill", "cancel", "cancelall")} == {Effect.REDUCES}
    assert {effects[name] for name in ("buy", "sell", "order", "close", "closeall")} == {
        Effect.PROPOSES
    }


async def order(desk: Bench, text: str) -> OrderDraft:
    """The draft of the ticket that `/order` puts up."""
    reply = await run(desk, f"order {text}")
    assert isinstance(reply.cards[0], TicketCard), reply.text
    return reply.cards[0].ticket.order


async def test_an_order_takes_everything_by_name(desk: Bench) -> None:
    draft = await order(
        desk,
        "buy BTC/USDT limit quote_amount=$100 price=49,000 stop_loss=48000 take_profit=52000",
    )
    assert (draft.type, draft.price, draft.side) == (OrderType.LIMIT, Price(49000), Side.BUY)
    assert (draft.stop_loss, draft.take_profit) == (Price(48000), Price(52000))
    assert not draft.reduce_only
    assert (await order(desk, "buy ETH market 100")).notional == 100
    draft = await order(desk, "buy BTC limit fraction=5% price=49000 time_in_force=ioc")
    assert draft.time_in_force is TimeInForce.IOC
    draft = await order(desk, "buy BTC stop base_amount=0.001 stop_price=51000 trail_percent=3%")
    assert (draft.stop_price, draft.trail) == (Price(51000), Decimal("0.03"))


async def test_an_ordered_sale_only_reduces_and_protects_the_whole_position(desk: Bench) -> None:
    with pytest.raises(KitError, match="no BTC/USDT position"):
        await run(desk, "order sell BTC market base_amount=0.001")
    await desk.buy(BTC)
    draft = await order(desk, "sell BTC stop_limit stop_price=48000 price=47900")
    assert (draft.reduce_only, draft.quantity) == (True, Decimal("0.002"))
    draft = await order(desk, "sell BTC trailing_stop trail_percent=4")
    assert (draft.trail, draft.quantity) == (Decimal("0.04"), Decimal("0.002"))
    assert (await order(desk, "sell BTC market fraction=50%")).quantity == Decimal("0.001")


@pytest.mark.parametrize(
    "text",
    [
        "buy BTC", "buy BTC market quote_amount=100 base_amount=1", "sell BTC market",
        "buy BTC stop stop_price=51000", "buy BTC market base_amount=$100",
        "buy BTC market 100 trail_percent=0.01", "hold BTC market 100", "buy BTC market 100%",
        "buy BTC market quote_amount=100 quote_amount=200",
    ],
)  # fmt: skip
async def test_an_order_without_exactly_one_readable_size_is_not_put_up(
    desk: Bench, text: str
) -> None:
    with pytest.raises(UsageError):
        await run(desk, f"order {text}")
    assert desk.journal.ledger.tickets == {}


async def test_free_text_keeps_its_equals_signs(desk: Bench) -> None:
    await run(desk, "halt reason=too wild")
    assert desk.engine.status.reason == "reason=too wild"
