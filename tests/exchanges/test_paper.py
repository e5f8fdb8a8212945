"""The paper exchange: proofs of rejection, resting orders, money conserved, nothing lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.errors import OrderRejectedError, VenueError, VenueUnavailableError
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderStatus, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import NewOrder
from kit_tui.exchanges.paper import PaperExchange
from kit_tui.exchanges.simulator import SimulatedMarket
from tests.exchanges.scripted import BTC, ETH, ScriptedMarketData
from tests.support.clock import FakeClock

CASH = Decimal(10_000)
Open = Callable[..., PaperExchange]


def order(client_id: str, side: str, quantity: str, **more: object) -> NewOrder:
    """`price` makes a limit, `stop` a stop, both a stop-limit, neither a market order."""
    price, stop = more.pop("price", None), more.pop("stop", None)
    kind = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }[(price is not None, stop is not None)]
    fields: dict[str, object] = {"pair": BTC, "type": kind, **more}
    return NewOrder(
        client_id=client_id,
        side=Side(side),
        quantity=Quantity(quantity),
        price=None if price is None else Price(price),
        stop_price=None if stop is None else Price(stop),
        **fields,  # type: ignore[arg-type]  # a test's shorthand
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def source(clock: FakeClock) -> ScriptedMarketData:
    return ScriptedMarketData(clock)


@pytest.fixture
async def opened(
    source: ScriptedMarketData, clock: FakeClock, tmp_path: Path
) -> AsyncIterator[Open]:
    made: list[PaperExchange] = []

    def open_(account: str = "paper", **more: object) -> PaperExchange:
        fields: dict[str, object] = {"cash": Decimal(10_000), "mode": Mode.PAPER, **more}
        path = tmp_path / "paper.sqlite"
        venue = PaperExchange(source, path, clock, account=account, **fields)  # type: ignore[arg-type]  # as above
        made.append(venue)
        return venue

    yield open_
    for venue in made:
        await venue.close()


async def held(venue: PaperExchange, currency: str) -> tuple[Decimal, Decimal]:
    balance = await venue.get_balance(currency)
    return balance.total, balance.free


async def code_of(venue: PaperExchange, new: NewOrder) -> str:
    with pytest.raises(OrderRejectedError) as caught:
        await venue.create_order(new)
    assert await venue.find_order(new.pair, new.client_id) is None
    return caught.value.code


async def test_a_market_buy_moves_cash_into_coins_and_pays_the_fee(opened: Open) -> None:
    venue = opened()
    done = await venue.create_order(order("a", "buy", "2"))
    assert (done.status, done.filled) == (OrderStatus.FILLED, Quantity(2))
    assert done.average_price == Price("100.07")
    assert await held(venue, "BTC") == (Decimal(2), Decimal(2))
    cost = Decimal("200.14")
    assert await held(venue, "USDT") == (10_000 - cost - cost / 1000,) * 2
    (fill,) = await venue.fetch_fills(None)
    assert (fill.order_id, fill.venue, fill.account) == ("a", "scripted", "paper")
    assert (fill.fee, fill.fee_currency, fill.is_maker) == (cost / 1000, "USDT", False)
    assert await venue.find_order(BTC, "a") == done


async def test_the_fee_may_come_out_of_the_coins_received(opened: Open) -> None:
    venue = opened(fee_in="received")
    await venue.create_order(order("a", "buy", "2"))
    assert await held(venue, "BTC") == (Decimal("1.998"),) * 2
    assert (await held(venue, "USDT"))[0] == Decimal("9799.86")


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (order("a", "buy", "200"), "INSUFFICIENT_FUNDS"),
        (order("a", "buy", "100", price="101.2"), "INSUFFICIENT_FUNDS"),
        (order("a", "sell", "1"), "INSUFFICIENT_FUNDS"),
        (order("a", "sell", "1", stop="90"), "INSUFFICIENT_FUNDS"),
        (order("a", "buy", "0"), "QUANTITY_BELOW_MINIMUM"),
        (order("a", "buy", "0.00005"), "QUANTITY_BELOW_MINIMUM"),
        (order("a", "buy", "1.00005"), "QUANTITY_OFF_STEP"),
        (order("a", "buy", "0.04"), "NOTIONAL_BELOW_MINIMUM"),
        (order("a", "buy", "1", price="99.999"), "PRICE_OFF_TICK"),
        (order("a", "buy", "1", stop="110.001"), "PRICE_OFF_TICK"),
        (order("a", "buy", "1", pair=Pair("NOPE/USDT")), "UNKNOWN_PAIR"),
        (order("a", "buy", "1", reduce_only=True), "REDUCE_ONLY"),
        (order("a", "buy", "1", stop="99"), "STOP_WOULD_TRIGGER"),
        (order("a", "sell", "1", stop="101"), "STOP_WOULD_TRIGGER"),
        (order("a", "buy", "1", type=OrderType.TRAILING_STOP), "UNSUPPORTED_ORDER_TYPE"),
        (order("a", "buy", "1", type=OrderType.LIMIT), "PRICE_MISMATCH"),
    ],
)
async def test_what_a_venue_would_not_take_is_rejected_with_proof(
    opened: Open, new: NewOrder, code: str
) -> None:
    venue = opened()
    assert await code_of(venue, new) == code
    assert await held(venue, "USDT") == (CASH, CASH)
    assert await venue.fetch_fills(None) == ()


async def test_no_price_means_no_order_and_that_is_certain(
    opened: Open, source: ScriptedMarketData
) -> None:
    venue = opened()
    source.failure = VenueUnavailableError("scripted is not reachable.")
    with pytest.raises(OrderRejectedError) as caught:
        await venue.create_order(order("a", "buy", "1"))
    assert caught.value.code == "NO_PRICE"
    assert await held(venue, "USDT") == (CASH, CASH)  # balances need no source


async def test_a_client_id_is_taken_only_while_its_order_is_open(opened: Open) -> None:
    venue = opened()
    await venue.create_order(order("a", "buy", "1", price="90"))
    with pytest.raises(OrderRejectedError) as caught:
        await venue.create_order(order("a", "buy", "1"))
    assert caught.value.code == "DUPLICATE_CLIENT_ID"
    await venue.cancel_order(BTC, "a")
    again = await venue.create_order(order("a", "buy", "1"))
    assert again.status is OrderStatus.FILLED
    assert await venue.find_order(BTC, "a") == again


async def test_a_resting_buy_locks_cash_and_gives_it_back(opened: Open) -> None:
    venue = opened()
    resting = await venue.create_order(order("a", "buy", "10", price="90"))
    assert resting.status is OrderStatus.ACCEPTED
    assert await held(venue, "USDT") == (CASH, CASH - Decimal("900.9"))
    assert await code_of(venue, order("b", "buy", "95", price="100")) == "INSUFFICIENT_FUNDS"
    canceled = await venue.cancel_order(BTC, "a")
    assert canceled.status is OrderStatus.CANCELED
    assert await venue.cancel_order(BTC, "a") == canceled
    assert await held(venue, "USDT") == (CASH, CASH)
    with pytest.raises(OrderRejectedError):
        await venue.cancel_order(BTC, "never")


async def test_a_marketable_limit_fills_at_the_touch_as_taker(opened: Open) -> None:
    done = await opened().create_order(order("a", "buy", "1", price="105"))
    assert (done.status, done.average_price) == (OrderStatus.FILLED, Price("100.01"))


async def test_a_limit_larger_than_the_level_fills_in_part_and_rests(
    opened: Open, source: ScriptedMarketData
) -> None:
    venue = opened()
    source.volume = "1440"  # one coin a minute, so one coin a level
    done = await venue.create_order(order("a", "buy", "3", price="100.01"))
    assert (done.status, done.filled) == (OrderStatus.PARTIALLY_FILLED, Quantity(1))
    total, free = await held(venue, "USDT")
    assert total - free == 2 * Decimal("100.01") * Decimal("1.001")
    ioc = order("b", "buy", "3", price="100.01", time_in_force=TimeInForce.IOC)
    assert (await venue.create_order(ioc)).status is OrderStatus.EXPIRED
    fok = order("c", "buy", "3", price="100.01", time_in_force=TimeInForce.FOK)
    killed = await venue.create_order(fok)
    assert (killed.status, killed.filled) == (OrderStatus.EXPIRED, Quantity(0))


async def test_a_resting_limit_fills_as_maker_when_the_market_comes_to_it(
    opened: Open, source: ScriptedMarketData, clock: FakeClock
) -> None:
    venue = opened(maker_fee=Decimal("0.0002"))
    await venue.create_order(order("a", "buy", "1", price="95"))
    clock.advance(5)
    source.set("94.5")
    assert await venue.fetch_open_orders() == ()
    (fill,) = await venue.fetch_fills(None)
    assert (fill.price, fill.is_maker, fill.fee) == (Price(95), True, Decimal("0.019"))
    assert await held(venue, "USDT") == (10_000 - Decimal("95.019"),) * 2


async def test_a_stop_triggers_though_nobody_was_there_to_see_it(
    opened: Open, source: ScriptedMarketData, clock: FakeClock
) -> None:
    """Down for ten minutes; the market dipped and came back; the stop must have sold the dip."""
    venue = opened()
    await venue.create_order(order("a", "buy", "1"))
    await venue.create_order(order("s", "sell", "1", stop="95"))
    assert (await held(venue, "BTC"))[1] == 0
    await venue.close()
    clock.advance(600)
    source.candle(-5, 100, 100, 93, 99)
    source.candle(0, 100, 100.5, 99.5, 100)
    (fill, *_) = reversed(await opened().fetch_fills(None))
    assert (fill.side, fill.price) == (Side.SELL, Price("94.95"))
    assert fill.at < clock.now()


async def test_what_happened_before_an_order_does_not_fill_it(
    opened: Open, source: ScriptedMarketData, clock: FakeClock
) -> None:
    """The candle that is forming dipped before the stop was placed; only later dips count."""
    venue = opened()
    await venue.create_order(order("a", "buy", "1"))
    source.candle(0, 100, 101, 90, 100)
    clock.advance(20)
    await venue.create_order(order("s", "sell", "1", stop="95"))
    clock.advance(10)
    assert len(await venue.fetch_open_orders()) == 1
    source.candle(0, 100, 101, 89, 100)  # a new low since: it did go through 95 again
    clock.advance(5)
    assert await venue.fetch_open_orders() == ()


async def test_a_stop_limit_waits_at_its_limit_after_a_gap(
    opened: Open, source: ScriptedMarketData, clock: FakeClock
) -> None:
    venue = opened()
    await venue.create_order(order("a", "buy", "1"))
    await venue.create_order(order("s", "sell", "1", stop="95", price="94"))
    clock.advance(61)
    source.set("80")
    source.candle(0, 80, 81, 79, 80)
    (waiting,) = await venue.fetch_open_orders()
    assert waiting.status is OrderStatus.TRIGGERED
    clock.advance(60)
    source.set("94.5")
    found = await venue.find_order(BTC, "s")
    assert found is not None
    assert (found.status, found.average_price) == (OrderStatus.FILLED, Price(94))


async def test_a_buy_stop_that_gaps_beyond_the_purse_buys_what_it_can(
    opened: Open, source: ScriptedMarketData, clock: FakeClock
) -> None:
    venue = opened(cash=Decimal(1_000))
    await venue.create_order(order("s", "buy", "9", stop="110"))
    clock.advance(60)
    source.set("140")
    found = await venue.find_order(BTC, "s")
    assert found is not None
    assert found.status is OrderStatus.CANCELED
    assert 0 < found.filled < 9
    total, free = await held(venue, "USDT")
    assert 0 <= total == free < 1


async def test_one_absurd_price_triggers_nothing_and_a_second_look_is_believed(
    opened: Open, source: ScriptedMarketData, clock: FakeClock
) -> None:
    venue = opened()
    await venue.create_order(order("a", "buy", "1"))
    await venue.create_order(order("s", "sell", "1", stop="95"))
    clock.advance(60)
    source.set("1.5")
    assert len(await venue.fetch_open_orders()) == 1
    clock.advance(5)
    source.set("100")
    assert len(await venue.fetch_open_orders()) == 1
    for _ in range(2):
        clock.advance(5)
        source.set("40")
        left = await venue.fetch_open_orders()
    assert left == ()


async def test_an_outage_of_the_source_delays_matching_and_loses_nothing(
    opened: Open, source: ScriptedMarketData, clock: FakeClock
) -> None:
    venue = opened()
    await venue.create_order(order("a", "buy", "1", price="95"))
    clock.advance(120)
    source.candle(-1, 100, 100, 94, 100)
    source.failure = VenueUnavailableError("scripted is not reachable.")
    assert len(await venue.fetch_open_orders()) == 1
    source.failure = None
    assert await venue.fetch_open_orders() == ()


async def test_a_market_order_beyond_the_book_fills_in_part_and_expires(
    opened: Open, source: ScriptedMarketData
) -> None:
    source.volume = "1440"
    done = await opened().create_order(order("a", "buy", "50"))
    assert (done.status, done.filled) == (OrderStatus.EXPIRED, Quantity(10))
    assert "thin" in done.reason


async def test_accounts_in_one_file_are_independent(opened: Open) -> None:
    paper, demo = opened(), opened("demo", mode=Mode.DEMO, cash=Decimal(500))
    await paper.create_order(order("a", "buy", "1"))
    assert await held(demo, "USDT") == (Decimal(500), Decimal(500))
    assert await demo.find_order(BTC, "a") is None
    await demo.create_order(order("a", "buy", "1"))
    one, other = await paper.fetch_fills(None), await demo.fetch_fills(None)
    assert one[0].trade_id != other[0].trade_id
    assert {one[0].account, other[0].account} == {"paper", "demo"}


async def test_everything_is_there_after_reopening(opened: Open, clock: FakeClock) -> None:
    venue = opened()
    await venue.create_order(order("a", "buy", "1"))
    await venue.create_order(order("b", "buy", "1", price="90"))
    before = (
        await venue.fetch_balances(), await venue.fetch_open_orders(), await venue.fetch_fills(None)
    )  # fmt: skip
    await venue.close()
    again = opened(cash=Decimal(77))  # the account exists: its cash is not given twice
    assert before == (
        await again.fetch_balances(), await again.fetch_open_orders(), await again.fetch_fills(None)
    )  # fmt: skip
    clock.advance(10)
    assert await again.fetch_fills(clock.now()) == ()


async def test_deposits_change_what_is_free(opened: Open) -> None:
    venue = opened()
    await venue.deposit("USDT", Decimal(50))
    await venue.deposit("ETH", Decimal(2))
    assert await held(venue, "USDT") == (Decimal(10_050), Decimal(10_050))
    assert (await venue.create_order(order("e", "sell", "2", pair=ETH))).status.value == "filled"
    with pytest.raises(OrderRejectedError):
        await venue.deposit("BTC", Decimal(-1))


async def test_a_file_that_is_no_database_is_named(
    source: ScriptedMarketData, clock: FakeClock, tmp_path: Path
) -> None:
    path = tmp_path / "paper.sqlite"
    path.write_bytes(b"not a database, " * 100)
    with pytest.raises(VenueError, match=r"paper\.sqlite"):
        PaperExchange(source, path, clock, account="a", mode=Mode.PAPER, cash=Decimal(1))


async def test_two_orders_at_once_cannot_spend_the_same_cash(opened: Open) -> None:
    venue = opened()
    answers = await asyncio.gather(
        *(venue.create_order(order(str(n), "buy", "40")) for n in range(5)),
        return_exceptions=True,
    )
    taken = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert len(taken) == 2
    assert (await held(venue, "USDT"))[0] > 0


async def test_an_order_costs_little_time(clock: FakeClock, tmp_path: Path) -> None:
    market = SimulatedMarket(clock)
    venue = PaperExchange(
        market, tmp_path / "p.sqlite", clock, account="demo", mode=Mode.DEMO, cash=Decimal(10_000)
    )
    spent = []
    for number in range(30):
        started = time.process_time()
        await venue.create_order(order(f"o{number}", "buy", "0.001"))
        spent.append(time.process_time() - started)
    assert sorted(spent)[15] < 0.005
    await venue.close()


_TRADER = """
import asyncio, sys
from decimal import Decimal
from pathlib import Path
from kit_tui.domain.orders import Mode
from kit_tui.exchanges.paper import PaperExchange
from tests.exchanges.scripted import ScriptedMarketData
from tests.exchanges.test_paper import order
from tests.support.clock import FakeClock

