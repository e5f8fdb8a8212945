"""Real money moves by a person's explicit act for exactly that order, and by nothing else (E18)."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kit_tui.domain.autonomy import Autonomy
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import Side
from kit_tui.domain.ticket import OrderRequest, Ticket, TicketState
from kit_tui.settings.model import Settings
from tests.gateway.house import ANN, BTC, PHONE, House, opened
from tests.gateway.model_house import model_house
from tests.gateway.test_model_turns import UNSURE, an_intent
from tests.gateway.test_unasked import raise_to
from tests.servers.messages_api import Cut, reply, text, tool

# What a shell script, a timer or a second process speaks as.
SCRIPT = Principal(channel="cli", user="local", name="you", role=Role.OWNER, local=True)
AN_ORDER = {
    "side": "buy", "pair": "BTC/USDT", "type": "market", "quote_amount": "100",
    "base_amount": None, "fraction": None, "price": None, "stop_price": None, "stop_loss": None,
    "take_profit": None, "trail_percent": None, "post_only": None, "time_in_force": None,
    "user_quote": UNSURE,
}  # fmt: skip


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[House]:
    """An armed account with real money, on which semi-auto was typed at the terminal."""
    async with opened(tmp_path, "live") as house:
        await raise_to(house)
        yield house


def the_ticket(house: House, number: str = "1") -> Ticket:
    return house.journal.ledger.tickets[number]


async def test_at_the_terminal_the_level_that_was_typed_counts(live: House) -> None:
    assert (await live.say("Buy BTC for $100")).order is not None


@pytest.mark.parametrize("who", [SCRIPT, PHONE])
@pytest.mark.parametrize("approve", [False, True])
async def test_no_script_and_no_phone_spends_real_money_unasked(
    live: House, who: Principal, approve: bool
) -> None:
    for words in ("Buy BTC for $100", "/buy BTC 100"):
        outcome = await live.say(words, who, approve=approve)
        assert outcome.ticket is not None
        assert live.gateway.tickets.get(outcome.ticket.id).state is TicketState.PENDING
    await live.run("buy", who, pair="BTC/USDT", amount="100")
    request = OrderRequest(side=Side.BUY, pair=BTC, quote_amount=Decimal(100))
    assert (await live.gateway.propose(who, request, account="live")).order is None
    assert live.venue.sent == []


@pytest.mark.parametrize("who", [ANN, SCRIPT])
async def test_what_approving_offers_anew_is_asked_about(tmp_path: Path, who: Principal) -> None:
    """Otherwise every further `/approve` of a ticket that ran out is one more order."""
    async with opened(tmp_path, "live") as house:
        await house.say("Buy BTC for $100")
        await house.poll(61)
        await raise_to(house)
        for _ in range(3):
            outcome = await house.say("/approve 1", who)
            assert outcome.ticket is not None
            assert outcome.ticket.id != "1"
        await house.run("approve", who, ticket="1")
        assert house.venue.sent == []


async def test_what_a_script_asked_is_not_sent_by_offering_it_anew(live: House) -> None:
    await live.say("Buy BTC for $100", SCRIPT)
    await live.poll(61)
    assert the_ticket(live).state is TicketState.EXPIRED
    await live.say("/approve 1", ANN)
    await live.run("approve", ANN, ticket="1")
    assert live.venue.sent == []
    assert len(live.journal.ledger.pending_tickets()) == 2


async def test_changing_a_ticket_is_not_approving_it(tmp_path: Path) -> None:
    """A model's ticket to which a person adds a stop still waits, whatever the level."""
    async with model_house(tmp_path) as home:
        house = home.house
        await raise_to(house, "full-auto")
        home.server.answer(
            lambda body: an_intent(
                body, intent="buy", pair="BTC/USDT", quote_amount="100", order_type="market"
            )
        )
        first = (await house.say(UNSURE)).ticket
        assert first is not None
        request = OrderRequest(side=Side.BUY, pair=BTC, base_amount=first.order.quantity)
        desk = house.desk()
        changed = await desk.propose(request, instead_of=first.id)
        assert changed.order is None
        assert changed.ticket is not None
        assert changed.ticket.state is TicketState.PENDING
        assert changed.ticket.read_by == first.read_by
        assert house.venue.sent == []


