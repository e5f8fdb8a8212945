"""Venues as the accounts of an engine share them: one feed and one request budget per address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError, SettingsError, VenueError, VenueUnavailableError
from kit_tui.domain.orders import Mode
from kit_tui.exchanges.base import Exchange, MarketData
from kit_tui.exchanges.plan import ENTRY_POINTS, AccountPlan
from kit_tui.exchanges.venue_feed import VenueFeed
from kit_tui.runtime.network import answers, host_of
from kit_tui.runtime.plans import RealAccount
from kit_tui.settings.credentials import Credentials
from kit_tui.settings.model import Settings

if TYPE_CHECKING:
    from kit_tui.exchanges.budget import Budget

# A host may take connections and never say a word: that is noticed after PING_S. Its list of
# markets may be ten megabytes on a slow line, which is waited for a little longer.
PING_S = 2.5
MARKETS_S = 10.0
log = logging.getLogger(__name__)

Key = tuple[str, str, str]


class Venues:
    """The feeds and budgets of an engine, by venue, address and kind of market."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        from kit_tui.exchanges.budget import Budgets

        self._settings = settings
        self._clock = clock
        self._budgets = Budgets(clock)
        self._feeds: dict[Key, VenueFeed] = {}

    def budget(self, venue: str, base_url: str | None, *, sandbox: bool = False) -> Budget:
        """What this instance may ask of a venue at an address."""
        found = self._budgets.of(venue, base_url, sandbox=sandbox)
        known = self._settings.exchanges.get(venue)
        if known is not None:
            found.share = float(known.rate_share)
        return found

    def exchange(self, account: RealAccount, credentials: Credentials) -> Exchange:
        """The venue of a sandbox or live account.

        Raises:
            SettingsError: when there is no such venue, or it cannot be made.
        """
        return exchange_for(
            AccountPlan(
                venue=account.venue, account=account.name, mode=account.mode, clock=self._clock,
                credentials=credentials, market=account.settings.market,
                margin=account.settings.margin, leverage=account.settings.leverage,
                base_url=account.base_url,
                budget=self.budget(
                    account.venue, account.base_url, sandbox=account.mode is Mode.SANDBOX
                ),
            )
        )  # fmt: skip

    def feed_of(self, account: RealAccount, exchange: Exchange) -> VenueFeed:
        """The feed that accounts at this address share."""
        key = (account.venue, account.address, account.settings.market)
        source = partial(self._source_of, account, exchange)
        return self._feed(key, source, account.base_url)

    def _source_of(self, account: RealAccount, exchange: Exchange) -> MarketData:
        """Public data by itself, so that it outlives an account's keys; else the exchange's."""
        if own_venue(account.venue) is not None:
            return exchange
        from kit_tui.exchanges.ccxt_public import CcxtMarketData

        sandbox = account.mode is Mode.SANDBOX
        return CcxtMarketData(
            account.venue, self._clock, account.base_url, market=account.settings.market,
            sandbox=sandbox, budget=self.budget(account.venue, account.base_url, sandbox=sandbox),
        )  # fmt: skip

    async def public_feed(self) -> VenueFeed:
        """The default venue's live prices for the paper account, markets loaded.

        Raises:
            VenueError: when they cannot be had now; the message says why in a clause.
            SettingsError: when no such venue exists, so that trying again is of no use.
        """
        venue, address = self._settings.default_exchange, address_of(self._settings)
        key = (venue, address or "", "spot")
        known = self._known(key)
        if known is None:
            source = await live_source(self._settings, self._clock, self.budget(venue, address))
            return self._feed(key, lambda: source, address)
        await _ready(known.source)
        return known

    def _known(self, key: Key) -> VenueFeed | None:
        found = self._feeds.get(key)
        return None if found is None or found.is_closed else found

    def _feed(self, key: Key, source: Callable[[], MarketData], base_url: str | None) -> VenueFeed:
        known = self._known(key)
        if known is not None:
            return known
        reachable = partial(answers, key[0], base_url) if host_of(key[0], base_url) else None
        found = self._feeds[key] = VenueFeed(
            source(), self._clock, self._settings.state.poll_seconds, reachable=reachable
        )
        return found


