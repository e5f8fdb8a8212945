"""From a request to a ticket or a refusal; nothing is sent here."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import takewhile

from msgspec.structs import replace

from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import KitError
from kit_tui.domain.events import OrderRefused, TicketProposed
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import ONE, ZERO
from kit_tui.domain.orders import Order, OrderStatus, OrderType, total_locked, total_remaining
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.risk import TradingState, Verdict
from kit_tui.domain.ticket import OrderDraft, OrderRequest, Ticket
from kit_tui.domain.trust import Barrier
from kit_tui.risk.manager import LIMITS, RiskManager
from kit_tui.risk.picture import Picture
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.answers import Proposal
from kit_tui.trading.builder import Means, OrderNotPossibleError, build
from kit_tui.trading.protection import Protection
from kit_tui.trading.sender import Sender
from kit_tui.trading.state_of_trading import StateOfTrading
from kit_tui.trading.tickets import make_ticket
from kit_tui.trading.valuation import Valuation

REQUESTS_KEPT = 200


class NotAllowedError(KitError):
    """This person may not trade."""

    title = "Not allowed"


class Proposer:
    """Builds, checks, and puts up tickets."""

    def __init__(
        self,
        account: TradingAccount,
        valuation: Valuation,
        state: StateOfTrading,
        risk: RiskManager,
        sender: Sender,
        *,
        protection: Protection,
    ) -> None:
        self._account = account
        self._protection = protection
        self._valuation = valuation
        self._state = state
        self._risk = risk
        self._sender = sender
        self._requests: dict[str, OrderRequest] = {}

    async def propose(
        self, request: OrderRequest, *, principal: Principal, words: str, read_by: str = ""
    ) -> Proposal:
        """A pending ticket, or every check of the refusal; `read_by` names what read the words.

        Raises:
            KitError: when the request cannot be made into an order at all.
        """
        require_trader(principal)
        draft, verdict, market = await self._judged(request)
        account, now = self._account, self._account.clock.now()
        if not verdict.passed:
            refused = OrderRefused(
                account=account.name, pair=draft.pair, words=words, verdict=verdict,
                by=principal.name, channel=principal.channel, at=now, read_by=read_by,
            )  # fmt: skip
            await self._sender.record(refused)
            self._limit_reached(verdict)
            return Proposal(reply=reports.refusal_reply(verdict, draft), verdict=verdict)
        ticket = make_ticket(
            account.numbers.next_ticket(), draft, verdict, principal=principal, words=words,
            now=now, settings=account.settings, read_by=read_by,
            market_price=self._valuation.touch(draft.pair, draft.side),
            rate=self._valuation.rates.get(draft.pair.quote),
        )  # fmt: skip
        await self._sender.record(TicketProposed(ticket=ticket, at=now))
        self._remember(ticket.id, request)
        return Proposal(
            reply=reports.ticket_reply(ticket, market, now), verdict=verdict, ticket=ticket
        )

    async def preview(self, request: OrderRequest) -> tuple[OrderDraft | None, Verdict | None, str]:
        """How a request would fare now: draft and verdict, or why it cannot be built."""
        try:
            draft, verdict, _ = await self._judged(request)
        except KitError as error:
            return None, None, str(error)
        return draft, verdict, ""

    async def offer_again(self, ticket: Ticket, *, principal: Principal, why: str) -> Proposal:
        """A fresh ticket for what an old one asked; `why` opens the reply.

        It stays the wish of whoever asked first, read by what read it first.
        """
        request = self._requests.get(ticket.id) or request_of(ticket.order)
        asker = replace(principal, name=ticket.asked_by, channel=ticket.asked_on)
        try:
            again = await self.propose(
                request, principal=asker, words=ticket.words, read_by=ticket.read_by
            )
        except KitError as error:
            return Proposal(reply=Reply(text=f"{why}\n{error}", ok=False))
        reply = Reply(text=f"{why}\n{again.reply.text}", cards=again.reply.cards, ok=False)
        return Proposal(reply=reply, verdict=again.verdict, ticket=again.ticket)

    async def judge(
        self, draft: OrderDraft, ticker: Ticker | None, *, without: Order | None = None
    ) -> Verdict:
        """The verdict on a draft by the newest valuation."""
        picture = await self.picture(draft.pair, ticker)
        if without is not None:
            others = tuple(o for o in picture.working if o.id != without.id)
            picture = replace(picture, working=others)
        return self._risk.check(draft, picture)

    async def picture(self, pair: Pair, ticker: Ticker | None) -> Picture:
        """The account by the newest valuation, as the checks see it for an order in `pair`."""
        await self._valuation.quote_rate(pair.quote)
        return self._with_venue(self._valuation.picture(self._state.refresh(), pair, ticker))

    def _with_venue(self, picture: Picture) -> Picture:
        """The picture with what the venue is and has, and whether it answers."""
        exchange, problem = self._account.exchange, self._valuation.problem
        barriers = picture.barriers
        if problem:
            barriers = (Barrier(code="VENUE_DEGRADED", detail=problem), *barriers)
        return replace(
            picture,
            margined=exchange.is_margined,
            native_types=exchange.native_types,
            has_post_only=exchange.has_post_only,
            recent_orders=self._recent_orders(picture.now),
            barriers=barriers,
        )

    def _recent_orders(self, now: datetime) -> int:
        """Entries submitted within the last second."""
        name = self._account.name
        newest = takewhile(
            lambda order: (now - order.created_at).total_seconds() < 1,
            (o for o in reversed(self._account.ledger.orders.values()) if o.account == name),
        )
        return sum(not order.reduce_only for order in newest)

    async def judge_again(self, request: OrderRequest, order: Order) -> Verdict:
        """The verdict on sending a watched entry now; the entry itself no longer counts."""
        draft, verdict, _ = await self._judged(request, without=order)
        del draft
        return verdict

    async def market_of(self, pair: Pair) -> Market:
        """The venue's rules for a pair.

        Raises:
            OrderNotPossibleError: when the venue does not trade it.
        """
        markets = await self._account.market.markets()
        if pair not in markets:
            raise OrderNotPossibleError(
                f"{self._account.venue} does not trade {pair}.",
                hint="The watchlist shows pairs that it trades.",
            )
        return markets[pair]

    async def _judged(
        self, request: OrderRequest, *, without: Order | None = None
    ) -> tuple[OrderDraft, Verdict, Market]:
        market = await self.market_of(request.pair)
        ticker = await self._valuation.quote(request.pair)
        if ticker is None:
            raise OrderNotPossibleError(
                f"There is no price of {request.pair} from {self._account.venue} now.",
                hint="Without a fresh price nothing is ordered.",
            )
        await self._valuation.refresh()
        draft = build(request, market, ticker, self.means(request.pair))
        return draft, await self.judge(draft, ticker, without=without), market

    def means(self, pair: Pair) -> Means:
        """What there is to trade a pair with, exits that are on their way left out."""
        account, exchange = self._account, self._account.exchange
        held = account.ledger.position(account.name, pair)
        position = held.signed_quantity if held is not None else ZERO
        exits = self._protection.exits(pair)
        leaving = [o for o in exits if is_leaving(o)]
        sellable = abs(position) - total_remaining(leaving)
        if not exchange.is_margined:
            locked = total_locked(o for o in exits if not is_leaving(o))
            sellable = min(sellable, self._valuation.free(pair.base) + locked)
        tickets, seen = account.settings.tickets, self._valuation.contracts.get(pair)
        return Means(
            account=account.name,
            mode=account.mode,
            position=position,
            sellable=max(ZERO, sellable),
            cash=self._valuation.free(pair.settle or pair.quote),
            max_slippage=tickets.max_slippage,
            native_types=exchange.native_types,
            has_post_only=exchange.has_post_only,
            margined=exchange.is_margined,
            leverage=leverage_of(account),
            held_leverage=seen.leverage if seen is not None else None,
            default_stop=tickets.default_stop,
            default_target=tickets.default_target,
        )

    def _limit_reached(self, verdict: Verdict) -> None:
        """What the settings ask for beyond the refusal when an order would break a limit."""
        action = self._account.settings.risk_manager.actions.on_limit_reached
        broken = [check.name for check in verdict.failed if check.name in LIMITS]
        if not broken or action == "reject":
            return
        state = TradingState.HALTED if action == "halt_trading" else TradingState.REDUCING
        self._state.restrict(state, f"an order would break {broken[0]}", "risk guard")

    def _remember(self, ticket_id: str, request: OrderRequest) -> None:
        self._requests[ticket_id] = request
        while len(self._requests) > REQUESTS_KEPT:
            self._requests.pop(next(iter(self._requests)))


def request_of(draft: OrderDraft) -> OrderRequest:
    """A request for the same quantity as a draft; used when the original words are gone."""
    return OrderRequest(
        side=draft.side,
        pair=draft.pair,
        type=draft.type,
        base_amount=draft.quantity,
        price=draft.price,
        stop_price=draft.stop_price,
        stop_loss=draft.stop_loss,
        take_profit=draft.take_profit,
        trail=draft.trail,
        post_only=draft.post_only,
        leverage=draft.leverage,
        reduce_only=draft.reduce_only,
        time_in_force=draft.time_in_force,
    )


def is_leaving(order: Order) -> bool:
    """Whether an exit may trade at any moment, so that what it covers is spoken for."""
    unsure = order.status in (OrderStatus.UNKNOWN, OrderStatus.SUBMITTED)
    return not order.emulated and (unsure or order.type is OrderType.MARKET)


def leverage_of(account: TradingAccount) -> Decimal:
    """The leverage that the settings give an account."""
    for venue, settings in account.settings.exchanges.items():
        if account.name == venue:
            return settings.leverage
        for name, named in settings.accounts.items():
            if account.name == f"{venue}-{name}":
                return named.leverage
    return ONE


def require_trader(principal: Principal) -> None:
    """Check that somebody may trade.

    Raises:
        NotAllowedError: for viewers.
    """
    if principal.role < Role.TRADER:
        raise NotAllowedError(
            f"{principal.name} may look but not trade.", hint="It needs the role trader."
        )
