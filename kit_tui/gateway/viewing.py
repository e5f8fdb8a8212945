"""What a viewer gets to see: the market and the connections, nothing of the account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast

from msgspec.structs import replace

from kit_tui.domain.message import Message, Principal, Role
from kit_tui.state.slices import (
    CANDLES,
    CONNECTIONS,
    DEPTH,
    SESSION,
    TICKERS,
    TRENDS,
    WATCHLIST,
    Connection,
    Slice,
)
from kit_tui.state.store import Listener, StoreView, Unsubscribe

T = TypeVar("T")

PUBLIC: Final = frozenset(
    slot.name for slot in (SESSION, TICKERS, CANDLES, TRENDS, DEPTH, CONNECTIONS, WATCHLIST)
)


class PublicStore:
    """A store without balances, positions, orders, profit, limits and the conversation."""

    def __init__(self, store: StoreView) -> None:
        self._store = store

    def get(self, slot: Slice[T]) -> T | None:
        if slot.name not in PUBLIC:
            return None
        return cast("T | None", _public(slot, self._store.get(slot)))

    def subscribe(self, listener: Listener) -> Unsubscribe:
        def heard(slot: Slice[Any], snapshot: Any) -> None:
            if slot.name in PUBLIC:
                listener(slot, _public(slot, snapshot))

        return self._store.subscribe(heard)


def store_for(principal: Principal, store: StoreView) -> StoreView:
    """The store as far as this person may look into it."""
    return store if principal.role >= Role.TRADER else PublicStore(store)


def history_for(principal: Principal, history: Sequence[Message]) -> tuple[Message, ...]:
    """The conversation as far as this person may hear of it: a viewer only of their own part."""
    if principal.role >= Role.TRADER:
        return tuple(history)
    return tuple(message for message in history if message.principal == principal.key)


def _public(slot: Slice[Any], snapshot: Any) -> Any:
    """A snapshot without what an account's connection says of its books."""
    if slot.name != CONNECTIONS.name or snapshot is None:
        return snapshot
    lines: tuple[Connection, ...] = snapshot
    return tuple(replace(line, detail="") if line.kind == "account" else line for line in lines)
