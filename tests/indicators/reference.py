"""Slow pure-Python formulas, written from their definitions, to hold the indicators against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

from kit_tui.domain.candles import Candles

NAN = math.nan
Series = list[float]


def sma(values: Sequence[float], n: int) -> Series:
    return [fmean(values[i - n + 1 : i + 1]) if i >= n - 1 else NAN for i in range(len(values))]


def ema(values: Sequence[float], n: int, first: int | None = None) -> Series:
    """Seeded at index `first` (default n - 1) with the mean of the n values up to it."""
    start = n - 1 if first is None else first
    out = [NAN] * len(values)
    if len(values) <= start:
        return out
    out[start] = fmean(values[start - n + 1 : start + 1])
    weight = 2 / (n + 1)
    for i in range(start + 1, len(values)):
        out[i] = weight * values[i] + (1 - weight) * out[i - 1]
    return out


def macd(close: Sequence[float], fast: int, slow: int, n: int) -> tuple[Series, Series, Series]:
    quick, lazy = ema(close, fast, slow - 1), ema(close, slow)
    line = [a - b for a, b in zip(quick, lazy, strict=True)]
    known = ema(line[slow - 1 :], n)
    signal = [NAN] * min(slow - 1, len(close)) + known
    histogram = [a - b for a, b in zip(line, signal, strict=True)]
    line = [NAN if math.isnan(s) else value for value, s in zip(line, signal, strict=True)]
    return line, signal, histogram


def wilder(values: Sequence[float], n: int) -> Series:
    """Wilder's average: the mean of the first n, then (previous * (n - 1) + new) / n."""
    out = [NAN] * len(values)
    if len(values) >= n:
        out[n - 1] = fmean(values[:n])
        for i in range(n, len(values)):
            out[i] = (out[i - 1] * (n - 1) + values[i]) / n
    return out


def rsi(close: Sequence[float], n: int) -> Series:
    moves = [b - a for a, b in pairwise(close)]
    gains = wilder([max(m, 0.0) for m in moves], n)
    losses = wilder([max(-m, 0.0) for m in moves], n)
    out = [NAN]
    for gain, loss in zip(gains, losses, strict=True):
        if math.isnan(gain) or gain + loss == 0:
            out.append(NAN)
        else:
            out.append(100 * gain / (gain + loss))
    return out[: len(close)]


def true_range(c: Candles) -> Series:
    out = [NAN]
    for i in range(1, len(c)):
        before = c.close[i - 1]
        out.append(
            float(max(c.high[i] - c.low[i], abs(c.high[i] - before), abs(c.low[i] - before)))
        )
    return out[: len(c)]


def atr(c: Candles, n: int) -> Series:
    return ([NAN, *wilder(true_range(c)[1:], n)])[: len(c)]


def directional(c: Candles, n: int) -> tuple[Series, Series, Series]:
    """ADX, +DI, -DI after Wilder, with running sums begun from n - 1 moves as TA-Lib begins."""
    plus_dm, minus_dm, ranges = [0.0], [0.0], true_range(c)
    for i in range(1, len(c)):
        up, down = float(c.high[i] - c.high[i - 1]), float(c.low[i - 1] - c.low[i])
        plus_dm.append(up if up > down and up > 0 else 0.0)
        minus_dm.append(down if down > up and down > 0 else 0.0)
    adx, plus, minus = ([NAN] * len(c) for _ in range(3))
    dx: Series = []
    p, m, t = sum(plus_dm[1:n]), sum(minus_dm[1:n]), sum(ranges[1:n])
    for i in range(n, len(c)):
        p, m, t = p - p / n + plus_dm[i], m - m / n + minus_dm[i], t - t / n + ranges[i]
        plus[i], minus[i] = (100 * p / t, 100 * m / t) if t else (0.0, 0.0)
        both = plus[i] + minus[i]
        dx.append(100 * abs(plus[i] - minus[i]) / both if both else (dx[-1] if dx else 0.0))
        adx[i] = wilder(dx, n)[-1] if len(dx) >= n else NAN
    return adx, plus, minus


