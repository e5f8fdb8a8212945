"""What holds for every indicator on every series: bounds, warm-up, and no look-ahead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kit_tui.domain.candles import Candles
from kit_tui.indicators import levels, momentum, overlays, patterns, trend, volatility, volume
from tests.indicators.strategies import candle_series
from tests.support.market import make_candles

FAST = settings(max_examples=60, deadline=None)
Arrays = tuple[NDArray[np.float64], ...]

ALL: dict[str, Callable[[Candles], Arrays]] = {
    "sma": lambda c: (trend.sma(c.close, 10),),
    "ema": lambda c: (trend.ema(c.close, 10),),
    "macd": lambda c: tuple(trend.macd(c.close)),
    "adx": lambda c: tuple(trend.adx(c)),
    "sar": lambda c: (trend.sar(c),),
    "rsi": lambda c: (momentum.rsi(c.close),),
    "stochastic": lambda c: tuple(momentum.stochastic(c)),
    "cci": lambda c: (momentum.cci(c),),
    "williams_r": lambda c: (momentum.williams_r(c),),
    "bollinger": lambda c: tuple(volatility.bollinger(c.close)),
    "atr": lambda c: (volatility.atr(c),),
    "keltner": lambda c: tuple(volatility.keltner(c)),
    "obv": lambda c: (volume.obv(c),),
    "vwap_session": lambda c: (volume.vwap_session(c),),
    "vwap_rolling": lambda c: (volume.vwap_rolling(c),),
    "cmf": lambda c: (volume.cmf(c),),
    "relative_volume": lambda c: (volume.relative_volume(c.volume),),
    "overlay ema": lambda c: (overlays.moving(c.close, 20),),
    "overlay bands": lambda c: overlays.bands(c.close),
}


def known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[~np.isnan(values)]


@pytest.mark.parametrize("name", ALL)
@given(candles=candle_series(least=1), data=st.data())
@FAST
def test_later_candles_never_change_an_earlier_value(
    name: str, candles: Candles, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(candles)), label="known at the time")
    whole, early = ALL[name](candles), ALL[name](candles.slice(0, cut))
    for full, part in zip(whole, early, strict=True):
        # Sums over other array lengths may round the last digits otherwise, no more than that.
        slack = float(np.max(candles.close)) * 1e-11
        np.testing.assert_allclose(part, full[:cut], rtol=1e-9, atol=slack, equal_nan=True)


@pytest.mark.parametrize("name", ALL)
@given(candles=candle_series())
@FAST
def test_results_are_as_long_as_the_candles_and_never_infinite(name: str, candles: Candles) -> None:
    for values in ALL[name](candles):
        assert len(values) == len(candles)
        assert not np.isinf(values).any()


@given(candles=candle_series())
@FAST
def test_oscillators_stay_within_their_bounds(candles: Candles) -> None:
    for values, low, high in (
        (momentum.rsi(candles.close), 0, 100),
        (momentum.stochastic(candles).k, 0, 100),
        (momentum.stochastic(candles).d, 0, 100),
        (momentum.williams_r(candles), -100, 0),
        (trend.adx(candles).adx, 0, 100 + 1e-9),
        (volume.cmf(candles), -1, 1),
    ):
        found = known(values)
        assert ((found >= low) & (found <= high)).all()


@given(candles=candle_series())
@FAST
def test_bands_contain_their_middle_and_ranges_are_not_negative(candles: Candles) -> None:
    for bands in (volatility.bollinger(candles.close), volatility.keltner(candles)):
        assert (known(bands.upper) >= known(bands.middle)).all()
        assert (known(bands.middle) >= known(bands.lower)).all()
    assert (known(volatility.atr(candles)) >= 0).all()


@given(candles=candle_series(least=20))
@FAST
def test_a_volume_weighted_mean_lies_within_the_prices_it_weighs(candles: Candles) -> None:
    found = volume.vwap_rolling(candles, 20)
    slack = 1 + 1e-12
    for i in np.flatnonzero(~np.isnan(found)):
        part = slice(i - 19, i + 1)
        assert candles.low[part].min() / slack <= found[i] <= candles.high[part].max() * slack


@given(candles=candle_series(), bins=st.integers(1, 40))
@FAST
def test_volume_by_price_keeps_all_volume_and_its_area_holds_the_share(
    candles: Candles, bins: int
) -> None:
    profile = volume.volume_profile(candles, bins)
    if profile is None:
        assert candles.volume.sum() == 0
        return
    assert profile.volume.sum() == pytest.approx(candles.volume.sum(), rel=1e-6)
    inside = (profile.edges[:-1] >= profile.value_low) & (profile.edges[1:] <= profile.value_high)
    assert profile.volume[inside].sum() >= 0.7 * profile.volume.sum() * (1 - 1e-9)
    assert profile.value_low <= profile.control <= profile.value_high


@given(candles=candle_series(least=1), width=st.integers(1, 5), data=st.data())
@FAST
def test_a_swing_once_listed_is_never_withdrawn(
    candles: Candles, width: int, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(candles)))
    now, later = levels.swings(candles.slice(0, cut), width), levels.swings(candles, width)
    for early, full in zip(now, later, strict=True):
        assert early.tolist() == [i for i in full.tolist() if i + width < cut]


@given(candles=candle_series(least=30), data=st.data())
@FAST
def test_a_pattern_on_a_closed_candle_stays(candles: Candles, data: st.DataObject) -> None:
    cut = data.draw(st.integers(25, len(candles)))
    now = set(patterns.patterns(candles.slice(0, cut), last=cut))
    later = {p for p in patterns.patterns(candles, last=len(candles)) if p.place < cut}
    assert now == later


@pytest.mark.parametrize("call", [
    lambda c: trend.sma(c.close, 0), lambda c: trend.macd(c.close, 26, 12),
    lambda c: momentum.rsi(c.close, 1), lambda c: volume.cmf(c, 0),
    lambda c: volatility.bollinger(c.close, -3), lambda c: trend.sar(c, 0.5, 0.2),
    lambda c: levels.swings(c, 0),
])  # fmt: skip
def test_a_senseless_period_is_refused(call: Callable[[Candles], object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        call(make_candles([1.0, 2.0, 3.0]))


def test_a_market_that_never_moved_has_no_rsi_and_no_stochastic() -> None:
    """TA-Lib says 0 for both, which would read as extremely oversold."""
    still = make_candles([100.0] * 60, wick=0.0)
    assert np.isnan(momentum.rsi(still.close)).all()
    assert np.isnan(momentum.stochastic(still).k).all()
    assert np.isnan(momentum.williams_r(still)).all()
    assert (volatility.bollinger(still.close).width()[19:] == 0).all()
    assert np.isnan(volatility.bollinger(still.close).position(still.close)).all()
