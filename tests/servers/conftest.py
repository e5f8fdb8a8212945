"""A scripted Binance at 50,000 and a signal-cli, each with a client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.servers.binance_trading import BinanceTradingServer
from tests.servers.ccxt_client import client_of
from tests.servers.signal_cli import SignalCli


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


@pytest.fixture
async def daemon() -> AsyncIterator[SignalCli]:
    async with SignalCli() as running:
        yield running


@pytest.fixture
async def http(daemon: SignalCli) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=daemon.url, timeout=5, trust_env=False) as made:
        yield made
