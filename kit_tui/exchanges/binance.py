"""Binance: spot only, without the detours to futures and margin that ccxt takes by default."""

from kit_tui.exchanges.ccxt_traits import Traits

TRAITS = Traits(
    options={
        "defaultType": "spot",
        "fetchMarkets": {"types": ["spot"]},
        "fetchMargins": False,
        "fetchCurrencies": False,
    }
)
