"""The wording of what trading says. Every sentence a person reads about an order is made here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from kit_tui.domain.cards import RefusalCard, Reply, ReportCard, TicketCard
from kit_tui.domain.numbers import ZERO, plain
from kit_tui.domain.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Market
from kit_tui.domain.risk import Check, TradingStatus, Verdict
from kit_tui.domain.ticket import OrderDraft, Ticket, TicketState

CENTS = Decimal("0.01")
_EXACT = Context(prec=80)
WATCHED = "watched here, works only while K.I.T. runs"
KINDS = {
    OrderType.MARKET: "at market",
    OrderType.LIMIT: "limit",
    OrderType.STOP: "stop",
    OrderType.STOP_LIMIT: "stop-limit",
    OrderType.TRAILING_STOP: "trailing stop",
}


def price_text(price: Decimal, market: Market | None = None) -> str:
    """A price with thousands separators, on the market's tick, two decimals where that is finer."""
    tick_places = -int(market.tick_size.normalize().as_tuple().exponent) if market else 0
    own_places = -int(Decimal(price).normalize().as_tuple().exponent)
    places = max(0, tick_places if market else min(own_places, 8))
    if price >= 1:
        places = max(2, places)
    return f"{price:,.{places}f}"


def money(amount: Decimal) -> str:
    """An amount with two decimals, more when it is below a cent; the minus sign is a real one."""
    small = 0 < abs(amount) < CENTS
    places = min(max(4, 2 - Decimal(amount).adjusted()), 10) if small else 2
    # Rounded here: formatting alone would round as the context says, which ccxt sets to half up.
    rounded = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, context=_EXACT)
    return f"{rounded:,.{places}f}".replace("-", "−")


def fee_text(order: Order) -> str:
    """`0.10 USDT`; in coins every digit counts: `0.00000149 BTC`."""
    is_money = order.fee_currency in (order.pair.quote, order.pair.settle)
    return f"{money(order.fee) if is_money else plain(order.fee)} {order.fee_currency}"


def short_money(amount: Decimal) -> str:
    """As `money`, without empty decimals."""
    whole = amount == amount.to_integral_value()
    return f"{amount:,.0f}".replace("-", "−") if whole else money(amount)


def percent(fraction: Decimal) -> str:
    """A fraction as per cent: `500 %`, `1.5 %`."""
    hundred = (fraction * 100).quantize(CENTS, ROUND_HALF_EVEN)
    return f"{plain(hundred)} %".replace("-", "−")


def order_text(draft: OrderDraft | Order, market: Market | None) -> str:
    """`buy 0.1 BTC limit 60,000.00`."""
    text = f"{draft.side.value} {plain(draft.quantity)} {draft.pair.base} {KINDS[draft.type]}"
    if draft.type is OrderType.TRAILING_STOP and draft.trail is not None:
        text += f" {percent(draft.trail)}" + (" at" if draft.stop_price is not None else "")
    if draft.stop_price is not None:
        text += f" {price_text(draft.stop_price, market)}"
    if draft.price is not None:
        text += f" {price_text(draft.price, market)}"
    if draft.time_in_force is not TimeInForce.GTC:
        text += f" {draft.time_in_force.value.upper()}"
    return f"{text} post-only" if draft.post_only else text


def ticket_reply(ticket: Ticket, market: Market, now: datetime) -> Reply:
    """A ticket waits."""
    draft, quote = ticket.order, ticket.order.pair.quote
    seconds = round((ticket.expires_at - now).total_seconds())
    lines = [
        f"Ready to {order_text(draft, market)}: about {money(draft.notional)} {quote}, "
        f"fee about {money(draft.estimated_fee)} {draft.fee_currency}."
    ]
    lines += _around(draft, market)
    lines.append(f"Nothing is sent until you approve ticket {ticket.id}, within {seconds} s.")
    return Reply(text=" ".join(lines), cards=(TicketCard(ticket),))


