"""A scripted Binance at 50,000 and a ccxt client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.servers.binance_trading import BinanceTradingServer
from tests.servers.ccxt_client import client_of


@pytest.fixture
async def server() -> AsyncIterator[BinanceTradingServer]:
    async with BinanceTradingServer() as running:
        running.set_price("BTCUSDT", "50000", bid="49999", ask="50001")
        yield running


@pytest.fixture
async def client(server: BinanceTradingServer) -> AsyncIterator[Any]:
    built = client_of(server)
    yield built
    await built.close()
