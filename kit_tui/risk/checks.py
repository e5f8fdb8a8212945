"""One small pure function per check. Each says its limit, the figure now and the figure after.

Size limits are counted at the ticket's price; how far the fill may stray from it is bounded by
the ticket's worst price. A size exactly at a limit passes. A loss limit is different: reaching it
is the breach, as the guards see it too.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from kit_tui.domain.numbers import ONE, ZERO, exact, plain
from kit_tui.domain.orders import OrderType, Side, total_locked
from kit_tui.domain.risk import Check, TradingState
from kit_tui.domain.ticket import OrderDraft
from kit_tui.risk.picture import Picture
from kit_tui.settings.model import RiskSettings

MAX_POSITION_SIZE = "maxPositionSize"
DAILY_LOSS_LIMIT = "dailyLossLimit"
OPEN_POSITION_LIMIT = "openPositionLimit"
LEVERAGE_LIMIT = "leverageLimit"
DRAWDOWN = "drawdown"
# A usual rate of maintenance margin, and how much of the way to liquidation a stop may take.
MAINTENANCE = Decimal("0.005")
LIQUIDATION_ROOM = Decimal("0.8")
ORDERS_PER_SECOND = 100
BARRED = "entriesOpen"
FREE_BALANCE = "freeBalance"


def trading_state(draft: OrderDraft, picture: Picture) -> Check:
    """Halted and reducing both let only orders pass which truly reduce."""
    state = picture.status.state
    allowed = state is TradingState.ACTIVE or picture.is_exit(draft)
    codes = {
        TradingState.ACTIVE: "TRADING_STATE",
        TradingState.REDUCING: "TRADING_STATE_REDUCING",
        TradingState.HALTED: "TRADING_HALTED",
    }
    return Check(
        name="tradingState",
        code=codes[state],
        unit="state",
        passed=allowed,
        detail=state.value if allowed else f"trading is {state.value}: {picture.status.reason}",
    )


def symbol_frozen(draft: OrderDraft, picture: Picture) -> Check:
    """An order of unknown outcome bars new entries in its pair."""
    frozen = draft.pair in picture.frozen
    return Check(
        name="symbolFrozen",
        code="SYMBOL_FROZEN",
        unit="state",
        passed=not frozen or picture.is_exit(draft),
        detail="the outcome of an earlier order is not known yet" if frozen else "",
    )


def barriers(draft: OrderDraft, picture: Picture) -> list[Check]:
    """What bars entries beyond this order's own figures: keys, arming, books, closed markets.

    Only what fails is listed, each with its code; exits are never barred.
    """
    if picture.is_exit(draft):
        return []
    standing = [found for found in picture.barriers if found.pair in (None, draft.pair)]
    # A venue that is down bars for several reasons in the same words: they are said once.
    said = {found.detail or found.code: found for found in standing}
    return [
        Check(name=BARRED, code=found.code, unit="state", passed=False, detail=found.detail)
        for found in standing
        if said[found.detail or found.code] is found
    ]


def market_active(draft: OrderDraft, picture: Picture) -> Check:
    """The venue trades this pair now."""
    market = picture.market
    known = market is not None and market.pair == draft.pair
    return Check(
        name="marketActive",
        code="MARKET_CLOSED" if known else "INSTRUMENT_NOT_FOUND",
        unit="state",
        passed=known and market is not None and market.active,
        detail="" if known else f"{draft.venue} does not list {draft.pair}",
    )


def price_fresh(draft: OrderDraft, picture: Picture, settings: RiskSettings) -> Check:
    """Fail closed: without a fresh price there is no order."""
    ticker, limit = picture.ticker, Decimal(settings.max_price_age_s)
    if ticker is None or ticker.pair != draft.pair:
        return Check(
            name="priceFresh", code="PRICE_STALE", unit="seconds", limit=limit, passed=False,
            detail="no price",
        )  # fmt: skip
    age = exact(str(round(ticker.age(picture.now), 3)))
    return Check(
        name="priceFresh",
        code="PRICE_STALE",
        unit="seconds",
        limit=limit,
        value=age,
        after=age,
        # A price from the future beyond a little clock drift is as doubtful as an old one.
        passed=-limit <= age <= limit,
    )


def price_band(draft: OrderDraft, picture: Picture, settings: RiskSettings) -> Check:
    """Fat finger: a price on the costly side of the middle must stay within the band."""
    limit = settings.price_band
    stray = ZERO
    if picture.ticker is not None:
        mid = picture.ticker.mid
        paid = draft.price if draft.price is not None else draft.reference_price
        if draft.type not in {OrderType.MARKET, OrderType.LIMIT} and draft.stop_price is not None:
            mid = draft.stop_price
        stray = (paid - mid) / mid if draft.side is Side.BUY else (mid - paid) / mid
        stray = max(ZERO, stray)
    return Check(
        name="priceBand",
        code="PRICE_OUT_OF_BAND",
        unit="fraction",
        limit=limit,
        value=stray,
        after=stray,
        passed=stray <= limit,
    )


def quantity_bounds(draft: OrderDraft, picture: Picture) -> Check:
    """The venue's smallest and largest quantity, in base currency."""
    market = picture.market
    low = market.min_quantity if market is not None else ZERO
    high = market.max_quantity if market is not None else ZERO
    below = draft.quantity <= 0 or draft.quantity < low
    above = high > 0 and draft.quantity > high
    return Check(
        name="quantityBounds",
        code="QUANTITY_EXCEEDS_MAXIMUM" if above else "QUANTITY_BELOW_MINIMUM",
        unit=draft.pair.base,
        limit=high if above else low,
        value=ZERO,
        after=draft.quantity,
        passed=not below and not above,
    )


