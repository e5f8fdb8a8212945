"""Public market data of any exchange that ccxt knows, spot or perpetuals. No keys."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from kit_tui.domain.candles import Candles, candles_from_rows
from kit_tui.domain.clock import Clock, to_ms
from kit_tui.domain.errors import KitError, UnknownPairError, VenueError
from kit_tui.domain.market_data import TIMEFRAME_SECONDS, OrderBook, PublicTrade, Ticker
from kit_tui.domain.pair import Market, Pair
from kit_tui.exchanges.base import MarketData
from kit_tui.exchanges.budget import Budget
from kit_tui.exchanges.ccxt_dialect import dialect_of
from kit_tui.exchanges.ccxt_errors import UNREADABLE, translated
from kit_tui.exchanges.ccxt_lazy import exchange_class
from kit_tui.exchanges.ccxt_shapes import (
    book_from,
    contract_size,
    market_from,
    ticker_from,
    trades_from,
)
from kit_tui.exchanges.ccxt_traits import traits_of
from kit_tui.exchanges.ccxt_wire import Call, Request, tap
from kit_tui.exchanges.series import aggregated_rows

T = TypeVar("T")
log = logging.getLogger(__name__)

_TIMEOUT_MS = 5_000
_MARKETS_TIMEOUT_MS = 20_000  # a venue's list of markets can be ten megabytes


class CcxtMarketData(MarketData):
    """Quotes, candles, book and tape of one venue through unmodified ccxt.

    `base_url` sends every request to another server (a testnet, a proxy) with the same paths.
    """

    def __init__(
        self,
        exchange_id: str,
        clock: Clock,
        base_url: str | None = None,
        *,
        market: str = "spot",
        sandbox: bool = False,
        account: str = "",
        budget: Budget | None = None,
    ) -> None:
        self.name = exchange_id
        self._clock = clock
        self._base_url = base_url
        self._sandbox = sandbox and base_url is None
        self._traits = traits_of(exchange_id)
        self._market_kind = market
        self._dialect = dialect_of(exchange_id, market, account or exchange_id)
        self._budget = budget
        self._client: Any = None
        self._markets: dict[Pair, Market] = {}
        self._opening = asyncio.Lock()
        self._loading = asyncio.Lock()

    async def open(self) -> None:
        async with self._opening:
            if self._client is None:
                kind = await asyncio.to_thread(exchange_class, self.name)
                # It logs whole requests with their keys when told to log everything.
                logging.getLogger("ccxt").setLevel(logging.WARNING)
                self._client = self._built(kind)

    async def ping(self) -> None:
        await self.open()
        if self._client.has.get("fetchTime"):
            await self._call(lambda client: client.fetch_time(), int)
        else:
            await self.load_markets()

    async def load_markets(self) -> Mapping[Pair, Market]:
        async with self._loading:
            if not self._markets:
                self._markets = await self._fetch_markets()
            return self._markets

    async def reload_markets(self) -> Mapping[Pair, Market]:
        async with self._loading:
            self._markets = await self._fetch_markets()
            return self._markets

    async def fetch_tickers(self, pairs: Sequence[Pair]) -> Mapping[Pair, Ticker]:
        markets = await self.load_markets()
        known = [pair for pair in pairs if pair in markets]
        if not known:
            return {}
        raw = await self._raw_tickers([str(pair) for pair in known])
        at = self._clock.now()
        found: dict[Pair, Ticker] = {}
        for pair in known:
            ticker = ticker_from(raw.get(str(pair)) or {}, pair, self.name, at)
            if ticker is not None:
                found[pair] = ticker
        if not found:
            raise VenueError(f"{self.name} answered without a readable price.")
        return found

    async def fetch_ticker(self, pair: Pair) -> Ticker:
        await self._require(pair)
        raw = await self._call(lambda client: client.fetch_ticker(str(pair)), dict)
        ticker = ticker_from(raw, pair, self.name, self._clock.now())
        if ticker is None:
            raise VenueError(f"{self.name} answered without a price for {pair}.")
        return ticker

    async def fetch_candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        await self._require(pair)
        native = self._native_timeframe(timeframe)
        seconds = TIMEFRAME_SECONDS[timeframe]
        each = seconds // self._seconds_of(native)
        count = min(limit * each, self._traits.longest)
        rows: Sequence[Sequence[float | None]] = await self._call(
            lambda client: client.fetch_ohlcv(str(pair), native, None, count), list
        )
        try:
            if each > 1:
                rows = aggregated_rows(rows, seconds)
            now = self._clock.now()
            candles = candles_from_rows(
                pair, timeframe, self.name, rows, now_ms=to_ms(now), received_at=now
            )
        except UNREADABLE as error:
            raise VenueError(f"{self.name} gave unreadable candles for {pair}.") from error
        if not len(candles):
            raise VenueError(f"{self.name} gave no candles for {pair} {timeframe}.")
        return candles.tail(limit)

    async def fetch_order_book(self, pair: Pair, depth: int = 5) -> OrderBook | None:
        await self._require(pair)
        # Venues take only certain depths; twenty suits all three, and we cut it here.
        raw = await self._call(
            lambda client: client.fetch_order_book(str(pair), max(depth, 20)), dict
        )
        book = book_from(raw, pair, self.name, self._clock.now())
        if not book.bids and not book.asks:
            raise VenueError(f"{self.name} gave an empty order book for {pair}.")
        return OrderBook(
            pair=pair, venue=self.name, bids=book.bids[:depth], asks=book.asks[:depth],
            received_at=book.received_at,
        )  # fmt: skip

    async def fetch_trades(self, pair: Pair, limit: int = 20) -> Sequence[PublicTrade]:
        await self._require(pair)
        raw = await self._call(lambda client: client.fetch_trades(str(pair), None, limit), list)
        return trades_from(raw)[-limit:]

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    # -- plumbing -------------------------------------------------------------------------------

    def _built(self, kind: Any) -> Any:
        client = kind(
            {
                "enableRateLimit": True,
                "timeout": _TIMEOUT_MS,
                "options": {**self._traits.options, **self._dialect.options()},
                "aiohttp_trust_env": self._base_url is None,
                **self._secrets(),
            }
        )
        if self._sandbox:
            self._dialect.use_sandbox(client)
        if self._base_url is not None:
            client.urls["api"] = moved(client.urls["api"], self._base_url)
            client.timeout_on_exit = 0
        if self._traits.tune is not None:
            self._traits.tune(client)
        if self._budget is not None:
            self._dialect.set_limits(self._budget)
            client.enableRateLimit = not self._dialect.has_limits
            tap(client, self._before_sending, self._after_reply)
        return client

    def _secrets(self) -> dict[str, str]:
        """Keys for the client; public data needs none."""
        return {}

    async def _before_sending(self, call: Call, request: Request) -> None:
        if self._budget is not None:
            await self._budget.spend(self.name, self._dialect.costs(request), call.purpose)

    def _after_reply(self, call: Call, request: Request | None) -> None:
        if self._budget is not None:
            self._dialect.learn(call, request, self._budget)

    async def _fetch_markets(self) -> dict[Pair, Market]:
        await self.open()
        client = self._client
        client.timeout = _MARKETS_TIMEOUT_MS
        try:
            raw = await self._call(lambda c: c.load_markets(reload=True), dict)
        finally:
            client.timeout = _TIMEOUT_MS
        mode, tick_key = int(client.precisionMode), self._traits.tick_key
        markets: dict[Pair, Market] = {}
        for entry in raw.values():
            market = market_from(entry, self.name, mode, tick_key, self._market_kind)
            if market is not None:
                markets[market.pair] = market
                self._dialect.frame.sizes[market.pair] = contract_size(entry)
        if not markets:
            raise VenueError(f"{self.name} answered without a readable list of markets.")
        return markets

    async def _raw_tickers(self, symbols: list[str]) -> dict[str, Any]:
        await self.open()
        if self._client.has.get("fetchTickers"):
            return await self._call(lambda client: client.fetch_tickers(symbols), dict)
        return {
            symbol: await self._call(partial(_fetch_ticker, symbol), dict) for symbol in symbols
        }

    async def _call(self, call: Callable[[Any], Awaitable[Any]], expected: type[T]) -> T:
        """One ccxt call with its errors translated; a reply of another shape is an error too."""
        await self.open()
        client = self._client
        try:
            found = await call(client)
        except KitError:
            raise
        except Exception as error:  # noqa: BLE001 - translated, whatever it is
            # Not chained: ccxt's messages quote addresses with their signatures.
            headers = getattr(client, "last_response_headers", None)
            raise translated(error, self.name, headers) from None
        if not isinstance(found, expected):
            raise VenueError(f"{self.name} answered with something unreadable.")
        return found

    async def _require(self, pair: Pair) -> None:
        markets = await self.load_markets()
        if pair not in markets:
            alike = [str(other) for other in markets if other.base == pair.base][:3]
            hint = f"It trades {', '.join(alike)}." if alike else ""
            raise UnknownPairError(f"{self.name} does not trade {pair}.", hint=hint)

    def _native_timeframe(self, timeframe: str) -> str:
        """The timeframe itself, or the longest one of the venue that it is made of."""
        offered: Mapping[str, Any] = self._client.timeframes or {}
        if timeframe in offered:
            return timeframe
        seconds = TIMEFRAME_SECONDS[timeframe]
        parts = [name for name in offered if seconds % (self._seconds_of(name) or seconds + 1) == 0]
        if not parts:
            raise VenueError(f"{self.name} has no {timeframe} candles.")
        return max(parts, key=self._seconds_of)

    @staticmethod
    def _seconds_of(timeframe: str) -> int:
        unit = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}.get(timeframe[-1:], 0)
        return unit * int(timeframe[:-1]) if timeframe[:-1].isdigit() else 0


def moved(urls: Any, base_url: str) -> Any:
    """ccxt's table of addresses with scheme and host replaced, paths kept."""
    if isinstance(urls, Mapping):
        return {key: moved(value, base_url) for key, value in urls.items()}
    if not isinstance(urls, str):
        return urls
    parts = urlsplit(urls)
    base = base_url.rstrip("/")
    if parts.scheme in {"ws", "wss"}:
        base = re.sub(r"^http", "ws", base)
    return base + parts.path


def _fetch_ticker(symbol: str, client: Any) -> Awaitable[Any]:
    found: Awaitable[Any] = client.fetch_ticker(symbol)
    return found
