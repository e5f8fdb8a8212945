"""Accounts for tests of the risk manager."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.portfolio import Holding, Portfolio
from kit_tui.domain.position import MarkedPosition, Position
from kit_tui.domain.risk import TradingState, TradingStatus
from kit_tui.domain.ticket import OrderDraft
from kit_tui.risk.picture import Picture
from tests.support.clock import EPOCH

BTC, ETH = Pair("BTC/USDT"), Pair("ETH/USDT")


def market(pair: Pair = BTC, **changes: object) -> Market:
    made = Market(
        pair=pair, venue="x", tick_size=Decimal("0.01"), quantity_step=Decimal("0.00001"),
        min_quantity=Decimal("0.00001"), min_notional=Decimal(5),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def ticker(price: str = "50000", pair: Pair = BTC, *, age: float = 0) -> Ticker:
    return Ticker(
        pair=pair, venue="x", last=Price(price), received_at=EPOCH - timedelta(seconds=age)
    )


def held(pair: Pair, quantity: str, mark: str) -> MarkedPosition:
    """A long position bought at its mark."""
    position = Position(
        pair=pair, venue="x", account="test", signed_quantity=Decimal(quantity),
        cost=Decimal(quantity) * Decimal(mark),
    )  # fmt: skip
    return MarkedPosition(position=position, mark_price=Price(mark), mark_at=EPOCH)


def portfolio(
    equity: str = "10000",
    *,
    free: str | None = None,
    start: str | None = None,
    peak: str | None = None,
    complete: bool = True,
    coins: str = "0",
) -> Portfolio:
    def holding(currency: str, amount: str) -> Holding:
        return Holding(
            currency=currency, venue="x", total=Decimal(amount), free=Decimal(amount),
            price=None, value=None,
        )  # fmt: skip

    return Portfolio(
        account="test", reference="USDT", equity=Decimal(equity), cash=Decimal(free or equity),
        holdings=(holding("USDT", free or equity), holding("BTC", coins)),
        day_start_equity=Decimal(start or equity), peak_equity=Decimal(peak or equity),
        complete=complete, as_of=EPOCH,
    )  # fmt: skip


def picture(**changes: object) -> Picture:
    values: dict[str, object] = {
        "now": EPOCH, "status": TradingStatus(), "portfolio": portfolio(),
        "rates": {"USDT": Decimal(1)}, "market": market(), "ticker": ticker(), **changes,
    }  # fmt: skip
    return Picture(**values)  # type: ignore[arg-type]  # named by the tests


def status(state: TradingState) -> TradingStatus:
    return TradingStatus(state=state, reason="a test", by="test", since=EPOCH)


def draft(
    notional: str | Decimal = "100", *, side: Side = Side.BUY, price: str = "50000",
    slippage: str = "0.005", **changes: object,
) -> OrderDraft:  # fmt: skip
    """A market order of a notional; its quantity is exact, not rounded."""
    reference, amount = Price(price), Decimal(notional)
    factor = 1 + Decimal(slippage) if side is Side.BUY else 1 - Decimal(slippage)
    made = OrderDraft(
        venue="x", account="test", mode=Mode.PAPER, pair=BTC, side=side, type=OrderType.MARKET,
        quantity=Quantity(amount / reference), reference_price=reference,
        worst_price=Price(reference * factor), notional=amount,
        estimated_fee=amount * Decimal("0.001"), fee_currency="USDT",
        reduce_only=side is Side.SELL,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def working(pair: Pair, quantity: str, price: str, side: Side = Side.BUY) -> Order:
    return Order(
        id="9", client_id="c", venue="x", account="test", mode=Mode.PAPER, pair=pair, side=side,
        type=OrderType.LIMIT, quantity=Quantity(quantity), price=Price(price), created_at=EPOCH,
        updated_at=EPOCH, status=OrderStatus.ACCEPTED, reduce_only=side is Side.SELL,
    )  # fmt: skip
