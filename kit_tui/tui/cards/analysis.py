"""An analysis as rows: price, readings by group, levels, bias and what would prove it wrong."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.cards import AnalysisCard, PriceLevel, Reading
from kit_tui.tui import formats
from kit_tui.tui.bars.status import gain_role
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, pad, row, spread, wrapped
from kit_tui.tui.view import View

_LEANS = {-1: ("▼", "loss"), 0: ("·", "faint"), 1: ("▲", "profit")}
_BIAS = {"long": ("▲ long", "profit bold"), "short": ("▼ short", "loss bold")}


def analysis_rows(card: AnalysisCard, view: View) -> list[Row]:
    """The whole analysis in the width of the chat."""
    width = view.width
    tick = view.precision.tick(card.pair, card.price)
    rows: list[Row] = [_title(card, width), _price(card, tick, width), BLANK]
    groups = (
        ("Trend", card.trend), ("Momentum", card.momentum), ("Volatility", card.volatility),
        ("Time frames", card.timeframes),
    )  # fmt: skip
    every = [reading for _, readings in groups for reading in readings]
    label = min(16, max((len(safe_line(reading.name)) for reading in every), default=0))
    value = min(14, max((len(safe_line(reading.value)) for reading in every), default=0))
    for name, readings in groups:
        if readings:
            rows += _group(name, readings, width, (label, value))
    rows += _levels(card, tick, width)
    rows += _bias(card, tick, width)
    if card.patterns:
        rows += wrapped(
            row(("patterns ", "muted"), (", ".join(map(safe_line, card.patterns)), "fg")), width, 9
        )
    for note in card.notes:
        rows += wrapped(row(("! ", "warn"), (safe_line(note), "fg")), width, 2)
    venue, until = safe_line(card.venue), formats.clock(card.as_of)
    source = f"{card.candles} candles of {card.timeframe} from {venue}, to {until} UTC"
    rows += wrapped(row((source, "faint")), width)
    return rows


def _title(card: AnalysisCard, width: int) -> Row:
    bias = _BIAS.get(card.bias, ("· neutral", "muted bold"))
    return spread(
        row((str(card.pair), "strong bold"), (f"  {card.timeframe}", "muted")), row(bias), width
    )


def _price(card: AnalysisCard, tick: Decimal, width: int) -> Row:
    parts = [(formats.price(card.price, tick), "strong"), ("  ", "fg")]
    if card.change_24h is not None:
        change = f"{formats.arrow(card.change_24h)} {formats.percent(card.change_24h)}".strip()
        parts += [(change, gain_role(card.change_24h)), (" 24h", "faint")]
    if card.volume_ratio is not None:
        parts += [
            ("  volume ", "muted"),
            (f"{formats.grouped(card.volume_ratio, 1)}×", "fg"),
            (" usual", "faint"),
        ]
    day: Row = ()
    if card.low_24h is not None and card.high_24h is not None:
        day = row(
            (f"{formats.price(card.low_24h, tick)}–{formats.price(card.high_24h, tick)}", "muted")
        )
    left = tuple(parts)
    from kit_tui.tui.spans import width_of

    return spread(left, day if width_of(left) + width_of(day) + 2 <= width else (), width)


def _group(
    name: str, readings: tuple[Reading, ...], width: int, sizes: tuple[int, int]
) -> list[Row]:
    label, value = sizes
    rows: list[Row] = [row((name, "muted"))]
    for reading in readings:
        head = (
            _LEANS[max(-1, min(1, reading.lean))], (" ", "fg"),
            *pad(row((safe_line(reading.name), "fg")), label + 1),
            *pad(row((safe_line(reading.value), "strong")), value, "right"), ("  ", "fg"),
        )  # fmt: skip
        indent = label + value + 5
        meaning = (safe_line(reading.meaning), "muted")
        if width - indent < 14:
            rows += wrapped((*head[:-1],), width)
            rows += wrapped((("  ", "fg"), meaning), width, 2)
        else:
            rows += wrapped((*head, meaning), width, indent)
    return rows


def _levels(card: AnalysisCard, tick: Decimal, width: int) -> list[Row]:
    if not card.levels:
        return []
    rows: list[Row] = [row(("Levels", "muted"))]
    ordered = sorted(card.levels, key=lambda level: level.price, reverse=True)
    numbers = [formats.price(level.price, tick) for level in ordered]
    wide = max(len(number) for number in [*numbers, formats.price(card.price, tick)])
    placed = False
    for level, number in zip(ordered, numbers, strict=True):
        if not placed and level.price < card.price:
            rows.append(_now(card.price, tick, wide, width))
            placed = True
        rows += _level(level, number.rjust(wide), card.price, width)
    if not placed:
        rows.append(_now(card.price, tick, wide, width))
    return rows


def _now(price: Decimal, tick: Decimal, wide: int, width: int) -> Row:
    text = f"◂ {formats.price(price, tick).rjust(wide)} now "
    return row((text, "strong"), ("╌" * max(0, min(width, 40) - len(text)), "border"))


def _level(level: PriceLevel, number: str, price: Decimal, width: int) -> list[Row]:
    away = formats.percent(level.price / price - 1)
    letter, role = ("R", "loss") if level.kind.startswith("r") else ("S", "profit")
    return wrapped(
        row((letter, role), (f" {number}", "fg"), (f"  {away:>7}", "muted"),
            (f"  {safe_line(level.origin)}", "faint")),
        width, len(number) + 13,
    )  # fmt: skip


def _bias(card: AnalysisCard, tick: Decimal, width: int) -> list[Row]:
    rows: list[Row] = [BLANK]
    for reason in card.reasons:
        rows += wrapped(row(("· ", "muted"), (safe_line(reason), "fg")), width, 2)
    sketch = [("entry ", card.entry), ("stop ", card.stop), ("target ", card.target)]
    parts: list[tuple[str, str]] = []
    for label, value in sketch:
        if value is not None:
            parts += [(label, "muted"), (formats.price(value, tick), "strong"), ("   ", "fg")]
    if card.entry and card.stop and card.target and card.entry != card.stop:
        ratio = abs(card.target - card.entry) / abs(card.entry - card.stop)
        parts += [(f"{formats.grouped(ratio, 1)}R", "fg")]
    if parts:
        rows += wrapped(tuple(parts), width)
    if card.invalidation:
        rows += wrapped(row(("wrong if ", "muted"), (safe_line(card.invalidation), "fg")), width, 9)
    return rows
