"""Binance: spot only, without the detours to futures and margin that ccxt takes by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit_tui.exchanges.ccxt_traits import Traits

_WEIGHT = 0.2  # ccxt's cost of one unit of Binance's request weight


def _tune(client: Any) -> None:
    """Count `ticker/24hr` for named symbols by what Binance counts (2, 40, 80), not as for all.

    ccxt counts 80 whenever no single symbol is named, which holds up the next request for 0.8 s.
    """
    usual = client.calculate_rate_limiter_cost

    def cost(
        api: Any, method: Any, path: Any, params: Mapping[str, Any], config: Any = None
    ) -> Any:
        if path == "ticker/24hr" and "symbols" in params:
            named = str(params["symbols"]).count(",") + 1
            return _WEIGHT * (2 if named <= 20 else 40 if named <= 100 else 80)
        return usual(api, method, path, params, {} if config is None else config)

    client.calculate_rate_limiter_cost = cost


TRAITS = Traits(
    options={
        "defaultType": "spot",
        "fetchMarkets": {"types": ["spot"]},
        "fetchMargins": False,
        "fetchCurrencies": False,
    },
    tune=_tune,
)