def stochastic(c: Candles, k: int, smooth: int, d: int) -> tuple[Series, Series]:
    fast = [NAN] * len(c)
    for i in range(k - 1, len(c)):
        low, high = min(c.low[i - k + 1 : i + 1]), max(c.high[i - k + 1 : i + 1])
        fast[i] = float(100 * (c.close[i] - low) / (high - low)) if high > low else NAN
    slow = sma(fast, smooth)
    slow_d = sma(slow, d)
    return [NAN if math.isnan(b) else a for a, b in zip(slow, slow_d, strict=True)], slow_d


def cci(c: Candles, n: int) -> Series:
    typical = [float(h + lo + cl) / 3 for h, lo, cl in zip(c.high, c.low, c.close, strict=True)]
    out = [NAN] * len(c)
    for i in range(n - 1, len(c)):
        part = typical[i - n + 1 : i + 1]
        mean = fmean(part)
        deviation = fmean(abs(x - mean) for x in part)
        out[i] = (typical[i] - mean) / (0.015 * deviation) if deviation else 0.0
    return out


def williams_r(c: Candles, n: int) -> Series:
    fast, _ = stochastic(c, n, 1, 1)
    return [value - 100 for value in fast]


def bollinger(close: Sequence[float], n: int, k: float) -> tuple[Series, Series, Series]:
    middle = sma(close, n)
    spread = [NAN] * len(close)
    for i in range(n - 1, len(close)):
        part = close[i - n + 1 : i + 1]
        spread[i] = k * math.sqrt(fmean((x - middle[i]) ** 2 for x in part))
    return (
        [m + s for m, s in zip(middle, spread, strict=True)],
        middle,
        [m - s for m, s in zip(middle, spread, strict=True)],
    )


def obv(c: Candles) -> Series:
    out = [float(c.volume[0])] if len(c) else []
    for i in range(1, len(c)):
        sign = (c.close[i] > c.close[i - 1]) * 1 - (c.close[i] < c.close[i - 1]) * 1
        out.append(out[-1] + float(sign * c.volume[i]))
    return out


def sar(c: Candles, step: float, limit: float) -> Series:
    """Wilder's system; the first direction is that of the first directional movement."""
    out = [NAN] * len(c)
    if len(c) < 2:
        return out
    up, down = c.high[1] - c.high[0], c.low[0] - c.low[1]
    rising = not (down > up and down > 0)
    stop, extreme = (c.low[0], c.high[1]) if rising else (c.high[0], c.low[1])
    factor = step
    last_low, last_high = c.low[1], c.high[1]
    for i in range(1, len(c)):
        low, high = c.low[i], c.high[i]
        turned = low <= stop if rising else high >= stop
        if turned:
            rising = not rising
            stop = extreme
            stop = max(stop, last_high, high) if not rising else min(stop, last_low, low)
            out[i] = float(stop)
            factor, extreme = step, (high if rising else low)
        else:
            out[i] = float(stop)
            better = high > extreme if rising else low < extreme
            if better:
                extreme, factor = (high if rising else low), min(factor + step, limit)
        stop = stop + factor * (extreme - stop)
        stop = min(stop, last_low, low) if rising else max(stop, last_high, high)
        last_low, last_high = low, high
    return out


def vwap(c: Candles, start: int, stop: int) -> float:
    typical = [float(h + lo + cl) / 3 for h, lo, cl in zip(c.high, c.low, c.close, strict=True)]
    volume = [float(v) for v in c.volume[start:stop]]
    if not sum(volume):
        return NAN
    return math.fsum(p * v for p, v in zip(typical[start:stop], volume, strict=True)) / sum(volume)


def cmf(c: Candles, n: int) -> Series:
    out = [NAN] * len(c)
    for i in range(n - 1, len(c)):
        flow = total = 0.0
        for j in range(i - n + 1, i + 1):
            height = float(c.high[j] - c.low[j])
            place = float(2 * c.close[j] - c.high[j] - c.low[j])
            flow += (place / height if height else 0.0) * float(c.volume[j])
            total += float(c.volume[j])
        out[i] = flow / total if total else NAN
    return out
