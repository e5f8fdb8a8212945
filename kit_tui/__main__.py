"""The command `kit`: without a subcommand the full-screen terminal, otherwise the command line.

The way to the first paint imports nothing it does not need; a test names what must stay away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kit_tui.gateway.desk import Desk
    from kit_tui.settings.locations import Locations

FAILED = 1
INTERRUPTED = 130


def main() -> int:
    """Run `kit` with the process's arguments and return its exit code."""
    words = sys.argv[1:]
    from kit_tui.settings.redaction import guard_crashes

    guard_crashes()
    try:
        named = words[1] if len(words) == 2 and words[0] == "--account" else None
        if words in ([], ["--demo"]) or (named and not named.startswith("-")):
            return _screen(os.environ, demo="--demo" in words, account=named)
        from kit_tui.cli.main import run

        return run(words)
    except KeyboardInterrupt:
        return INTERRUPTED


def _screen(environ: Mapping[str, str], *, demo: bool, account: str | None) -> int:
    problem = _no_terminal(environ)
    if problem:
        print(f"kit: {problem}", file=sys.stderr)  # noqa: T201 - the one line there is to say
        return FAILED
    import gc

    _lighten_numpy()
    # Modules and classes are made to stay: looking through them for garbage again and again would
    # take a fifth of the start. `_open` switches it on.
    gc.disable()
    from kit_tui.settings.early import read_ui
    from kit_tui.settings.locations import find_locations

    locations = find_locations(environ)
    try:
        if locations.vault.exists() and not demo:
            from kit_tui.cli.unlock import unlocked

            environ = unlocked(locations, environ, model=True, channels=True)
        from kit_tui.tui.app import run_app

        async def opener() -> Desk:
            return await _open(locations, environ, demo=demo, account=account)

        return run_app(opener, ui=read_ui(locations), demo=demo)
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback on screen
        from kit_tui.cli.failures import crashed

        return crashed(error, locations, environ, sys.stderr)


def _lighten_numpy() -> None:
    """Leave out of numpy's import what costs a fifth of it and is of no use here."""
    # Threads for large matrices, of which there are none.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Docstrings of what is written in C; these modules do nothing but attach them.
    for name in ("numpy._core._add_newdocs", "numpy._core._add_newdocs_scalars"):
        sys.modules.setdefault(name, ModuleType(name))


def _no_terminal(environ: Mapping[str, str]) -> str:
    """Why the full screen cannot be shown here, or nothing."""
    if not (sys.stdin and sys.stdout and sys.stdin.isatty() and sys.stdout.isatty()):
        return "the full-screen program needs a terminal; `kit ask TEXT` works without one."
    if environ.get("TERM", "dumb") in ("", "dumb"):
        return "this terminal (TERM is dumb or not set) cannot show a full screen; try `kit ask`."
    return ""


async def _open(
    locations: Locations, environ: Mapping[str, str], *, demo: bool, account: str | None
) -> Desk:
    """Open the desk; what that imports is loaded beside the event loop, so the screen answers."""
    import asyncio
    import gc
    from importlib import import_module

    try:
        opening = await asyncio.to_thread(import_module, "kit_tui.runtime.open")
        # Charts and simulated prices need numpy: it loads while files are opened and written.
        numpy = asyncio.create_task(asyncio.to_thread(import_module, "numpy"))
        desk: Desk = await opening.open_desk(locations, demo=demo, environ=environ, account=account)
        await asyncio.wait({numpy})
    finally:
        gc.freeze()
        gc.enable()
    return desk


if __name__ == "__main__":
    sys.exit(main())
