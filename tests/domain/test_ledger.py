"""The ledger takes only what fits what it knows, whole or not at all, and bounds its memory."""

from __future__ import annotations

import copy
from datetime import timedelta
from decimal import Decimal

import pytest

from kit_tui.domain import ledger as ledger_module
from kit_tui.domain.events import (
    AccountOpened,
    DayRebased,
    DayStarted,
    EquityPeaked,
    Event,
    FillRecorded,
    FlowRecorded,
    NoticeRecorded,
    OrderAdopted,
    OrderMoved,
    OrderSubmitted,
    TicketAnswered,
    TicketProposed,
    TradingStateSet,
)
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.numbers import InvalidNumberError, Quantity
from kit_tui.domain.orders import IllegalMoveError, Mode, OrderStatus
from kit_tui.domain.portfolio import Balance, Portfolio
from kit_tui.domain.risk import TradingState
from kit_tui.domain.steps import LedgerError
from kit_tui.domain.ticket import TicketState
from tests.domain.examples import BTC, NOW, a_fill, a_ticket, an_order

SUBMITTED = OrderSubmitted(order=an_order(), at=NOW)
ACCEPTED = OrderMoved(order_id="o1", status=OrderStatus.ACCEPTED, at=NOW)
FILL = FillRecorded(fill=a_fill(), at=NOW)
PROPOSED = TicketProposed(ticket=a_ticket(), at=NOW)


def answered(state: TicketState = TicketState.APPROVED) -> TicketAnswered:
    return TicketAnswered(ticket_id="t1", state=state, by="me", channel="terminal", at=NOW)


def ledger_of(*events: Event) -> Ledger:
    ledger = Ledger()
    for event in events:
        ledger.apply(event)
    return ledger


CONTRADICTIONS: list[tuple[str, list[Event], Event]] = [
    ("a move of an unknown order", [], ACCEPTED),
    ("a move the table forbids", [OrderSubmitted(order=an_order(status=OrderStatus.FILLED),
                                                 at=NOW)], ACCEPTED),
    ("an answer to no ticket", [], answered()),
    ("a second answer", [PROPOSED, answered()], answered(TicketState.REJECTED)),
    ("a second submission", [SUBMITTED], SUBMITTED),
    ("a fill of a denied order",
     [OrderAdopted(order=an_order(status=OrderStatus.DENIED), at=NOW)], FILL),
]  # fmt: skip


@pytest.mark.parametrize(("before", "event"), [c[1:] for c in CONTRADICTIONS],
                         ids=[c[0] for c in CONTRADICTIONS])  # fmt: skip
def test_a_contradiction_is_refused_and_changes_nothing(before: list[Event], event: Event) -> None:
    ledger = ledger_of(*before)
    untouched = copy.deepcopy(ledger)
    with pytest.raises((LedgerError, IllegalMoveError)):
        ledger.check([event])
    with pytest.raises((LedgerError, IllegalMoveError)):
        ledger.apply(event)
    assert ledger == untouched


@pytest.mark.parametrize(("before", "event"), [c[1:] for c in CONTRADICTIONS],
                         ids=[c[0] for c in CONTRADICTIONS])  # fmt: skip
def test_a_durable_contradiction_becomes_a_notice(before: list[Event], event: Event) -> None:
    ledger = ledger_of(*before)
    assert ledger.fold(event) is not None
    assert [notice.kind for notice in ledger.notices] == ["journal"]


def test_events_checked_together_may_build_on_each_other() -> None:
    ledger = Ledger()
    together: list[Event] = [PROPOSED, answered(), SUBMITTED, ACCEPTED, FILL, FILL]
    ledger.check(together)
    assert ledger == Ledger()
    with pytest.raises(LedgerError):
        ledger.check([PROPOSED, answered(), answered()])


def test_a_duplicate_fill_is_counted_once_for_order_and_position() -> None:
    ledger = ledger_of(SUBMITTED, FILL, FILL)
    held = ledger.position("paper", BTC)
    assert held is not None
    assert held.quantity == ledger.orders["o1"].filled == Decimal("0.4")
    assert len(ledger.fills) == 1
    assert ledger.has_fill(FILL.fill)


