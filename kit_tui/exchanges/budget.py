"""How much a venue may be asked, per bucket, before it is asked. Nothing is sent above a limit.

Cancels, stops and reduce-only orders have a reserve that reads and entries never touch. Reads wait
a little for room, entries are refused at once, since an entry that waits is one nobody wants any
more. All accounts and feeds that reach a venue at one address share one `Budget`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import field

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import OrderRejectedError, RateLimitedError

RESERVE = 0.15
_BULK = 0.7
# How long each purpose may wait for room; beyond it the caller is told how long it would take.
_PATIENCE = {"bulk": 2.0, "read": 5.0, "entry": 0.0, "exit": 20.0, "cancel": 30.0}
_TINY = 1e-6  # sums of floats are off by less
RATE_LIMIT = "RATE_LIMIT"


class Purpose(StrEnum):
    """Why a venue is asked, the least urgent first."""

    BULK = "bulk"
    READ = "read"
    ENTRY = "entry"
    EXIT = "exit"
    CANCEL = "cancel"

    @property
    def is_urgent(self) -> bool:
        return self in {Purpose.EXIT, Purpose.CANCEL}


class Cost(msgspec.Struct, frozen=True):
    """What one request takes from one bucket."""

    bucket: str
    weight: float


class _Bucket(msgspec.Struct):
    """One limit over a sliding window; sliding never lets more through than a fixed minute would.

    `foreign` is what others used of it by the venue's own count, until `foreign_until`.
    """

    limit: float
    seconds: float
    spent: deque[tuple[float, float]] = field(default_factory=deque)
    used: float = 0.0
    foreign: float = 0.0
    foreign_until: float = 0.0
    closed_until: float = 0.0

    def forget(self, now: float) -> None:
        while self.spent and self.spent[0][0] <= now - self.seconds:
            self.used -= self.spent.popleft()[1]
        if not self.spent:
            self.used = 0.0
        if self.foreign_until <= now:
            self.foreign = 0.0

    def wait(self, weight: float, now: float, share: float, part: float) -> float:
        """Seconds until `weight` fits into `part` of our share; 0 when it does now."""
        if self.closed_until > now:
            return self.closed_until - now
        self.forget(now)
        own = self.limit * share * part
        over = max(self.used + weight - own, self.used + self.foreign + weight - self.limit * part)
        if over <= _TINY or (not self.spent and not self.foreign):
            return 0.0  # one request alone is never above a limit for good
        for at, spent in self.spent:
            over -= spent
            if over <= _TINY:
                return max(at + self.seconds - now, 0.001)
        return max(self.foreign_until - now, 0.001)

    def spend(self, weight: float, now: float) -> None:
        self.spent.append((now, weight))
        self.used += weight


class Budget:
    """The limits of one venue at one address.

    `share` is our part of them where several instances use the same address: 1/N for each of N.
    """

    def __init__(self, clock: Clock, *, share: float = 1.0, reserve: float = RESERVE) -> None:
        self._clock = clock
        self._reserve = reserve
        self._buckets: dict[str, _Bucket] = {}
        self._banned_until = 0.0
        self.share = share

    def limit(self, bucket: str, limit: float, seconds: float) -> None:
        """Set or change what a bucket holds per window."""
        known = self._buckets.get(bucket)
        if known is None:
            self._buckets[bucket] = _Bucket(limit, seconds)
        else:
            known.limit, known.seconds = limit, seconds

    def has(self, bucket: str) -> bool:
        """Whether a limit is set for a bucket."""
        return bucket in self._buckets

    @property
    def banned_for(self) -> float:
        """Seconds until the venue may be asked anything at all."""
        return max(0.0, self._banned_until - self._clock.monotonic())

    def pressure(self, bucket: str) -> float:
        """How much of what reads may use of a bucket is used, 0 to 1 and more."""
        known = self._buckets.get(bucket)
        if known is None:
            return 0.0
        known.forget(self._clock.monotonic())
        whole = known.limit * (1 - self._reserve)
        return max(known.used / (whole * self.share), (known.used + known.foreign) / whole)

    async def spend(self, venue: str, costs: Iterable[Cost], purpose: Purpose) -> None:
        """Take what a request costs, waiting for room as long as its purpose allows.

        Raises:
            OrderRejectedError: with the code `RATE_LIMIT`, for orders. Nothing was sent.
            RateLimitedError: for reads and cancels. Nothing was sent.
        """
        known = [(self._buckets[c.bucket], c.weight) for c in costs if c.bucket in self._buckets]
        part = self._part(purpose)
        patience = _PATIENCE[purpose]
        while True:
            now = self._clock.monotonic()
            waits = [bucket.wait(weight, now, self.share, part) for bucket, weight in known]
            wait = max([self.banned_for, *waits])
            if wait <= 0:
                break
            if wait > patience:
                raise _refusal(venue, purpose, wait)
            patience -= wait
            await self._clock.sleep(wait)
        now = self._clock.monotonic()
        for bucket, weight in known:
            bucket.spend(weight, now)

    def _part(self, purpose: Purpose) -> float:
        """How much of a limit a purpose may use; bulk reading leaves room for prices and polls."""
        if purpose.is_urgent:
            return 1.0
        return (1.0 - self._reserve) * (_BULK if purpose is Purpose.BULK else 1.0)

    def seen(self, bucket: str, used: float) -> None:
        """The venue's own count of a bucket: what is above ours was used by others."""
        known = self._buckets.get(bucket)
        if known is None:
            return
        now = self._clock.monotonic()
        known.forget(now)
        known.foreign = max(0.0, used - known.used)
        known.foreign_until = now + known.seconds

    def close(self, bucket: str, seconds: float) -> None:
        """Ask nothing of a bucket for a while, as Retry-After says."""
        known = self._buckets.get(bucket)
        if known is None:
            self.ban(seconds)
            return
        known.closed_until = max(known.closed_until, self._clock.monotonic() + seconds)

    def ban(self, seconds: float) -> None:
        """Ask the venue nothing at all for a while."""
        self._banned_until = max(self._banned_until, self._clock.monotonic() + seconds)

    def ban_until(self, moment: datetime) -> None:
        """Ask the venue nothing at all until a moment which it named, a day at most."""
        seconds = (moment - self._clock.now()).total_seconds()
        self.ban(min(max(seconds, 0.0), 86_400.0))


class Budgets:
    """One budget per venue and address, for all accounts and feeds of this process."""

    def __init__(self, clock: Clock, *, share: float = 1.0) -> None:
        self._clock = clock
        self._share = share
        self._known: dict[tuple[str, str], Budget] = {}

    def of(self, venue: str, base_url: str | None = None, *, sandbox: bool = False) -> Budget:
        """The budget of a venue at an address; a testnet is another address."""
        key = (venue, base_url or ("sandbox" if sandbox else ""))
        if key not in self._known:
            self._known[key] = Budget(self._clock, share=self._share)
        return self._known[key]

    def set_share(self, share: float) -> None:
        """Our part of every limit from now on."""
        self._share = share
        for budget in self._known.values():
            budget.share = share


def _refusal(venue: str, purpose: Purpose, wait: float) -> Exception:
    text = f"{venue} may not be asked for another {wait:.0f} s; nothing was sent."
    if purpose in {Purpose.ENTRY, Purpose.EXIT}:
        return OrderRejectedError(text, code=RATE_LIMIT)
    return RateLimitedError(text, retry_after=wait)
