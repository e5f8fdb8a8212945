"""One venue polled for all accounts that trade on it: one request for the quotes of everybody.

One cycle is poll → publish → tick, so cycles never overlap; they begin at fixed times, a slow one
delays the next, and those missed (the machine slept) are not made up for. What fails keeps its last
value and its age grows; nothing is ever blanked. The accounts' ticks run every cycle, even while
the venue is down and the feed itself backs off; an account that is slow misses its own turn only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, TypeVar

import msgspec

from kit_tui.domain.candles import Candles
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import (
    KitError,
    UnknownPairError,
    VenueError,
    VenueUnavailableError,
)
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import MarketData
from kit_tui.exchanges.charts import Charts
from kit_tui.exchanges.gate import Gate, is_outage
from kit_tui.exchanges.listing import Listing
from kit_tui.exchanges.liveness import Liveness
from kit_tui.exchanges.sanity import PriceFilter
from kit_tui.exchanges.trends import HOURS, Trends
from kit_tui.state.slices import CANDLES, DEPTH, TICKERS, Connection, ConnectionState, Slice

if TYPE_CHECKING:
    from kit_tui.exchanges.feed import Feed

T = TypeVar("T")
log = logging.getLogger(__name__)

# Sparklines are worth little of a venue's request budget.
_TRENDS_A_CYCLE = 2
_ALL_TRENDS = 100
# Whoever has just opened the engine waits for the chart, not for sparklines.
_HEAD_START_S = 0.5
_LEAST_PAUSE = 0.1  # of the poll interval, however late the cycle is


class VenueFeed:
    """Polls one venue and hands what it says to the feeds of the accounts on it.

    `reachable` tells without a request whether the venue's host takes connections: when it begins
    to, a feed that backs off polls at once.
    """

    def __init__(
        self,
        source: MarketData,
        clock: Clock,
        poll_seconds: float = 5.0,
        *,
        random: Random | None = None,
        reachable: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self.source = source
        self.poll_seconds = poll_seconds
        self.tickers: dict[Pair, Ticker] = {}
        self.connection = Connection(
            name=source.name, kind="venue", state="connecting", since=clock.now()
        )
        self._clock = clock
        # Jitter is no secret.
        self.gate = Gate(source.name, clock, poll_seconds, random or Random())  # noqa: S311
        self.listing = Listing(source, clock, self.gate)
        self.charts = Charts(source, clock, self._take_candles)
        self._reachable = reachable
        self._was_reachable: bool | None = None
        self._feeds: list[Feed] = []
        self.is_closed = False
        self._filter = PriceFilter()
        self._liveness = Liveness(clock)
        self._trends = Trends(
            self._fetch_hours, self, clock,
            pairs_a_cycle=_TRENDS_A_CYCLE if source.costs_requests else _ALL_TRENDS,
        )  # fmt: skip
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._ticking: dict[Feed, asyncio.Task[None]] = {}
        self._latency_ms: float | None = None
        self._polled_at = float("-inf")  # of the monotonic clock
        self._silence: tuple[float, VenueUnavailableError] | None = None  # when, and in which words

    # -- who takes part --------------------------------------------------------------------------

    def join(self, feed: Feed) -> None:
        """Poll for this account as well; it gets what is known at once."""
        self._feeds.append(feed)
        if self.tickers:
            feed.store.publish(TICKERS, self.tickers)
        if self.charts.series:
            feed.store.publish(CANDLES, dict(self.charts.series))
        if self.connection.state != "connecting":
            feed.show(self.connection)

    async def leave(self, feed: Feed) -> None:
        """Poll for this account no longer, its round over; the last to leave closes the venue."""
        if feed in self._feeds:
            self._feeds.remove(feed)
        if feed in self._ticking:
            await asyncio.gather(self._ticking[feed], return_exceptions=True)
        await self.close_if_unused()

    async def close_if_unused(self) -> None:
        """Let go of the venue when nobody polls it."""
        if not self._feeds and not self.is_closed:
            self.is_closed = True
            await self.source.close()

    def publish(self, slot: Slice[T], snapshot: T) -> None:
        """Publish in the store of every account."""
        for feed in self._feeds:
            feed.store.publish(slot, snapshot)

    # -- what commands ask for -------------------------------------------------------------------

    async def ticker(self, pair: Pair) -> Ticker:
        """The polled quote while it is fresh, else one fetched now."""
        known = self.tickers.get(pair)
        if known is not None and known.age(self._clock.now()) < self.poll_seconds:
            return known
        self.gate.refuse_while_blocked()
        # One order needs several quotes: a line that hangs is not waited for anew by each.
        if self._silence is not None and self.connection.state == "down":
            since, problem = self._silence
            if self._clock.monotonic() - since < self.poll_seconds:
                raise VenueUnavailableError(problem.message)
        try:
            found = await self.gate.through(self.source.fetch_ticker(pair))
        except VenueUnavailableError as error:
            self._silence = (self._clock.monotonic(), error)
            raise
        self._silence = None
        if self.gate.is_backing_off:  # it answers somebody: nobody waits any longer
            self.poll_now()
        doubt = self._take_tickers({pair: found})
        if doubt is not None:
            raise doubt
        return self.tickers[pair]

    async def candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        """The newest `limit` candles; those of the chart when they are fresh and enough."""
        known = self.charts.fresh(pair, timeframe, limit, self.poll_seconds)
        if known is not None:
            return known
        self.gate.refuse_while_blocked()
        return await self.gate.through(self.source.fetch_candles(pair, timeframe, limit))

    async def show_chart(self, feed: Feed) -> None:
        """Fetch what a feed's chart needs now, without waiting for the next poll."""
        if self.gate.is_blocked or feed.chart is None:
            return
        both = (self._poll_chart(feed.chart), self._poll_depth(feed.chart[0]))
        problems = [problem for problem in await asyncio.gather(*both) if problem]
        if problems:
            self._connect("degraded", problems[0].message, self._latency_ms)

    def poll_now(self) -> None:
        """Wake the feed; a rate limit is still waited for."""
        self.gate.hurry()
        self._polled_at = float("-inf")
        self._wake.set()

    # -- the cycle -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Poll until cancelled; a poll that was just made is not made again."""
        due = self._clock.monotonic()
        try:
            if due - self._polled_at < self.poll_seconds / 2:
                await self._sleep(_HEAD_START_S)
            while True:
                if self._clock.monotonic() - self._polled_at >= self.poll_seconds / 2:
                    await self._cycle()
                if self.connection.state == "up":
                    await self._trends.refresh(self.listing.askable(self._wanted()))
                due = await self._pause_from(due)
        finally:
            await self._end_ticks()

    async def poll_once(self) -> None:
        """One cycle now, back-off or not; only a rate limit is respected."""
        self.gate.hurry()
        await self._cycle()

    async def _cycle(self) -> None:
        async with self._lock:
            self._wake.clear()
            self._polled_at = self._clock.monotonic()
            if self.gate.is_open or await self._is_back():
                await self._poll()
            await self._tick()

    async def _is_back(self) -> bool:
        """Whether a host that took no connections takes them again; then nothing is waited for."""
        if self._reachable is None or not self.gate.is_backing_off:
            return False
        before, self._was_reachable = self._was_reachable, await self._reachable()
        return self._was_reachable and before is not True

    async def _tick(self) -> None:
        """One round of every account which is not still busy with its last one."""
        for feed in self._feeds:
            if feed.on_poll is not None and feed not in self._ticking:
                self._ticking[feed] = asyncio.ensure_future(feed.tick())
        if not self._ticking:
            return
        done, _ = await asyncio.wait(self._ticking.values(), timeout=self.poll_seconds)
        self._ticking = {f: task for f, task in self._ticking.items() if task not in done}
        for task in done:
            task.result()

    async def _end_ticks(self) -> None:
        for task in self._ticking.values():
            task.cancel()
        await asyncio.gather(*self._ticking.values(), return_exceptions=True)
        self._ticking.clear()

    async def _pause_from(self, due: float) -> float:
        """Sleep until the next cycle is due and say when that was."""
        now, due = self._clock.monotonic(), due + self.poll_seconds
        if due < now:  # late, or asleep: what was missed is not made up for
            due = now + self.poll_seconds * _LEAST_PAUSE
        return due if await self._sleep(due - now) else self._clock.monotonic()

    async def _sleep(self, seconds: float) -> bool:
        """Sleep until woken; True when nobody did."""
        sleeper = asyncio.ensure_future(self._clock.sleep(seconds))
        waker = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeper, waker}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            waker.cancel()
        return sleeper.done() and not self._wake.is_set()

    async def _poll(self) -> None:
        problem = await self._problem_of(self.listing.refresh())
        if problem is not None:
            self._failed([problem], problem)
            return
        charts = dict.fromkeys(feed.chart for feed in self._feeds if feed.chart is not None)
        books = dict.fromkeys(pair for pair, _ in charts)
        tickers, *others = await asyncio.gather(
            self._poll_tickers(), *map(self._poll_chart, charts), *map(self._poll_depth, books)
        )
        problems = [problem for problem in (tickers, *others) if problem is not None]
        if problems:
            self._failed(problems, tickers or problems[0])
            return
        self.gate.answered()
        self._was_reachable = None
        doubt = self._doubt(list(charts))
        self._connect("degraded" if doubt else "up", doubt, self._latency_ms, answered=True)

    def _failed(self, problems: Sequence[KitError], worst: KitError) -> None:
        self.gate.failed(problems)
        down = isinstance(worst, VenueUnavailableError)
        if down:
            self._liveness.forget()
        self._connect("down" if down else "degraded", worst.message, None)

    def _doubt(self, charts: Sequence[tuple[Pair, str]]) -> str:
        """What is wrong with data that came without an error."""
        since = self._liveness.dead_since
        if since is not None and self.source.costs_requests:
            return f"Nothing on {self.source.name} has moved since {since:%H:%M} UTC."
        stopped = (self.charts.stopped(chart, self._liveness) for chart in charts)
        return next(filter(None, stopped), "")

    async def _fetch_hours(self, pair: Pair) -> Candles:
        self.gate.refuse_while_blocked()
        return await self.gate.through(self.source.fetch_candles(pair, "1h", HOURS))

    # -- polls: each returns its problem instead of raising --------------------------------------

    def _wanted(self) -> list[Pair]:
        return list(dict.fromkeys(pair for feed in self._feeds for pair in feed.wanted()))

    async def _poll_tickers(self) -> KitError | None:
        wanted = self._wanted()
        pairs = self.listing.askable(wanted)
        if not pairs:
            return await self._problem_of(self._ping())
        found: dict[Pair, Ticker] = {}
        problem = await self._problem_of(self._ask_tickers(pairs, found))
        if problem is not None and not is_outage(problem) and len(pairs) > 1:
            problem = await self._ask_each(pairs, found)
        doubt = self._take_tickers(found)
        return problem or doubt or self.listing.missing(wanted, found)

    async def _ask_each(self, pairs: Sequence[Pair], found: dict[Pair, Ticker]) -> KitError | None:
        """One bad pair can spoil a joint request: find it, and leave it out from now on."""
        await self.listing.refresh(doubtful=True)
        worst: KitError | None = None
        for pair in self.listing.askable(pairs):
            problem = await self._problem_of(self._ask_tickers([pair], found))
            if problem is not None and is_outage(problem):
                return problem
            if isinstance(problem, UnknownPairError):
                self.listing.denied(pair)
                problem = VenueError(f"{self.source.name} gives no price for {pair} now.")
            worst = worst or problem
        return worst

    async def _ping(self) -> None:
        started = self._clock.monotonic()
        await self.source.ping()
        self._latency_ms = (self._clock.monotonic() - started) * 1000

    async def _ask_tickers(self, pairs: Sequence[Pair], found: dict[Pair, Ticker]) -> None:
        started = self._clock.monotonic()
        found.update(await self.source.fetch_tickers(pairs))
        self._latency_ms = (self._clock.monotonic() - started) * 1000
        self.listing.answered(found)

    async def _poll_chart(self, chart: tuple[Pair, str]) -> KitError | None:
        return await self._problem_of(self.charts.fetch(chart))

    async def _poll_depth(self, pair: Pair) -> KitError | None:
        return await self._problem_of(self._fetch_depth(pair))

    async def _fetch_depth(self, pair: Pair) -> None:
        depth = await self.charts.depth(pair)
        for feed in self._feeds:
            if feed.chart is not None and feed.chart[0] == pair:
                feed.store.publish(DEPTH, depth)

    async def _problem_of(self, call: Awaitable[None]) -> KitError | None:
        try:
            await self.gate.through(call)
        except KitError as error:
            return error
        except Exception as error:
            log.exception("%s failed in an unforeseen way", self.source.name)
            name = type(error).__name__
            return KitError(f"{self.source.name} failed ({name}).", hint="See the log.")
        return None

    # -- what is known ---------------------------------------------------------------------------

    def _take_candles(self, series: dict[str, Candles]) -> None:
        self.publish(CANDLES, series)

    def _take_tickers(self, found: Mapping[Pair, Ticker]) -> KitError | None:
        """Publish what is believable; the error names what a second look has to confirm."""
        held = [
            pair
            for pair, ticker in found.items()
            if not self._filter.believes(self.tickers.get(pair), ticker)
        ]
        taken = {pair: ticker for pair, ticker in found.items() if pair not in held}
        if self.source.costs_requests:
            self._liveness.note(taken)
            taken = self._liveness.true_age(taken)
        if taken:
            self.tickers = {**self.tickers, **taken}
            self.publish(TICKERS, self.tickers)
        if not held:
            return None
        named = ", ".join(f"{pair} at {plain(found[pair].last)}" for pair in held)
        return VenueError(
            f"{self.source.name} gave {named}, far from the price before.",
            hint="It counts when the next quote confirms it.",
        )

    def _connect(
        self,
        state: ConnectionState,
        detail: str,
        latency_ms: float | None,
        *,
        answered: bool = False,
    ) -> None:
        now, before = self._clock.now(), self.connection
        self.connection = msgspec.structs.replace(
            before,
            state=state,
            detail=detail,
            latency_ms=latency_ms,
            since=before.since if before.state == state else now,
            last_ok_at=now if answered else before.last_ok_at,
            until=self.gate.until,
        )
        for feed in self._feeds:
            feed.show(self.connection)
