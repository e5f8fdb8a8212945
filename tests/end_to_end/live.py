"""An engine on a venue that a test plays: homes that point at it, clocks that can be moved."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from kit_tui.gateway.local import LocalDesk
from kit_tui.runtime.clock import SystemClock
from kit_tui.runtime.engine import Engine
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import SESSION, Session

PATIENCE_S = 10.0
NOTHING: Mapping[str, str] = MappingProxyType({})


class MovableClock(SystemClock):
    """The machine's clock, moved on by a test."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


def point_at(home: Path, url: str, more: str = "") -> Path:
    """Write the settings of a home whose venue is at `url`."""
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "config.toml").write_text(
        f'{more}\n[exchanges.binance]\nbase_url = "{url}"\n', encoding="utf-8"
    )
    return home


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def silent_host() -> Iterator[str]:
    """A host that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def black_hole() -> Iterator[str]:
    """An address where connecting hangs: its queue of connections is full."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(address)
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            for filler in fillers:
                filler.close()


@asynccontextmanager
async def running(
    home: Path,
    clock: SystemClock | None = None,
    *,
    channels: bool = True,
    environ: Mapping[str, str] = NOTHING,
    account: str | None = None,
) -> AsyncIterator[tuple[Engine, LocalDesk]]:
    """A started engine, as `kit gateway` has it, with a desk that follows it."""
    locations = find_locations({"KIT_HOME": str(home)})
    locations.ensure()
    engine = Engine(
        locations, load_settings(locations, environ), clock or SystemClock(), environ,
        retry_network_s=0.05,
    )  # fmt: skip
    await engine.start(demo=False, serve_channels=channels, account=account)
    desk = await engine.open_desk(None, "terminal")
    try:
        yield engine, desk
    finally:
        await desk.close()
        await engine.stop()


def session_of(desk: LocalDesk) -> Session:
    session = desk.store.get(SESSION)
    assert session is not None
    return session


async def until(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Wait until `condition()` holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - any condition, not an event
            await asyncio.sleep(0.02)
