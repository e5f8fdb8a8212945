"""A scripted Binance with a hundred moving markets and three accounts, as a process of its own.

`python -m tests.servers.binance_soak` prints its address; what it was asked, when and by whom, is
printed as one JSON line when it is told to stop (SIGTERM).
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import time
from collections import defaultdict

from aiohttp import web

from tests.servers.binance_rest import ScriptedMarket
from tests.servers.binance_signed import ApiKey
from tests.servers.binance_trading import BinanceTradingServer
from tests.servers.scripted_http import Asked

COINS = tuple(f"C{number:02d}" for number in range(98))
SYMBOLS = ("BTC", "ETH", *COINS)
ACCOUNTS = ("main", "alt", "third")
MOVES_EVERY_S = 0.5


class SoakServer(BinanceTradingServer):
    """Notes when each kind of request came, by key."""

    def __init__(self) -> None:
        super().__init__()
        self.came: dict[str, list[float]] = defaultdict(list)
        for coin in COINS:
            self.add(
                ScriptedMarket(coin, last="20.00", bid="19.99", ask="20.01", step="0.001",
                               min_quantity="0.001")
            )  # fmt: skip
        for account in ACCOUNTS[1:]:
            self.add_key(ApiKey(f"{account}-key", f"{account}-secret", account=account))
            self.deposit("USDT", "10000", account=account)

    async def guard(self, request: web.Request, asked: Asked) -> web.Response | None:
        kind = asked.path.rsplit("/", 1)[-1]
        if kind == "24hr":
            kind = "tickers" if "symbols" in asked.params else "ticker"
        self.came[f"{kind} {asked.key}".strip()].append(time.monotonic())
        self.requests.clear()
        return await super().guard(request, asked)

    async def move(self) -> None:
        """Prices walk, and now and then somebody trades on an account in the venue's own app."""
        walk, step = random.Random(5), 0
        while True:
            for coin in walk.sample(COINS, 30):
                last = float(self.markets[f"{coin}USDT"].last)
                new = max(1.0, round(last * (1 + walk.uniform(-0.002, 0.002)), 2))
                self.set_price(f"{coin}USDT", f"{new:.2f}", bid=f"{new - 0.01:.2f}",
                               ask=f"{new + 0.01:.2f}")  # fmt: skip
            step += 1
            if step % 20 == 0:
                account = ACCOUNTS[step // 20 % 3]
                coin = walk.choice(COINS)
                self.trade_by_hand(f"{coin}USDT", "buy", "1", account=account)
            await asyncio.sleep(MOVES_EVERY_S)

    def summary(self) -> str:
        """What was asked of this venue."""
        meter = self.meters["spot"]
        return json.dumps(
            {
                "came": self.came,
                "weight_peak": meter.peak,
                "refused": meter.refused,
                "orders_peak": meter.peak_orders,
                "orders": len(self.book.orders),
            }
        )


async def _serve() -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with SoakServer() as server:
        print(server.url, flush=True)
        moving = asyncio.create_task(server.move())
        moving.add_done_callback(lambda task: stopped.set())
        await stopped.wait()
        assert not moving.done(), "the markets stood still"
        moving.cancel()
        print(server.summary(), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())
