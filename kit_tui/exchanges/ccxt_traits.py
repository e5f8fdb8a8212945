"""What one venue needs to be told, or needs us to know, beyond what ccxt does by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Traits:
    """`options` go to ccxt; `longest` is the most candles one request brings.

    `tick_key` names the raw field with the true price step where ccxt's is too fine; `tune` gets
    the ready client.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    longest: int = 1000
    tick_key: str | None = None
    tune: Callable[[Any], None] | None = None


def traits_of(exchange_id: str) -> Traits:
    """The traits of a venue; plain ones for those without a module of their own."""
    from kit_tui.exchanges import binance, coinbase, kraken

    known = {"binance": binance.TRAITS, "coinbase": coinbase.TRAITS, "kraken": kraken.TRAITS}
    return known.get(exchange_id, Traits())
