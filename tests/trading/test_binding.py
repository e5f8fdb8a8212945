"""An approval sends exactly what was shown, once, while everything still is as it was; or nothing.

Whatever is changed, whatever happens in between, whoever presses twice.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kit_tui.domain.errors import KitError
from kit_tui.domain.events import TicketProposed
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderStatus, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import Verdict
from kit_tui.domain.ticket import BOUND, OrderDraft, OrderRequest, Ticket, TicketState, sealed
from kit_tui.settings.model import ActionSettings, RiskSettings, Settings, TicketSettings
from kit_tui.trading.tickets import limits_of
from tests.support.scripted_exchange import BTC, ETH
from tests.trading.bench import OWNER, PHONE, VIEWER, Bench, bench

replaced = msgspec.structs.replace
CHECK = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
decimals = st.decimals("0.00000001", "900000", places=8)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "Price": decimals.map(Price), "Quantity": decimals.map(Quantity), "Decimal": decimals,
    "Mode": st.sampled_from(Mode), "Pair": st.sampled_from([BTC, ETH, Pair("XRP/USDT")]),
    "Side": st.sampled_from(Side), "OrderType": st.sampled_from(OrderType),
    "TimeInForce": st.sampled_from(TimeInForce), "bool": st.booleans(), "str": st.text(max_size=20),
    "Verdict": st.just(Verdict(passed=True, checks=())),
    "datetime": st.integers(1, 10**9).map(lambda s: timedelta(seconds=s)),
}  # fmt: skip


def kind_of(owner: Any, field: str) -> str:
    return str(owner.__annotations__[field]).split(" | ")[0]


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, str, Any]:
    """Which part of a ticket is changed, the field, and to what."""
    owner = draw(st.sampled_from([Ticket, OrderDraft]))
    names = [name for name in BOUND if name != "order"]
    field = draw(st.sampled_from(names if owner is Ticket else list(OrderDraft.__struct_fields__)))
    return owner.__name__, field, draw(VALUES[kind_of(owner, field)])


def changed(ticket: Ticket, change: tuple[str, str, Any]) -> Ticket:
    owner, field, value = change
    whole = ticket if owner == "Ticket" else ticket.order
    if isinstance(value, timedelta):
        value = getattr(whole, field) + value
    whole = replaced(whole, **{field: value})
    return whole if isinstance(whole, Ticket) else replaced(ticket, order=whole)


def on_a_bench(test: Callable[[Bench], Awaitable[None]], mode: Mode = Mode.PAPER) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as home:
            async with bench(Path(home), mode=mode) as desk:
                await test(desk)

    asyncio.run(run())


async def tried(approval: Awaitable[object]) -> bool:
    """Whether an approval was answered; a refusal by an error is an answer too."""
    try:
        await approval
    except KitError:
        return False
    return True


@settings(max_examples=150, deadline=None, suppress_health_check=CHECK)
@given(changes(), st.booleans(), st.sampled_from([Mode.PAPER, Mode.LIVE]))
def test_whatever_field_is_changed_nothing_is_sent(
    change: tuple[str, str, Any], resealed: bool, mode: Mode
) -> None:
    """In memory, and by somebody who makes a fitting hash for it: the one shown is another."""

    async def test(desk: Bench) -> None:
        shown = await desk.ticket()
        forged = changed(shown, change)
        forged = sealed(forged) if resealed else forged
        desk.journal.ledger.tickets[shown.id] = forged
        await tried(desk.engine.approve(shown.id, principal=OWNER, ticket_hash=shown.hash))
        same = forged == shown
        assert len(desk.venue.sent) == (1 if same else 0)

    on_a_bench(test, mode)


HARMLESS = ("restart", "nudge", "look")
HARMFUL = ("expire", "move", "halt", "limits", "reject", "replay", "drain")


async def happen(desk: Bench, ticket: Ticket, act: str) -> None:
    """One thing that may come between a ticket and its answer."""
    match act:
        case "restart":
            await desk.restart()
        case "nudge":
            desk.venue.set_price(BTC, "50100")
        case "look":
            await desk.poll(1)
        case "expire":
            desk.clock.advance(61)
        case "move":
            desk.venue.set_price(BTC, "50300")
        case "halt":
            await desk.engine.halt("enough", by="Ada")
        case "limits":
            desk.with_risk(max_position_size=Decimal("0.5"))
            await desk.restart()
        case "drain":
            desk.venue.total["USDT"] = Decimal(50)
        case "reject":
            await tried(desk.engine.reject(ticket.id, principal=PHONE))
        case "replay":
            await tried(desk.approve(ticket))
            desk.venue.sent.clear()


@settings(max_examples=120, deadline=None, suppress_health_check=CHECK)
@given(st.lists(st.sampled_from(HARMLESS + HARMFUL), max_size=4))
def test_a_ticket_sends_once_and_only_while_everything_is_as_it_was(acts: list[str]) -> None:
    """Both channels press at the same moment, after whatever happened."""

    async def test(desk: Bench) -> None:
        ticket = await desk.ticket()
        for act in acts:
            await happen(desk, ticket, act)
        await asyncio.gather(tried(desk.approve(ticket)), tried(desk.approve(ticket, PHONE)))
        spoilt = any(act in HARMFUL for act in acts)
        # A price that came back, after it had moved, is a price within the bound.
        back = "nudge" in acts and set(acts) & set(HARMFUL) == {"move"}
        last = next((a for a in reversed(acts) if a in ("move", "nudge")), "")
        expected = 1 if not spoilt or (back and last == "nudge") else 0
        assert len(desk.venue.sent) == expected

    on_a_bench(test)


@settings(max_examples=40, deadline=None, suppress_health_check=CHECK)
@given(st.text(max_size=64))
def test_no_other_hash_opens_it(guess: str) -> None:
    async def test(desk: Bench) -> None:
        ticket = await desk.ticket()
        guesses = [guess, ticket.hash.upper(), ticket.hash[:-1], ticket.hash + " ", guess * 2]
        for wrong in (each for each in guesses if each != ticket.hash):
            approval = desk.engine.approve(ticket.id, principal=OWNER, ticket_hash=wrong)
            assert not await tried(approval)
        assert desk.venue.sent == []

    on_a_bench(test, Mode.LIVE)


async def test_another_account_never_sends_it_nor_offers_it_again(desk: Bench) -> None:
    """Not even one that has expired."""
    ticket = await desk.ticket()
    elsewhere = replaced(ticket, order=replaced(ticket.order, account="other"))
    for state in (TicketState.PENDING, TicketState.EXPIRED):
        desk.journal.ledger.tickets[ticket.id] = sealed(replaced(elsewhere, state=state))
        with pytest.raises(KitError, match="no ticket 1 on this account"):
            await desk.approve(ticket)
    assert desk.venue.sent == []
    assert len(desk.journal.ledger.tickets) == 1


async def test_viewers_send_nothing(desk: Bench) -> None:
    ticket = await desk.ticket()
    assert not await tried(desk.approve(ticket, VIEWER))
    assert desk.venue.sent == []


async def test_other_limits_mean_another_ticket_with_the_reason(desk: Bench) -> None:
    ticket = await desk.ticket()
    desk.with_risk(price_band=Decimal("0.04"))
    await desk.restart()
    answer = await desk.approve(ticket)
    assert "the limits in the settings have changed since" in answer.reply.text
    assert answer.ticket is not None
    assert answer.ticket.limits == limits_of(desk.settings) != ticket.limits
    assert (await desk.approve(answer.ticket)).order is not None


async def test_a_ticket_of_an_earlier_version_is_offered_anew(desk: Bench) -> None:
    """Its hash covered less; nothing is sent by it."""
    ticket = await desk.ticket()
    old = replaced(ticket, id="2", limits="", read_by="", hash="5" * 64)
    await desk.journal.append(TicketProposed(ticket=old, at=desk.clock.now()))
    answer = await desk.engine.approve("2", principal=OWNER, ticket_hash=old.hash)
    assert desk.venue.sent == []
    assert "an earlier version" in answer.reply.text
    assert answer.ticket is not None
    assert answer.ticket.state is TicketState.PENDING


@pytest.mark.parametrize(
    "other",
    [
        Settings(risk_manager=RiskSettings(leverage_limit=Decimal(4))),
        Settings(risk_manager=RiskSettings(checks=("maxPositionSize",))),
        Settings(risk_manager=RiskSettings(actions=ActionSettings(on_daily_loss="reject"))),
        Settings(tickets=TicketSettings(max_slippage=Decimal("0.01"))),
    ],
)
def test_the_fingerprint_tells_limits_apart(other: Settings) -> None:
    assert limits_of(other) != limits_of(Settings())
    assert limits_of(replace(Settings(), watchlist=(BTC,))) == limits_of(Settings())


async def test_an_offer_anew_stays_the_wish_of_whoever_asked(desk: Bench) -> None:
    """Else what a model proposed would become a person's by running out."""
    request = OrderRequest(side=Side.BUY, pair=BTC, quote_amount=Decimal(100))
    proposal = await desk.engine.propose(
        request, principal=OWNER, words="get some btc", read_by="claude-sonnet-5-5"
    )
    assert proposal.ticket is not None
    desk.clock.advance(61)
    answer = await desk.approve(proposal.ticket, PHONE)
    assert answer.ticket is not None
    kept = answer.ticket
    assert (kept.read_by, kept.asked_by, kept.asked_on) == ("claude-sonnet-5-5", "Ada", "terminal")