async def main():
    clock = FakeClock()
    venue = PaperExchange(ScriptedMarketData(clock), Path(sys.argv[1]), clock, account="paper",
                          mode=Mode.PAPER, cash=Decimal(10_000))
    for number in range(100_000):
        side = "buy" if number % 2 == 0 else "sell"
        await venue.create_order(order(str(number), side, "0.1"))
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("moment", [0.0, 0.013, 0.05])
def test_a_kill_at_any_moment_loses_no_answered_order_and_keeps_the_sums(
    tmp_path: Path, moment: float
) -> None:
    path = tmp_path / "paper.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", _TRADER, str(path)], stdout=subprocess.PIPE, text=True
    ) as trader:
        assert trader.stdout is not None
        trader.stdout.readline()
        time.sleep(moment)
        os.kill(trader.pid, signal.SIGKILL)
        answered = [int(line) for line in trader.stdout.read().split()]
    asyncio.run(_check_books(path, max(answered, default=0)))


async def _check_books(path: Path, last_answered: int) -> None:
    clock = FakeClock()
    venue = PaperExchange(
        ScriptedMarketData(clock), path, clock, account="paper", mode=Mode.PAPER, cash=Decimal(1)
    )
    fills = await venue.fetch_fills(None)
    ids = [int(fill.order_id) for fill in fills]
    assert ids == list(range(len(ids)))
    assert len(ids) in {last_answered + 1, last_answered + 2}
    sign = {Side.BUY: 1, Side.SELL: -1}
    coins = sum((sign[fill.side] * fill.quantity for fill in fills), Decimal(0))
    cash = sum((sign[fill.side] * fill.notional + fill.fee for fill in fills), Decimal(0))
    assert (await venue.get_balance("BTC")).total == coins
    assert (await venue.get_balance("USDT")).total == 10_000 - cash
    await venue.close()
