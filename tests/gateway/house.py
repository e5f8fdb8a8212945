"""A gateway with real accounts on scripted venues, a real journal, and channels that record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from kit_tui.ai.engine import AiEngine
from kit_tui.domain.events import LiveArmed
from kit_tui.domain.message import Message, Principal, Role, Speaker
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Mode, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.ticket import OrderRequest, Ticket
from kit_tui.domain.turn import LiveTurn
from kit_tui.exchanges.feed import Feed
from kit_tui.gateway.account import Account
from kit_tui.gateway.channel import ChannelGateway
from kit_tui.gateway.desk import Outcome
from kit_tui.gateway.gateway import Gateway
from kit_tui.gateway.local import LocalDesk
from kit_tui.gateway.sessions import Sessions
from kit_tui.gateway.watchlist import SharedWatchlist
from kit_tui.runtime.accounts import Shared, _add_commands, _keep_watching, _watcher
from kit_tui.settings.locations import Locations, find_locations
from kit_tui.settings.model import Settings
from kit_tui.state.halt import TradingStateFile
from kit_tui.state.journal import Journal
from kit_tui.state.slices import CANDLES, DEPTH, SESSION, TICKERS, Depth, Session
from kit_tui.state.store import Store
from kit_tui.trading.engine import TradingEngine
from tests.support.clock import FakeClock
from tests.support.scripted_exchange import BTC, ETH, SOL, ScriptedExchange

__all__ = ["BTC", "ETH", "SOL"]

ANN = Principal(channel="terminal", user="local", name="Ann", role=Role.OWNER, local=True)
PHONE = Principal(channel="telegram", user="9", name="Ann's phone", role=Role.TRADER)
BOB = Principal(channel="telegram", user="12", name="Bob", role=Role.TRADER)
GUEST = Principal(channel="telegram", user="7", name="Guest", role=Role.VIEWER)
AWAY = Principal(channel="telegram", user="9", name="Ann away", role=Role.OWNER)
PAIRS = (BTC, ETH, SOL)
MODES = {"demo": Mode.DEMO, "live": Mode.LIVE}
KEY = "fingerprint of the key"


class RecordingChannel:
    """A channel that keeps what it is told; `broken` makes it fail to take messages."""

    def __init__(self, name: str = "phone") -> None:
        self.name = name
        self.broken = False
        self.gate: asyncio.Event | None = None
        self.messages: list[Message] = []
        self.tickets: list[Ticket] = []
        self.stopped = False
        self.turns: list[tuple[LiveTurn, ...]] = []

    async def start(self, gateway: ChannelGateway) -> None:
        del gateway

    async def stop(self) -> None:
        self.stopped = True
        if self.broken:
            raise RuntimeError("does not stop")

    async def deliver(self, message: Message) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.broken:
            raise RuntimeError("does not take it")
        self.messages.append(message)

    async def ticket_changed(self, ticket: Ticket) -> None:
        self.tickets.append(ticket)

    def people_changed(self) -> None:
        """Nothing is kept of it."""

    def turns_changed(self, turns: tuple[LiveTurn, ...]) -> None:
        self.turns.append(turns)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]


class House:
    """One home: clock, journal, gateway and its accounts. `restart` is a new process on it."""

    def __init__(
        self, home: Path, names: tuple[str, ...] = ("paper",), settings: Settings | None = None
    ) -> None:
        self.home = home
        self.locations: Locations = find_locations({"KIT_HOME": str(home)})
        self.locations.ensure()
        self.clock = FakeClock()
        self.settings = settings or Settings()
        self.names = names
        self.venues = {
            name: ScriptedExchange(self.clock, account=name, mode=MODES.get(name, Mode.PAPER))
            for name in names
        }
        self.journal: Journal
        self.gateway: Gateway
        self.shared: Shared

    async def start(self) -> None:
        self.journal = await Journal.open(self.locations.journal, self.clock)
        self.gateway = Gateway(
            journal=self.journal, clock=self.clock,
            sessions=Sessions(self.clock, self.settings.state.session_ttl_s),
            watchlist=SharedWatchlist(self.journal, self.clock, PAIRS),
        )  # fmt: skip
        self.shared = shared = Shared(
            locations=self.locations, settings=self.settings, clock=self.clock,
            journal=self.journal, gateway=self.gateway,
            trading_state=TradingStateFile(self.locations.trading_state),
        )  # fmt: skip
        for name in self.names:
            await self._open(name, shared)

    async def _open(self, name: str, shared: Shared) -> None:
        venue, store = self.venues[name], Store()
        feed = Feed(venue, store, self.clock, poll_seconds=5)
        trading = TradingEngine(
            account=name, mode=venue.mode, exchange=venue, feed=feed, journal=self.journal,
            store=store, settings=self.settings, clock=self.clock,
            trading_state=shared.trading_state, fingerprint=KEY,
        )  # fmt: skip
        if venue.mode is Mode.LIVE and name not in self.journal.ledger.armed:
            armed = LiveArmed(
                account=name, fingerprint=KEY, base_url="", by="Ann", at=self.clock.now()
            )
            await self.journal.append(armed)
        markets = await venue.load_markets()
        store.publish(TICKERS, {})
        store.publish(CANDLES, {})
        store.publish(DEPTH, Depth())
        account = Account(
            name=name, mode=venue.mode, store=store, market=feed, trading=trading,
            understanding=AiEngine(markets.keys), exchange=venue,
        )  # fmt: skip
        _add_commands(account, shared)
        watch = await _watcher(account, shared)
        watch()
        await feed.poll_once()
        await trading.start()
        _keep_watching(account, shared, watch)
        session = Session(
            account=name, mode=venue.mode, venue=venue.name, source=venue.name,
            reference="USDT", started_at=self.clock.now(),
        )  # fmt: skip
        store.publish(SESSION, session)
        self.gateway.add_account(account)

    async def stop(self) -> None:
        await self.gateway.turns.stop()
        await self.gateway.settle()
        await self.gateway.stop_channels()
        for account in self.gateway.accounts.values():
            await account.trading.settle()
        await self.journal.close()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    # -- what people and time do ---------------------------------------------------------------

    async def say(
        self, text: str, who: Principal = ANN, *, account: str = "", approve: bool = False
    ) -> Outcome:
        name = account or self.gateway.primary
        return await self.gateway.message(who, text, account=name, approve=approve)

    async def run(self, name: str, who: Principal = ANN, **arguments: str) -> str:
        reply = await self.gateway.run(who, name, arguments, account=self.gateway.primary)
        return reply.text

    async def poll(self, seconds: float = 5) -> None:
        self.clock.advance(seconds)
        for account in self.gateway.accounts.values():
            await account.market.poll_once()
        await self.gateway.settle()

    async def rest_order(
        self, side: Side = Side.BUY, *, limit: str = "", stop: str = "", usdt: str = "100"
    ) -> Ticket:
        """Put up and approve an order that rests."""
        request = OrderRequest(
            side=side, pair=BTC, type=OrderType.LIMIT if limit else OrderType.STOP,
            quote_amount=Decimal(usdt) if side is Side.BUY else None,
            fraction=None if side is Side.BUY else Decimal(1),
            price=Price(limit) if limit else None, stop_price=Price(stop) if stop else None,
            reduce_only=side is Side.SELL,
        )  # fmt: skip
        outcome = await self.gateway.propose(ANN, request, account=self.gateway.primary)
        assert outcome.ticket is not None, outcome.reply.text
        await self.gateway.answer_ticket(ANN, outcome.ticket.id, outcome.ticket.hash, True)
        return outcome.ticket

    def desk(self, who: Principal = ANN, account: str | None = None) -> LocalDesk:
        return LocalDesk(self.gateway, who, account=account)

    async def channel(self, name: str = "phone") -> RecordingChannel:
        channel = RecordingChannel(name)
        await self.gateway.add_channel(channel)
        return channel

    # -- what is seen --------------------------------------------------------------------------

    @property
    def account(self) -> Account:
        return self.gateway.accounts[self.gateway.primary]

    @property
    def venue(self) -> ScriptedExchange:
        return self.venues[self.gateway.primary]

    @property
    def said(self) -> list[str]:
        """Every line of the conversation."""
        return [message.text for message in self.gateway.conversation.recent]

    @property
    def told(self) -> list[str]:
        """The lines nobody asked for."""
        recent = self.gateway.conversation.recent
        return [message.text for message in recent if message.speaker is Speaker.SYSTEM]

    def position(self, pair: Pair = BTC) -> Decimal:
        held = self.journal.ledger.position(self.gateway.primary, pair)
        return Decimal(0) if held is None else held.signed_quantity


@asynccontextmanager
async def opened(home: Path, *names: str, settings: Settings | None = None) -> AsyncIterator[House]:
    """A started house, stopped at the end."""
    house = House(home, names or ("paper",), settings)
    await house.start()
    try:
        yield house
    finally:
        await house.stop()


async def until(condition: object, rounds: int = 200) -> None:
    """Let the loop turn until `condition()` holds."""
    assert callable(condition)
    for _ in range(rounds):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never happened")
