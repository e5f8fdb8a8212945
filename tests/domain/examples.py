"""Ready-made domain values for tests, and hypothesis strategies for fills."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Fill, Mode, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import Check, Verdict
from kit_tui.domain.ticket import OrderDraft, Ticket, TicketState, sealed

NOW = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)
BTC = Pair("BTC/USDT")
PERP = Pair("BTC/USDT:USDT")


def an_order(**changes: Any) -> Order:
    """A submitted market buy of 1 BTC."""
    values: dict[str, Any] = {
        "id": "o1", "client_id": "c1", "venue": "binance", "account": "paper",
        "mode": Mode.PAPER, "pair": BTC, "side": Side.BUY, "type": OrderType.MARKET,
        "quantity": Quantity(1), "created_at": NOW, "updated_at": NOW,
        "status": OrderStatus.SUBMITTED,
    }  # fmt: skip
    return Order(**{**values, **changes})


def a_fill(**changes: Any) -> Fill:
    """A fill of 0.4 BTC at 60,000 for order `o1`, without a fee."""
    values: dict[str, Any] = {
        "venue": "binance", "account": "paper", "pair": BTC, "trade_id": "1", "order_id": "o1",
        "side": Side.BUY, "quantity": Quantity("0.4"), "price": Price(60_000),
        "fee": Decimal(0), "fee_currency": "USDT", "at": NOW,
    }  # fmt: skip
    return Fill(**{**values, **changes})


def a_draft(**changes: Any) -> OrderDraft:
    """A limit buy with every optional field set."""
    values: dict[str, Any] = {
        "venue": "binance", "account": "paper", "mode": Mode.PAPER, "pair": BTC,
        "side": Side.BUY, "type": OrderType.LIMIT, "quantity": Quantity("0.00149"),
        "price": Price(67_000), "stop_price": Price(66_000), "stop_loss": Price(65_000),
        "reference_price": Price(67_010), "worst_price": Price(67_345),
        "notional": Decimal("99.83"), "estimated_fee": Decimal("0.1"), "fee_currency": "USDT",
    }  # fmt: skip
    return OrderDraft(**{**values, **changes})


def a_verdict() -> Verdict:
    """A passed verdict of one check."""
    check = Check(
        name="maxPositionSize", code="MAX_POSITION_SIZE", unit="fraction", limit=Decimal("0.10"),
        value=Decimal(0), after=Decimal("0.01"), passed=True,
    )  # fmt: skip
    return Verdict(passed=True, checks=(check,), largest_passing=Decimal(1000))


def a_ticket(**changes: Any) -> Ticket:
    """A pending ticket that expires a minute from `NOW`."""
    expires = NOW + timedelta(seconds=60)
    draft = a_draft()
    values: dict[str, Any] = {
        "id": "t1", "hash": "", "state": TicketState.PENDING,
        "created_at": NOW, "expires_at": expires, "order": draft, "verdict": a_verdict(),
        "asked_by": "terminal:me", "asked_on": "terminal", "words": "Buy BTC for $100",
    }  # fmt: skip
    return sealed(Ticket(**{**values, **changes}))


prices = st.decimals("0.01", "99999.99", places=2).map(Price)
quantities = st.decimals("0.000001", "9.999999", places=6).map(Quantity)
fees = st.decimals("-0.5", "5", places=4)


@st.composite
def fill_sequences(
    draw: st.DrawFn, fee_currencies: tuple[str, ...], pair: Pair = BTC
) -> list[Fill]:
    """Up to twelve fills either way with distinct trade ids.

    On spot a sale, its fee included, never takes more than the fills before have left; contracts
    open, close and flip.
    """
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(Side), quantities, prices, fees, st.sampled_from(fee_currencies)
            ),
            min_size=1,
            max_size=12,
        )
    )
    held, fills = Decimal(0), list[Fill]()
    for number, (wish, quantity, price, some_fee, currency) in enumerate(rows):
        fee = _fee_in(currency, some_fee, quantity)
        taken = fee if currency == pair.base else Decimal(0)
        too_much = wish is Side.SELL and not pair.settle and quantity + taken > held
        side = Side.BUY if too_much else wish
        held += (quantity if side is Side.BUY else -quantity) - taken
        fills.append(
            a_fill(
                trade_id=str(number), order_id=f"o{number}", side=side, quantity=quantity,
                price=price, fee=fee, fee_currency=currency, pair=pair,
            )
        )  # fmt: skip
    return fills


def _fee_in(currency: str, fee: Decimal, quantity: Quantity) -> Decimal:
    """A fee in base currency stays below the quantity it is taken from."""
    return fee if currency != BTC.base else quantity * fee / 100
