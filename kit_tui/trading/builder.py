"""From a request to exactly what would be sent, rounded toward safety.

Sizes go down, so an order never costs more than was asked for. Limit prices go to the side that
is better for us. Stops go to the side that triggers sooner: a sell stop up, a buy stop down. The
fee comes on top of a buy and is named on the ticket.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kit_tui.domain.errors import KitError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import ZERO, Price, Quantity, plain
from kit_tui.domain.orders import Mode, OrderType, Side
from kit_tui.domain.pair import Market
from kit_tui.domain.ticket import OrderDraft, OrderRequest

STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
LIMITS = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})


class OrderNotPossibleError(KitError):
    """The request cannot be made into an order; nothing was sent."""

    title = "Order not possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What there is to trade with.

    `position` is what K.I.T. holds of the base, `sellable` how much of that may be sold now,
    `cash` what is free of the quote currency.
    """

    account: str
    mode: Mode
    position: Decimal = ZERO
    sellable: Decimal = ZERO
    cash: Decimal = ZERO
    max_slippage: Decimal = Decimal("0.005")


def build(request: OrderRequest, market: Market, ticker: Ticker, means: Means) -> OrderDraft:
    """The draft of a request at the prices of `ticker`.

    Raises:
        OrderNotPossibleError: naming what is missing, too small or on the wrong side.
    """
    _check_kind(request, market)
    price = _limit_price(request, market)
    stop_price = _stop_price(request, market, ticker)
    reference = _reference(request, ticker, price, stop_price)
    worst = _worst(request, market, reference, price, means.max_slippage)
    quantity = _quantity(request, market, reference, worst, means)
    notional = quantity * reference
    _check_minimum(market, quantity, notional)
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
        stop_loss=_stop_loss(request, market, reference),
        time_in_force=request.time_in_force,
        reduce_only=request.reduce_only or request.side is Side.SELL,
        reference_price=reference,
        worst_price=worst,
        notional=notional,
        estimated_fee=notional * market.taker_fee,
        fee_currency=request.pair.quote,
    )


def _check_kind(request: OrderRequest, market: Market) -> None:
    if request.type is OrderType.TRAILING_STOP:
        raise OrderNotPossibleError(f"Trailing stops are not offered on {market.venue} yet.")
    if request.venue is not None and request.venue != market.venue:
        raise OrderNotPossibleError(
            f"This account trades on {market.venue}, not on {request.venue}.",
        )
    if request.type in LIMITS and request.price is None:
        raise OrderNotPossibleError("A limit order needs its price.")
    if request.type in STOPS and request.stop_price is None:
        raise OrderNotPossibleError("A stop order needs its trigger price.")


def _limit_price(request: OrderRequest, market: Market) -> Price | None:
    if request.type not in LIMITS or request.price is None:
        return None
    if request.side is Side.BUY:
        return _at_least_a_tick(request.price, market)
    return market.price_up(request.price)


def _at_least_a_tick(price: Decimal, market: Market) -> Price:
    if price < market.tick_size:
        raise OrderNotPossibleError(
            f"The smallest price of {market.pair} is {plain(market.tick_size)}."
        )
    return market.price_down(price)


def _stop_price(request: OrderRequest, market: Market, ticker: Ticker) -> Price | None:
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
    stop = _at_least_a_tick(request.stop_price, market)
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


def touch(ticker: Ticker, side: Side) -> Price:
    """The price a market order meets: the ask for a buy, the bid for a sell, else the last."""
    quoted = ticker.ask if side is Side.BUY else ticker.bid
    return quoted if quoted is not None else ticker.last


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
    return _at_least_a_tick(reference * (1 - slippage), market)


def _quantity(
    request: OrderRequest, market: Market, reference: Price, worst: Price, means: Means
) -> Quantity:
    sizes = (request.quote_amount, request.base_amount, request.fraction)
    if sum(size is not None for size in sizes) > 1:
        raise OrderNotPossibleError("Give one size: an amount, a quantity or a share.")
    if any(size is not None and size <= 0 for size in sizes):
        raise OrderNotPossibleError("The size must be above zero.")
    if request.fraction is not None and request.fraction > 1:
        raise OrderNotPossibleError("A share cannot be more than all of it.")
    if request.side is Side.SELL:
        return _sell_quantity(request, market, reference, means)
    if request.quote_amount is not None:
        return market.quantity_down(request.quote_amount / reference)
    if request.base_amount is not None:
        return market.quantity_down(request.base_amount)
    if request.fraction is not None:
        # All of the cash must cover the worst fill and its fee.
        cost_of_one = worst * (1 + market.taker_fee)
        return market.quantity_down(means.cash * request.fraction / cost_of_one)
    raise OrderNotPossibleError(
        f"Say how much {request.pair.base} to buy.", hint="For instance: buy BTC for $100"
    )


def _sell_quantity(
    request: OrderRequest, market: Market, reference: Price, means: Means
) -> Quantity:
    base = request.pair.base
    if means.position <= 0:
        raise OrderNotPossibleError(
            f"There is no {request.pair} position to sell.",
            hint=f"Other {base} on the account was not bought here and is left alone.",
        )
    if request.base_amount is not None:
        wanted = request.base_amount
    elif request.quote_amount is not None:
        wanted = request.quote_amount / reference
    else:
        wanted = means.position * (request.fraction or Decimal(1))
    if market.quantity_down(wanted) > means.position:
        raise OrderNotPossibleError(
            f"The position is {plain(means.position)} {base}; {plain(wanted)} cannot be sold.",
            hint="Say `close` with the pair to sell all of it.",
        )
    return market.quantity_down(min(wanted, means.position, means.sellable))


def _stop_loss(request: OrderRequest, market: Market, reference: Price) -> Price | None:
    if request.stop_loss is None:
        return None
    if request.side is Side.SELL:
        raise OrderNotPossibleError("A stop-loss belongs to an entry; this order is an exit.")
    stop = market.price_up(request.stop_loss)
    if stop >= reference:
        raise OrderNotPossibleError(
            f"The stop-loss of a buy must be below its price of {plain(reference)}."
        )
    return stop


def _check_minimum(market: Market, quantity: Quantity, notional: Decimal) -> None:
    base, quote = market.pair.base, market.pair.quote
    if quantity <= 0 or quantity < market.min_quantity:
        least = max(market.min_quantity, market.quantity_step)
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
