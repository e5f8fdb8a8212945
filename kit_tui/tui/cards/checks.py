"""Risk checks in words: what is used of which limit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from kit_tui.domain.risk import Check
from kit_tui.tui import formats
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, row, width_of

SHORT_NAMES = {
    "maxPositionSize": "size", "dailyLossLimit": "day", "openPositionLimit": "open",
    "leverageLimit": "lev", "drawdown": "draw", "priceAge": "price", "priceBand": "band",
    "tradingState": "state",
}  # fmt: skip


def check_name(check: Check, *, short: bool = False) -> str:
    """A check's name; the short form is for cards."""
    return safe_line(SHORT_NAMES.get(check.name, check.name) if short else check.name)


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


def failed_first(checks: Sequence[Check]) -> list[Check]:
    """Checks with those that failed in front."""
    return sorted(checks, key=lambda check: check.passed)


def check_strip(checks: Sequence[Check], width: int, rows: int) -> list[Row]:
    """Checks side by side in at most `rows` rows: figures give way to names, names to a count."""
    ordered = failed_first(checks)
    lines: list[Row] = []
    for figures in range(len(ordered), -1, -1):
        parts = [_short(check, index < figures) for index, check in enumerate(ordered)]
        lines = _strip(parts, ordered, width, rows)
        if not _counts(lines):
            break
    return lines


def _counts(lines: Sequence[Row]) -> bool:
    """Whether something had to be counted instead of shown."""
    return bool(lines[-1]) and lines[-1][-1][0].startswith(" +")


def _strip(parts: Sequence[Row], ordered: Sequence[Check], width: int, rows: int) -> list[Row]:
    lines: list[Row] = [BLANK]
    for index, part in enumerate(parts):
        gap = "  " if lines[-1] else ""
        left = len(ordered) - index
        reserve = 6 if len(lines) == rows and left > 1 else 0
        if width_of(lines[-1]) + len(gap) + width_of(part) + reserve > width:
            if len(lines) == rows:
                rest = ordered[index:]
                mark = ("✓", "profit") if all(c.passed for c in rest) else ("✗", "loss")
                lines[-1] = (*lines[-1], (gap, "fg"), mark, (f" +{len(rest)}", "muted"))
                break
            lines.append(BLANK)
            gap = ""
        lines[-1] = (*lines[-1], (gap, "fg"), *part)
    return lines


def _short(check: Check, figures: bool) -> Row:
    figure = check_figure(check, short=True) if figures else ""
    text = f" {check_name(check, short=True)}" + (f" {figure}" if figure else "")
    return row(check_mark(check), (text, "fg" if check.passed else "loss"))


def check_rows(checks: Sequence[Check], width: int) -> list[Row]:
    """Every check on a row of its own: mark, name, figures, and why."""
    from kit_tui.tui.spans import pad, wrapped

    name = max((len(check_name(check)) for check in checks), default=0)
    figure = max((len(check_figure(check)) for check in checks), default=0)
    rows: list[Row] = []
    for check in failed_first(checks):
        head = (
            check_mark(check), (" ", "fg"),
            *pad(row((check_name(check), "fg" if check.passed else "loss")), name + 2),
            *pad(row((check_figure(check), "fg")), figure, "right"),
        )  # fmt: skip
        rows.append(head)
        if check.detail and not check.passed:
            detail = row(("  ", "fg"), (safe_line(check.detail), "muted"))
            rows.extend(wrapped(detail, width, 2))
    return rows
