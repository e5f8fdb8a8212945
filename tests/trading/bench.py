"""An engine on a scripted venue with a real journal, and the words tests use for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from kit_tui.domain.errors import KitError
from kit_tui.domain.events import LiveArmed
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Mode, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.ticket import OrderRequest, Ticket
from kit_tui.settings.model import Settings
from kit_tui.state.halt import TradingStateFile
from kit_tui.state.journal import Journal
from kit_tui.state.slices import NOTICES, TICKERS
from kit_tui.state.store import Store
from kit_tui.trading.answers import Answer, Proposal
from kit_tui.trading.engine import TradingEngine
from tests.support.clock import FakeClock
from tests.support.scripted_exchange import BTC, ScriptedExchange

OWNER = Principal(channel="terminal", user="1", name="Ada", role=Role.OWNER, local=True)
PHONE = Principal(channel="telegram", user="9", name="Ada's phone", role=Role.TRADER)
KEY = "fingerprint of the key"
VIEWER = Principal(channel="telegram", user="7", name="Guest", role=Role.VIEWER)


class RefusedError(KitError):
    """The checks refused what a test asked for."""


class Bench:
    """One home: clock, venue, journal and engine; `restart` builds the engine anew on the same."""

    def __init__(
        self, home: Path, *, mode: Mode = Mode.PAPER, armed: bool = True, **venue: object
    ) -> None:
        self.home, self.armed = home, armed
        self.clock = FakeClock()
        self.venue = ScriptedExchange(self.clock, mode=mode, **venue)  # type: ignore[arg-type]  # passed on
        self.settings = Settings()
        self.journal: Journal
        self.engine: TradingEngine
        self.store: Store

    def with_risk(self, **changes: Any) -> None:
        """Change risk settings; call before `start`."""
        risk = replace(self.settings.risk_manager, **changes)
        self.settings = replace(self.settings, risk_manager=risk)

    async def start(self, *, engine_only: bool = False) -> TradingEngine:
        if not engine_only:
            self.journal = await Journal.open(self.home / "journal.sqlite", self.clock)
        if self.armed and self.venue.mode is Mode.LIVE and not self.journal.ledger.armed:
            await self.journal.append(
                LiveArmed(
                    account="test", fingerprint=KEY, base_url="", by="Ada", at=self.clock.now()
                )
            )
        self.store = Store()
        self.store.publish(TICKERS, {})
        self.engine = TradingEngine(
            account="test", mode=self.venue.mode, exchange=self.venue, feed=self.venue,
            journal=self.journal, store=self.store, settings=self.settings, clock=self.clock,
            trading_state=TradingStateFile(self.home / "trading_state.json"), fingerprint=KEY,
        )  # fmt: skip
        await self.engine.start()
        return self.engine

    async def stop(self) -> None:
        await self.engine.settle()
        await self.journal.close()

    async def restart(self) -> TradingEngine:
        """A new process on the same home and venue."""
        self.venue.faults.clear()
        await self.stop()
        return await self.start()

    # -- what a person does ----------------------------------------------------------------------

    async def ask(
        self,
        pair: Pair = BTC,
        usdt: str = "100",
        *,
        stop_loss: str | None = None,
        limit: str | None = None,
        who: Principal = OWNER,
    ) -> Proposal:
        request = OrderRequest(
            side=Side.BUY,
            pair=pair,
            type=OrderType.MARKET if limit is None else OrderType.LIMIT,
            quote_amount=Decimal(usdt),
            price=None if limit is None else Price(limit),
            stop_loss=None if stop_loss is None else Price(stop_loss),
        )
        return await self.engine.propose(request, principal=who, words=f"buy {pair} for {usdt}")

    async def ticket(
        self, pair: Pair = BTC, usdt: str = "100", *, stop_loss: str | None = None
    ) -> Ticket:
        return _ticket(await self.ask(pair, usdt, stop_loss=stop_loss))

    async def buy(
        self, pair: Pair = BTC, usdt: str = "100", *, stop_loss: str | None = None
    ) -> Answer:
        ticket = await self.ticket(pair, usdt, stop_loss=stop_loss)
        return await self.approve(ticket)

    async def approve(self, ticket: Ticket, who: Principal = OWNER, *, typed: str = "") -> Answer:
        return await self.engine.approve(
            ticket.id, principal=who, ticket_hash=ticket.hash, typed=typed
        )

    async def sell(
        self, pair: Pair = BTC, *, fraction: str | None = None, stop: str | None = None
    ) -> Answer:
        request = OrderRequest(
            side=Side.SELL,
            pair=pair,
            type=OrderType.MARKET if stop is None else OrderType.STOP,
            fraction=None if fraction is None else Decimal(fraction),
            stop_price=None if stop is None else Price(stop),
            reduce_only=True,
        )
        proposal = await self.engine.propose(request, principal=OWNER, words="sell")
        return await self.approve(_ticket(proposal))

    async def poll(self, seconds: float = 5) -> None:
        """What the feed does: fetch quotes if it can, publish them, run a round."""
        self.clock.advance(seconds)
        if not self.venue.down:
            quotes = await self.venue.fetch_tickers(list(self.venue.prices))
            self.store.publish(TICKERS, dict(quotes))
        await self.engine.tick()

    # -- what is seen ----------------------------------------------------------------------------

    @property
    def orders(self) -> list[Order]:
        return list(self.journal.ledger.orders.values())

    def statuses(self) -> list[OrderStatus]:
        return [order.status for order in self.orders]

    def held(self, pair: Pair = BTC) -> Decimal:
        position = self.journal.ledger.position("test", pair)
        return position.signed_quantity if position is not None else Decimal(0)

    def notices(self) -> str:
        return "\n".join(notice.text for notice in self.store.get(NOTICES) or ())

    def state(self) -> str:
        """The trading state: active, reducing or halted."""
        return self.engine.status.state.value

    def agrees(self) -> bool:
        """Whether positions equal what the venue holds, and no order is doubled."""
        ids = [order.client_id for order in self.venue.sent]
        held = {
            currency: total
            for currency, total in self.venue.total.items()
            if currency != "USDT" and total != 0
        }
        ours = {p.pair.base: p.signed_quantity for p in self.journal.ledger.open_positions("test")}
        return held == ours and len(ids) == len(set(ids))


def _ticket(proposal: Proposal) -> Ticket:
    if proposal.ticket is None:
        raise RefusedError(proposal.reply.text)
    return proposal.ticket


@asynccontextmanager
async def bench(home: Path, *, mode: Mode = Mode.PAPER, **more: Any) -> AsyncIterator[Bench]:
    """A started bench, stopped at the end."""
    made = Bench(home, mode=mode, **more)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
