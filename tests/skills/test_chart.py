"""The chart command: one line and a card, own levels for those who trade, and what is missing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from kit_tui.domain.candles import candles_from_rows
from kit_tui.domain.cards import ChartCard, Reply
from kit_tui.domain.clock import to_ms
from kit_tui.domain.errors import KitError, UnknownPairError, VenueUnavailableError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import MarkedPosition, Position
from kit_tui.skills.market_analysis import MarketAnalysis
from kit_tui.skills.market_analysis.chart import CANDLES, MOST_ORDERS
from kit_tui.state.slices import ORDERS, POSITIONS
from tests.skills.context import Bench
from tests.support.clock import EPOCH
from tests.support.market import BTC, make_candles, make_ticker, walk

ETH = Pair("ETH/USDT")
GUEST = Principal(channel="telegram", user="7", name="Guest", role=Role.VIEWER)


def bench(closes: list[float], price: str | None = None) -> Bench:
    found = Bench()
    found.market.closes[BTC] = closes
    if price is not None:
        found.market.tickers[BTC] = make_ticker(BTC, price)
    return found


async def charted(ctx: Bench, timeframe: str = "4h") -> tuple[Reply, ChartCard]:
    reply = await MarketAnalysis().chart(ctx, BTC, timeframe)  # type: ignore[arg-type]  # literal
    (card,) = reply.cards
    assert isinstance(card, ChartCard)
    return reply, card


def order(number: int, at: str, **more: object) -> Order:
    values: dict[str, object] = {
        "id": str(number), "client_id": f"c{number}", "account": "paper", "venue": "scripted",
        "mode": Mode.PAPER, "pair": BTC, "side": Side.BUY, "type": OrderType.LIMIT,
        "quantity": Quantity("0.1"), "price": Price(at), "status": OrderStatus.ACCEPTED,
        "created_at": EPOCH, "updated_at": EPOCH,
    }  # fmt: skip
    return Order(**{**values, **more})  # type: ignore[arg-type]  # as an order has them


def held(*, pair: Pair = BTC) -> MarkedPosition:
    position = Position(
        pair=pair, venue="scripted", account="paper", signed_quantity=Decimal("0.3"),
        cost=Decimal("29.7012"), stop_price=Price("95"), take_profit_price=Price("110"),
    )  # fmt: skip
    return MarkedPosition(position=position, mark_price=Price(100), mark_at=EPOCH)


async def test_the_line_says_pair_price_age_change_and_range() -> None:
    ctx = bench([100.0, 101.0, 99.0, 104.0], price="104.25")
    ctx.clock.advance(4)
    reply, card = await charted(ctx)
    assert reply.text == (
        "**BTC/USDT** 4h 104.25 (scripted, 4 s old), +4.25% in 16 h, range 98.90–104.25"
    )
    assert (card.pair, card.timeframe, card.venue) == (BTC, "4h", "scripted")
    assert (card.price, card.as_of, card.age_s) == (Decimal("104.25"), EPOCH, 4)
    assert (card.change, card.span_s, card.tick) == (Decimal("0.0425"), 57_600, Decimal("0.01"))
    assert [candle.close for candle in card.candles] == [100.0, 101.0, 99.0, 104.0]
    assert card.notes == ()


async def test_at_most_as_many_candles_as_a_phone_shows_are_asked_for_and_kept() -> None:
    ctx = bench([])
    ctx.market.series[BTC, "4h"] = make_candles(walk(300), timeframe="4h")
    ctx.market.tickers[BTC] = make_ticker(BTC, "100")
    _, card = await charted(ctx)
    assert len(card.candles) == CANDLES == 120
    assert card.candles[-1].time == int(ctx.market.series[BTC, "4h"].time[-1])


async def test_without_a_time_frame_it_is_that_of_analyses() -> None:
    ctx = bench(walk(30))
    reply = await MarketAnalysis().chart(ctx, BTC)
    assert ("candles", "BTC/USDT 1h") in ctx.market.asked
    assert " 1h " in reply.text


async def test_a_market_that_is_not_there_is_the_venues_refusal() -> None:
    with pytest.raises(UnknownPairError, match="does not trade ETH/USDT"):
        await MarketAnalysis().chart(bench(walk(30)), ETH)


async def test_no_candles_is_an_error_that_says_so() -> None:
    ctx = bench([], price="100")
    ctx.market.series[BTC, "4h"] = make_candles([], timeframe="4h")
    with pytest.raises(KitError, match=r"^scripted gave no 4h candles of BTC/USDT\.$"):
        await charted(ctx)


async def test_candles_that_cannot_be_had_are_the_callers_error() -> None:
    ctx = bench(walk(30), price="100")
    ctx.market.failures["candles"] = VenueUnavailableError("scripted is down.")
    with pytest.raises(VenueUnavailableError):
        await charted(ctx)


async def test_stale_data_says_how_old_it_is_and_where_candles_are_missing() -> None:
    ctx = bench([])
    base = to_ms(EPOCH - timedelta(hours=50))
    hours = [hour for hour in range(40) if hour not in (20, 21)]
    rows = [(base + hour * 3_600_000, 100.0, 101.0, 99.0, 100.0, 1.0) for hour in hours]
    ctx.market.series[BTC, "1h"] = candles_from_rows(
        BTC, "1h", "scripted", rows, now_ms=to_ms(EPOCH), received_at=EPOCH
    )
    ctx.market.tickers[BTC] = make_ticker(BTC, "100", at=EPOCH - timedelta(minutes=20))
    reply, card = await charted(ctx, "1h")
    assert card.age_s == 1200
    assert "(scripted, 20 min old)" in reply.text
    assert card.notes == (
        "2 candles are missing in 1 gap",
        "the newest closed candle ended 10 h ago",
    )
    assert all(note in reply.text for note in card.notes)


async def test_without_a_quote_the_price_is_the_newest_candles() -> None:
    ctx = bench([100.0, 101.0])
    ctx.market.failures["ticker"] = VenueUnavailableError("scripted is down.")
    reply, card = await charted(ctx)
    assert card.price == 101
    assert "no quote, so the price is the last candle's" in reply.text


async def test_closed_candles_without_a_quote_are_as_old_as_their_end() -> None:
    ctx = bench([])
    then = EPOCH - timedelta(hours=8)
    ctx.market.series[BTC, "4h"] = make_candles([100.0, 101.0], timeframe="4h", now=then)
    ctx.market.failures["ticker"] = VenueUnavailableError("scripted is down.")
    _, card = await charted(ctx)
    assert card.as_of == then.replace(hour=4, minute=0)


async def test_own_levels_are_those_of_the_position_and_the_working_orders() -> None:
    ctx = bench(walk(30), price="100")
    ctx.store.publish(POSITIONS, (held(), held(pair=ETH)))
    stop = order(
        3, "95", side=Side.SELL, type=OrderType.STOP, price=None, stop_price=Price("95.00")
    )
    done = order(4, "97", status=OrderStatus.FILLED)
    ctx.store.publish(ORDERS, (order(1, "90"), stop, done, order(5, "3000", pair=ETH)))
    _, card = await charted(ctx)
    assert card.account == "paper"
    assert [(level.kind, level.price) for level in card.levels] == [
        ("entry", Decimal("99.00")), ("target", Decimal("110.00")), ("stop", Decimal("95.00")),
        ("buy", Decimal("90.00")),
    ]  # fmt: skip
    assert card.levels[0].origin == "long 0.3 BTC"
    assert card.levels[-1].origin == "order 1"


async def test_of_many_orders_the_nearest_are_shown() -> None:
    ctx = bench(walk(30), price="100")
    ctx.store.publish(ORDERS, tuple(order(n, str(100 - n)) for n in range(1, 20)))
    _, card = await charted(ctx)
    assert [level.price for level in card.levels] == [100 - n for n in range(1, MOST_ORDERS + 1)]


async def test_who_only_watches_is_not_told_what_the_account_holds() -> None:
    ctx = bench(walk(30), price="100")
    ctx.store.publish(POSITIONS, (held(),))
    ctx.store.publish(ORDERS, (order(1, "90"),))
    ctx.principal = GUEST
    _, card = await charted(ctx)
    assert card.levels == ()
    assert card.account == ""


async def test_small_prices_keep_the_digits_they_are_told_apart_by() -> None:
    ctx = bench([])
    ctx.market.series[BTC, "4h"] = make_candles([0.0000123456, 0.0000125], timeframe="4h")
    ctx.market.tickers[BTC] = make_ticker(BTC, "0.0000125")
    ctx.market.failures["markets"] = VenueUnavailableError("scripted is down.")
    reply, card = await charted(ctx)
    assert card.tick == 0
    assert card.low == Decimal("0.0000123333")
    assert "range 0.0000123333–0.0000125125" in reply.text
