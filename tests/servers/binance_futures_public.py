"""Binance's public perpetual endpoints: the spot ones' data under other paths and shapes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from aiohttp import web

from tests.servers.binance_rest import BinanceServer, ScriptedMarket, refused
from tests.servers.scripted_http import Handler

_TYPES = [
    "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
]  # fmt: skip


class PerpetualData(BinanceServer):
    """Never served by itself: the trading server takes its routes. `marks` may differ from last."""

    def __init__(self, now_ms: Any) -> None:
        super().__init__(now_ms)
        self.marks: dict[str, str] = {}
        for market in self.markets.values():
            market.tick, market.step, market.min_quantity = "0.1", "0.001", "0.001"

    def routes(self) -> dict[tuple[str, str], Handler]:
        table = {
            "ping": self._ping, "exchangeInfo": self._exchange_info, "klines": self._klines,
            "ticker/24hr": self._ticker_24h, "ticker/bookTicker": self._ticker,
            "ticker/price": self._ticker, "depth": self._depth, "trades": self._trades,
            "aggTrades": self._aggregate_trades, "premiumIndex": self._premium,
        }  # fmt: skip
        return {("GET", f"/fapi/v1/{path}"): handler for path, handler in table.items()}

    async def _exchange_info(self, _: web.Request) -> web.Response:
        symbols = [self._contract(market) for market in self.markets.values()]
        return web.json_response(
            {"timezone": "UTC", "serverTime": self.now_ms(), "futuresType": "U_MARGINED",
             "rateLimits": [], "exchangeFilters": [], "assets": [], "symbols": symbols}
        )  # fmt: skip

    async def _ticker_24h(self, request: web.Request) -> web.Response:
        """As on spot, but perpetuals' day tickers carry no bid and ask."""
        answer = await self._ticker(request)
        told = json.loads(answer.text or "[]")
        for row in told if isinstance(told, list) else [told]:
            for name in ("bidPrice", "bidQty", "askPrice", "askQty", "price"):
                row.pop(name, None)
        return web.json_response(told, status=answer.status)

    async def _premium(self, request: web.Request) -> web.Response:
        symbol = request.query.get("symbol")
        if symbol is not None and symbol not in self.markets:
            return refused(-1121, "Invalid symbol.")
        rows = [
            {"symbol": name, "markPrice": self.marks.get(name, market.last),
             "indexPrice": market.last, "estimatedSettlePrice": market.last,
             "lastFundingRate": "0.00010000", "interestRate": "0.00010000",
             "nextFundingTime": (self.now_ms() // 28_800_000 + 1) * 28_800_000,
             "time": self.now_ms()}
            for name, market in self.markets.items()
            if symbol in {None, name}
        ]  # fmt: skip
        return web.json_response(rows[0] if symbol else rows)

    @staticmethod
    def _contract(market: ScriptedMarket) -> dict[str, Any]:
        price_places, places = (
            max(0, -int(Decimal(step).normalize().as_tuple().exponent))
            for step in (market.tick, market.step)
        )
        return {
            "symbol": market.symbol,
            "pair": market.symbol,
            "contractType": "PERPETUAL",
            "deliveryDate": 4_133_404_800_000,
            "onboardDate": 1_569_398_400_000,
            "status": market.status,
            "baseAsset": market.base,
            "quoteAsset": market.quote,
            "marginAsset": market.quote,
            "pricePrecision": price_places,
            "quantityPrecision": places,
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "underlyingType": "COIN",
            "triggerProtect": "0.0500",
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": market.tick, "maxPrice": "1000000",
                 "tickSize": market.tick},
                {"filterType": "LOT_SIZE", "minQty": market.min_quantity, "maxQty": "9000",
                 "stepSize": market.step},
                {"filterType": "MARKET_LOT_SIZE", "minQty": market.min_quantity, "maxQty": "9000",
                 "stepSize": market.step},
                {"filterType": "MAX_NUM_ORDERS", "limit": 200},
                {"filterType": "MIN_NOTIONAL", "notional": market.min_notional},
                {"filterType": "PERCENT_PRICE", "multiplierUp": "5.0000",
                 "multiplierDown": "0.2000", "multiplierDecimal": "4"},
            ],
            "orderTypes": _TYPES,
            "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        }  # fmt: skip
