"""Commands that put up tickets for orders: buy, sell, and an order with everything it can have."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import UsageError
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderType, Side, TimeInForce
from kit_tui.domain.pair import Pair
from kit_tui.domain.ticket import OrderRequest
from kit_tui.trading.engine import TradingEngine

HUNDRED = Decimal(100)
SMALLEST_TRAIL = Decimal("0.1")
# Selling of these kinds protects what is held: without a size it is for the whole position.
PROTECTIVE = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})


class EntryCommands:
    """What proposes a new order; a part of the trading commands."""

    _engine: TradingEngine

    @command("buy", effect=Effect.PROPOSES, model=False)
    async def buy(
        self, ctx: Context, pair: Pair, amount: Decimal, limit: Price | None = None
    ) -> Reply:
        """A ticket to buy for an amount of the quote currency, at market or at a limit price."""
        request = OrderRequest(
            side=Side.BUY,
            pair=pair,
            type=OrderType.MARKET if limit is None else OrderType.LIMIT,
            quote_amount=amount,
            price=limit,
        )
        return await self._propose(request, ctx)

    @command("sell", effect=Effect.PROPOSES, model=False)
    async def sell(
        self, ctx: Context, pair: Pair, quantity: Decimal, limit: Price | None = None
    ) -> Reply:
        """A ticket to sell a quantity of the base currency, at market or at a limit price."""
        request = OrderRequest(
            side=Side.SELL,
            pair=pair,
            type=OrderType.MARKET if limit is None else OrderType.LIMIT,
            base_amount=quantity,
            price=limit,
            reduce_only=True,
        )
        return await self._propose(request, ctx)

    @command("order", effect=Effect.PROPOSES)
    async def order(  # noqa: PLR0917 - everything an order can have, each by its name
        self,
        ctx: Context,
        side: Side,
        pair: Pair,
        type: OrderType = OrderType.MARKET,  # noqa: A002 - the field's word
        quote_amount: Decimal | None = None,
        base_amount: Decimal | None = None,
        fraction: Decimal | None = None,
        price: Price | None = None,
        stop_price: Price | None = None,
        stop_loss: Price | None = None,
        take_profit: Price | None = None,
        trail_percent: Decimal | None = None,
        post_only: bool = False,
        time_in_force: TimeInForce | None = None,
    ) -> Reply:
        """A ticket for one order with everything it can have; say the rest as name=value.

        `/order buy BTC/USDT limit quote_amount=100 price=60000 stop_loss=58000 take_profit=66000`

        Types: market, limit, stop, stop_limit, trailing_stop. Exactly one size: quote_amount
        (money), base_amount (coins), or fraction (of the position, or of free cash); a protective
        sale may leave it out for the whole position. Sales only reduce. stop_price is the trigger,
        trail_percent 3 is 3 %; stop_loss and take_profit protect an entry once it is filled.
        """
        _check_size(side, type, (quote_amount, base_amount, fraction))
        request = OrderRequest(
            side=side, pair=pair, type=type, quote_amount=quote_amount, base_amount=base_amount,
            fraction=fraction, price=price, stop_price=stop_price, stop_loss=stop_loss,
            take_profit=take_profit, trail=trail_of(trail_percent), post_only=post_only,
            time_in_force=time_in_force or TimeInForce.GTC, reduce_only=side is Side.SELL,
        )  # fmt: skip
        return await self._propose(request, ctx)

    async def _propose(self, request: OrderRequest, ctx: Context) -> Reply:
        proposal = await self._engine.propose(
            request, principal=ctx.principal, words=ctx.words, read_by=ctx.read_by
        )
        return proposal.reply


def trail_of(percent: Decimal | None) -> Decimal | None:
    """A distance in per cent as a fraction.

    Raises:
        UsageError: when no stop trails that near or that far.
    """
    if percent is None:
        return None
    if not SMALLEST_TRAIL <= percent < HUNDRED:
        raise UsageError(
            f"A trailing stop is {SMALLEST_TRAIL} to 99 per cent away.", hint="3 stands for 3 %."
        )
    return percent / HUNDRED


def _check_size(side: Side, kind: OrderType, sizes: tuple[Decimal | None, ...]) -> None:
    given = sum(size is not None for size in sizes)
    if given == 1 or (given == 0 and side is Side.SELL and kind in PROTECTIVE):
        return
    raise UsageError(
        "Give exactly one size: quote_amount, base_amount or fraction.",
        hint="For instance: /order buy BTC/USDT market quote_amount=100",
    )
