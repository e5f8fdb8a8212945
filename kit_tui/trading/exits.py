"""Carrying out orders with what belongs around them, and every way out: close, cancel, kill.

A sell whose coins are locked by our own stop releases the stop first and protects what stays
afterwards. Exits touch only what K.I.T. opened.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from kit_tui.domain.cards import OrdersCard, Reply, TicketCard
from kit_tui.domain.errors import KitError
from kit_tui.domain.events import KILLED, NoticeRecorded, OrderMoved, TicketAnswered
from kit_tui.domain.message import Principal
from kit_tui.domain.numbers import ZERO, Price
from kit_tui.domain.orders import Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.ticket import OrderDraft, OrderRequest
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.answers import Answer, Proposal
from kit_tui.trading.builder import OrderNotPossibleError, build
from kit_tui.trading.lineage import RELEASED
from kit_tui.trading.oco import send_oco
from kit_tui.trading.proposing import Proposer, require_trader
from kit_tui.trading.protection import Protection
from kit_tui.trading.publish import REDUCE_PLAN
from kit_tui.trading.sender import Sender
from kit_tui.trading.tickets import ENTRY_LEG, TARGET_LEG, client_id, order_of
from kit_tui.trading.valuation import Valuation


class Executed(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands after it was sent, what was said of its protection, and its profit."""

    order: Order
    said: str
    realised: Decimal | None


