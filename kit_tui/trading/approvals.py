"""Answers to tickets: one answer each, only in time, only to exactly that order."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from kit_tui.commands.registry import names_pair
from kit_tui.domain.cards import Reply, TicketCard
from kit_tui.domain.errors import KitError
from kit_tui.domain.events import OrderRefused
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.message import Principal
from kit_tui.domain.numbers import ZERO, plain
from kit_tui.domain.orders import Mode, Order, OrderType, Side
from kit_tui.domain.risk import Verdict
from kit_tui.domain.ticket import OrderDraft, Ticket, TicketState
from kit_tui.trading import reports
from kit_tui.trading.account import GUARD, TradingAccount
from kit_tui.trading.answers import Answer
from kit_tui.trading.autonomy import UNCHARGED, AutonomyPolicy, Charge
from kit_tui.trading.builder import Means, touch
from kit_tui.trading.exits import Exits
from kit_tui.trading.lifetimes import Lifetimes
from kit_tui.trading.proposing import Proposer, require_trader
from kit_tui.trading.sender import Sender
from kit_tui.trading.tickets import answered, is_intact, limits_of, same_hash
from kit_tui.trading.valuation import Valuation

SHELL = "cli"


class TicketError(KitError):
    """A ticket cannot be answered so."""

    title = "Ticket"


class _OfferAgain(msgspec.Struct, frozen=True):
    """The ticket no longer holds; a new one is to be offered once the lock is free."""

    ticket: Ticket
    why: str


class Approvals:
    """Approve, reject and expire tickets of one account."""

    def __init__(
        self,
        account: TradingAccount,
        valuation: Valuation,
        proposer: Proposer,
        sender: Sender,
        exits: Exits,
    ) -> None:
        self._account = account
        self._valuation = valuation
        self._proposer = proposer
        self._sender = sender
        self._exits = exits
        self._lifetimes = Lifetimes(account.clock)

    async def approve(
        self, ticket_id: str, *, principal: Principal, ticket_hash: str | None, typed: str = ""
    ) -> Answer:
        """Send a ticket's order, if it still is what was shown and still passes every check.

        Raises:
            KitError: when the ticket is unknown, answered, the hash does not fit, or its pair was
                not typed and has to be.
        """
        require_trader(principal)
        async with self._account.lock:
            ticket = self._mine_or_none(ticket_id)
            if ticket is not None and self._waits(ticket):
                self._check_hash(ticket, ticket_hash)
                check_typed(ticket, principal, ticket_hash, typed)
            found = await self._approve(ticket_id, principal, ticket_hash)
        if isinstance(found, Answer):
            return found
        again = await self._proposer.offer_again(found.ticket, principal=principal, why=found.why)
        return Answer(reply=again.reply, ticket=again.ticket)

    async def approve_unasked(self, ticket: Ticket, policy: AutonomyPolicy) -> Answer | None:
        """Send a ticket's order without asking, if the policy lets it; None when it does not."""
        async with self._account.lock:
            known = self._mine_or_none(ticket.id)
            if known is None or not policy.may_send_unasked(known)[0]:
                return None
            principal, charge = policy.principal, policy.charge(known)
            found = await self._approve(ticket.id, principal, ticket.hash, charge)
            if isinstance(found, Answer):
                return found
        again = await self._proposer.offer_again(found.ticket, principal=principal, why=found.why)
        return Answer(reply=again.reply, ticket=again.ticket)

    async def reject(self, ticket_id: str, *, principal: Principal) -> Answer:
        """Reject a pending ticket.

        Raises:
            KitError: when it is unknown or answered already.
        """
        require_trader(principal)
        async with self._account.lock:
            ticket = self._pending(ticket_id)
            await self._answer(ticket, TicketState.REJECTED, principal, "")
        ticket = self._account.ledger.tickets[ticket_id]
        return Answer(
            reply=Reply(
                text=f"Ticket {ticket.id} rejected. Nothing was sent.", cards=(TicketCard(ticket),)
            ),
            ticket=ticket,
        )

    async def expire(self) -> None:
        """Answer every ticket whose time is over; one commit for all."""
        now = self._account.clock.now()
        over = self._lifetimes.over(self._mine())
        if over:
            await self._sender.record(*(answered(t, TicketState.EXPIRED, GUARD, now) for t in over))

    def _mine(self) -> list[Ticket]:
        pending = self._account.ledger.pending_tickets()
        return [ticket for ticket in pending if ticket.order.account == self._account.name]

    async def _approve(
        self,
        ticket_id: str,
        principal: Principal,
        ticket_hash: str | None,
        charge: Charge = UNCHARGED,
    ) -> Answer | _OfferAgain:
        ticket = self._mine_or_none(ticket_id)
        if ticket is not None and ticket.state is TicketState.EXPIRED:
            return _OfferAgain(ticket, reports.answered_text(ticket))
        ticket = self._pending(ticket_id)
        self._check_hash(ticket, ticket_hash)
        if self._lifetimes.is_over(ticket):
            await self._answer(ticket, TicketState.EXPIRED, principal, "")
            return _OfferAgain(ticket, f"Ticket {ticket.id} has expired.")
        ticker = await self._valuation.quote(ticket.order.pair)
        gone = self._other_limits(ticket) or moved_too_far(
            ticket.order, ticker, ticket.market_price, self._account.settings.tickets.max_slippage
        )
        if not gone:
            await self._valuation.refresh()
            gone = no_longer_fits(ticket.order, self._proposer.means(ticket.order.pair))
        if gone:
            await self._answer(ticket, TicketState.EXPIRED, principal, gone)
            return _OfferAgain(ticket, f"Ticket {ticket.id} no longer holds: {gone}.")
        verdict = await self._proposer.judge(ticket.order, ticker)
        if not verdict.passed:
            return await self._refuse(ticket, principal, verdict)
        return await self._send(ticket, principal, charge)

    async def _send(self, ticket: Ticket, principal: Principal, charge: Charge) -> Answer:
        account, now = self._account, self._account.clock.now()
        approval = answered(ticket, TicketState.APPROVED, principal, now, charge=charge)
        done = await self._exits.execute(
            ticket.order, ticket.id, approval, market=self._valuation.markets[ticket.order.pair]
        )
        answer = Answer(
            reply=Reply(text=""), ticket=account.ledger.tickets[ticket.id], order=done.order
        )
        return self.report(answer, done.order, realised=done.realised, extra=done.said)

    def report(
        self,
        answer: Answer,
        order: Order,
        *,
        realised: Decimal | None = None,
        extra: str = "",
    ) -> Answer:
        """The execution report of an approved ticket's order as it stands."""
        ticket = answer.ticket
        fills = [fill for fill in self._account.ledger.fills if fill.order_id == order.id]
        reply = reports.order_reply(
            order, fills, self._valuation.markets.get(order.pair),
            reference_price=ticket.order.reference_price if ticket is not None else None,
            realised=realised, extra=extra,
        )  # fmt: skip
        return Answer(reply=reply, ticket=ticket, order=order)

    async def _refuse(self, ticket: Ticket, principal: Principal, verdict: Verdict) -> Answer:
        now = self._account.clock.now()
        await self._sender.record(
            answered(
                ticket, TicketState.REJECTED, principal, now, "refused by the checks at approval"
            ),
            OrderRefused(
                account=self._account.name, pair=ticket.order.pair, words=ticket.words,
                verdict=verdict, by=principal.name, channel=principal.channel, at=now,
                read_by=ticket.read_by,
            ),
        )  # fmt: skip
        reply = reports.refusal_reply(verdict, ticket.order)
        return Answer(reply=reply, ticket=self._account.ledger.tickets[ticket.id])

    async def _answer(
        self, ticket: Ticket, state: TicketState, principal: Principal, note: str
    ) -> None:
        event = answered(ticket, state, principal, self._account.clock.now(), note)
        await self._sender.record(event)

    def _other_limits(self, ticket: Ticket) -> str:
        """Why the limits it was checked against are not those in force; empty if they are."""
        if not ticket.limits:
            return "an earlier version of K.I.T. made it"
        same = same_hash(ticket.limits, limits_of(self._account.settings))
        return "" if same else "the limits in the settings have changed since"

    def _mine_or_none(self, ticket_id: str) -> Ticket | None:
        ticket = self._account.ledger.tickets.get(ticket_id)
        mine = ticket is not None and ticket.order.account == self._account.name
        return ticket if mine else None

    def _waits(self, ticket: Ticket) -> bool:
        return ticket.state is TicketState.PENDING and not self._lifetimes.is_over(ticket)

    def _pending(self, ticket_id: str) -> Ticket:
        ticket = self._mine_or_none(ticket_id)
        if ticket is None:
            raise TicketError(f"There is no ticket {ticket_id[:20]} on this account.")
        if ticket.state is not TicketState.PENDING:
            raise TicketError(reports.answered_text(ticket))
        return ticket

    def _check_hash(self, ticket: Ticket, given: str | None) -> None:
        # Of an earlier version's ticket nothing is sent in any case: it is offered anew.
        if ticket.limits and not is_intact(ticket):
            raise TicketError(f"Ticket {ticket.id} is not what its hash says; it is not sent.")
        if given is None and ticket.order.mode is Mode.LIVE:
            raise TicketError(f"A live order needs the hash of ticket {ticket.id}.")
        if given is not None and not same_hash(given, ticket.hash):
            raise TicketError(f"The hash given does not belong to ticket {ticket.id}.")