def _around(draft: OrderDraft, market: Market) -> list[str]:
    """What stands beside an order: its stop and target, leverage, and where it is watched."""
    lines: list[str] = []
    stop = draft.stop_price if draft.reduce_only else draft.stop_loss
    levels = [
        f"{name} {price_text(level, market)}"
        for name, level in (("stop", stop), ("target", draft.take_profit))
        if level is not None
    ]
    if draft.take_profit is not None and draft.reduce_only:
        lines.append(f"Together: {' · '.join(levels)}; one cancels the other.")
    elif draft.take_profit is not None:
        lines.append(f"Once filled: {' · '.join(levels)}.")
    elif draft.stop_loss is not None:
        lines.append(f"Once filled, a stop is placed at {price_text(draft.stop_loss, market)}.")
    if draft.trail is not None and not draft.reduce_only:
        lines.append(f"Once filled, a stop trails by {percent(draft.trail)}.")
    if draft.leverage is not None and draft.leverage > 1:
        lines.append(f"With leverage {plain(draft.leverage)}x.")
    if draft.emulated:
        lines.append(f"{draft.venue} has no such order: it is {WATCHED}.")
    return lines


def refusal_reply(verdict: Verdict, draft: OrderDraft) -> Reply:
    """An order that its checks refuse, with the size that would pass."""
    first, *others = verdict.failed
    text = f"Refused by {check_text(first).rstrip('.')}."
    names = dict.fromkeys(check.name for check in others if check.name != first.name)
    if names:
        text += f" Also refused by {', '.join(names)}."
    quote = draft.pair.quote
    if verdict.largest_passing is not None and not verdict.passed:
        size = verdict.largest_passing
        text += (
            f" The largest size that passes is {short_money(_down(size))} {quote}."
            if size > 0
            else " No size passes."
        )
    return Reply(text=text, cards=(RefusalCard(verdict=verdict, draft=draft),), ok=False)


def check_text(check: Check) -> str:
    """`maxPositionSize: 500 % of equity, limit 10 %`."""
    if check.limit is None or check.after is None:
        return f"{check.name}: {check.detail}" if check.detail else check.name
    texts = {
        "fraction": (percent(check.after), percent(check.limit)),
        "count": (plain(check.after), plain(check.limit)),
        "multiple": (f"{check.after:.2f}×", f"{plain(check.limit)}×"),
        "seconds": (f"{check.after:.0f} s", f"{check.limit:.0f} s"),
    }
    after, limit = texts.get(
        check.unit,
        (f"{short_money(check.after)} {check.unit}", f"{short_money(check.limit)} {check.unit}"),
    )
    if check.name == "quantityBounds":
        after, limit = (f"{plain(value)} {check.unit}" for value in (check.after, check.limit))
    what = {
        "maxPositionSize": f"{after} of equity",
        "leverageLimit": f"{after} of equity",
        "openPositionLimit": f"{after} open positions",
        "dailyLossLimit": f"{after} lost today",
        "drawdown": f"{after} below the peak",
        "priceFresh": f"the price is {after} old",
        "priceBand": f"{after} from the market",
        "freeBalance": f"needs {after}",
    }.get(check.name, after)
    bound = "free" if check.name == "freeBalance" else "limit"
    return f"{check.name}: {what}, {bound} {limit}"


def _down(amount: Decimal) -> Decimal:
    return amount.quantize(CENTS, "ROUND_DOWN") if amount >= 1 else amount


def order_reply(
    order: Order,
    fills: Sequence[Fill],
    market: Market | None,
    *,
    reference_price: Decimal | None = None,
    realised: Decimal | None = None,
    extra: str = "",
) -> Reply:
    """What became of an order that was sent."""
    text = headline(order, market)
    if order.filled > 0:
        text += "\n" + _fill_details(order, realised)
    if extra:
        text += "\n" + extra
    card = ReportCard(
        order=order,
        fills=tuple(fills),
        slippage=_slippage(order, reference_price),
        realised_pnl=realised,
    )
    ok = order.status not in {OrderStatus.REJECTED, OrderStatus.UNKNOWN, OrderStatus.DENIED}
    return Reply(text=text, cards=(card,), ok=ok)


def headline(order: Order, market: Market | None) -> str:
    """What became of an order, in one line."""
    base = order.pair.base
    if order.status is OrderStatus.UNKNOWN:
        return (
            f"No answer from {order.venue} for order {order.id}. It is not sent again; "
            f"{order.pair} takes no new entries until it is known what became of it."
        )
    if order.status is OrderStatus.REJECTED:
        reason = order.reason or "no reason given"
        return f"{order.venue} rejected order {order.id}: {reason}"
    if order.filled > 0 and order.average_price is not None:
        verb = "Bought" if order.side is Side.BUY else "Sold"
        return f"{verb}: {plain(order.filled)} {base} @ {price_text(order.average_price, market)}"
    if order.status in {OrderStatus.CANCELED, OrderStatus.EXPIRED}:
        reason = f": {order.reason}" if order.reason else "."
        ended = "expired" if order.status is OrderStatus.EXPIRED else "was canceled"
        return f"Order {order.id} {ended}{reason}"
    if order.status is OrderStatus.SUBMITTED:
        return f"Order {order.id} is sent; {order.venue} has not said more yet."
    if order.emulated:
        return f"Taken: {order_text(order, market)} is {WATCHED} · order {order.id}"
    return f"Resting: {order_text(order, market)} · order {order.id}"


