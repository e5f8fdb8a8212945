"""Where stops and targets may stand, and the prices they are counted from. Pure."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.errors import KitError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import Price, plain
from kit_tui.domain.orders import Side
from kit_tui.domain.pair import Market


class OrderNotPossibleError(KitError):
    """The request cannot be made into an order; nothing was sent. `code` is stable."""

    title = "Order not possible"

    def __init__(self, message: str, *, hint: str = "", code: str = "ORDER_NOT_POSSIBLE") -> None:
        super().__init__(message, hint=hint)
        self.code = code


def at_least_a_tick(price: Decimal, market: Market) -> Price:
    """A price rounded down to the market's tick.

    Raises:
        OrderNotPossibleError: when it is below the smallest one.
    """
    if price < market.tick_size:
        raise OrderNotPossibleError(
            f"The smallest price of {market.pair} is {plain(market.tick_size)}."
        )
    return market.price_down(price)


def trailed(best: Decimal, trail: Decimal, side: Side, market: Market) -> Price:
    """Where a stop stands that follows `best` at a distance; `side` is that of the stop."""
    if side is Side.SELL:
        return market.price_up(best * (1 - trail))
    return market.price_down(best * (1 + trail))


def touch(ticker: Ticker, side: Side) -> Price:
    """The price a market order meets: the ask for a buy, the bid for a sell, else the last."""
    quoted = ticker.ask if side is Side.BUY else ticker.bid
    return quoted if quoted is not None else ticker.last


def stop_loss_price(
    stop: Price | None, side: Side, market: Market, reference: Price
) -> Price | None:
    """The stop of a position that is entered on `side`, rounded to trigger sooner.

    Raises:
        OrderNotPossibleError: when it is on the wrong side of the entry.
    """
    if stop is None:
        return None
    if side is Side.BUY:
        rounded, wrong, word = market.price_up(stop), stop >= reference, "below"
    else:
        rounded, wrong, word = at_least_a_tick(stop, market), stop <= reference, "above"
    if wrong or rounded == reference:
        raise OrderNotPossibleError(
            f"The stop-loss of a {side.value} must be {word} its price of {plain(reference)}."
        )
    return rounded


def target_price(
    target: Price | None, side: Side, market: Market, reference: Price
) -> Price | None:
    """The target of a position that is entered on `side`, rounded to the better price.

    Raises:
        OrderNotPossibleError: when it is on the wrong side of the entry.
    """
    if target is None:
        return None
    if side is Side.BUY:
        rounded, wrong, word = market.price_up(target), target <= reference, "above"
    else:
        rounded, wrong, word = at_least_a_tick(target, market), target >= reference, "below"
    if wrong or rounded == reference:
        raise OrderNotPossibleError(f"The target must be {word} the price of {plain(reference)}.")
    return rounded
