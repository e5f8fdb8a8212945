"""Price and time scales: which row a price is in, which figures stand beside the axes."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from kit_tui.tui import formats

HEADROOM: Final = 0.04
MAX_DECIMALS: Final = 12
SIGNIFICANT: Final = 5
LABEL_PITCH: Final = 11

_MINUTE: Final = 60_000
_DAY: Final = 86_400_000
_TIME_STEPS: Final = tuple(
    minutes * _MINUTE for minutes in (5, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10_080)
)
# 1970-01-01 was a Thursday; weeks begin on Monday.
_MONDAY: Final = 4 * _DAY
_MONTH_STEPS: Final = (1, 3, 6, 12, 24, 60, 120)


class PriceScale(msgspec.Struct, frozen=True):
    """Maps prices to rows; each row has two units (halves of a cell), unit 0 at the top.

    `low` and `high` are prices, or their logarithms when `log` is set.
    """

    low: float
    high: float
    rows: int
    log: bool = False

    @property
    def units(self) -> int:
        return self.rows * 2

    def unit(self, price: float) -> float:
        """Continuous position from the top in units; outside 0..units when out of sight."""
        if self.log:
            price = math.log(price) if price > 0 else -math.inf
        return (self.high - price) / (self.high - self.low) * self.units

    def row(self, price: float) -> int | None:
        """The row a price is in, None when it is above or below."""
        unit = self.unit(price)
        return int(unit / 2) if 0 <= unit < self.units else None

    def price(self, unit: float) -> float:
        """The price at a position in units."""
        value = self.high - unit / self.units * (self.high - self.low)
        return math.exp(value) if self.log else value

    def extended(self, above: int, below: int) -> PriceScale:
        """The same prices on the same rows, but with whole rows kept free at the ends."""
        kept = self.rows - above - below
        if kept < 2 or not above + below:
            return self
        per_row = (self.high - self.low) / kept
        return PriceScale(
            self.low - below * per_row, self.high + above * per_row, self.rows, self.log
        )


def fit(low: float, high: float, rows: int, *, log: bool = False) -> PriceScale:
    """A scale for candles between `low` and `high` with 4 % room; flat prices get room too."""
    use_log = log and low > 0
    bottom, top = (math.log(low), math.log(high)) if use_log else (low, high)
    room = (top - bottom) * HEADROOM / 2
    # A span lost in the float's last digits would divide by nothing.
    smallest = max(abs(top), abs(bottom)) * 1e-12
    if room <= smallest:
        room = max(abs(top) * 0.001, 1e-12)
    return PriceScale(bottom - room, top + room, max(1, rows), use_log)


def nice_step(span: float, count: int) -> float:
    """The smallest 1, 2 or 5 times a power of ten that parts `span` at most `count` times."""
    raw = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    return next((power * head for head in (1, 2, 5) if power * head >= raw * 0.999999), power * 10)


def price_ticks(scale: PriceScale, spacing: int = 3) -> list[tuple[int, float]]:
    """Round prices with their rows, top first, at least `spacing` rows apart."""
    low, high = scale.price(scale.units), scale.price(0)
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return []
    if scale.log and high > low * 4:
        candidates = _decades(low, high)
    else:
        step = nice_step(high - low, max(1, scale.rows // spacing))
        first = math.ceil(low / step)
        count = min(scale.rows, math.floor(high / step) - first + 1)
        candidates = [(first + index) * step for index in range(max(0, count))]
    return _spaced(scale, candidates, spacing)


def _decades(low: float, high: float) -> list[float]:
    """All 1-2-5 prices of a wide logarithmic scale, roundest first."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [head * 10.0**power for head in (1, 5, 2) for power in powers]


def _spaced(scale: PriceScale, prices: list[float], spacing: int) -> list[tuple[int, float]]:
    taken: list[tuple[int, float]] = []
    for price in prices:
        row = scale.row(price)
        if row is not None and all(abs(row - other) >= spacing for other, _ in taken):
            taken.append((row, price))
    return sorted(taken)


def axis_decimals(scale: PriceScale, most: int | None) -> int:
    """Digits after the point that tell neighbouring rows apart and make five figures in all.

    At most `most`, which is what the market trades in.
    """
    middle = scale.units / 2
    per_row = scale.price(middle - 1) - scale.price(middle + 1)
    if not math.isfinite(per_row) or per_row <= 0:
        return 0 if most is None else most
    size = math.floor(math.log10(max(abs(scale.price(middle)), per_row))) + 1
    needed = max(0, math.ceil(-math.log10(per_row)), SIGNIFICANT - size)
    return min(needed, MAX_DECIMALS if most is None else most)


def price_label(price: float, decimals: int) -> str:
    """A price for the gutter: thousands parted, fixed decimals, no exponent."""
    return f"{price:,.{decimals}f}".replace("-", formats.MINUS)


class TimeLabel(msgspec.Struct, frozen=True):
    """A text of the time axis over one slot; `major` starts a new day, month or year."""

    slot: int
    text: str
    major: bool


def time_labels(first_ms: int, slot_ms: int, slots: int, pitch: int) -> list[TimeLabel]:
    """Labels in UTC for slots which begin `slot_ms` apart, at least 6 cells between them."""
    if slots <= 0:
        return []
    needed = LABEL_PITCH * slot_ms / pitch
    step = next((step for step in _TIME_STEPS if step >= needed and step >= slot_ms), None)
    if step is None:
        return _month_labels(first_ms, slot_ms, slots, needed)
    return _even_labels(first_ms, slot_ms, slots, step)


def _even_labels(first_ms: int, slot_ms: int, slots: int, step: int) -> list[TimeLabel]:
    phase = _MONDAY if step == 7 * _DAY else 0
    moment = -(-(first_ms - phase) // step) * step + phase
    labels: list[TimeLabel] = []
    before = _utc(first_ms)
    while (slot := (moment - first_ms) // slot_ms) < slots:
        now = _utc(moment)
        if step < _DAY:
            major = now.date() != before.date()
            labels.append(
                TimeLabel(slot, formats.date(now) if major else formats.clock(now), major)
            )
        else:
            labels.append(TimeLabel(slot, formats.date(now), now.month != before.month))
        before, moment = now, moment + step
    return labels


def _month_labels(first_ms: int, slot_ms: int, slots: int, needed: float) -> list[TimeLabel]:
    months = next((step for step in _MONTH_STEPS if step * 30 * _DAY >= needed), _MONTH_STEPS[-1])
    start = _utc(first_ms)
    index = -(-(start.year * 12 + start.month - (start.day == 1)) // months) * months
    labels: list[TimeLabel] = []
    while index // 12 <= 9998:
        moment = datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)
        slot = int((moment.timestamp() * 1000 - first_ms) // slot_ms)
        if slot >= slots:
            break
        january = moment.month == 1
        text = str(moment.year) if january else formats.month(moment)
        labels.append(TimeLabel(max(0, slot), text, january))
        index += months
    return labels


def moment_label(moment_ms: int, slot_ms: int) -> str:
    """The moment under the crosshair in UTC: `22 Nov 14:30`, or `22 Nov 2026` for days."""
    moment = _utc(moment_ms)
    tail = str(moment.year) if slot_ms >= _DAY else formats.clock(moment)
    return f"{formats.date(moment)} {tail}"


def _utc(milliseconds: int) -> datetime:
    # Addition instead of fromtimestamp: any year the type can hold, on every platform.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
