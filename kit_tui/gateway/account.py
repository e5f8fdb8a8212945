"""One account as the gateway sees it: its store, prices, trading engine and commands."""

from __future__ import annotations

from dataclasses import dataclass, field

from kit_tui.ai.engine import AiEngine
from kit_tui.commands.command import MarketSource
from kit_tui.commands.registry import Registry
from kit_tui.domain.orders import Mode
from kit_tui.state.store import Store
from kit_tui.trading.engine import TradingEngine


@dataclass(slots=True)
class Account:
    """The services of one account. Accounts share the journal, the conversation and the halt."""

    name: str
    mode: Mode
    store: Store
    market: MarketSource
    trading: TradingEngine
    understanding: AiEngine
    registry: Registry = field(default_factory=Registry)
