"""A scripted venue in a process of its own, and a hand to script it: for kill tests."""

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
class VenueProcess:
    """A running venue. Steps are those of `binance_control`; `state` always holds the books."""

    url: str
    state: Path
    process: subprocess.Popen[str]

    def do(self, name: str, *args: object, **more: object) -> Any:
        """One step, such as `do("set_price", "BTCUSDT", "49000")`; returns the books."""
        return self.script({"do": name, "args": args, "with": more})

    def put(self, name: str, value: object) -> Any:
        """Set one of the settable attributes."""
        return self.script({"set": name, "to": value})

    def script(self, *steps: dict[str, Any]) -> Any:
        """Several steps in one request; without any, the books as they are."""
        request = urllib.request.Request(  # noqa: S310 - a loopback address
            f"{self.url}/control",
            data=json.dumps(steps).encode() if steps else None,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def books(self) -> Any:
        """Everything the venue knows."""
        return self.script()


@contextmanager
def venue_process(state: Path, *, port: int = 0) -> Iterator[VenueProcess]:
    """Start a scripted Binance and stop it at the end; it must end cleanly."""
    command = [
        sys.executable, "-m", "tests.servers.binance_trading", "--port", str(port),
        "--state", str(state),
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield VenueProcess(process.stdout.readline().strip(), state, process)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
