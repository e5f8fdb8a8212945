"""Risk checks in words: what is used of which limit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from kit_tui.domain.risk import Check
from kit_tui.tui import formats
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, row, width_of

# Checks a trader weighs, the most telling first, as cards and as rows call them. The others only
# say that the order can be made at all; they are named when they fail.
NAMES = {
    "maxPositionSize": ("size", "position size"),
    "dailyLossLimit": ("day", "loss of the day"),
    "openPositionLimit": ("open", "open positions"),
    "leverageLimit": ("lev", "leverage"),
    "drawdown": ("draw", "drawdown"),
    "priceFresh": ("price", "age of the price"),
    "freeBalance": ("free", "free balance"),
}
PLAIN_NAMES = {
    "tradingState": ("state", "trading allowed"),
    "symbolFrozen": ("frozen", "pair not frozen"),
    "marketActive": ("market", "market open"),
    "priceBand": ("band", "price in band"),
    "quantityBounds": ("quantity", "quantity allowed"),
    "notionalBounds": ("notional", "notional allowed"),
    "portfolioComplete": ("equity", "equity known"),
    "entriesOpen": ("entries", "entries open"),
    "orderType": ("type", "order type taken"),
    "orderRate": ("rate", "orders per second"),
    "liquidationDistance": ("liq", "distance to liquidation"),
}
PROMINENT = {name: place for place, name in enumerate(NAMES)}


def check_name(check: Check, *, short: bool = False) -> str:
    """A check's name; the short form is for cards."""
    names = NAMES.get(check.name) or PLAIN_NAMES.get(check.name) or (check.name, check.name)
    return safe_line(names[0] if short else names[1])


def check_figure(check: Check, *, short: bool = False) -> str:
    """`1.0/10%`, `3/5`, `1.0/3×`: the figure after the order and its limit."""
    after = check.after if check.after is not None else check.value
    if after is None or check.limit is None:
        return ""
    gap = "" if short else " "
    if check.unit == "fraction":
        return f"{formats.grouped(after * 100, 1)}{gap}/{gap}{_limit(check.limit * 100)}{gap}%"
    if check.unit == "count":
        return f"{after:.0f}{gap}/{gap}{check.limit:.0f}"
    if check.unit == "multiple":
        return f"{formats.grouped(after, 1)}{gap}/{gap}{_limit(check.limit)}×"
    if check.unit == "seconds":
        return f"{after:.0f}{gap}/{gap}{check.limit:.0f}{gap}s"
    return f"{formats.money(after)}{gap}/{gap}{formats.money(check.limit)} {safe_line(check.unit)}"


def _limit(value: Decimal) -> str:
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def check_mark(check: Check) -> tuple[str, str]:
    """`✓` or `✗` with its role."""
    return ("✓", "profit") if check.passed else ("✗", "loss")


def weighed(checks: Sequence[Check]) -> list[Check]:
    """Checks with those that failed in front, then those a trader weighs, then the rest."""
    return sorted(checks, key=lambda c: (c.passed, PROMINENT.get(c.name, len(PROMINENT))))


def check_strip(checks: Sequence[Check], width: int, rows: int) -> list[Row]:
    """Checks side by side in at most `rows` rows; what finds no place is counted at the end.

    A single row has no room for figures, so it names more checks instead.
    """
    ordered = weighed(checks)
    shown = [c for c in ordered if not c.passed or c.name in PROMINENT]
    lines: list[Row] = [BLANK]
    for index, check in enumerate(shown):
        part = _short(check, figures=rows > 1 or not check.passed)
        left = len(ordered) - index
        last = len(lines) == rows
        gap = "  " if lines[-1] else ""
        reserve = 6 if last and left > 1 else 0
        if width_of(lines[-1]) + len(gap) + width_of(part) + reserve > width:
            if last:
                return _counted(lines, ordered[index:])
            lines.append(BLANK)
            gap = ""
        lines[-1] = (*lines[-1], (gap, "fg"), *part)
    return _counted(lines, ordered[len(shown) :])


def _counted(lines: list[Row], rest: Sequence[Check]) -> list[Row]:
    """The strip with what was not shown as a number behind it."""
    if rest:
        mark = ("✓", "profit") if all(check.passed for check in rest) else ("✗", "loss")
        lines[-1] = (*lines[-1], ("  ", "fg"), mark, (f" +{len(rest)}", "muted"))
    return lines


def _short(check: Check, *, figures: bool) -> Row:
    figure = check_figure(check, short=True) if figures else ""
    text = f" {check_name(check, short=True)}" + (f" {figure}" if figure else "")
    return row(check_mark(check), (text, "fg" if check.passed else "loss"))


def check_rows(checks: Sequence[Check], width: int) -> list[Row]:
    """Checks on rows of their own: mark, name, figures, and why; plain passes share one row."""
    from kit_tui.tui.spans import pad, wrapped

    plain = [c for c in checks if c.passed and c.name not in PROMINENT]
    checks = [c for c in weighed(checks) if c not in plain]
    name = max((len(check_name(check)) for check in checks), default=0)
    figure = max((len(check_figure(check)) for check in checks), default=0)
    # Figures end in one column; where that is too narrow, what is cut is never a number.
    end = min(width, 2 + name + 2 + figure)
    rows: list[Row] = []
    for check in checks:
        value = check_figure(check)
        if 3 + len(check_name(check)) + len(value) > width:
            value = check_figure(check, short=True)
        label = row((check_name(check), "fg" if check.passed else "loss"))
        gap = max(1, end - 2 - len(value)) if value else width_of(label)
        rows.append((check_mark(check), (" ", "fg"), *pad(label, gap), (value, "fg")))
        if check.detail and not check.passed:
            detail = row(("  ", "fg"), (safe_line(check.detail), "muted"))
            rows.extend(wrapped(detail, width, 2))
    if plain:
        names = ", ".join(check_name(check) for check in plain)
        rows.extend(wrapped(row(("✓ ", "profit"), (names, "muted")), width, 2))
    return rows
