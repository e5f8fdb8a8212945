"""Kraken: its price step is `tick_size`; ccxt only knows the number of decimals."""

from kit_tui.exchanges.ccxt_traits import Traits

TRAITS = Traits(longest=720, tick_key="tick_size")
