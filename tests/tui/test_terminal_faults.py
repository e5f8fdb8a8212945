"""E13 on a real pseudo terminal: bad bytes, odd reports, signals, crashes, a terminal that is gone.

In every case the terminal's modes are as they were before, and nothing is left running.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.terminal import ROOT, Terminal
from kit_tui.tui.guards import RESTORE

READY = ("unrealised", "day loss", "EMA20")
COMMAND = [sys.executable, "-m", "tests.tui.program"]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """The screen on a pty, with data in its panes."""
    with Terminal(COMMAND, environment={"KIT_HOME": str(tmp_path)}) as started:
        started.wait_for(*READY, timeout=40)
        started.read(0.3)
        yield started


def modes_left_on(output: bytes) -> set[str]:
    """Private modes which were switched on and never off again; the cursor counts when hidden."""
    state: dict[str, str] = {}
    for mode, switch in re.findall(rb"\x1b\[\?(\d+)([hl])", output):
        state[mode.decode()] = switch.decode()
    wanted = {"25": "h", "7": "h"}
    return {mode for mode, switch in state.items() if switch != wanted.get(mode, "l")}


def is_alive_and_typing(terminal: Terminal, word: str) -> None:
    """What is typed on a new line appears, so the screen reads and paints."""
    terminal.send("\n")
    terminal.send(word)
    deadline = time.perf_counter() + 8
    while word not in terminal.text() and time.perf_counter() < deadline:
        terminal.read(0.2)
    assert word in terminal.text(), terminal.text()


def until_quiet(terminal: Terminal) -> None:
    """Wait until all that was sent has been worked off: nothing is painted for a while."""
    deadline = time.perf_counter() + 20
    while terminal.read(0.3) and time.perf_counter() < deadline:
        pass


def the_prompt_is_reached(terminal: Terminal, word: str) -> None:
    """Escape closes what the noise opened, `/` goes to the prompt, and there the word appears.

    A busy program may paint nothing for a while and still have a dialog to open, which then takes
    the slash; so it is pressed again, as a person would.
    """
    in_the_prompt = re.compile(rf"^│ [❯ ] \S*{word}", re.MULTILINE)
    for patience in (0.8, 2, 4, 4):
        for keys in ("\x1b", "/"):
            terminal.send(keys)
            until_quiet(terminal)
        terminal.send(f"\n{word}")
        deadline = time.perf_counter() + patience
        while time.perf_counter() < deadline:
            terminal.read(0.05)
            if in_the_prompt.search(terminal.text()):
                return
    raise AssertionError(terminal.text())


def leaves_cleanly(terminal: Terminal) -> None:
    terminal.send("\x11")
    assert terminal.exit_code() == 0
    assert modes_left_on(bytes(terminal.output)) == set()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xfe\x80\xc3", id="bytes that are not UTF-8"),
        pytest.param(b"\x1b[97;1:3u\x1b[97;1:1u", id="kitty keys with event types"),
        pytest.param(b"\x1b[99999999999;5u\x1b[1114112u", id="kitty key beyond Unicode"),
        pytest.param(
            b"\x1b[48;40;120;0;0t\x1b[<35;10;10M\x1b[<0;3;3M\x1b[<0;3;3m",
            id="resize without pixels, then the mouse",
        ),
        pytest.param(b"\x1b[48;0;0;0;0t", id="resize to nothing"),
        pytest.param(b"\x1b[48;999999;999999;1;1t", id="resize to a million"),
        pytest.param(b"\x1b[<;;M\x1b[M\xff\xff\xff\x1b[<9999999;99999999;99999999M", id="mouse"),
        pytest.param(b"\x1b[1;", id="a cut sequence"),
        pytest.param(b"\x1b]52;c;" + b"A" * 5000, id="an endless report"),
        pytest.param(
            # ctrl+q is left out, because it is meant to end the program.
            bytes(byte for byte in range(256) if byte != 0x11) * 4,
            id="every byte",
        ),
    ],
)
def test_any_input_is_survived(terminal: Terminal, data: bytes) -> None:
    terminal.send(data)
    until_quiet(terminal)
    terminal.send("\x1b")
    terminal.read(0.25)  # longer than an escape is held back to see what follows it
    assert terminal.exit_code(0.1) is None
    # Halting works wherever the noise led. Keys are worked off in their order, so the noise is done
    # once the engine's answer is there (HALTED; the keys row always says HALT).
    terminal.send("\x1b[20~")
    terminal.wait_on_screen("HALTED", timeout=15)
    the_prompt_is_reached(terminal, "zebra")
    leaves_cleanly(terminal)


def test_a_paste_of_a_megabyte_does_not_hang(terminal: Terminal) -> None:
    started = time.perf_counter()
    data = b"\x1b[200~" + b"wide " * 200_000 + b"\x1b[201~"
    for at in range(0, len(data), 32_768):
        terminal.send(data[at : at + 32_768])
        terminal.read(0.001)
    terminal.wait_on_screen("20,000", timeout=10)
    assert time.perf_counter() - started < 15
    leaves_cleanly(terminal)


def test_a_paste_whose_end_never_comes_does_not_swallow_the_keyboard(terminal: Terminal) -> None:
    terminal.send(b"\x1b[200~cut")
    terminal.wait_on_screen("❯ cut", timeout=10)
    is_alive_and_typing(terminal, "zebra")
    leaves_cleanly(terminal)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["SIGTERM", "SIGHUP"]
)
def test_signals_restore_the_terminal(terminal: Terminal, number: int, code: int) -> None:
    os.kill(terminal.pid, number)
    assert terminal.exit_code() == code
    assert modes_left_on(bytes(terminal.output)) == set()
    assert b"Traceback" not in terminal.output


def test_a_crash_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    environment = {"KIT_HOME": str(tmp_path)}
    with Terminal([*COMMAND, "crash"], environment=environment) as terminal:
        assert terminal.exit_code(40) == 1
        assert modes_left_on(bytes(terminal.output)) == set()
        assert b"Traceback" not in terminal.output
        assert b"kit: the screen stopped" in terminal.output
        assert b"a fault of our own" in terminal.output


def test_a_terminal_that_vanishes_is_noticed_with_sighup_ignored(tmp_path: Path) -> None:
    """The process must end by itself; nobody is there to stop it."""
    wrapper = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        f"os.execv({sys.executable!r}, {[sys.executable, '-m', 'tests.tui.program']!r})\n"
    )
    terminal = Terminal([sys.executable, "-c", wrapper], environment={"KIT_HOME": str(tmp_path)})
    terminal.wait_for(*READY, timeout=40)
    os.close(terminal.fd)
    deadline = time.perf_counter() + 15
    status = None
    while time.perf_counter() < deadline and status is None:
        pid, found = os.waitpid(terminal.pid, os.WNOHANG)
        status = found if pid else None
        time.sleep(0.05)
    if status is None:
        os.kill(terminal.pid, signal.SIGKILL)
        os.waitpid(terminal.pid, 0)
    assert status is not None
    assert os.waitstatus_to_exitcode(status) == 129


def test_a_stalled_terminal_does_not_stop_the_screen(terminal: Terminal) -> None:
    """Nothing is read for a while (as after ctrl+s); F9 still reaches the engine."""
    for _ in range(6):
        terminal.resize(160, 60)
        time.sleep(0.15)
        terminal.resize(120, 40)
        time.sleep(0.15)
    terminal.send("\x1b[20~")
    time.sleep(0.5)
    terminal.read(1.5)
    assert "HALTED" in terminal.text()
    leaves_cleanly(terminal)


def test_without_a_terminal_one_line_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        COMMAND, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "KIT_HOME": str(tmp_path)}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "\x1b" not in done.stderr


def test_a_terminal_of_one_cell_and_one_of_300_are_survived(terminal: Terminal) -> None:
    for columns, rows in ((1, 1), (300, 100), (2, 2), (120, 40)):
        terminal.resize(columns, rows)
        terminal.read(0.4)
    is_alive_and_typing(terminal, "zebra")
    leaves_cleanly(terminal)


def test_everything_that_is_switched_on_is_in_the_restoring_sequence(terminal: Terminal) -> None:
    switched_on = set(re.findall(rb"\x1b\[\?(\d+)h", bytes(terminal.output)))
    restored = {mode.encode() for mode in re.findall(r"\x1b\[\?(\d+)[hl]", RESTORE)}
    assert switched_on - {b"2026"} <= restored
    leaves_cleanly(terminal)
