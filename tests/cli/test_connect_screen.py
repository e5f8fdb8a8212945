"""Connecting in the full-screen program itself: a real engine, a real socket-less desk, a venue."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from benchmarks.terminal import Terminal
from kit_tui.settings.credentials import Credentials
from tests.cli.test_connect import KEY, PASSPHRASE, SECRET, assert_clean, home, server, stored

__all__ = ["home", "server"]


def pasted(text: str) -> str:
    """Text as a terminal passes on a paste."""
    return f"\x1b[200~{text}\x1b[201~"


async def test_keys_are_pasted_into_the_form_and_the_account_opens(home: Path) -> None:
    def session() -> str:
        environment = {
            "KIT_HOME": str(home), "KIT_VAULT_PASSPHRASE": "",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }  # fmt: skip
        words = [sys.executable, "-m", "kit_tui"]
        with Terminal(words, columns=120, rows=40, environment=environment) as screen:
            screen.wait_on_screen("ACTIVE", timeout=40)
            screen.send("/connect binance")
            screen.read(0.5)
            screen.send("\r")
            screen.wait_on_screen("Connect an exchange", timeout=20)
            screen.send(pasted(KEY) + "\r")
            screen.read(0.3)
            screen.send(pasted(SECRET) + "\r")
            screen.read(0.3)
            screen.send("\r")
            screen.wait_on_screen("may withdraw", "Choose one", timeout=40)
            shown = str(screen.text())
            screen.send(f"{PASSPHRASE}\r")
            screen.read(0.3)
            screen.send(f"{PASSPHRASE}\r\r")
            screen.wait_on_screen("Stored in", timeout=40)
            screen.send("\r")
            screen.wait_on_screen("The binance account is open", timeout=40)
            return shown + str(screen.text())

    shown = await asyncio.to_thread(session)
    assert_clean(shown, home)
    assert stored(home) == Credentials(KEY, SECRET)
