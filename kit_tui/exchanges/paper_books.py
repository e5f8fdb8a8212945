"""The accounting of the paper venue: places, matches and cancels orders inside one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from kit_tui.domain.errors import OrderRejectedError
from kit_tui.domain.numbers import ZERO, Price, Quantity
from kit_tui.domain.orders import OrderStatus, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Market
from kit_tui.exchanges.base import NewOco, NewOrder
from kit_tui.exchanges.matching import Bar, Execution, Matcher, Quote, Terms, stop_touched
from kit_tui.exchanges.paper_rules import (
    check_oco,
    check_order,
    locked_by,
    oco_legs,
    require_funds,
)
from kit_tui.exchanges.paper_store import PaperOrder, PaperStore

_REFILL_MS = 60_000
FeeCurrency = Literal["quote", "received"]


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """Fractions of the notional, and whether they come out of the quote or of what is received."""

    taker: Decimal = Decimal("0.001")
    maker: Decimal = Decimal("0.001")
    taken_in: FeeCurrency = "quote"

    @property
    def on_top(self) -> Decimal:
        """The most a buyer pays beyond the notional, as a fraction."""
        return max(self.taker, self.maker) if self.taken_in == "quote" else ZERO


class PaperBooks:
    """One account's rules over its store. Callers hold the store's transaction."""

    def __init__(self, store: PaperStore, fees: Fees, terms: Terms) -> None:
        self._store = store
        self._fees = fees
        self._terms = terms

    def place(self, order: NewOrder, market: Market, quote: Quote, now_ms: int) -> PaperOrder:
        """Take an order: fill what fills at once, let the rest rest or expire.

        Raises:
            OrderRejectedError: when it was not taken; nothing changed then.
        """
        self._refuse_duplicate(order.client_id)
        check_order(order, market, quote)
        executions = self._at_once(order, market, quote)
        if order.post_only and executions:
            raise OrderRejectedError(
                "A post-only order may not trade at once.", code="POST_ONLY_WOULD_TAKE"
            )
        self._check_funds(order, executions)
        entry = self._store.insert(order, market.venue, now_ms)
        for execution in executions:
            entry = self._fill(entry, execution, now_ms, now_ms)
        return self._settle(entry, now_ms)

    def place_oco(
        self, oco: NewOco, market: Market, quote: Quote, now_ms: int
    ) -> tuple[PaperOrder, PaperOrder]:
        """Take a target and a stop of which one cancels the other; returns them in that order.

        Raises:
            OrderRejectedError: when neither was taken; nothing changed then.
        """
        target, stop = oco_legs(oco)
        for leg in (target, stop):
            self._refuse_duplicate(leg.client_id)
            check_order(leg, market, quote)
        check_oco(oco, quote)
        for leg in (target, stop):
            self._check_funds(leg, ())
        # The stop is the older one: in a bar that reaches both, the worse happens first.
        stop_entry = self._relock(self._store.insert(stop, market.venue, now_ms, oco.client_id))
        target_entry = self._relock(self._store.insert(target, market.venue, now_ms, oco.client_id))
        return target_entry, stop_entry

    def cancel(self, entry: PaperOrder, now_ms: int, reason: str = "") -> PaperOrder:
        """End a working order, and what is grouped with it."""
        self._end_others(entry, now_ms)
        return self._end(entry, OrderStatus.CANCELED, reason, now_ms)

    def _refuse_duplicate(self, client_id: str) -> None:
        known = self._store.find(client_id)
        if known is not None and known.is_open:
            raise OrderRejectedError(
                f"An order with the id {client_id} is already open.", code="DUPLICATE_CLIENT_ID"
            )

    def _end_others(self, entry: PaperOrder, now_ms: int) -> None:
        for other in self._store.of_group(entry):
            self._end(other, OrderStatus.CANCELED, "the other side of its group", now_ms)

    def match(self, market: Market, bars: Sequence[Bar], quote: Quote, now_ms: int) -> None:
        """Let the working orders of a market trade with what happened, and with the touch now."""
        matcher = Matcher(market, self._terms)
        for bar in bars:
            for entry in self.working(market):
                if bar.at_ms <= entry.created_ms or not self._still_works(entry):
                    continue
                whole = bar.from_ms >= entry.created_ms
                self._step(entry, bar if whole else bar.flattened(), matcher, now_ms)
        last = quote.last
        now = Bar(from_ms=now_ms, at_ms=now_ms, open=last, high=last, low=last, close=last)
        for entry in self.working(market):
            if not self._still_works(entry):
                continue
            if entry.order.price is not None and _rests_as_limit(entry):
                self._meet(entry, entry.order.price, quote, matcher, now_ms)
            else:
                self._step(entry, now, matcher, now_ms)

    # -- placing --------------------------------------------------------------------------------

    def _at_once(self, order: NewOrder, market: Market, quote: Quote) -> tuple[Execution, ...]:
        matcher = Matcher(market, self._terms)
        if order.type is OrderType.MARKET:
            return matcher.market_order(order.side, order.quantity, quote)
        if order.type is not OrderType.LIMIT or order.price is None:
            return ()
        found = matcher.limit_order(order.side, order.quantity, order.price, quote)
        whole = sum((execution.quantity for execution in found), ZERO) == order.quantity
        return found if whole or order.time_in_force is not TimeInForce.FOK else ()

    def _check_funds(self, order: NewOrder, executions: Sequence[Execution]) -> None:
        filled = sum((execution.quantity for execution in executions), ZERO)
        currency, needed = locked_by(order, order.quantity - filled, self._terms, self._fees.on_top)
        if order.side is Side.SELL:
            needed += filled
        else:
            cost = sum((execution.price * execution.quantity for execution in executions), ZERO)
            needed += cost * (1 + self._fees.on_top)
        free = self._store.totals().get(currency, ZERO) - self._store.locked().get(currency, ZERO)
        require_funds(free, needed, currency)

    def _settle(self, entry: PaperOrder, now_ms: int) -> PaperOrder:
        order = entry.order
        if entry.status is OrderStatus.FILLED:
            return self._end(entry, OrderStatus.FILLED, "", now_ms)
        if order.type is OrderType.MARKET:
            reason = "the book was too thin for the rest"
            return self._end(entry, OrderStatus.EXPIRED, reason, now_ms)
        if order.type is OrderType.LIMIT and order.time_in_force is not TimeInForce.GTC:
            reason = f"{order.time_in_force.upper()}, what does not fill at once ends"
            return self._end(entry, OrderStatus.EXPIRED, reason, now_ms)
        return self._relock(entry)

    # -- matching -------------------------------------------------------------------------------

    def working(self, market: Market) -> tuple[PaperOrder, ...]:
        """The open orders of a market, oldest first."""
        return tuple(
            entry
            for entry in self._store.open_orders()
            if entry.order.pair == market.pair and entry.venue == market.venue
        )

    def _still_works(self, entry: PaperOrder) -> bool:
        """Whether the other side of its group has not ended it in the meantime."""
        return not entry.oco or self._store.is_open(entry.row)

    def _step(self, entry: PaperOrder, bar: Bar, matcher: Matcher, now_ms: int) -> None:
        """One working order against one bar."""
        order = entry.order
        if order.price is not None and _rests_as_limit(entry):
            found = matcher.resting(order.side, entry.remaining, order.price, bar)
            self._take(entry, found, bar.at_ms, matcher, now_ms)
            return
        stop = order.stop_price
        if stop is None or not stop_touched(order.side, stop, bar):
            return
        found = matcher.stop(order.side, entry.remaining, stop, bar)
        if order.price is not None and found is not None and _is_beyond(order, found.price):
            triggered = msgspec.structs.replace(
                entry, status=OrderStatus.TRIGGERED, updated_ms=now_ms
            )
            self._store.save(triggered)
            return
        self._take(entry, found, bar.at_ms, matcher, now_ms)

    def _meet(
        self, entry: PaperOrder, limit: Price, quote: Quote, matcher: Matcher, now_ms: int
    ) -> None:
        """A resting limit that the other side's touch has reached fills at its own price."""
        side = entry.order.side
        if quote.ask > limit if side is Side.BUY else quote.bid < limit:
            return
        quantity: Decimal = entry.remaining
        most = quote.level_volume
        if most is not None and entry.filled:
            # The level was emptied once; it refills with time, not with every look.
            most = most * (now_ms - entry.updated_ms) / _REFILL_MS
        if most is not None and most < quantity:
            quantity = matcher.market.quantity_down(most)
        if quantity > 0:
            found = Execution(price=limit, quantity=Quantity(quantity), is_maker=True)
            self._take(entry, found, now_ms, matcher, now_ms)

    def _take(
        self,
        entry: PaperOrder,
        found: Execution | None,
        at_ms: int,
        matcher: Matcher,
        now_ms: int,
    ) -> None:
        if found is None:
            return
        affordable = self._affordable(entry, found, matcher)
        if affordable > 0:
            self._end_others(entry, now_ms)
            taken = msgspec.structs.replace(found, quantity=affordable)
            entry = self._fill(entry, taken, at_ms, now_ms)
        if entry.status is OrderStatus.FILLED:
            self._end(entry, OrderStatus.FILLED, "", now_ms)
        elif affordable < found.quantity:
            self.cancel(entry, now_ms, "the market gapped beyond what the account can pay")
        else:
            self._relock(entry)

    def _affordable(self, entry: PaperOrder, found: Execution, matcher: Matcher) -> Quantity:
        """All of it, unless a triggered buy costs more than was locked and is free."""
        if entry.order.side is Side.SELL:
            return found.quantity
        currency = entry.order.pair.quote
        others = self._store.locked().get(currency, ZERO) - entry.locked
        purse = self._store.totals().get(currency, ZERO) - others
        each = found.price * (1 + self._fees.on_top)
        if each * found.quantity <= purse:
            return found.quantity
        return matcher.market.quantity_down(purse / each)

    # -- books ----------------------------------------------------------------------------------

    def _fill(self, entry: PaperOrder, execution: Execution, at_ms: int, now_ms: int) -> PaperOrder:
        order, quantity = entry.order, execution.quantity
        notional = execution.price * quantity
        rate = self._fees.maker if execution.is_maker else self._fees.taker
        buys = order.side is Side.BUY
        in_base = buys and self._fees.taken_in == "received"
        fee = (quantity if in_base else notional) * rate
        base, quote = (quantity, -notional) if buys else (-quantity, notional)
        self._store.add(order.pair.base, base - fee if in_base else base)
        self._store.add(order.pair.quote, quote if in_base else quote - fee)
        self._store.add_fill(
            entry,
            {
                "quantity": str(quantity),
                "price": str(execution.price),
                "fee": str(fee),
                "fee_currency": order.pair.base if in_base else order.pair.quote,
                "is_maker": execution.is_maker,
                "at_ms": at_ms,
                "recorded_ms": now_ms,
            },
        )
        filled = Quantity(entry.filled + quantity)
        whole = filled >= order.quantity
        return msgspec.structs.replace(
            entry,
            filled=filled,
            spent=entry.spent + notional,
            status=OrderStatus.FILLED if whole else OrderStatus.PARTIALLY_FILLED,
            updated_ms=now_ms,
        )

    def _relock(self, entry: PaperOrder) -> PaperOrder:
        currency, amount = locked_by(entry.order, entry.remaining, self._terms, self._fees.on_top)
        return self._saved(entry, lock_currency=currency, locked=amount)

    def _end(self, entry: PaperOrder, status: OrderStatus, reason: str, now_ms: int) -> PaperOrder:
        ended = msgspec.structs.replace(entry, status=status, reason=reason, updated_ms=now_ms)
        return self._saved(ended, lock_currency="", locked=ZERO)

    def _saved(self, entry: PaperOrder, *, lock_currency: str, locked: Decimal) -> PaperOrder:
        entry = msgspec.structs.replace(entry, lock_currency=lock_currency, locked=locked)
        self._store.save(entry)
        return entry


def _rests_as_limit(entry: PaperOrder) -> bool:
    """Whether it waits at its limit: a limit order, or a stop-limit that was triggered."""
    if entry.order.type is OrderType.LIMIT:
        return True
    return entry.order.type is OrderType.STOP_LIMIT and entry.status is not OrderStatus.ACCEPTED


def _is_beyond(order: NewOrder, price: Price) -> bool:
    """Whether a price is worse than the order's limit."""
    if order.price is None:
        return False
    return price > order.price if order.side is Side.BUY else price < order.price
