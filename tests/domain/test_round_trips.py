"""What was earned, fill by fill and trade by trade, is what the ledger says, to the last digit."""

from __future__ import annotations

import decimal
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kit_tui.domain import performance as figures
from kit_tui.domain.events import (
    Event,
    FillRecorded,
    FlowRecorded,
    OrderSubmitted,
    PositionAdjusted,
    PositionAdopted,
)
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.numbers import ZERO, Price, Quantity
from kit_tui.domain.orders import Fill, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.periods import Period, starts
from kit_tui.domain.round_trips import (
    ADJUSTED,
    OUTSIDE,
    AccountTrades,
    TradeHistory,
    total,
)
from tests.domain.examples import BTC, NOW, PERP, a_fill, an_order, fill_sequences

ETH = Pair("ETH/USDT")
OTHER = Pair("ETH/BTC")
ZONES = st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Kiritimati")])
D = Decimal


def recorded(fills: list[Fill]) -> list[Event]:
    return [FillRecorded(fill=fill, at=fill.at, fee_value=D("0.1")) for fill in fills]


def told(events: list[Event]) -> tuple[AccountTrades, Ledger]:
    """The trades and the ledger after these events."""
    history, ledger = TradeHistory(), Ledger()
    for event in events:
        history.fold(event)
        ledger.fold(event)
    return history.of("paper"), ledger


