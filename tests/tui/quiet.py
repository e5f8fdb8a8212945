"""Waiting until a screen has nothing left to do, without waiting longer."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

FRAME_S = 1 / 50


async def until_quiet(min_sleep: float = FRAME_S, max_sleep: float = 1.0) -> None:
    """Return once no callback is ready and no timer is due within `min_sleep` or a frame.

    Textual's own wait sleeps for a frame and looks whether the processor was used meanwhile, again
    and again: most of a test's time. What is waited for here is seen in the loop itself.
    """
    loop: Any = asyncio.get_running_loop()  # its queues have no public name
    until = monotonic() + max_sleep
    while monotonic() < until:
        await asyncio.sleep(0)
        if loop._ready:
            continue
        due = [timer.when() for timer in loop._scheduled if not timer.cancelled()]
        left = min(due, default=float("inf")) - loop.time()
        if left > max(min_sleep, FRAME_S):
            return
        await asyncio.sleep(max(left, 0.0))
