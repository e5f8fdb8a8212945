"""One account as the gateway sees it: its store, prices, trading engine and commands."""

from __future__ import annotations

import msgspec
from msgspec import field

from kit_tui.ai.engine import AiEngine
from kit_tui.commands.registry import Registry
from kit_tui.domain.orders import Mode
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import Exchange
from kit_tui.exchanges.feed import Feed
from kit_tui.state.store import Store
from kit_tui.trading.engine import TradingEngine


class Account(msgspec.Struct, eq=False):
    """The services of one account. Accounts share the journal, the conversation and the halt."""

    name: str
    mode: Mode
    store: Store
    market: Feed
    trading: TradingEngine
    understanding: AiEngine
    exchange: Exchange
    registry: Registry = field(default_factory=Registry)

    async def watch_chart(self, pair: Pair, timeframe: str) -> None:
        """Keep this pair's candles and depth fresh in the store."""
        await self.market.watch_chart(pair, timeframe)

    async def close(self) -> None:
        """Finish what is under way, then let go of the venue."""
        await self.trading.settle()
        await self.market.close()
        await self.exchange.close()
