"""The scripted Binance as a process of its own: it outlives clients, scripted over HTTP."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit_tui.exchanges.ccxt_lazy import exchange_class
from kit_tui.exchanges.ccxt_public import moved
from tests.servers.ccxt_client import BTC, SPOT_ONLY
from tests.servers.venue_process import VenueProcess, venue_process


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[VenueProcess]:
    with venue_process(tmp_path / "venue.json") as running:
        yield running


async def test_it_trades_is_scripted_and_keeps_its_books_in_a_file(venue: VenueProcess) -> None:
    venue.do("set_price", "BTCUSDT", "50000")
    venue.do("lose_order_reply", "reset")
    client = exchange_class("binance")(
        {"apiKey": "test-key", "secret": "test-secret", "options": SPOT_ONLY}
    )
    client.urls["api"] = moved(client.urls["api"], venue.url)
    await client.load_markets()
    with pytest.raises(Exception, match="binance POST"):
        await client.create_order(BTC, "limit", "buy", 0.01, 49000, {"clientOrderId": "kit"})
    await client.close()
    (order,) = json.loads(venue.state.read_text())["spot"]["orders"]
    assert (order["client_id"], order["status"]) == ("kit", "new")
    told = venue.do("set_price", "BTCUSDT", "48000")
    assert told["spot"]["fills"][0]["price"] == "49000"
    assert json.loads(venue.state.read_text())["spot"]["orders"][0]["status"] == "filled"


def test_a_step_nobody_knows_is_refused_and_changes_nothing(venue: VenueProcess) -> None:
    for step in ({"do": "explode"}, {"set": "door", "to": 1}):
        with pytest.raises(urllib.error.HTTPError, match="400"):
            venue.script(step)
    venue.put("clock_skew_ms", 5000)
    assert venue.books()["spot"]["orders"] == []
