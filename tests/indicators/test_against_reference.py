"""Every indicator equals its definition, computed slowly in pure Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from kit_tui.domain.candles import Candles
from kit_tui.indicators import momentum, overlays, trend, volatility, volume
from tests.indicators import reference
from tests.support.market import make_candles, walk

LENGTHS = (0, 1, 2, 5, 14, 15, 20, 21, 27, 28, 34, 50, 51, 300)
Pairs = tuple[object, Sequence[float]]

CASES: dict[str, Callable[[Candles], list[Pairs]]] = {
    "sma": lambda c: [(trend.sma(c.close, 20), reference.sma(c.close.tolist(), 20))],
    "ema": lambda c: [(trend.ema(c.close, 20), reference.ema(c.close.tolist(), 20))],
    "macd": lambda c: list(
        zip(trend.macd(c.close), reference.macd(c.close.tolist(), 12, 26, 9), strict=True)
    ),
    "adx": lambda c: list(zip(trend.adx(c), reference.directional(c, 14), strict=True)),
    "sar": lambda c: [(trend.sar(c), reference.sar(c, 0.02, 0.2))],
    "rsi": lambda c: [(momentum.rsi(c.close), reference.rsi(c.close.tolist(), 14))],
    "stochastic": lambda c: list(
        zip(momentum.stochastic(c), reference.stochastic(c, 14, 3, 3), strict=True)
    ),
    "cci": lambda c: [(momentum.cci(c), reference.cci(c, 20))],
    "williams_r": lambda c: [(momentum.williams_r(c), reference.williams_r(c, 14))],
    "bollinger": lambda c: list(
        zip(
            volatility.bollinger(c.close), reference.bollinger(c.close.tolist(), 20, 2), strict=True
        )
    ),
    "true_range": lambda c: [(volatility.true_range(c), reference.true_range(c))],
    "atr": lambda c: [(volatility.atr(c), reference.atr(c, 14))],
    "atr of one": lambda c: [(volatility.atr(c, 1), reference.atr(c, 1))],
    "obv": lambda c: [(volume.obv(c), reference.obv(c))],
    "cmf": lambda c: [(volume.cmf(c), reference.cmf(c, 20))],
    "vwap_rolling": lambda c: [
        (
            volume.vwap_rolling(c),
            [reference.vwap(c, i - 19, i + 1) if i >= 19 else np.nan for i in range(len(c))],
        )
    ],
    "overlay ema": lambda c: [
        (overlays.overlays(c.close).ema_slow, reference.ema(c.close.tolist(), 50))
    ],
    "overlay bands": lambda c: list(
        zip(overlays.bands(c.close), reference.bollinger(c.close.tolist(), 20, 2), strict=True)
    ),
}


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", CASES)
def test_equals_its_definition_including_the_warm_up(name: str, length: int) -> None:
    candles = make_candles(walk(length, start=67_000.0, seed=length + 3), wick=0.004)
    for ours, expected in CASES[name](candles):
        assert len(np.asarray(ours)) == length
        np.testing.assert_allclose(
            np.asarray(ours), np.asarray(expected), rtol=1e-9, atol=1e-7, equal_nan=True
        )


def test_keltner_is_an_ema_with_atrs_around_it() -> None:
    candles = make_candles(walk(120), wick=0.004)
    upper, middle, lower = volatility.keltner(candles)
    expected = np.asarray(reference.ema(candles.close.tolist(), 20))
    reach = 2 * np.asarray(reference.atr(candles, 10))
    np.testing.assert_allclose(middle, expected, rtol=1e-12)
    np.testing.assert_allclose(upper, expected + reach, rtol=1e-12)
    np.testing.assert_allclose(lower, expected - reach, rtol=1e-12)


def test_session_vwap_begins_anew_at_midnight_utc() -> None:
    candles = make_candles(walk(60))
    ours = volume.vwap_session(candles)
    day = candles.time // volume.DAY_MS
    for i in range(len(candles)):
        start = int(np.flatnonzero(day == day[i])[0])
        assert ours[i] == pytest.approx(reference.vwap(candles, start, i + 1), rel=1e-12)


def test_relative_volume_leaves_the_candle_itself_out_of_the_mean() -> None:
    candles = make_candles([100.0] * 22, volumes=[5.0] * 20 + [15.0, 5.0])
    usual = volume.relative_volume(candles.volume, 20)
    assert np.isnan(usual[:20]).all()
    assert usual[20] == pytest.approx(3.0)
    assert usual[21] == pytest.approx(5.0 / 5.5)


def test_chart_lines_equal_the_indicators_the_analysis_uses() -> None:
    candles = make_candles(walk(777, start=0.0003))
    lines = overlays.overlays(candles.close)
    np.testing.assert_allclose(lines.ema_fast, trend.ema(candles.close, 20), rtol=1e-11)
    np.testing.assert_allclose(lines.upper, volatility.bollinger(candles.close).upper, rtol=1e-9)
