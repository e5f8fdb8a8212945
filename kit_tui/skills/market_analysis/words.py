"""An analysis in words: short Markdown that is read in ten seconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kit_tui.domain.cards import AnalysisCard, Reading
from kit_tui.domain.market_data import Ticker
from kit_tui.skills import wording
from kit_tui.skills.market_analysis.bias import Sketch


def words(card: AnalysisCard, plan: Sketch | None, ticker: Ticker | None, now: datetime) -> str:
    """The whole answer; every line says one thing."""
    lines = [
        f"- **Trend** {_listed(card.trend)}",
        f"- **Momentum** {_listed(card.momentum)}",
        f"- **Volatility** {_listed(card.volatility)}",
        f"- **Resistance** {_levels(card, 'resistance')}",
        f"- **Support** {_levels(card, 'support')}",
    ]
    if card.patterns:
        lines.append(f"- **Candles** {', '.join(card.patterns)}")
    if card.timeframes:
        frames = ", ".join(f"{r.name} {r.value}" for r in card.timeframes)
        lines.append(f"- **Time frames** {frames}")
    lines.append(f"- **Bias {card.bias}** {'; '.join(card.reasons)}. {card.invalidation}")
    if plan is not None:
        lines.append(f"- **Sketch** {_plan(card, plan)}")
    return "\n".join((_headline(card), "", *lines, "", source(card, ticker, now)))


def _headline(card: AnalysisCard) -> str:
    parts = [f"**{card.pair} {card.timeframe}** {wording.price(card.price)}"]
    parts.append(f"{wording.percent(card.change_24h)} in 24 h")
    parts.append(f"range {wording.price(card.low_24h)} to {wording.price(card.high_24h)}")
    volume = wording.MISSING if card.volume_ratio is None else f"{card.volume_ratio:.1f}×"
    parts.append(f"volume {volume} its 20-candle average")
    return ", ".join(parts)


def _listed(readings: Sequence[Reading]) -> str:
    return "; ".join(f"{r.name} {r.value} ({r.meaning})" for r in readings)


def _levels(card: AnalysisCard, kind: str) -> str:
    found = [f"{wording.price(at.price)} ({at.origin})" for at in card.levels if at.kind == kind]
    return "; ".join(found) or f"{wording.MISSING} none found"


def _plan(card: AnalysisCard, plan: Sketch) -> str:
    risk = wording.percent(abs(plan.stop / plan.entry - 1), sign=False)
    text = (
        f"{card.bias} near {wording.price(plan.entry)}, stop {wording.price(plan.stop)} "
        f"({risk} risk), target {wording.price(plan.target)} "
        f"({wording.grouped(plan.reward, 1)} R); {plan.why}."
    )
    return f"{text} On spot: stay out or reduce." if card.bias == "short" else text


def source(card: AnalysisCard, ticker: Ticker | None, now: datetime) -> str:
    parts = [
        f"{card.venue}, {wording.count(card.candles, 'closed candle')} "
        f"to {wording.moment(card.as_of, now)}"
    ]
    if ticker is not None:
        parts.append(f"quote {wording.span(ticker.age(now))} old")
    return f"{'; '.join((*parts, *card.notes))}. Not advice."
