"""Much real money: approved only by somebody who typed the pair; exits and small orders never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from kit_tui.commands.registry import names_pair
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Mode, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.ticket import OrderRequest, Ticket, TicketState
from kit_tui.settings.model import Settings
from kit_tui.trading.tickets import is_intact, needs_pair
from tests.support.scripted_exchange import BTC
from tests.trading.bench import OWNER, Bench
from tests.trading.test_tickets import DRAFT

SHELL = replace(OWNER, channel="cli")
LIMIT = Settings().tickets.typed_above


async def opened(home: Path, mode: Mode) -> Bench:
    """A bench on which one order may be as large as it likes."""
    bench = Bench(home, mode=mode)
    bench.with_risk(max_position_size=Decimal(1))
    await bench.start()
    return bench


@pytest.fixture
async def rich(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = await opened(tmp_path, Mode.LIVE)
    yield bench
    await bench.stop()


async def answer(
    bench: Bench, ticket: Ticket, typed: str, who: Principal = OWNER, given: str | None = ""
) -> object:
    """The order that an answer sent; `given` is the hash where it is not the ticket's."""
    found = ticket.hash if given == "" else given
    done = await bench.engine.approve(ticket.id, principal=who, ticket_hash=found, typed=typed)
    return done.order


@pytest.mark.parametrize("typed", ["", " ", "eth/usdt", "ETH", "BTC/EUR", "yes", "BTC/USDT/", "₿"])
async def test_without_its_pair_a_large_live_order_is_not_sent(rich: Bench, typed: str) -> None:
    ticket = await rich.ticket(usdt="1250")
    assert ticket.needs_pair
    with pytest.raises(KitError, match=r"is 1,250\.00 USDT of real money: type BTC/USDT to app"):
        await answer(rich, ticket, typed)
    assert rich.venue.sent == []
    assert rich.journal.ledger.tickets[ticket.id].state is TicketState.PENDING
    assert await answer(rich, ticket, "BTC/USDT") is not None
    assert len(rich.venue.sent) == 1


@pytest.mark.parametrize("typed", ["BTC/USDT", " btc/usdt ", "btcusdt", "btc-usdt", "btc"])
async def test_the_pair_may_be_typed_as_people_write_it(rich: Bench, typed: str) -> None:
    ticket = await rich.ticket(usdt="1250")
    assert await answer(rich, ticket, typed) is not None


async def test_the_pair_is_no_word_for_another_hash(rich: Bench) -> None:
    ticket = await rich.ticket(usdt="1250")
    for given in (None, "0" * 64):
        for who in (OWNER, SHELL):
            with pytest.raises(KitError, match="hash"):
                await answer(rich, ticket, "BTC/USDT", who, given)
    assert rich.venue.sent == []


async def test_in_a_shell_the_whole_hash_is_typed_already(rich: Bench) -> None:
    ticket = await rich.ticket(usdt="1250")
    assert await answer(rich, ticket, "", SHELL) is not None


async def test_below_the_limit_nothing_is_typed(rich: Bench) -> None:
    ticket = await rich.ticket(usdt="900")
    assert not ticket.needs_pair
    assert await answer(rich, ticket, "") is not None


@pytest.mark.parametrize("mode", [Mode.PAPER, Mode.DEMO, Mode.SANDBOX])
async def test_only_real_money_is_typed(tmp_path: Path, mode: Mode) -> None:
    bench = await opened(tmp_path, mode)
    ticket = await bench.ticket(usdt="1250")
    assert not ticket.needs_pair
    assert await answer(bench, ticket, "") is not None
    await bench.stop()


async def test_an_exit_is_never_typed(rich: Bench) -> None:
    ticket = await rich.ticket(usdt="1250")
    assert await answer(rich, ticket, "btc") is not None
    closing = (await rich.engine.close_position(BTC, principal=OWNER, words="close")).ticket
    assert closing is not None
    assert closing.order.notional > LIMIT
    assert not closing.needs_pair
    assert await answer(rich, closing, "") is not None
    assert len(rich.venue.sent) == 2


async def test_a_ticket_that_ran_out_is_offered_anew_whatever_was_typed(rich: Bench) -> None:
    ticket = await rich.ticket(usdt="1250")
    rich.clock.advance(61)
    done = await rich.engine.approve(ticket.id, principal=OWNER, ticket_hash=ticket.hash)
    assert done.ticket is not None
    assert done.ticket.id != ticket.id
    assert done.ticket.needs_pair


async def test_what_has_to_be_typed_is_bound_by_the_hash(rich: Bench) -> None:
    ticket = await rich.ticket(usdt="1250")
    assert is_intact(ticket)
    assert not is_intact(msgspec.structs.replace(ticket, needs_pair=False))


async def test_a_low_limit_price_does_not_make_an_order_small(rich: Bench) -> None:
    """Selling short at a price far below the market fills at the market."""
    draft = replace(
        DRAFT, mode=Mode.LIVE, side=Side.SELL, type=OrderType.LIMIT, price=Price(1),
        reference_price=Price(1), worst_price=Price(1), quantity=DRAFT.quantity * 50,
    )  # fmt: skip
    assert needs_pair(draft, Price(50_000), Decimal(1), LIMIT)
    assert not needs_pair(draft, Price(1), Decimal(1), LIMIT)


def test_the_limit_is_in_the_reference_currency_and_counts_itself() -> None:
    draft = replace(DRAFT, mode=Mode.LIVE, worst_price=DRAFT.reference_price)  # 100 of its quote
    assert needs_pair(draft, None, Decimal(10), LIMIT)
    assert not needs_pair(draft, None, Decimal("9.99"), LIMIT)
    assert needs_pair(draft, None, None, LIMIT), "without a rate nobody knows that it is small"
    assert not needs_pair(replace(draft, reduce_only=True), None, None, LIMIT)


def test_a_contract_is_named_with_its_settlement_or_without() -> None:
    perpetual = Pair("BTC/USDT:USDT")
    assert names_pair("btc/usdt:usdt", perpetual)
    assert names_pair("btcusdt", perpetual)
    assert not names_pair("btc/usdt:usdt", BTC)
    assert not names_pair("btc/usdc", perpetual)


async def test_an_order_that_rests_is_typed_like_one_that_trades_at_once(rich: Bench) -> None:
    request = OrderRequest(
        side=Side.BUY, pair=BTC, type=OrderType.LIMIT, quote_amount=Decimal(1250),
        price=Price(40_000),
    )  # fmt: skip
    asked = await rich.engine.propose(request, principal=OWNER, words="buy low")
    assert asked.ticket is not None
    assert asked.ticket.needs_pair