def order_line(order: Order, market: Market | None) -> str:
    """An order beside another one: what it is, where it works, its number."""
    where = WATCHED if order.emulated else order.status.value
    return f"{order_text(order, market)} · {where} · order {order.id}"


def _fill_details(order: Order, realised: Decimal | None) -> str:
    notional = order.filled * (order.average_price or ZERO)
    parts = [f"{money(notional)} {order.pair.quote}"]
    if order.fee_currency is not None:
        parts.append(f"fee {fee_text(order)}")
    if realised is not None:
        parts.append(f"realised {_gain(realised)} {order.pair.quote}")
    if order.status is OrderStatus.PARTIALLY_FILLED:
        parts.append(f"{plain(order.remaining)} {order.pair.base} still working")
    elif order.remaining > 0:
        parts.append(f"{plain(order.remaining)} {order.pair.base} {order.status.value}")
    parts.append(f"order {order.id}")
    return " · ".join(parts)


def _gain(amount: Decimal) -> str:
    """A profit or loss with its sign, never rounded up: the card beside it says the same."""
    whole = amount.quantize(CENTS, ROUND_FLOOR)
    return f"+{money(whole)}" if whole > 0 else money(whole)


def _slippage(order: Order, reference: Decimal | None) -> Decimal | None:
    if reference is None or order.average_price is None:
        return None
    worse = order.average_price - reference
    return (worse if order.side is Side.BUY else -worse) * order.filled


def much_money(ticket: Ticket) -> str:
    """`Ticket 12 is 1,250.00 USDT of real money`."""
    draft = ticket.order
    return f"Ticket {ticket.id} is {money(draft.notional)} {draft.pair.quote} of real money"


def answered_text(ticket: Ticket) -> str:
    """Why a ticket cannot be answered any more: by whom and where it was."""
    when = f" at {ticket.answered_at:%H:%M:%S} UTC" if ticket.answered_at else ""
    if ticket.state is TicketState.EXPIRED:
        return f"Ticket {ticket.id} has expired{': ' + ticket.note if ticket.note else ''}."
    return (
        f"Ticket {ticket.id} was {ticket.state.value} by {ticket.answered_by} "
        f"on {ticket.answered_on}{when}."
    )


def canceled_text(orders: Sequence[Order], problems: Sequence[str]) -> str:
    """What was cancelled and what could not be."""
    if not orders and not problems:
        return "No working orders to cancel."
    text = ""
    if orders:
        names = ", ".join(f"{o.id} ({o.side.value} {o.pair})" for o in orders)
        text = f"Cancelled {len(orders)} order{'s' if len(orders) > 1 else ''}: {names}."
    return "\n".join(filter(None, [text, *problems]))


def amount(order: Order) -> str:
    """`0.1 BTC`."""
    return f"{plain(order.quantity)} {order.pair.base}"


def filled_amount(order: Order) -> str:
    """`0.1 BTC @ 67,012.40`."""
    price = price_text(order.average_price) if order.average_price is not None else "?"
    return f"{plain(order.filled)} {order.pair.base} @ {price}"


def reducing_reply(status: TradingStatus, working: Sequence[Order], changed: bool) -> Reply:
    """Trading only reduces from now on, or was restricted already."""
    if not changed:
        return Reply(text=f"Trading is {status.state.value} already: {status.reason}.")
    resting = [order for order in working if not order.reduce_only]
    still = (
        f" {len(resting)} resting order{'s' if len(resting) > 1 else ''} may still open: "
        "/cancelall takes them back."
        if resting
        else ""
    )
    return Reply(
        text="Trading only reduces now. Nothing new is opened; exits, stops and targets go on. "
        f"A person lifts it at the terminal: /resume RESUME.{still}"
    )
