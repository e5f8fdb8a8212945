"""Candle charts in characters of fixed width, for where no picture can be drawn or shown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from kit_tui.channels.chart_layout import Span, columns_of, distance, price_span, price_text
from kit_tui.domain.cards import Candle, ChartCard
from kit_tui.domain.clock import utc_from_ms

# A cell has an upper and a lower half, each empty, wick or body; its glyph stands at
# 3 * upper + lower. Rising bodies are hollow and falling ones filled, as on the screen.
#                  ee ew eb we ww wb be bw bb
RISING: Final = " ╷║╵│║║║║"
FALLING: Final = " ╷╻╵│╽╹╿┃"
STILL: Final = " ╷─╵│┼─┼─"
LAST: Final = "◂"
LEVEL: Final = "·"
GAP: Final = "┊"
LABEL_EVERY: Final = 4
LEAST_WIDTH, LEAST_ROWS = 32, 4


def chart_text(card: ChartCard, width: int = 36, rows: int = 12) -> str:
    """A chart of `rows` lines, `width` characters wide, with times and levels below it.

    `║` rose, `┃` fell, `┊` is a gap; prices stand at the right, and `◂` marks the last one.
    Candles that would not fit share a column. Widths and heights below 32 and 4 are taken as these.
    """
    width, rows = max(LEAST_WIDTH, width), max(LEAST_ROWS, rows)
    if not card.candles:
        return f"No candles of {card.pair} {card.timeframe} were kept."
    span = price_span(card)
    labels = _labels(card, span, rows)
    room = max(1, width - 1 - max(map(len, labels.values())))
    columns = _merged(card, room)
    levels = {_row(span, float(level.price), rows) for level in card.levels}
    last = _row(span, float(card.price), rows)
    lines = []
    for row in range(rows):
        empty = LEVEL if row in levels else " "
        drawn = "".join(_cell(candle, span, rows, row, empty) for candle in columns)
        axis = LAST if row == last else "┤" if row in labels else "│"
        lines.append(f"{drawn.rjust(room, empty)}{axis}{labels.get(row, '')}")
    return "\n".join((*lines, *_foot(card)))


def _labels(card: ChartCard, span: Span, rows: int) -> dict[int, str]:
    """Prices by row: the last one, the top and the bottom, and some between that have room."""
    last = _row(span, float(card.price), rows)
    step = (span.high - span.low) / (rows - 1)
    wanted = [last, 0, rows - 1, *range(LABEL_EVERY, rows - 1, LABEL_EVERY)]
    labels: dict[int, str] = {}
    for row in wanted:
        if all(abs(row - other) > 1 for other in labels):
            at = card.price if row == last else Decimal(repr(span.high - row * step))
            labels[row] = price_text(card, at)
    return labels


def _row(span: Span, price: float, rows: int) -> int:
    """The row of a price, 0 at the top; prices out of sight have rows out of sight."""
    return _half(span, price, rows) // 2


def _half(span: Span, price: float, rows: int) -> int:
    """The half row of a price, counted from the top."""
    return math.floor((1 - span.share(price)) * (2 * rows - 1) + 0.5)


def _merged(card: ChartCard, room: int) -> list[Candle | None]:
    """One candle a column, None in a gap; equally many share each, counted from the newest."""
    places, _ = columns_of(card)
    by_place = dict(zip(places, card.candles, strict=True))
    total = places[-1] + 1
    size = -(-total // room)
    edges = range(total, 0, -size)
    groups = [
        [by_place[at] for at in range(max(0, edge - size), edge) if at in by_place]
        for edge in reversed(edges)
    ]
    return [_one(group) if group else None for group in groups]


def _one(group: Sequence[Candle]) -> Candle:
    return Candle(
        group[0].time,
        group[0].open,
        max(candle.high for candle in group),
        min(candle.low for candle in group),
        group[-1].close,
        sum(candle.volume for candle in group),
    )


def _cell(candle: Candle | None, span: Span, rows: int, row: int, empty: str) -> str:
    if candle is None:
        return GAP
    wick = _half(span, candle.high, rows), _half(span, candle.low, rows)
    body = sorted((_half(span, candle.open, rows), _half(span, candle.close, rows)))
    upper, lower = (
        2 if body[0] <= half <= body[1] else 1 if wick[0] <= half <= wick[1] else 0
        for half in (2 * row, 2 * row + 1)
    )
    if not upper and not lower:
        return empty
    rose = candle.close - candle.open
    return (RISING if rose > 0 else FALLING if rose < 0 else STILL)[3 * upper + lower]


def _foot(card: ChartCard) -> Iterator[str]:
    """When the first candle opened and when the price was had; high and low; every level."""
    first = utc_from_ms(card.candles[0].time)
    yield f"{first:%d %b %H:%M} – {card.as_of:%d %b %H:%M} UTC"
    yield f"high {price_text(card, card.high)} · low {price_text(card, card.low)}"
    levels = [
        (level.kind, price_text(card, level.price), distance(card, level)) for level in card.levels
    ]
    if not levels:
        return
    name, price, away = (max(map(len, column)) for column in zip(*levels, strict=True))
    for kind, at, far in levels:
        yield f"{kind.ljust(name)}  {at.rjust(price)}  {far.rjust(away)}"
