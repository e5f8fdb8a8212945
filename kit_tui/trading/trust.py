"""What one account's venue has refused, and what follows from that for entries.

Nothing here is a truth of its own: what the venue refused is learned again after a restart, the
rest follows from the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from kit_tui.domain.orders import Mode, Order
from kit_tui.domain.pair import Pair
from kit_tui.domain.trust import AccountTrust, Barrier, FrozenPair

if TYPE_CHECKING:
    from kit_tui.trading.account import TradingAccount

# How long reads rest after the venue has refused the keys: each time twice as long as before.
FIRST_REST_S = 30.0
LONGEST_REST_S = 900.0
NOT_YET = "the venue was not asked yet"
# Beyond this no real money is traded; the venue's clock is read anew now and then.
CLOCK_LIMIT_S = 10.0
CLOCK_EVERY_S = 600.0
CLOCK_RETRY_S = 30.0


class Trust:
    """The state of one account: keys, arming, reconciliation, and pairs that take no entries."""

    def __init__(self, account: TradingAccount) -> None:
        self._account = account
        self.keys_refused = ""
        self.reconciled_at: datetime | None = None
        self.unreconciled = NOT_YET
        self.unpriced: tuple[str, ...] = ()
        self.clock_offset_s: float | None = None
        self._clock_read_at = float("-inf")
        self._closed: dict[Pair, FrozenPair] = {}
        self._delisted: dict[Pair, FrozenPair] = {}
        self._asks: dict[str, int] = {}
        self._read_refused = False
        self._rests = 0
        self._rest_until = float("-inf")

    # -- keys ------------------------------------------------------------------------------------

    def refuse_keys(self, message: str, *, reading: bool) -> bool:
        """The venue refused the keys; returns whether that is news."""
        news = not self.keys_refused
        self.keys_refused = message
        if reading:
            self._read_refused = True
            rest = min(FIRST_REST_S * 2**self._rests, LONGEST_REST_S)
            self._rests += 1
            self._rest_until = self._account.clock.monotonic() + rest
        return news

    def took_keys(self, *, reading: bool) -> None:
        """The venue answered with these keys: reading proves reading only, an order proves all."""
        if reading and not self._read_refused:
            return
        self.keys_refused = ""
        self._read_refused = False
        self._rests = 0
        self._rest_until = float("-inf")

    @property
    def is_resting(self) -> bool:
        """Whether the venue should not be asked now, because it keeps refusing the keys."""
        return self._account.clock.monotonic() < self._rest_until

    # -- arming ----------------------------------------------------------------------------------

    @property
    def armed(self) -> bool | None:
        """Whether a person let this key trade real money here; None where there is none."""
        account = self._account
        if account.mode is not Mode.LIVE:
            return None
        key = (account.fingerprint, account.base_url)
        return bool(account.fingerprint) and account.ledger.armed.get(account.name) == key

    # -- clock -----------------------------------------------------------------------------------

    @property
    def is_clock_due(self) -> bool:
        """Whether the venue's clock should be read: real money goes by it. One that is off soon."""
        if self._account.mode is not Mode.LIVE:
            return False
        rest = CLOCK_RETRY_S if self.clock_off else CLOCK_EVERY_S
        return self._account.clock.monotonic() - self._clock_read_at >= rest

    @property
    def clock_off(self) -> str:
        """Why the clocks forbid real money; empty when they agree or there is none."""
        account, offset = self._account, self.clock_offset_s
        if account.mode is not Mode.LIVE:
            return ""
        if offset is None:
            return f"{account.venue}'s clock was not read yet"
        if abs(offset) <= CLOCK_LIMIT_S:
            return ""
        way = "behind" if offset > 0 else "ahead of"
        return f"this machine's clock is {abs(offset):.0f} s {way} {account.venue}'s"

    def read_clock(self, offset_s: float) -> bool:
        """The venue's clock is so far ahead of ours; returns whether it is newly too far."""
        before, self.clock_offset_s = self.clock_offset_s, offset_s
        self._clock_read_at = self._account.clock.monotonic()
        was_off = before is not None and abs(before) > CLOCK_LIMIT_S
        return abs(offset_s) > CLOCK_LIMIT_S and not was_off

    # -- reconciliation --------------------------------------------------------------------------

    def agreed(self) -> None:
        """A pass went through: orders, executions and balances are known."""
        self.reconciled_at = self._account.clock.now()
        self.unreconciled = ""

    def disagreed(self, problem: str) -> None:
        """A pass failed; what it would have found is not known."""
        self.unreconciled = problem

    def is_agreed_within(self, seconds: float) -> bool:
        """Whether the last pass went through and is not older than this."""
        if self.reconciled_at is None or self.unreconciled:
            return False
        return (self._account.clock.now() - self.reconciled_at).total_seconds() <= seconds

    # -- pairs -----------------------------------------------------------------------------------

    def close_market(self, pair: Pair, reason: str) -> None:
        """The venue refused an order because it does not trade this pair now."""
        found = FrozenPair(
            pair=pair, code="MARKET_CLOSED", reason=reason, since=self._account.clock.now()
        )
        self._closed.setdefault(pair, found)

    def open_market(self, pair: Pair) -> bool:
        """The venue trades the pair after all, or a person says so; returns whether it was shut."""
        return self._closed.pop(pair, None) is not None

    def set_delisted(self, pairs: set[Pair]) -> None:
        """Pairs which are held and not, or no longer, on the venue's list of active markets."""
        now = self._account.clock.now()
        self._delisted = {
            pair: self._delisted.get(pair)
            or FrozenPair(
                pair=pair, code="MARKET_CLOSED", reason="not traded on the venue now", since=now
            )
            for pair in sorted(pairs)
        }

    def is_closed(self, pair: Pair) -> bool:
        """Whether the pair's market is shut as far as is known."""
        return pair in self._delisted or pair in self._closed

    def asks_for(self, order: Order) -> None:
        """The venue is asked once more what became of an order; the screen tells how often."""
        unknown = {o.id for o in self._account.open_orders() if o.is_unknown}
        self._asks = {i: self._asks.get(i, 0) + (i == order.id) for i in unknown}

    def frozen(self) -> tuple[FrozenPair, ...]:
        """Every pair that takes no entries, with why."""
        return (*self._unknown(), *{**self._closed, **self._delisted}.values(), *self._overfilled())

    def _unknown(self) -> Iterator[FrozenPair]:
        account = self._account
        for order in account.ledger.open_orders(account.name):
            if order.is_unknown:
                reason = f"the outcome of order {order.id} is not known yet"
                yield FrozenPair(
                    pair=order.pair, code="SYMBOL_FROZEN", reason=reason, since=order.updated_at,
                    asked=self._asks.get(order.id, 0),
                )  # fmt: skip

    def _overfilled(self) -> Iterator[FrozenPair]:
        for order in self._account.ledger.overfilled(self._account.name):
            reason = f"order {order.id} filled more than it asked for"
            yield FrozenPair(
                pair=order.pair, code="OVERFILLED", reason=reason, since=order.updated_at
            )

    # -- what follows ----------------------------------------------------------------------------

    def barriers(self) -> tuple[Barrier, ...]:
        """Why entries are refused now, the whole account's reasons first.

        An order of unknown outcome has a check of its own and is left out.
        """
        found: list[Barrier] = []
        if self.keys_refused:
            found.append(Barrier(code="KEYS_REFUSED", detail=self.keys_refused))
        if self.armed is False:
            detail = f"{self._account.name} is not armed for real money: /live {self._account.name}"
            found.append(Barrier(code="LIVE_NOT_ARMED", detail=detail))
        if self.clock_off:
            found.append(Barrier(code="CLOCK_OFFSET", detail=self.clock_off))
        if self.unreconciled:
            found.append(Barrier(code="NOT_RECONCILED", detail=self.unreconciled))
        found += [
            Barrier(code=frozen.code, detail=frozen.reason, pair=frozen.pair)
            for frozen in self.frozen()
            if frozen.code != "SYMBOL_FROZEN"
        ]
        return tuple(found)

    def against(self, pair: Pair) -> str:
        """Why no entry in this pair may be sent now; empty when it may."""
        found = (b for b in self.barriers() if b.pair in (None, pair))
        return next((barrier.detail for barrier in found), "")

    def snapshot(self) -> AccountTrust:
        """The account's state for the screen."""
        return AccountTrust(
            account=self._account.name,
            frozen=self.frozen(),
            keys_refused=self.keys_refused,
            armed=self.armed,
            reconciled_at=self.reconciled_at,
            unreconciled=self.unreconciled,
            unpriced=self.unpriced,
        )