def check_typed(ticket: Ticket, principal: Principal, ticket_hash: str | None, typed: str) -> None:
    """Check that the pair of a large order with real money was typed.

    In a shell the hash is typed, and names the order more exactly than its pair.

    Raises:
        TicketError: when it was not, or another pair was; it says what to type.
    """
    by_hash = principal.channel == SHELL and ticket_hash is not None
    if not ticket.needs_pair or by_hash or names_pair(typed, ticket.order.pair):
        return
    raise TicketError(
        f"{reports.much_money(ticket)}: type {ticket.order.pair} to approve it.",
    )


def no_longer_fits(draft: OrderDraft, means: Means) -> str:
    """Why the position has left what a ticket was made for; empty if it has not.

    An exit beyond what is held would sell coins of others, or turn a contract's position over; an
    entry against what is held by now would close it, with a stop of its own on the wrong side.
    """
    against = means.position < 0 if draft.side is Side.BUY else means.position > 0
    if draft.reduce_only:
        fits = against and draft.quantity <= abs(means.position)
    else:
        fits = not (means.margined and against)
    return "" if fits else f"the {draft.pair} position is {plain(means.position)} now"


def moved_too_far(
    draft: OrderDraft,
    ticker: Ticker | None,
    before: Decimal | None = None,
    slippage: Decimal = ZERO,
) -> str:
    """Why the market has left what an order was approved at; empty if it has not.

    A market order and a trigger are bound by their worst price. A limit that was to rest when the
    market stood at `before` must not have become an order that trades at once, `slippage` past it.
    """
    if ticker is None:
        return ""
    price, sign = touch(ticker, draft.side), 1 if draft.side is Side.BUY else -1
    if draft.type is OrderType.LIMIT:
        rested = before is not None and (before - draft.worst_price) * sign > 0
        bound = draft.worst_price * (1 - sign * (ZERO if draft.post_only else slippage))
        if not rested or (price - bound) * sign >= 0:
            return ""
        return (
            f"{draft.pair} moved to {reports.price_text(price)}, so that its limit of "
            f"{reports.price_text(draft.worst_price)} would trade at once"
        )
    at_its_venue = draft.type is OrderType.TRAILING_STOP and draft.stop_price is None
    if at_its_venue or (price - draft.worst_price) * sign <= 0:
        return ""
    return (
        f"{draft.pair} moved to {reports.price_text(price)}, "
        f"beyond {reports.price_text(draft.worst_price)}"
    )
