"""Homes and `kit` processes for tests of the whole program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

TIMEOUT_S = 60


def kit_environment(home: Path, **extra: str) -> dict[str, str]:
    """The environment of a `kit` process on `home`, free of this machine's own settings."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TERM", "TMPDIR")}
    return {**kept, "KIT_HOME": str(home), "PYTHONUTF8": "1", "NO_COLOR": "1", **extra}


def kit(
    home: Path, *arguments: str, stdin: str = "", **extra: str
) -> subprocess.CompletedProcess[str]:
    """Run one `kit` command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "kit_tui", *arguments],
        env=kit_environment(home, **extra),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def kit_json(home: Path, *arguments: str, **extra: str) -> Any:
    """Run a command with `--json` and read what it printed."""
    done = kit(home, *arguments, "--json", **extra)
    assert done.stdout, f"{arguments}: {done.stderr}"
    return json.loads(done.stdout)
