"""Orders that are watched here: their prices are looked at in every round, and they act once.

The order and what it becomes are one commit: the watched order ends and its real order is
submitted together, before the venue hears of it. So a crash in between neither loses nor doubles
it; what was never sent becomes due again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from kit_tui.domain.errors import JournalError, KitError
from kit_tui.domain.events import OrderAmended, OrderMoved
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import Price, Quantity, plain
from kit_tui.domain.orders import Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.position import Position
from kit_tui.domain.ticket import OrderRequest
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.believing import Believing, Print, better_stop
from kit_tui.trading.exits import margin_of
from kit_tui.trading.levels import touch, trailed
from kit_tui.trading.lineage import DUST
from kit_tui.trading.placing import kind
from kit_tui.trading.proposing import Proposer
from kit_tui.trading.protection import Protection
from kit_tui.trading.sender import Sender
from kit_tui.trading.tickets import client_id
from kit_tui.trading.valuation import Valuation

TRIGGER_LEG = "trigger"
# An exit that is refused is tried again in the next round, then twice as late each time.
FIRST_REST_S = 10.0
LONGEST_REST_S = 60.0
log = logging.getLogger(__name__)


class Watcher:
    """Evaluates watched orders of one account. Callers hold the account's lock."""

    def __init__(
        self,
        account: TradingAccount,
        valuation: Valuation,
        proposer: Proposer,
        sender: Sender,
        protection: Protection,
    ) -> None:
        self._account = account
        self._valuation = valuation
        self._proposer = proposer
        self._sender = sender
        self._protection = protection
        self._believing = Believing()
        self._told: set[tuple[str, str]] = set()
        self._refused: dict[Pair, tuple[int, float]] = {}

    async def run(self) -> bool:
        """One round over every watched order; returns whether any of them acted.

        What fails in one pair does not stop the others.

        Raises:
            JournalError: when something could not be made durable; trading has halted then.
        """
        watched: dict[Pair, list[Order]] = {}
        before = self._account.ledger.order_count
        for order in self._account.open_orders():
            if order.emulated:
                watched.setdefault(order.pair, []).append(order)
        self._believing.forget({order.id for orders in watched.values() for order in orders})
        for pair, orders in watched.items():
            try:
                await self._look(pair, orders)
            except JournalError:
                raise
            except KitError as error:
                log.warning("watched orders in %s: %s", pair, error.message)
        return self._account.ledger.order_count > before

    async def _look(self, pair: Pair, orders: Sequence[Order]) -> None:
        ticker = await self._valuation.ticker(pair)
        if ticker is None or not self._valuation.is_fresh(ticker):
            self._tell_once(pair, "blind", f"There is no fresh price of {pair}: orders watched "
                            "here wait until there is one.")  # fmt: skip
            return
        self._told.discard((pair, "blind"))
        seen = self._believing.see(ticker, _anchor(orders))
        if seen.is_absurd:
            self._tell_once(pair, "absurd", f"{pair} shows {reports.price_text(seen.price)}, which "
                            "is not believed: no order watched here acts on it.")  # fmt: skip
        elif seen.is_believed:
            self._told.discard((pair, "absurd"))
        market = await self._proposer.market_of(pair)
        for order in orders:
            now = self._account.ledger.orders[order.id]
            if now.is_open:
                await self._one(now, ticker, seen, market)

    async def _one(self, order: Order, ticker: Ticker, seen: Print, market: Market) -> None:
        if self._believing.is_reached(order, ticker, seen):
            if self._protection.is_unsure(order.pair):
                self._tell_once(order.pair, order.id, f"{kind(order)} is reached, and it is not "
                                "known what became of an order before it: asking.")  # fmt: skip
            elif order.reduce_only:
                await self._exit(order, ticker, market)
            else:
                await self._enter(order, ticker, market)
            return
        best = better_stop(order, seen)
        if best is not None and order.trail is not None:
            await self._follow(order, trailed(best, order.trail, order.side, market))

    async def _follow(self, order: Order, stop: Price) -> None:
        """Move a trailing stop closer, durably; a restart goes on from there."""
        known = order.stop_price
        if known is not None:
            tighter = stop > known if order.side is Side.SELL else stop < known
            if not tighter:
                return
        await self._sender.record(
            OrderAmended(order_id=order.id, stop_price=stop, at=self._account.clock.now())
        )

    # -- exits ---------------------------------------------------------------------------------

    async def _exit(self, order: Order, ticker: Ticker, market: Market) -> None:
        account, pair = self._account, order.pair
        position = account.ledger.position(account.name, pair)
        if position is None or not _reduces(order, position):
            await self._protection.ensure(pair, market)
            return
        if self._is_resting(pair):
            return
        quantity = market.quantity_down(min(order.remaining, position.quantity))
        if not account.exchange.is_margined:
            quantity = await self._freed(order, quantity, market)
        if _is_dust(quantity, ticker.last, market):
            await self._too_small(order, quantity, position, market)
            return
        child = self._child(order, quantity)
        done = await self._sender.send(child, *self._triggered(order, child, ticker.last))
        self._note_refusal(done)
        does = "sells" if child.side is Side.SELL else "buys back"
        text = (
            f"{kind(order)} was reached: order {done.id} {does} {reports.amount(done)} "
            f"({done.status.value})."
        )
        if done.filled > 0:
            text = f"{kind(order)} was reached. {reports.headline(done, market)} · order {done.id}"
        self._sender.notice("triggered", text)
        await self._protection.ensure(pair, market)

    def _is_resting(self, pair: Pair) -> bool:
        """Whether the venue refused an exit so often and so lately that it is not tried now."""
        times, at = self._refused.get(pair, (0, 0.0))
        rest = min(FIRST_REST_S * 2 ** (times - 2), LONGEST_REST_S) if times > 1 else 0.0
        return self._account.clock.monotonic() - at < rest

    def _note_refusal(self, order: Order) -> None:
        times, _ = self._refused.pop(order.pair, (0, 0.0))
        if order.status is OrderStatus.REJECTED:
            self._refused[order.pair] = (times + 1, self._account.clock.monotonic())

    async def _freed(self, order: Order, quantity: Quantity, market: Market) -> Quantity:
        """Coins for an exit, other exits of ours released for them; at most what is free then."""
        exchange, pair = self._account.exchange, order.pair
        free = (await exchange.get_balance(pair.base)).free
        problems = await self._protection.release(pair, quantity, free)
        if problems:
            log.warning("coins of %s are not free yet: %s", pair, "; ".join(problems))
        free = (await exchange.get_balance(pair.base)).free
        free = self._protection.sellable(pair, free)
        return market.quantity_down(min(quantity, free))

    async def _too_small(
        self, order: Order, quantity: Decimal, position: Position, market: Market
    ) -> None:
        """Nothing to sell now: because it is dust, or because the coins are not free yet."""
        ticker = await self._valuation.ticker(order.pair)
        price = ticker.last if ticker is not None else order.stop_price or order.price
        whole = market.quantity_down(min(order.remaining, position.quantity))
        if price is not None and _is_dust(whole, price, market):
            await self._sender.cancel(order, DUST)
            base = order.pair.base
            self._sender.notice("dust", f"{plain(whole)} {base} is left, less than can be sold.")
            return
        self._tell_once(
            order.pair, order.id, f"{kind(order)} is reached, and only {plain(quantity)} "
            f"{order.pair.base} is free: the rest is held by orders on {order.venue}.",
        )  # fmt: skip
        await self._protection.ensure(order.pair, market)

    # -- entries -------------------------------------------------------------------------------

    async def _enter(self, order: Order, ticker: Ticker, market: Market) -> None:
        """An entry is checked once more before it is sent, at the price of now."""
        why = await self._refusal(order, ticker)
        if why:
            await self._sender.cancel(order, f"reached, and not sent: {why}")
            self._sender.notice("watched entry", f"{kind(order)} was reached, and not sent: {why}.")
            return
        await self._set_leverage(order)
        child = self._child(order, order.remaining)
        done = await self._sender.send(child, *self._triggered(order, child, ticker.last))
        said = await self._protection.ensure(order.pair, market)
        text = f"{kind(order)} was reached. {reports.headline(done, market)} · order {done.id}"
        self._sender.notice("watched entry", "\n".join([text, *said]))

    async def _set_leverage(self, order: Order) -> None:
        """As its ticket says: another order may have set the pair's since, or a restart forgot it.

        Raises:
            KitError: when it could not be set; the order is looked at again in the next round.
        """
        account = self._account
        ticket = account.ledger.tickets.get(order.ticket_id or "")
        leverage = ticket.order.leverage if ticket is not None else None
        if account.exchange.is_margined and leverage is not None:
            await account.exchange.set_leverage(order.pair, leverage, margin_of(account))

    async def _refusal(self, order: Order, ticker: Ticker) -> str:
        """Why an entry may not be sent any more, or empty."""
        ticket = self._account.ledger.tickets.get(order.ticket_id or "")
        if ticket is not None and order.type is OrderType.STOP:
            price, worst = touch(ticker, order.side), ticket.order.worst_price
            if price > worst if order.side is Side.BUY else price < worst:
                return (
                    f"the price is {reports.price_text(price)}, beyond the "
                    f"{reports.price_text(worst)} that was approved"
                )
        request = OrderRequest(
            side=order.side, pair=order.pair, base_amount=order.remaining,
            leverage=ticket.order.leverage if ticket is not None else None,
        )  # fmt: skip
        verdict = await self._proposer.judge_again(request, order)
        return reports.check_text(verdict.failed[0]) if verdict.failed else ""

    # -- inside --------------------------------------------------------------------------------

    def _child(self, order: Order, quantity: Quantity) -> Order:
        """The real order of a watched one; its id follows from it alone."""
        account, now = self._account, self._account.clock.now()
        limit = order.type is OrderType.STOP_LIMIT
        return msgspec.structs.replace(
            order,
            id=account.numbers.next_order(),
            client_id=client_id(account.journal.home_id, f"order-{order.id}", TRIGGER_LEG),
            type=OrderType.LIMIT if limit else OrderType.MARKET,
            price=order.price if limit else None,
            stop_price=None,
            trail=None,
            quantity=Quantity(quantity),
            filled=Quantity(0),
            status=OrderStatus.SUBMITTED,
            parent_id=order.id,
            group_id=None,
            emulated=False,
            reason="",
            created_at=now,
            updated_at=now,
        )

    def _triggered(self, order: Order, child: Order, price: Price) -> tuple[OrderMoved, OrderMoved]:
        now = self._account.clock.now()
        reached = f"reached at {reports.price_text(price)}"
        ended = f"{reached}: sent as order {child.id}"
        return (
            OrderMoved(order_id=order.id, status=OrderStatus.TRIGGERED, reason=reached, at=now),
            OrderMoved(order_id=order.id, status=OrderStatus.EXPIRED, reason=ended, at=now),
        )

    def _tell_once(self, pair: Pair, what: str, text: str) -> None:
        if (pair, what) not in self._told:
            self._told.add((pair, what))
            self._sender.notice("watched", text)


def _anchor(orders: Sequence[Order]) -> Decimal | None:
    """A price to measure the first quote against: where an order of this pair stands."""
    return next((p for o in orders if (p := o.stop_price or o.price) is not None), None)


def _reduces(order: Order, position: Position) -> bool:
    return (order.side is Side.SELL) == (position.signed_quantity > 0)


def _is_dust(quantity: Decimal, price: Decimal, market: Market) -> bool:
    too_few = quantity <= 0 or quantity < market.min_quantity
    return too_few or quantity * price < market.min_notional