def realised(ledger: Ledger) -> Decimal:
    return total(list(ledger.realised.values()))


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Fills of three pairs over two months, with corrections and doubles between them."""
    fills: list[Fill] = []
    for pair, coins in ((BTC, ("USDT", "BTC", "BNB")), (ETH, ("USDT",)), (PERP, ("USDT", "BNB"))):
        drawn = draw(fill_sequences(coins, pair))
        hours = sorted(draw(st.lists(st.integers(0, 1_500), min_size=12, max_size=12)))
        fills += [
            replace(fill, at=NOW - timedelta(hours=1_500 - hour), trade_id=f"{pair}{fill.trade_id}")
            for fill, hour in zip(drawn, hours, strict=False)
        ]
    events: list[Event] = recorded(sorted(fills, key=lambda fill: fill.at))
    for number in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(events)))
        events.insert(
            place,
            PositionAdjusted(
                account="paper", pair=BTC, change=draw(st.sampled_from([D("-0.3"), D("0.1")])),
                price=draw(st.sampled_from([None, Price(50_000)])), key=f"k{number}", reason="x",
                at=NOW,
            ),
        )  # fmt: skip
    return [*events, *events[: draw(st.integers(0, 3))]]


@given(histories())
def test_gains_and_trades_add_up_to_the_ledger(events: list[Event]) -> None:
    trades, ledger = told(events)
    assert figures.realised(trades.gains) == realised(ledger)
    profits = [trip.profit for trip in (*trades.closed, *trades.open)]
    assert total([*profits, *(gain.amount for gain in trades.loose)]) == realised(ledger)
    assert total(list(figures.by_pair(trades.gains).values())) == realised(ledger)


@given(histories(), ZONES, st.sampled_from(Period))
def test_periods_add_up_to_the_whole(events: list[Event], zone: Any, period: Period) -> None:
    trades, ledger = told(events)
    begins = starts(period, 100, NOW, zone)
    parts = figures.parts(trades, begins)
    assert total([part.profit for part in parts]) == realised(ledger)
    assert total([part.fees for part in parts]) == figures.fees(trades.gains)
    assert total([part.volume for part in parts]) == figures.volume(trades.gains)
    assert sum(part.trades for part in parts) == len(trades.closed)


@given(histories())
def test_a_record_holds_every_closed_trade_once(events: list[Event]) -> None:
    trades, _ = told(events)
    groups = figures.by(lambda trip: trip.ended_by, trades.closed)
    records = [figures.record(own) for own in groups.values()]
    whole = figures.record(trades.closed)
    assert sum(r.trades for r in records) == whole.trades
    assert total([r.profit for r in records]) == whole.profit
    assert total([whole.won, whole.lost]) == whole.profit
    assert whole.wins + whole.losses <= whole.trades


@given(histories())
def test_the_rounding_of_a_thread_changes_nothing(events: list[Event]) -> None:
    trades, _ = told(events)
    with decimal.localcontext(decimal.Context(prec=12, rounding=decimal.ROUND_UP)):
        again, _ = told(events)
    assert again == trades


def trade(side: Side, quantity: str, price: str, hour: int, **changes: Any) -> Fill:
    return a_fill(
        trade_id=f"{hour}", side=side, quantity=Quantity(quantity), price=Price(price),
        at=NOW + timedelta(hours=hour), **changes,
    )  # fmt: skip


def test_a_trade_in_pieces_is_one_trade() -> None:
    trades, _ = told(
        recorded(
            [
                trade(Side.BUY, "1", "100", 0, fee=D(1)),
                trade(Side.BUY, "1", "110", 1, fee=D(1)),
                trade(Side.SELL, "0.5", "120", 2, fee=D(1)),
                trade(Side.SELL, "1.5", "130", 3, fee=D(1)),
            ]
        )
    )
    (trip,) = trades.closed
    assert trades.open == ()
    assert [trip.quantity, trip.entry, trip.exit] == [2, 105, D("127.5")]
    assert [trip.profit, trip.fees, trip.held_s] == [41, 4, 3 * 3600]
    assert trip.fraction == D(41) / D(210)


def test_what_a_fee_in_coins_leaves_behind_keeps_no_trade_open() -> None:
    coins = {"fee_currency": "BTC"}
    fills = [
        trade(Side.BUY, "1", "100", 0, fee=D("0.001"), **coins),
        trade(Side.SELL, "0.998", "120", 1),
        trade(Side.SELL, "0.001", "120", 2),
    ]
    trades, ledger = told(recorded(fills))
    (trip,) = trades.closed
    assert trip.closed_at == NOW + timedelta(hours=1)
    assert trip.profit == realised(ledger), "the dust sold later belongs to it"
    trades, ledger = told(recorded([*fills[:2], trade(Side.BUY, "1", "90", 3)]))
    assert len(trades.open) == 1
    assert trades.open[0].entry == 90


def test_a_contract_that_turns_ends_one_trade_and_begins_another() -> None:
    turn = {"pair": PERP}
    trades, ledger = told(
        recorded(
            [
                trade(Side.BUY, "1", "100", 0, **turn),
                trade(Side.SELL, "3", "110", 1, fee=D(1), **turn),
                trade(Side.BUY, "1", "100", 2, **turn),
            ]
        )
    )
    (closed,), (still,) = trades.closed, trades.open
    assert [closed.side, closed.profit, closed.exited] == ["long", 9, 1]
    assert [still.side, still.quantity, still.exited, still.profit] == ["short", 2, 1, 10]
    assert realised(ledger) == 19


def test_a_position_of_unknown_cost_has_no_percentage() -> None:
    adopted = PositionAdopted(
        account="paper", venue="binance", pair=BTC, quantity=D(1), price=None, by="Ann", at=NOW
    )
    gone = PositionAdjusted(
        account="paper", pair=BTC, change=D(-1), price=None, key="k", reason="gone",
        at=NOW + timedelta(hours=1),
    )  # fmt: skip
    (trip,) = told([adopted, gone])[0].closed
    assert [trip.entry, trip.fraction, trip.profit, trip.ended_by] == [None, None, 0, ADJUSTED]


def test_what_others_trade_on_spot_is_no_trade_of_ours() -> None:
    order = an_order(outside=True)
    events: list[Event] = [OrderSubmitted(order=order, at=NOW), *recorded([a_fill(fee=D(1))])]
    assert told(events)[0] == AccountTrades()
    perp = an_order(outside=True, pair=PERP)
    events = [
        OrderSubmitted(order=perp, at=NOW),
        *recorded([trade(Side.BUY, "1", "9", 0, pair=PERP)]),
        *recorded([trade(Side.SELL, "1", "8", 1, pair=PERP)]),
    ]  # fmt: skip
    (trip,) = told(events)[0].closed
    assert [trip.ended_by, trip.profit] == [OUTSIDE, -1]


def test_amounts_of_two_currencies_are_kept_apart() -> None:
    trades, _ = told(
        recorded([trade(Side.BUY, "1", "9", 0), trade(Side.BUY, "1", "2", 1, pair=OTHER)])
    )
    assert figures.quotes(trades) == ("USDT", "BTC")
    assert [gain.pair for gain in figures.within(trades, "BTC").gains] == [OTHER]


def test_flows_are_kept_with_their_worth() -> None:
    flows: list[Event] = [
        FlowRecorded(account="paper", currency="USDT", amount=D(5), note="", at=NOW),
        FlowRecorded(account="paper", currency="BTC", amount=D(1), note="", at=NOW, value=D(90)),
        FlowRecorded(account="paper", currency="USDT", amount=D(-2), note="", at=NOW, value=ZERO),
    ]
    assert [flow.worth for flow in told(flows)[0].flows] == [5, 90, 0]


@pytest.mark.parametrize(
    ("amounts", "depth", "hours"),
    [([5, -3, 1, -4, 9], 6, (0, 3)), ([-2, -1], 3, (0, 1)), ([1, 2], None, None)],
)
def test_the_deepest_fall(
    amounts: list[int], depth: int | None, hours: tuple[int, int] | None
) -> None:
    gain = told(recorded([trade(Side.BUY, "1", "9", 0)]))[0].gains[0]
    fall = figures.deepest(
        replace(gain, amount=D(amount), at=NOW + timedelta(hours=hour))
        for hour, amount in enumerate(amounts)
    )
    if depth is None or hours is None:
        assert fall is None
        return
    assert fall is not None
    assert fall.depth == depth
    assert (fall.since, fall.until) == tuple(NOW + timedelta(hours=hour) for hour in hours)


def test_a_record_without_losses_or_trades_says_less() -> None:
    nothing = figures.record(())
    assert (nothing.win_rate, nothing.expectancy, nothing.profit_factor) == (None, None, None)


def test_the_median() -> None:
    assert [figures.typical(seconds) for seconds in ([], [3.0], [1.0, 9.0, 2.0], [1.0, 3.0])] == [
        None, 3.0, 2.0, 2.0,
    ]  # fmt: skip
