"""Builds an account: where its prices come from, where its orders go, and its commands."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

import msgspec

from kit_tui.ai.engine import AiEngine
from kit_tui.commands.command import commands_of
from kit_tui.commands.registry import Registry
from kit_tui.domain.clock import Clock
from kit_tui.domain.orders import Mode
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import Exchange
from kit_tui.exchanges.feed import Feed
from kit_tui.exchanges.paper import PaperExchange
from kit_tui.exchanges.venue_feed import VenueFeed
from kit_tui.gateway.account import Account
from kit_tui.gateway.commands import GatewayCommands
from kit_tui.gateway.gateway import Gateway
from kit_tui.runtime.house_commands import HouseCommands
from kit_tui.runtime.plans import DEMO, PAPER, RealAccount
from kit_tui.runtime.rounds import Round
from kit_tui.settings.credentials import Credentials
from kit_tui.settings.locations import Locations
from kit_tui.settings.model import Settings
from kit_tui.skills.discovery import load_builtin_skills
from kit_tui.state.halt import TradingStateFile
from kit_tui.state.journal import Journal
from kit_tui.state.slices import CANDLES, DEPTH, SESSION, TICKERS, Depth, Session
from kit_tui.state.store import Store
from kit_tui.trading.care_commands import CareCommands
from kit_tui.trading.commands import TradingCommands
from kit_tui.trading.engine import TradingEngine
from kit_tui.trading.performance_commands import PerformanceCommands

__all__ = ["DEMO", "PAPER"]
LOOK_SECONDS = 1.0
log = logging.getLogger(__name__)


class Shared(msgspec.Struct, frozen=True):
    """What all accounts of an engine share."""

    locations: Locations
    settings: Settings
    clock: Clock
    journal: Journal
    trading_state: TradingStateFile
    gateway: Gateway


def simulated_feed(shared: Shared) -> VenueFeed:
    """Prices of the simulated market, for the demo account."""
    from kit_tui.exchanges.simulator import SimulatedMarket

    source = SimulatedMarket(shared.clock, shared.settings.simulator.seed)
    return VenueFeed(source, shared.clock, shared.settings.state.poll_seconds)


async def open_account(name: str, shared: Shared, venue: VenueFeed, *, notice: str = "") -> Account:
    """Build paper or demo, fetch its first prices, reconcile it, and put it behind the gateway."""
    exchange = _paper(name, venue, shared)
    account = _built(name, shared, venue, exchange)
    market, trading = account.market, account.trading
    try:
        await market.markets()
        _add_commands(account, shared)
        watch = await _watcher(account, shared)
        watch()
        await market.poll_once()
        # Before the first tick: only the start may conclude that an order was never sent.
        await trading.start()
        _keep_watching(account, shared, watch)
        account.store.publish(SESSION, _session(account, shared, notice))
        shared.gateway.add_account(account)
    except BaseException:
        await account.close()
        raise
    return account


def open_real_account(
    plan: RealAccount,
    credentials: Credentials,
    shared: Shared,
    venue: VenueFeed,
    exchange: Exchange,
) -> tuple[Account, Round]:
    """Build a sandbox or live account and put it behind the gateway, not reconciled yet.

    Nothing is asked of the venue here: its first round does that, now or when it is back.
    """
    account = _built(
        plan.name, shared, venue, exchange,
        fingerprint=credentials.fingerprint, base_url=plan.base_url or "",
    )  # fmt: skip
    _add_commands(account, shared)
    watch = _watching(account, shared)
    shared.gateway.watchlist.on_change.append(watch)
    account.store.publish(SESSION, _session(account, shared, ""))
    shared.gateway.add_account(account)
    round_ = Round(account, shared.clock, watch, shared.gateway.connection)
    account.market.on_poll = round_
    return account, round_


def _built(name: str, shared: Shared, venue: VenueFeed, exchange: Exchange, **more: str) -> Account:
    store = Store()
    store.publish(TICKERS, {})
    store.publish(CANDLES, {})
    store.publish(DEPTH, Depth())
    feed = Feed(venue, store, shared.clock)
    mode = exchange.mode
    trading = TradingEngine(
        account=name, mode=mode, exchange=exchange, feed=feed, journal=shared.journal,
        store=store, settings=shared.settings, clock=shared.clock,
        trading_state=shared.trading_state, **more,
    )  # fmt: skip
    return Account(
        name=name, mode=mode, store=store, market=feed, trading=trading,
        understanding=_understanding(feed), exchange=exchange,
    )  # fmt: skip


def _paper(name: str, venue: VenueFeed, shared: Shared) -> PaperExchange:
    paper = shared.settings.paper
    return PaperExchange(
        venue.source, shared.locations.paper_store, shared.clock, account=name,
        mode=Mode.DEMO if name == DEMO else Mode.PAPER, cash=paper.cash,
        reference=shared.settings.reference, fee=paper.fee, slippage=paper.slippage,
        latency_ms=0 if name == DEMO else paper.latency_ms,
        # A live market is looked at once a round, however often the books are read in it.
        look_seconds=0.0 if name == DEMO else LOOK_SECONDS,
    )  # fmt: skip


def _understanding(feed: Feed) -> AiEngine:
    def pairs() -> Collection[Pair]:
        return feed.known_markets.keys()

    return AiEngine(pairs)


def _add_commands(account: Account, shared: Shared) -> None:
    registry: Registry = account.registry
    for skill in load_builtin_skills():
        for command in skill.commands():
            registry.add(command)
    trading = account.trading
    hosts: tuple[tuple[object, str], ...] = (
        (TradingCommands(trading), "trading"),
        (CareCommands(trading), "trading"),
        (PerformanceCommands(trading), "trading"),
        (GatewayCommands(shared.gateway, registry), "gateway"),
        (HouseCommands(account, shared), "runtime"),
    )
    for host, owner in hosts:
        for command in commands_of(host, owner):
            registry.add(command)


async def _watcher(account: Account, shared: Shared) -> Callable[[], None]:
    """What makes the feed poll the watchlist, as far as the venue has it, and all that is in use.

    A pair that the venue lacks would make every poll an incomplete one.
    """
    await account.market.markets()
    return _watching(account, shared)


def _watching(account: Account, shared: Shared) -> Callable[[], None]:
    def watch() -> None:
        markets = account.market.known_markets
        wanted = [
            pair
            for pair in shared.gateway.watchlist.pairs()
            if pair in markets and markets[pair].active
        ]
        account.market.set_watched([*wanted, *account.trading.pairs_in_use()])

    return watch


def _keep_watching(account: Account, shared: Shared, watch: Callable[[], None]) -> None:
    """Reconcile after every poll, and follow the watchlist."""

    async def after_poll() -> None:
        await account.trading.tick()
        watch()

    shared.gateway.watchlist.on_change.append(watch)
    account.market.on_poll = after_poll


def _session(account: Account, shared: Shared, notice: str) -> Session:
    source = account.market.source
    return Session(
        account=account.name,
        mode=account.mode,
        venue=source.name,
        source=source.name,
        reference=shared.settings.reference,
        notice=notice,
        poll_seconds=shared.settings.state.poll_seconds,
        started_at=shared.clock.now(),
        default_stop=shared.settings.tickets.default_stop,
        default_target=shared.settings.tickets.default_target,
    )
