"""Where panes go at every size: five designed layouts, as one pure function."""

from __future__ import annotations

from enum import StrEnum

import msgspec

PHONE_BELOW = 60
NORMAL_FROM = 100
WIDE_FROM = 160
SHORT_BELOW = 24
CHAT_NORMAL = 50
CHAT_WIDE = 60
RAIL = 44
CHART_LEAST = 9


class Zoom(StrEnum):
    """How much of the screen the chosen pane takes."""

    NONE = "none"
    HALF = "half"
    FULL = "full"


class Shape(StrEnum):
    """The layouts by width."""

    PHONE = "phone"
    NARROW = "narrow"
    NORMAL = "normal"
    WIDE = "wide"


class Box(msgspec.Struct, frozen=True):
    """A pane's place in cells, counted from the top left of the body."""

    x: int
    y: int
    width: int
    height: int


class Plan(msgspec.Struct, frozen=True):
    """Which panes are shown and where."""

    shape: Shape
    short: bool
    boxes: dict[str, Box]


MAIN = ("chat", "chart", "positions", "risk")
RAIL_PANES = ("watchlist", "book", "tape", "events")
PANES = MAIN + RAIL_PANES


def shape_of(width: int) -> Shape:
    """The layout for a screen width."""
    if width < PHONE_BELOW:
        return Shape.PHONE
    if width < NORMAL_FROM:
        return Shape.NARROW
    return Shape.NORMAL if width < WIDE_FROM else Shape.WIDE


def plan(
    width: int,
    height: int,
    *,
    pane: str = "chat",
    zoom: Zoom = Zoom.NONE,
    positions: int = 0,
    screen_height: int | None = None,
) -> Plan:
    """The places of all visible panes in a body of `width` × `height` cells.

    `pane` is the chosen one, `positions` how many are open; `screen_height` counts the bars too.
    """
    width, height = max(1, width), max(1, height)
    total = height + 3 if screen_height is None else screen_height
    shape, short = shape_of(width), total < SHORT_BELOW
    if shape is Shape.PHONE:
        return Plan(shape, short, _phone(width, height, pane))
    if zoom is Zoom.FULL:
        return Plan(shape, short, {pane: Box(0, 0, width, height)})
    if zoom is Zoom.HALF:
        return Plan(shape, short, _half(width, height, pane))
    if short:
        boxes = _short(width, height, shape, positions)
    else:
        boxes = _columns(width, height, shape, positions)
    if pane not in boxes:
        # A pane without a place in this layout takes the chart's while it is chosen.
        boxes[pane] = boxes.pop("chart")
    return Plan(shape, short, boxes)


def _phone(width: int, height: int, pane: str) -> dict[str, Box]:
    """One pane; the prompt stays at the bottom as the chat pane's last rows."""
    if pane == "chat" or height < 6:
        return {"chat" if height < 6 else pane: Box(0, 0, width, height)}
    return {pane: Box(0, 0, width, height - 3), "chat": Box(0, height - 3, width, 3)}


def _half(width: int, height: int, pane: str) -> dict[str, Box]:
    """The pane takes all that is right of the chat; the chat itself takes two thirds."""
    if pane == "chat":
        chat = width * 2 // 3
        return {
            "chat": Box(0, 0, chat, height),
            "positions": Box(chat, 0, width - chat, height),
        }
    chat = chat_width(width)
    return {"chat": Box(0, 0, chat, height), pane: Box(chat, 0, width - chat, height)}


def chat_width(width: int) -> int:
    """Cells of the chat column; the market takes all the rest."""
    shape = shape_of(width)
    if shape is Shape.WIDE:
        return CHAT_WIDE
    if shape is Shape.NORMAL:
        return CHAT_NORMAL
    return max(38, width * 48 // 100)


def _heights(height: int, positions: int) -> tuple[int, int]:
    """Rows of the positions and risk panes; the chart takes the rest."""
    risk = 4 if height < 30 else 8 if height < 50 else 9
    held = min(max(1, positions), 5)
    wanted = max(5, 2 + held) if height < 30 else max(8, 5 + held)
    if height >= 50:
        wanted = 13
    spare = height - risk - CHART_LEAST
    return max(3, min(wanted, spare)), risk


def _columns(width: int, height: int, shape: Shape, positions: int) -> dict[str, Box]:
    chat = chat_width(width)
    rail = RAIL if shape is Shape.WIDE else 0
    centre = width - chat - rail
    held, risk = _heights(height, positions)
    if rail and centre < 62 and height >= 40:
        # The gauges stand in one column there.
        risk += 3
    chart = height - held - risk
    boxes = {
        "chat": Box(0, 0, chat, height),
        "chart": Box(chat, 0, centre, chart),
        "positions": Box(chat, chart, centre, held),
        "risk": Box(chat, chart + held, centre, risk),
    }
    if rail:
        boxes |= _rail(width - rail, rail, height)
    return boxes


def _rail(x: int, width: int, height: int) -> dict[str, Box]:
    """Watchlist, book, tape and events; the last two give way first when it is low."""
    watch = 12 if height >= 50 else 11
    book = 14 if height >= 50 else 13
    rest = height - watch - book
    boxes = {
        "watchlist": Box(x, 0, width, watch),
        "book": Box(x, watch, width, book),
    }
    if rest < 6:
        boxes["book"] = Box(x, watch, width, height - watch)
    elif rest < 12:
        boxes["events"] = Box(x, watch + book, width, rest)
    else:
        tape = rest * 11 // 25
        boxes["tape"] = Box(x, watch + book, width, tape)
        boxes["events"] = Box(x, watch + book + tape, width, rest - tape)
    return boxes


def _short(width: int, height: int, shape: Shape, positions: int) -> dict[str, Box]:
    """Under 24 rows chart and risk become one line each; positions keep their frame."""
    chat = chat_width(width)
    boxes = {"chat": Box(0, 0, chat, height)}
    rest = width - chat
    if height < 5:
        boxes["positions"] = Box(chat, 0, rest, height)
        boxes["chart"] = Box(chat, 0, rest, 0)
        return boxes
    boxes["chart"] = Box(chat, 0, rest, 1)
    boxes["positions"] = Box(chat, 1, rest, height - 2)
    boxes["risk"] = Box(chat, height - 1, rest, 1)
    return boxes