async def test_a_models_ticket_is_not_approved_by_the_flag_when_the_answer_breaks_off(
    tmp_path: Path,
) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(
            lambda body: an_intent(body, intent="chat"),
            reply(tool("propose_order", AN_ORDER)),
            reply(text("Drafted", stopped=False), Cut()),
        )
        outcome = await home.house.say(UNSURE, SCRIPT, approve=True)
        assert outcome.ticket is not None, outcome.reply.text
        assert the_ticket(home.house).read_by == "claude-sonnet-5-5"
        assert the_ticket(home.house).state is TicketState.PENDING
        assert home.house.venue.sent == []


async def test_real_money_is_approved_elsewhere_only_where_the_owner_allows_it(
    live: House,
) -> None:
    ticket = (await live.say("Buy BTC for $100", PHONE)).ticket
    assert ticket is not None
    refused = await live.gateway.answer(PHONE, ticket.id, ticket.hash, True)
    assert "approved at the terminal" in refused.text
    assert the_ticket(live).state is TicketState.PENDING
    assert live.venue.sent == []
    allowed = replace(PHONE, approves_live_up_to=Decimal(100_000))
    capped = replace(PHONE, approves_live_up_to=Decimal(90))
    over = await live.gateway.answer(capped, ticket.id, ticket.hash, True)
    assert "on telegram up to 90.00 may be approved" in over.text
    assert live.venue.sent == []
    assert (await live.gateway.answer(allowed, ticket.id, ticket.hash, True)).ok
    assert len(live.venue.sent) == 1
    again = (await live.say("Buy BTC for $100", PHONE)).ticket
    assert again is not None
    assert (await live.gateway.answer(PHONE, again.id, again.hash, False)).ok
    assert the_ticket(live, again.id).state is TicketState.REJECTED


@pytest.fixture
async def low(tmp_path: Path) -> AsyncIterator[House]:
    """An armed account with real money, on which 80 USDT are much."""
    settings = Settings()
    limits = replace(settings.tickets, typed_above=Decimal(80))
    async with opened(tmp_path, "live", settings=replace(settings, tickets=limits)) as house:
        yield house


async def test_at_the_terminal_much_real_money_needs_its_pair(low: House) -> None:
    ticket = (await low.say("Buy BTC for $100")).ticket
    assert ticket is not None
    desk = low.desk()
    for wrong in ("", "ETH/USDT"):
        refused = await desk.approve(ticket.id, ticket.hash, wrong)
        assert not refused.reply.ok
        assert f"Ticket {ticket.id} is " in refused.reply.text
        assert "of real money: type BTC/USDT to approve it." in refused.reply.text
    assert low.venue.sent == []
    assert (await desk.approve(ticket.id, ticket.hash, "btc/usdt")).order is not None


async def test_at_the_prompt_the_pair_follows_the_hash(low: House) -> None:
    ticket = (await low.say("Buy BTC for $100")).ticket
    assert ticket is not None
    assert "type BTC/USDT" in (await low.say(f"/approve {ticket.id} {ticket.hash}")).reply.text
    assert low.venue.sent == []
    await low.say(f"/approve {ticket.id} {ticket.hash} BTC/USDT")
    assert len(low.venue.sent) == 1


async def test_a_phone_never_approves_what_is_typed_and_a_script_gives_the_hash(
    low: House,
) -> None:
    ticket = (await low.say("Buy BTC for $100", PHONE)).ticket
    assert ticket is not None
    allowed = replace(PHONE, approves_live_up_to=Decimal(100_000))
    for typed in ("", "BTC/USDT"):
        refused = await low.gateway.answer_ticket(
            allowed, ticket.id, ticket.hash, True, typed=typed
        )
        assert "it is approved at the terminal, with its pair typed" in refused.reply.text
    assert low.venue.sent == []
    assert the_ticket(low).state is TicketState.PENDING
    assert (await low.gateway.answer_ticket(SCRIPT, ticket.id, ticket.hash, True)).order
    small = (await low.say("Buy BTC for $40", PHONE)).ticket
    assert small is not None
    assert (await low.gateway.answer(allowed, small.id, small.hash, True)).ok


async def test_autonomy_is_bounded_by_its_own_threshold(low: House) -> None:
    await raise_to(low)
    outcome = await low.say("Buy BTC for $100")
    assert outcome.ticket is not None
    assert outcome.ticket.needs_pair
    assert outcome.order is not None


