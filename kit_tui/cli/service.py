"""`kit gateway`: the engine without a screen, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal

from kit_tui.cli.failures import DONE, FAILED, INTERRUPTED
from kit_tui.cli.owner import owner_of
from kit_tui.cli.shell import Shell
from kit_tui.cli.words import parser_for
from kit_tui.domain.errors import KitError
from kit_tui.gateway.desk import Desk
from kit_tui.state.slices import SESSION


def gateway(shell: Shell, words: list[str]) -> int:
    """`kit gateway [--demo]`.

    Raises:
        KitError: when an engine runs on this home already.
    """
    given = parser_for("gateway", "Run the engine without a screen.").parse_args(words)
    owner = owner_of(shell.locations)
    if owner is not None:
        raise KitError(
            f"Process {owner} runs the engine of this home already.",
            hint="Every kit command reaches that one; stop it first to start another.",
        )
    return asyncio.run(_serve(shell, demo=given.demo))


async def _serve(shell: Shell, *, demo: bool) -> int:
    loop = asyncio.get_running_loop()
    told: asyncio.Future[int] = loop.create_future()

    def stop(code: int) -> None:
        if not told.done():
            told.set_result(code)

    for number, code in (
        (signal.SIGTERM, DONE),
        (signal.SIGHUP, DONE),
        (signal.SIGINT, INTERRUPTED),
    ):
        loop.add_signal_handler(number, stop, code)
    desk = await shell.desk(demo=demo, channel="gateway")
    try:
        shell.complain(_greeting(shell, desk))
        return await _until(desk, told)
    finally:
        await desk.close()


async def _until(desk: Desk, told: asyncio.Future[int]) -> int:
    """Wait for a signal; a desk on somebody else's engine also ends when that does."""
    wait_lost = getattr(desk, "wait_lost", None)
    lost = asyncio.ensure_future(wait_lost()) if wait_lost else asyncio.Future[None]()
    await asyncio.wait({told, lost}, return_when=asyncio.FIRST_COMPLETED)
    lost.cancel()
    return told.result() if told.done() else FAILED


def _greeting(shell: Shell, desk: Desk) -> str:
    session = desk.store.get(SESSION)
    about = f"{session.mode.value} account on {session.source} prices" if session else "ready"
    notice = f"\n{session.notice}" if session and session.notice else ""
    return f"K.I.T. runs as process {os.getpid()}: {about}. {shell.locations.socket}{notice}"
