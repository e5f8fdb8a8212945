"""The example of docs/add-a-channel.md carries the conversation over a loopback server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_example_carries_words_and_tickets() -> None:
    command = [sys.executable, "-m", "tests.docs.lines_channel"]
    ran = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
