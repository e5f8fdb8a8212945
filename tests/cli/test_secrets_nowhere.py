"""After a day with real keys nothing the program left behind or said holds one of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cli.test_connect import (
    KEY,
    KEYS,
    OTHER,
    OTHER_SECRET,
    PASSPHRASE,
    SECRETS,
    assert_clean,
    home,
    kit,
    server,
)
from tests.servers.binance_signed import ApiKey
from tests.servers.binance_trading import BinanceTradingServer
from tests.support.homes import kit_environment

__all__ = ["home", "server"]


@contextlib.asynccontextmanager
async def engine(home: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, list[str]]]:
    """`kit gateway` on a home, and what it has printed once it is over."""
    printed: list[str] = []
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kit_tui", "gateway",
        env=kit_environment(
            home, KIT_VAULT_PASSPHRASE=PASSPHRASE,
            PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring",
        ),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        first = await asyncio.wait_for(process.stderr.readline(), 60)
        printed.append(first.decode())
        yield process, printed
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        printed += [out.decode(), err.decode()]


async def test_a_day_with_keys_leaves_none_of_them_anywhere(
    home: Path, server: BinanceTradingServer
) -> None:
    assert (await kit(home, "connect", "binance", "--stdin", stdin=KEYS)).returncode == 0
    async with engine(home) as (process, printed):
        portfolio = await kit(home, "portfolio", "--json")
        assert json.loads(portfolio.stdout)["equity"] != "0", portfolio.stderr
        refused = await kit(home, "ask", f"here is my api key {OTHER} and secret {OTHER_SECRET}")
        assert refused.returncode == 1
        rotated = await kit(
            home, "connect", "binance", "--rotate", "--stdin", stdin=f"{OTHER}\n{OTHER_SECRET}\n"
        )
        assert rotated.returncode == 0, rotated.stderr
        server.revoke(OTHER)
        for command in ("portfolio", "orders", "venues"):
            await kit(home, command)
        for name in ("cmdline", "status"):
            shown = Path(f"/proc/{process.pid}/{name}")
            if shown.exists():
                assert not any(secret.encode() in shown.read_bytes() for secret in SECRETS)
    assert_clean("".join(printed), home)
    assert (home / "logs" / "kit.log").stat().st_size > 0


async def test_keys_connected_beside_a_running_engine_are_used_by_it_at_once(home: Path) -> None:
    async with engine(home) as (_, printed):
        done = await kit(home, "connect", "binance", "--stdin", stdin=KEYS)
        assert done.returncode == 0, done.stderr
        looked = await kit(home, "live", "binance", "--json")
        assert looked.returncode == 0, looked.stderr + looked.stdout
    assert_clean("".join(printed), home)


async def test_a_stolen_home_without_the_passphrase_opens_nothing(home: Path) -> None:
    assert (await kit(home, "connect", "binance", "--stdin", stdin=KEYS)).returncode == 0
    for passphrase in ("", "a guess of the thief"):
        stolen = await kit(home, "connect", "--list", passphrase=passphrase)
        assert stolen.returncode == 1
        assert "passphrase" in stolen.stderr.lower()
    assert (home / "data" / "vault.kit").exists()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
async def test_a_typed_passphrase_is_in_no_environment(home: Path) -> None:
    from benchmarks.terminal import Terminal

    assert (await kit(home, "connect", "binance", "--stdin", stdin=KEYS)).returncode == 0

    def session() -> bytes:
        environment = {
            "KIT_HOME": str(home), "KIT_VAULT_PASSPHRASE": "",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }  # fmt: skip
        words = [sys.executable, "-m", "kit_tui", "gateway"]
        with Terminal(words, columns=110, rows=30, environment=environment) as screen:
            screen.wait_on_screen("Passphrase of the vault", timeout=40)
            screen.send(f"{PASSPHRASE}\r")
            screen.wait_on_screen("K.I.T. runs", timeout=60)
            pid = (home / "state" / "kit.lock").read_text().strip()
            assert PASSPHRASE not in screen.text()
            return Path(f"/proc/{pid}/environ").read_bytes()

    carried = await asyncio.to_thread(session)
    assert PASSPHRASE.encode() not in carried
    assert KEY.encode() not in carried
    assert os.environ.get("KIT_VAULT_PASSPHRASE") is None


async def test_a_key_that_came_to_withdraw_is_noticed_when_going_live(
    home: Path, server: BinanceTradingServer
) -> None:
    assert (await kit(home, "connect", "binance", "--stdin", stdin=KEYS)).returncode == 0
    server.add_key(ApiKey(KEY, KEYS.split()[1], withdraws=True))
    looked = await kit(home, "live", "binance", "--json")
    assert looked.returncode == 1
    assert "WITHDRAW-RISK" in json.loads(looked.stdout)["reply"]


async def test_removing_keys_beside_a_running_engine_disarms_it_and_says_what_remains(
    home: Path,
) -> None:
    assert (await kit(home, "connect", "binance", "--stdin", stdin=KEYS)).returncode == 0
    async with engine(home):
        done = await kit(home, "connect", "binance", "--remove", "--confirm", "binance")
        assert done.returncode == 0, done.stderr
        assert "until kit is started again" in done.stdout
    assert json.loads((await kit(home, "connect", "--list", "--json")).stdout) == []
