"""Binding: a ticket approves exactly one order, once, in time, at about its price."""

from __future__ import annotations

import asyncio
import uuid
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderStatus, OrderType, Side, TimeInForce
from kit_tui.domain.risk import Verdict
from kit_tui.domain.ticket import OrderDraft, TicketState
from kit_tui.settings.model import ActionSettings, Settings
from kit_tui.trading.tickets import client_id, is_intact, limits_of, make_ticket
from tests.support.clock import EPOCH
from tests.support.scripted_exchange import BTC, ETH
from tests.trading.bench import OWNER, PHONE, VIEWER, Bench

DRAFT = OrderDraft(
    venue="scripted", account="test", mode=Mode.PAPER, pair=BTC, side=Side.BUY,
    type=OrderType.MARKET, quantity=Quantity("0.002"), reference_price=Price(50000),
    worst_price=Price(50250), notional=Decimal(100), estimated_fee=Decimal("0.1"),
    fee_currency="USDT",
)  # fmt: skip
CHANGED: dict[str, object] = {
    "venue": "other", "account": "demo", "mode": Mode.LIVE, "pair": ETH, "side": Side.SELL,
    "type": OrderType.LIMIT, "quantity": Quantity("0.0020001"), "price": Price(50000),
    "stop_price": Price(49000), "stop_loss": Price(49000), "time_in_force": TimeInForce.IOC,
    "reduce_only": True, "reference_price": Price("50000.01"), "worst_price": Price(50300),
    "take_profit": Price(53000), "trail": Decimal("0.03"), "post_only": True, "emulated": True,
    "leverage": Decimal(2),
    "notional": Decimal("100.1"), "estimated_fee": Decimal(0), "fee_currency": "BTC",
}  # fmt: skip


@pytest.mark.parametrize("name", OrderDraft.__struct_fields__)
def test_changing_any_field_breaks_the_hash(name: str) -> None:
    ticket = make_ticket(
        "1", DRAFT, Verdict(passed=True, checks=()), principal=OWNER, words="", now=EPOCH,
        settings=Settings(),
    )  # fmt: skip
    assert is_intact(ticket)
    changed = msgspec.structs.replace(DRAFT, **{name: CHANGED[name]})
    assert not is_intact(msgspec.structs.replace(ticket, order=changed))


async def test_a_wrong_hash_sends_nothing(desk: Bench) -> None:
    ticket = await desk.ticket()
    with pytest.raises(KitError, match="hash"):
        await desk.engine.approve(ticket.id, principal=OWNER, ticket_hash="0" * 64)
    assert desk.venue.sent == []


async def test_a_live_order_needs_its_hash(live: Bench) -> None:
    ticket = await live.ticket()
    with pytest.raises(KitError, match="hash"):
        await live.engine.approve(ticket.id, principal=OWNER)
    assert live.venue.sent == []
    assert (await live.approve(ticket)).order is not None


async def test_an_approved_ticket_cannot_be_approved_again(desk: Bench) -> None:
    ticket = await desk.ticket()
    await desk.approve(ticket)
    with pytest.raises(KitError, match="approved by Ada on terminal"):
        await desk.approve(ticket, PHONE)
    assert len(desk.venue.sent) == 1


async def test_two_approvals_at_once_send_once(desk: Bench) -> None:
    """E08: two channels press the button together."""
    ticket = await desk.ticket()
    answers = await asyncio.gather(
        desk.approve(ticket), desk.approve(ticket, PHONE), return_exceptions=True
    )
    assert len(desk.venue.sent) == 1
    assert sum(isinstance(answer, KitError) for answer in answers) == 1


async def test_an_expired_ticket_is_refused_and_a_new_one_offered(desk: Bench) -> None:
    ticket = await desk.ticket()
    desk.clock.advance(61)
    answer = await desk.approve(ticket)
    assert desk.venue.sent == []
    assert not answer.reply.ok
    assert "expired" in answer.reply.text
    assert answer.ticket is not None
    assert answer.ticket.id != ticket.id
    assert answer.ticket.state is TicketState.PENDING
    assert desk.journal.ledger.tickets[ticket.id].state is TicketState.EXPIRED


async def test_tickets_expire_by_themselves(desk: Bench) -> None:
    ticket = await desk.ticket()
    await desk.poll(59)
    assert desk.journal.ledger.tickets[ticket.id].state is TicketState.PENDING
    await desk.poll(1)
    assert desk.journal.ledger.tickets[ticket.id].state is TicketState.EXPIRED


