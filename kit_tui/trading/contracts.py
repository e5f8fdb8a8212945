"""Positions of margined accounts: the venue's are the truth, ours follow.

Executions bring ours in line as a rule. What they do not explain (a position opened before, a
liquidation the venue does not tell as a trade) is taken over as it stands, once two looks in a row
agree on it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal

from kit_tui.domain.events import Event, PositionAdjusted, PositionAdopted
from kit_tui.domain.numbers import ZERO, Price, plain
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import VenuePosition
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.found import IN_FLIGHT, Reconciled
from kit_tui.trading.sender import Sender
from kit_tui.trading.valuation import Valuation

BY_VENUE = "the venue"


class Contracts:
    """Makes one margined account's positions equal its venue's. Callers hold the lock."""

    def __init__(self, account: TradingAccount, valuation: Valuation, sender: Sender) -> None:
        self._account = account
        self._valuation = valuation
        self._sender = sender
        self._before: dict[Pair, tuple[Decimal, Decimal]] = {}

    async def follow(self, positions: Sequence[VenuePosition], found: Reconciled) -> None:
        """Compare after executions were counted, and take over what they leave unexplained."""
        account = self._account
        seen = {position.pair: position for position in positions if position.quantity != 0}
        self._valuation.contracts = seen
        ours = {p.pair: p.signed_quantity for p in account.ledger.open_positions(account.name)}
        moving = {o.pair for o in account.open_orders() if o.status in IN_FLIGHT} | found.unsettled
        waiting: dict[Pair, tuple[Decimal, Decimal]] = {}
        events: list[Event] = []
        for pair in sorted(seen.keys() | ours.keys()):
            there = seen[pair].quantity if pair in seen else ZERO
            state = (ours.get(pair, ZERO), there)
            if state[0] == there or pair in moving:
                continue
            if self._before.get(pair) != state:
                waiting[pair] = state
                continue
            events.append(self._taken_over(pair, there - state[0], seen.get(pair)))
            found.pairs.add(pair)
        self._before = waiting
        self._valuation.unfollowed = bool(waiting)
        if events:
            await self._sender.record(*events)

    def _taken_over(self, pair: Pair, change: Decimal, seen: VenuePosition | None) -> Event:
        account = self._account
        held = account.ledger.position(account.name, pair)
        now = account.clock.now()
        self._sender.notice(
            "outside",
            f"{account.venue} holds {plain(seen.quantity if seen is not None else ZERO)} "
            f"{pair.base} in {pair}, {plain(abs(change))} {'more' if change > 0 else 'less'} than "
            f"K.I.T. knew of: closed, liquidated or traded elsewhere. The position follows.",
        )
        if held is None:
            price = seen.entry_price or seen.mark_price if seen is not None else None
            return PositionAdopted(
                account=account.name, venue=account.venue, pair=pair, quantity=change,
                price=price, by=BY_VENUE, at=now,
            )  # fmt: skip
        made = len(account.ledger.adjusted)  # the same finding has the same key, a later one not
        text = f"contract:{account.name}:{pair}:{held.signed_quantity}:{change}:{made}"
        return PositionAdjusted(
            account=account.name, pair=pair, change=change,
            price=self._price(pair, change, held.signed_quantity, held.cost, seen),
            key=uuid.uuid5(account.journal.home_id, text).hex, reason="as the venue holds it",
            at=now,
        )  # fmt: skip

    def _price(
        self,
        pair: Pair,
        change: Decimal,
        held: Decimal,
        cost: Decimal,
        seen: VenuePosition | None,
    ) -> Price | None:
        """The price that gives the venue's entry price when adding; else the market's."""
        if seen is not None and seen.entry_price is not None and held * change > 0:
            implied = (seen.entry_price * seen.quantity - cost) / change
            if implied > 0:
                return Price(implied)
        mark = self._valuation.mark(pair)
        if mark is not None:
            return mark
        held_price = abs(cost / held) if held and cost else ZERO
        return Price(held_price) if held_price > 0 else None