def test_the_same_trade_id_of_another_pair_or_account_is_another_fill() -> None:
    other = FillRecorded(fill=a_fill(account="live"), at=NOW)
    ledger = ledger_of(FILL, other)
    assert len(ledger.fills) == 2


def test_a_late_fill_after_cancel_is_adopted() -> None:
    canceled = OrderMoved(order_id="o1", status=OrderStatus.CANCELED, at=NOW)
    ledger = ledger_of(SUBMITTED, canceled, FILL)
    assert ledger.orders["o1"].status is OrderStatus.CANCELED
    assert ledger.orders["o1"].filled == Decimal("0.4")
    assert ledger.position("paper", BTC) is not None


def test_a_fill_of_an_order_we_do_not_know_still_counts() -> None:
    ledger = ledger_of(FillRecorded(fill=a_fill(order_id="foreign"), at=NOW))
    assert ledger.position("paper", BTC) is not None


def test_an_unknown_outcome_freezes_its_pair() -> None:
    unknown = OrderMoved(order_id="o1", status=OrderStatus.UNKNOWN, at=NOW)
    ledger = ledger_of(SUBMITTED, unknown)
    assert ledger.frozen_pairs("paper") == {BTC}
    assert ledger.frozen_pairs("live") == set()
    assert [o.id for o in ledger.open_orders("paper")] == ["o1"]


def test_a_withdrawal_is_neither_loss_nor_drawdown() -> None:
    ledger = ledger_of(
        AccountOpened(account="paper", mode=Mode.PAPER, venue="binance", at=NOW),
        DayStarted(account="paper", day="2026-11-22", equity=Decimal(10_000), at=NOW),
        FlowRecorded(account="paper", currency="USDT", amount=Decimal(-4_000), note="", at=NOW),
    )
    worth = portfolio(ledger, equity=Decimal(6_000))
    assert [worth.day_pnl, worth.day_fraction, worth.drawdown] == [0, 0, 0]
    assert portfolio(ledger, equity=Decimal(5_400)).drawdown == Decimal("0.1")


def test_a_flow_in_another_coin_counts_with_its_worth() -> None:
    ledger = ledger_of(
        DayStarted(account="paper", day="2026-11-22", equity=Decimal(1_000), at=NOW),
        FlowRecorded(account="paper", currency="BTC", amount=Decimal(2), value=Decimal(120_000),
                     note="", at=NOW),
    )  # fmt: skip
    assert ledger.book("paper").flow_today == 120_000
    assert ledger.book("paper").peak_equity == 121_000


def test_a_day_starts_once_whatever_the_clock_does() -> None:
    first = DayStarted(account="paper", day="2026-11-22", equity=Decimal(10_000), at=NOW)
    again = DayStarted(account="paper", day="2026-11-22", equity=Decimal(9_000), at=NOW)
    ledger = ledger_of(first, again)
    assert ledger.book("paper").day_start_equity == 10_000
    ledger.apply(DayStarted(account="paper", day="2026-11-23", equity=Decimal(9_000), at=NOW))
    assert ledger.book("paper").day_start_equity == 9_000


def test_a_peak_only_rises_unless_a_person_rebases_it() -> None:
    peak = EquityPeaked(account="paper", equity=Decimal(12_000), at=NOW)
    lower = EquityPeaked(account="paper", equity=Decimal(9_000), at=NOW)
    rebased = EquityPeaked(account="paper", equity=Decimal(9_000), rebased=True, at=NOW)
    assert ledger_of(peak, lower).book("paper").peak_equity == 12_000
    assert ledger_of(peak, rebased).book("paper").peak_equity == 9_000


