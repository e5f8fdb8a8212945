"""The desk of the engine in this process: one per terminal, command line or socket client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Pairing, Person
from kit_tui.domain.ticket import OrderRequest
from kit_tui.gateway.account import Account
from kit_tui.gateway.context import moved_by
from kit_tui.gateway.desk import CommandInfo, Outcome, Preview
from kit_tui.gateway.gateway import Gateway
from kit_tui.gateway.key_forms import ConnectRequest, KeyReport
from kit_tui.gateway.keys import require_local_owner
from kit_tui.state.slices import ALL_SLICES, APPROVALS, Slice
from kit_tui.state.store import Store, StoreView, Unsubscribe

log = logging.getLogger(__name__)


class LocalDesk:
    """`Desk` on a gateway in this process.

    With `account` it stays on that account, without it follows the engine's primary one: when
    live prices return after a start without network, the desk moves over by itself.
    """

    def __init__(
        self,
        gateway: Gateway,
        principal: Principal,
        *,
        account: str | None = None,
        on_close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._gateway = gateway
        self._principal = principal
        self._store = Store()
        self._on_close = on_close
        self._follows = account is None
        self._leave: Unsubscribe = lambda: None
        self._account = ""
        self._shown: Account | None = None
        self._chart: tuple[Pair, str] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._shown_codes: dict[str, str] = {}
        self._move(account or gateway.primary)
        gateway.on_primary_changed.append(self._primary_changed)

    @property
    def store(self) -> StoreView:
        return self._store

    @property
    def account(self) -> Account:
        return self._gateway.accounts[self._account]

    async def move_to(self, account: str) -> None:
        """Show another account from here on; the chart goes along."""
        await self._gateway.open_account(account)
        self._follows = False
        self._turn_to(account)

    async def send(self, text: str, *, approve: bool = False) -> Outcome:
        with moved_by(self.move_to):
            return await self._gateway.message(
                self._principal, text, account=self._account, approve=approve
            )

    async def run(self, command: str, arguments: Mapping[str, str]) -> Reply:
        with moved_by(self.move_to):
            return await self._gateway.run(
                self._principal, command, dict(arguments), account=self._account
            )

    async def propose(self, request: OrderRequest, *, instead_of: str = "") -> Outcome:
        return await self._gateway.propose(
            self._principal, request, account=self._account, instead_of=instead_of
        )

    async def preview(self, request: OrderRequest) -> Preview:
        return await self._gateway.preview(request, account=self._account)

    async def approve(
        self, ticket_id: str, ticket_hash: str | None = None, typed: str = ""
    ) -> Outcome:
        return await self._gateway.answer_ticket(
            self._principal, ticket_id, ticket_hash, True, typed=typed
        )

    async def reject(self, ticket_id: str) -> Outcome:
        return await self._gateway.answer_ticket(self._principal, ticket_id, None, False)

    async def halt(self, reason: str = "") -> Reply:
        return await self._gateway.halt(self._principal, reason)

    async def watch_chart(self, pair: Pair, timeframe: str) -> None:
        self._chart = (pair, timeframe)
        await self.account.watch_chart(pair, timeframe)

    async def connect_account(self, request: ConnectRequest) -> KeyReport:
        require_local_owner(self._principal)
        if self._gateway.keys is None:
            raise KitError("This engine keeps no keys.")
        return await self._gateway.keys.connect(request)

    async def pair(self, channel: str, role: Role = Role.TRADER) -> Pairing:
        require_local_owner(self._principal)
        shown = self._gateway.people.open(channel, role, self._principal)
        self._shown_codes[channel] = shown.code
        return shown

    async def void_code(self, channel: str) -> None:
        require_local_owner(self._principal)
        self._gateway.people.close(channel)

    async def unpair(self, key: str) -> Person:
        require_local_owner(self._principal)
        return await self._gateway.people.remove(key, self._principal)

    async def commands(self) -> tuple[CommandInfo, ...]:
        return tuple(
            CommandInfo(
                name=c.name, help=c.help, detail=c.detail, usage=c.usage, effect=c.effect.value,
                owner=c.owner, aliases=c.aliases,
            )
            for c in self.account.registry.all()
        )  # fmt: skip

    async def interrupt(self) -> bool:
        return self._gateway.interrupt(self._principal)

    @property
    def lost(self) -> bool:
        """The engine lives in this process: it is lost only when the desk was closed."""
        return self._closed

    async def close(self) -> None:
        if self._closed:
            return
        self._leave()
        if self._primary_changed in self._gateway.on_primary_changed:
            self._gateway.on_primary_changed.remove(self._primary_changed)
        self._closed = True
        for channel, code in self._shown_codes.items():  # nobody sees them any more
            self._gateway.people.close(channel, code)
        if self._on_close is not None:
            await self._on_close()

    def _primary_changed(self, name: str) -> None:
        self._turn_to(name if self._follows else self._account)

    def _turn_to(self, name: str) -> None:
        if self._gateway.accounts[name] is self._shown:
            return
        self._move(name)
        if self._chart is not None:  # the other account's feed does not know of it yet
            task = asyncio.create_task(self._watch_again(*self._chart))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _watch_again(self, pair: Pair, timeframe: str) -> None:
        try:
            await self.account.watch_chart(pair, timeframe)
        except KitError as error:
            log.info("%s is not charted on %s: %s", pair, self._account, error.message)

    def _move(self, name: str) -> None:
        self._leave()
        self._account, self._shown = name, self._gateway.accounts[name]
        store = self.account.store
        for slot in ALL_SLICES:
            snapshot = store.get(slot)
            if snapshot is None:  # what the account before had must not stand for this one
                self._store.forget(slot)
            else:
                self._relay(slot, snapshot)
        self._leave = store.subscribe(self._relay)

    def _relay(self, slot: Slice[Any], snapshot: Any) -> None:
        if snapshot is None:
            self._store.forget(slot)
            return
        if slot.name == APPROVALS.name:
            # Whoever shows a ticket also needs to know how it was answered.
            snapshot = (*snapshot, *self._gateway.tickets.answered(self._account))
        self._store.publish(slot, snapshot)
