"""Going live: only by the word typed at a terminal, for exactly these keys, and back again."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.terminal import Terminal
from tests.cli.test_connect import (
    KEY,
    KEYS,
    OTHER,
    OTHER_SECRET,
    PASSPHRASE,
    SECRET,
    assert_clean,
    home,
    kit,
    server,
)
from tests.servers.binance_signed import ApiKey
from tests.servers.binance_trading import BinanceTradingServer

__all__ = ["home", "server"]


@pytest.fixture
async def connected(home: Path) -> Path:
    assert (await kit(home, "connect", "binance", "--stdin", stdin=KEYS)).returncode == 0
    return home


async def at_terminal(home: Path, script: Callable[[Any], None], *words: str) -> str:
    """`kit WORDS` on a pseudo terminal, played by a script; returns what was shown."""

    def session() -> str:
        environment = {
            "KIT_HOME": str(home), "KIT_VAULT_PASSPHRASE": "",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }  # fmt: skip
        with Terminal(
            [sys.executable, "-m", "kit_tui", *words], columns=110, rows=40,
            environment=environment,
        ) as screen:  # fmt: skip
            script(screen)
            return str(screen.text())

    shown = await asyncio.to_thread(session)
    assert_clean(shown, home)
    return shown


async def armed(home: Path) -> bool:
    rows = json.loads((await kit(home, "connect", "--list", "--json")).stdout)
    return bool(rows[0]["armed"])


def types(word: str, *, until: str) -> Callable[[Any], None]:
    def script(screen: Any) -> None:
        screen.wait_on_screen("Passphrase of the vault", timeout=40)
        screen.send(f"{PASSPHRASE}\r")
        screen.wait_on_screen("to trade real money", timeout=60)
        screen.send(f"{word}\r")
        screen.wait_on_screen(until, timeout=60)

    return script


async def test_the_word_arms_and_off_takes_it_back(connected: Path) -> None:
    shown = await at_terminal(
        connected, types("LIVE BINANCE", until="from now on"), "live", "binance"
    )
    for check in ("connection", "clock", "key may trade", "key may not withdraw", "limits"):
        assert check in shown
    assert shown.count("key may not withdraw") == 1
    assert await armed(connected)
    off = await kit(connected, "live", "binance", "--off")
    assert off.returncode == 0, off.stderr
    assert not await armed(connected)


async def test_another_word_arms_nothing(connected: Path) -> None:
    await at_terminal(connected, types("yes", until="stays as it is"), "live", "binance")
    assert not await armed(connected)


async def test_a_script_may_look_but_not_arm(connected: Path) -> None:
    looked = await kit(connected, "live", "binance", "--json")
    assert looked.returncode == 0, looked.stderr
    assert {check["check"] for check in json.loads(looked.stdout)["checks"]} >= {"clock"}
    assert all(check["passed"] is True for check in json.loads(looked.stdout)["checks"])
    piped = await kit(connected, "live", "binance", stdin="LIVE BINANCE\n")
    assert piped.returncode == 1
    assert "terminal" in piped.stderr
    assert not await armed(connected)


async def test_new_keys_are_not_armed(connected: Path) -> None:
    await at_terminal(connected, types("LIVE BINANCE", until="from now on"), "live", "binance")
    assert await armed(connected)
    keys = f"{OTHER}\n{OTHER_SECRET}\n"
    assert (await kit(connected, "connect", "binance", "--rotate", "--stdin", stdin=keys)).stdout
    assert not await armed(connected)


async def test_a_key_that_may_withdraw_needs_the_longer_word(
    connected: Path, server: BinanceTradingServer
) -> None:
    server.add_key(ApiKey(KEY, SECRET, withdraws=True))
    await at_terminal(connected, types("LIVE BINANCE", until="stays as it is"), "live", "binance")
    assert not await armed(connected)
    await at_terminal(
        connected, types("LIVE BINANCE WITHDRAW-RISK", until="from now on"), "live", "binance"
    )
    assert await armed(connected)


async def test_what_is_not_live_cannot_be_armed(home: Path) -> None:
    done = await kit(home, "live", "binance")
    assert done.returncode != 0
    assert "No live account" in done.stderr
