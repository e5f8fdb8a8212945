"""From ccxt's dictionaries to domain values. What is missing stays missing, never becomes zero."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from kit_tui.domain.clock import utc_from_ms
from kit_tui.domain.market_data import Level, OrderBook, PublicTrade, Ticker
from kit_tui.domain.numbers import ONE, ZERO, InvalidNumberError, Price, exact, from_float
from kit_tui.domain.pair import Market, Pair

_DECIMAL_PLACES, _TICK_SIZE = 2, 4  # ccxt's precision modes; significant digits give no step


def number(value: object) -> Decimal | None:
    """A finite number, or None for anything that is not one."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return from_float(value) if isinstance(value, float) else exact(value)
    except (InvalidNumberError, ValueError):
        return None


def price(value: object) -> Price | None:
    """A price above zero, or None."""
    found = number(value)
    return None if found is None or found <= 0 else Price(found)


def market_from(
    raw: Mapping[str, Any],
    venue: str,
    precision_mode: int,
    tick_key: str | None,
    kind: str = "spot",
) -> Market | None:
    """A market's rules, or None when it is of another kind or not named as a pair.

    `kind` is spot or perpetual; of perpetuals only those are taken that settle in their quote
    currency. Quantities are in base currency, however much of it a contract is.
    """
    if not _is_of(raw, kind):
        return None
    try:
        pair = Pair(str(raw["symbol"]))
    except InvalidNumberError:
        return None
    precision, limits = raw.get("precision") or {}, raw.get("limits") or {}
    amount, cost = limits.get("amount") or {}, limits.get("cost") or {}
    tick = _step(precision.get("price"), precision_mode)
    if tick_key is not None:
        tick = max(tick, number((raw.get("info") or {}).get(tick_key)) or ZERO)
    usual = Decimal("0.001")
    size = contract_size(raw)
    return Market(
        pair=pair,
        venue=venue,
        tick_size=tick,
        quantity_step=_step(precision.get("amount"), precision_mode) * size,
        min_quantity=(number(amount.get("min")) or ZERO) * size,
        max_quantity=(number(amount.get("max")) or ZERO) * size,
        min_notional=number(cost.get("min")) or ZERO,
        max_notional=number(cost.get("max")) or ZERO,
        maker_fee=_or(number(raw.get("maker")), usual),
        taker_fee=_or(number(raw.get("taker")), usual),
        active=raw.get("active") is not False,
    )


def contract_size(raw: Mapping[str, Any]) -> Decimal:
    """How much of the base currency one contract is; 1 for spot."""
    found = number(raw.get("contractSize")) if raw.get("contract") else None
    return found if found is not None and found > 0 else ONE


def _is_of(raw: Mapping[str, Any], kind: str) -> bool:
    if kind == "perpetual":
        return bool(raw.get("swap")) and bool(raw.get("linear"))
    return bool(raw.get("spot"))


def ticker_from(raw: Mapping[str, Any], pair: Pair, venue: str, at: datetime) -> Ticker | None:
    """A quote, or None when there is no last price in it."""
    last = price(raw.get("last")) or price(raw.get("close"))
    if last is None:
        return None
    bid, ask = price(raw.get("bid")), price(raw.get("ask"))
    if bid is not None and ask is not None and bid > ask:
        bid = ask = None
    percent = number(raw.get("percentage"))
    return Ticker(
        pair=pair,
        venue=venue,
        last=last,
        bid=bid,
        ask=ask,
        high_24h=price(raw.get("high")),
        low_24h=price(raw.get("low")),
        change_24h=None if percent is None else percent / 100,
        volume_24h=number(raw.get("baseVolume")),
        received_at=at,
        quoted_at=_time(raw.get("timestamp")),
    )


def book_from(raw: Mapping[str, Any], pair: Pair, venue: str, at: datetime) -> OrderBook:
    """The top of a book."""
    return OrderBook(
        pair=pair,
        venue=venue,
        bids=_levels(raw.get("bids") or ()),
        asks=_levels(raw.get("asks") or ()),
        received_at=at,
    )


def trades_from(rows: Sequence[Mapping[str, Any]]) -> tuple[PublicTrade, ...]:
    """The tape, oldest first, without prints that lack a time, price or quantity."""
    trades = []
    for row in rows:
        at, paid, quantity = (
            row.get("timestamp"),
            price(row.get("price")),
            number(row.get("amount")),
        )
        if at is not None and paid is not None and quantity is not None and quantity > 0:
            trades.append(
                PublicTrade(
                    at=utc_from_ms(int(at)),
                    side="sell" if row.get("side") == "sell" else "buy",
                    price=paid,
                    quantity=quantity,
                )
            )
    return tuple(sorted(trades, key=lambda trade: trade.at))


def _levels(rows: Sequence[Sequence[Any]]) -> tuple[Level, ...]:
    levels = []
    for row in rows:
        paid, quantity = price(row[0]), number(row[1])
        if paid is not None and quantity is not None and quantity > 0:
            levels.append(Level(paid, quantity))
    return tuple(levels)


def _time(value: object) -> datetime | None:
    found = number(value)
    return utc_from_ms(int(found)) if found is not None and found > 0 else None


def _step(value: object, precision_mode: int) -> Decimal:
    found = number(value)
    if found is None:
        return ZERO
    if precision_mode == _DECIMAL_PLACES:
        return Decimal(1).scaleb(-math.floor(found))
    return found if precision_mode == _TICK_SIZE and found > 0 else ZERO


def _or(value: Decimal | None, usual: Decimal) -> Decimal:
    return usual if value is None else value