def notional_bounds(draft: OrderDraft, picture: Picture) -> Check:
    """The venue's smallest and largest notional, in quote currency."""
    market = picture.market
    low = market.min_notional if market is not None else ZERO
    high = market.max_notional if market is not None else ZERO
    above = high > 0 and draft.notional > high
    return Check(
        name="notionalBounds",
        code="NOTIONAL_EXCEEDS_MAXIMUM" if above else "NOTIONAL_BELOW_MINIMUM",
        unit=draft.pair.quote,
        limit=high if above else low,
        value=ZERO,
        after=draft.notional,
        passed=draft.notional >= low and not above,
    )


def portfolio_complete(draft: OrderDraft, picture: Picture) -> Check:
    """Entries need the whole account priced, fresh and reconciled."""
    portfolio = picture.portfolio
    priced = picture.rate(draft.pair.quote) > 0
    passed = portfolio is not None and portfolio.complete and portfolio.equity > 0 and priced
    detail = "" if passed else "equity is only partly known"
    if portfolio is not None and portfolio.complete and not priced:
        detail = f"no price for {draft.pair.quote}"
    return Check(
        name="portfolioComplete", code="PORTFOLIO_INCOMPLETE", unit="state", passed=passed,
        detail=detail,
    )  # fmt: skip


def max_position_size(draft: OrderDraft, picture: Picture, settings: RiskSettings) -> Check:
    """The pair's position with its working entries, as a fraction of equity."""
    value = picture.held_value(draft.pair) + picture.entries_value(draft.pair)
    check = Check(
        name=MAX_POSITION_SIZE, code="MAX_POSITION_SIZE", unit="fraction",
        limit=settings.max_position_size, passed=False,
    )  # fmt: skip
    return _fraction_of_equity(check, value, value + picture.order_value(draft), picture)


def open_position_limit(draft: OrderDraft, picture: Picture, settings: RiskSettings) -> Check:
    """Open positions, dust aside, together with pairs that a working entry would open."""
    pairs = {p.position.pair for p in picture.positions if not p.dust}
    pairs |= {o.pair for o in picture.entries()}
    after = len(pairs | {draft.pair})
    return Check(
        name=OPEN_POSITION_LIMIT,
        code="OPEN_POSITION_LIMIT",
        unit="count",
        limit=Decimal(settings.open_position_limit),
        value=Decimal(len(pairs)),
        after=Decimal(after),
        passed=after <= settings.open_position_limit or draft.pair in pairs,
    )


def leverage_limit(draft: OrderDraft, picture: Picture, settings: RiskSettings) -> Check:
    """Gross exposure of positions and working entries as a multiple of equity.

    The leverage an order asks of the venue must keep to the same limit.
    """
    value = picture.gross_exposure + picture.entries_value()
    limit = Decimal(settings.leverage_limit)
    check = Check(
        name=LEVERAGE_LIMIT, code="LEVERAGE_LIMIT", unit="multiple", limit=limit, passed=False
    )
    asked = draft.leverage or ZERO
    if asked > limit:
        return msgspec.structs.replace(
            check, value=asked, after=asked, detail=f"{plain(asked)}x is asked of the venue"
        )
    return _fraction_of_equity(check, value, value + picture.order_value(draft), picture)


def liquidation_distance(draft: OrderDraft, picture: Picture) -> Check | None:
    """With leverage the stop must lie well before the price at which the venue closes.

    That price is estimated for isolated margin as entry * (1 -/+ (1/leverage - maintenance)); one
    that the venue names for the position counts if it is nearer. None without leverage.
    """
    if draft.leverage is None or draft.leverage <= 1:
        return None
    long, entry = draft.side is Side.BUY, draft.reference_price
    room = ONE / draft.leverage - MAINTENANCE
    held = picture.position(draft.pair)
    known = held.position.liquidation_price if held is not None else None
    if known is not None:
        room = min(room, (entry - known if long else known - entry) / entry)
    away = draft.trail or ZERO
    if draft.stop_loss is not None:
        away = abs(entry - draft.stop_loss) / entry
    limit = max(ZERO, room * LIQUIDATION_ROOM)
    return Check(
        name="liquidationDistance", code="LIQUIDATION_TOO_CLOSE", unit="fraction", limit=limit,
        value=away, after=away, passed=0 < away <= limit,
        detail="" if away > 0 else "with leverage a stop is needed",
    )  # fmt: skip


