"""The reactive store: the newest frozen snapshot of every slice, and who wants to hear of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from kit_tui.state.slices import Slice

T = TypeVar("T")
log = logging.getLogger(__name__)

Listener = Callable[[Slice[Any], Any], None]
Unsubscribe = Callable[[], None]


class StoreView(Protocol):
    """The reading side, which is all that panes and channels get."""

    def get(self, slot: Slice[T]) -> T | None:
        """The newest snapshot, or None if nothing was published yet."""
        ...

    def subscribe(self, listener: Listener) -> Unsubscribe:
        """Call `listener(slice, snapshot)` on every publication; returns the way out.

        The snapshot is None when a slice was taken away.
        """
        ...


class Store:
    """Holds one snapshot per slice. Publishing is synchronous and keeps order.

    The store owns nothing: venues and the journal are the truth. A listener that fails is logged
    and keeps its place; it cannot stop the others.
    """

    def __init__(self) -> None:
        self._snapshots: dict[str, object] = {}
        self._listeners: dict[int, Listener] = {}
        self._next_listener = 0

    def get(self, slot: Slice[T]) -> T | None:
        return cast("T | None", self._snapshots.get(slot.name))

    def publish(self, slot: Slice[T], snapshot: T) -> None:
        """Replace a slice's snapshot; an equal snapshot is not announced again."""
        before = self._snapshots.get(slot.name)
        if before is snapshot or (before is not None and before == snapshot):
            return
        self._snapshots[slot.name] = snapshot
        self._announce(slot, snapshot)

    def forget(self, slot: Slice[Any]) -> None:
        """Take a slice's snapshot away; listeners are told None."""
        if self._snapshots.pop(slot.name, None) is not None:
            self._announce(slot, None)

    def subscribe(self, listener: Listener) -> Unsubscribe:
        number = self._next_listener
        self._next_listener += 1
        self._listeners[number] = listener
        return lambda: self._listeners.pop(number, None) and None

    def _announce(self, slot: Slice[Any], snapshot: object) -> None:
        for listener in tuple(self._listeners.values()):
            try:
                listener(slot, snapshot)
            except Exception:
                log.exception("a listener of %s failed", slot.name)
