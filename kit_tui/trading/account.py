"""One account's services, as the parts of the trading engine share them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import msgspec

from kit_tui.commands.command import MarketSource
from kit_tui.domain.books import AccountBook
from kit_tui.domain.clock import Clock
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import Mode, Order
from kit_tui.exchanges.base import Exchange
from kit_tui.settings.model import Settings
from kit_tui.state.journal import Journal
from kit_tui.state.store import Store
from kit_tui.trading.trust import Trust

GUARD = Principal(channel="guard", user="risk", name="risk guard", role=Role.TRADER, local=True)


class Numbers(msgspec.Struct):
    """Hands out ticket and order numbers; one per journal, shared by its accounts.

    The ledger's counts move only when an event is durable, so a number is reserved in between.
    """

    ledger: Ledger
    _ticket: int = 0
    _order: int = 0

    def next_ticket(self) -> str:
        self._ticket = max(self._ticket, self.ledger.ticket_count) + 1
        return str(self._ticket)

    def next_order(self) -> str:
        self._order = max(self._order, self.ledger.order_count) + 1
        return str(self._order)


_NUMBERS: WeakKeyDictionary[Journal, Numbers] = WeakKeyDictionary()


@dataclass(slots=True, kw_only=True)
class TradingAccount:
    """What every part of the engine needs of one account.

    `lock` is held while orders are sent, cancelled or reconciled: one thing at a time, and each
    decides on what the one before has left. `fingerprint` is that of the key in use and
    `base_url` where it goes, empty for the venue's own address: both belong to the arming of real
    money. `trust` says what the venue has refused.
    """

    name: str
    mode: Mode
    exchange: Exchange
    market: MarketSource
    journal: Journal
    store: Store
    settings: Settings
    clock: Clock
    fingerprint: str = ""
    base_url: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    trust: Trust = field(init=False)

    def __post_init__(self) -> None:
        self.trust = Trust(self)

    @property
    def ledger(self) -> Ledger:
        return self.journal.ledger

    @property
    def book(self) -> AccountBook:
        return self.ledger.book(self.name)

    @property
    def venue(self) -> str:
        return self.exchange.name

    @property
    def numbers(self) -> Numbers:
        """The number dispenser of this account's journal."""
        return _NUMBERS.setdefault(self.journal, Numbers(self.ledger))

    def open_orders(self) -> list[Order]:
        """Working orders of ours; those somebody else placed on the venue are left alone."""
        return [order for order in self.ledger.open_orders(self.name) if not order.outside]

    def all_open_orders(self) -> list[Order]:
        """Working orders, those placed on the venue by somebody else included."""
        return self.ledger.open_orders(self.name)
