"""From a request to exactly what would be sent, rounded toward safety.

Sizes go down, so an order never costs more than was asked for. Limit prices go to the side that
is better for us. Stops go to the side that triggers sooner: a sell stop up, a buy stop down. The
fee comes on top of a buy and is named on the ticket.

On a spot account a sell reduces and nothing else does. On a margined one both sides open, and an
order against the position reduces it and never goes beyond flat.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import structs

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import ONE, ZERO, Price, Quantity, plain
from kit_tui.domain.orders import Mode, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Market
from kit_tui.domain.ticket import OrderDraft, OrderRequest
from kit_tui.exchanges.base import Exchange
from kit_tui.trading.levels import (
    OrderNotPossibleError,
    at_least_a_tick,
    stop_loss_price,
    target_price,
    touch,
    trailed,
)

STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
LIMITS = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
__all__ = ["Means", "OrderNotPossibleError", "build", "touch"]
WATCHABLE = STOPS | {OrderType.TRAILING_STOP}
UNSUPPORTED = "UNSUPPORTED_ORDER_TYPE"


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to trade with, and what the venue itself can do.

    `position` is what K.I.T. holds of the base, below zero when short; `sellable` how much of it
    may be closed now; `cash` what is free of the quote currency. `default_stop` and
    `default_target` (fractions) protect what is entered with leverage and says nothing itself.
    `held_leverage` is that of the open position, where the venue tells.
    """

    account: str
    mode: Mode
    position: Decimal = ZERO
    sellable: Decimal = ZERO
    cash: Decimal = ZERO
    max_slippage: Decimal = Decimal("0.005")
    native_types: frozenset[OrderType] = Exchange.native_types
    has_post_only: bool = False
    margined: bool = False
    leverage: Decimal = ONE
    held_leverage: Decimal | None = None
    default_stop: Decimal = Decimal("0.02")
    default_target: Decimal = Decimal("0.06")

    def reduces(self, request: OrderRequest) -> bool:
        """Whether an order on this side goes against what is held."""
        if not self.margined:
            return request.side is Side.SELL
        against = self.position < 0 if request.side is Side.BUY else self.position > 0
        return against or request.reduce_only


def build(request: OrderRequest, market: Market, ticker: Ticker, means: Means) -> OrderDraft:
    """The draft of a request at the prices of `ticker`.

    Raises:
        OrderNotPossibleError: naming what is missing, too small or on the wrong side.
    """
    reduces = means.reduces(request)
    request = _possible(request, market, means, reduces=reduces)
    price, stop_price, reference, worst = _prices(request, market, ticker, means)
    leverage = _leverage(request, means, reduces=reduces)
    quantity = _quantity(request, market, (reference, worst), means, leverage, reduces=reduces)
    notional = quantity * reference
    _check_minimum(market, quantity, notional, means.position if reduces else ZERO)
    stop_loss, target = _protection(
        request, market, (reference, ticker.last), means, leverage, reduces=reduces
    )
    return OrderDraft(
        venue=market.venue,
        account=means.account,
        mode=means.mode,
        pair=request.pair,
        side=request.side,
        type=request.type,
        quantity=quantity,
        price=price,
        stop_price=stop_price,
        stop_loss=stop_loss,
        take_profit=target,
        trail=request.trail,
        post_only=request.post_only,
        emulated=request.type in WATCHABLE and request.type not in means.native_types,
        leverage=leverage,
        time_in_force=request.time_in_force,
        reduce_only=reduces,
        reference_price=reference,
        worst_price=worst,
        notional=notional,
        estimated_fee=notional * market.taker_fee,
        fee_currency=request.pair.settle or request.pair.quote,
    )


def _prices(
    request: OrderRequest, market: Market, ticker: Ticker, means: Means
) -> tuple[Price | None, Price | None, Price, Price]:
    """Limit, trigger, the price sizes are counted at, and the worst price of a fill."""
    price = _limit_price(request, market, ticker)
    stop_price = _stop_price(request, market, ticker, means)
    reference = _reference(request, ticker, price, stop_price)
    worst = _worst(request, market, reference, price, means.max_slippage)
    return price, stop_price, reference, worst


def _possible(
    request: OrderRequest, market: Market, means: Means, *, reduces: bool
) -> OrderRequest:
    """The request once its kind was checked; an exit with both levels is a stop with a target."""
    if reduces and request.stop_loss is not None and request.take_profit is not None:
        stop = request.stop_price or request.stop_loss
        request = structs.replace(request, type=OrderType.STOP, stop_price=stop, stop_loss=None)
    _check_kind(request, market, means, reduces=reduces)
    return request


