"""Risk limits as bars and dots: how much of a limit is used, never without its number."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

Span = tuple[str, str]
"""Text and the name of the colour role it is drawn in."""

WARN_FROM: Final = Decimal("0.60")
NEAR_FROM: Final = Decimal("0.85")
AT_LIMIT: Final = "✗ at limit — new entries refused"
MAX_DOTS: Final = 12

_EIGHTHS: Final = "▏▎▍▌▋▊▉"


def used_role(used: Decimal) -> str:
    """The colour role for a used share: `meter` below 60 %, `warn` to 85 %, `loss` above."""
    if used < WARN_FROM:
        return "meter"
    return "warn" if used <= NEAR_FROM else "loss"


def used_word(used: Decimal) -> str:
    """What the colour says, in words: `near` above 85 %, the refusal at the limit, else nothing."""
    if used >= 1:
        return AT_LIMIT
    return "near" if used > NEAR_FROM else ""


def risk_bar(used: Decimal, width: int) -> tuple[Span, ...]:
    """A bar of exactly `width` cells: fill, `░` track, and `│` which is the limit.

    `used` is the share of the limit, 1 at the limit; anything above zero shows at least an eighth.
    """
    if width <= 0:
        return ()
    if width == 1:
        return (("│", used_role(used) if used >= 1 else "border"),)
    track = width - 1
    share = min(Decimal(1), max(Decimal(0), used)) if used.is_finite() else Decimal(1)
    eighths = int(share * track * 8)
    if share > 0:
        eighths = max(1, eighths)
    full, part = divmod(eighths, 8)
    fill = "█" * full + (_EIGHTHS[part - 1] if part else "")
    spans = ((fill, used_role(share)), ("░" * (track - len(fill)), "track"), ("│", "border"))
    return tuple(span for span in spans if span[0])


def risk_dots(value: int, limit: int) -> tuple[Span, ...]:
    """A count against its limit: `●●●○○ 3/5`; beyond twelve, or without a limit, figures only."""
    number = (f"{value}/{limit}", "fg")
    if not 0 < limit <= MAX_DOTS:
        return (number,)
    filled = min(max(value, 0), limit)
    role = "loss" if value >= limit else used_role(Decimal(value) / limit)
    # A dot is small: in the bar's grey it would vanish, so the calm state is drawn in profit.
    dots = (
        ("●" * filled, "profit" if role == "meter" else role),
        ("○" * (limit - filled), "faint"),
    )
    return (*(span for span in dots if span[0]), (" ", "fg"), number)
