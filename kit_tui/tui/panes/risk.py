"""The limits, how much of each is used, and what was refused last."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.risk import Gauge, RiskReport, TradingState
from kit_tui.state.slices import RISK, SESSION
from kit_tui.tui import formats
from kit_tui.tui.panes.base import Pane
from kit_tui.tui.panes.content import PaneContent, opening
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, cut, joined, pad, row, width_of, wrapped
from kit_tui.tui.view import View
from kit_tui.tui.widgets.risk_bar import risk_bar, risk_dots, used_role, used_word


class RiskPane(Pane):
    """Pane 4."""

    NUMBER, NAME = "4", "Risk"
    HINTS = ("/risk in chat explains each",)
    WATCHES = (SESSION, RISK)
    HELP = "Every hard limit with its use now. At the limit, new entries are refused."

    def content(self, view: View) -> PaneContent:
        return risk_content(view)


def risk_content(view: View) -> PaneContent:
    """Rows of the risk pane for a view."""
    report = view.get(RISK)
    if view.opening or report is None:
        return opening(
            view, "Limits on loss, drawdown, exposure and leverage, and how far each is used."
        )
    rows = _gauges(view, report)
    counts = _counts(view, report)
    sentence = _sentence(view, report)
    if view.height < 4:
        rows = _compact(view, report)
    else:
        rows += counts
        if view.height > len(rows) + len(sentence):
            rows.append(BLANK)
        rows += sentence
    return PaneContent(right=_state(report), body=rows, summary=_summary(view, report))


def _state(report: RiskReport) -> Row:
    state = report.status.state
    if state is not TradingState.ACTIVE:
        return row(
            (state.value.upper(), "loss bold" if state is TradingState.HALTED else "warn bold")
        )
    worst = _worst(report)
    if worst is not None and worst.used >= 1:
        return row((f"✗ {worst.label} at limit", "loss"))
    if worst is not None and worst.used > Decimal("0.85"):
        return row((f"near {worst.label}", "loss"))
    return row(("ok", "profit"))


def _worst(report: RiskReport) -> Gauge | None:
    enabled = [gauge for gauge in report.gauges if gauge.enabled]
    return max(enabled, key=lambda gauge: gauge.used, default=None)


def _bars(report: RiskReport) -> list[Gauge]:
    return [gauge for gauge in report.gauges if gauge.unit != "count"]


def figure(gauge: Gauge) -> str:
    """Value and limit with their unit, once: `0.4 / 5 %`, `1.0 / 3×`."""
    if gauge.unit == "fraction":
        return f"{formats.grouped(gauge.value * 100, 1)} / {plain(gauge.limit * 100)} %"
    if gauge.unit == "multiple":
        return f"{formats.grouped(gauge.value, 1)} / {plain(gauge.limit)}×"
    if gauge.unit == "count":
        return f"{gauge.value:.0f} / {gauge.limit:.0f}"
    return f"{formats.money(gauge.value)} / {formats.money(gauge.limit)} {gauge.unit}"


def plain(value: Decimal) -> str:
    """A limit without zeros at its end."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def _gauges(view: View, report: RiskReport) -> list[Row]:
    gauges = _bars(report)
    two = view.width >= 58
    column = (view.width - 3) // 2 if two else view.width
    label = max((len(gauge.label) for gauge in gauges), default=8) + 1
    number = max((len(figure(gauge)) + len(_near(gauge)) for gauge in gauges), default=9)
    bar = max(4, min(24, column - label - number - 1))
    cells = [_gauge(gauge, label, bar, number) for gauge in gauges]
    at_limit = [_refused(gauge) for gauge in gauges if gauge.enabled and gauge.used >= 1]
    if not two:
        return cells + at_limit
    rows = [
        joined([pad(cells[at], column), *cells[at + 1 : at + 2]], "   ")
        for at in range(0, len(cells), 2)
    ]
    return rows + at_limit


def _gauge(gauge: Gauge, label: int, bar: int, number: int) -> Row:
    name = pad(row((safe_line(gauge.label), "muted")), label)
    if not gauge.enabled:
        return (*name, *pad(row(("off — this check is not in force", "warn")), bar + number + 1))
    role = used_role(gauge.used)
    value = row((figure(gauge), "fg" if role == "meter" else role))
    word = row((_near(gauge), "loss"))
    return (*name, *risk_bar(gauge.used, bar), (" ", "fg"), *value, *word)