class Exits:
    """Executes drafts and closes, cancels and kills for one account."""

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

    # -- carrying out; the lock is held --------------------------------------------------------

    async def execute(
        self,
        draft: OrderDraft,
        ticket_id: str | None,
        approval: TicketAnswered | None,
        *,
        market: Market,
    ) -> Executed:
        """Send a draft, with its coins released before and what stays protected after.

        Raises:
            KitError: when leverage could not be set; nothing was sent then.
        """
        account, key = self._account, (self._account.name, draft.pair)
        said: list[str] = []
        before = account.ledger.realised.get(key, ZERO)
        await self._set_leverage(draft)
        if draft.reduce_only and not draft.emulated and not account.exchange.is_margined:
            free = self._valuation.free(draft.pair.base)
            problems = await self._protection.release(draft.pair, draft.quantity, free)
            await self._require_free(draft, problems, market)
            said += problems
        order = self._order(draft, ticket_id)
        first = [approval] if approval is not None else []
        if draft.reduce_only and draft.take_profit is not None:
            order, other = await self._send_group(order, draft.take_profit, *first)
            said += [reports.order_line(other, market)] if other is not None else []
        else:
            order = await self._sender.send(order, *first)
        realised = account.ledger.realised.get(key, ZERO) - before
        said += await self._protection.ensure(draft.pair, market)
        return Executed(
            order=order,
            said="\n".join(said),
            realised=realised if draft.reduce_only and order.filled > 0 else None,
        )

    def _order(self, draft: OrderDraft, ticket_id: str | None, leg: str = ENTRY_LEG) -> Order:
        account = self._account
        number = account.numbers.next_order()
        origin = ticket_id or f"order-{number}"
        return order_of(
            ticket_id, draft, number=number, now=account.clock.now(),
            client=client_id(account.journal.home_id, origin, leg),
        )  # fmt: skip

    async def _require_free(
        self, draft: OrderDraft, problems: Sequence[str], market: Market
    ) -> None:
        """Nothing is sold twice: what an order on the venue may still sell stays with it.

        A stop or target may have sold before its cancel arrived, so that less is held now.

        Raises:
            OrderNotPossibleError: when too little is free; protection stands again then.
        """
        if self._protection.sellable(draft.pair, draft.quantity) >= draft.quantity:
            return
        await self._protection.ensure(draft.pair, market)
        why = " ".join(problems) or f"a stop or target of {draft.pair} was filled just now."
        raise OrderNotPossibleError(f"Nothing was sold: {why}", hint="Try again in a moment.")

    async def _set_leverage(self, draft: OrderDraft) -> None:
        """Leverage and margin mode as the ticket says, before anything is sent."""
        exchange = self._account.exchange
        if not exchange.is_margined or draft.reduce_only or draft.leverage is None:
            return
        await exchange.set_leverage(draft.pair, draft.leverage, margin_of(self._account))

    async def _send_group(
        self, stop: Order, target: Price, *first: TicketAnswered
    ) -> tuple[Order, Order | None]:
        """A stop and a target of which one cancels the other; returns both as they then stand."""
        account, exchange = self._account, self._account.exchange
        number = account.numbers.next_order()
        origin = stop.ticket_id or f"order-{stop.id}"
        group = client_id(account.journal.home_id, origin, "group")
        stop = msgspec.structs.replace(stop, group_id=group)
        other = msgspec.structs.replace(
            stop, id=number, client_id=client_id(account.journal.home_id, origin, TARGET_LEG),
            type=OrderType.LIMIT, price=target, stop_price=None, emulated=False,
        )  # fmt: skip
        if exchange.has_oco and not stop.emulated and not exchange.is_margined:
            seen, stop = await send_oco(account, self._sender, other, stop, *first)
            return stop, seen
        stop = await self._sender.send(stop, *first)
        if not stop.is_open:
            return stop, None
        other = msgspec.structs.replace(other, emulated=not exchange.is_margined)
        return stop, await self._sender.send(other)

    async def close_now(self, pair: Pair, quantity: Decimal) -> tuple[Order | None, str]:
        """Close part of a position at market without a ticket: for guards and the kill switch.

        Returns the order, or None with the reason why it could not be closed.
        """
        if self._protection.is_unsure(pair):
            return None, f"{pair}: the outcome of an earlier exit is not known yet."
        held = self._account.ledger.position(self._account.name, pair)
        try:
            market = await self._proposer.market_of(pair)
            draft = await self._closing_draft(pair, quantity, market)
            done = await self.execute(draft, None, None, market=market)
        except KitError as error:
            left = self._account.ledger.position(self._account.name, pair)
            if left is not None and held is not None and left.quantity < held.quantity:
                return await self.close_now(pair, min(quantity, left.quantity))  # less each time
            return None, f"{pair} could not be closed: {error.message}"
        order = done.order
        if order.filled < order.quantity:
            stands = f"{pair}: closing order {order.id} is {order.status.value}."
            return order, f"{stands} {done.said}".strip()
        return order, ""

    async def _closing_draft(self, pair: Pair, quantity: Decimal, market: Market) -> OrderDraft:
        ticker = await self._valuation.quote(pair)
        if ticker is None or not self._valuation.is_fresh(ticker):
            raise OrderNotPossibleError("there is no fresh price")
        means = self._proposer.means(pair)
        request = OrderRequest(
            side=self._closing_side(pair), pair=pair,
            base_amount=min(quantity, abs(means.position)), reduce_only=True,
        )  # fmt: skip
        return build(request, market, ticker, means)

    def _closing_side(self, pair: Pair) -> Side:
        """Against the position; selling when there is none."""
        held = self._account.ledger.position(self._account.name, pair)
        return Side.BUY if held is not None and held.signed_quantity < 0 else Side.SELL

    # -- asked for by a person -----------------------------------------------------------------

    async def close(
        self, pair: Pair, fraction: Decimal, *, principal: Principal, words: str, read_by: str = ""
    ) -> Proposal:
        """A ticket that closes a position or a share of it."""
        request = OrderRequest(
            side=self._closing_side(pair), pair=pair, fraction=fraction, reduce_only=True
        )
        return await self._proposer.propose(
            request, principal=principal, words=words, read_by=read_by
        )

    async def close_all(self, *, principal: Principal, words: str, read_by: str = "") -> Proposal:
        """One ticket for each open position."""
        require_trader(principal)
        positions = self._account.ledger.open_positions(self._account.name)
        if not positions:
            return Proposal(reply=Reply(text="No open positions."))
        made: list[Proposal] = []
        problems: list[str] = []
        for position in positions:
            try:
                closing = self.close(
                    position.pair, Decimal(1), principal=principal, words=words, read_by=read_by
                )
                made.append(await closing)
            except KitError as error:
                problems.append(f"{position.pair}: {error}")
        tickets = [p.ticket for p in made if p.ticket is not None]
        problems += [p.reply.text for p in made if p.ticket is None]
        text = "Nothing can be closed."
        if tickets:
            text = (
                f"Ready to close {len(tickets)} position{'s' if len(tickets) > 1 else ''}. "
                "Nothing is sent until you approve."
            )
        reply = Reply(
            text="\n".join([text, *problems]),
            cards=tuple(TicketCard(ticket) for ticket in tickets),
            ok=bool(tickets),
        )
        return Proposal(reply=reply, ticket=tickets[0] if tickets else None)

    async def cancel(self, order_id: str, *, principal: Principal) -> Answer:
        """Cancel one working order.

        Raises:
            KitError: when there is no such order or it has ended.
        """
        require_trader(principal)
        async with self._account.lock:
            order = self._account.ledger.orders.get(order_id.lstrip("#"))
            if order is None or order.account != self._account.name:
                raise OrderNotPossibleError(f"There is no order {order_id[:20]} on this account.")
            if not order.is_open:
                raise OrderNotPossibleError(f"Order {order.id} is {order.status.value} already.")
            problem, said = await self._cancel_one(order, f"cancelled by {principal.name}")
            order = self._account.ledger.orders[order.id]
        if problem:
            return Answer(reply=Reply(text=problem, ok=False), order=order)
        if order.status is OrderStatus.FILLED:
            text = f"Order {order.id} was filled before it could be cancelled."
            return Answer(reply=Reply(text=text, cards=(OrdersCard((order,)),)), order=order)
        text = "\n".join([reports.canceled_text([order], ()), *said])
        return Answer(reply=Reply(text=text, cards=(OrdersCard((order,)),)), order=order)

    async def _cancel_one(self, order: Order, reason: str) -> tuple[str, list[str]]:
        """Cancel one order; the venue ends its other side with it, and that is put up again.

        Returns what went wrong, and what was said of the other side.
        """
        account, now = self._account, self._account.clock.now()
        grouped = account.exchange.has_oco and order.group_id and not order.emulated
        others = [
            o for o in account.open_orders()
            if grouped and o.group_id == order.group_id and o.id != order.id and not o.emulated
        ]  # fmt: skip
        leaving = OrderStatus.PENDING_CANCEL  # durable before the venue ends it without a word
        await self._sender.record(
            *(OrderMoved(order_id=o.id, status=leaving, reason=RELEASED, at=now) for o in others)
        )
        problems = [await self._sender.cancel(order, reason)]
        problems += [
            await self._sender.cancel(account.ledger.orders[other.id], RELEASED) for other in others
        ]
        said: list[str] = []
        if others:
            market = await self._proposer.market_of(order.pair)
            said = await self._protection.ensure(order.pair, market)
        return " ".join(filter(None, problems)), said

    async def cancel_all(self, *, principal: Principal, pair: Pair | None = None) -> Answer:
        """Cancel every working order, or those of one pair."""
        require_trader(principal)
        async with self._account.lock:
            done, problems = await self.cancel_working(f"cancelled by {principal.name}", pair)
        text = reports.canceled_text(done, problems)
        cards = (OrdersCard(tuple(done)),) if done else ()
        return Answer(reply=Reply(text=text, cards=cards, ok=not problems))

    async def cancel_working(
        self, reason: str, pair: Pair | None = None, *, spare: Collection[str] = ()
    ) -> tuple[list[Order], list[str]]:
        """Cancel working orders under the lock; returns those cancelled, and the problems.

        Orders placed by somebody else are left alone, and those whose ids are in `spare`.
        """
        done: list[Order] = []
        problems: list[str] = []
        for order in self._account.open_orders():
            other = pair is not None and order.pair != pair
            if other or order.outside or order.id in spare:
                continue
            problem = await self._sender.cancel(order, reason)
            if problem:
                problems.append(problem)
            else:
                done.append(self._account.ledger.orders[order.id])
        return done, problems

    async def kill(self, by: str) -> Reply:
        """Cancel everything and close everything that K.I.T. opened; says what it could not do.

        The caller has halted trading before. What is held keeps its stop until it is sold. What
        could not be done is tried again in every round until a person resumes trading, and what an
        entry still fills before its cancel arrives is closed as well.
        """
        account, closed = self._account, list[str]()
        async with account.lock:
            positions = account.ledger.open_positions(account.name)
            entries = [o.pair for o in account.open_orders() if not o.reduce_only]
            await self._plan_to_close(dict.fromkeys([*(p.pair for p in positions), *entries]))
            exits = {o.id for p in positions for o in self._protection.exits(p.pair)}
            done, problems = await self.cancel_working(f"kill switch by {by}", spare=exits)
            await self._valuation.refresh()
            for position in positions:
                order, problem = await self.close_now(position.pair, position.quantity)
                if order is not None and order.filled > 0:
                    closed.append(f"{reports.filled_amount(order)}")
                if problem:
                    problems.append(problem)
            ended = (account.ledger.orders[i] for i in sorted(exits, key=int))
            done += [o for o in ended if o.status is OrderStatus.CANCELED]
        lines = ["Kill switch: trading is halted.", reports.canceled_text(done, ())]
        lines.append(f"Closed {', '.join(closed)}." if closed else "Nothing was closed.")
        if problems:
            lines += ["Not done, and tried again until you resume:", *problems]
        return Reply(text="\n".join(lines), ok=not problems)

    async def _plan_to_close(self, pairs: Collection[Pair]) -> None:
        """Make it durable that all of this is to be closed, so that it outlives an outage."""
        if not pairs:
            return
        account, text = self._account, " ".join([KILLED, *(f"{pair}=0" for pair in pairs)])
        await self._sender.record(
            NoticeRecorded(
                kind=REDUCE_PLAN, text=text, account=account.name, at=account.clock.now()
            )
        )  # fmt: skip


def margin_of(account: TradingAccount) -> Literal["isolated", "cross"]:
    """The margin mode that the settings give an account."""
    for venue, settings in account.settings.exchanges.items():
        if account.name == venue:
            return settings.margin
        for name, named in settings.accounts.items():
            if account.name == f"{venue}-{name}":
                return named.margin
    return "isolated"
