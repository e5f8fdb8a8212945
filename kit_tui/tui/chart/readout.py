"""What the crosshair reads: one candle in figures, for the title of the pane. Imports no numpy."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from kit_tui.domain.clock import utc_from_ms
from kit_tui.tui import formats
from kit_tui.tui.chart.options import ChartOptions, Crosshair
from kit_tui.tui.chart.scale import MAX_DECIMALS, price_label

if TYPE_CHECKING:
    from kit_tui.domain.candles import Candles

_SAMPLE = 64


class Readout(msgspec.Struct, frozen=True):
    """One candle. `change` is its close against its open as a fraction."""

    time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    decimals: int

    @property
    def change(self) -> Decimal | None:
        if self.open <= 0:
            return None
        return Decimal(repr(self.close)) / Decimal(repr(self.open)) - 1

    def text(self, width: int) -> str:
        """As much as fits: `O 66,980.0 H … L … C … Δ +0.05% V 120`; empty when nothing does."""
        figures = [
            f"{letter} {price_label(value, self.decimals)}"
            for letter, value in zip(
                "OHLC", (self.open, self.high, self.low, self.close), strict=True
            )
        ]
        change = f"Δ {formats.percent(self.change)}"
        volume = f"V {formats.compact(self.volume)}"
        stamp = f"{formats.date(self.time)} {formats.clock(self.time)}"
        for parts in (
            [stamp, *figures, change, volume], [*figures, change, volume], [*figures, change],
            figures, [figures[1], figures[2], figures[3]], [figures[3], change], [figures[3]],
        ):  # fmt: skip
            if len(text := "  ".join(parts)) <= width:
                return text
        return ""


def read(
    candles: Candles, options: ChartOptions, decimals: int, cross: Crosshair | None
) -> Readout | None:
    """The candle under the crosshair as it is drawn, or the newest; None where none is."""
    from kit_tui.tui.chart.window import look

    if cross is None:
        window = look(candles, _at(options, 0), 1)
        index: int | None = len(window.time) - 1
    else:
        back = (int(candles.time[-1]) - cross.time_ms) // (candles.step_ms * options.merge)
        window = look(candles, _at(options, max(0, back)), 2)
        slot = window.slot_of(cross.time_ms)
        index = None if slot is None else window.index_at(slot)
    if index is None:
        return None
    return Readout(
        utc_from_ms(int(window.time[index])), float(window.open[index]), float(window.high[index]),
        float(window.low[index]), float(window.close[index]), float(window.volume[index]), decimals,
    )  # fmt: skip


def neighbour(candles: Candles, options: ChartOptions, time_ms: int, direction: int) -> int | None:
    """When the candle (or column) before or after the one of `time_ms` begins; None at the end."""
    import numpy as np

    from kit_tui.tui.chart.window import look

    back = max(0, (int(candles.time[-1]) - time_ms) // (candles.step_ms * options.merge))
    if direction < 0:
        times = look(candles, _at(options, back), 1).time
        index = int(np.searchsorted(times, time_ms, side="left")) - 1
    else:
        times = look(candles, _at(options, 0), back + 1).time
        index = int(np.searchsorted(times, time_ms, side="right"))
    return int(times[index]) if 0 <= index < len(times) else None


def _at(options: ChartOptions, offset: int) -> ChartOptions:
    return ChartOptions(zoom=options.zoom, offset=offset, heikin_ashi=options.heikin_ashi)


def decimals_in(candles: Candles) -> int:
    """How many decimals the newest prices were written with; the market's tick, as far as seen."""
    most = 0
    for value in candles.tail(_SAMPLE).close.tolist():
        exponent = Decimal(repr(value)).normalize().as_tuple().exponent
        most = max(most, -exponent if isinstance(exponent, int) else 0)
    return min(most, MAX_DECIMALS)
