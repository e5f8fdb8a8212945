"""Bad days on a fake desk: real money, orders of unknown outcome, a venue that went away."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import MarkedPosition, Position
from kit_tui.domain.trust import AccountTrust, FrozenPair
from kit_tui.state.slices import (
    CONNECTIONS,
    ORDERS,
    PORTFOLIO,
    POSITIONS,
    SESSION,
    TICKERS,
    TRUST,
    Connection,
)
from tests.support.fake_desk import BTC, ETH, SOL, FakeDesk, make_order

D = Decimal
XRP, ADA = Pair("XRP/USDT"), Pair("ADA/USDT")


def go_down(desk: FakeDesk, seconds: int = 42) -> None:
    """The venue stopped answering this long ago; its prices and the equity are from then."""
    now = desk.clock.now()
    since = now - timedelta(seconds=seconds)
    others = [c for c in desk.store.get(CONNECTIONS) or () if c.kind != "venue"]
    gone = Connection(
        name="binance", kind="venue", state="down", since=since, last_ok_at=since,
        detail="no answer within 10 s", clock_offset_s=0.1,
    )  # fmt: skip
    tickers = {
        pair: msgspec.structs.replace(ticker, received_at=since)
        for pair, ticker in (desk.store.get(TICKERS) or {}).items()
    }
    positions = tuple(
        msgspec.structs.replace(held, mark_at=since) for held in desk.store.get(POSITIONS) or ()
    )
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    desk.store.publish(PORTFOLIO, msgspec.structs.replace(portfolio, complete=False))
    desk.store.publish(TICKERS, tickers)
    desk.store.publish(POSITIONS, positions)
    desk.store.publish(CONNECTIONS, (gone, *others))


def come_back(desk: FakeDesk) -> None:
    """The venue answers again, with prices of now."""
    now = desk.clock.now()
    others = [c for c in desk.store.get(CONNECTIONS) or () if c.kind != "venue"]
    here = Connection(name="binance", kind="venue", state="up", latency_ms=51, since=now,
                      last_ok_at=now)  # fmt: skip
    tickers = {
        pair: msgspec.structs.replace(ticker, received_at=now)
        for pair, ticker in (desk.store.get(TICKERS) or {}).items()
    }
    positions = tuple(
        msgspec.structs.replace(held, mark_at=now) for held in desk.store.get(POSITIONS) or ()
    )
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    desk.store.publish(PORTFOLIO, msgspec.structs.replace(portfolio, complete=True))
    desk.store.publish(TICKERS, tickers)
    desk.store.publish(POSITIONS, positions)
    desk.store.publish(CONNECTIONS, (here, *others))


def use_account(desk: FakeDesk, account: str = "binance", **trust: object) -> None:
    """The desk stands on this account, with this trust."""
    session = desk.store.get(SESSION)
    assert session is not None
    desk.store.publish(SESSION, msgspec.structs.replace(session, account=account))
    known = AccountTrust(account=account, armed=desk.mode is Mode.LIVE or None,
                         reconciled_at=desk.clock.now() - timedelta(seconds=4))  # fmt: skip
    desk.store.publish(TRUST, msgspec.structs.replace(known, **trust))


def lose_an_order(desk: FakeDesk) -> None:
    """An entry was sent and no answer came; asked for three times since."""
    now = desk.clock.now()
    sent = now - timedelta(seconds=48)
    order = make_order(
        now, desk.mode, "0033", pair=BTC, side=Side.BUY, type=OrderType.LIMIT,
        quantity=Quantity("0.0020"), price=Price("66900.0"), status=OrderStatus.UNKNOWN,
        ticket_id="0014", created_at=sent, updated_at=sent, reason="no answer in time",
    )  # fmt: skip
    desk.store.publish(ORDERS, (order, *(desk.store.get(ORDERS) or ())))
    trust = desk.store.get(TRUST) or AccountTrust(account="main")
    frozen = FrozenPair(
        pair=BTC,
        code="SYMBOL_FROZEN",
        reason="order #0033 has no known outcome",
        since=sent,
        asked=3,
    )
    desk.store.publish(TRUST, msgspec.structs.replace(trust, frozen=(frozen,)))


def every_kind_of_order(now: datetime, mode: Mode) -> tuple[Order, ...]:
    """Watched here, trailing, post-only, placed outside, refused by the venue."""
    minutes = timedelta(minutes=1)
    return (
        make_order(now, mode, "0044", pair=SOL, side=Side.SELL, type=OrderType.LIMIT,
                   quantity=Quantity("4.00"), price=Price("181.60"), group_id="g1", emulated=True,
                   reduce_only=True, parent_id="0040", created_at=now - 3 * minutes),
        make_order(now, mode, "0045", pair=SOL, side=Side.SELL, type=OrderType.STOP,
                   quantity=Quantity("4.00"), stop_price=Price("167.90"), group_id="g1",
                   emulated=True, reduce_only=True, parent_id="0040",
                   created_at=now - 3 * minutes),
        make_order(now, mode, "0043", pair=BTC, side=Side.SELL, type=OrderType.TRAILING_STOP,
                   quantity=Quantity("0.00149"), stop_price=Price("66007.2"), trail=D("0.015"),
                   reduce_only=True, emulated=True, created_at=now - 8 * minutes),
        make_order(now, mode, "0042", pair=ETH, side=Side.BUY, type=OrderType.LIMIT,
                   quantity=Quantity("0.5"), price=Price("3150.0"), post_only=True,
                   filled=Quantity("0.2"), average_price=Price("3150.0"),
                   status=OrderStatus.PARTIALLY_FILLED, ticket_id="0021",
                   created_at=now - 40 * minutes),
        make_order(now, mode, "x-91", pair=XRP, side=Side.SELL, type=OrderType.LIMIT,
                   quantity=Quantity("1200"), price=Price("0.6100"), outside=True,
                   venue_order_id="88123991", created_at=now - 600 * minutes),
        make_order(now, mode, "0041", pair=ADA, side=Side.BUY, type=OrderType.LIMIT,
                   quantity=Quantity("250"), price=Price("0.4400"), status=OrderStatus.REJECTED,
                   reason="Post-only order would have been filled at once.", post_only=True,
                   ticket_id="0020", created_at=now - 55 * minutes),
    )  # fmt: skip


def every_kind_of_position(desk: FakeDesk) -> tuple[MarkedPosition, ...]:
    """A margined long, a short, one with its stop watched here, and what a fee left behind."""
    now = desk.clock.now()
    tickers = desk.store.get(TICKERS) or {}

    def held(pair: Pair, quantity: str, cost: str, **more: object) -> MarkedPosition:
        dust = bool(more.pop("dust", False))
        position = Position(
            pair=pair, venue="binance", account="binance", signed_quantity=D(quantity),
            cost=D(cost), opened_at=now - timedelta(hours=3),
        )  # fmt: skip
        return MarkedPosition(
            position=msgspec.structs.replace(position, **more), mark_price=tickers[pair].last,
            mark_at=tickers[pair].received_at, dust=dust,
        )  # fmt: skip

    return (
        held(BTC, "0.0149", "988.44", leverage=D(3), liquidation_price=Price("45120.5"),
             stop_price=Price("65672.0")),
        held(ADA, "0.4", "0.17", dust=True),
        held(ETH, "-0.2", "-637.60", leverage=D(2), liquidation_price=Price("4702.1"),
             stop_price=Price("3251.0"), take_profit_price=Price("2990.0")),
        held(SOL, "4.00", "664.80", stop_price=Price("167.90"),
             take_profit_price=Price("181.60")),
    )  # fmt: skip


def fill_with_everything(desk: FakeDesk) -> None:
    """Every kind of order and position at once."""
    now = desk.clock.now()
    desk.store.publish(ORDERS, (*every_kind_of_order(now, desk.mode),
                                *(desk.store.get(ORDERS) or ())[2:]))  # fmt: skip
    desk.store.publish(POSITIONS, every_kind_of_position(desk))
