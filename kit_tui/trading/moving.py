"""Moving the stop or the target of a position: at once, without a ticket, as only an exit may."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.cards import OrdersCard, Reply
from kit_tui.domain.message import Principal
from kit_tui.domain.numbers import Price, plain
from kit_tui.domain.orders import Order, OrderStatus, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.answers import Answer
from kit_tui.trading.levels import OrderNotPossibleError, at_least_a_tick
from kit_tui.trading.lineage import Role
from kit_tui.trading.proposing import Proposer, require_trader
from kit_tui.trading.protection import Protection
from kit_tui.trading.valuation import Valuation

_UNSURE = frozenset({OrderStatus.UNKNOWN, OrderStatus.SUBMITTED})


class Moves:
    """Puts one stop or target up for a whole position, instead of those it had."""

    def __init__(
        self,
        account: TradingAccount,
        valuation: Valuation,
        proposer: Proposer,
        protection: Protection,
    ) -> None:
        self._account = account
        self._valuation = valuation
        self._proposer = proposer
        self._protection = protection

    async def stop(
        self, pair: Pair, *, price: Decimal | None, trail: Decimal | None, principal: Principal
    ) -> Answer:
        """Move a position's stop to a price, or let it trail by a fraction.

        Raises:
            KitError: when there is no position, or the price has passed that level already.
        """
        if trail is not None and not 0 < trail < 1:
            raise OrderNotPossibleError("A trailing stop lies between 0 and 100 % from the price.")
        return await self._move(pair, Role.STOP, price, trail, principal)

    async def target(self, pair: Pair, price: Decimal, *, principal: Principal) -> Answer:
        """Move a position's target.

        Raises:
            KitError: when there is no position, or the price is beyond the target already.
        """
        return await self._move(pair, Role.TARGET, price, None, principal)

    async def _move(
        self,
        pair: Pair,
        role: Role,
        price: Decimal | None,
        trail: Decimal | None,
        principal: Principal,
    ) -> Answer:
        require_trader(principal)
        market = await self._proposer.market_of(pair)
        async with self._account.lock:
            side, last = await self._exit_side(pair), await self._last(pair)
            level = None if price is None else _level(Price(price), role, side, last, market)
            if self._protection.is_unsure(pair):
                raise OrderNotPossibleError(
                    f"The outcome of an order in {pair} is not known yet; it is asked for.",
                    hint="Try again in a moment.",
                )
            said = await self._protection.move(pair, market, role, price=level, trail=trail)
            working = tuple(self._protection.exits(pair))
        lead = f"{pair}: {role.value} moved. {levels(working)}"
        reply = Reply(text="\n".join([lead, *said]), cards=(OrdersCard(working),))
        return Answer(reply=reply)

    async def _exit_side(self, pair: Pair) -> Side:
        held = self._account.ledger.position(self._account.name, pair)
        if held is None:
            raise OrderNotPossibleError(
                f"There is no {pair} position to protect.",
                hint="To wait for an entry, use a stop or limit order.",
            )
        return Side.SELL if held.signed_quantity > 0 else Side.BUY

    async def _last(self, pair: Pair) -> Price:
        ticker = await self._valuation.quote(pair)
        if ticker is None or not self._valuation.is_fresh(ticker):
            raise OrderNotPossibleError(
                f"There is no fresh price of {pair} now.", hint="Nothing was changed."
            )
        return ticker.last


def levels(working: tuple[Order, ...]) -> str:
    """`stop 65,672.00 · target 71,033.00 · OCO on the venue`, or where each is."""
    stops, targets = [o for o in working if o.is_stop], [o for o in working if not o.is_stop]
    native = [o for o in working if not o.emulated and o.status not in _UNSURE]
    grouped = {o.group_id for o in native if o.group_id}
    if len(native) == 2 and len(grouped) == 1 and stops and targets:
        return f"{_at('stop', stops[0])} · {_at('target', targets[0])} · OCO on the venue"
    parts = [
        f"{_at(name, order)} {_where(order)}"
        for name, orders in (("stop", stops), ("target", targets))
        for order in orders
    ]
    return " · ".join(parts) or "Nothing protects it now."


def _where(order: Order) -> str:
    if order.emulated:
        return reports.WATCHED
    return "sent, not confirmed yet" if order.status in _UNSURE else "on the venue"


def _at(name: str, order: Order) -> str:
    level = order.stop_price or order.price
    trail = f" trailing {reports.percent(order.trail)}" if order.trail is not None else ""
    return f"{name}{trail}" + (f" {reports.price_text(level)}" if level is not None else "")


def _level(price: Price, role: Role, side: Side, last: Price, market: Market) -> Price:
    """A level on the market's tick, on the side of the price where it can wait."""
    sells = side is Side.SELL
    rounded = market.price_up(price) if sells else at_least_a_tick(price, market)
    below = rounded < last if (role is Role.STOP) == sells else rounded > last
    if not below:
        word = "below" if (role is Role.STOP) == sells else "above"
        raise OrderNotPossibleError(
            f"The {role.value} must be {word} the price; {market.pair} is at {plain(last)}.",
            hint="To leave now, say close.",
        )
    return rounded
