"""Background jobs: started by name, restarted when they fail, stopped in reverse order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from kit_tui.domain.clock import Clock

log = logging.getLogger(__name__)
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


class Supervisor:
    """Keeps jobs running. A job that returns is done; one that raises is logged and restarted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []

    def spawn(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        """Start a job."""
        self._tasks.append(asyncio.create_task(self._keep(name, job), name=name))

    async def stop(self) -> None:
        """Cancel every job and wait for it."""
        for task in reversed(self._tasks):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._tasks.clear()

    async def _keep(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE_S
        while True:
            started = self._clock.monotonic()
            try:
                await job()
            except Exception:
                log.exception("the job %s failed; it starts again in %.0f s", name, pause)
            else:
                return
            if self._clock.monotonic() - started > LONGEST_PAUSE_S:
                next_pause = FIRST_PAUSE_S
            else:
                next_pause = min(pause * 2, LONGEST_PAUSE_S)
            await self._clock.sleep(pause)
            pause = next_pause
