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
    currency, fees included, with the sign of the quantity; so `entry_price` includes fees paid.
    `realised_pnl` is in quote currency, net of fees, since the position was last flat.
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
        """Average cost per unit, fees included; None when flat or the cost is not known."""
        if not self.is_open or not self.cost_known or self.cost == 0:
            return None
        return Price(abs(self.cost / self.signed_quantity))

    def unrealised_pnl(self, mark: Decimal) -> Decimal | None:
        """Profit if closed at `mark` without further fees, in quote currency."""
        return self.signed_quantity * mark - self.cost if self.cost_known else None

    def with_fill(self, fill: Fill) -> Position:
        """The position after a fill.

        A fee in base currency lowers the quantity received, one in quote currency adds to the
        cost of what is opened and lowers the profit of what is closed; other fees are left to the
        ledger. Cash + position cost - realised profit stays equal whatever the order of fills.
        """
        received = fill.quantity if fill.side is Side.BUY else -fill.quantity
        paid = fill.notional if fill.side is Side.BUY else -fill.notional
        if fill.fee_currency == self.pair.base:
            received -= fill.fee
        elif fill.fee_currency == self.pair.quote:
            paid += fill.fee
        started = (
            self
            if self.is_open
            else Position(pair=self.pair, venue=self.venue, account=self.account)
        )
        return started.traded(received, paid, fill)

    def traded(self, received: Decimal, paid: Decimal, fill: Fill) -> Position:
        """The position after base `received` and quote `paid`, both signed, changed hands."""
        fee_in_quote = fill.fee * (fill.price if fill.fee_currency == self.pair.base else 1)
        fees = self.fees_paid + (
            fee_in_quote if fill.fee_currency in (self.pair.base, self.pair.quote) else ZERO
        )
        held = self.signed_quantity
        after = held + received
        if held * received >= 0:
            cost, realised = self.cost + paid, self.realised_pnl
        elif held * after >= 0:
            released = self.cost * (-received / held)
            cost, realised = self.cost - released, self.realised_pnl - paid - released
        else:
            closing_paid = paid * (-held / received)
            cost, realised = paid - closing_paid, self.realised_pnl - closing_paid - self.cost
        flipped = held * after < 0
        return msgspec.structs.replace(
            self,
            signed_quantity=after,
            cost=cost if after != 0 else ZERO,
            realised_pnl=realised,
            fees_paid=fees,
            opened_at=fill.at if self.opened_at is None or flipped else self.opened_at,
        )


class MarkedPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position with the price it is valued at and when that price was received."""

    position: Position
    mark_price: Price | None
    mark_at: datetime | None

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
