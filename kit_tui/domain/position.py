"""Positions: what K.I.T. opened and still holds, folded from fills at average cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from kit_tui.domain.numbers import ZERO, Price, Quantity
from kit_tui.domain.orders import Fill, Side
from kit_tui.domain.pair import Pair

PositionSide = Literal["long", "short", "flat"]


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Net holding of one pair in one account, at average cost.

    `signed_quantity` is above zero when long. `cost` is what the open quantity cost in quote
    currency, with the sign of the quantity; fees are not in it, so `entry_price` is the average
    fill price. `realised_pnl` is in quote currency since the position was last flat, less every
    fee so far, those of the entry included. `adopted` ones a person, or the truth of a margined
    account, has put under K.I.T.'s care; `cost_known` is False when their cost was never said.
    """

    pair: Pair
    venue: str
    account: str
    signed_quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realised_pnl: Decimal = ZERO
    fees_paid: Decimal = ZERO
    opened_at: datetime | None = None
    stop_price: Price | None = None
    take_profit_price: Price | None = None
    leverage: Decimal = Decimal(1)
    liquidation_price: Price | None = None
    adopted: bool = False
    cost_known: bool = True

    @property
    def side(self) -> PositionSide:
        if self.signed_quantity == 0:
            return "flat"
        return "long" if self.signed_quantity > 0 else "short"

    @property
    def quantity(self) -> Quantity:
        return Quantity(abs(self.signed_quantity))

    @property
    def is_open(self) -> bool:
        return self.signed_quantity != 0

    @property
    def entry_price(self) -> Price | None:
        """Average fill price of what is held; None when flat or the cost is not known."""
        if not self.is_open or not self.cost_known or self.cost == 0:
            return None
        return Price(abs(self.cost / self.signed_quantity))

    @property
    def closing_side(self) -> Side:
        """The side of an order that closes it; selling when it is flat."""
        return Side.BUY if self.signed_quantity < 0 else Side.SELL

    def unrealised_pnl(self, mark: Decimal) -> Decimal | None:
        """Profit if closed at `mark` without further fees, in quote currency."""
        return self.signed_quantity * mark - self.cost if self.cost_known else None

    @property
    def may_be_short(self) -> bool:
        """Whether below zero is possible: coins on spot cannot be owed, contracts can."""
        return bool(self.pair.settle)

    def with_fill(self, fill: Fill, fee_value: Decimal | None = None) -> Position:
        """The position after a fill.

        The quantity that changes hands does so at the fill's price; a fee in base currency changes
        that quantity. Every fee is charged to `realised_pnl` at once: one in base at the fill's
        price, one in a third coin at `fee_value`, its worth in quote currency then. Cash + `cost`
        - `realised_pnl` stays equal through any fills. On spot nothing below zero remains: what a
        sale and its fee take beyond the position came from other holdings.
        """
        received = fill.quantity if fill.side is Side.BUY else -fill.quantity
        fee = fee_value or ZERO
        if fill.fee_currency == self.pair.base and not self.may_be_short:
            received -= fill.fee
            fee = fill.fee * fill.price
        elif fill.fee_currency == self.pair.quote:
            fee = fill.fee
        return self._begun().traded(received, fill.price, fee, fill.at)

    def adopted_from(self, quantity: Decimal, price: Price | None, at: datetime) -> Position:
        """The position after a holding was put under its care, at a cost or at one unknown."""
        begun = self._begun()
        after = begun.traded(quantity, price or ZERO, ZERO, at)
        if price is None:
            after = msgspec.structs.replace(after, cost=begun.cost, cost_known=False)
        return msgspec.structs.replace(after, adopted=True)

    def traded(self, received: Decimal, price: Decimal, fee: Decimal, at: datetime) -> Position:
        """The position after base `received` (signed) changed hands at `price`, less `fee`.

        Where the cost is not known, nothing is realised but the fee.
        """
        held = self.signed_quantity
        if not self.may_be_short:
            received = max(received, -held)
        paid = received * price
        after = held + received
        gained = ZERO
        if held * received >= 0:
            cost = self.cost + paid
        elif held * after >= 0:
            released = self.cost * (-received / held)
            cost, gained = self.cost - released, -paid - released
        else:
            closing_paid = -held * price
            cost, gained = paid - closing_paid, -closing_paid - self.cost
        flipped = held * after < 0
        opened = at if self.opened_at is None or flipped else self.opened_at
        if held * received > 0:  # an entry may be heard of after a later one
            opened = min(opened, at)
        return msgspec.structs.replace(
            self,
            signed_quantity=after,
            cost=cost if after != 0 else ZERO,
            cost_known=self.cost_known or flipped,
            realised_pnl=self.realised_pnl - fee + (gained if self.cost_known else ZERO),
            fees_paid=self.fees_paid + fee,
            opened_at=opened,
        )

    def _begun(self) -> Position:
        """This position, or a new one when it is flat: its profit starts at nothing then."""
        if self.is_open:
            return self
        return Position(pair=self.pair, venue=self.venue, account=self.account)


class MarkedPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position with the price it is valued at and when that price was received.

    `dust` is less than the venue lets anyone sell. `frozen` says why its market takes no orders
    now, empty when it does.
    """

    position: Position
    mark_price: Price | None
    mark_at: datetime | None
    dust: bool = False
    frozen: str = ""

    @property
    def unrealised_pnl(self) -> Decimal | None:
        return None if self.mark_price is None else self.position.unrealised_pnl(self.mark_price)

    @property
    def unrealised_fraction(self) -> Decimal | None:
        """Unrealised profit as a fraction of cost."""
        pnl = self.unrealised_pnl
        return None if pnl is None or self.position.cost == 0 else pnl / abs(self.position.cost)

    @property
    def notional(self) -> Decimal | None:
        """Exposure in quote currency, always positive."""
        return None if self.mark_price is None else self.mark_price * self.position.quantity

    def mark_age(self, now: datetime) -> float | None:
        return None if self.mark_at is None else (now - self.mark_at).total_seconds()
