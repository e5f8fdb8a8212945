"""Whatever others do on the account between our own orders: the books stay true.

In the end every coin is accounted for, no position holds more than the venue has, holdings were
never sold by us, and looking again changes nothing.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit_tui.domain.errors import KitError
from kit_tui.domain.orders import Mode, OrderStatus, Side
from kit_tui.domain.pair import Pair
from kit_tui.state.slices import PORTFOLIO
from tests.support.scripted_exchange import BTC, ETH, Fault, ProcessKilled
from tests.trading.bench import OWNER, Bench

FAULTS = ("TIMEOUT_BEFORE", "TIMEOUT_AFTER", "CRASH_AFTER", "PARTIAL", "DUPLICATE", "LATE_FILLS")
pairs = st.sampled_from([BTC, ETH])
steps = st.tuples(
    st.sampled_from(
        [
            "buy", "protect", "sell", "their buy", "their sell", "their limit", "their fill",
            "withdraw", "deposit", "fault", "late", "poll", "poll", "restart", "kill",
        ]
    ),
    pairs,
    st.sampled_from(["0.25", "0.5", "1"]),
    st.sampled_from(FAULTS),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=3, max_size=14), st.booleans())
def test_books_stay_true_whatever_others_do(
    walk: list[tuple[str, Pair, str, str]], fee_in_base: bool
) -> None:
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(_walk(Path(home), walk, fee_in_base=fee_in_base))


async def _walk(home: Path, walk: list[tuple[str, Pair, str, str]], *, fee_in_base: bool) -> None:
    desk = Bench(home, mode=Mode.LIVE, fee_in_base=fee_in_base, cash="100000")
    desk.with_risk(
        daily_loss_limit=Decimal("0.9"), drawdown_reduce=Decimal("0.9"),
        drawdown_halt=Decimal("0.9"),
    )  # fmt: skip
    await desk.start()
    for name, pair, share, fault in walk:
        desk.clock.advance(1)
        try:
            await _step(desk, name, pair, Decimal(share), fault)
        except KitError:
            pass  # refusals are answers too
        except ProcessKilled:
            await desk.restart()
    desk.venue.faults.clear()
    desk.venue.release_fills()
    for _ in range(8):
        await desk.poll(20)
    _check(desk)
    await desk.restart()
    await desk.poll()
    _check(desk)
    await desk.journal.flush()
    before = desk.journal.seq
    await desk.poll()
    await desk.poll()
    await desk.journal.flush()
    assert desk.journal.seq == before, "looking again changes nothing"
    await desk.stop()


async def _step(desk: Bench, name: str, pair: Pair, share: Decimal, fault: str) -> None:
    venue = desk.venue
    free = {balance.currency: balance.free for balance in await venue.fetch_balances()}
    coins = (free.get(pair.base, Decimal(0)) * share).quantize(Decimal("0.00001"), "ROUND_DOWN")

    def their_sale() -> None:
        if coins > 0:
            venue.by_hand(Side.SELL, pair, str(coins))

    def their_fill() -> None:
        for client in [c for c in venue.open_ids() if c.startswith("web_")]:
            venue.fill(client, str(share))

    at_once: dict[str, Callable[[], object]] = {
        "their buy": lambda: venue.by_hand(Side.BUY, pair, "0.02"),
        "their sell": their_sale,
        "their limit": lambda: venue.by_hand(
            Side.BUY, pair, "0.02", limit=str(venue.prices[pair] / 2)
        ),
        "their fill": their_fill,
        "withdraw": lambda: venue.deposit(pair.base, str(-coins)),
        "deposit": lambda: venue.deposit(pair.base, str(share)),
        "fault": lambda: venue.faults.append(Fault[fault]),
        "late": venue.release_fills,
    }
    stop = str(venue.prices[pair] * Decimal("0.9"))
    awaited: dict[str, Callable[[], Awaitable[object]]] = {
        "buy": lambda: desk.buy(pair, "500"),
        "protect": lambda: desk.buy(pair, "500", stop_loss=stop),
        "sell": lambda: desk.sell(pair, fraction=str(share)),
        "restart": desk.restart,
        "poll": desk.poll,
        "kill": lambda: desk.engine.kill(by=OWNER.name),
    }
    if name in at_once:
        at_once[name]()
    else:
        await awaited[name]()


def _check(desk: Bench) -> None:
    ledger, venue = desk.journal.ledger, desk.venue
    assert not [o.id for o in desk.orders if o.status is OrderStatus.UNKNOWN]
    for position in ledger.open_positions("test"):
        assert 0 < position.signed_quantity <= venue.total[position.pair.base]
    book = ledger.book("test").balances
    for currency in book.keys() | venue.total.keys():
        rate = {"USDT": Decimal(1), "BTC": Decimal(50000), "ETH": Decimal(2000)}[currency]
        gap = book.get(currency, Decimal(0)) - venue.total.get(currency, Decimal(0))
        assert abs(gap * rate) < Decimal("0.01"), f"{currency} is accounted for"
    ours = {order.client_id for order in desk.orders if not order.outside}
    assert ours.isdisjoint(c for c in venue.orders if c.startswith("web_"))
    for client, seen in venue.orders.items():
        known = ledger.by_client_id(client)
        assert known is None or known.filled == seen.filled or known.outside
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.complete
