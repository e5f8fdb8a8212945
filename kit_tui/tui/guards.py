"""Runs the app so that the terminal is clean afterwards, whatever ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kit_tui.tui.app import KitApp


def run_guarded(make: Callable[[], KitApp], *, mouse: bool = True) -> int:
    """Run an app; returns the exit code."""
    app = make()

    async def main() -> None:
        try:
            await app.run_async(mouse=mouse)
        finally:
            await app.link.close()

    asyncio.run(main())
    return app.return_code or 0