def order_kind(draft: OrderDraft, picture: Picture) -> Check | None:
    """The venue has such an order, or it is watched here; None when that holds."""
    native = draft.type in picture.native_types or draft.emulated
    if native and (picture.has_post_only or not draft.post_only):
        return None
    what = "post-only orders" if native else f"{draft.type.value.replace('_', ' ')} orders"
    return Check(
        name="orderType", code="UNSUPPORTED_ORDER_TYPE", unit="state", passed=False,
        detail=f"{draft.venue} has no {what}",
    )  # fmt: skip


def order_rate(picture: Picture) -> Check | None:
    """No more entries in a second than a person could mean; None when that holds."""
    if picture.recent_orders < ORDERS_PER_SECOND:
        return None
    return Check(
        name="orderRate", code="RATE_LIMIT_EXCEEDED", unit="count",
        limit=Decimal(ORDERS_PER_SECOND), value=Decimal(picture.recent_orders),
        after=Decimal(picture.recent_orders + 1), passed=False,
    )  # fmt: skip


def daily_loss_limit(draft: OrderDraft, picture: Picture, settings: RiskSettings) -> Check:
    """Loss since the day's first equity; the order adds its fee."""
    limit, portfolio = settings.daily_loss_limit, picture.portfolio
    loss = -portfolio.day_fraction if portfolio is not None else ZERO
    start = portfolio.day_base if portfolio is not None else ZERO
    fee = draft.estimated_fee * picture.rate(draft.fee_currency)
    after = loss + (fee / start if start > 0 else ZERO)
    return Check(
        name=DAILY_LOSS_LIMIT,
        code="DAILY_LOSS_LIMIT",
        unit="fraction",
        limit=limit,
        value=max(ZERO, loss),
        after=max(ZERO, after),
        passed=loss < limit and after <= limit,
    )


def drawdown(picture: Picture, settings: RiskSettings) -> Check:
    """Fall from the equity peak; from the first limit on there are no entries."""
    fall = picture.portfolio.drawdown if picture.portfolio is not None else ZERO
    return Check(
        name=DRAWDOWN,
        code="DRAWDOWN_LIMIT",
        unit="fraction",
        limit=settings.drawdown_reduce,
        value=fall,
        after=fall,
        passed=fall < settings.drawdown_reduce,
    )


def free_balance(draft: OrderDraft, picture: Picture) -> Check:
    """What the order costs at its worst price with its fee, against what is free."""
    if picture.margined:
        currency, needed = draft.fee_currency, _margin_needed(draft, reduces=picture.is_exit(draft))
        available = picture.free(currency)
    elif draft.side is Side.BUY:
        currency = draft.pair.quote
        cost = draft.quantity * draft.worst_price
        fee = draft.estimated_fee if draft.fee_currency == currency else ZERO
        # The fee was estimated at the reference price; at the worst price it grows alike.
        needed = cost + fee * draft.worst_price / draft.reference_price
        available = picture.free(currency)
    else:
        currency, needed = draft.pair.base, draft.quantity
        available = picture.free(currency) + locked_by_us(draft, picture)
    return Check(
        name=FREE_BALANCE,
        code="NOTIONAL_EXCEEDS_FREE_BALANCE",
        unit=currency,
        limit=available,
        value=ZERO,
        after=needed,
        passed=needed <= available,
    )


def _margin_needed(draft: OrderDraft, *, reduces: bool) -> Decimal:
    """Initial margin and fee of an entry; an exit gives margin back."""
    if reduces:
        return ZERO
    dearest = max(draft.worst_price, draft.reference_price)
    return draft.quantity * dearest / (draft.leverage or ONE) + draft.estimated_fee


def locked_by_us(draft: OrderDraft, picture: Picture) -> Decimal:
    """Coins locked by our own working sells of the pair, which an exit releases first."""
    return total_locked(
        o for o in picture.working if o.pair == draft.pair and o.side is Side.SELL and not o.outside
    )


def off(name: str) -> Check:
    """A check which the settings leave out."""
    return Check(name=name, code="OFF", unit="state", passed=True, detail="off")


def _fraction_of_equity(check: Check, value: Decimal, after: Decimal, picture: Picture) -> Check:
    """Fill in a check whose figures are amounts measured against equity."""
    equity = picture.equity
    if equity <= 0 or check.limit is None:
        return msgspec.structs.replace(check, passed=False, detail="no equity")
    return msgspec.structs.replace(
        check,
        value=value / equity,
        after=after / equity,
        # Compared as products: a division would round and move the boundary.
        passed=after <= check.limit * equity,
    )