# -- what became another order ---------------------------------------------------------------------


async def limit_ticket(desk: Bench, limit: str, side: Side = Side.BUY) -> Ticket:
    request = OrderRequest(
        side=side, pair=BTC, type=OrderType.LIMIT, base_amount=Decimal("0.002"),
        price=Price(limit), reduce_only=side is Side.SELL,
    )  # fmt: skip
    ticket = (await desk.engine.propose(request, principal=OWNER, words="limit")).ticket
    assert ticket is not None
    return ticket


async def test_a_limit_that_would_trade_at_once_by_now_is_another_order(desk: Bench) -> None:
    ticket = await limit_ticket(desk, "49000")
    desk.venue.set_price(BTC, "48700")
    answer = await desk.approve(ticket)
    assert desk.venue.sent == []
    assert "its limit of 49,000.00 would trade at once" in answer.reply.text


@pytest.mark.parametrize(("limit", "then"), [("49000", "48760"), ("50500", "49500")])
async def test_a_limit_near_the_market_or_one_that_was_to_trade_is_sent(
    desk: Bench, limit: str, then: str
) -> None:
    ticket = await limit_ticket(desk, limit)
    desk.venue.set_price(BTC, then)
    answer = await desk.approve(ticket)
    assert answer.order is not None
    assert answer.order.status is OrderStatus.FILLED


async def test_a_sale_that_was_to_rest_above_the_market_is_bound_as_well(desk: Bench) -> None:
    await desk.buy()
    ticket = await limit_ticket(desk, "51000", Side.SELL)
    desk.venue.sent.clear()
    desk.venue.set_price(BTC, "51300")
    answer = await desk.approve(ticket)
    assert desk.venue.sent == []
    assert "would trade at once" in answer.reply.text


async def test_a_trigger_the_market_has_left_far_behind_is_not_sent(desk: Bench) -> None:
    request = OrderRequest(
        side=Side.BUY, pair=BTC, type=OrderType.STOP, base_amount=Decimal("0.002"),
        stop_price=Price(51000),
    )  # fmt: skip
    ticket = (await desk.engine.propose(request, principal=OWNER, words="stop")).ticket
    assert ticket is not None
    desk.venue.set_price(BTC, "51300")
    answer = await desk.approve(ticket)
    assert desk.venue.sent == []
    assert "beyond 51,255.00" in answer.reply.text
