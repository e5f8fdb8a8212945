"""Coinbase: at most 300 candles a request, and no 4 h or 1 w candles of its own."""

from kit_tui.exchanges.ccxt_traits import Traits

TRAITS = Traits(options={"defaultType": "spot"}, longest=299)