def _check_kind(request: OrderRequest, market: Market, means: Means, *, reduces: bool) -> None:
    if request.venue is not None and request.venue != market.venue:
        raise OrderNotPossibleError(
            f"This account trades on {market.venue}, not on {request.venue}.",
        )
    if request.type in LIMITS and request.price is None:
        raise OrderNotPossibleError("A limit order needs its price.")
    if request.type in STOPS and request.stop_price is None:
        raise OrderNotPossibleError("A stop order needs its trigger price.")
    _check_trail(request, reduces=reduces)
    _check_force(request, market, means)
    if request.leverage is not None and not means.margined:
        raise OrderNotPossibleError(
            f"The {means.account} account trades coins, without leverage.", code=UNSUPPORTED
        )
    if reduces and request.take_profit is not None and request.type is not OrderType.STOP:
        raise OrderNotPossibleError(
            "A target belongs to an entry, or stands beside a stop; this order is an exit.",
            hint="To take a profit above the price, use a limit order.",
        )


def _check_trail(request: OrderRequest, *, reduces: bool) -> None:
    trails = request.type is OrderType.TRAILING_STOP
    if trails and not reduces:
        raise OrderNotPossibleError(
            "A trailing stop follows a position: buy first, then set it.", code=UNSUPPORTED
        )
    if trails and request.trail is None:
        raise OrderNotPossibleError("Trailing by how many per cent?")
    if request.trail is None:
        return
    if not 0 < request.trail < 1:
        raise OrderNotPossibleError("A trailing stop lies between 0 and 100 % from the price.")
    if reduces and not trails:
        raise OrderNotPossibleError("This exit has a price of its own; it cannot trail as well.")


def _check_force(request: OrderRequest, market: Market, means: Means) -> None:
    """How long it works, and whether it may take: what the venue has, on orders that can."""
    at_once = request.time_in_force is not TimeInForce.GTC
    if at_once and request.type is not OrderType.LIMIT:
        raise OrderNotPossibleError(
            f"{request.time_in_force.value.upper()} belongs to limit orders.",
            code="UNSUPPORTED_TIME_IN_FORCE",
        )
    if not request.post_only:
        return
    if request.type is not OrderType.LIMIT or at_once:
        raise OrderNotPossibleError("Post-only belongs to limit orders that may rest.")
    if not means.has_post_only:
        raise OrderNotPossibleError(f"{market.venue} has no post-only orders.", code=UNSUPPORTED)


def _leverage(request: OrderRequest, means: Means, *, reduces: bool) -> Decimal | None:
    if not means.margined or reduces:
        return None
    held = means.held_leverage if means.position != 0 else None
    leverage = request.leverage or held or means.leverage
    if leverage < 1:
        raise OrderNotPossibleError("Leverage is 1 or more.")
    if held is not None and leverage != held:
        # It would move the price at which the venue closes what is held, past its stop perhaps.
        raise OrderNotPossibleError(
            f"The {request.pair} position has {plain(held)}x; adding keeps that.",
            hint="Close it first to trade with another leverage.",
        )
    return leverage


def _limit_price(request: OrderRequest, market: Market, ticker: Ticker) -> Price | None:
    if request.type not in LIMITS or request.price is None:
        return None
    buys = request.side is Side.BUY
    price = at_least_a_tick(request.price, market) if buys else market.price_up(request.price)
    other = touch(ticker, request.side)
    if request.post_only and (price >= other if buys else price <= other):
        raise OrderNotPossibleError(
            f"At {plain(price)} it would trade at once; {request.pair} is at {plain(other)}.",
            hint="A post-only order rests. Choose another price, or leave post-only out.",
            code="POST_ONLY_WOULD_TAKE",
        )
    return price


def _stop_price(
    request: OrderRequest, market: Market, ticker: Ticker, means: Means
) -> Price | None:
    if request.type is OrderType.TRAILING_STOP and request.trail is not None:
        # The venue knows itself where its own trailing stop stands.
        native = request.type in means.native_types
        return None if native else trailed(ticker.last, request.trail, request.side, market)
    if request.type not in STOPS or request.stop_price is None:
        return None
    if request.side is Side.SELL:
        stop = market.price_up(request.stop_price)
        if stop >= ticker.last:
            raise OrderNotPossibleError(
                f"A sell stop must be below the price; {request.pair} is at {plain(ticker.last)}.",
                hint="To take a profit above the price, use a limit order.",
            )
        return stop
    stop = at_least_a_tick(request.stop_price, market)
    if stop <= ticker.last:
        raise OrderNotPossibleError(
            f"A buy stop must be above the price; {request.pair} is at {plain(ticker.last)}.",
            hint="To buy below the price, use a limit order.",
        )
    return stop


def _reference(
    request: OrderRequest, ticker: Ticker, price: Price | None, stop_price: Price | None
) -> Price:
    """The price sizes are counted at: the limit, the trigger, else the side of the quote we hit."""
    if price is not None:
        return price
    if stop_price is not None:
        return stop_price
    return touch(ticker, request.side)


