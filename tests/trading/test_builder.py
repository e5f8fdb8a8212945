"""Rounding toward safety, and requests that cannot be orders."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Mode, OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.ticket import OrderDraft, OrderRequest
from kit_tui.trading.builder import Means, OrderNotPossibleError, build
from tests.support.clock import EPOCH

BTC = Pair("BTC/USDT")
MARKET = Market(
    pair=BTC, venue="binance", tick_size=Decimal("0.01"), quantity_step=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"), min_notional=Decimal(5),
)  # fmt: skip
TICKER = Ticker(
    pair=BTC, venue="binance", last=Price("67012"), bid=Price("67011.9"), ask=Price("67012.4"),
    received_at=EPOCH,
)  # fmt: skip
MEANS = Means(
    account="paper", mode=Mode.PAPER, position=Decimal("0.01234"), sellable=Decimal("0.01234"),
    cash=Decimal(10000),
)  # fmt: skip


def order(side: Side = Side.BUY, **request: object) -> OrderDraft:
    made = msgspec.structs.replace(OrderRequest(side=side, pair=BTC), **request)
    return build(made, MARKET, TICKER, MEANS)


def test_a_hundred_dollars_of_bitcoin() -> None:
    draft = order(quote_amount=Decimal(100))
    assert draft.quantity == Decimal("0.00149")
    assert draft.reference_price == Decimal("67012.4")
    assert draft.worst_price == Decimal("67347.47")
    assert draft.notional == Decimal("99.848476")
    assert draft.estimated_fee == Decimal("0.099848476")


steps = st.sampled_from(["1", "0.1", "0.001", "0.00001", "0.00000001"])
asks = st.decimals("0.01", "90000", places=2).filter(lambda price: price > 0)


@given(st.decimals("1", "100000", places=2), asks, steps)
def test_a_purchase_is_within_one_step_of_what_was_asked_and_never_above(
    amount: Decimal, ask: Decimal, step: str
) -> None:
    market = msgspec.structs.replace(
        MARKET, quantity_step=Decimal(step), min_quantity=Decimal(0), min_notional=Decimal(0)
    )
    ticker = msgspec.structs.replace(TICKER, last=Price(ask), ask=Price(ask))
    request = OrderRequest(side=Side.BUY, pair=BTC, quote_amount=amount)
    try:
        draft = build(request, market, ticker, MEANS)
    except OrderNotPossibleError:
        assert amount / ask < Decimal(step)
        return
    assert draft.notional <= amount
    assert amount - draft.notional < Decimal(step) * ask
    assert draft.quantity % Decimal(step) == 0


@given(st.decimals("0.0001", "1", places=4), st.decimals("0", "0.02", places=8), steps)
def test_a_sale_never_sells_more_than_the_position_or_what_is_free(
    fraction: Decimal, free: Decimal, step: str
) -> None:
    market = msgspec.structs.replace(MARKET, quantity_step=Decimal(step))
    means = replace(MEANS, sellable=min(MEANS.position, free))
    request = OrderRequest(side=Side.SELL, pair=BTC, fraction=fraction)
    try:
        draft = build(request, market, TICKER, means)
    except OrderNotPossibleError:
        return
    assert draft.quantity <= min(MEANS.position * fraction, free)


@given(st.decimals("0.01", "1", places=2))
def test_a_share_of_the_cash_covers_the_worst_fill_and_its_fee(fraction: Decimal) -> None:
    draft = order(fraction=fraction)
    cost = draft.quantity * draft.worst_price * (1 + MARKET.taker_fee)
    assert cost <= MEANS.cash * fraction


@given(st.decimals("60000", "70000", places=5))
def test_limit_prices_round_to_the_better_side(price: Decimal) -> None:
    buy = order(type=OrderType.LIMIT, price=Price(price), base_amount=Decimal("0.001"))
    sell = order(Side.SELL, type=OrderType.LIMIT, price=Price(price))
    assert buy.price is not None
    assert sell.price is not None
    assert price - Decimal("0.01") < buy.price <= price
    assert price <= sell.price < price + Decimal("0.01")
    assert buy.worst_price == buy.price == buy.reference_price


def test_stops_round_to_the_side_that_triggers_sooner() -> None:
    sell = order(Side.SELL, type=OrderType.STOP, stop_price=Price("60000.001"))
    assert sell.stop_price == Decimal("60000.01")
    buy = order(type=OrderType.STOP, stop_price=Price("70000.009"), base_amount=Decimal("0.001"))
    assert buy.stop_price == Decimal("70000.00")
    protected = order(quote_amount=Decimal(100), stop_loss=Price("65000.001"))
    assert protected.stop_loss == Decimal("65000.01")


def test_a_sale_without_a_size_is_the_whole_position() -> None:
    assert order(Side.SELL).quantity == MEANS.position
    assert order(Side.SELL).reduce_only


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"quote_amount": Decimal(1)}, "smallest order .* is 5 USDT"),
        ({"base_amount": Decimal("0.000001")}, "smallest order .* is 0.00001 BTC"),
        ({}, "how much BTC"),
        ({"quote_amount": Decimal(-5)}, "above zero"),
        ({"quote_amount": Decimal(0)}, "above zero"),
        ({"fraction": Decimal(2)}, "more than all"),
        ({"quote_amount": Decimal(5), "base_amount": Decimal(5)}, "one size"),
        ({"type": OrderType.LIMIT, "quote_amount": Decimal(50)}, "needs its price"),
        ({"type": OrderType.STOP, "quote_amount": Decimal(50)}, "needs its trigger"),
        ({"type": OrderType.TRAILING_STOP, "quote_amount": Decimal(50)}, "follows a position"),
        ({"quote_amount": Decimal(50), "venue": "kraken"}, "not on kraken"),
        ({"quote_amount": Decimal(50), "stop_loss": Price(68000)}, "must be below"),
        (
            {"type": OrderType.STOP, "stop_price": Price(60000), "quote_amount": Decimal(50)},
            "above the price",
        ),
        ({"side": Side.SELL, "type": OrderType.STOP, "stop_price": Price(68000)}, "below"),
        ({"side": Side.SELL, "base_amount": Decimal(1)}, "position is 0.01234 BTC"),
        ({"side": Side.SELL, "stop_loss": Price(60000)}, "belongs to an entry"),
        ({"type": OrderType.LIMIT, "price": Price("0.001"), "base_amount": Decimal(1)}, "smallest"),
    ],
)
def test_what_cannot_be_an_order_says_why(request_: dict[str, object], says: str) -> None:
    with pytest.raises(OrderNotPossibleError, match=says):
        order(**request_)  # type: ignore[arg-type]  # fields of a request


def test_selling_what_is_not_held_is_refused() -> None:
    means = Means(account="paper", mode=Mode.PAPER)
    with pytest.raises(OrderNotPossibleError, match="no BTC/USDT position"):
        build(OrderRequest(side=Side.SELL, pair=BTC), MARKET, TICKER, means)
