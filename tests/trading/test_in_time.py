"""Executions count in the order in which they happened, whichever order they are of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.events import Event, FillRecorded, OrderMoved
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Fill, OrderStatus, Side
from kit_tui.domain.pair import Pair
from kit_tui.trading.outcome import in_time

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def filled(order: str, second: int) -> FillRecorded:
    at = BEGAN + timedelta(seconds=second)
    fill = Fill(
        venue="binance", account="binance", pair=Pair("BTC/USDT"), trade_id=f"{order}-{second}",
        order_id=order, side=Side.BUY, quantity=Quantity("0.001"), price=Price(60_000),
        fee=Decimal(0), fee_currency="USDT", at=at,
    )  # fmt: skip
    return FillRecorded(fill=fill, at=BEGAN)


def moved(order: str, status: OrderStatus) -> OrderMoved:
    return OrderMoved(order_id=order, status=status, at=BEGAN)


def test_what_one_order_did_in_between_counts_in_between() -> None:
    first: list[Event] = [moved("1", OrderStatus.ACCEPTED), filled("1", 1), filled("1", 3)]
    second: list[Event] = [
        moved("2", OrderStatus.ACCEPTED), filled("2", 2), moved("2", OrderStatus.CANCELED),
    ]  # fmt: skip
    assert in_time([*second, *first]) == [
        first[0], first[1], second[0], second[1], first[2], second[2],
    ]  # fmt: skip


seconds = st.lists(st.integers(0, 20), max_size=5).map(sorted)


@given(st.lists(seconds, max_size=5))
def test_executions_are_in_time_and_each_order_keeps_its_own_events(
    orders: list[list[int]],
) -> None:
    events: list[Event] = []
    for number, times in enumerate(orders):
        events.append(moved(str(number), OrderStatus.ACCEPTED))
        events += [filled(str(number), second) for second in times]
        events.append(moved(str(number), OrderStatus.EXPIRED))
    found = in_time(events)
    fills = [event.fill.at for event in found if isinstance(event, FillRecorded)]
    assert fills == sorted(fills)
    for number in range(len(orders)):
        assert of(found, str(number)) == of(events, str(number))


def of(events: list[Event], order: str) -> list[Event]:
    return [
        event
        for event in events
        if (isinstance(event, OrderMoved) and event.order_id == order)
        or (isinstance(event, FillRecorded) and event.fill.order_id == order)
    ]
