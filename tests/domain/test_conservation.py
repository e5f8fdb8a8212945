"""No fill makes or loses money: what the account holds equals its profits, fees included.

The invariants, for fills from a flat start, at every mark price `m`:

1. what is held of the base coin equals the position's signed quantity;
2. quote held + base held × m = realised profit + unrealised profit at m;
3. the same figure is what the fills alone say: Σ ±quantity × (m − price) − fees in quote
   − fees in base × m;
4. fees in a third coin lower the holding of that coin by exactly their sum, and nothing else.

On spot the position never falls below zero, whatever is sold: the rest came from other holdings.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.events import (
    FillRecorded,
    OrderAdopted,
    OrderSubmitted,
    PositionAdjusted,
    PositionAdopted,
)
from kit_tui.domain.ledger import Ledger, overfill_key
from kit_tui.domain.numbers import ZERO, Price, Quantity
from kit_tui.domain.orders import Fill, OrderStatus, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import Position
from tests.domain.examples import (
    BTC,
    NOW,
    PERP,
    a_fill,
    an_order,
    fill_sequences,
    prices,
    quantities,
)

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


@given(fill_sequences(("USDT", "BNB"), PERP), prices)
def test_a_contracts_wallet_moves_by_profit_and_fees_alone(fills: list[Fill], mark: Price) -> None:
    ledger = folded(fills)
    held = ledger.positions[("paper", PERP)]
    balances = ledger.book("paper").balances
    assert "BTC" not in balances
    assert balances["USDT"] == ledger.realised[("paper", PERP)]
    worth = balances["USDT"] + (held.unrealised_pnl(mark) or ZERO)
    assert abs(worth - worth_by_fills(fills, mark)) < DUST


@given(fill_sequences(("USDT",), PERP), prices)
def test_the_profit_does_not_depend_on_the_order_of_fills(fills: list[Fill], mark: Price) -> None:
    one, other = folded(fills), folded(fills[::-1])
    key = ("paper", PERP)
    profits = [
        ledger.realised[key] + (ledger.positions[key].unrealised_pnl(mark) or ZERO)
        for ledger in (one, other)
    ]
    assert abs(profits[0] - profits[1]) < DUST


def flat(pair: Pair = BTC) -> Position:
    return Position(pair=pair, venue="binance", account="paper")


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
    held = flat(PERP).with_fill(a_fill(quantity=Quantity(1), price=Price(100)))
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


@given(st.lists(st.tuples(st.sampled_from(Side), quantities, prices), min_size=1, max_size=12))
def test_a_spot_position_is_never_short_and_books_stay_exact(
    rows: list[tuple[Side, Quantity, Price]],
) -> None:
    fills = [
        a_fill(trade_id=str(n), side=side, quantity=quantity, price=price)
        for n, (side, quantity, price) in enumerate(rows)
    ]
    ledger = folded(fills)
    held = ledger.positions[("paper", BTC)]
    balances = ledger.book("paper").balances
    assert held.signed_quantity >= max(ZERO, balances["BTC"])
    signs = [1 if fill.side is Side.BUY else -1 for fill in fills]
    assert balances["BTC"] == sum(s * f.quantity for s, f in zip(signs, fills, strict=True))
    assert balances["USDT"] == -sum(s * f.notional for s, f in zip(signs, fills, strict=True))


changes = st.one_of(
    st.tuples(st.just("buy"), quantities, prices),
    st.tuples(st.just("sell"), quantities, prices),
    st.tuples(st.just("adopt"), quantities, prices),
    st.tuples(st.just("leave"), quantities, prices),
)


@given(st.lists(changes, min_size=1, max_size=12), prices)
def test_adopting_and_adjusting_keep_cash_cost_and_profit_together(
    rows: list[tuple[str, Quantity, Price]], mark: Price
) -> None:
    """`paid` is what the position was given and gave back, at the prices of the events."""
    ledger, paid = Ledger(), ZERO
    for number, (kind, quantity, price) in enumerate(rows):
        before = ledger.positions.get(("paper", BTC))
        held = before.signed_quantity if before is not None else ZERO
        gone = min(quantity, held)
        if kind == "buy":
            fill = a_fill(trade_id=str(number), quantity=quantity, price=price)
            ledger.apply(FillRecorded(fill=fill, at=NOW))
            paid += quantity * price
        elif kind == "sell":
            fill = a_fill(trade_id=str(number), side=Side.SELL, quantity=quantity, price=price)
            ledger.apply(FillRecorded(fill=fill, at=NOW))
            paid -= gone * price
        elif kind == "adopt":
            ledger.apply(
                PositionAdopted(
                    account="paper", venue="binance", pair=BTC, quantity=quantity, price=price,
                    by="Ada", at=NOW,
                )
            )  # fmt: skip
            paid += quantity * price
        else:
            adjusted = PositionAdjusted(
                account="paper", pair=BTC, change=-quantity, price=price, key=str(number),
                reason="gone", at=NOW,
            )  # fmt: skip
            ledger.apply(adjusted)
            ledger.apply(adjusted)
            paid -= gone * price
    found = ledger.positions.get(("paper", BTC)) or flat()
    realised = ledger.realised.get(("paper", BTC), ZERO)
    assert found.signed_quantity >= 0
    assert abs(found.cost - realised - paid) < DUST
    assert (
        abs((found.unrealised_pnl(mark) or ZERO) - (found.signed_quantity * mark - found.cost))
        < DUST
    )


def test_a_fee_in_base_on_a_full_sale_comes_from_other_holdings() -> None:
    """No phantom short: the fee is charged at the price of the sale."""
    held = flat().with_fill(a_fill(quantity=Quantity(1), price=Price(100)))
    sold = held.with_fill(
        a_fill(
            side=Side.SELL, quantity=Quantity(1), price=Price(110), fee=Decimal("0.01"),
            fee_currency="BTC",
        )
    )  # fmt: skip
    assert sold.side == "flat"
    assert sold.realised_pnl == 10 - Decimal("1.10")


def test_a_fee_in_a_third_coin_is_charged_at_its_worth() -> None:
    fill = a_fill(quantity=Quantity(1), price=Price(100), fee=Decimal("0.002"), fee_currency="BNB")
    ledger = Ledger()
    ledger.apply(FillRecorded(fill=fill, at=NOW, fee_value=Decimal("1.2")))
    held = ledger.position("paper", BTC)
    assert held is not None
    assert [held.realised_pnl, held.fees_paid] == [Decimal("-1.2"), Decimal("1.2")]
    assert ledger.book("paper").balances["BNB"] == Decimal("-0.002")


def test_what_was_adopted_without_a_price_makes_no_profit_when_sold() -> None:
    held = flat().adopted_from(Decimal(2), None, NOW)
    assert [held.adopted, held.cost_known, held.entry_price] == [True, False, None]
    sold = held.with_fill(a_fill(side=Side.SELL, quantity=Quantity(1), price=Price(100)))
    assert [sold.quantity, sold.realised_pnl] == [1, 0]


def test_executions_of_outside_orders_move_balances_and_no_spot_position() -> None:
    ledger = Ledger()
    ledger.apply(OrderAdopted(order=an_order(status=OrderStatus.ACCEPTED, outside=True), at=NOW))
    ledger.apply(FillRecorded(fill=a_fill(), at=NOW))
    assert ledger.position("paper", BTC) is None
    assert ledger.book("paper").balances["BTC"] == Decimal("0.4")


def test_an_overfilled_order_is_known_until_a_person_clears_it() -> None:
    ledger = Ledger()
    ledger.apply(OrderSubmitted(order=an_order(quantity=Quantity("0.3")), at=NOW))
    ledger.apply(FillRecorded(fill=a_fill(), at=NOW))
    assert [order.id for order in ledger.overfilled("paper")] == ["o1"]
    ledger.apply(
        PositionAdjusted(
            account="paper", pair=BTC, change=ZERO, price=None, key=overfill_key("o1"),
            reason="accepted by Ada", at=NOW,
        )
    )  # fmt: skip
    assert ledger.overfilled("paper") == []
    held = ledger.position("paper", BTC)
    assert held is not None
    assert held.quantity == Decimal("0.4")
