"""Rules of watched orders and of protection that hold whatever the market and the venue do."""

from __future__ import annotations

import asyncio
import tempfile
from collections import deque
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kit_tui.domain.errors import KitError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, Order, OrderStatus, OrderType, Side, total_remaining
from kit_tui.domain.pair import Market, Pair
from kit_tui.trading.believing import Believing, better_stop, reaches
from kit_tui.trading.levels import trailed
from kit_tui.trading.lineage import Role, counted, role_of
from tests.support.clock import EPOCH
from tests.support.scripted_exchange import BTC, Fault, ProcessKilled
from tests.trading.bench import OWNER
from tests.trading.order_venue import OrderBench, OrderVenue

MARKET = Market(pair=BTC, venue="v", tick_size=Decimal("0.01"), quantity_step=Decimal("0.00001"))
prices = st.decimals("0.01", "200000", places=2)
near = st.decimals("90", "110", places=2)
sides = st.sampled_from(Side)


def quote(price: Decimal, at: int, *, quoted: bool = True, pair: Pair = BTC) -> Ticker:
    both = Price(price) if quoted else None
    return Ticker(
        pair=pair, venue="v", last=Price(price), bid=both, ask=both,
        received_at=EPOCH + timedelta(seconds=5 * at),
    )  # fmt: skip


def trailing(side: Side, trail: Decimal, start: Decimal) -> Order:
    return Order(
        id="1", client_id="c", venue="v", account="a", mode=Mode.PAPER, pair=BTC, side=side,
        type=OrderType.TRAILING_STOP, quantity=Quantity(1), created_at=EPOCH, updated_at=EPOCH,
        status=OrderStatus.ACCEPTED, trail=trail, stop_price=trailed(start, trail, side, MARKET),
        reduce_only=True, emulated=True,
    )  # fmt: skip


@given(st.lists(st.tuples(prices, st.booleans()), max_size=30), sides)
def test_a_trailing_stop_never_loosens_whatever_is_printed(
    prints: list[tuple[Decimal, bool]], side: Side
) -> None:
    order, believing = trailing(side, Decimal("0.03"), Decimal(100)), Believing()
    for at, (price, quoted) in enumerate(prints):
        seen = believing.see(quote(price, at, quoted=quoted), Decimal(100))
        best = better_stop(order, seen)
        if best is None or order.trail is None or order.stop_price is None:
            continue
        moved = trailed(best, order.trail, side, MARKET)
        tighter = moved > order.stop_price if side is Side.SELL else moved < order.stop_price
        before = order.stop_price
        if tighter:
            order = msgspec.structs.replace(order, stop_price=moved)
        assert order.stop_price is not None
        assert order.stop_price >= before if side is Side.SELL else order.stop_price <= before
        # And it never moves beyond a price that was believed just now.
        assert not (tighter and reaches(order, best))


@given(st.lists(near, min_size=3, max_size=20), prices, st.integers(1, 18), sides)
def test_one_print_far_away_never_acts(
    calm: list[Decimal], bad: Decimal, place: int, side: Side
) -> None:
    """Between prices around 100 a single one beyond a fifth changes nothing."""
    order, believing = trailing(side, Decimal("0.15"), Decimal(100)), Believing()
    walk = [*calm[:place], *calm[place:]]
    for at, price in enumerate(walk):
        if at == min(place, len(walk) - 1) and not 70 <= bad <= 135:
            ticker = quote(bad, 2 * at)
            seen = believing.see(ticker, Decimal(100))
            assert not believing.is_reached(order, ticker, seen)
            assert better_stop(order, seen) is None
        believing.see(quote(price, 2 * at + 1), Decimal(100))


@given(st.lists(prices.filter(lambda p: p < 10), min_size=1, max_size=30))
def test_prints_that_are_99_per_cent_away_never_act(prints: list[Decimal]) -> None:
    order, believing = trailing(Side.SELL, Decimal("0.05"), Decimal(1000)), Believing()
    believing.see(quote(Decimal(1000), 0), None)
    for at, price in enumerate(prints, start=1):
        ticker = quote(price, at)
        assert not believing.is_reached(order, ticker, believing.see(ticker, None))


steps = st.one_of(
    st.tuples(st.just("bracket"), st.sampled_from(["200", "450"])),
    st.tuples(st.just("plain"), st.sampled_from(["200", "450"])),
    st.tuples(st.just("sell"), st.sampled_from(["0.25", "0.5", "1"])),
    st.tuples(st.just("oco"), st.just("")),
    st.tuples(st.just("trail"), st.sampled_from(["0.01", "0.04"])),
    st.tuples(st.just("stop"), st.sampled_from(["0.95", "0.99"])),
    st.tuples(st.just("target"), st.sampled_from(["1.01", "1.05"])),
    st.tuples(st.just("move"), st.sampled_from(["0.9", "0.98", "0.995", "1.02", "1.1", "0.01"])),
    st.tuples(st.just("part"), st.sampled_from(["0.3", "0.5"])),
    st.tuples(st.just("fault"), st.sampled_from([f.name for f in Fault if f.name != "LATE_FILLS"])),
    st.tuples(st.just("oco fault"), st.sampled_from(["REJECT", "TIMEOUT_AFTER", "TIMEOUT_BEFORE"])),
    st.tuples(st.just("cancel fault"), st.sampled_from(["TIMEOUT_BEFORE", "TIMEOUT_AFTER"])),
    st.tuples(st.just("poll"), st.just("")),
    st.tuples(st.just("restart"), st.just("")),
    st.tuples(st.just("kill"), st.just("")),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=3, max_size=14), st.booleans())
