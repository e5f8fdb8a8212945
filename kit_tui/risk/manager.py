"""The risk manager: every order, whoever asks for it, is judged here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from kit_tui.domain.risk import Check, Verdict
from kit_tui.domain.ticket import OrderDraft
from kit_tui.risk import checks, sizing
from kit_tui.risk.picture import Picture
from kit_tui.settings.model import RiskSettings

LIMITS: tuple[str, ...] = (
    checks.MAX_POSITION_SIZE,
    checks.OPEN_POSITION_LIMIT,
    checks.LEVERAGE_LIMIT,
    checks.DAILY_LOSS_LIMIT,
    checks.DRAWDOWN,
)


class RiskManager:
    """Judges orders against the settings' limits. Pure: the same picture gives the same verdict."""

    def __init__(self, settings: RiskSettings) -> None:
        self.settings = settings
        self._enabled = frozenset(settings.checks)

    def enabled(self, name: str) -> bool:
        """Whether the settings ask for this check."""
        return name in self._enabled

    def check(self, draft: OrderDraft, picture: Picture) -> Verdict:
        """Every check of one order in order, and the largest size that would pass.

        Exits skip the limits but none of the checks of validity.
        """
        found = self._validity(draft, picture)
        is_exit = picture.is_exit(draft)
        if not is_exit:
            found += self._entry_only(draft, picture)
        found.append(checks.free_balance(draft, picture))
        return Verdict(
            passed=all(check.passed for check in found),
            checks=tuple(found),
            largest_passing=self._largest(draft, picture, found, is_exit=is_exit),
        )

    def _validity(self, draft: OrderDraft, picture: Picture) -> list[Check]:
        kind = checks.order_kind(draft, picture)
        return [
            checks.trading_state(draft, picture),
            checks.symbol_frozen(draft, picture),
            *checks.barriers(draft, picture),
            checks.market_active(draft, picture),
            *([kind] if kind is not None else []),
            checks.price_fresh(draft, picture, self.settings),
            checks.price_band(draft, picture, self.settings),
            checks.quantity_bounds(draft, picture),
            checks.notional_bounds(draft, picture),
        ]

    def _entry_only(self, draft: OrderDraft, picture: Picture) -> list[Check]:
        settings = self.settings
        limits: dict[str, Callable[[], Check]] = {
            checks.MAX_POSITION_SIZE: lambda: checks.max_position_size(draft, picture, settings),
            checks.OPEN_POSITION_LIMIT: lambda: checks.open_position_limit(
                draft, picture, settings
            ),
            checks.LEVERAGE_LIMIT: lambda: checks.leverage_limit(draft, picture, settings),
            checks.DAILY_LOSS_LIMIT: lambda: checks.daily_loss_limit(draft, picture, settings),
            checks.DRAWDOWN: lambda: checks.drawdown(picture, settings),
        }
        judged = [limits[name]() if self.enabled(name) else checks.off(name) for name in LIMITS]
        only_if = (checks.liquidation_distance(draft, picture), checks.order_rate(picture))
        return [
            checks.portfolio_complete(draft, picture),
            *judged,
            *(check for check in only_if if check is not None),
        ]

    def _largest(
        self, draft: OrderDraft, picture: Picture, found: list[Check], *, is_exit: bool
    ) -> Decimal | None:
        sizeless = {
            "tradingState", "symbolFrozen", "marketActive", "priceFresh", "priceBand",
            "portfolioComplete", "orderType", "orderRate", checks.BARRED,
        }  # fmt: skip
        if any(not check.passed and check.name in sizeless for check in found):
            return None
        if is_exit:
            return sizing.largest_exit(draft, picture)
        return sizing.largest_entry(draft, picture, self.settings)
