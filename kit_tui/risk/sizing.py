"""The largest size that passes every check, found by solving each limit for the notional."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.numbers import ZERO, truncate
from kit_tui.domain.orders import Side
from kit_tui.domain.ticket import OrderDraft
from kit_tui.risk import checks
from kit_tui.risk.picture import Picture
from kit_tui.settings.model import RiskSettings

PLACES = 8


def largest_entry(draft: OrderDraft, picture: Picture, settings: RiskSettings) -> Decimal:
    """The largest notional of such an entry that passes, in quote currency; 0 when none does."""
    market, rooms = picture.market, entry_rooms(draft, picture, settings)
    if market is None or not rooms:
        return ZERO
    quantity = market.quantity_down(max(ZERO, min(rooms.values())) / draft.reference_price)
    notional = quantity * draft.reference_price
    if quantity <= 0 or quantity < market.min_quantity or notional < market.min_notional:
        return ZERO
    return truncate(notional, PLACES)


def entry_rooms(draft: OrderDraft, picture: Picture, settings: RiskSettings) -> dict[str, Decimal]:
    """What each limit leaves for such an entry, in quote currency, by the name of its check.

    Room for slippage up to the worst price is left, so that the size still passes if it is
    approved a moment later at another price within the bound. Empty when nothing can be said.
    """
    market, rate = picture.market, picture.rate(draft.pair.quote)
    if market is None or rate <= 0 or picture.equity <= 0:
        return {}
    slip = max(Decimal(1), draft.worst_price / draft.reference_price)
    fee = draft.estimated_fee / draft.notional if draft.notional > 0 else market.taker_fee
    paid_in = draft.fee_currency if picture.margined else draft.pair.quote
    margin = 1 / (draft.leverage or Decimal(1))
    rooms = {checks.FREE_BALANCE: picture.free(paid_in) / (slip * (margin + fee))}
    limits = _limit_rooms(draft, picture, settings, slip, fee)
    rooms |= {name: room / rate for name, room in limits.items()}
    if market.max_notional > 0:
        rooms["notionalBounds"] = market.max_notional
    if market.max_quantity > 0:
        rooms["quantityBounds"] = market.max_quantity * draft.reference_price
    return rooms


def largest_exit(draft: OrderDraft, picture: Picture) -> Decimal:
    """The whole position as far as its coins are ours to sell, in quote currency."""
    held = picture.position(draft.pair)
    if held is None or picture.market is None:
        return ZERO
    if picture.margined:
        whole = picture.market.quantity_down(held.position.quantity)
        return truncate(whole * draft.reference_price, PLACES)
    sellable = min(
        held.position.quantity, picture.free(draft.pair.base) + checks.locked_by_us(draft, picture)
    )
    return truncate(picture.market.quantity_down(sellable) * draft.reference_price, PLACES)


def _limit_rooms(
    draft: OrderDraft,
    picture: Picture,
    settings: RiskSettings,
    slip: Decimal,
    fee: Decimal,
) -> dict[str, Decimal]:
    """What every enabled limit leaves, in reference currency."""
    enabled, equity = set(settings.checks), picture.equity
    rooms: dict[str, Decimal] = {}
    if checks.MAX_POSITION_SIZE in enabled:
        used = picture.held_value(draft.pair) + picture.entries_value(draft.pair)
        rooms[checks.MAX_POSITION_SIZE] = (settings.max_position_size * equity - used) / slip
    if checks.LEVERAGE_LIMIT in enabled:
        used = picture.gross_exposure + picture.entries_value()
        rooms[checks.LEVERAGE_LIMIT] = (Decimal(settings.leverage_limit) * equity - used) / slip
    if checks.OPEN_POSITION_LIMIT in enabled and not _position_fits(draft, picture, settings):
        rooms[checks.OPEN_POSITION_LIMIT] = ZERO
    if checks.DRAWDOWN in enabled and not checks.drawdown(picture, settings).passed:
        rooms[checks.DRAWDOWN] = ZERO
    if checks.DAILY_LOSS_LIMIT in enabled and picture.portfolio is not None:
        left = settings.daily_loss_limit * picture.portfolio.day_base + picture.portfolio.day_pnl
        if left <= 0 or fee > 0:
            rooms[checks.DAILY_LOSS_LIMIT] = ZERO if left <= 0 else left / fee
    return rooms


def _position_fits(draft: OrderDraft, picture: Picture, settings: RiskSettings) -> bool:
    return checks.open_position_limit(draft, picture, settings).passed


def quantity_for_risk(
    equity: Decimal, risk: Decimal, entry: Decimal, stop: Decimal, side: Side
) -> Decimal:
    """Units to trade so that a stop-out loses `risk` (a fraction) of `equity`; 0 if the stop is
    on the wrong side. Fixed-fractional sizing."""
    distance = entry - stop if side is Side.BUY else stop - entry
    return equity * risk / distance if distance > 0 else ZERO
