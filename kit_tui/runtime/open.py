"""Opens a desk: on the engine that already owns this home, or on one started in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from kit_tui.domain.errors import KitError
from kit_tui.gateway.desk import Desk
from kit_tui.gateway.remote import EngineLostError, RemoteDesk
from kit_tui.runtime.clock import SystemClock
from kit_tui.runtime.engine import Engine
from kit_tui.runtime.logs import log_to_file
from kit_tui.runtime.owner import OwnerLock
from kit_tui.runtime.plans import DEMO
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import Locations

PATIENCE_S = 20.0
PAUSE_S = 0.05


async def open_desk(
    locations: Locations,
    *,
    demo: bool,
    environ: Mapping[str, str],
    channel: str = "terminal",
    account: str | None = None,
) -> Desk:
    """A desk on this home's engine, on the named account, else on the one that comes first.

    Whoever gets the lock starts the engine; everyone else forwards to its socket. An owner that
    was killed leaves no lock behind, so the next caller takes over.

    Raises:
        KitError: when settings or journal are unusable, or the owner does not answer.
    """
    if demo or account == DEMO:
        account, demo = DEMO, True
    locations.ensure()
    log_to_file(locations.log_file, environ)
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    lock = OwnerLock(locations.lock)
    while asyncio.get_running_loop().time() < deadline:
        try:
            async with asyncio.timeout_at(deadline):
                return await RemoteDesk.connect(locations.socket, account=account, channel=channel)
        except TimeoutError:
            break
        except (OSError, EngineLostError):
            pass
        if _acquired(lock):
            start = partial(
                _started, locations, environ, demo=demo, channel=channel, account=account
            )
            return await _own(lock, start, account, channel)
        await asyncio.sleep(PAUSE_S)
    raise KitError(
        f"Process {lock.owner_pid()} owns this home but does not answer.",
        hint="Wait for it, or stop it and start again.",
    )


def _acquired(lock: OwnerLock) -> bool:
    try:
        return lock.acquire()
    except OSError as error:
        raise KitError(
            f"The home cannot be used: {error.strerror or error} ({error.filename}).",
            hint="kit doctor shows what is wrong with it.",
        ) from error


async def _started(
    locations: Locations,
    environ: Mapping[str, str],
    *,
    demo: bool,
    channel: str,
    account: str | None,
) -> Engine:
    engine = Engine(locations, load_settings(locations, environ), SystemClock(), environ)
    # A single command is too short-lived to answer the phone.
    await engine.start(demo=demo, serve_channels=channel != "cli", account=account)
    return engine


async def _own(
    lock: OwnerLock, start: Callable[[], Awaitable[Engine]], account: str | None, channel: str
) -> Desk:
    try:
        engine = await start()
    except BaseException:
        lock.release()
        raise

    async def stop() -> None:
        await engine.stop()
        lock.release()

    return await engine.open_desk(account, channel, on_close=stop)
