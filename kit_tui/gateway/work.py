"""Work that is carried to its end: who asked may hang up, what was begun is finished and told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Work:
    """Runs requests as tasks of their own; `on_idle` is called whenever none is left."""

    def __init__(self) -> None:
        self.on_idle: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return bool(self._tasks)

    async def finish(self, request: Coroutine[Any, Any, T]) -> T:
        """Run a request to its end, even if the caller is cancelled meanwhile."""
        task = asyncio.create_task(request)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def settle(self) -> None:
        """Wait for every request under way; for stopping."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever still waits for it gets it; otherwise nobody misses it
        if not self._tasks:
            self.on_idle()
