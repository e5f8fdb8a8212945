"""What a person puts under K.I.T.'s care, takes back, writes off, or declares to be in order."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import UsageError
from kit_tui.domain.events import PositionAdjusted, PositionAdopted
from kit_tui.domain.ledger import overfill_key
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import ZERO, Price, plain
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import Position
from kit_tui.trading.absence import Absence
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.proposing import NotAllowedError
from kit_tui.trading.sender import Sender
from kit_tui.trading.valuation import Valuation


class Care:
    """Adopts, releases, writes off and clears for one account. Callers hold the lock."""

    def __init__(
        self, account: TradingAccount, valuation: Valuation, sender: Sender, absence: Absence
    ) -> None:
        self._account = account
        self._valuation = valuation
        self._sender = sender
        self._absence = absence

    async def adopt(
        self, pair: Pair, quantity: Decimal | None, price: Price | None, by: Principal
    ) -> Reply:
        """Make a holding a position, so that stops, exits, guards and kill act on it.

        Without `quantity` all of the coin that is not in a position already; without `price` its
        cost is not known and no profit is shown.

        Raises:
            UsageError: when there is not that much of it, or no market for it.
        """
        _require_owner(by)
        if self._account.exchange.is_margined or pair.settle:
            raise UsageError("Positions of a margined account are K.I.T.'s as the venue has them.")
        await self._valuation.refresh()
        if self._valuation.problem:
            raise UsageError(f"What is held is not known now: {self._valuation.problem}")
        if pair not in self._valuation.markets:
            raise UsageError(f"{self._account.venue} does not trade {pair}.")
        held = self._holding(pair.base)
        wanted = held if quantity is None else quantity
        if wanted <= 0 or wanted > held:
            raise UsageError(
                f"{plain(max(ZERO, held))} {pair.base} is held outside positions; "
                f"{plain(wanted)} cannot be adopted."
            )
        await self._sender.record(
            PositionAdopted(
                account=self._account.name, venue=self._account.venue, pair=pair, quantity=wanted,
                price=price, by=by.name, at=self._account.clock.now(),
            )
        )  # fmt: skip
        cost = f"at {plain(price)}" if price is not None else "at a cost that is not known"
        return Reply(text=f"{plain(wanted)} {pair.base} is a position now, {cost}.")

    async def release(self, pair: Pair, by: Principal) -> Reply:
        """Make a position a holding again; nothing is sold, its stops are cancelled.

        Raises:
            UsageError: when there is none.
        """
        _require_owner(by)
        held = self._position(pair)
        mark = self._valuation.mark(pair)
        price = mark if mark is not None else held.entry_price
        await self._leave(held, price, f"released by {by.name}")
        return Reply(
            text=f"{plain(held.quantity)} {pair.base} is a holding now: shown and valued, "
            f"and nobody's to sell but yours."
        )

    async def write_off(self, pair: Pair, price: Price | None, by: Principal) -> Reply:
        """End a position that cannot be sold, at what was received for it, or at nothing.

        Raises:
            UsageError: when there is none.
        """
        _require_owner(by)
        held = self._position(pair)
        await self._leave(held, price, f"settled by {by.name}")
        paid = f"at {plain(price)}" if price is not None else "at nothing"
        return Reply(text=f"The position of {plain(held.quantity)} {pair.base} is settled {paid}.")

    async def clear(self, pair: Pair, by: Principal) -> Reply:
        """Let a pair take entries again after a person has looked at what froze it.

        An overfill is accepted as it stands, a closed market is tried again, and an order of
        unknown outcome counts as lost as soon as the venue has denied it often enough, whatever
        else looks like it.
        """
        _require_owner(by)
        account, said = self._account, list[str]()
        for order in account.ledger.overfilled(account.name):
            if order.pair == pair:
                await self._sender.record(
                    PositionAdjusted(
                        account=account.name, pair=pair, change=ZERO, price=None,
                        key=overfill_key(order.id), reason=f"accepted by {by.name}",
                        at=account.clock.now(),
                    )
                )  # fmt: skip
                said.append(f"Order {order.id} is accepted as it was filled.")
        if account.trust.open_market(pair):
            said.append(f"{pair} may be tried again.")
        for order in account.open_orders():
            if order.pair == pair and order.is_unknown:
                self._absence.accept(order)
                said.append(f"Order {order.id} counts as lost once {order.venue} denies it.")
        return Reply(text=" ".join(said) or f"Nothing holds {pair} back that can be cleared.")

    async def _leave(self, held: Position, price: Price | None, reason: str) -> None:
        now = self._account.clock.now()
        made = len(self._account.ledger.adjusted)
        await self._sender.record(
            PositionAdjusted(
                account=held.account, pair=held.pair, change=-held.signed_quantity, price=price,
                key=f"{held.pair}:{now.isoformat()}:{made}", reason=reason, at=now,
            )
        )  # fmt: skip

    def _holding(self, base: str) -> Decimal:
        """What of a coin is in no position."""
        account = self._account
        positions = account.ledger.open_positions(account.name)
        used = sum((p.signed_quantity for p in positions if p.pair.base == base), ZERO)
        return self._valuation.total(base) - used

    def _position(self, pair: Pair) -> Position:
        held = self._account.ledger.position(self._account.name, pair)
        if held is None:
            raise UsageError(f"There is no {pair} position.")
        return held


def _require_owner(by: Principal) -> None:
    if not by.local or by.role < Role.OWNER:
        raise NotAllowedError("Only the owner at this machine's terminal may do that.")
