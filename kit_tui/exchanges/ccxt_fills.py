"""The account's executions by pair: read once, kept, and only the news asked for.

Asking for the trades of a hundred pairs at every poll would use up any venue's limits, so of many
pairs only those are asked whose coins moved, whose orders moved, or which were not asked for long.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kit_tui.domain.clock import Clock, to_ms
from kit_tui.domain.orders import Fill
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.ccxt_dialect import Dialect

FEW_PAIRS = 5
STALE_S = 300.0
_STALE_AT_ONCE = 3
_MOST_KEPT = 5_000
_KEPT_BEFORE = timedelta(days=1)
# Venues may tell an execution late, after newer ones: this much before the last look is read again.
_OVERLAP_MS = 600_000


@dataclass(slots=True)
class PairFills:
    """What is known of one pair: executions since `covered_from` (None: all there are)."""

    fills: dict[str, Fill] = field(default_factory=dict)
    order_ids: dict[str, str] = field(default_factory=dict)
    started: bool = False
    covered_from: datetime | None = None
    looked_ms: int = 0
    asked_at: float = 0.0
    moved: bool = True
    holding: Decimal | None = None
    delisted_at: float | None = None

    def covers(self, since: datetime | None) -> bool:
        """Whether executions since then are known up to the last look."""
        if not self.started:
            return False
        return self.covered_from is None or (since is not None and since >= self.covered_from)


class FillBooks:
    """All pairs of an account that matter."""

    def __init__(self, dialect: Dialect, venue: str, clock: Clock) -> None:
        self._dialect = dialect
        self._clock = clock
        self._venue = venue
        self._books: dict[Pair, PairFills] = {}

    @property
    def pairs(self) -> Collection[Pair]:
        return self._books.keys()

    def watch(self, pair: Pair) -> PairFills:
        """Keep a pair's executions from now on."""
        return self._books.setdefault(pair, PairFills())

    def note_order(self, pair: Pair, order_id: str, client_id: str, *, moved: bool) -> None:
        """Remember which order of ours a venue's id means, and that its pair may have news."""
        book = self.watch(pair)
        book.order_ids[order_id] = client_id
        book.moved = book.moved or moved

    def note_moved(self, pair: Pair) -> None:
        """The pair may have news."""
        self.watch(pair).moved = True

    def note_holdings(self, holdings: Mapping[str, Decimal]) -> None:
        """What is held now, by currency or by pair: a change means news."""
        for pair, book in self._books.items():
            held = holdings.get(str(pair), holdings.get(pair.base, Decimal(0)))
            if book.holding is not None and held != book.holding:
                book.moved = True
            book.holding = held

    def put_off(self, pair: Pair) -> None:
        """The venue knows the pair no longer: ask again only after a while."""
        self.watch(pair).delisted_at = self._clock.monotonic()

    def due(self, since: datetime | None, few: int = FEW_PAIRS) -> tuple[list[Pair], list[Pair]]:
        """The pairs that must be asked, all when they are few; and some asked long ago."""
        now = self._clock.monotonic()
        listed = {
            pair: book
            for pair, book in self._books.items()
            if book.delisted_at is None or now - book.delisted_at >= STALE_S
        }
        if len(self._books) <= few:
            return list(listed), []
        due = [pair for pair, book in listed.items() if book.moved or not book.covers(since)]
        stale = sorted(
            (book.asked_at, pair)
            for pair, book in listed.items()
            if pair not in due and now - book.asked_at >= STALE_S
        )
        return due, [pair for _, pair in stale[:_STALE_AT_ONCE]]

    async def ask(self, pair: Pair, since: datetime | None, client: Any) -> None:
        """Read a pair's news. What was read counts only when all of it came."""
        book = self.watch(pair)
        fresh, looked_ms = not book.covers(since), int(client.milliseconds())
        start_ms = None if since is None else to_ms(since)
        if not fresh:
            start_ms = book.looked_ms - _OVERLAP_MS
        moved, book.moved = book.moved, False  # what moves from here on is news for the next look
        try:
            rows = await self._pages(client, pair, start_ms)
            names = await self._names(client, pair, book, rows)
        except BaseException:
            book.moved = book.moved or moved
            raise
        for row in rows:
            name = names.get(str(row.get("order")), f"venue:{row.get('order')}")
            fill = self._dialect.fill(row, pair, name, self._venue)
            book.fills.setdefault(fill.trade_id, fill)
        if fresh:
            book.started, book.covered_from = True, since
        book.looked_ms = looked_ms
        book.order_ids.update(names)
        book.asked_at = self._clock.monotonic()
        self._trim(book, since)

    def since(self, since: datetime | None) -> list[Fill]:
        """All known executions at or after a time, oldest first."""
        found = [
            fill
            for book in self._books.values()
            for fill in book.fills.values()
            if since is None or fill.at >= since
        ]
        return sorted(found, key=lambda fill: (fill.at, str(fill.pair), fill.trade_id.zfill(24)))

    async def _pages(
        self, client: Any, pair: Pair, start_ms: int | None
    ) -> list[Mapping[str, Any]]:
        """All trades since a time; from page to page by whatever the venue counts them."""
        rows: list[Mapping[str, Any]] = []
        newest, from_id = start_ms, None
        while True:
            page = await self._dialect.trades(client, pair, newest, from_id)
            rows += page.trades
            stamps = [int(row.get("timestamp") or 0) for row in page.trades]
            newest = max([*stamps, newest or 0]) or None
            from_id = page.next_from
            if page.is_last:
                return rows

    async def _names(
        self, client: Any, pair: Pair, book: PairFills, rows: Collection[Mapping[str, Any]]
    ) -> dict[str, str]:
        """Our ids of the orders that traded; what the venue does not know has none."""
        named = {str(row.get("order")) for row in rows}
        found = {name: book.order_ids[name] for name in named & book.order_ids.keys()}
        unknown = named - found.keys() - {"None"}
        if unknown:
            found.update(await self._dialect.order_ids(client, pair, unknown))
        return found

    @staticmethod
    def _trim(book: PairFills, since: datetime | None) -> None:
        if since is None or len(book.fills) <= _MOST_KEPT:
            return
        start = since - _KEPT_BEFORE
        book.fills = {key: fill for key, fill in book.fills.items() if fill.at >= start}
        book.covered_from = max(filter(None, (book.covered_from, start)))
        kept = {fill.venue_order_id for fill in book.fills.values()}
        book.order_ids = {key: name for key, name in book.order_ids.items() if key in kept}
