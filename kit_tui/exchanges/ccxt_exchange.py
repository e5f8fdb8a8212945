"""An account at any exchange ccxt knows, on the whole contract; Binance's dialect is complete.

Every call that changes something ends in one of three ways, by the table of the venue: confirmed,
refused with proof, or unknown. Nothing is ever sent twice, but for a clock error, which proves that
the first was not taken.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import (
    KeysRefusedError,
    OrderOutcomeUnknownError,
    OrderRejectedError,
    RateLimitedError,
    UnknownPairError,
    VenueError,
    VenueUnavailableError,
)
from kit_tui.domain.numbers import InvalidNumberError
from kit_tui.domain.orders import OPEN_STATUSES, Fill, Mode, OrderType
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Balance
from kit_tui.exchanges.base import (
    Exchange,
    KeyPermissions,
    NewOco,
    NewOrder,
    VenueOrder,
    VenuePosition,
)
from kit_tui.exchanges.budget import Budget, Purpose
from kit_tui.exchanges.ccxt_errors import UNREADABLE
from kit_tui.exchanges.ccxt_fills import FEW_PAIRS, FillBooks
from kit_tui.exchanges.ccxt_looks import ORDERS_S, LastLooks
from kit_tui.exchanges.ccxt_outcomes import Verdict
from kit_tui.exchanges.ccxt_raising import Refused, on_change, on_create
from kit_tui.exchanges.ccxt_session import CcxtSession
from kit_tui.exchanges.ccxt_wire import Call
from kit_tui.settings.credentials import Credentials

_FEW_TO_LOOK_AT = 10
_HOLDINGS_S = 2.0  # how old a look at the holdings may be to say where something was traded
_SHORT = 0.5  # part of the limits in use from which on requests are saved
_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
log = logging.getLogger(__name__)

Margin = Literal["isolated", "cross"]


class CcxtExchange(CcxtSession, Exchange):
    """One account of one venue. `market` is spot or perpetual; keys go to the client only."""

    def __init__(
        self,
        exchange_id: str,
        clock: Clock,
        *,
        account: str,
        mode: Mode,
        credentials: Credentials,
        market: str = "spot",
        base_url: str | None = None,
        margin: Margin = "isolated",
        leverage: Decimal = Decimal(1),
        budget: Budget | None = None,
    ) -> None:
        super().__init__(
            exchange_id, clock, account=account, mode=mode, credentials=credentials,
            market=market, base_url=base_url, budget=budget,
        )  # fmt: skip
        self.account = account
        self.mode = mode
        self.margin: Margin = margin
        self.leverage = leverage
        self.native_types = self._dialect.native_types
        self.has_oco = self._dialect.has_oco
        self.has_post_only = self._dialect.has_post_only
        self.is_margined = market == "perpetual"
        self.not_found = self._dialect.not_found
        self._fills = FillBooks(self._dialect, exchange_id, clock)
        self._holdings_at: float | None = None
        self._working: dict[Pair, set[str]] = {}
        self._all_looked_at: float | None = None
        self._levered: set[Pair] = set()
        self._looks = LastLooks()

    # -- changing something ---------------------------------------------------------------------

    async def create_order(self, order: NewOrder) -> VenueOrder:
        await self._ready_to_send()
        if self.is_margined and not order.reduce_only:
            await self._lever(order.pair)
        sending = self._dialect.sending(order)
        amount = self._exact(order.pair, order.quantity, [order.price, order.stop_price])
        urgent = order.reduce_only or order.type in _STOPS
        call = Call(Purpose.EXIT if urgent else Purpose.ENTRY, expected=sending.expected)
        self._fills.note_moved(order.pair)
        self._working.setdefault(order.pair, set()).add(order.client_id)
        try:
            raw = await self._changing(
                call, lambda client: self._dialect.place(client, order, sending, amount)
            )
        except Refused as refused:
            if refused.row.verdict is Verdict.DUPLICATE:
                return await self._placed_before(order.pair, order.client_id)
            raise on_create(self.name, refused) from None
        return await self._taken(raw, call, order.pair, order.client_id)

    async def create_oco(self, oco: NewOco) -> tuple[VenueOrder, VenueOrder]:
        if not self.has_oco:
            return await super().create_oco(oco)
        await self._ready_to_send()
        prices = [oco.target_price, oco.stop_price, oco.stop_limit_price]
        amount = self._exact(oco.pair, oco.quantity, prices)
        legs = (oco.target_client_id, oco.stop_client_id)
        self._fills.note_moved(oco.pair)
        self._working.setdefault(oco.pair, set()).update(legs)
        call = Call(Purpose.EXIT)
        try:
            target, stop = await self._changing(
                call, lambda client: self._dialect.place_oco(client, oco, amount)
            )
        except Refused as refused:
            if refused.row.verdict is not Verdict.DUPLICATE:
                raise on_create(self.name, refused) from None
            target, stop = {}, {}
        if not target:
            first, second = [await self._placed_before(oco.pair, leg) for leg in legs]
        else:
            first = await self._taken(target, call, oco.pair, legs[0])
            second = await self._taken(stop, call, oco.pair, legs[1])
        return first, second

    async def cancel_order(self, pair: Pair, client_id: str) -> VenueOrder:
        await self._ready()
        self._fills.note_moved(pair)
        try:
            raw = await self._changing(
                Call(Purpose.CANCEL),
                lambda client: self._dialect.cancel(client, pair, client_id),
            )
        except Refused as refused:
            if refused.row.verdict is not Verdict.NOT_FOUND:
                raise on_change(self.name, refused) from None
            return await self._ended(pair, client_id)
        if raw is not None:
            try:
                return self._seen(self._dialect.order(raw, pair))
            except UNREADABLE:
                log.info("%s: a cancel's reply says too little; asking", self.name)
        return await self._ended(pair, client_id)

    async def set_leverage(self, pair: Pair, leverage: Decimal, margin: Margin) -> None:
        if not self.is_margined:
            await super().set_leverage(pair, leverage, margin)
        if leverage != leverage.to_integral_value() or leverage < 1:
            raise OrderRejectedError("Leverage is a whole number.", code="LEVERAGE_INVALID")
        await self._ready()
        try:
            await self._asked(
                Call(Purpose.EXIT),
                lambda client: self._dialect.set_leverage(client, pair, leverage, margin),
            )
        except Refused as refused:
            raise on_change(self.name, refused) from None
        self._levered.add(pair)

    # -- asking ---------------------------------------------------------------------------------

    async def find_order(self, pair: Pair, client_id: str) -> VenueOrder | None:
        raw = await self._read("order", lambda c: self._dialect.find(c, pair, client_id))
        if raw is None:
            return None
        return self._seen(self._readable(raw, pair))

    async def fetch_open_orders(self) -> Sequence[VenueOrder]:
        now = self._clock.monotonic()
        if self._is_short() and not self.is_margined:
            await self.fetch_balances()
            known = self._looks.orders(now)
            if known is not None:
                return known
        pairs = self._pairs_to_look_at(now) if self.is_margined else None
        rows = await self._read("open orders", lambda c: self._dialect.open_orders(c, pairs))
        found = []
        for raw in rows:
            try:
                Pair(str(raw.get("symbol")))
            except InvalidNumberError:
                log.warning("%s has an order in %.40r, which has no name here", self.name, raw)
                continue
            found.append(self._seen(self._readable(raw, None)))
        if pairs is None:
            self._all_looked_at = now
        self._note_working(found)
        self._looks.note_orders(found, now)
        return found

    async def fetch_fills(self, since: datetime | None) -> Sequence[Fill]:
        few = 0 if self._is_short() else FEW_PAIRS
        if len(self._fills.pairs) > few:
            await self._look_at_holdings()
        due, stale = self._fills.due(since, few)
        purpose = Purpose.READ if len(due) <= FEW_PAIRS else Purpose.BULK
        for pair in due:
            await self._ask_for_fills(pair, since, purpose)
        with contextlib.suppress(RateLimitedError):  # these can wait
            for pair in stale:
                await self._ask_for_fills(pair, since, Purpose.BULK)
        return self._fills.since(since)

    def watch_pairs(self, pairs: Collection[Pair]) -> None:
        for pair in pairs:
            self._fills.watch(pair)

    async def fetch_balances(self) -> Sequence[Balance]:
        known = self._looks.balances(self._clock.monotonic()) if self._is_short() else None
        if known is not None:
            return known
        raw = await self._read("balances", self._dialect.balances)
        try:
            found = self._dialect.balances_of(raw)
        except UNREADABLE as error:
            raise VenueError(f"{self.name} gave unreadable balances.") from error
        self._looks.note_balances(found, self._clock.monotonic())
        if not self.is_margined:
            self._note_holdings({balance.currency: balance.total for balance in found})
        return found

    async def fetch_positions(self) -> Sequence[VenuePosition]:
        if not self.is_margined:
            return ()
        rows = await self._read("positions", self._dialect.positions)
        try:
            read = [self._dialect.position(raw) for raw in rows]
        except UNREADABLE as error:
            raise VenueError(f"{self.name} gave unreadable positions.") from error
        found = [position for position in read if position is not None]
        self._note_holdings({str(position.pair): position.quantity for position in found})
        return found

    async def fetch_permissions(self) -> KeyPermissions:
        try:
            found: KeyPermissions = await self._read("permissions", self._dialect.permissions)
        except (KeysRefusedError, VenueUnavailableError, RateLimitedError):
            raise
        except VenueError:
            if self.mode is not Mode.SANDBOX:
                raise
            return KeyPermissions()  # testnets have no such question
        return found

    async def clock_offset_s(self) -> float:
        await self.load_markets()
        return await self._venue_clock.read()

    # -- helpers --------------------------------------------------------------------------------

    async def _ask_for_fills(self, pair: Pair, since: datetime | None, purpose: Purpose) -> None:
        try:
            await self._read("trades", partial(self._fills.ask, pair, since), purpose)
        except UnknownPairError:
            # Delisted: what traded there before is known, and the other pairs go on.
            self._fills.put_off(pair)

    async def _changing(self, call: Call, act: Callable[[Any], Awaitable[Any]]) -> Any:
        """A call that may change the account; what was seen before or meanwhile is no longer so."""
        self._looks.note_sent()
        try:
            return await self._asked(call, act)
        finally:
            self._looks.note_sent()

    async def _lever(self, pair: Pair) -> None:
        """Before the first entry in a pair: the account's leverage and margin mode, or no entry."""
        if pair in self._levered:
            return
        try:
            await self.set_leverage(pair, self.leverage, self.margin)
        except VenueError as error:
            raise OrderRejectedError(
                f"Nothing was sent: leverage could not be set. {error.message}",
                code="LEVERAGE_NOT_SET",
            ) from None

    async def _taken(
        self, raw: Mapping[str, Any], call: Call, pair: Pair, client_id: str
    ) -> VenueOrder:
        """The order a reply confirms. A reply that does not name it proves nothing."""
        try:
            seen = self._dialect.order(raw, pair)
        except UNREADABLE:
            if client_id in call.body:
                # Taken, but told too shortly, as in an acknowledgement.
                return await self._placed_before(pair, client_id)
            raise self._nobody_knows() from None
        if seen.client_id != client_id:
            raise self._nobody_knows()
        return self._seen(seen)

    async def _placed_before(self, pair: Pair, client_id: str) -> VenueOrder:
        """An order the venue says it has: how it stands."""
        try:
            found = await self.find_order(pair, client_id)
        except VenueError as error:
            log.info("%s: an order that is there could not be asked for: %s", self.name, error)
            found = None
        if found is None:
            raise self._nobody_knows()
        return found

    async def _ended(self, pair: Pair, client_id: str) -> VenueOrder:
        """How an order stands that can no longer be cancelled.

        Raises:
            OrderRejectedError: with the code `UNKNOWN_ORDER` when the venue has none.
            VenueError: when it works on all the same.
        """
        found = await self.find_order(pair, client_id)
        if found is None:
            raise OrderRejectedError(
                f"{self.name} has no order {client_id} in {pair}.", code="UNKNOWN_ORDER"
            )
        if found.status in OPEN_STATUSES:
            raise VenueError(f"{self.name} still works the order that was to be cancelled.")
        return found

    def _nobody_knows(self) -> OrderOutcomeUnknownError:
        return OrderOutcomeUnknownError(
            f"{self.name} gave no proof of what became of the order.",
            hint="It is asked for until that is known.",
        )

    def _readable(self, raw: Mapping[str, Any], pair: Pair | None) -> VenueOrder:
        try:
            return self._dialect.order(raw, pair)
        except UNREADABLE as error:
            raise VenueError(f"{self.name} gave an unreadable order.") from error

    def _seen(self, order: VenueOrder) -> VenueOrder:
        """Note what an order says of its pair's executions."""
        is_open = order.status in OPEN_STATUSES
        moved = order.filled > 0 or not is_open
        self._fills.note_order(order.pair, order.venue_order_id, order.client_id, moved=moved)
        if is_open:
            self._working.setdefault(order.pair, set()).add(order.client_id)
        return order

    def _is_short(self) -> bool:
        """Whether much of what the venue allows is in use, so that requests are saved."""
        budget = self._budget
        return budget is not None and budget.pressure(self._dialect.main_bucket) > _SHORT

    def _pairs_to_look_at(self, now: float) -> list[Pair] | None:
        """Where to look for working orders: everywhere (None), or where there were some.

        Looking everywhere costs forty times one pair. When limits are short it is done twice a
        minute, and orders placed by others are seen that much later.
        """
        pairs = [p for p in self._working or self._fills.pairs if p in self._markets]
        pairs = pairs if self._working else pairs[:1]
        looked = self._all_looked_at
        if not self._is_short() or looked is None or now - looked >= ORDERS_S:
            return None
        return pairs if pairs and len(pairs) <= _FEW_TO_LOOK_AT else None

    def _note_working(self, found: Sequence[VenueOrder]) -> None:
        """Orders that were there and are not: their pairs have news."""
        now: dict[Pair, set[str]] = {}
        for order in found:
            now.setdefault(order.pair, set()).add(order.client_id)
        for pair, ids in self._working.items():
            if ids - now.get(pair, set()):
                self._fills.note_moved(pair)
        self._working = now

    async def _look_at_holdings(self) -> None:
        """What is held tells in which pairs something was traded."""
        at = self._holdings_at
        if at is not None and self._clock.monotonic() - at <= _HOLDINGS_S:
            return
        await (self.fetch_positions() if self.is_margined else self.fetch_balances())

    def _note_holdings(self, holdings: Mapping[str, Decimal]) -> None:
        self._holdings_at = self._clock.monotonic()
        self._fills.note_holdings(holdings)
