"""A scripted loopback server that speaks Binance's public REST, for tests through real ccxt.

Prices are set by the test, faults are queued per path and used up in order. Later suites add signed
endpoints by subclassing and extending `routes`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.scripted_http import Fault, FaultKind, Handler, ScriptedServer

__all__ = ["BinanceServer", "Fault", "FaultKind", "Handler", "ScriptedMarket", "refused"]
INTERVAL_MS = {
    "1m": 60_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000, "1h": 3_600_000,
    "4h": 14_400_000, "1d": 86_400_000, "1w": 604_800_000,
}  # fmt: skip


@dataclass(slots=True)
class ScriptedMarket:
    """One symbol with its rules and present prices, all as the strings Binance sends."""

    base: str
    quote: str = "USDT"
    last: str = "67012.40"
    bid: str = "67012.39"
    ask: str = "67012.41"
    tick: str = "0.01"
    step: str = "0.00001"
    min_quantity: str = "0.00001"
    min_notional: str = "5"
    volume: str = "24000"
    status: str = "TRADING"
    klines: list[list[Any]] = field(default_factory=list)

    @property
    def symbol(self) -> str:
        return self.base + self.quote


class BinanceServer(ScriptedServer):
    """The public half. Use as `async with BinanceServer() as server`."""

    key_header = "X-MBX-APIKEY"

    def __init__(self, now_ms: Callable[[], int] | None = None, *, port: int = 0) -> None:
        super().__init__(now_ms, port=port)
        self.markets: dict[str, ScriptedMarket] = {}
        self.add(ScriptedMarket("BTC"))
        self.add(ScriptedMarket("ETH", last="3211.75", bid="3211.74", ask="3211.76", step="0.0001"))

    # -- the script -----------------------------------------------------------------------------

    def add(self, market: ScriptedMarket) -> ScriptedMarket:
        """List a market."""
        self.markets[market.symbol] = market
        return market

    def set_price(self, symbol: str, last: str, *, bid: str = "", ask: str = "") -> None:
        """Move a market; bid and ask default to the last price."""
        market = self.markets[symbol]
        market.last, market.bid, market.ask = last, bid or last, ask or last

    # -- serving --------------------------------------------------------------------------------

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Method and path to handler; subclasses add theirs."""
        return {
            ("GET", "/api/v3/ping"): self._ping,
            ("GET", "/api/v3/time"): self._time,
            ("GET", "/api/v3/exchangeInfo"): self._exchange_info,
            ("GET", "/api/v3/ticker/24hr"): self._ticker,
            ("GET", "/api/v3/ticker/bookTicker"): self._ticker,
            ("GET", "/api/v3/ticker/price"): self._ticker,
            ("GET", "/api/v3/klines"): self._klines,
            ("GET", "/api/v3/depth"): self._depth,
            ("GET", "/api/v3/trades"): self._trades,
            ("GET", "/api/v3/aggTrades"): self._aggregate_trades,
        }

    # -- endpoints ------------------------------------------------------------------------------

    async def _ping(self, _: web.Request) -> web.Response:
        return web.json_response({})

    async def _time(self, _: web.Request) -> web.Response:
        return web.json_response({"serverTime": self.now_ms()})

    async def _exchange_info(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "timezone": "UTC",
                "serverTime": self.now_ms(),
                "rateLimits": [],
                "exchangeFilters": [],
                "symbols": [self._symbol(market) for market in self.markets.values()],
            }
        )

    @staticmethod
    def _symbol(market: ScriptedMarket) -> dict[str, Any]:
        return {
            "symbol": market.symbol,
            "status": market.status,
            "baseAsset": market.base,
            "baseAssetPrecision": 8,
            "quoteAsset": market.quote,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT",
                           "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": market.tick, "maxPrice": "1000000",
                 "tickSize": market.tick},
                {"filterType": "LOT_SIZE", "minQty": market.min_quantity, "maxQty": "9000",
                 "stepSize": market.step},
                {"filterType": "NOTIONAL", "minNotional": market.min_notional,
                 "applyMinToMarket": True, "maxNotional": "9000000", "avgPriceMins": 5},
            ],
            "permissions": [],
            "permissionSets": [["SPOT"]],
        }  # fmt: skip

    async def _ticker(self, request: web.Request) -> web.Response:
        if "symbols" in request.query:
            wanted = json.loads(request.query["symbols"])
        elif "symbol" in request.query:
            wanted = [request.query["symbol"]]
        else:
            wanted = list(self.markets)
        if any(symbol not in self.markets for symbol in wanted):
            return refused(-1121, "Invalid symbol.")
        found = [self._quote(self.markets[symbol]) for symbol in wanted]
        return web.json_response(found[0] if "symbol" in request.query else found)

    def _quote(self, market: ScriptedMarket) -> dict[str, Any]:
        now = self.now_ms()
        return {
            "symbol": market.symbol,
            "price": market.last,
            "priceChange": "826.10",
            "priceChangePercent": "1.248",
            "weightedAvgPrice": market.last,
            "lastPrice": market.last,
            "lastQty": "0.01",
            "bidPrice": market.bid,
            "bidQty": "1.5",
            "askPrice": market.ask,
            "askQty": "1.2",
            "openPrice": market.last,
            "highPrice": market.last,
            "lowPrice": market.last,
            "volume": market.volume,
            "quoteVolume": "1000000",
            "openTime": now - 86_400_000,
            "closeTime": now,
            "count": 1000,
        }

    async def _klines(self, request: web.Request) -> web.Response:
        market = self.markets.get(request.query.get("symbol", ""))
        if market is None:
            return refused(-1121, "Invalid symbol.")
        limit = int(request.query.get("limit", "500"))
        if market.klines:
            return web.json_response(market.klines[-limit:])
        step = INTERVAL_MS[request.query["interval"]]
        newest = self.now_ms() // step * step
        rows = [
            [at, *[market.last] * 4, "10", at + step - 1, "0", 10, "0", "0", "0"]
            for at in range(newest - (limit - 1) * step, newest + 1, step)
        ]
        return web.json_response(rows)

    async def _depth(self, request: web.Request) -> web.Response:
        market = self.markets[request.query["symbol"]]
        bid, ask, tick = float(market.bid), float(market.ask), float(market.tick)
        count = int(request.query.get("limit", "5"))
        return web.json_response(
            {
                "lastUpdateId": 1,
                "bids": [[f"{bid - tick * n:.8f}", "0.5"] for n in range(count)],
                "asks": [[f"{ask + tick * n:.8f}", "0.4"] for n in range(count)],
            }
        )

    async def _trades(self, request: web.Request) -> web.Response:
        market = self.markets[request.query["symbol"]]
        return web.json_response(
            [
                {"id": 1, "price": market.last, "qty": "0.25", "quoteQty": "1",
                 "time": self.now_ms() - 1000, "isBuyerMaker": True, "isBestMatch": True}
            ]
        )  # fmt: skip

    async def _aggregate_trades(self, request: web.Request) -> web.Response:
        market = self.markets[request.query["symbol"]]
        return web.json_response(
            [
                {"a": 1, "p": market.last, "q": "0.25", "f": 1, "l": 1,
                 "T": self.now_ms() - 1000, "m": True, "M": True}
            ]
        )  # fmt: skip


def refused(code: int, message: str, status: int = 400) -> web.Response:
    """An error in the form Binance sends it."""
    return web.json_response({"code": code, "msg": message}, status=status)
