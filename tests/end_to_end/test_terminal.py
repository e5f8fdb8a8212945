"""The full-screen program on a pseudo terminal, as a person uses it: type, read, press a key."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.terminal import Terminal
from tests.support.homes import kit, kit_json

SIZES = [(80, 24), (120, 40)]
GUARD_S = 1.3  # a ticket is deaf for a second, so that buffered keys cannot approve it
ENTER = "\r"
F9 = "\x1b[20~"


@contextmanager
def demo(home: Path, columns: int, rows: int) -> Iterator[Terminal]:
    """`kit --demo` on a pseudo terminal, ready for the first message."""
    with Terminal(
        [sys.executable, "-m", "kit_tui", "--demo"], columns=columns, rows=rows,
        environment={"KIT_HOME": str(home)},
    ) as terminal:  # fmt: skip
        terminal.wait_on_screen("ACTIVE", timeout=30)
        yield terminal


def say(terminal: Terminal, words: str) -> None:
    terminal.send(words)
    terminal.read(0.3)
    terminal.send(ENTER)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_buying_with_a_key_shows_position_marker_and_bars(
    tmp_path: Path, columns: int, rows: int
) -> None:
    with demo(tmp_path, columns, rows) as terminal:
        say(terminal, "Buy BTC for $100")
        terminal.wait_on_screen("pprove", timeout=15)
        terminal.read(GUARD_S)
        terminal.send("a")
        terminal.wait_on_screen("Bought:", "#1", timeout=15)
        terminal.read(1.0)
        screen = terminal.text()
        assert "0.001" in screen
        assert "●" in screen, "one of five positions is used now"
        assert "▲" in screen, "the fill is marked on the chart"
        (position,) = kit_json(tmp_path, "positions", "--demo")
        assert position["pair"] == "BTC/USDT"


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_one_key_halts_while_a_ticket_is_open(tmp_path: Path, columns: int, rows: int) -> None:
    with demo(tmp_path, columns, rows) as terminal:
        say(terminal, "Buy BTC for $100")
        terminal.wait_on_screen("pprove", timeout=15)
        terminal.send(F9)
        terminal.wait_on_screen("HALT", timeout=5)
        terminal.read(GUARD_S)
        terminal.send("a")
        terminal.read(2.0)
        assert kit_json(tmp_path, "orders", "--demo") == []
        assert kit_json(tmp_path, "risk", "--demo")["state"] == "halted"


def test_a_halt_from_a_shell_shows_on_the_open_screen(tmp_path: Path) -> None:
    with demo(tmp_path, 120, 40) as terminal:
        assert kit(tmp_path, "halt", "lunch").returncode == 0
        terminal.wait_on_screen("HALTED", timeout=5)


def test_an_analysis_is_read_on_the_screen(tmp_path: Path) -> None:
    with demo(tmp_path, 120, 40) as terminal:
        say(terminal, "Analyze ETH")
        terminal.wait_on_screen("candles of", timeout=20)


def test_quitting_and_starting_again_brings_everything_back(tmp_path: Path) -> None:
    with demo(tmp_path, 120, 40) as terminal:
        say(terminal, "Buy ETH for $50")
        terminal.wait_on_screen("pprove", timeout=15)
        terminal.read(GUARD_S)
        terminal.send("a")
        terminal.wait_on_screen("Bought:", timeout=15)
        terminal.send("\x11")  # ctrl+q
        assert terminal.exit_code(10) == 0
    with demo(tmp_path, 120, 40) as again:
        again.wait_on_screen("Buy ETH for $50", "Bought:", "ETH/USDT", timeout=30)


def test_a_screen_whose_engine_stops_takes_over(tmp_path: Path) -> None:
    """The first screen owns the engine; when it is left, the attached one carries on alone."""
    with demo(tmp_path, 120, 40) as owner, demo(tmp_path, 120, 40) as attached:
        owner.send("\x11")
        assert owner.exit_code(15) == 0
        attached.wait_on_screen("opening another", timeout=10)
        say(attached, "Buy BTC for $100")
        attached.wait_on_screen("pprove", timeout=15)
        attached.read(GUARD_S)
        attached.send("a")
        attached.wait_on_screen("Bought:", timeout=15)
