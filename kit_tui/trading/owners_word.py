"""What only the owner decides about an account: whose coins are whose, real money, autonomy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, TypeVar

from kit_tui.domain.autonomy import Autonomy
from kit_tui.domain.cards import Reply
from kit_tui.domain.message import Principal
from kit_tui.domain.numbers import Price
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import Check
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.arming import Arming
from kit_tui.trading.autonomy import AutonomyPolicy
from kit_tui.trading.care import Care
from kit_tui.trading.rounds import Rounds

T = TypeVar("T")


class OwnersWord:
    """A part of the trading engine."""

    account: TradingAccount
    _care: Care
    _arming: Arming
    _rounds: Rounds
    autonomy: AutonomyPolicy

    @abstractmethod
    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end whatever happens to the caller, then publish."""

    async def adopt(
        self, pair: Pair, quantity: Decimal | None, price: Price | None, *, by: Principal
    ) -> Reply:
        """Make a holding a position. See `Care.adopt`."""
        return await self._finish(self._cared(pair, self._care.adopt(pair, quantity, price, by)))

    async def release(self, pair: Pair, *, by: Principal) -> Reply:
        """Make a position a holding again."""
        return await self._finish(self._cared(pair, self._care.release(pair, by)))

    async def write_off(self, pair: Pair, price: Price | None, *, by: Principal) -> Reply:
        """End a position that cannot be sold."""
        return await self._finish(self._cared(pair, self._care.write_off(pair, price, by)))

    async def clear(self, pair: Pair, *, by: Principal) -> Reply:
        """Let a frozen pair take entries again."""
        return await self._finish(self._cared(pair, self._care.clear(pair, by)))

    # -- real money ----------------------------------------------------------------------------

    async def going_live_checks(self) -> list[Check]:
        """What must hold before real money is traded: connection, clock, keys, books, limits."""
        return await self._arming.checks()

    async def arm(
        self, by: Principal, typed: str, *, withdraw_accepted: bool = False
    ) -> list[Check]:
        """Let this account trade real money; `typed` is its name. See `Arming.arm`.

        Raises:
            KitError: when the person, the word or a check does not fit.
        """
        work = self._arming.arm(by, typed, withdraw_accepted=withdraw_accepted)
        return await self._finish(work)

    async def disarm(self, by: Principal) -> None:
        """Take no entries with real money any more; exits, stops and cancels still work."""
        await self._finish(self._arming.disarm(by))

    # -- autonomy ------------------------------------------------------------------------------

    async def set_autonomy(self, level: Autonomy, word: str, *, by: Principal) -> Reply:
        """Raise or lower what is sent without asking. See `AutonomyPolicy.set`.

        Raises:
            KitError: when the person, the word or the state of trading does not fit.
        """
        return await self._finish(self.autonomy.set(level, word, by))

    # -- inside --------------------------------------------------------------------------------

    async def _cared(self, pair: Pair, work: Coroutine[Any, Any, Reply]) -> Reply:
        async with self.account.lock:
            reply = await work
            await self._rounds.protect({pair})
        return reply
