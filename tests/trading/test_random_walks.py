"""Whatever is done, whatever fails, wherever the process dies: the books equal the venue's."""

from __future__ import annotations

import asyncio
import tempfile
from collections import deque
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit_tui.domain.errors import KitError
from kit_tui.domain.orders import Mode, OrderStatus
from kit_tui.domain.pair import Pair
from tests.support.scripted_exchange import BTC, ETH, OPEN, Fault, ProcessKilled
from tests.trading.bench import OWNER, Bench

pairs = st.sampled_from([BTC, ETH])
amounts = st.sampled_from(["50", "300", "800"])
steps = st.one_of(
    st.tuples(st.just("buy"), pairs, amounts),
    st.tuples(st.just("protect"), pairs, amounts),
    st.tuples(st.just("limit"), pairs, amounts),
    st.tuples(st.just("sell"), pairs, st.sampled_from(["0.25", "0.5", "1"])),
    st.tuples(st.just("stop"), pairs, st.just("0.9")),
    st.tuples(st.just("move"), pairs, st.sampled_from(["0.93", "0.99", "1.02"])),
    st.tuples(st.just("fault"), pairs, st.sampled_from([fault.name for fault in Fault])),
    st.tuples(st.just("cancel fault"), pairs, st.sampled_from(["TIMEOUT_BEFORE", "TIMEOUT_AFTER"])),
    st.tuples(st.just("cancel all"), pairs, st.just("")),
    st.tuples(st.just("late"), pairs, st.just("")),
    st.tuples(st.just("poll"), pairs, st.just("")),
    st.tuples(st.just("down"), pairs, st.just("")),
    st.tuples(st.just("kill"), pairs, st.just("")),
    st.tuples(st.just("restart"), pairs, st.just("")),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=3, max_size=14), st.sampled_from([Mode.PAPER, Mode.LIVE]))
def test_books_and_venue_agree_in_the_end(walk: list[tuple[str, str, str]], mode: Mode) -> None:
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(_walk(Path(home), walk, mode))


async def _walk(home: Path, walk: list[tuple[str, str, str]], mode: Mode) -> None:
    desk = Bench(home, mode=mode)
    desk.with_risk(
        daily_loss_limit=Decimal("0.9"),
        drawdown_reduce=Decimal("0.9"),
        drawdown_halt=Decimal("0.9"),
    )
    await desk.start()
    for name, pair, figure in walk:
        try:
            await _step(desk, name, pair, figure)
        except KitError:
            pass  # refusals are answers too
        except ProcessKilled:
            await desk.restart()
    desk.venue.down = False
    desk.venue.faults.clear()
    desk.venue.cancel_faults.clear()
    desk.venue.release_fills()
    await desk.restart()
    for _ in range(6):
        await desk.poll(30)
    _check(desk)
    await desk.journal.flush()
    before = desk.journal.seq
    await desk.poll()
    await desk.journal.flush()
    assert desk.journal.seq == before, "reconciling again changes nothing"
    await desk.stop()


async def _step(desk: Bench, name: str, pair_name: str, figure: str) -> None:
    pair = BTC if pair_name == BTC else ETH
    price = desk.venue.prices[pair]

    def at(share: str) -> str:
        return str((price * Decimal(share)).quantize(Decimal("0.01")))

    def fail(faults: deque[Fault]) -> None:
        faults.append(Fault[figure])

    at_once: dict[str, Callable[[], None]] = {
        "move": lambda: desk.venue.set_price(pair, at(figure)),
        "fault": lambda: fail(desk.venue.faults),
        "cancel fault": lambda: fail(desk.venue.cancel_faults),
        "late": desk.venue.release_fills,
        "down": lambda: setattr(desk.venue, "down", not desk.venue.down),
    }
    awaited: dict[str, Callable[[], Awaitable[object]]] = {
        "buy": lambda: desk.buy(pair, figure),
        "protect": lambda: desk.buy(pair, figure, stop_loss=at("0.95")),
        "limit": lambda: _limit(desk, pair, figure, at("0.98")),
        "sell": lambda: desk.sell(pair, fraction=figure),
        "stop": lambda: desk.sell(pair, stop=at(figure)),
        "cancel all": lambda: desk.engine.cancel_all(principal=OWNER),
        "kill": lambda: desk.engine.kill(by="Ada"),
        "restart": desk.restart,
        "poll": desk.poll,
    }
    if name in at_once:
        at_once[name]()
    else:
        await awaited[name]()


async def _limit(desk: Bench, pair: Pair, amount: str, limit: str) -> None:
    proposal = await desk.ask(pair, amount, limit=limit)
    if proposal.ticket is not None:
        await desk.approve(proposal.ticket)


def _check(desk: Bench) -> None:
    assert desk.agrees()
    ours = {order.client_id: order for order in desk.orders}
    for client, seen in desk.venue.orders.items():
        assert client in ours, "the venue has an order we do not know"
        assert ours[client].filled == seen.filled
        assert ours[client].is_open == (seen.status in OPEN)
    for order in desk.orders:
        assert order.status not in (OrderStatus.SUBMITTED, OrderStatus.UNKNOWN)
    balances = desk.journal.ledger.book("test").balances
    assert balances["USDT"] == desk.venue.total["USDT"], "every cent is accounted for"
