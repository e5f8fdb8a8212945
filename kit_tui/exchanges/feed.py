"""What one account sees of a venue: its quotes, its chart, its store, and how fresh all that is.

Accounts on the same venue share one `VenueFeed`, which does the polling.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random

from kit_tui.domain.candles import Candles
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.pair import Market, Pair
from kit_tui.exchanges.base import MarketData
from kit_tui.exchanges.venue_feed import VenueFeed
from kit_tui.state.slices import CONNECTIONS, DEPTH, Connection, Depth
from kit_tui.state.store import Store

log = logging.getLogger(__name__)


async def probe(source: MarketData, timeout: float = 2.5) -> bool:  # noqa: ASYNC109 - a bound
    """Whether the venue answers within `timeout` seconds, imports not counted."""
    try:
        await source.open()
        await asyncio.wait_for(source.ping(), timeout)
    except (KitError, TimeoutError, OSError) as error:
        log.info("%s did not answer: %s", source.name, error)
        return False
    return True


class Feed:
    """Keeps the TICKERS, CANDLES, DEPTH and CONNECTIONS slices of one account fresh.

    Given a venue alone it polls for itself; given a `VenueFeed` it shares the polls of that.
    """

    def __init__(
        self,
        source: MarketData | VenueFeed,
        store: Store,
        clock: Clock,
        poll_seconds: float = 5.0,
        on_poll: Callable[[], Awaitable[None]] | None = None,
        *,
        random: Random | None = None,
    ) -> None:
        if not isinstance(source, VenueFeed):
            source = VenueFeed(source, clock, poll_seconds, random=random)
        self.venue = source
        self.store = store
        self.on_poll = on_poll
        self.chart: tuple[Pair, str] | None = None
        self._watched: tuple[Pair, ...] = ()
        self.venue.join(self)

    @property
    def source(self) -> MarketData:
        """Where the prices come from."""
        return self.venue.source

    @property
    def poll_seconds(self) -> float:
        return self.venue.poll_seconds

    @property
    def known_markets(self) -> Mapping[Pair, Market]:
        """The venue's markets as far as they were loaded."""
        return self.venue.listing.known

    # -- what commands ask for -------------------------------------------------------------------

    async def ticker(self, pair: Pair) -> Ticker:
        """The polled quote while it is fresh, else one fetched now."""
        return await self.venue.ticker(pair)

    async def candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        """The newest `limit` candles; those of the chart when they are fresh and enough."""
        return await self.venue.candles(pair, timeframe, limit)

    async def markets(self) -> Mapping[Pair, Market]:
        """Every market of the venue, those delisted with `active` False."""
        return await self.venue.listing.markets()

    # -- what is watched -------------------------------------------------------------------------

    def set_watched(self, pairs: Sequence[Pair]) -> None:
        """Poll quotes of these pairs from the next cycle on; new ones at once."""
        news = set(pairs) - set(self._watched)
        self._watched = tuple(dict.fromkeys(pairs))
        if news:
            self.poll_now()

    async def watch_chart(self, pair: Pair, timeframe: str) -> None:
        """Keep candles, book and tape of this pair fresh; fetched at once, not at the next poll."""
        if self.chart is not None and self.chart[0] != pair:
            self.store.publish(DEPTH, Depth())  # another pair's book would mislead
        self.chart = (pair, timeframe)
        await self.venue.show_chart(self)

    def wanted(self) -> tuple[Pair, ...]:
        """Pairs whose quotes this account needs."""
        charted = self.chart is not None and self.chart[0] not in self._watched
        return (*self._watched, self.chart[0]) if charted and self.chart else self._watched

    # -- the cycle, which is the venue's ---------------------------------------------------------

    async def run(self) -> None:
        """Poll until cancelled."""
        await self.venue.run()

    async def poll_once(self) -> None:
        """One cycle now, back-off or not; only a rate limit is respected."""
        await self.venue.poll_once()

    def poll_now(self) -> None:
        """Wake the feed; a rate limit is still waited for."""
        self.venue.poll_now()

    async def tick(self) -> None:
        """This account's round after a poll; what fails in it is its own trouble."""
        if self.on_poll is None:
            return
        try:
            await self.on_poll()
        except Exception:
            log.exception("the tick after a poll failed")

    def show(self, connection: Connection) -> None:
        """Put the state of the line in this account's store, before the others."""
        others = [
            other
            for other in self.store.get(CONNECTIONS) or ()
            if (other.name, other.kind) != (connection.name, connection.kind)
        ]
        self.store.publish(CONNECTIONS, (connection, *others))

    async def close(self) -> None:
        """Take no part in the polls any longer."""
        await self.venue.leave(self)
