"""The cards on the paper exchange: over prices by hand, and over the simulated market."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.orders import Mode
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import MarketData
from kit_tui.exchanges.paper import PaperExchange
from kit_tui.exchanges.simulator import SimulatedMarket
from tests.acceptance.harness import Ability, Harness
from tests.acceptance.orders import OrderCards
from tests.acceptance.positions import PositionCards
from tests.acceptance.reads import ReadCards
from tests.exchanges.scripted import ScriptedMarketData
from tests.support.clock import FakeClock


class PaperHarness(Harness):
    """Paper over any market; `money` and `moves` when its prices are set by hand."""

    pair = Pair("BTC/USDT")

    def __init__(self, clock: FakeClock, source: MarketData, store: Path) -> None:
        self.clock, self.source = clock, source
        moves: frozenset[Ability] = frozenset({"moves", "reopens"})
        self.abilities = moves if isinstance(source, ScriptedMarketData) else frozenset({"reopens"})
        self.store = store
        self.exchange: PaperExchange = self._built()

    def _built(self) -> PaperExchange:
        return PaperExchange(
            self.source, self.store, self.clock, account="paper", mode=Mode.PAPER,
            cash=Decimal(10_000),
        )  # fmt: skip

    async def reopen(self) -> None:
        await self.exchange.close()
        self.exchange = self._built()

    async def move_to(self, price: Decimal) -> None:
        assert isinstance(self.source, ScriptedMarketData)
        await self.exchange.match()
        self.source.set(str(price.quantize(Decimal("0.01"))), self.pair)
        self.clock.advance(5)

    def placed(self, client_id: str) -> int:
        return int(self.exchange._store.find(client_id) is not None)


class PaperCards(ReadCards, OrderCards, PositionCards):
    """Every card but those of a network, which paper does not have."""


class TestPaper(PaperCards):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        clock = FakeClock()
        source = ScriptedMarketData(clock, "50000")
        running = PaperHarness(clock, source, tmp_path / "paper.sqlite")
        yield running
        await running.exchange.close()


class TestSimulator(PaperCards):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        clock = FakeClock()
        source = SimulatedMarket(clock, 7)
        running = PaperHarness(clock, source, tmp_path / "paper.sqlite")
        yield running
        await running.exchange.close()
