"""The largest passing size, and that smaller sizes pass when larger ones do."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.orders import Side
from kit_tui.risk.manager import RiskManager
from kit_tui.risk.picture import Picture
from kit_tui.risk.sizing import quantity_for_risk
from kit_tui.settings.model import RiskSettings
from tests.risk.pictures import BTC, ETH, draft, held, market, picture, portfolio, working

MANAGER = RiskManager(RiskSettings())
MINIMUM, STEP = Decimal(5), Decimal("0.00001") * 50000

amounts = st.decimals("0", "20000", places=2)


@st.composite
def accounts(draw: st.DrawFn) -> Picture:
    """Accounts rich and poor, with positions, working entries, losses and falls."""
    equity = draw(st.decimals("50", "100000", places=2))
    positions = []
    if draw(st.booleans()):
        positions.append(held(BTC, str(draw(st.decimals("0.0001", "0.05", places=4))), "50000"))
    if draw(st.booleans()):
        positions.append(held(ETH, str(draw(st.decimals("0.001", "5", places=3))), "2000"))
    orders = []
    if draw(st.booleans()):
        orders.append(working(BTC, str(draw(st.decimals("0.0001", "0.02", places=4))), "49000"))
    gain = draw(st.decimals("0.94", "1.1", places=3))
    money = portfolio(
        str(equity), free=str(equity * draw(st.decimals("0", "1", places=2))),
        start=str(equity / gain), peak=str(max(equity, equity / gain)),
    )  # fmt: skip
    most = Decimal(500) if draw(st.booleans()) else Decimal(0)
    return picture(
        positions=tuple(positions),
        working=tuple(orders),
        portfolio=money,
        market=market(max_notional=most),
    )


@given(accounts(), amounts, amounts)
def test_what_is_smaller_passes_when_what_is_larger_does(
    seen: Picture, one: Decimal, other: Decimal
) -> None:
    small, large = sorted((max(one, MINIMUM), max(other, MINIMUM)))
    if MANAGER.check(draft(large), seen).passed:
        assert MANAGER.check(draft(small), seen).passed


@given(accounts(), amounts)
def test_the_largest_passing_size_passes_and_a_percent_more_does_not(
    seen: Picture, asked: Decimal
) -> None:
    """Exact up to the room that is left for slippage, and one step of quantity."""
    verdict = MANAGER.check(draft(max(asked, MINIMUM)), seen)
    largest = verdict.largest_passing
    assert largest is not None
    if largest > 0:
        assert MANAGER.check(draft(largest), seen).passed
        assert largest % STEP == 0
    beyond = max(largest * Decimal("1.01"), MINIMUM) + STEP * 2
    if largest > 0 or beyond > MINIMUM + STEP * 2:
        assert not MANAGER.check(draft(beyond), seen).passed


@given(accounts(), amounts)
def test_refused_sizes_are_above_the_largest_passing(seen: Picture, asked: Decimal) -> None:
    asked = max(asked, MINIMUM)
    verdict = MANAGER.check(draft(asked), seen)
    assert verdict.largest_passing is not None
    if not verdict.passed:
        assert verdict.largest_passing < asked


def test_the_largest_size_leaves_room_for_slippage() -> None:
    """10 % of 10,000, at a worst price 0.5 % above: 995.02, down to the step of 0.50."""
    verdict = MANAGER.check(draft("50000"), picture())
    assert verdict.largest_passing == 995
    assert not verdict.passed


def test_nothing_passes_below_the_minimum() -> None:
    poor = picture(portfolio=portfolio("40"))
    assert MANAGER.check(draft("10"), poor).largest_passing == 0


def test_the_largest_exit_is_the_position() -> None:
    seen = picture(positions=(held(BTC, "0.01", "50000"),), portfolio=portfolio(coins="0.01"))
    verdict = MANAGER.check(draft("100", side=Side.SELL), seen)
    assert verdict.largest_passing == 500


def test_size_by_risk_loses_exactly_the_risk_at_the_stop() -> None:
    quantity = quantity_for_risk(
        Decimal(10000), Decimal("0.01"), Decimal(50000), Decimal(49000), Side.BUY
    )
    assert quantity * 1000 == 100
    wrong = quantity_for_risk(Decimal(10000), Decimal("0.01"), Decimal(1), Decimal(2), Side.BUY)
    assert wrong == 0
