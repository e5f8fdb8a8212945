"""Homes with channels at loopback services, no venue to reach, and `kit` processes on them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.homes import kit_environment
from tests.support.model_homes import NO_KEYRING, kit_beside

PASSPHRASE = "open sesame 4711"
NOWHERE = "http://127.0.0.1:9"


def channel_home(home: Path, **sections: dict[str, Any]) -> Path:
    """A home whose `[channels]` have these values; prices come from the simulator at once."""
    config = home / "config" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    lines = ["[engine]", "enabled = false", "[exchanges.binance]", f'base_url = "{NOWHERE}"']
    for name, values in sections.items():
        lines.append(f"[channels.{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    config.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return home


async def kit(home: Path, *words: str, stdin: str = "", **environ: str) -> tuple[int, str, str]:
    """Exit code, output and complaints of one `kit` process."""
    done = await kit_beside(
        home, *words, stdin=stdin, **{"KIT_VAULT_PASSPHRASE": PASSPHRASE, **environ}
    )
    return done.returncode, done.stdout, done.stderr


class Running:
    """A `kit` process that is still at work."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> Any:
        """The next line of its output, as JSON."""
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            return json.loads(await self.process.stdout.readline())

    async def end(self) -> tuple[int | None, str]:
        """Its exit code and complaints."""
        async with asyncio.timeout(60):
            _, err = await self.process.communicate()
        return self.process.returncode, err.decode()


@asynccontextmanager
async def started(home: Path, *words: str, **environ: str) -> AsyncIterator[Running]:
    """A `kit` process that is talked to while it runs; killed if it is left over."""
    environment = {"KIT_VAULT_PASSPHRASE": PASSPHRASE, **environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kit_tui", *words,
        env=kit_environment(home, PYTHON_KEYRING_BACKEND=NO_KEYRING, **environment),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
