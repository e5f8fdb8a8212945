"""What guards decide from one portfolio."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kit_tui.domain.pair import Pair
from kit_tui.domain.position import MarkedPosition
from kit_tui.risk.guards import GuardAction, breaches, reductions
from kit_tui.settings.model import ActionSettings, RiskSettings
from tests.risk.pictures import held, market, portfolio

SETTINGS = RiskSettings()


def actions(equity: str, **changes: Any) -> list[tuple[str, str]]:
    settings = replace(SETTINGS, **changes)
    seen = portfolio(equity, start="10000", peak="10000")
    return [(b.guard, b.action.value) for b in breaches(seen, settings)]


@pytest.mark.parametrize(
    ("equity", "expected"),
    [
        ("9500.01", []),
        ("9500", [("dailyLossLimit", "halt_trading")]),
        ("9000", [("dailyLossLimit", "halt_trading"), ("drawdown", "reduce_exposure")]),
        ("8000", [("drawdown", "halt_trading"), ("dailyLossLimit", "halt_trading")]),
    ],
)
def test_limits_are_reached_at_their_figure(equity: str, expected: list[tuple[str, str]]) -> None:
    assert actions(equity) == expected


def test_actions_and_checks_follow_the_settings() -> None:
    wanted = ActionSettings(on_daily_loss="reduce_exposure", on_drawdown="reject")
    assert actions("9000", actions=wanted) == [
        ("dailyLossLimit", "reduce_exposure"),
        ("drawdown", "reject"),
    ]
    assert actions("5000", checks=("maxPositionSize",)) == []


def test_nothing_is_decided_on_partial_equity() -> None:
    assert breaches(portfolio("1", start="10000", peak="10000", complete=False), SETTINGS) == ()


PAIRS = [Pair(f"{name}/USDT") for name in ("A", "B", "C")]


@st.composite
def books(draw: st.DrawFn) -> list[MarkedPosition]:
    return [
        held(pair, str(draw(st.decimals("0.001", "50", places=3))), draw(marks))
        for pair in PAIRS[: draw(st.integers(1, 3))]
    ]


marks = st.sampled_from(["1.5", "20", "3333.33"])
shares = st.decimals("0", "1", places=2)


@given(books(), shares)
def test_a_reduction_reaches_its_target_and_sells_no_more_than_is_held(
    positions: list[MarkedPosition], reduce_to: Decimal
) -> None:
    markets = {pair: market(pair, quantity_step=Decimal("0.001")) for pair in PAIRS}
    plan = {r.pair: r.quantity for r in reductions(positions, markets, reduce_to, RATES)}
    before = sum(p.notional or 0 for p in positions)
    after = before
    for position in positions:
        sold = plan.get(position.position.pair, Decimal(0))
        assert 0 <= sold <= position.position.quantity
        after -= sold * (position.mark_price or 0)
    assert after <= before * reduce_to + Decimal("1e-15")


RATES = {"USDT": Decimal(1)}


def test_a_rest_below_the_minimum_goes_along() -> None:
    positions = [held(PAIRS[0], "8", "1")]
    markets = {PAIRS[0]: market(PAIRS[0], quantity_step=Decimal("0.1"))}
    (only,) = reductions(positions, markets, Decimal("0.5"), RATES)
    assert only.quantity == 8


def test_unused_actions_have_names_of_the_settings() -> None:
    assert {action.value for action in GuardAction} == {"reject", "halt_trading", "reduce_exposure"}
    assert GuardAction(SETTINGS.actions.on_drawdown) is GuardAction.REDUCE
