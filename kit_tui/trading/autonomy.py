"""What an account may send without asking: the level a person set, and the caps of a day.

Only what a person said word for word is ever sent so: read by the offline grammar, the order form
or a typed command. What a model proposed waits for a person, whatever the level; and so does what
would spend real money and was not asked for at the terminal.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from kit_tui.domain.autonomy import AUTONOMY, READ_BY_PEOPLE, TERMINAL, Autonomy
from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import UsageError
from kit_tui.domain.events import AutonomySet
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import ZERO, plain
from kit_tui.domain.orders import Mode
from kit_tui.domain.risk import TradingState
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.answers import Answer
from kit_tui.trading.proposing import NotAllowedError, require_trader
from kit_tui.trading.publish import local_day
from kit_tui.trading.sender import Sender
from kit_tui.trading.state_of_trading import StateOfTrading
from kit_tui.trading.tickets import worth
from kit_tui.trading.valuation import Valuation

LEVELS = tuple(Autonomy)  # from asking always to asking least
Charge = tuple[str, Decimal]
UNCHARGED: Charge = ("", ZERO)


class AutonomyPolicy:
    """Decides for one account what need not be asked about, and counts it."""

    def __init__(
        self,
        account: TradingAccount,
        valuation: Valuation,
        state: StateOfTrading,
        sender: Sender,
    ) -> None:
        self._account = account
        self._valuation = valuation
        self._state = state
        self._sender = sender

    @property
    def level(self) -> Autonomy:
        """The level in force: manual while trading is halted or reducing."""
        if self._state.refresh().state is not TradingState.ACTIVE:
            return Autonomy.MANUAL
        return self._account.ledger.autonomy.get(self._account.name, Autonomy.MANUAL)

    @property
    def principal(self) -> Principal:
        """Who approves what is sent without asking."""
        name = self.level.value
        return Principal(channel=AUTONOMY, user=self._account.name, name=name, role=Role.TRADER)

    @property
    def day(self) -> str:
        """The trading day that counts; a clock set back does not begin an earlier one anew."""
        account, book = self._account, self._account.book
        today = local_day(account.clock.now(), account.settings.timezone)
        return max(today, book.day, book.unasked_day)

    @property
    def used(self) -> tuple[int, Decimal]:
        """Orders sent without asking today, and their worth in the reference currency."""
        book = self._account.book
        if book.unasked_day != self.day:
            return 0, ZERO
        return book.unasked_orders, book.unasked_worth

    def worth(self, ticket: Ticket) -> Decimal | None:
        """What a ticket's order may come to in the reference currency; None without a price."""
        rate = self._valuation.rates.get(ticket.order.pair.quote)
        return worth(ticket.order, ticket.market_price, rate)

    def charge(self, ticket: Ticket) -> Charge:
        """The day and the worth that sending this ticket is counted with."""
        return self.day, self.worth(ticket) or ZERO

    def may_send_unasked(self, ticket: Ticket) -> tuple[bool, str]:
        """Whether nobody has to be asked about a pending ticket, and why or why not."""
        why_not = self._barred(ticket) or self._beyond(ticket)
        if why_not:
            return False, why_not
        return True, f"{self.level.value}, within today's caps"

    def _barred(self, ticket: Ticket) -> str:
        """Why this is asked about whatever it is worth; empty if it need not be."""
        account, portfolio = self._account, self._valuation.portfolio
        status, level = self._state.refresh(), self.level
        if status.state is not TradingState.ACTIVE:
            return f"trading is {status.state.value}"
        if level is Autonomy.MANUAL:
            return "autonomy is manual"
        if ticket.read_by not in READ_BY_PEOPLE:
            return f"{ticket.read_by or 'nobody knows what'} read it, not a person's own words"
        if ticket.state is not TicketState.PENDING or ticket.order.account != account.name:
            return "it does not wait on this account"
        if account.mode is Mode.LIVE and account.trust.armed is not True:
            return f"{account.name} is not armed for real money"
        if account.mode is Mode.LIVE and ticket.asked_on != TERMINAL:
            return f"it was asked on {ticket.asked_on}, and this is real money"
        if portfolio is None or not portfolio.complete or portfolio.equity <= 0:
            return "equity is only partly known"
        return ""

    def _beyond(self, ticket: Ticket) -> str:
        """Which threshold or cap it would exceed; empty if none."""
        caps, worth = self._account.settings.autonomy_limits, self.worth(ticket)
        if worth is None:
            return f"{ticket.order.pair.quote} has no price now"
        bounded = self.level is Autonomy.SEMI_AUTO or self._account.mode is Mode.LIVE
        if bounded and not ticket.order.reduce_only and worth >= caps.threshold:
            return f"{self._money(worth)} reaches the threshold of {self._money(caps.threshold)}"
        orders, spent = self.used
        if orders + 1 > caps.daily_orders:
            return f"today's {caps.daily_orders} orders are used up"
        if spent + worth > caps.daily_notional:
            left = caps.daily_notional - spent
            return f"{self._money(worth)} is more than the {self._money(left)} left today"
        return ""

    def reported(self, answer: Answer) -> Answer:
        """An answer that says by which level it was sent unasked; as it is if nothing was sent."""
        if answer.order is None:
            return answer
        level = answer.ticket.answered_by if answer.ticket is not None else self.level.value
        text = f"{answer.reply.text}\nSent without asking: {level}, {self.usage()} today."
        return msgspec.structs.replace(
            answer, reply=msgspec.structs.replace(answer.reply, text=text)
        )

    def usage(self) -> str:
        """`2 of 20 orders, 310.00 of 2,000 USDT`."""
        caps, (orders, spent) = self._account.settings.autonomy_limits, self.used
        return (
            f"{orders} of {caps.daily_orders} orders, "
            f"{reports.short_money(spent)} of {self._money(caps.daily_notional)}"
        )

    # -- a person's word -----------------------------------------------------------------------

    async def set(self, level: Autonomy, word: str, by: Principal) -> Reply:
        """Raise or lower the level; raising needs its name in capitals, typed at the terminal.

        Raises:
            NotAllowedError: for viewers, and when anyone but the owner at the terminal raises it.
            UsageError: when the word does not fit, or trading is not active, or not armed.
        """
        async with self._account.lock:
            before = self.level
            if LEVELS.index(level) > LEVELS.index(before):
                self._require_raise(level, word, by)
            else:
                require_trader(by)
            account, now = self._account, self._account.clock.now()
            if level is not before:
                await self._sender.record(
                    AutonomySet(account=account.name, level=level, by=by.name, at=now)
                )
                text = f"{account.name} is {level.value} from now on ({by.name})."
                self._sender.notice("autonomy", text)
        return Reply(text=self.describe())

    def _require_raise(self, level: Autonomy, word: str, by: Principal) -> None:
        account, status = self._account, self._state.refresh()
        if not by.local or by.role < Role.OWNER:
            raise NotAllowedError("Only the owner at this machine's terminal raises autonomy.")
        if status.state is not TradingState.ACTIVE:
            raise UsageError(f"Trading is {status.state.value}: nothing is sent without asking.")
        if account.mode is Mode.LIVE and account.trust.armed is not True:
            raise UsageError(
                f"{account.name} is not armed for real money.", hint=f"First /live {account.name}"
            )
        if word != level.value.upper():
            raise UsageError(
                f"{account.name} stays {self.level.value}: raising needs the level typed out.",
                hint=f"Type /autonomy {level.value} {level.value.upper()}",
            )

    def describe(self) -> str:
        """The level in force with its caps, what is used of them, and what the settings wish."""
        account, level = self._account, self.level
        lines = [f"{account.name} is {level.value}: {self._meaning(level)}"]
        if level is not Autonomy.MANUAL:
            lines.append(
                f"Used today: {self.usage()}. What a model proposes is always asked about."
            )
        wish = Autonomy(account.settings.autonomy)
        if LEVELS.index(wish) > LEVELS.index(level):
            lines.append(
                f"The settings wish for {wish.value}; that counts once the owner types "
                f"/autonomy {wish.value} {wish.value.upper()} at the terminal."
            )
        return "\n".join(lines)

    def _meaning(self, level: Autonomy) -> str:
        caps, mode = self._account.settings.autonomy_limits, self._account.mode
        below = f"orders below {self._money(caps.threshold)} are sent without asking"
        day = f"at most {plain(Decimal(caps.daily_orders))} orders and "
        day += f"{self._money(caps.daily_notional)} a day"
        if level is Autonomy.MANUAL:
            return "every order is asked about."
        if level is Autonomy.SEMI_AUTO or mode is Mode.LIVE:
            return f"{below}, {day}."
        return f"orders are sent without asking, {day}."

    def _money(self, amount: Decimal) -> str:
        return f"{reports.short_money(amount)} {self._account.settings.reference}"
