"""One line that repeats what was understood of a wish which this version cannot carry out."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import plain

STEERS = frozenset({"list", "remove", "pause", "resume", "start", "stop", "status", "performance"})


def understood(intent: Intent) -> str:
    """`alert when SOL/USDT is above 200`, `backtest rsi on BTC/USDT over 1y`."""
    if intent.intent is Action.ALERT:
        return _alert(intent)
    verb = intent.intent.value
    if intent.intent is Action.STRATEGY:
        verb = intent.condition if intent.condition in STEERS else "strategy"
        verb = f"{verb} strategy" if verb != "strategy" and intent.strategy is None else verb
    parts = [verb or "", intent.strategy or ""]
    if intent.pair is not None:
        parts.append(f"on {intent.pair}")
    if intent.timeframe is not None:
        parts.append(f"with {intent.timeframe} candles")
    if intent.period is not None:
        parts.append(f"over {intent.period}")
    if intent.condition is not None and intent.condition not in STEERS:
        parts.append(f"when {intent.condition}")
    return " ".join([*filter(None, parts), *_figures(intent)])


def _alert(intent: Intent) -> str:
    what = f" of {intent.pair}" if intent.pair is not None else ""
    if intent.condition in STEERS:
        number = f" {intent.order_id}" if intent.order_id else "s"
        return f"{intent.condition} alert{number}{what}"
    if intent.condition is not None:
        return f"alert{what} when {intent.condition}"
    if intent.price is None:
        return f"alert{what}"
    direction = intent.direction or "at"
    return f"alert when {intent.pair or 'it'} is {direction} {plain(intent.price)}"


def _figures(intent: Intent) -> list[str]:
    """Amounts and levels that were stated."""
    figures: dict[str, Decimal | str | None] = {
        "amount": intent.quote_amount, "quantity": intent.base_amount, "share": intent.fraction,
        "price": intent.price, "stop": intent.stop_loss, "target": intent.take_profit,
    }  # fmt: skip
    return [
        f"{name} {plain(value) if isinstance(value, Decimal) else value}"
        for name, value in figures.items()
        if value is not None
    ]
