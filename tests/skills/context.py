"""A command context for skill tests: a scripted market, a real store, a plain watchlist."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from kit_tui.commands.command import Context
from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import Price
from kit_tui.domain.pair import Pair
from kit_tui.domain.size import Size
from kit_tui.domain.ticket import OrderRequest
from kit_tui.state.store import Store
from tests.support.clock import FakeClock
from tests.support.market import ScriptedMarket


@dataclass
class Watched:
    """A watchlist in memory."""

    kept: list[Pair] = field(default_factory=list)

    def pairs(self) -> tuple[Pair, ...]:
        return tuple(self.kept)

    async def add(self, pair: Pair) -> None:
        self.kept.append(pair)

    async def remove(self, pair: Pair) -> None:
        self.kept.remove(pair)


ADA = Principal(channel="tui", user="1", name="Ada", role=Role.OWNER)


class NoProposals:
    """Fails any test in which a skill tries to trade."""

    async def propose(self, request: OrderRequest, context: Context) -> Reply:
        raise AssertionError(f"a reading skill proposed {request} for {context.words}")

    async def size(
        self, pair: Pair, stop: Price, *, risk: Decimal, entry: Price | None = None
    ) -> Size:
        raise KitError(f"nothing of {pair} is sized here ({stop}, {risk}, {entry})")


@dataclass
class Bench:
    """`Context` with its parts open to the test."""

    market: ScriptedMarket = field(default_factory=ScriptedMarket)
    store: Store = field(default_factory=Store)
    clock: FakeClock = field(default_factory=FakeClock)
    watchlist: Watched = field(default_factory=Watched)
    proposals: NoProposals = field(default_factory=NoProposals)
    principal: Principal = ADA
    words: str = ""
    account: str = "paper"
    read_by: str = ""
