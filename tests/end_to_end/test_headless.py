"""The whole program without a screen: real processes on a real home, simulated market."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.homes import kit, kit_json


def test_buying_for_100_fills_and_every_process_agrees(tmp_path: Path) -> None:
    done = kit(tmp_path, "ask", "Buy BTC for $100", "--demo", "--approve", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    order = answer["order"]
    assert answer["intent"]["intent"] == "buy"
    assert answer["verdict"]["passed"] is True
    assert answer["ticket"]["state"] == "approved"
    assert order["status"] == "filled"
    assert order["mode"] == "demo"
    notional = Decimal(order["filled"]) * Decimal(order["average_price"])
    assert Decimal(98) < notional <= Decimal("100.6")

    (position,) = kit_json(tmp_path, "positions", "--demo")
    assert position["pair"] == "BTC/USDT"
    assert Decimal(position["quantity"]) == Decimal(order["filled"])
    assert kit_json(tmp_path, "positions", "--demo")[0]["quantity"] == position["quantity"]
    assert kit(tmp_path, "journal", "verify").returncode == 0


def test_an_order_over_the_limit_is_refused_with_the_size_that_would_pass(tmp_path: Path) -> None:
    done = kit(tmp_path, "ask", "Buy $50,000 of BTC", "--demo", "--approve", "--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    check = next(c for c in answer["verdict"]["checks"] if c["name"] == "maxPositionSize")
    assert check["passed"] is False
    assert Decimal(check["limit"]) == Decimal("0.1")
    assert Decimal(check["after"]) > Decimal(4)
    largest = Decimal(answer["verdict"]["largest_passing"])
    assert Decimal(900) < largest <= Decimal(1000)
    assert answer["order"] is None
    assert kit_json(tmp_path, "orders", "--demo") == []
    again = kit_json(tmp_path, "ask", f"Buy ${largest} of BTC", "--demo", "--approve")
    assert again["order"]["status"] == "filled"


def test_without_approve_a_ticket_stays_pending_and_can_be_approved_later(tmp_path: Path) -> None:
    asked = kit_json(tmp_path, "ask", "buy 0.01 ETH", "--demo")
    assert asked["order"] is None
    assert asked["ticket"]["state"] == "pending"
    done = kit(
        tmp_path, "approve", asked["ticket"]["id"], "--hash", asked["ticket"]["hash"], "--demo"
    )
    assert done.returncode == 0, done.stderr + done.stdout
    (order,) = kit_json(tmp_path, "orders", "--demo")
    assert order["status"] == "filled"


def test_a_wrong_hash_approves_nothing(tmp_path: Path) -> None:
    asked = kit_json(tmp_path, "ask", "buy 0.01 ETH", "--demo")
    done = kit(tmp_path, "approve", asked["ticket"]["id"], "--hash", "0" * 64, "--demo")
    assert done.returncode == 1
    assert kit_json(tmp_path, "orders", "--demo") == []


def test_a_halt_outlives_the_process_and_exits_still_work(tmp_path: Path) -> None:
    kit_json(tmp_path, "ask", "Buy BTC for $100", "--demo", "--approve")
    assert kit(tmp_path, "halt", "--demo").returncode == 0
    refused = kit(tmp_path, "ask", "Buy BTC for $100", "--demo", "--approve", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["order"] is None
    closed = kit_json(tmp_path, "ask", "close my BTC position", "--demo", "--approve")
    assert closed["order"]["status"] == "filled"
    assert kit_json(tmp_path, "positions", "--demo") == []
    assert kit(tmp_path, "resume", "--demo").returncode != 0
    assert kit(tmp_path, "resume", "--confirm", "RESUME", "--demo").returncode == 0
    assert kit_json(tmp_path, "ask", "Buy BTC for $50", "--demo", "--approve")["order"]


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "\x01\x1b[2J", "qwertz uiop", "buy", "buy -5 BTC", "buy BTC for nan",
        "buy 0 BTC",
        "buy BTC for 1e9", "buy BTC for $99999999999999999999", "buy 0.00000000000001 BTC",
        "buy NOSUCHCOIN for $100", "sell 5 ETH", "\u202ebuy BTC for $100", "don't buy BTC for $100",
        "x" * 100_000,
    ],
)  # fmt: skip
def test_bad_input_gets_an_answer_and_never_an_order(tmp_path: Path, text: str) -> None:
    done = kit(tmp_path, "ask", text, "--demo", "--approve")
    assert "Traceback" not in done.stdout + done.stderr
    assert (done.stdout + done.stderr).strip()
    assert kit_json(tmp_path, "orders", "--demo") == []


def test_a_flipped_bit_in_the_journal_is_found_and_named(tmp_path: Path) -> None:
    kit_json(tmp_path, "ask", "Buy BTC for $100", "--demo", "--approve")
    with sqlite3.connect(tmp_path / "data" / "journal.sqlite") as journal:
        journal.execute(
            "UPDATE events SET payload ="
            " CAST(replace(CAST(payload AS TEXT), 'BTC', 'ETH') AS BLOB) WHERE seq = 4"
        )
    done = kit(tmp_path, "journal", "verify")
    assert done.returncode == 1
    assert "4" in done.stdout + done.stderr


def test_corrupt_settings_name_file_line_and_field(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text('[risk_manager]\nmax_positon_size = "5%"\n')
    done = kit(tmp_path, "ask", "price of BTC", "--demo")
    assert done.returncode == 1
    for part in ("config.toml", "2", "max_positon_size", "max_position_size"):
        assert part in done.stderr
    assert "Traceback" not in done.stderr
