"""What trading did by itself, told in the conversation once: notices, fills, orders that ended.

What was told before a restart follows from the journal: facts that are older than the newest
message were told then. So a stop that triggered while K.I.T. was off is told at the next start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from kit_tui.domain.cards import Reply, ReportCard, TicketCard
from kit_tui.domain.events import NoticeRecorded
from kit_tui.domain.message import Kind
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.orders import Fill, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import TradingState, TradingStatus
from kit_tui.domain.ticket import TicketState
from kit_tui.gateway.account import Account
from kit_tui.gateway.conversation import Conversation
from kit_tui.state.journal import Journal
from kit_tui.state.slices import FILLS, NOTICES, ORDERS, RISK, Slice
from kit_tui.trading import reports
from kit_tui.trading.publish import REDUCE_PLAN

_TRIGGERS = frozenset({FILLS.name, NOTICES.name, ORDERS.name, RISK.name})
_BY_ITSELF = ("no longer on the venue", "never sent")
_UNTOLD_STATES = ("K.I.T.", "risk guard")
# What guards and missing protection say is urgent; so is whatever stops trading.
_KINDS: dict[str, Kind] = {
    "reduce": "guard", "limit": "guard", "protection": "guard", "triggered": "order",
    "watched": "order", "watched entry": "order", "lost": "order", "halt": "halt",
}  # fmt: skip
_OFFER = re.compile(r"Ticket (\d+) offers it again")

NoticeKey = tuple[object, str, str, str]


class Happenings:
    """Watches every account and tells; make it before any account is opened.

    While `is_busy` an answer is on its way which may tell it first.
    """

    def __init__(
        self,
        journal: Journal,
        conversation: Conversation,
        *,
        is_busy: Callable[[], bool],
        primary: Callable[[], str],
    ) -> None:
        ledger = journal.ledger
        last = max((message.at for message in ledger.messages), default=None)
        self._journal = journal
        self._conversation = conversation
        self._is_busy = is_busy
        self._primary = primary
        self._accounts: dict[str, Account] = {}
        self._notices = {_key(n) for n in ledger.notices if last is not None and n.at <= last}
        self._fills = {f.key for f in ledger.fills if last is not None and f.at <= last}
        self._working = set(ledger.open_ids)
        self._answered: set[str] = set()
        self._partly: set[str] = set()
        self._realised = dict(ledger.realised)
        self._status = ledger.status
        self._due: set[str] = set()

    def follow(self, account: Account) -> None:
        """Tell of this account from here on, and what its start has brought up."""
        self._accounts[account.name] = account

        def changed(slot: Slice[Any], _: Any) -> None:
            if slot.name in _TRIGGERS:
                self._due.add(account.name)
                self.tell()

        account.store.subscribe(changed)
        self._due.add(account.name)
        self.tell()

    def heard(self, reply: Reply) -> None:
        """A reply has told of these executions and orders."""
        for card in reply.cards:
            if isinstance(card, ReportCard):
                if not card.order.is_open:
                    self._answered.add(card.order.id)
                self._fills.update(fill.key for fill in card.fills)
                self._note_realised(card.order.account, card.order.pair)

    def tell(self) -> None:
        """Tell what is due, unless an answer is on its way; then it is told after that."""
        while self._due and not self._is_busy():
            account = self._accounts[self._due.pop()]
            self._tell_notices(account)
            self._tell_fills(account)
            self._tell_endings(account)
            self._tell_state(account)

    # -- notices -------------------------------------------------------------------------------

    def _tell_notices(self, account: Account) -> None:
        notices = tuple(self._journal.ledger.notices)
        self._notices &= {_key(notice) for notice in notices}
        for notice in notices:
            mine = notice.account in ("", account.name)
            if not mine or notice.kind == REDUCE_PLAN or _key(notice) in self._notices:
                continue
            self._notices.add(_key(notice))
            cards = tuple(self._offers(notice))
            kind = _KINDS.get(notice.kind, "notice")
            self._say(account, Reply(text=notice.text, cards=cards), kind)

    def _offers(self, notice: NoticeRecorded) -> Iterator[TicketCard]:
        """The ticket that offers a lost order again, to be answered where it is read."""
        found = _OFFER.search(notice.text) if notice.kind == "lost" else None
        ticket = self._journal.ledger.tickets.get(found[1]) if found else None
        if ticket is not None and ticket.state is TicketState.PENDING:
            yield TicketCard(ticket)

    # -- executions ----------------------------------------------------------------------------

    def _tell_fills(self, account: Account) -> None:
        fresh: dict[str, list[Fill]] = {}
        for fill in self._journal.ledger.fills:
            if fill.account == account.name and fill.key not in self._fills:
                self._fills.add(fill.key)
                fresh.setdefault(fill.order_id, []).append(fill)
        orders = [order for i in fresh if (order := self._journal.ledger.orders.get(i))]
        for order in orders:
            if self._is_told_otherwise(order):
                continue
            if order.is_open:
                self._partly.add(order.id)
            alone = sum(other.pair == order.pair for other in orders) == 1
            self._say(account, self._report(account, order, alone=alone), "fill")
        for order in orders:
            self._note_realised(account.name, order.pair)

    def _is_told_otherwise(self, order: Order) -> bool:
        """A guard, the kill switch and an emergency exit say themselves what they sold."""
        by_kit = order.ticket_id is None or order.parent_id is not None
        if order.type is OrderType.MARKET and by_kit:
            return True
        return order.is_open and order.id in self._partly  # told again when it is done

    def _report(self, account: Account, order: Order, *, alone: bool) -> Reply:
        ledger = self._journal.ledger
        fills = [fill for fill in ledger.fills if fill.order_id == order.id]
        realised = self._new_realised(order) if alone and order.side is Side.SELL else None
        extra = ""
        if order.stop_price is not None:
            extra = f"Its stop at {reports.price_text(order.stop_price)} was reached."
        market = account.trading.valuation.markets.get(order.pair)
        return reports.order_reply(order, fills, market, realised=realised, extra=extra)

    def _new_realised(self, order: Order) -> Decimal:
        key = (order.account, order.pair)
        return self._journal.ledger.realised.get(key, ZERO) - self._realised.get(key, ZERO)

    def _note_realised(self, account: str, pair: Pair) -> None:
        self._realised[account, pair] = self._journal.ledger.realised.get((account, pair), ZERO)

    # -- orders that ended, and the state of trading -------------------------------------------

    def _tell_endings(self, account: Account) -> None:
        """Orders that ended without anybody's doing: expired, refused late, gone, never sent."""
        ledger = self._journal.ledger
        working = {order.id for order in ledger.open_orders(account.name)}
        for order in [o for i in sorted(self._working - working) if (o := ledger.orders.get(i))]:
            if order.account != account.name:
                continue
            self._working.discard(order.id)
            if order.id not in self._answered and _ended_by_itself(order):
                self._say(account, reports.order_reply(order, (), None), "order")
        self._working |= working

    def _tell_state(self, account: Account) -> None:
        report = account.store.get(RISK)
        if report is None or report.status == self._status:
            return
        before, self._status = self._status, report.status
        text = _state_text(report.status)
        if report.status.state is before.state or not text:
            return
        if all(not message.text.startswith(text) for message in self._conversation.recent):
            self._say(account, Reply(text=text), "halt")

    def _say(self, account: Account, reply: Reply, kind: Kind) -> None:
        self.heard(reply)
        other = "" if account.name == self._primary() else f" ({account.name} account)"
        self._conversation.system_said(
            reply.text + other, account=account.name, kind=kind, reply=reply
        )


def _key(notice: NoticeRecorded) -> NoticeKey:
    return (notice.at, notice.kind, notice.text, notice.account)


def _ended_by_itself(order: Order) -> bool:
    if order.parent_id is not None or order.emulated or order.reason.startswith("lost"):
        return False  # a notice tells of these
    ended = order.status in {OrderStatus.EXPIRED, OrderStatus.REJECTED}
    return ended or order.reason.startswith(_BY_ITSELF)


def _state_text(status: TradingStatus) -> str:
    """A restriction that came without a notice: a disk that fails, an order over a limit."""
    if status.state is TradingState.ACTIVE or status.by not in _UNTOLD_STATES:
        return ""
    return f"Trading is {status.state.value}: {status.reason.rstrip('.')}."