def exchange_for(plan: AccountPlan) -> Exchange:
    """The venue a plan asks for: a user's own of that name, else what ccxt knows by it.

    Raises:
        SettingsError: when a venue of one's own cannot be loaded or made.
    """
    own = own_venue(plan.venue)
    if own is not None:
        return _made(own, plan)
    if plan.credentials is None:
        raise SettingsError(f"The {plan.account} account has no keys.")
    from kit_tui.exchanges.ccxt_exchange import CcxtExchange

    return CcxtExchange(
        plan.venue, plan.clock, account=plan.account, mode=plan.mode,
        credentials=plan.credentials, market=plan.market, base_url=plan.base_url,
        margin=plan.margin, leverage=plan.leverage, budget=plan.budget,
    )  # fmt: skip


def own_venue(name: str) -> Callable[[AccountPlan], Any] | None:
    """What is registered under a venue's name in the entry points, or None.

    Raises:
        SettingsError: when it is registered but cannot be loaded.
    """
    from importlib.metadata import entry_points

    found = next(iter(entry_points(group=ENTRY_POINTS, name=name)), None)
    if found is None:
        return None
    try:
        made: Callable[[AccountPlan], Any] = found.load()
    except Exception as error:
        raise SettingsError(
            f"The exchange {name} ({found.value}) cannot be loaded: {error}",
            hint="See docs/add-an-exchange.md.",
        ) from error
    return made


def _made(kind: Callable[[AccountPlan], Any], plan: AccountPlan) -> Exchange:
    try:
        made = kind(plan)
    except KitError:
        raise
    except Exception as error:
        raise SettingsError(
            f"The exchange {plan.venue} cannot be set up: {type(error).__name__}: {error}",
            hint="See docs/add-an-exchange.md.",
        ) from error
    if not isinstance(made, Exchange):
        raise SettingsError(f"The exchange {plan.venue} is no subclass of Exchange.")
    return made


async def live_source(settings: Settings, clock: Clock, budget: Budget | None = None) -> MarketData:
    """The default venue's public data with its markets loaded, ready for an account.

    Raises:
        VenueError: when it cannot be had now; the message says why in a clause.
        SettingsError: when no such venue exists, so that trying again is of no use.
    """
    venue = settings.default_exchange
    source = _public(venue, clock, address_of(settings), budget)
    if not await answers(venue, address_of(settings)):
        await source.close()
        raise VenueUnavailableError(f"{venue} cannot be reached")
    try:
        await _open(source)
        await _ready(source)
    except BaseException:
        await source.close()
        raise
    return source


def _public(venue: str, clock: Clock, base_url: str | None, budget: Budget | None) -> MarketData:
    if own_venue(venue) is not None:
        return exchange_for(
            AccountPlan(venue=venue, account="paper", mode=Mode.PAPER, clock=clock,
                        base_url=base_url, budget=budget)
        )  # fmt: skip
    from kit_tui.exchanges.ccxt_public import CcxtMarketData

    return CcxtMarketData(venue, clock, base_url=base_url, budget=budget)


async def problem_of(settings: Settings, clock: Clock) -> str:
    """Why there are no live prices now; empty when there are."""
    try:
        source = await live_source(settings, clock)
    except KitError as error:
        return error.message
    await source.close()
    return ""


def address_of(settings: Settings) -> str | None:
    """The default venue's address from the settings; None for its own."""
    known = settings.exchanges.get(settings.default_exchange)
    return known.base_url if known else None


async def _open(source: MarketData) -> None:
    try:
        await source.open()
    except VenueUnavailableError:
        raise
    except VenueError as error:
        raise SettingsError(
            error.message, hint=error.hint or "Set default_exchange in the settings."
        ) from error


async def _ready(source: MarketData) -> None:
    try:
        await asyncio.wait_for(source.ping(), PING_S)
    except TimeoutError:
        raise VenueUnavailableError(
            f"{source.name} takes connections but does not answer"
        ) from None
    except KitError as error:
        # It did answer, if only with an error; its markets decide.
        log.info("%s: %s", source.name, error)
    try:
        await asyncio.wait_for(source.load_markets(), MARKETS_S)
    except TimeoutError:
        raise VenueUnavailableError(f"{source.name} does not send its markets") from None
    except KitError as error:
        raise VenueUnavailableError(
            f"{source.name} does not give its markets ({error.message.rstrip('.')})"
        ) from error
