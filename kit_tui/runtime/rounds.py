"""What one account does after each poll of its venue, and what that says of its connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.trust import AccountTrust
from kit_tui.gateway.account import Account
from kit_tui.state.slices import TRUST, Connection, ConnectionState

CLOCK_EVERY_S = 600.0
log = logging.getLogger(__name__)


class Round:
    """Starts the account until its books once agreed with the venue, then ticks.

    So an account whose venue is down at the start is open all the same: it takes no entries, its
    reads are tried again, and what only a start may conclude is concluded when the venue is back.
    `first` is set when one round is over, `agreed` when the books agreed for the first time.
    """

    def __init__(
        self,
        account: Account,
        clock: Clock,
        watch: Callable[[], None],
        tell: Callable[[Connection], None],
    ) -> None:
        self.first = asyncio.Event()
        self.agreed = asyncio.Event()
        self._account = account
        self._clock = clock
        self.watch = watch
        self._tell = tell
        self._clock_read_at = float("-inf")
        self._connection = Connection(
            name=account.name, kind="account", state="connecting", since=clock.now()
        )
        self._tell(self._connection)

    async def __call__(self) -> None:
        began = self._clock.monotonic()
        try:
            if self.agreed.is_set():
                await self._account.trading.tick()
            else:
                await self._account.trading.start()
            trust = self._account.store.get(TRUST) or AccountTrust(account=self._account.name)
            if not trust.unreconciled and trust.reconciled_at is not None:
                self.agreed.set()
            self._show(*self._judged(trust), (self._clock.monotonic() - began) * 1000)
            await self._read_clock()
        except Exception:
            self._show("degraded", "its last round failed; the log says why", None)
            raise
        finally:
            self.watch()
            self.first.set()

    def _show(self, state: ConnectionState, detail: str, latency_ms: float | None) -> None:
        before, now = self._connection, self._clock.now()
        well = state == "up"
        self._connection = msgspec.structs.replace(
            before, state=state, detail=detail, latency_ms=latency_ms if well else None,
            since=before.since if before.state == state else now,
            last_ok_at=now if well else before.last_ok_at,
            until=self._account.market.venue.connection.until,
        )  # fmt: skip
        self._tell(self._connection)

    def _judged(self, trust: AccountTrust) -> tuple[ConnectionState, str]:
        if trust.keys_refused:
            return "degraded", trust.keys_refused
        if trust.unreconciled or trust.reconciled_at is None:
            down = self._account.market.venue.connection.state == "down"
            return "down" if down else "degraded", trust.unreconciled or "not reconciled yet"
        return "up", ""

    async def _read_clock(self) -> None:
        """How far the venue's clock is from ours, now and then."""
        now = self._clock.monotonic()
        if self._connection.state != "up" or now - self._clock_read_at < CLOCK_EVERY_S:
            return
        self._clock_read_at = now
        try:
            offset = await self._account.exchange.clock_offset_s()
        except KitError as error:
            log.info("the clock of %s could not be read: %s", self._account.name, error)
            return
        self._connection = msgspec.structs.replace(self._connection, clock_offset_s=offset)
        self._tell(self._connection)
