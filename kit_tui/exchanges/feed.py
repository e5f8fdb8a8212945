"""The feed: polls a venue, publishes what it says into the store, and says how fresh it is.

One cycle is poll → publish → schedule, so cycles never overlap. What fails keeps its last value and
its age grows; nothing is ever blanked. The engine's tick runs every cycle, even while the venue is
down and the feed itself backs off.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import TypeVar

import msgspec

from kit_tui.domain.candles import Candles
from kit_tui.domain.clock import Clock, to_ms, utc_from_ms
from kit_tui.domain.errors import (
    KitError,
    RateLimitedError,
    VenueError,
    VenueUnavailableError,
)
from kit_tui.domain.market_data import OrderBook, PublicTrade, Ticker
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Market, Pair
from kit_tui.exchanges.base import MarketData
from kit_tui.exchanges.sanity import PriceFilter
from kit_tui.exchanges.series import merged
from kit_tui.exchanges.trends import HOURS, Trends
from kit_tui.state.slices import (
    CANDLES,
    CONNECTIONS,
    DEPTH,
    TICKERS,
    Connection,
    ConnectionState,
    Depth,
    candles_key,
)
from kit_tui.state.store import Store

T = TypeVar("T")
log = logging.getLogger(__name__)

CHART_CANDLES = 500
_KEPT_SERIES = 6
_BOOK_DEPTH = 10
_TAPE = 20
_LONGEST_BACK_OFF = 60.0
_QUIET_CANDLES = 3
# Sparklines are worth little of a venue's request budget.
_TRENDS_A_CYCLE = 2
_ALL_TRENDS = 100


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
    """Keeps the TICKERS, CANDLES, DEPTH and CONNECTIONS slices of one venue fresh."""

    def __init__(
        self,
        source: MarketData,
        store: Store,
        clock: Clock,
        poll_seconds: float = 5.0,
        on_poll: Callable[[], Awaitable[None]] | None = None,
        *,
        random: Random | None = None,
    ) -> None:
        self.source = source
        self.poll_seconds = poll_seconds
        self.on_poll = on_poll
        self._store = store
        self._clock = clock
        self._random = random or Random()  # noqa: S311 - jitter is no secret
        self._watched: tuple[Pair, ...] = ()
        self._chart: tuple[Pair, str] | None = None
        self._tickers: dict[Pair, Ticker] = {}
        self._series: dict[str, Candles] = {}
        self._filter = PriceFilter()
        self._trends = Trends(
            self._fetch_hours, store, clock,
            pairs_a_cycle=_TRENDS_A_CYCLE if source.costs_requests else _ALL_TRENDS,
        )  # fmt: skip
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._latency_ms: float | None = None
        self._failures = 0
        self._due_at = float("-inf")  # of the monotonic clock, as is the next one
        self._blocked_until = float("-inf")
        self._polled_at = float("-inf")
        self._connection = Connection(
            name=source.name, kind="venue", state="connecting", since=clock.now()
        )

    # -- what commands ask for -------------------------------------------------------------------

    async def ticker(self, pair: Pair) -> Ticker:
        """The polled quote while it is fresh, else one fetched now."""
        known = self._tickers.get(pair)
        if known is not None and known.age(self._clock.now()) < self.poll_seconds:
            return known
        self._refuse_while_blocked()
        found = await self._noting_limits(self.source.fetch_ticker(pair))
        problem = self._take_tickers({pair: found})
        if problem is not None:
            raise problem
        return found

    async def candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        """The newest `limit` candles; those of the chart when they are fresh and enough."""
        known = self._series.get(candles_key(pair, timeframe))
        if known is not None and len(known) >= limit and self._is_fresh(known):
            return known.tail(limit)
        self._refuse_while_blocked()
        return await self._noting_limits(self.source.fetch_candles(pair, timeframe, limit))

    async def markets(self) -> Mapping[Pair, Market]:
        """Every market of the venue."""
        return await self._noting_limits(self.source.load_markets())

    # -- what is watched -------------------------------------------------------------------------

    def set_watched(self, pairs: Sequence[Pair]) -> None:
        """Poll quotes of these pairs from the next cycle on; new ones at once."""
        news = set(pairs) - set(self._watched)
        self._watched = tuple(dict.fromkeys(pairs))
        if news:
            self.poll_now()

    async def watch_chart(self, pair: Pair, timeframe: str) -> None:
        """Keep candles, book and tape of this pair fresh; fetched at once, not at the next poll."""
        if self._chart is not None and self._chart[0] != pair:
            self._store.publish(DEPTH, Depth())  # another pair's book would mislead
        self._chart = (pair, timeframe)
        if self._clock.monotonic() < self._blocked_until:
            return
        problems = [p for p in await asyncio.gather(self._poll_candles(), self._poll_depth()) if p]
        if problems:
            self._connect("degraded", problems[0].message, self._latency_ms)

    def poll_now(self) -> None:
        """Wake the feed; a rate limit is still waited for."""
        self._due_at = self._polled_at = float("-inf")
        self._wake.set()

    # -- the cycle -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Poll until cancelled; a poll that was just made is not made again."""
        while True:
            if self._clock.monotonic() - self._polled_at >= self.poll_seconds / 2:
                await self._cycle()
            if self._connection.state == "up":
                await self._trends.refresh(self._watched)
            await self._pause(self.poll_seconds)

    async def poll_once(self) -> None:
        """One cycle now, back-off or not; only a rate limit is respected."""
        self._due_at = float("-inf")
        await self._cycle()

    async def _cycle(self) -> None:
        async with self._lock:
            self._wake.clear()
            self._polled_at = self._clock.monotonic()
            if self._polled_at >= max(self._due_at, self._blocked_until):
                await self._poll()
            if self.on_poll is not None:
                try:
                    await self.on_poll()
                except Exception:
                    log.exception("the tick after a poll failed")

    async def _pause(self, seconds: float) -> None:
        sleeper = asyncio.ensure_future(self._clock.sleep(seconds))
        waker = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeper, waker}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            waker.cancel()

    async def _poll(self) -> None:
        tickers, candles, depth = await asyncio.gather(
            self._poll_tickers(), self._poll_candles(), self._poll_depth()
        )
        problems = [problem for problem in (tickers, candles, depth) if problem is not None]
        if not problems:
            self._failures = 0
            self._due_at = float("-inf")
            stopped = self._stopped_candles()
            self._connect("degraded" if stopped else "up", stopped, self._latency_ms, answered=True)
            return
        self._back_off(problems)
        worst = tickers or problems[0]
        down = isinstance(worst, VenueUnavailableError)
        self._connect("down" if down else "degraded", worst.message, None)

    def _back_off(self, problems: Sequence[KitError]) -> None:
        """Wait longer after every failure, with jitter; a partial answer needs none."""
        if not any(isinstance(p, VenueUnavailableError | RateLimitedError) for p in problems):
            self._failures = 0
            return
        self._failures += 1
        longest = min(_LONGEST_BACK_OFF, self.poll_seconds * 2.0 ** min(self._failures - 1, 10))
        self._due_at = self._clock.monotonic() + longest * (0.5 + 0.5 * self._random.random())

    async def _fetch_hours(self, pair: Pair) -> Candles:
        self._refuse_while_blocked()
        return await self._noting_limits(self.source.fetch_candles(pair, "1h", HOURS))

    # -- polls: each returns its problem instead of raising --------------------------------------

    async def _poll_tickers(self) -> KitError | None:
        pairs = list(self._watched)
        if self._chart is not None and self._chart[0] not in pairs:
            pairs.append(self._chart[0])
        if not pairs:
            return await self._problem_of(self.source.ping())
        found: dict[Pair, Ticker] = {}
        problem = await self._problem_of(self._ask_tickers(pairs, found))
        if problem is not None and not _is_outage(problem) and len(pairs) > 1:
            # One bad pair can spoil a joint request: ask for each by itself.
            alone = [await self._problem_of(self._ask_tickers([pair], found)) for pair in pairs]
            problem = next((found for found in alone if found is not None), None)
        doubt = self._take_tickers(found)
        return problem or doubt or self._missing_tickers(pairs, found)

    async def _ask_tickers(self, pairs: Sequence[Pair], found: dict[Pair, Ticker]) -> None:
        started = self._clock.monotonic()
        found.update(await self.source.fetch_tickers(pairs))
        self._latency_ms = (self._clock.monotonic() - started) * 1000

    def _missing_tickers(
        self, pairs: Sequence[Pair], found: Mapping[Pair, Ticker]
    ) -> KitError | None:
        missing = [pair for pair in pairs if pair not in found]
        if not missing:
            return None
        return VenueError(f"{self.source.name} gave no price for {', '.join(missing)}.")

    async def _poll_candles(self) -> KitError | None:
        return None if self._chart is None else await self._problem_of(self._fetch_chart())

    async def _fetch_chart(self) -> None:
        if self._chart is None:
            return
        pair, timeframe = self._chart
        key = candles_key(pair, timeframe)
        known = self._series.get(key)
        fresh = await self.source.fetch_candles(pair, timeframe, self._missing_candles(known))
        series = fresh if known is None else merged(known, fresh, CHART_CANDLES * 2)
        self._series.pop(key, None)
        self._series[key] = series
        while len(self._series) > _KEPT_SERIES:
            self._series.pop(next(iter(self._series)))
        self._store.publish(CANDLES, dict(self._series))

    async def _poll_depth(self) -> KitError | None:
        return None if self._chart is None else await self._problem_of(self._fetch_depth())

    async def _fetch_depth(self) -> None:
        if self._chart is None:
            return
        pair = self._chart[0]
        both: tuple[OrderBook | None, Sequence[PublicTrade]] = await asyncio.gather(
            self.source.fetch_order_book(pair, _BOOK_DEPTH), self.source.fetch_trades(pair, _TAPE)
        )
        if self._chart is not None and self._chart[0] == pair:
            self._store.publish(DEPTH, Depth(book=both[0], trades=tuple(both[1])))

    async def _problem_of(self, call: Awaitable[None]) -> KitError | None:
        try:
            await self._noting_limits(call)
        except KitError as error:
            return error
        except Exception as error:
            log.exception("%s failed in an unforeseen way", self.source.name)
            name = type(error).__name__
            return KitError(f"{self.source.name} failed ({name}).", hint="See the log.")
        return None

    async def _noting_limits(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except RateLimitedError as error:
            until = self._clock.monotonic() + error.retry_after
            self._blocked_until = max(self._blocked_until, until)
            raise

    # -- what is known ---------------------------------------------------------------------------

    def _take_tickers(self, found: Mapping[Pair, Ticker]) -> KitError | None:
        """Publish what is believable; the error names what a second look has to confirm."""
        held = [
            pair
            for pair, ticker in found.items()
            if not self._filter.believes(self._tickers.get(pair), ticker)
        ]
        taken = {pair: ticker for pair, ticker in found.items() if pair not in held}
        if taken:
            self._tickers = {**self._tickers, **taken}
            self._store.publish(TICKERS, self._tickers)
        if not held:
            return None
        named = ", ".join(f"{pair} at {plain(found[pair].last)}" for pair in held)
        return VenueError(
            f"{self.source.name} gave {named}, far from the price before.",
            hint="It counts when the next quote confirms it.",
        )

    def _missing_candles(self, known: Candles | None) -> int:
        """How many candles to ask for: all at first, then the newest few that may have changed."""
        if known is None or not len(known):
            return CHART_CANDLES
        since = (to_ms(self._clock.now()) - int(known.time[-1])) // known.step_ms
        return min(CHART_CANDLES, max(2, since + 2))

    def _is_fresh(self, series: Candles) -> bool:
        return (self._clock.now() - series.received_at).total_seconds() < self.poll_seconds

    def _stopped_candles(self) -> str:
        """A sentence when candles stopped while quotes still come: a dead feed, not a quiet one."""
        if self._chart is None:
            return ""
        series = self._series.get(candles_key(*self._chart))
        if series is None or not len(series):
            return ""
        last = int(series.time[-1])
        if to_ms(self._clock.now()) - last <= _QUIET_CANDLES * series.step_ms + series.step_ms:
            return ""
        at = utc_from_ms(last).strftime("%H:%M")
        return f"Candles of {series.pair} {series.timeframe} stopped at {at} UTC."

    def _refuse_while_blocked(self) -> None:
        left = self._blocked_until - self._clock.monotonic()
        if left > 0:
            raise RateLimitedError(
                f"{self.source.name} asks to wait {left:.0f} s more.", retry_after=left
            )

    def _connect(
        self,
        state: ConnectionState,
        detail: str,
        latency_ms: float | None,
        *,
        answered: bool = False,
    ) -> None:
        now: datetime = self._clock.now()
        before = self._connection
        self._connection = msgspec.structs.replace(
            before,
            state=state,
            detail=detail,
            latency_ms=latency_ms,
            since=before.since if before.state == state else now,
            last_ok_at=now if answered else before.last_ok_at,
        )
        others = [
            connection
            for connection in self._store.get(CONNECTIONS) or ()
            if (connection.name, connection.kind) != (before.name, before.kind)
        ]
        self._store.publish(CONNECTIONS, (self._connection, *others))


def _is_outage(problem: KitError) -> bool:
    return isinstance(problem, VenueUnavailableError | RateLimitedError)
