"""The risk pane's figures, counted exactly as the checks count them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from kit_tui.domain.numbers import ONE, ZERO
from kit_tui.domain.risk import Gauge, RiskReport
from kit_tui.risk import checks
from kit_tui.risk.picture import Picture
from kit_tui.settings.model import RiskSettings


def risk_report(
    picture: Picture,
    settings: RiskSettings,
    *,
    trades_today: int = 0,
    day_resets_at: datetime | None = None,
    last_breach: str = "",
    last_breach_at: datetime | None = None,
) -> RiskReport:
    """Gauges of every limit; a check that is off shows its figure with `enabled` False."""
    portfolio = picture.portfolio
    return RiskReport(
        status=picture.status,
        gauges=gauges(picture, settings),
        resting_orders=len(picture.working),
        trades_today=trades_today,
        day_resets_at=day_resets_at,
        last_breach=last_breach,
        last_breach_at=last_breach_at,
        complete=portfolio is not None and portfolio.complete,
        as_of=picture.now,
    )


def gauges(picture: Picture, settings: RiskSettings) -> tuple[Gauge, ...]:
    """Day loss, drawdown, exposure, leverage, largest position and open positions."""
    equity, portfolio = picture.equity, picture.portfolio

    def share(amount: Decimal) -> Decimal:
        return amount / equity if equity > 0 else ZERO

    def gauge(name: str, label: str, unit: str, value: Decimal, limit: Decimal) -> Gauge:
        return Gauge(
            name=name, label=label, unit=unit, value=value, limit=limit,
            enabled=name in settings.checks or name == "exposure",
        )  # fmt: skip

    loss = max(ZERO, -portfolio.day_fraction) if portfolio is not None else ZERO
    fall = portfolio.drawdown if portfolio is not None else ZERO
    at_risk = equity - portfolio.cash if portfolio is not None else ZERO
    opening = {o.pair for o in picture.entries()}
    pairs = {p.position.pair for p in picture.positions} | opening
    counted = {p.position.pair for p in picture.positions if not p.dust} | opening
    largest = max(
        (picture.held_value(pair) + picture.entries_value(pair) for pair in pairs), default=ZERO
    )
    leverage = share(picture.gross_exposure + picture.entries_value())
    return (
        gauge(checks.DAILY_LOSS_LIMIT, "day loss", "fraction", loss, settings.daily_loss_limit),
        gauge(checks.DRAWDOWN, "drawdown", "fraction", fall, settings.drawdown_reduce),
        gauge("exposure", "exposure", "fraction", share(max(ZERO, at_risk)), ONE),
        gauge(
            checks.LEVERAGE_LIMIT, "leverage", "multiple", leverage,
            Decimal(settings.leverage_limit),
        ),
        gauge(
            checks.MAX_POSITION_SIZE, "largest", "fraction", share(largest),
            settings.max_position_size,
        ),
        gauge(
            checks.OPEN_POSITION_LIMIT, "positions", "count", Decimal(len(counted)),
            Decimal(settings.open_position_limit),
        ),
    )  # fmt: skip