def test_rebasing_the_day_forgets_its_loss_and_its_flows() -> None:
    ledger = ledger_of(
        DayStarted(account="paper", day="2026-11-22", equity=Decimal(10_000), at=NOW),
        FlowRecorded(account="paper", currency="USDT", amount=Decimal(100), note="", at=NOW),
        DayRebased(account="paper", equity=Decimal(9_400), at=NOW),
    )
    assert portfolio(ledger, equity=Decimal(9_400)).day_pnl == 0


def test_a_halt_is_folded_with_who_and_why() -> None:
    ledger = ledger_of(
        TradingStateSet(state=TradingState.HALTED, reason="daily loss", by="guard", at=NOW)
    )
    assert (ledger.status.state, ledger.status.by) == (TradingState.HALTED, "guard")


@pytest.mark.parametrize("bad", [Decimal("NaN"), Decimal("Infinity"), 1.5])
def test_amounts_that_are_not_exact_never_become_events(bad: Decimal) -> None:
    for make in (
        lambda: FlowRecorded(account="a", currency="USDT", amount=bad, note="", at=NOW),
        lambda: DayStarted(account="a", day="2026-11-22", equity=bad, at=NOW),
        lambda: EquityPeaked(account="a", equity=bad, at=NOW),
        lambda: DayRebased(account="a", equity=bad, at=NOW),
        lambda: Balance(currency="USDT", total=bad, free=Decimal(0)),
    ):
        with pytest.raises(InvalidNumberError):
            make()


def test_only_ended_orders_and_answered_tickets_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledger_module, "ORDERS_KEPT", 4)
    monkeypatch.setattr(ledger_module, "TICKETS_KEPT", 4)
    ledger = Ledger()
    for number in range(20):
        status = OrderStatus.ACCEPTED if number == 0 else OrderStatus.CANCELED
        ledger.apply(OrderSubmitted(order=an_order(id=f"o{number}", status=status), at=NOW))
        state = TicketState.PENDING if number == 1 else TicketState.EXPIRED
        ledger.apply(TicketProposed(ticket=a_ticket(id=f"t{number}", state=state), at=NOW))
    assert len(ledger.orders) <= 5
    assert {"o0", "o19"} <= set(ledger.orders)
    assert len(ledger.tickets) <= 5
    assert {"t1", "t19"} <= set(ledger.tickets)
    assert (ledger.order_count, ledger.ticket_count) == (20, 20)


def test_positions_are_listed_in_the_order_they_were_opened() -> None:
    ledger = Ledger()
    for number, pair in enumerate(("ETH/USDT", "BTC/USDT")):
        fill = a_fill(pair=type(BTC)(pair), trade_id=str(number), quantity=Quantity(1))
        ledger.apply(FillRecorded(fill=fill, at=NOW + timedelta(seconds=number)))
    assert [p.pair for p in ledger.open_positions("paper")] == ["ETH/USDT", "BTC/USDT"]


def test_an_event_of_no_kind_is_a_programming_error() -> None:
    with pytest.raises(TypeError):
        Ledger().apply("nonsense")
    notice = NoticeRecorded(kind="x", text="y", at=NOW)
    assert Ledger().fold(notice) is None


def portfolio(ledger: Ledger, *, equity: Decimal) -> Portfolio:
    """The worth of the paper account with its book's marks."""
    book = ledger.book("paper")
    return Portfolio(
        account="paper", reference="USDT", equity=equity, cash=equity, holdings=(),
        day_start_equity=book.day_start_equity, peak_equity=book.peak_equity,
        flow=book.flow_today, as_of=NOW,
    )  # fmt: skip


def test_a_trade_is_an_order_that_traded_however_many_pieces_it_took() -> None:
    ledger = Ledger()
    for order in (an_order(), an_order(id="stop"), an_order(id="theirs", outside=True)):
        ledger.apply(OrderSubmitted(order=order, at=NOW))
    assert ledger.book("paper").trades_today == 0
    for trade, of in (("1", "o1"), ("2", "o1"), ("3", "theirs")):
        fill = a_fill(trade_id=trade, order_id=of, quantity=Quantity("0.1"))
        ledger.apply(FillRecorded(fill=fill, at=NOW))
    assert ledger.book("paper").trades_today == 1
