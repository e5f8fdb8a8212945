"""A whole engine on a scripted venue, for tests of faults.

What a test looks at is what counts in the end: the venue's own books, the journal as a second
process would read it, and what the person at the terminal was told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kit_tui.domain.clock import to_ms
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.orders import Order, OrderStatus
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import Position
from kit_tui.domain.ticket import Ticket
from kit_tui.gateway.account import Account
from kit_tui.gateway.desk import Outcome
from kit_tui.gateway.local import LocalDesk
from kit_tui.runtime.engine import Engine
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import CONNECTIONS, CONVERSATION, NOTICES, Connection
from tests.end_to_end.live import MovableClock
from tests.servers.binance_trading import BinanceTradingServer
from tests.servers.venue_types import BookOrder

BTC, ETH = Pair("BTC/USDT"), Pair("ETH/USDT")
KEYS = {"KIT_BINANCE_API_KEY": "test-key", "KIT_BINANCE_SECRET": "test-secret"}
# The test polls by itself, so the engine's own polls are far apart.
SETTINGS = """
watchlist = ["BTC/USDT", "ETH/USDT"]
{more}
[state.positions]
sync = "polling (3000s)"
[exchanges.binance]
base_url = "{url}"
mode = "{mode}"
{venue}
"""


class NoTicketError(AssertionError):
    """The words led to no ticket."""


@dataclass(slots=True)
class FaultBench:
    """One engine with one Binance account, and the test's hands on clock and venue."""

    home: Path
    server: BinanceTradingServer
    clock: MovableClock
    engine: Engine
    desk: LocalDesk
    options: dict[str, Any]

    # -- acting ----------------------------------------------------------------------------------

    async def say(self, words: str) -> Outcome:
        """A message at the terminal."""
        return await self.desk.send(words)

    async def ticket(self, words: str = "Buy BTC for $100") -> Ticket:
        """Words that must lead to a ticket."""
        outcome = await self.say(words)
        if outcome.ticket is None:
            raise NoTicketError(outcome.reply.text)
        return outcome.ticket

    async def approve(self, ticket: Ticket) -> Outcome:
        return await self.desk.approve(ticket.id, ticket.hash)

    async def do(self, words: str = "Buy BTC for $100") -> Outcome:
        """Words, and the approval of the ticket they led to."""
        return await self.approve(await self.ticket(words))

    async def poll(self, seconds: float = 5.0, times: int = 1) -> None:
        """Time passes, and the engine polls the venue and does its round, so many times."""
        for _ in range(times):
            self.clock.ahead += seconds
            await self.account.market.poll_once()

    # -- looking ---------------------------------------------------------------------------------

    @property
    def account(self) -> Account:
        return self.engine.gateway.accounts["binance"]

    @property
    def ledger(self) -> Ledger:
        return self.account.trading.ledger

    @property
    def orders(self) -> list[Order]:
        """Our orders, oldest first."""
        return [o for o in self.ledger.orders.values() if o.account == "binance"]

    def statuses(self) -> list[OrderStatus]:
        return [order.status for order in self.orders]

    def position(self, pair: Pair = BTC) -> Position | None:
        return self.ledger.position("binance", pair)

    def held(self, pair: Pair = BTC) -> Decimal:
        """What we believe to hold by our own trading."""
        position = self.position(pair)
        return position.signed_quantity if position is not None else Decimal(0)

    @property
    def venue_orders(self) -> list[BookOrder]:
        """Every order the venue ever took."""
        return self.server.book.orders

    def venue_total(self, currency: str) -> Decimal:
        return self.server.book.balances["main"][currency].total

    def heard(self) -> str:
        """Everything the person was told: the conversation and the notices."""
        said = [message.text for message in self.desk.store.get(CONVERSATION) or ()]
        notices = [notice.text for notice in self.desk.store.get(NOTICES) or ()]
        return "\n".join([*said, *notices])

    def connection(self) -> Connection:
        """How the screen shows the venue."""
        shown = self.desk.store.get(CONNECTIONS) or ()
        return next(seen for seen in shown if "binance" in seen.name)

    def no_id_twice(self) -> bool:
        """Whether no order of ours reached the venue twice."""
        ids = [order.client_id for order in self.venue_orders]
        return len(ids) == len(set(ids))


@asynccontextmanager
async def fault_bench(
    home: Path,
    server: BinanceTradingServer,
    clock: MovableClock,
    *,
    mode: str = "sandbox",
    more: str = "",
    venue: str = "",
    environ: Mapping[str, str] = MappingProxyType(KEYS),
) -> AsyncIterator[FaultBench]:
    """A started engine on `server`; may be opened again on the same home to restart it.

    `more` and `venue` are settings in front of the venue's table and in it, or behind it.
    """
    options = {"mode": mode, "more": more, "venue": venue, "environ": environ}
    config = home / "config"
    config.mkdir(parents=True, exist_ok=True)
    text = SETTINGS.format(url=server.url, mode=mode, more=more, venue=venue)
    (config / "config.toml").write_text(text, encoding="utf-8")
    locations = find_locations({"KIT_HOME": str(home)})
    locations.ensure()
    engine = Engine(
        locations, load_settings(locations, environ), clock, environ, retry_network_s=0.05
    )
    await engine.start(demo=False, serve_channels=False)
    desk = await engine.open_desk("binance", "terminal")
    try:
        yield FaultBench(home, server, clock, engine, desk, options)
    finally:
        await desk.close()
        await engine.stop()


@asynccontextmanager
async def scripted_binance(
    clock: MovableClock | None = None,
) -> AsyncIterator[tuple[BinanceTradingServer, MovableClock]]:
    """A venue and a clock that both sides go by; it is morning, so that no test meets midnight."""
    clock = clock or in_the_morning()
    async with BinanceTradingServer(lambda: to_ms(clock.now())) as server:
        yield server, clock


def in_the_morning() -> MovableClock:
    """A clock that is ahead of the machine's: at ten o'clock UTC of the next day."""
    clock = MovableClock()
    now = clock.now()
    ten = now.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)
    clock.ahead = (ten - now).total_seconds()
    return clock