# A close whose stop could not be cancelled, and a target beside a stop, with coins of others free.
@example(walk=[("bracket", "200"), ("cancel fault", "TIMEOUT_BEFORE"), ("kill", ""),
               ("move", "0.9")],
         has_oco=False)  # fmt: skip
@example(walk=[("bracket", "200"), ("cancel fault", "TIMEOUT_BEFORE"), ("move", "0.9"),
          ("part", "0.3")], has_oco=False)  # fmt: skip
def test_protection_never_sells_more_than_is_held(
    walk: list[tuple[str, str]], has_oco: bool
) -> None:
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(_walk(Path(home), walk, has_oco=has_oco))


async def _walk(home: Path, walk: list[tuple[str, str]], *, has_oco: bool) -> None:
    desk = OrderBench(home)
    desk.venue = OrderVenue(desk.clock)
    desk.venue.has_oco = has_oco
    # Coins that are not K.I.T.'s: they must never be sold.
    desk.venue.deposit("BTC", "0.5")
    desk.with_risk(
        daily_loss_limit=Decimal("0.9"), drawdown_reduce=Decimal("0.9"),
        drawdown_halt=Decimal("0.9"), max_position_size=Decimal("0.9"),
    )  # fmt: skip
    await desk.start()
    await desk.poll()
    for name, figure in walk:
        try:
            await _step(desk, name, figure)
        except KitError:
            pass
        except ProcessKilled:
            await desk.restart()
        _check(desk)
    desk.venue.faults.clear()
    desk.venue.cancel_faults.clear()
    desk.venue.oco_faults.clear()
    await desk.restart()
    for _ in range(6):
        await desk.poll(30)
    _check(desk)
    held = desk.held()
    assert desk.venue.total["BTC"] == Decimal("0.5") + held, "the coins of others are untouched"
    if held == 0:
        assert desk.venue.open_ids() == []
    await desk.journal.flush()
    before = desk.journal.seq
    await desk.poll()
    await desk.journal.flush()
    assert desk.journal.seq == before, "looking again changes nothing"
    await desk.stop()


async def _step(desk: OrderBench, name: str, figure: str) -> None:
    price = desk.venue.prices[BTC]

    def at(share: str) -> Price:
        return Price((price * Decimal(share)).quantize(Decimal("0.01")))

    if name in ("bracket", "plain"):
        levels: dict[str, object] = (
            {"stop_loss": at("0.97"), "take_profit": at("1.04")} if name == "bracket" else {}
        )
        await desk.place(Side.BUY, BTC, quote_amount=Decimal(figure), **levels)
    elif name == "sell":
        await desk.sell(BTC, fraction=figure)
    elif name == "oco":
        await desk.place(
            Side.SELL, type=OrderType.STOP, stop_price=at("0.98"), take_profit=at("1.03")
        )
    elif name == "trail":
        await desk.engine.move_stop(BTC, trail=Decimal(figure), principal=OWNER)
    elif name == "stop":
        await desk.engine.move_stop(BTC, price=at(figure), principal=OWNER)
    elif name == "target":
        await desk.engine.move_target(BTC, at(figure), principal=OWNER)
    elif name == "move":
        desk.venue.set_price(BTC, str(at(figure)))
        await desk.poll()
    elif name == "part" and desk.venue.open_ids():
        desk.venue.fill(desk.venue.open_ids()[0], figure)
        await desk.poll()
    elif name.endswith("fault"):
        faults: deque[Fault] | list[Fault] = {
            "fault": desk.venue.faults,
            "oco fault": desk.venue.oco_faults,
            "cancel fault": desk.venue.cancel_faults,
        }[name]  # type: ignore[assignment]  # a deque or a list
        faults.append(Fault[figure])
    elif name == "kill":
        await desk.engine.kill(by="Ada")
    elif name == "restart":
        await desk.restart()
    else:
        await desk.poll()


def _check(desk: OrderBench) -> None:
    position = desk.journal.ledger.position("test", BTC)
    held = position.quantity if position is not None else Decimal(0)
    working = counted(o for o in desk.working if o.reduce_only)
    settled = [o for o in working if o.status is OrderStatus.ACCEPTED]
    for role in Role:
        alike = [o for o in settled if role_of(o) is role and o.type is not OrderType.MARKET]
        assert total_remaining(alike) <= held or held == 0
    assert desk.venue.total["BTC"] >= Decimal("0.5"), "coins of others were sold"