async def test_a_script_needs_the_hash_and_the_whole_of_it(live: House) -> None:
    ticket = (await live.say("Buy BTC for $100", SCRIPT)).ticket
    assert ticket is not None
    whole = ticket.hash
    for proof in (None, "", whole[:8], whole[:-1], whole.upper(), f"{whole} "):
        outcome = await live.gateway.answer_ticket(SCRIPT, ticket.id, proof, True)
        assert outcome.order is None
    assert live.venue.sent == []
    assert (await live.gateway.answer_ticket(SCRIPT, ticket.id, ticket.hash, True)).order
    assert len(live.venue.sent) == 1


async def test_everybody_answers_at_once_and_one_order_is_sent(live: House) -> None:
    """Two channels, a rejection, autonomy, the expiry and a halt, all in the same moment."""
    ticket = (await live.say("Buy BTC for $100", SCRIPT)).ticket
    assert ticket is not None
    gateway, phone = live.gateway, replace(PHONE, approves_live_up_to=Decimal(100_000))
    answers = [
        gateway.answer_ticket(who, ticket.id, ticket.hash, approve)
        for who in (ANN, phone, SCRIPT)
        for approve in (True, True, False)
    ]
    unasked = live.account.trading.answer_by_autonomy(ticket)
    await asyncio.gather(*answers, unasked, live.account.trading.tick(), gateway.halt(ANN, "now"))
    assert len(live.venue.sent) <= 1
    assert the_ticket(live).state is not TicketState.PENDING
    orders = [o for o in live.journal.ledger.orders.values() if o.ticket_id == ticket.id]
    assert len(orders) == len(live.venue.sent)


WORDS = ("Buy BTC for $100", "buy eth for $40", "sell all my BTC", "close everything", "100", "yes",
         "/buy BTC 100", "/order buy BTC/USDT market quote_amount=50", "/close BTC/USDT",
         "stop loss 49000 for my BTC", "/autonomy full-auto", "approve it", "/pending")  # fmt: skip
attempts = st.one_of(
    st.tuples(st.sampled_from(["say", "flag"]), st.sampled_from(WORDS)),
    st.tuples(st.just("approve"), st.sampled_from(["1", "2", "3", "4", "5"])),
    st.tuples(st.just("run"), st.sampled_from(["buy", "closeall"])),
    st.tuples(st.sampled_from(["form", "change"]), st.sampled_from(["1", "2"])),
    st.tuples(st.just("wait"), st.sampled_from(["1", "61", "400", "90000"])),
    st.tuples(st.just("price"), st.sampled_from(["48000", "50000", "53000"])),
    st.tuples(st.just("restart"), st.just("")),
)


async def attempt(house: House, who: Principal, name: str, what: str) -> None:
    """One thing that somebody who is not at the terminal tries."""
    gateway = house.gateway
    match name:
        case "say" | "flag":
            await house.say(what, who, approve=name == "flag")
        case "approve":
            await house.say(f"/approve {what}", who)
            await gateway.run(who, "approve", {"ticket": what}, account="live")
            await gateway.answer_ticket(who, what, None, True)
        case "run":
            arguments = {"pair": "BTC/USDT", "amount": "50"} if what == "buy" else {}
            await gateway.run(who, what, arguments, account="live")
        case "form" | "change":
            request = OrderRequest(side=Side.BUY, pair=BTC, quote_amount=Decimal(50))
            instead = what if name == "change" else ""
            await gateway.propose(who, request, account="live", instead_of=instead)
        case "wait":
            await house.poll(float(what))
        case "price":
            house.venue.set_price(BTC, what)
            await house.poll()
        case "restart":
            await house.restart()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from([SCRIPT, PHONE]), attempts), max_size=14))
def test_nothing_tried_elsewhere_sends_anything(
    tries: list[tuple[Principal, tuple[str, str]]],
) -> None:
    """With the level raised and BTC held: nothing is bought or sold, whatever is tried."""

    async def go() -> None:
        with tempfile.TemporaryDirectory() as home:
            async with opened(Path(home), "live") as house:
                await raise_to(house)
                assert (await house.say("Buy BTC for $100")).order is not None
                for who, (name, what) in tries:
                    with suppress(KitError):  # a refusal is an answer too
                        await attempt(house, who, name, what)
                assert len(house.venue.sent) == 1
                assert house.account.trading.autonomy.level is Autonomy.SEMI_AUTO

    asyncio.run(go())
