"""A venue's markets over time: reloaded now and then; what is delisted stays known as inactive."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping

import msgspec

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError, VenueError
from kit_tui.domain.pair import Market, Pair
from kit_tui.exchanges.base import MarketData
from kit_tui.exchanges.gate import Gate

log = logging.getLogger(__name__)
RELOAD_S = 3_600.0
DOUBT_S = 60.0  # a pair the venue does not know is reason to look, but not at every poll
FIRST_REST_S = 60.0
LONGEST_REST_S = 3_600.0


class Listing:
    """The markets of one venue, and which pairs it is of no use to ask for now."""

    def __init__(self, source: MarketData, clock: Clock, gate: Gate) -> None:
        self._source = source
        self._clock = clock
        self._gate = gate
        self._loaded_at = float("-inf")
        self._tried_at = float("-inf")
        self._resting: dict[Pair, tuple[float, float]] = {}
        self.known: Mapping[Pair, Market] = {}

    async def markets(self) -> Mapping[Pair, Market]:
        """Every market, those delisted with `active` False."""
        if not self.known:
            self._gate.refuse_while_blocked()
            self._take(await self._gate.through(self._source.load_markets()))
        return self.known

    async def refresh(self, *, doubtful: bool = False) -> None:
        """Reload when an hour is over, or sooner when the venue denied a pair.

        The first load raises; a later one that fails keeps what is known.
        """
        if not self.known:
            await self.markets()
            return
        now = self._clock.monotonic()
        due = now - self._loaded_at >= RELOAD_S or doubtful
        if not due or now - self._tried_at < DOUBT_S:
            return
        self._tried_at = now
        try:
            self._take(await self._gate.through(self._source.reload_markets()))
        except KitError as error:
            log.info("the markets of %s could not be reloaded: %s", self._source.name, error)

    def missing(self, wanted: Iterable[Pair], found: Collection[Pair]) -> KitError | None:
        """The problem of pairs that should have been answered for."""
        named = [pair for pair in wanted if pair not in found and not self.is_delisted(pair)]
        if not named:
            return None
        return VenueError(f"{self._source.name} gave no price for {', '.join(named)}.")

    def is_delisted(self, pair: Pair) -> bool:
        """Whether the venue does not trade this pair now, as far as its markets are known."""
        market = self.known.get(pair)
        return bool(self.known) if market is None else not market.active

    def askable(self, pairs: Iterable[Pair]) -> list[Pair]:
        """The pairs it makes sense to ask for: not delisted, not resting after a refusal."""
        now = self._clock.monotonic()
        return [
            pair
            for pair in pairs
            if not self.is_delisted(pair) and self._resting.get(pair, (now, 0.0))[0] <= now
        ]

    def denied(self, pair: Pair) -> None:
        """The venue does not know this pair: ask for it less and less often."""
        wait = min(self._resting.get(pair, (0.0, FIRST_REST_S / 2))[1] * 2, LONGEST_REST_S)
        self._resting[pair] = (self._clock.monotonic() + wait, wait)

    def answered(self, pairs: Iterable[Pair]) -> None:
        """The venue gave quotes of these."""
        for pair in pairs:
            self._resting.pop(pair, None)

    def _take(self, fresh: Mapping[Pair, Market]) -> None:
        gone = {
            pair: msgspec.structs.replace(market, active=False)
            for pair, market in self.known.items()
            if pair not in fresh
        }
        self.known = {**gone, **fresh} if gone else fresh
        self._loaded_at = self._tried_at = self._clock.monotonic()
