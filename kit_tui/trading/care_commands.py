"""Commands about whose coins are whose: adopt, release, settle, clear. For the owner only."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import UsageError
from kit_tui.domain.numbers import Price
from kit_tui.domain.pair import Pair
from kit_tui.trading.engine import TradingEngine

SETTLE_WORD = "SETTLE"


class CareCommands:
    """What a person decides about one account's holdings and positions."""

    def __init__(self, engine: TradingEngine) -> None:
        self._engine = engine

    @command("adopt", effect=Effect.ADMIN)
    async def adopt(
        self,
        ctx: Context,
        pair: Pair,
        quantity: Decimal | None = None,
        price: Price | None = None,
    ) -> Reply:
        """Put a holding under K.I.T.'s care as a position; without a price its cost is unknown."""
        return await self._engine.adopt(pair, quantity, price, by=ctx.principal)

    @command("release", effect=Effect.ADMIN)
    async def release(self, ctx: Context, pair: Pair) -> Reply:
        """Take a position out of K.I.T.'s care; nothing is sold, its stops are cancelled."""
        return await self._engine.release(pair, by=ctx.principal)

    @command("settle", effect=Effect.ADMIN)
    async def settle(
        self, ctx: Context, pair: Pair, word: str = "", price: Price | None = None
    ) -> Reply:
        """Write off a position that cannot be sold, at a price or at nothing; type SETTLE."""
        if word != SETTLE_WORD:
            raise UsageError(
                "Settling needs the word typed out.", hint=f"Type /settle {pair} {SETTLE_WORD}"
            )
        return await self._engine.write_off(pair, price, by=ctx.principal)

    @command("clear", effect=Effect.ADMIN)
    async def clear(self, ctx: Context, pair: Pair) -> Reply:
        """Let a frozen pair take entries again after you have looked at the venue."""
        return await self._engine.clear(pair, by=ctx.principal)
