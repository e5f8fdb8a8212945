"""What a chart looks at: its series, how far back, where the crosshair is. Imports no numpy.

The widget owns one of these; nothing in it knows of terminals.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from kit_tui.tui import formats
from kit_tui.tui.chart.levels import ChartFill, ChartLevel
from kit_tui.tui.chart.options import ChartOptions, Crosshair
from kit_tui.tui.chart.readout import Readout, decimals_in, neighbour, read

if TYPE_CHECKING:
    from kit_tui.domain.candles import Candles
    from kit_tui.tui.chart.frame import Frame


class ChartView(msgspec.Struct):
    """Data and position of one chart, and the last picture drawn of it."""

    candles: Candles | None = None
    levels: tuple[ChartLevel, ...] = ()
    fills: tuple[ChartFill, ...] = ()
    last_price: float | None = None
    stale: bool = False
    decimals: int | None = None
    offset: int = 0
    cross: Crosshair | None = None
    frame: Frame | None = None
    size: tuple[int, int] = (0, 0)
    gutter: int = 0

    def take(self, candles: Candles | None, tick: Decimal | None, merge: int) -> None:
        """Replace the series; `merge` is how many candles share a column.

        A view moved back stays on its moment while candles are added; another market or
        timeframe starts at the newest candle.
        """
        before, self.candles = (
            self.candles,
            candles if candles is not None and len(candles) else None,
        )
        if self.candles is None:
            self.frame, self.cross = None, None
            return
        now = self.candles
        if before is None or (before.pair, before.timeframe) != (now.pair, now.timeframe):
            self.offset, self.cross, self.gutter, self.decimals = 0, None, 0, None
        elif self.offset:
            added = int(now.time[-1]) - int(before.time[-1])
            self.offset += max(0, added // (now.step_ms * merge))
        if tick is not None:
            self.decimals = formats.places_of(tick)
        elif self.decimals is None:
            self.decimals = decimals_in(now)

    def placed(self, settings: ChartOptions) -> ChartOptions:
        """The person's settings completed by where this view is."""
        return replace(
            settings, offset=self.offset, stale=self.stale, decimals=self.decimals,
            min_gutter=self.gutter, crosshair=self.cross,
        )  # fmt: skip

    def draw(self, size: tuple[int, int], settings: ChartOptions) -> Frame | None:
        """Draw at `size` cells and keep the picture; None without candles or without room."""
        if self.candles is None or size[0] < 1 or size[1] < 1:
            return None
        from kit_tui.tui.chart.frame import draw

        self.frame = draw(
            self.candles, size, self.placed(settings),
            levels=self.levels, fills=self.fills, last_price=self.last_price,
        )  # fmt: skip
        self.size = size
        self.gutter = max(self.gutter, self.frame.layout.gutter)
        return self.frame

    def readout(self, settings: ChartOptions) -> Readout | None:
        """The candle under the crosshair, else the newest; None in a gap and without candles."""
        if self.candles is None:
            return None
        return read(self.candles, self.placed(settings), self.decimals or 0, self.cross)

    def move_to(self, offset: int, settings: ChartOptions) -> bool:
        """Look `offset` columns back, as far as there are candles; True when that is a move."""
        if self.candles is None:
            return False
        from kit_tui.tui.chart.window import furthest_offset

        before = self.offset
        self.offset = min(max(0, offset), furthest_offset(self.candles, settings))
        return self.offset != before

    def step(self, direction: int, settings: ChartOptions) -> int | None:
        """When the candle before (−1) or after (+1) the crosshair begins; None at the end.

        Without a crosshair it is the newest candle in sight.
        """
        if self.candles is None or self.frame is None or not len(self.frame.window.time):
            return None
        if self.cross is None:
            return int(self.frame.window.time[-1])
        return neighbour(self.candles, settings, self.cross.time_ms, direction)

    def offset_showing(self, time_ms: int) -> int:
        """The offset nearest to the present one at which a moment is in sight."""
        if self.candles is None or self.frame is None:
            return self.offset
        window = self.frame.window
        back = (int(self.candles.time[-1]) - time_ms) // window.slot_ms
        return min(max(self.offset, back - window.slots + 1), back)

    def under(self, x: int, y: int) -> Crosshair | None:
        """A crosshair at a cell of the picture; None beside the candles."""
        frame = self.frame
        slot = None if frame is None else frame.slot_at(x)
        if frame is None or slot is None:
            return None
        index = frame.window.index_at(slot)
        moment = frame.window.first_ms + slot * frame.window.slot_ms
        if index is not None:
            moment = int(frame.window.time[index])
        return Crosshair(moment, y if 0 <= y < frame.layout.price_rows else None)
