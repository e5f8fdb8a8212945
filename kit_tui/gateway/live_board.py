"""Shows a model's turns while they run: the first change at once, then in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kit_tui.domain.turn import LiveTurn

# Eight to ten batches a second read as flowing text and keep a slow line calm.
BATCH_S = 0.1


class LiveBoard:
    """The newest state of every turn under way, published through `publish`."""

    def __init__(self, publish: Callable[[tuple[LiveTurn, ...]], None]) -> None:
        self._publish = publish
        self._turns: dict[str, LiveTurn] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._changed = False

    def get(self, turn_id: str) -> LiveTurn | None:
        """A turn as it was shown last."""
        return self._turns.get(turn_id)

    def show(self, turn: LiveTurn) -> None:
        """Take a turn's new state; it is published now, or with the next batch."""
        self._turns[turn.id] = turn
        if self._timer is None:
            self._flush()
        else:
            self._changed = True

    def end(self, turn_id: str) -> None:
        """Take a turn away at once."""
        if self._turns.pop(turn_id, None) is not None:
            self._publish(tuple(self._turns.values()))

    def _flush(self) -> None:
        self._changed = False
        self._publish(tuple(self._turns.values()))
        self._timer = asyncio.get_running_loop().call_later(BATCH_S, self._due)

    def _due(self) -> None:
        self._timer = None
        if self._changed:
            self._flush()
