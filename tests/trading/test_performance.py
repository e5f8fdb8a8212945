"""What trading has earned, asked of a running account, to the last digit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from kit_tui.commands.command import commands_of
from kit_tui.commands.registry import Registry, bind, split_words
from kit_tui.domain import performance as figures
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import UsageError
from kit_tui.domain.message import Principal
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderType, Side
from kit_tui.domain.round_trips import total
from kit_tui.domain.ticket import OrderRequest
from kit_tui.state.slices import PORTFOLIO, POSITIONS
from kit_tui.state.store import Store
from kit_tui.trading.commands import TradingCommands
from kit_tui.trading.performance_commands import PerformanceCommands
from kit_tui.trading.trades import trades_of
from tests.support.scripted_exchange import BTC, ETH, SOL
from tests.trading.bench import OWNER, Bench, bench

D = Decimal
TABLES = (
    "profit", "profit 7d", "daily", "weekly", "monthly", "performance", "stats", "entries",
    "exits", "trades", "fees", "count", "orders 1",
)  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """As much of a `Context` as these commands use."""

    principal: Principal
    store: Store
    clock: Clock


async def ask(desk: Bench, text: str) -> Reply:
    """Type a slash command."""
    registry = Registry(
        [
            *commands_of(TradingCommands(desk.engine), "trading"),
            *commands_of(PerformanceCommands(desk.engine), "trading"),
        ]
    )
    name, _, rest = text.partition(" ")
    command = registry.find(name)
    arguments = bind(command, split_words(command, rest))
    return await command.handler(Turn(OWNER, desk.store, desk.clock), **arguments)


async def rows(desk: Bench, text: str, card: int = 0) -> dict[str, tuple[str, ...]]:
    """The rows of a table by their first cell."""
    found = (await ask(desk, text)).cards[card]
    assert isinstance(found, TableCard)
    return {row[0]: row[1:] for row in found.rows}


async def protected(desk: Bench, *, stop: str = "49000", target: str = "52000") -> None:
    request = OrderRequest(
        side=Side.BUY, pair=BTC, type=OrderType.MARKET, quote_amount=D(100),
        stop_loss=Price(stop), take_profit=Price(target),
    )  # fmt: skip
    proposal = await desk.engine.propose(request, principal=OWNER, words="buy", read_by="form")
    assert proposal.ticket is not None
    await desk.approve(proposal.ticket)
    await desk.poll()


async def busy(desk: Bench) -> None:
    """A day with a trade won by hand, one lost by its stop, and one that is open."""
    await desk.buy(BTC, "500")
    desk.venue.set_price(BTC, "51000")
    await desk.poll()
    await desk.sell(BTC, fraction="1")
    await desk.buy(ETH, "300", stop_loss="1900")
    await desk.poll()
    desk.venue.set_price(ETH, "1899")
    await desk.poll()
    await desk.poll()
    await desk.buy(SOL, "200")
    desk.venue.set_price(SOL, "101.5")
    await desk.poll()


@pytest.mark.parametrize("restarted", [False, True], ids=["one run", "after a restart"])
async def test_realised_and_unrealised_are_equity_less_what_was_paid_in(
    tmp_path: Path, restarted: bool
) -> None:
    async with bench(tmp_path) as desk:
        await busy(desk)
        if restarted:
            await desk.restart()
            await desk.poll()
        portfolio, positions = desk.store.get(PORTFOLIO), desk.store.get(POSITIONS)
        assert portfolio is not None
        trades = await trades_of(desk.engine.account)
        realised = figures.realised(trades.gains)
        assert realised == total(list(desk.journal.ledger.realised.values()))
        unrealised = total([held.unrealised_pnl or D(0) for held in positions or ()])
        assert realised + unrealised == portfolio.equity - desk.engine.account.book.flow_total
        told = await rows(desk, "profit", card=1)
        assert told["Equity less what was paid in"] == ("−3.94485 USDT",)
        assert realised + unrealised == D("-3.94485")


async def test_profit_tells_everything(tmp_path: Path) -> None:
    async with bench(tmp_path) as desk:
        await busy(desk)
        told = await rows(desk, "profit")
        # bought 0.01 at 50,000, sold at 51,000; 0.15 ETH from 2,000 to 1,899; 2 SOL at 100; 0.1 %
        assert told["Realised, fees included"] == ("−6.94485",)
        assert told["Unrealised now"] == ("+3.00 (1 open)",)
        assert told["Fees"] == ("1.79485",)
        assert told["Closed trades"] == ("2 (1 won, 1 lost)",)
        assert told["Win rate"] == ("50.0%",)
        assert told["Profit factor"] == ("0.57",)
        assert told["Best pair"] == ("BTC/USDT +8.99",)
        assert told["Worst pair"] == ("ETH/USDT −15.73",)
        assert told["Deepest fall of realised"][0].startswith("−15.93")


async def test_every_way_a_trade_ends_is_told(tmp_path: Path) -> None:
    async with bench(tmp_path) as desk:
        await protected(desk)
        desk.venue.set_price(BTC, "48900")
        for _ in range(3):
            await desk.poll()
        desk.venue.set_price(BTC, "50000")
        await desk.poll()
        await protected(desk)
        desk.venue.set_price(BTC, "52100")
        for _ in range(3):
            await desk.poll()
        await desk.buy(ETH)
        await desk.sell(ETH, fraction="1")
        await desk.buy(SOL)
        await desk.engine.kill("Ada")
        closed = (await trades_of(desk.engine.account)).closed
        assert [trip.ended_by for trip in closed] == ["stop", "target", "by hand", "kill switch"]
        assert [trip.profit > 0 for trip in closed] == [False, True, False, False]
        told = await rows(desk, "stats")
        assert set(told) == {"stop", "target", "by hand", "kill switch"}
        assert told["target"][:3] == ("1", "0", "100.0%")
        asked = (await ask(desk, "entries")).cards[0]
        assert isinstance(asked, TableCard)
        assert [row[:3] for row in asked.rows] == [
            ("terminal", "form", "2"), ("terminal", "not known", "2"),
        ]  # fmt: skip
        assert set(await rows(desk, "exits")) == {"–", "terminal"}


async def test_a_guard_is_told_as_what_ended_a_trade(tmp_path: Path) -> None:
    desk = Bench(tmp_path)
    desk.with_risk(max_position_size=D("0.95"), checks=("drawdown",), reduce_to=D(0))
    await desk.start()
    await desk.buy(BTC, "9000")
    desk.venue.set_price(BTC, "43000")
    for _ in range(4):
        await desk.poll()
    closed = (await trades_of(desk.engine.account)).closed
    assert [trip.ended_by for trip in closed] == ["guard"]
    await desk.stop()


async def test_a_day_is_the_persons_own(tmp_path: Path) -> None:
    desk = Bench(tmp_path)
    desk.settings = replace(desk.settings, timezone="Asia/Tokyo")
    await desk.start()
    await desk.buy(BTC)
    desk.clock.advance(3600)  # 15:03 UTC: the next day in Tokyo
    await desk.poll()
    await desk.sell(BTC, fraction="1")
    told = await rows(desk, "daily 2")
    assert told["2026-11-22"][:3] == ("−0.10", "0.10", "0")
    assert told["2026-11-23"][:3] == ("−0.10", "0.10", "1")
    assert told["together"][:3] == ("−0.20", "0.20", "1")
    assert (await rows(desk, "profit 1d"))["Realised, fees included"] == ("−0.10",)
    await desk.stop()


async def test_only_what_is_new_is_read_again(desk: Bench) -> None:
    await desk.buy(BTC)
    first = await trades_of(desk.engine.account)
    assert len(first.open) == 1
    await desk.sell(BTC, fraction="1")
    second = await trades_of(desk.engine.account)
    assert second.gains[: len(first.gains)] == first.gains
    assert (len(second.closed), len(second.open)) == (1, 0)
    assert await trades_of(desk.engine.account) == second


async def test_an_old_order_shows_each_of_its_fills(desk: Bench) -> None:
    await desk.buy(BTC)
    desk.journal.ledger.fills.clear()  # as after a thousand others
    told = await rows(desk, "orders 1", card=1)
    assert list(told.values()) == [("0.002", "50,000.00", "0.1 USDT", "taker")]


async def test_nothing_traded_is_said(desk: Bench) -> None:
    for text in ("daily", "performance", "fees", "trades", "stats"):
        assert "No" in (await ask(desk, text)).text[:7]
    assert (await rows(desk, "profit"))["Realised, fees included"] == ("0.00",)


@pytest.mark.parametrize("text", ["daily 0", "trades -1", "profit soon", "weekly x"])
async def test_a_count_or_span_that_is_none_is_refused(desk: Bench, text: str) -> None:
    with pytest.raises(UsageError):
        await ask(desk, text)


async def test_locks_name_the_pair_and_how_it_is_freed(desk: Bench) -> None:
    assert (await ask(desk, "locks")).text == "No pair is locked."
    desk.engine.account.trust.close_market(ETH, "halted by the venue")
    await desk.poll()
    told = await rows(desk, "locks")
    assert told["ETH/USDT"][1:] == ("halted by the venue", "when the venue trades it again")


async def test_tables_fit_a_narrow_screen(tmp_path: Path) -> None:
    async with bench(tmp_path) as desk:
        await busy(desk)
        for text in TABLES:
            for card in (await ask(desk, text)).cards:
                if not isinstance(card, TableCard):
                    continue
                assert len(card.columns) <= 5, text
                sizes = [
                    max(map(len, column)) for column in zip(card.columns, *card.rows, strict=True)
                ]
                assert sum(sizes) + len(sizes) - 1 <= 78, (text, card)