def _worst(
    request: OrderRequest,
    market: Market,
    reference: Price,
    price: Price | None,
    slippage: Decimal,
) -> Price:
    if price is not None:
        return price
    if request.side is Side.BUY:
        return market.price_up(reference * (1 + slippage))
    return at_least_a_tick(reference * (1 - slippage), market)


def _quantity(
    request: OrderRequest,
    market: Market,
    prices: tuple[Price, Price],
    means: Means,
    leverage: Decimal | None,
    *,
    reduces: bool,
) -> Quantity:
    reference, worst = prices
    sizes = (request.quote_amount, request.base_amount, request.fraction)
    if sum(size is not None for size in sizes) > 1:
        raise OrderNotPossibleError("Give one size: an amount, a quantity or a share.")
    if any(size is not None and size <= 0 for size in sizes):
        raise OrderNotPossibleError("The size must be above zero.")
    if request.fraction is not None and request.fraction > 1:
        raise OrderNotPossibleError("A share cannot be more than all of it.")
    if reduces:
        return _reducing_quantity(request, market, reference, means)
    if request.quote_amount is not None:
        return market.quantity_down(request.quote_amount / reference)
    if request.base_amount is not None:
        return market.quantity_down(request.base_amount)
    if request.fraction is not None:
        # All of the cash must cover the worst fill and its fee.
        cost_of_one = max(worst, reference) * (1 / (leverage or ONE) + market.taker_fee)
        return market.quantity_down(means.cash * request.fraction / cost_of_one)
    verb = request.side.value
    raise OrderNotPossibleError(
        f"Say how much {request.pair.base} to {verb}.",
        hint=f"For instance: {verb} {request.pair.base} for $100",
    )


def _reducing_quantity(
    request: OrderRequest, market: Market, reference: Price, means: Means
) -> Quantity:
    base, held = request.pair.base, abs(means.position)
    sells = request.side is Side.SELL
    against = means.position > 0 if sells else means.position < 0
    if not against:
        raise OrderNotPossibleError(
            f"There is no {request.pair} position to {request.side.value}.",
            hint=""
            if means.margined
            else f"Other {base} on the account was not bought here and is left alone.",
        )
    if request.base_amount is not None:
        wanted = request.base_amount
    elif request.quote_amount is not None:
        wanted = request.quote_amount / reference
    else:
        wanted = held * (request.fraction or ONE)
    if market.quantity_down(wanted) > held:
        done = "sold" if sells else "bought back"
        raise OrderNotPossibleError(
            f"The position is {plain(held)} {base}; {plain(wanted)} cannot be {done}.",
            hint="Say `close` with the pair to close all of it.",
        )
    return market.quantity_down(min(wanted, held, means.sellable))


def _protection(
    request: OrderRequest,
    market: Market,
    prices: tuple[Price, Price],
    means: Means,
    leverage: Decimal | None,
    *,
    reduces: bool,
) -> tuple[Price | None, Price | None]:
    """Stop and target of an entry, or the target beside an exit's stop."""
    reference, now = prices
    if reduces:
        if request.stop_loss is not None:
            raise OrderNotPossibleError("A stop-loss belongs to an entry; this order is an exit.")
        return None, target_price(request.take_profit, request.side.opposite, market, now)
    stop, target = request.stop_loss, request.take_profit
    long = request.side is Side.BUY
    if leverage is not None and leverage > 1:
        # With leverage both are needed; what was not said is what the settings offer.
        away = ONE if long else -ONE
        if stop is None and request.trail is None:
            stop = Price(reference * (1 - away * means.default_stop))
        target = target or Price(reference * (1 + away * means.default_target))
    return (
        stop_loss_price(stop, request.side, market, reference),
        target_price(target, request.side, market, reference),
    )


def _check_minimum(
    market: Market, quantity: Quantity, notional: Decimal, held: Decimal = ZERO
) -> None:
    base, quote = market.pair.base, market.pair.quote
    least = max(market.min_quantity, market.quantity_step)
    if 0 < abs(held) < least:
        raise OrderNotPossibleError(
            f"{plain(abs(held))} {base} is left of {market.pair}, less than {market.venue} trades.",
            hint="It goes with the next sale, once there is more of it.",
        )
    if quantity <= 0 or quantity < market.min_quantity:
        raise OrderNotPossibleError(
            f"The smallest order for {market.pair} on {market.venue} is {plain(least)} {base}; "
            f"this one comes to {plain(quantity)} {base}.",
        )
    if notional < market.min_notional:
        raise OrderNotPossibleError(
            f"The smallest order for {market.pair} on {market.venue} is "
            f"{plain(market.min_notional)} {quote}; "
            f"this one comes to {plain(notional.quantize(Decimal('0.01')))} {quote}.",
        )
