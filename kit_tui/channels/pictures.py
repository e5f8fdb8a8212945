"""Charts as PNG pictures for a phone, drawn by matplotlib where the extra `charts` is there."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from typing import Any, Final, Literal

import msgspec

from kit_tui.channels.chart_layout import (
    Gap,
    apart,
    columns_of,
    distance,
    price_span,
    price_text,
    round_prices,
    time_marks,
)
from kit_tui.domain.cards import Candle, ChartCard, PriceLevel
from kit_tui.settings.locations import find_locations, house_directory
from kit_tui.skills import wording

# Sizes are pixels of a picture 1200 wide, which a phone shows at about a third: 26 is its text.
DRAWN_WIDTH: Final = 1200
DPI: Final = 100
EDGE: Final = 30
TITLE, TEXT, SMALL = 42, 26, 23
TAG_HEIGHT: Final = 36
WIDEST_COLUMN: Final = 88
WIDEST_BODY: Final = 48
VOLUME_SHARE: Final = 0.14
# A price older than this is told as old.
OLD_S: Final = 60
LEVEL_ROLES: Final = {
    "entry": "fg", "stop": "loss", "target": "profit", "liquidation": "warn",
    "buy": "info", "sell": "info",
}  # fmt: skip
_FONT: Final = "DejaVu Sans"  # comes with matplotlib: the same picture on every machine
# Fonts and text layout of matplotlib are shared by all figures and not made for threads.
_LOCK: Final = threading.Lock()
Across = Literal["left", "center", "right"]


def can_draw() -> bool:
    """Whether the extra `charts` is installed; loads nothing of it."""
    return find_spec("matplotlib") is not None


def chart_png(card: ChartCard, *, width: int = 1200, height: int = 800, dark: bool = True) -> bytes:
    """A chart as a PNG of `width` × `height` pixels; takes a while, so call it in a thread.

    Rising candles are hollow and falling ones filled, so that no colour is needed to read it.

    Raises:
        ModuleNotFoundError: without the extra `charts`.
        ValueError: for a card without candles, such as one out of the journal.
    """
    with _LOCK:
        figure = chart_figure(card, width=width, height=height, dark=dark)
        picture = BytesIO()
        figure.canvas.print_png(picture, metadata={"Software": None})
        figure.clear()  # its parts refer to each other and would wait for a collection
    return picture.getvalue()


def chart_figure(card: ChartCard, *, width: int, height: int, dark: bool) -> Any:
    """The matplotlib figure of a chart, on a canvas of its own; pyplot knows nothing of it."""
    if not card.candles:
        raise ValueError(f"the chart of {card.pair} has no candles to draw")
    sheet = _Sheet(width, height, _colours("knight" if dark else "daylight"))
    _Drawing(sheet, card).draw()
    return sheet.figure


@lru_cache(maxsize=4)
def _colours(theme: str) -> dict[str, str]:
    """Colours of a house theme by role."""
    import tomllib

    text = (house_directory() / f"{theme}.toml").read_text(encoding="utf-8")
    return {name: str(colour) for name, colour in tomllib.loads(text)["colors"].items()}


class _Sheet:
    """A blank picture in pixels, from the bottom left, with words and shapes in theme colours."""

    def __init__(self, width: int, height: int, colours: dict[str, str]) -> None:
        # Its list of fonts is kept with our own caches; it must be told before it is loaded.
        cache = find_locations(os.environ).cache / "matplotlib"
        os.environ.setdefault("MPLCONFIGDIR", str(cache))
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.scale = width / DRAWN_WIDTH
        self.width, self.height = DRAWN_WIDTH, height / self.scale
        self.colours = colours
        inches = (width / DPI, height / DPI)
        self.figure: Any = Figure(inches, dpi=DPI, facecolor=colours["background"])
        self._canvas: Any = FigureCanvasAgg(self.figure)
        self.axes: Any = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, self.width), ylim=(0, self.height))
        self.axes.axis("off")
        self._layer = 0

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str, edge: str = "",
        line: float = 2.0,
    ) -> None:  # fmt: skip
        """A rectangle with its lower left corner at `x`, `y`."""
        from matplotlib.patches import Rectangle

        self.axes.add_artist(
            Rectangle(
                (x, y), width, height, facecolor=self.colours[fill],
                edgecolor=self.colours[edge] if edge else "none",
                linewidth=self._points(line) if edge else 0, zorder=self._above(),
            )
        )  # fmt: skip

    def lines(
        self, ends: list[tuple[tuple[float, float], tuple[float, float]]], role: str,
        *, line: float = 1.5, dashed: bool = False,
    ) -> None:  # fmt: skip
        """Straight lines between pairs of points."""
        from matplotlib.collections import LineCollection

        style: Any = (0, (5, 4)) if dashed else "solid"
        self.axes.add_collection(
            LineCollection(
                ends, colors=self.colours[role], linewidths=self._points(line), linestyles=style,
                capstyle="butt", zorder=self._above(),
            ),
            autolim=False,
        )  # fmt: skip

    def write(
        self, x: float, y: float, text: str, role: str, *, size: float = TEXT, bold: bool = False,
        across: Across = "left",
    ) -> None:  # fmt: skip
        """Text on one line, its middle at the height `y`."""
        self.axes.text(
            x, y, text, color=self.colours[role], fontproperties=self._font(size, bold),
            ha=across, va="center_baseline", parse_math=False, zorder=self._above(),
        )  # fmt: skip

    def width_of(self, text: str, size: float = TEXT, bold: bool = False) -> float:
        """How wide a text is, in pixels of the sheet."""
        renderer = self._canvas.get_renderer()
        wide, _, _ = renderer.get_text_width_height_descent(text, self._font(size, bold), False)
        return float(wide) / self.scale

    def _font(self, size: float, bold: bool) -> Any:
        from matplotlib.font_manager import FontProperties

        weight = "bold" if bold else "normal"
        return FontProperties(family=_FONT, size=self._points(size), weight=weight)

    def _above(self) -> int:
        """The next layer: what is drawn later lies above, whatever it is."""
        self._layer += 1
        return self._layer

    def _points(self, pixels: float) -> float:
        return pixels * self.scale * 72 / DPI


class _Tag(msgspec.Struct, frozen=True):
    """A price at the right edge: the last one, or a level with its name."""

    price: float
    text: str
    role: str
    name: str = ""


class _Drawing:
    """One chart on its way to paper: title, grid, candles, volume, levels, last price."""

    def __init__(self, sheet: _Sheet, card: ChartCard) -> None:
        self.sheet, self.card = sheet, card
        self.columns, self.gaps = columns_of(card)
        self.span = price_span(card)
        self.tags = _tags(card)
        self.tag_width = max(sheet.width_of(tag.text, bold=True) for tag in self.tags) + 20
        names = [sheet.width_of(tag.name, SMALL) for tag in self.tags if tag.name]
        self.left, self.right = float(EDGE), sheet.width - self.tag_width - EDGE * 0.75
        self.names = max(names, default=0.0) + 30 if names else 0.0
        self.top = sheet.height - (182 if card.notes else 148)
        self.floor = 74.0
        traded = any(candle.volume for candle in card.candles)
        self.bottom = self.floor + (self.top - self.floor) * VOLUME_SHARE * 1.25 * traded
        total = self.columns[-1] + 1
        self.column = min(WIDEST_COLUMN, (self.right - self.names - self.left) / total)
        self.start = self.right - self.names - self.column * total
        self.body = min(WIDEST_BODY, self.column * 0.72)
        # A narrow candle needs a fine line to be seen as hollow.
        self.line = min(2.4, max(1.2, self.column * 0.2))
        self.places = self._tag_places()

    def draw(self) -> None:
        """Everything, what is behind first."""
        self._title()
        self._grid()
        self._gaps(self.gaps)
        self._volume()
        self._price_lines()
        self._candles()
        for tag, y in self.places:
            self._tag(tag, y)

    def _x(self, column: float) -> float:
        """The middle of a column."""
        return self.start + (column + 0.5) * self.column

    def _y(self, price: float) -> float:
        # Candles and tags keep a little off the edges.
        inner = self.top - self.bottom - 36
        return self.bottom + 18 + self.span.share(price) * inner

    def _title(self) -> None:
        card, y = self.card, self.sheet.height - 54
        change = wording.percent(card.change)
        arrow = {"+": "▲ ", wording.MINUS: "▼ "}.get(change[0], "")
        role = {"+": "profit", wording.MINUS: "loss"}.get(change[0], "muted")
        words = [
            (f"{card.pair}", "strong", True), (f" · {card.timeframe} · ", "muted", False),
            (price_text(card, card.price), "strong", True), (" · ", "muted", False),
            (f"{arrow}{change}", role, True), (f" ({wording.span(card.span_s)})", "muted", False),
        ]  # fmt: skip
        self._run(words, y, TITLE)
        asked = f"{card.venue} · {card.as_of:%d %b %H:%M:%S} UTC"
        old = f" · {wording.span(card.age_s)} old" if card.age_s > OLD_S else ""
        whose = f" · levels of {card.account}" if card.account else ""
        low, high = price_text(card, card.low), price_text(card, card.high)
        facts = [
            (asked, "muted", False), (old, "warn", False),
            (f" · range {low}–{high}{whose}", "muted", False),
        ]  # fmt: skip
        self._run(facts, y - 54, TEXT)
        if card.notes:
            self._run([("; ".join(card.notes), "warn", False)], y - 92, SMALL)

    def _run(self, words: list[tuple[str, str, bool]], y: float, size: float) -> None:
        """Words one after the other, smaller when they would not fit."""
        room = self.sheet.width - 2 * EDGE
        size *= min(
            1.0, room / sum(self.sheet.width_of(text, size, bold) for text, _, bold in words)
        )
        x = self.left
        for text, role, bold in words:
            self.sheet.write(x, y, text, role, size=size, bold=bold)
            x += self.sheet.width_of(text, size, bold)

    def _grid(self) -> None:
        for price, label in round_prices(self.span, 7):
            y = self._y(price)
            self.sheet.lines([((self.left, y), (self.right, y))], "track")
            if all(abs(y - place) > TAG_HEIGHT for _, place in self.places):
                self.sheet.write(self.right + 14, y, label, "muted")
        for at, label in time_marks(self.card, 6):
            x = self._x(self.columns[at])
            self.sheet.lines([((x, self.floor), (x, self.top))], "track")
            half = self.sheet.width_of(label) / 2
            middle = min(max(x, self.left + half), self.sheet.width - EDGE - half)
            self.sheet.write(middle, self.floor - 32, label, "muted", across="center")
        self.sheet.lines([((self.left, self.floor), (self.right, self.floor))], "border")

    def _gaps(self, gaps: list[Gap]) -> None:
        for gap in gaps:
            first, end = self._x(gap.first - 0.5), self._x(gap.end - 0.5)
            self.sheet.box(first, self.floor, end - first, self.top - self.floor, fill="panel")

    def _volume(self) -> None:
        most = max(candle.volume for candle in self.card.candles)
        if not most:
            return
        room, wide = (self.top - self.floor) * VOLUME_SHARE, self.body
        for column, candle in zip(self.columns, self.card.candles, strict=True):
            height = candle.volume / most * room
            self.sheet.box(self._x(column) - wide / 2, self.floor, wide, height, fill="meter")

    def _candles(self) -> None:
        placed = [
            (self._x(column), candle, _role(candle))
            for column, candle in zip(self.columns, self.card.candles, strict=True)
        ]
        for role in ("profit", "loss", "muted"):
            wicks = [
                ((x, self._y(candle.low)), (x, self._y(candle.high)))
                for x, candle, own in placed
                if own == role
            ]
            self.sheet.lines(wicks, role, line=self.line)
        for x, candle, role in placed:
            low, high = sorted((self._y(candle.open), self._y(candle.close)))
            fill = "background" if candle.close > candle.open else role
            self.sheet.box(
                x - self.body / 2, low, self.body, max(0.5, high - low), fill=fill, edge=role,
                line=self.line,
            )  # fmt: skip

    def _price_lines(self) -> None:
        for tag in self.tags:
            y = self._y(tag.price)
            if self.bottom <= y <= self.top:
                ends = [((self.left, y), (self.right, y))]
                self.sheet.lines(ends, tag.role, dashed=not tag.name)

    def _tag_places(self) -> list[tuple[_Tag, float]]:
        """Each tag with the height of its middle, moved apart where they would overlap."""
        ordered = sorted(self.tags, key=lambda tag: tag.price)
        low, high = self.bottom + TAG_HEIGHT / 2, self.top - TAG_HEIGHT / 2
        wanted = [min(max(self._y(tag.price), low), high) for tag in ordered]
        return list(zip(ordered, apart(wanted, TAG_HEIGHT + 4, low, high), strict=True))

    def _tag(self, tag: _Tag, y: float) -> None:
        sheet, right, half = self.sheet, self.right, TAG_HEIGHT / 2
        exact = self._y(tag.price)
        seen = self.bottom <= exact <= self.top
        if seen:
            sheet.lines([((right - 8, exact), (right + 4, y))], tag.role)
        fill, ink = ("background", tag.role) if tag.name else ("fg", "background")
        sheet.box(right + 4, y - half, self.tag_width, TAG_HEIGHT, fill=fill, edge=tag.role)
        sheet.write(right + 14, y, tag.text, ink, bold=True)
        if tag.name:
            beyond = "" if seen else "▲ " if exact > self.top else "▼ "
            name = f"{beyond}{tag.name}"
            wide = sheet.width_of(name, SMALL) + 14
            sheet.box(right - 8 - wide, y - half, wide, TAG_HEIGHT, fill="background")
            sheet.write(right - 15, y, name, tag.role, size=SMALL, across="right")


def _role(candle: Candle) -> str:
    if candle.close == candle.open:
        return "muted"
    return "profit" if candle.close > candle.open else "loss"


def _tags(card: ChartCard) -> list[_Tag]:
    last = _Tag(float(card.price), price_text(card, card.price), "fg")
    return [last, *(_level_tag(card, level) for level in card.levels)]


def _level_tag(card: ChartCard, level: PriceLevel) -> _Tag:
    name = f"{level.kind} {distance(card, level)}"
    role = LEVEL_ROLES.get(level.kind, "info")
    return _Tag(float(level.price), price_text(card, level.price), role, name)
