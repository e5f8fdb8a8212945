"""Unmodified ccxt pointed at a scripted Binance."""

from __future__ import annotations

from typing import Any

from kit_tui.exchanges.ccxt_lazy import exchange_class
from kit_tui.exchanges.ccxt_public import moved
from tests.servers.binance_trading import BinanceTradingServer

BTC = "BTC/USDT"
SPOT_ONLY = {
    "defaultType": "spot",
    "fetchMarkets": {"types": ["spot"]},
    "fetchMargins": False,
    "fetchCurrencies": False,
    "warnOnFetchOpenOrdersWithoutSymbol": False,
}
PERPETUAL_ONLY = {**SPOT_ONLY, "defaultType": "swap", "fetchMarkets": {"types": ["linear"]}}


def client_of(
    server: BinanceTradingServer,
    *,
    key: str = "test-key",
    secret: str = "test-secret",  # noqa: S107 - the scripted server's own
    options: dict[str, Any] | None = None,
) -> Any:
    """Unmodified ccxt, its addresses moved."""
    settings = {"apiKey": key, "secret": secret, "options": options or SPOT_ONLY}
    client = exchange_class("binance")({**settings, "enableRateLimit": False, "timeout": 3000})
    client.timeout_on_exit = 0  # it waits for TLS to be over, of which there is none here
    client.urls["api"] = moved(client.urls["api"], server.url)
    return client


async def limit(
    client: Any, price: float, amount: float = 0.01, side: str = "buy", **more: Any
) -> Any:
    return await client.create_order(BTC, "limit", side, amount, price, more)


def errors() -> Any:
    """ccxt's error classes, once ccxt is imported."""
    from ccxt.base import errors as found

    return found
