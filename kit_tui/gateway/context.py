"""What a command gets while it runs on behalf of one person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import Final

import msgspec

from kit_tui.commands.command import Context, MarketSource, Proposals, Watchlist
from kit_tui.domain.cards import Reply
from kit_tui.domain.clock import Clock
from kit_tui.domain.message import Principal
from kit_tui.domain.numbers import Price
from kit_tui.domain.pair import Pair
from kit_tui.domain.size import Size
from kit_tui.domain.ticket import OrderRequest
from kit_tui.state.store import StoreView
from kit_tui.trading.engine import TradingEngine

MoveDesk = Callable[[str], Awaitable[None]]
MOVE_DESK: Final[ContextVar[MoveDesk | None]] = ContextVar("move_desk", default=None)
"""Moves the desk a request came over to another account; None where there is no desk."""


@contextmanager
def moved_by(move: MoveDesk) -> Iterator[None]:
    """Let requests in this block move a desk."""
    token = MOVE_DESK.set(move)
    try:
        yield
    finally:
        MOVE_DESK.reset(token)


class TurnContext(msgspec.Struct, frozen=True):
    """`commands.Context` for one message."""

    principal: Principal
    words: str
    account: str
    store: StoreView
    clock: Clock
    market: MarketSource
    proposals: Proposals
    watchlist: Watchlist
    read_by: str = ""


class TradingProposals(msgspec.Struct, frozen=True):
    """The road from a command to a ticket: through the trading engine, as whoever asked."""

    trading: TradingEngine

    async def propose(self, request: OrderRequest, context: Context) -> Reply:
        proposal = await self.trading.propose(
            request, principal=context.principal, words=context.words, read_by=context.read_by
        )
        return proposal.reply

    async def size(
        self, pair: Pair, stop: Price, *, risk: Decimal, entry: Price | None = None
    ) -> Size:
        return await self.trading.size(pair, stop, risk=risk, entry=entry)
