"""Claude in the full-screen program on a pseudo terminal, small and in 256 colours."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.terminal import Terminal
from tests.end_to_end.test_terminal import GUARD_S, say
from tests.servers.messages_api import KEY, Gate, MessagesServer, reply, text, thinking, tool
from tests.servers.model_thread import served
from tests.support.homes import kit_json

ESC = "\x1b"
SIZES = [(80, 24), (120, 40)]


@contextmanager
def talking(home: Path, columns: int, rows: int) -> Iterator[tuple[Terminal, MessagesServer]]:
    """`kit --demo` over 256 colours, with a model at a loopback server."""
    with served() as server:
        config = home / "config" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f'[engine]\nbase_url = "{server.url}"\n')
        with Terminal(
            [sys.executable, "-m", "kit_tui", "--demo"], columns=columns, rows=rows,
            environment={
                "KIT_HOME": str(home), "ANTHROPIC_API_KEY": KEY, "COLORTERM": "",
                "TERM": "screen-256color",
            },
        ) as terminal:  # fmt: skip
            terminal.wait_on_screen("ACTIVE", timeout=30)
            yield terminal, server
        assert server.refused == []


def an_intent(body: dict[str, Any]) -> Any:
    schema = body["output_config"]["format"]["schema"]
    order = {
        "intent": "buy", "pair": "BTC/USDT", "quote_amount": "100", "order_type": "market",
    }  # fmt: skip
    return reply(json.dumps(dict.fromkeys(schema["properties"]) | order))


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_an_answer_streams_with_its_tools_and_its_cost(
    tmp_path: Path, columns: int, rows: int
) -> None:
    with talking(tmp_path, columns, rows) as (terminal, server):
        gate = Gate()
        server.answer(
            reply(thinking("The books first."), tool("get_positions", {})),
            reply(text("You hold ", gate, "nothing at all.")),
        )
        say(terminal, "gm, how is life on the desk")
        terminal.wait_on_screen("You hold", "get_positions", timeout=20)
        assert "esc stop" in terminal.text()
        gate.opened._loop.call_soon_threadsafe(gate.opened.set)  # type: ignore[attr-defined]
        screen = terminal.wait_on_screen("nothing at all.", "$0.0", timeout=10)
        assert "▸ get_positions" in screen
        terminal.send("\x0f")  # ctrl+o
        terminal.wait_on_screen("▾ get_positions", "No open positions", timeout=5)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_escape_stops_an_answer_and_keeps_what_came(
    tmp_path: Path, columns: int, rows: int
) -> None:
    with talking(tmp_path, columns, rows) as (terminal, server):
        server.answer(reply(text("It depends", Gate())))
        say(terminal, "what is a short squeeze?")
        terminal.wait_on_screen("It depends", timeout=20)
        terminal.send(ESC)
        terminal.wait_on_screen("broken off", "It depends", timeout=3)
        say(terminal, "Buy BTC for $100")
        terminal.wait_on_screen("a approve", timeout=15)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_ticket_of_a_model_is_rejected_and_one_approved(
    tmp_path: Path, columns: int, rows: int
) -> None:
    with talking(tmp_path, columns, rows) as (terminal, server):
        for key, outcome in (("r", "rejected"), ("a", "Bought:")):
            server.answer(an_intent)
            say(terminal, "go buy some btc, say 100 usdt worth of it")
            terminal.wait_on_screen("a approve", timeout=20)
            terminal.read(GUARD_S)
            terminal.send(key)
            terminal.wait_on_screen(outcome, timeout=15)
        (order,) = kit_json(tmp_path, "orders", "--demo")
        assert order["status"] == "filled"


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_question_is_answered_with_a_digit(tmp_path: Path, columns: int, rows: int) -> None:
    with talking(tmp_path, columns, rows) as (terminal, server):
        say(terminal, "buy BTC 100")
        terminal.wait_on_screen("100 BTC or 100 USDT?", timeout=15)
        terminal.read(0.5)
        terminal.send("2")
        terminal.wait_on_screen("a approve", timeout=15)
        (ticket,) = kit_json(tmp_path, "pending", "--demo")
        assert ticket["order"]["pair"] == "BTC/USDT"
        assert server.bodies == []


def test_an_analysis_and_its_reading_stand_once_each(tmp_path: Path) -> None:
    with talking(tmp_path, 200, 60) as (terminal, server):
        server.answer("It goes sideways, and that is all.")
        say(terminal, "Analyze ETH")
        screen = terminal.wait_on_screen("candles of", "that is all.", timeout=25)
        terminal.read(1.0)
        screen = terminal.text()
        assert screen.count("that is all.") == 1
        assert all(line[:1] in " ╭│╰/" for line in screen.splitlines()[2:58])
