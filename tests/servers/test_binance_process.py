"""The scripted Binance as a process of its own: it outlives clients, scripted over HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit_tui.exchanges.ccxt_lazy import exchange_class
from kit_tui.exchanges.ccxt_public import moved
from tests.servers.ccxt_client import BTC, SPOT_ONLY

ROOT = Path(__file__).parents[2]


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    state = tmp_path / "venue.json"
    command = [sys.executable, "-m", "tests.servers.binance_trading", "--state", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), state
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def control(url: str, *steps: dict[str, Any]) -> Any:
    data = json.dumps(steps).encode() if steps else None
    request = urllib.request.Request(  # noqa: S310 - a loopback address
        f"{url}/control", data=data, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - a loopback address
        return json.load(answer)


async def test_it_trades_is_scripted_and_keeps_its_books_in_a_file(venue: tuple[str, Path]) -> None:
    url, state = venue
    control(url, {"do": "set_price", "args": ["BTCUSDT", "50000"]},
            {"do": "lose_order_reply", "args": ["reset"]})  # fmt: skip
    client = exchange_class("binance")(
        {"apiKey": "test-key", "secret": "test-secret", "options": SPOT_ONLY}
    )
    client.urls["api"] = moved(client.urls["api"], url)
    await client.load_markets()
    with pytest.raises(Exception, match="binance POST"):
        await client.create_order(BTC, "limit", "buy", 0.01, 49000, {"clientOrderId": "kit"})
    await client.close()
    (order,) = json.loads(state.read_text())["spot"]["orders"]
    assert (order["client_id"], order["status"]) == ("kit", "new")
    told = control(url, {"do": "set_price", "args": ["BTCUSDT", "48000"]})
    assert told["spot"]["fills"][0]["price"] == "49000"
    assert json.loads(state.read_text())["spot"]["orders"][0]["status"] == "filled"
