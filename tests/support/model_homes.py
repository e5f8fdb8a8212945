"""Homes whose settings point at a loopback Messages API, and `kit` processes on them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.homes import kit_environment

NO_KEYRING = "keyring.backends.null.Keyring"
TIMEOUT_S = 90


def model_settings(home: Path, url: str, **engine: str | bool) -> Path:
    """A home whose `[engine]` has this address and these other values."""
    config = home / "config" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    values: dict[str, str | bool] = {"base_url": url, **engine}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    config.write_text("\n".join(["[engine]", *lines, ""]), encoding="utf-8")
    return home


async def kit_beside(
    home: Path, *words: str, stdin: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    """One `kit` process to its end; servers of this process answer it meanwhile."""
    environment = kit_environment(home, PYTHON_KEYRING_BACKEND=NO_KEYRING, **environ)

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "kit_tui", *words],
            env=environment, input=stdin, capture_output=True, text=True, timeout=TIMEOUT_S,
            check=False,
        )  # fmt: skip

    return await asyncio.to_thread(run)


@asynccontextmanager
async def engine_on(home: Path, *words: str, **environ: str) -> AsyncIterator[None]:
    """`kit gateway` on a home while this is open."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kit_tui", "gateway", *words,
        env=kit_environment(home, PYTHON_KEYRING_BACKEND=NO_KEYRING, **environ),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        async with asyncio.timeout(TIMEOUT_S):
            greeting = await process.stderr.readline()
        assert b"runs as process" in greeting, greeting
        yield
    finally:
        process.terminate()
        await process.communicate()