async def test_a_price_beyond_the_bound_is_refused_and_offered_anew(desk: Bench) -> None:
    """E02: the bound is 0.5 %; the new ticket has the new price."""
    ticket = await desk.ticket()
    desk.venue.set_price(BTC, "50251")
    answer = await desk.approve(ticket)
    assert desk.venue.sent == []
    assert "50,251" in answer.reply.text
    assert answer.ticket is not None
    assert answer.ticket.order.reference_price == 50251


async def test_a_price_at_the_bound_still_holds(desk: Bench) -> None:
    ticket = await desk.ticket()
    desk.venue.set_price(BTC, "50250")
    answer = await desk.approve(ticket)
    assert answer.order is not None
    assert answer.order.status is OrderStatus.FILLED


async def test_halting_between_proposal_and_approval_stops_the_order(desk: Bench) -> None:
    ticket = await desk.ticket()
    await desk.engine.halt("enough", by="Ada")
    answer = await desk.approve(ticket)
    assert desk.venue.sent == []
    assert "halted" in answer.reply.text
    assert answer.order is None


async def test_halting_while_an_order_is_being_written_down_stops_it(desk: Bench) -> None:
    """The state is read again after the commit, the last moment before the venue hears of it."""
    ticket = await desk.ticket()
    append = desk.journal.append

    async def slow(*events: object) -> None:
        await append(*events)  # type: ignore[arg-type]  # passed through
        await desk.engine.halt("now", by="Ada")

    desk.journal.append = slow  # type: ignore[method-assign]  # the moment between
    answer = await desk.approve(ticket)
    desk.journal.append = append  # type: ignore[method-assign]  # back to the real one
    assert desk.venue.sent == []
    assert answer.order is not None
    assert answer.order.status is OrderStatus.CANCELED


async def test_viewers_neither_propose_nor_approve(desk: Bench) -> None:
    with pytest.raises(KitError, match="not trade"):
        await desk.ask(who=VIEWER)
    ticket = await desk.ticket()
    with pytest.raises(KitError, match="not trade"):
        await desk.approve(ticket, VIEWER)


async def test_who_approved_and_where_is_kept(desk: Bench) -> None:
    ticket = await desk.ticket()
    await desk.approve(ticket, PHONE)
    kept = desk.journal.ledger.tickets[ticket.id]
    assert (kept.answered_by, kept.answered_on) == ("Ada's phone", "telegram")


async def test_a_rejected_ticket_sends_nothing_and_stays_rejected(desk: Bench) -> None:
    ticket = await desk.ticket()
    await desk.engine.reject(ticket.id, principal=PHONE)
    with pytest.raises(KitError, match="rejected by Ada's phone on telegram"):
        await desk.approve(ticket)
    assert desk.venue.sent == []


async def test_numbers_go_on_after_a_restart(desk: Bench) -> None:
    await desk.buy()
    await desk.restart()
    answer = await desk.buy()
    assert answer.ticket is not None
    assert answer.order is not None
    assert (answer.ticket.id, answer.order.id) == ("2", "2")


@given(st.text(max_size=8), st.text(max_size=8))
def test_client_ids_differ_by_origin(one: str, other: str) -> None:
    home = uuid.UUID(int=7)
    same = client_id(home, one, "order") == client_id(home, other, "order")
    assert same == (one == other)
    assert len(client_id(home, one, "order")) == 32


def other_value(value: object) -> object:
    """Another value that the same setting may have."""
    match value:
        case bool():
            return not value
        case Decimal():
            return value / 2
        case int() | float():
            return value + 1
        case tuple():
            return value[:-1]
    assert isinstance(value, ActionSettings)
    return ActionSettings(on_limit_reached="halt_trading")


@pytest.mark.parametrize("section", ["risk_manager", "tickets"])
def test_every_limit_and_ticket_setting_is_in_the_fingerprint(section: str) -> None:
    settings = Settings()
    limits = getattr(settings, section)
    for name in limits.__struct_fields__:
        changed = msgspec.structs.replace(limits, **{name: other_value(getattr(limits, name))})
        others = msgspec.structs.replace(settings, **{section: changed})
        assert limits_of(others) != limits_of(settings), name
