"""The one bridge from the store to the screen: what changed, told at once, then once a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit_tui.state.slices import TICKERS, TURNS, Slice
from kit_tui.state.store import StoreView, Unsubscribe
from kit_tui.tui.view import Precision

Deliver = Callable[[frozenset[str]], None]
Schedule = Callable[[float, Callable[[], None]], object]


class Bridge:
    """Collects the names of changed slices and hands them over, at most once a frame.

    The first change after a quiet frame is told as soon as whoever published is done, and so are
    the first words of an answer and its end; what else follows within the frame waits for its end.

    Snapshots in the store are complete, so a name is enough: whoever draws reads the newest one,
    and nothing between two frames is lost from lists that only grow.
    """

    def __init__(
        self, deliver: Deliver, schedule: Schedule, frames: float, precision: Precision
    ) -> None:
        self._deliver = deliver
        self._schedule = schedule
        self._pause = 1 / frames
        self._precision = precision
        self._changed: set[str] = set()
        self._turning = False
        self._speaking: set[str] = set()
        self._leave: Unsubscribe | None = None

    def follow(self, store: StoreView) -> None:
        """Follow another store; everything counts as changed."""
        self.leave()
        self._leave = store.subscribe(self._on_change)
        tickers = store.get(TICKERS)
        if tickers:
            self._learn(tickers)

    def leave(self) -> None:
        """Stop following."""
        if self._leave is not None:
            self._leave()
            self._leave = None

    def _on_change(self, slot: Slice[Any], snapshot: Any) -> None:
        if slot.name == TICKERS.name and snapshot is not None:
            self._learn(snapshot)
        self._changed.add(slot.name)
        if slot.name == TURNS.name and self._begins_or_ends(snapshot):
            self._schedule(0, self.flush)
        elif not self._turning:
            self._turning = True
            self._schedule(0, self._turn)

    def _begins_or_ends(self, turns: Any) -> bool:
        """Whether a turn has its first words, or one that spoke is over: no frame is waited for."""
        speaking = {turn.id for turn in turns or () if turn.text}
        before, self._speaking = self._speaking, speaking
        return speaking != before

    def _learn(self, tickers: Any) -> None:
        # A slice that another account does not have is forgotten: there is no snapshot then.
        for pair, ticker in (tickers or {}).items():
            self._precision.note(pair, ticker.last)

    def _turn(self) -> None:
        """Hand over and rest for a frame, until there was one in which nothing changed."""
        self._turning = bool(self._changed)
        if self._turning:
            self._schedule(self._pause, self._turn)
            self.flush()

    def flush(self) -> None:
        """Hand over what changed and was not told yet."""
        changed, self._changed = frozenset(self._changed), set()
        if changed:
            self._deliver(changed)