def _near(gauge: Gauge) -> str:
    """What stands behind the figure of a gauge that is nearly used up."""
    return " near" if gauge.enabled and used_word(gauge.used) == "near" else ""


def _refused(gauge: Gauge) -> Row:
    return row((f"✗ {safe_line(gauge.label)} at limit — new entries refused", "loss"))


def _counts(view: View, report: RiskReport) -> list[Row]:
    parts: list[Row] = []
    for gauge in report.gauges:
        if gauge.unit == "count" and gauge.enabled:
            dots = risk_dots(int(gauge.value), int(gauge.limit))
            parts.append((*row((f"{safe_line(gauge.label)} ", "muted")), *dots))
    parts.append(row(("resting ", "muted"), (str(report.resting_orders), "fg")))
    parts.append(row(("trades today ", "muted"), (str(report.trades_today), "fg")))
    if report.day_resets_at is not None:
        parts.append(row(("reset ", "muted"), (formats.clock(report.day_resets_at), "fg")))
    rows: list[Row] = [BLANK]
    for part in parts:
        longer = joined([rows[-1], part]) if rows[-1] else part
        if width_of(longer) <= view.width:
            rows[-1] = longer
        else:
            rows.append(part)
    return rows


def _sentence(view: View, report: RiskReport) -> list[Row]:
    status = report.status
    if status.state is not TradingState.ACTIVE:
        since = f" since {formats.clock(status.since)}" if status.since else ""
        by = f" by {safe_line(status.by)}" if status.by else ""
        why = f": {safe_line(status.reason)}" if status.reason else ""
        return wrapped(row((f"{status.state.value}{since}{by}{why}", "loss")), view.width)
    if not report.complete:
        return wrapped(
            row(("equity is only partly known — entries wait until it is", "warn")), view.width
        )
    if report.last_breach:
        age = view.age_of(report.last_breach_at)
        ago = f" {formats.age(age)} ago" if age is not None else ""
        said = f"all limits hold · last refusal{ago}: {safe_line(report.last_breach)}"
        return wrapped(row((said, "muted")), view.width)
    return [row(("all limits hold · nothing refused yet", "muted"))]


def _compact(view: View, report: RiskReport) -> list[Row]:
    """Two rows for 80×24: the two losses as bars, positions and leverage beside them."""
    gauges = {gauge.name: gauge for gauge in report.gauges}
    bars = [g for g in (gauges.get("dailyLossLimit"), gauges.get("drawdown")) if g] or _bars(
        report
    )[:2]
    label = max((len(_word(gauge)) for gauge in bars), default=4) + 1
    side: list[Row] = []
    for gauge in report.gauges:
        if gauge.unit == "count":
            side.append((*row(("pos ", "muted")), *risk_dots(int(gauge.value), int(gauge.limit))))
        elif gauge.unit == "multiple":
            text = figure(gauge).replace(" ", "")
            side.append(row(("lev ", "muted"), (text, "fg")))
    rows = []
    for index, gauge in enumerate(bars):
        short = figure(gauge).replace(" ", "")
        other = side[index] if index < len(side) else BLANK
        bar = max(4, view.width - label - 10 - max((width_of(part) for part in side), default=0))
        left = (*pad(row((_word(gauge), "muted")), label), *risk_bar(gauge.used, min(bar, 24)),
                *pad(row((f" {short}", "fg")), 10))  # fmt: skip
        rows.append(cut((*left, *other), view.width))
    return rows


def _word(gauge: Gauge) -> str:
    """A label in one short word."""
    word = gauge.label.split()[0]
    return {"drawdown": "draw"}.get(word, word)


def _summary(view: View, report: RiskReport) -> Row:
    worst = _worst(report)
    parts = [row(("4", "muted bold"), (" Risk ", "fg"), *_state(report))]
    if worst is not None:
        parts.append(row((f"{worst.label} ", "muted"), (figure(worst), "fg")))
    return cut(joined(parts, "  "), view.width + 4)
