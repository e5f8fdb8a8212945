"""No fill makes or loses money: what the account holds equals its profits, fees included.

The invariants, for fills from a flat start, at every mark price `m`:

1. what is held of the base coin equals the position's signed quantity;
2. quote held + base held × m = realised profit + unrealised profit at m;
3. the same figure is what the fills alone say: Σ ±quantity × (m − price) − fees in quote
   − fees in base × m;
4. fees in a third coin lower the holding of that coin by exactly their sum, and nothing else.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given

from kit_tui.domain.events import FillRecorded
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.numbers import ZERO, Price, Quantity
from kit_tui.domain.orders import Fill, Side
from kit_tui.domain.position import Position
from tests.domain.examples import BTC, NOW, a_fill, fill_sequences, prices

# Average cost divides; 28 digits leave at most this much of quote currency unaccounted for.
DUST = Decimal("1e-15")


def folded(fills: list[Fill]) -> Ledger:
    """A ledger after these fills."""
    ledger = Ledger()
    for fill in fills:
        ledger.apply(FillRecorded(fill=fill, at=NOW))
    return ledger


def worth_by_fills(fills: list[Fill], mark: Decimal) -> Decimal:
    """The account's profit at `mark` from the fills alone, third coins left out."""
    worth = ZERO
    for fill in fills:
        sign = 1 if fill.side is Side.BUY else -1
        worth += sign * fill.quantity * (mark - fill.price)
        if fill.fee_currency == BTC.quote:
            worth -= fill.fee
        elif fill.fee_currency == BTC.base:
            worth -= fill.fee * mark
    return worth


@given(fill_sequences(("USDT", "BTC", "BNB")), prices)
def test_money_is_conserved_through_any_fills(fills: list[Fill], mark: Price) -> None:
    ledger = folded(fills)
    held = ledger.positions[("paper", BTC)]
    balances = ledger.book("paper").balances
    base, quote = balances["BTC"], balances["USDT"]
    profit = ledger.realised[("paper", BTC)] + (held.unrealised_pnl(mark) or ZERO)
    assert base == held.signed_quantity
    assert abs(quote + base * mark - profit) < DUST
    assert abs(quote + base * mark - worth_by_fills(fills, mark)) < DUST
    third = sum((f.fee for f in fills if f.fee_currency == "BNB"), ZERO)
    assert balances.get("BNB", ZERO) == -third


@given(fill_sequences(("USDT", "BTC", "BNB")))
def test_delivering_every_fill_twice_changes_nothing(fills: list[Fill]) -> None:
    once, twice = folded(fills), folded([*fills, *fills])
    assert once == twice


@given(fill_sequences(("USDT",)), prices)
def test_the_profit_does_not_depend_on_the_order_of_fills(fills: list[Fill], mark: Price) -> None:
    one, other = folded(fills), folded(fills[::-1])
    key = ("paper", BTC)
    profits = [
        ledger.realised[key] + (ledger.positions[key].unrealised_pnl(mark) or ZERO)
        for ledger in (one, other)
    ]
    assert abs(profits[0] - profits[1]) < DUST


def flat() -> Position:
    return Position(pair=BTC, venue="binance", account="paper")


def test_a_long_closed_in_full_realises_the_difference_less_both_fees() -> None:
    held = flat().with_fill(a_fill(quantity=Quantity(1), price=Price(100), fee=Decimal(1)))
    assert [held.entry_price, held.realised_pnl] == [100, -1]
    closed = held.with_fill(
        a_fill(side=Side.SELL, quantity=Quantity(1), price=Price(120), fee=Decimal(2))
    )
    assert closed.side == "flat"
    assert [closed.cost, closed.realised_pnl] == [0, 17]
    assert closed.fees_paid == 3


def test_a_sale_larger_than_the_holding_turns_long_into_short() -> None:
    held = flat().with_fill(a_fill(quantity=Quantity(1), price=Price(100)))
    flipped = held.with_fill(a_fill(side=Side.SELL, quantity=Quantity(3), price=Price(110)))
    assert flipped.side == "short"
    assert [flipped.quantity, flipped.entry_price] == [2, 110]
    assert flipped.realised_pnl == 10
    assert flipped.unrealised_pnl(Decimal(100)) == 20


def test_a_fee_in_base_lowers_what_is_held() -> None:
    held = flat().with_fill(
        a_fill(quantity=Quantity(1), price=Price(100), fee=Decimal("0.001"), fee_currency="BTC")
    )
    assert held.quantity == Decimal("0.999")
    assert [held.entry_price, held.realised_pnl] == [100, Decimal("-0.1")]
    assert held.unrealised_pnl(Decimal(100)) == 0


def test_a_new_position_starts_without_the_old_ones_profit() -> None:
    fills = [
        a_fill(trade_id="1", quantity=Quantity(1), price=Price(100)),
        a_fill(trade_id="2", quantity=Quantity(1), price=Price(150), side=Side.SELL),
        a_fill(trade_id="3", quantity=Quantity(1), price=Price(200)),
    ]
    ledger = folded(fills)
    held = ledger.position("paper", BTC)
    assert held is not None
    assert [held.realised_pnl, ledger.realised[("paper", BTC)]] == [0, 50]


@pytest.mark.parametrize("cost_known", [True, False])
def test_an_unknown_cost_shows_no_profit(cost_known: bool) -> None:
    held = Position(
        pair=BTC, venue="v", account="a", signed_quantity=Decimal(1), cost=Decimal(90),
        cost_known=cost_known, adopted=True,
    )  # fmt: skip
    assert (held.unrealised_pnl(Decimal(100)) is not None) is cost_known
    assert (held.entry_price is not None) is cost_known
