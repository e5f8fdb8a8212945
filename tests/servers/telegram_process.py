"""A Bot API in a process of its own, and a hand to script it: for terminals and kill tests."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class TelegramProcess:
    """A running Bot API; `root` goes into `base_url`. Steps are those of `telegram_control`."""

    root: str
    process: subprocess.Popen[str]

    def do(self, step: str, **body: Any) -> Any:
        """One step, such as `do("say", text="positions")`."""
        return self._ask(step, json.dumps(body).encode())

    def messages(self) -> list[dict[str, Any]]:
        """The bot's messages as they stand."""
        return list(self._ask("messages"))

    def state(self) -> dict[str, Any]:
        """Answers to presses, the menu, and every 429."""
        return dict(self._ask("state"))

    def _ask(self, name: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - a loopback address
            f"{self.root}/control/{name}", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            return json.load(answer)


@contextmanager
def telegram_process(*, port: int = 0, flood: bool = False) -> Iterator[TelegramProcess]:
    """Start a Bot API and stop it at the end; it must end cleanly."""
    command = [sys.executable, "-m", "tests.servers.telegram_api", "--port", str(port)]
    command += ["--flood"] if flood else []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield TelegramProcess(process.stdout.readline().strip(), process)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
