"""The typed form of this skill's `config.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from kit_tui.domain.errors import SettingsError
from kit_tui.domain.market_data import TIMEFRAME_SECONDS


class AnalysisSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How an analysis is made; shares are fractions, rewards multiples of the risk."""

    default_timeframe: str = "1h"
    candles: int = 400
    timeframes: tuple[str, ...] = ("15m", "1h", "4h", "1d")
    levels_per_side: int = 3
    bias_share: float = 0.5
    least_votes: int = 5
    least_reward: float = 1.5


def read_settings(config: Mapping[str, Any]) -> AnalysisSettings:
    """The settings of a configuration; what it leaves out has its default.

    Raises:
        SettingsError: for a wrong type or an unknown time frame.
    """
    try:
        found = msgspec.convert(dict(config), AnalysisSettings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"market-analysis: {error}.") from None
    for timeframe in (found.default_timeframe, *found.timeframes):
        if timeframe not in TIMEFRAME_SECONDS:
            known = " ".join(TIMEFRAME_SECONDS)
            raise SettingsError(
                f"market-analysis: there is no time frame {timeframe!r}.", hint=f"Use: {known}."
            )
    return found
