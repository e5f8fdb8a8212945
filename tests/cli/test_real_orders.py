"""Orders on sandbox and live accounts from the shell: what answers them and what does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_connect import KEYS, home, kit, server
from tests.cli.test_live import at_terminal, types
from tests.servers.binance_trading import BinanceTradingServer

__all__ = ["home", "server"]


async def connected(home: Path, *more: str) -> None:
    done = await kit(home, "connect", "binance", *more, "--stdin", stdin=KEYS)
    assert done.returncode == 0, done.stderr


async def asked(home: Path, *words: str) -> tuple[int, Any]:
    done = await kit(home, "ask", *words, "--json")
    return done.returncode, json.loads(done.stdout)


async def test_approve_is_refused_on_a_sandbox_and_the_ticket_waits(
    home: Path, server: BinanceTradingServer
) -> None:
    await connected(home, "--sandbox")
    code, outcome = await asked(home, "buy BTC for $100", "--approve")
    assert code == 1
    assert (
        "--approve is for paper and demo, and binance is sandbox: not approved."
        in (outcome["reply"])
    )
    assert outcome["ticket"]["state"] == "pending"
    assert outcome["order"] is None
    assert not server.book.orders


async def test_an_order_of_the_venue_keeps_the_json_contract(
    home: Path, server: BinanceTradingServer
) -> None:
    await connected(home, "--sandbox")
    server.book.fees.paid_in = "BNB"
    server.deposit("BNB", "1")
    code, outcome = await asked(home, "buy 0.01 BTC stop loss 49000 take profit 52000")
    assert code == 0
    draft = outcome["ticket"]["order"]
    assert (draft["mode"], draft["stop_loss"], draft["take_profit"]) == (
        "sandbox", "49000", "52000",
    )  # fmt: skip
    done = await kit(home, "approve", outcome["ticket"]["id"], "--json")
    assert done.returncode == 0, done.stderr
    order = json.loads(done.stdout)["order"]
    venue = server.book.orders[0]
    assert order["venue_order_id"] == str(venue.id)
    assert (order["mode"], order["status"], order["fee_currency"]) == ("sandbox", "filled", "BNB")
    rows = json.loads((await kit(home, "orders", "--json")).stdout)
    exits = [row for row in rows if row["parent_id"] == order["id"]]
    assert len({row["group_id"] for row in exits}) == 1
    assert {row["status"] for row in exits} == {"accepted"}
    assert not any(row["emulated"] or row["outside"] or row["post_only"] for row in rows)


@pytest.mark.parametrize("given", [(), ("--hash", "0" * 64)], ids=["no hash", "another hash"])
async def test_real_money_needs_the_hash_of_exactly_that_ticket(
    home: Path, server: BinanceTradingServer, given: tuple[str, ...]
) -> None:
    await connected(home)
    await at_terminal(home, types("LIVE BINANCE", until="from now on"), "live", "binance")
    code, outcome = await asked(home, "buy BTC for $100", "--approve")
    assert code == 1
    ticket = outcome["ticket"]
    refused = await kit(home, "approve", ticket["id"], *given)
    assert refused.returncode == 1
    assert "hash" in refused.stderr
    assert not server.book.orders
    done = await kit(home, "approve", ticket["id"], "--hash", ticket["hash"], "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["order"]["mode"] == "live"
    assert len(server.book.orders) == 1
