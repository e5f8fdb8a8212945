"""One process owns a home: others forward to it, and a killed owner's place is taken."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.homes import kit, kit_environment, kit_json

START_S = 30


@contextmanager
def running_gateway(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`kit gateway --demo` as the owner, ready for others."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kit_tui", "gateway", "--demo"],
        env=kit_environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_socket(home, process)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_socket(home: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while not (home / "state" / "kit.sock").exists():
        assert process.poll() is None, "the gateway ended before it was ready"
        assert time.monotonic() < deadline, "the gateway was not ready in time"
        time.sleep(0.05)


def test_commands_beside_a_running_engine_act_on_that_engine(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as owner:
        order = kit_json(tmp_path, "ask", "Buy BTC for $100", "--demo", "--approve")["order"]
        assert order["status"] == "filled"
        (position,) = kit_json(tmp_path, "positions", "--demo")
        assert position["quantity"] == order["filled"]
        assert kit(tmp_path, "halt").returncode == 0
        refused = kit(tmp_path, "ask", "buy BTC for $50", "--demo", "--approve", "--json")
        assert refused.returncode == 1
        assert json.loads(refused.stdout)["order"] is None
        assert owner.poll() is None
        owner.send_signal(signal.SIGTERM)
        assert owner.wait(timeout=20) in (0, 143)
    assert not (tmp_path / "state" / "kit.sock").exists()


def test_a_home_whose_owner_was_killed_is_taken_over(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as owner:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        assert (tmp_path / "state" / "kit.sock").exists(), "SIGKILL leaves the socket behind"
        assert kit_json(tmp_path, "positions", "--demo") == []


def test_starts_at_the_same_moment_end_in_one_owner(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kit_tui", "ask", "buy BTC for $20", "--demo", "--approve"]
    runs = [
        subprocess.Popen(
            [*command, "--json"], env=kit_environment(tmp_path), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]  # fmt: skip
    answers = [(run.communicate(timeout=60), run.returncode) for run in runs]
    for (out, err), code in answers:
        assert code == 0, err + out
    ids = [json.loads(out)["order"]["id"] for (out, _), _ in answers]
    assert len(set(ids)) == len(ids)
    assert len(kit_json(tmp_path, "orders", "--demo")) == len(ids)
    assert kit(tmp_path, "journal", "verify").returncode == 0


def test_the_socket_and_the_home_are_private(tmp_path: Path) -> None:
    with running_gateway(tmp_path):
        assert (tmp_path / "state" / "kit.sock").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "data" / "journal.sqlite").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "garbage",
    [b"\n", b"{}\n", b"\xff\xfe\n", b'{"type":"hello"}\n', b"x" * 70_000],
    ids=["blank", "untagged", "binary", "half a hello", "no line end"],
)
def test_the_socket_survives_garbage(tmp_path: Path, garbage: bytes) -> None:
    import socket

    with running_gateway(tmp_path) as owner:
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(tmp_path / "state" / "kit.sock"))
            link.sendall(garbage)
        assert kit_json(tmp_path, "positions", "--demo") == []
        assert owner.poll() is None
