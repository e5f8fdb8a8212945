"""Fixed prices for screens: a table of tickers, and seeded candles that end at these prices."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from kit_tui.domain.candles import Candles, candles_from_rows
from kit_tui.domain.clock import to_ms
from kit_tui.domain.market_data import (
    TIMEFRAME_SECONDS,
    Level,
    OrderBook,
    PublicTrade,
    Ticker,
)
from kit_tui.domain.numbers import Price
from kit_tui.domain.pair import Pair

# Last price, day's change in percent; the number of decimals is the market's tick.
TABLE = {
    "BTC": ("67012.4", "1.20"), "ETH": ("3201.12", "-0.41"), "SOL": ("171.22", "3.02"),
    "XRP": ("0.5231", "0.10"), "ADA": ("0.3811", "-1.12"), "DOGE": ("0.12040", "0.55"),
    "LINK": ("14.022", "-0.08"), "AVAX": ("27.41", "2.31"),
}  # fmt: skip
WATCHED = tuple(Pair(f"{base}/USDT") for base in TABLE)


def _places(pair: Pair) -> int:
    return len(TABLE[pair.base][0].partition(".")[2])


def _near(pair: Pair, share: str) -> Price:
    """The last price moved by a share, on the tick."""
    value = Decimal(TABLE[pair.base][0]) * (1 + Decimal(share))
    return Price(round(value, _places(pair)))


def fake_tickers(now: datetime) -> dict[Pair, Ticker]:
    """A quote of every watched pair, one second old."""
    return {
        pair: Ticker(
            pair=pair, venue="binance", last=_near(pair, "0"), bid=_near(pair, "-0.00002"),
            ask=_near(pair, "0.00002"), high_24h=_near(pair, "0.0058"),
            low_24h=_near(pair, "-0.0135"), change_24h=Decimal(TABLE[pair.base][1]) / 100,
            volume_24h=Decimal(18_400), received_at=now - timedelta(seconds=1),
        )
        for pair in WATCHED
    }  # fmt: skip


def fake_candles(pair: Pair, timeframe: str, now: datetime, count: int = 300) -> Candles:
    """A seeded walk whose last close is the ticker's price."""
    step = TIMEFRAME_SECONDS[timeframe] * 1000
    seed = sum(map(ord, f"{pair} {timeframe}"))
    rng = np.random.default_rng(seed)
    path = np.cumsum(
        rng.normal(0.00003, 0.0022, count + 1) + 0.0012 * np.sin(np.arange(count + 1) / 11)
    )
    closes = float(TABLE[pair.base][0]) * np.exp(path - path[-1])
    spread = np.abs(rng.normal(0, 0.0012, (count, 2)))
    volume = np.exp(rng.normal(3.2, 0.6, count))
    places = _places(pair)
    newest = to_ms(now) // step * step
    rows: list[list[float | None]] = []
    for at in range(count):
        start, end = float(closes[at]), float(closes[at + 1])
        high, low = max(start, end) * (1 + spread[at, 0]), min(start, end) * (1 - spread[at, 1])
        prices = [round(float(value), places) for value in (start, high, low, end)]
        moment = float(newest - (count - 1 - at) * step)
        rows.append([moment, *prices, round(float(volume[at]), 3)])
    return candles_from_rows(pair, timeframe, "binance", rows, now_ms=to_ms(now), received_at=now)


def fake_book(pair: Pair, now: datetime) -> OrderBook:
    """Ten levels a side with a narrow spread."""
    tick = Decimal(1).scaleb(-_places(pair))
    last = Decimal(TABLE[pair.base][0])
    sizes = (
        "0.655",
        "0.091",
        "2.770",
        "0.310",
        "1.204",
        "0.820",
        "1.433",
        "0.207",
        "3.020",
        "0.518",
    )
    return OrderBook(
        pair=pair, venue="binance", received_at=now,
        bids=tuple(
            Level(Price(last - tick * 5 * at), Decimal(size)) for at, size in enumerate(sizes)
        ),
        asks=tuple(
            Level(Price(last + tick * (5 * at + 2)), Decimal(size))
            for at, size in enumerate(sizes)
        ),
    )  # fmt: skip


def fake_trades(pair: Pair, now: datetime) -> tuple[PublicTrade, ...]:
    """Twenty prints, two seconds apart."""
    tick = Decimal(1).scaleb(-_places(pair))
    last = Decimal(TABLE[pair.base][0])
    return tuple(
        PublicTrade(
            at=now - timedelta(seconds=2 * at), side="sell" if at % 3 == 0 else "buy",
            price=Price(last - tick * (at * 7 % 11)), quantity=Decimal((at * 37) % 90 + 3) / 100,
        )
        for at in range(20)
    )  # fmt: skip
