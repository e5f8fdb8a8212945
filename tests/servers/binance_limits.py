"""Binance's request weights and order counts, metered per minute and per ten seconds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from tests.servers.scripted_http import Asked

# (weight with a symbol, weight without); read from the venue's public documentation.
_SPOT = {
    ("GET", "/api/v3/ping"): (1, 1), ("GET", "/api/v3/time"): (1, 1),
    ("GET", "/api/v3/exchangeInfo"): (20, 20), ("GET", "/api/v3/klines"): (2, 2),
    ("GET", "/api/v3/ticker/24hr"): (2, 80), ("GET", "/api/v3/ticker/bookTicker"): (2, 4),
    ("GET", "/api/v3/ticker/price"): (2, 4), ("GET", "/api/v3/depth"): (5, 5),
    ("GET", "/api/v3/trades"): (25, 25), ("GET", "/api/v3/aggTrades"): (4, 4),
    ("GET", "/api/v3/account"): (20, 20), ("GET", "/api/v3/order"): (4, 4),
    ("GET", "/api/v3/openOrders"): (6, 80), ("GET", "/api/v3/allOrders"): (20, 20),
    ("GET", "/api/v3/myTrades"): (20, 20), ("GET", "/api/v3/orderList"): (4, 4),
    ("GET", "/api/v3/openOrderList"): (6, 6),
}  # fmt: skip
_FUTURES = {
    ("GET", "/fapi/v1/ticker/24hr"): (1, 40), ("GET", "/fapi/v1/ticker/bookTicker"): (2, 5),
    ("GET", "/fapi/v1/premiumIndex"): (1, 10), ("GET", "/fapi/v1/klines"): (5, 5),
    ("GET", "/fapi/v1/depth"): (5, 5), ("POST", "/fapi/v1/order"): (0, 0),
    ("GET", "/fapi/v1/openOrders"): (1, 40), ("GET", "/fapi/v1/openAlgoOrders"): (1, 40),
    ("GET", "/fapi/v1/allOrders"): (5, 5), ("GET", "/fapi/v1/allAlgoOrders"): (5, 5),
    ("GET", "/fapi/v1/userTrades"): (5, 5), ("GET", "/fapi/v2/account"): (5, 5),
    ("GET", "/fapi/v3/account"): (5, 5), ("GET", "/fapi/v2/balance"): (5, 5),
    ("GET", "/fapi/v3/balance"): (5, 5), ("GET", "/fapi/v2/positionRisk"): (5, 5),
    ("GET", "/fapi/v3/positionRisk"): (5, 5), ("GET", "/fapi/v1/positionSide/dual"): (30, 30),
    ("GET", "/fapi/v1/multiAssetsMargin"): (30, 30), ("GET", "/fapi/v1/income"): (30, 30),
    ("GET", "/fapi/v1/symbolConfig"): (5, 5), ("GET", "/fapi/v1/accountConfig"): (5, 5),
}  # fmt: skip
_ORDERS = {
    "/api/v3/order", "/api/v3/orderList/oco", "/api/v3/order/cancelReplace", "/fapi/v1/order",
    "/fapi/v1/algoOrder",
}  # fmt: skip


def weight_of(asked: Asked) -> int:
    """What a request costs; unlisted ones cost 1."""
    table = _FUTURES if asked.path.startswith("/fapi") else _SPOT
    with_symbol, without = table.get((asked.method, asked.path), (1, 1))
    if "symbols" in asked.params and asked.path.endswith("24hr"):
        count = asked.params["symbols"].count(",") + 1
        return 2 if count <= 20 else 40 if count <= 100 else 80
    return with_symbol if "symbol" in asked.params else without


@dataclass(slots=True)
class Meter:
    """One pool of weight and its orders. `peak` is the most in any minute, refusals included.

    Without `counts` everything is free: for runs that start K.I.T. hundreds of times a minute.
    """

    limit: int
    orders_limit: int
    counts: bool = True
    per_minute: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    orders: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    refused: int = 0

    @property
    def peak(self) -> int:
        return max(self.per_minute.values(), default=0)

    @property
    def peak_orders(self) -> int:
        """The most orders of one key in ten seconds."""
        return max(self.orders.values(), default=0)

    def used(self, now_ms: int) -> int:
        return self.per_minute.get(now_ms // 60_000, 0)

    def orders_in_10s(self, key: str, now_ms: int) -> int:
        return self.orders.get((key, now_ms // 10_000), 0)

    def take(self, asked: Asked, now_ms: int) -> tuple[int, str, int] | None:
        """Count a request; over a limit, the code, message and seconds to wait."""
        if not self.counts:
            return None
        minute = now_ms // 60_000
        self.per_minute[minute] += weight_of(asked)
        wait = max(1, 60 - now_ms // 1000 % 60)
        if self.per_minute[minute] > self.limit:
            self.refused += 1
            words = (
                f"Too much request weight used; current limit is {self.limit} request weight "
                "per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling."
            )
            return -1003, words, wait
        if asked.method == "POST" and asked.path in _ORDERS:
            slot = (asked.key, now_ms // 10_000)
            self.orders[slot] += 1
            if self.orders[slot] > self.orders_limit:
                self.refused += 1
                limit = self.orders_limit
                words = f"Too many new orders; current limit is {limit} orders per 10 SECOND."
                return -1015, words, max(1, 10 - now_ms // 1000 % 10)
        return None
