"""What the paper venue demands of an order, and what a resting order locks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from kit_tui.domain.errors import OrderRejectedError
from kit_tui.domain.numbers import ZERO, Price, floor_to_step, plain
from kit_tui.domain.orders import OrderType, Side, TimeInForce
from kit_tui.domain.pair import Market, Pair
from kit_tui.exchanges.base import NewOco, NewOrder
from kit_tui.exchanges.matching import Quote, Terms

_PRICED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_STOPPED = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_KNOWN = frozenset({OrderType.MARKET}) | _PRICED | _STOPPED


def check_order(order: NewOrder, market: Market, quote: Quote) -> None:
    """Refuse what a real venue would refuse before looking at balances.

    Raises:
        OrderRejectedError: with a code that names the rule.
    """
    if order.type not in _KNOWN:
        _reject("UNSUPPORTED_ORDER_TYPE", f"Paper takes no {order.type} orders.")
    if order.reduce_only and order.side is Side.BUY:
        _reject("REDUCE_ONLY", "A spot account has no short position that a buy could reduce.")
    if order.post_only and (
        order.type is not OrderType.LIMIT or order.time_in_force is not TimeInForce.GTC
    ):
        _reject("POST_ONLY_MISMATCH", "Post-only belongs to limit orders that may rest.")
    _check_prices(order, market)
    _check_quantity(order, market)
    _check_notional(order, market, quote)
    if order.type in _STOPPED and order.stop_price is not None:
        _check_stop_side(order.side, order.stop_price, quote)


def oco_legs(oco: NewOco) -> tuple[NewOrder, NewOrder]:
    """The target and the stop of a group as orders."""
    target = NewOrder(
        client_id=oco.target_client_id, pair=oco.pair, side=oco.side, type=OrderType.LIMIT,
        quantity=oco.quantity, price=oco.target_price,
    )  # fmt: skip
    stop = NewOrder(
        client_id=oco.stop_client_id, pair=oco.pair, side=oco.side,
        type=OrderType.STOP if oco.stop_limit_price is None else OrderType.STOP_LIMIT,
        quantity=oco.quantity, price=oco.stop_limit_price, stop_price=oco.stop_price,
    )  # fmt: skip
    return target, stop


def check_oco(oco: NewOco, quote: Quote) -> None:
    """Refuse a group whose target would trade at once, or whose ids are not two.

    Raises:
        OrderRejectedError: with a code that names the rule.
    """
    if oco.target_client_id == oco.stop_client_id:
        _reject("DUPLICATE_CLIENT_ID", "Target and stop need ids of their own.")
    sells, target = oco.side is Side.SELL, oco.target_price
    if target <= quote.bid if sells else target >= quote.ask:
        where = "above" if sells else "below"
        _reject("OCO_PRICES", f"The target must be {where} the market: {plain(target)}.")


def _check_prices(order: NewOrder, market: Market) -> None:
    if (order.price is not None) != (order.type in _PRICED):
        _reject("PRICE_MISMATCH", f"A {order.type} order needs a limit price exactly if it is one.")
    if (order.stop_price is not None) != (order.type in _STOPPED):
        _reject("STOP_PRICE_MISMATCH", f"A {order.type} order and its stop price do not match.")
    for price in (order.price, order.stop_price):
        if price is not None and floor_to_step(price, market.tick_size) != price:
            _reject(
                "PRICE_OFF_TICK",
                f"{plain(price)} is not a multiple of the tick {plain(market.tick_size)}.",
            )


def _check_quantity(order: NewOrder, market: Market) -> None:
    quantity, base = order.quantity, order.pair.base
    if quantity <= 0 or quantity < market.min_quantity:
        _reject(
            "QUANTITY_BELOW_MINIMUM",
            f"{plain(quantity)} {base} is below the minimum of {plain(market.min_quantity)}.",
        )
    if market.max_quantity and quantity > market.max_quantity:
        _reject(
            "QUANTITY_ABOVE_MAXIMUM",
            f"{plain(quantity)} {base} is above the maximum of {plain(market.max_quantity)}.",
        )
    if floor_to_step(quantity, market.quantity_step) != quantity:
        _reject(
            "QUANTITY_OFF_STEP",
            f"{plain(quantity)} is not a multiple of the step {plain(market.quantity_step)}.",
        )


def _check_notional(order: NewOrder, market: Market, quote: Quote) -> None:
    price = order.price or order.stop_price or quote.last
    notional, currency = price * order.quantity, order.pair.quote
    if notional < market.min_notional:
        _reject(
            "NOTIONAL_BELOW_MINIMUM",
            f"{plain(notional)} {currency} is below the minimum of {plain(market.min_notional)}.",
        )
    if market.max_notional and notional > market.max_notional:
        _reject(
            "NOTIONAL_ABOVE_MAXIMUM",
            f"{plain(notional)} {currency} is above the maximum of {plain(market.max_notional)}.",
        )


def _check_stop_side(side: Side, stop: Price, quote: Quote) -> None:
    crossed = stop >= quote.last if side is Side.SELL else stop <= quote.last
    if crossed:
        where = "below" if side is Side.SELL else "above"
        _reject(
            "STOP_WOULD_TRIGGER",
            f"A {side} stop must be {where} the market: {plain(stop)} against {plain(quote.last)}.",
        )


def locked_by(
    order: NewOrder, remaining: Decimal, terms: Terms, fee: Decimal
) -> tuple[str, Decimal]:
    """Currency and amount that an order with `remaining` to fill keeps out of reach of others."""
    if order.side is Side.SELL:
        return order.pair.base, remaining
    worst = order.price
    if worst is None and order.stop_price is not None:
        worst = Price(order.stop_price * (1 + terms.slippage))
    return order.pair.quote, remaining * (worst or ZERO) * (1 + fee)


def require_funds(free: Decimal, needed: Decimal, currency: str) -> None:
    """Refuse an order whose cost is not free.

    Raises:
        OrderRejectedError: INSUFFICIENT_FUNDS.
    """
    if needed > free:
        _reject(
            "INSUFFICIENT_FUNDS",
            f"The order needs {plain(needed)} {currency} and {plain(max(free, ZERO))} is free.",
        )


def unknown_pair(pair: Pair, known: Sequence[Pair], venue: str) -> OrderRejectedError:
    """The rejection of an order in a pair that the venue does not list."""
    alike = [str(other) for other in known if other.base == pair.base][:3]
    hint = f"It trades {', '.join(alike)}." if alike else ""
    return OrderRejectedError(f"{venue} does not trade {pair}.", code="UNKNOWN_PAIR", hint=hint)


def _reject(code: str, message: str) -> None:
    raise OrderRejectedError(message, code=code)
