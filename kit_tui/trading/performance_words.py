"""What trades have earned, as tables of at most five columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from kit_tui.domain import performance as figures
from kit_tui.domain.autonomy import READ_BY_PEOPLE
from kit_tui.domain.cards import TableCard
from kit_tui.domain.numbers import ZERO, plain
from kit_tui.domain.performance import Part, Record
from kit_tui.domain.periods import Period, Span
from kit_tui.domain.portfolio import Portfolio
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.round_trips import EXACT, AccountTrades, Asked, Gain, RoundTrip, total
from kit_tui.trading import reports

MISSING = "–"
CENTS = Decimal("0.01")
FINEST = Decimal("1e-8")
STAMP = "%m-%d %H:%M"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a profit is told with beside the trades: what is open, and what the account is worth.

    `paid_in` is what came in less what went out since ever, in the portfolio's currency.
    """

    positions: tuple[MarkedPosition, ...]
    portfolio: Portfolio | None
    paid_in: Decimal
    zone: tzinfo
    timezone: str


# -- numbers ---------------------------------------------------------------------------------------


def exactly(amount: Decimal) -> str:
    """An amount with its sign and every digit down to the eighth: `+12.30456`, `−0.10`."""
    rounded = amount.quantize(FINEST, ROUND_HALF_EVEN, context=EXACT)
    whole, _, behind = f"{abs(rounded):,.8f}".partition(".")
    text = f"{whole}.{behind.rstrip('0').ljust(2, '0')}"
    return _sign(rounded) + text


def signed(amount: Decimal) -> str:
    """An amount with its sign and two decimals, more when it is below a cent."""
    text = reports.money(amount)
    return f"+{text}" if amount > 0 else text


def percent(fraction: Decimal | None, places: int = 1) -> str:
    """A fraction as percent: `60.0%`, `–` when there is none."""
    if fraction is None:
        return MISSING
    step = Decimal(1).scaleb(-places)
    return f"{(fraction * 100).quantize(step, ROUND_HALF_EVEN, context=EXACT)}%".replace("-", "−")


def span(seconds: float | None) -> str:
    """A length of time in its two largest units: `4 min`, `2 h 5 min`, `3 d 4 h`."""
    if seconds is None:
        return MISSING
    minutes, rest = divmod(max(0, round(seconds)), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = [(days, "d"), (hours, "h"), (minutes, "min")]
    first = next(place for place, (number, _) in enumerate(units) if number)
    return " ".join(f"{number} {unit}" for number, unit in units[first : first + 2] if number)


def _sign(amount: Decimal) -> str:
    return "+" if amount > 0 else "−" if amount < 0 else ""


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


# -- profit ----------------------------------------------------------------------------------------


def profit_card(trades: AccountTrades, quote: str, over: Span, standing: Standing) -> TableCard:
    """Everything about the profit in one currency within a span of time."""
    own = figures.within(trades, quote, over)
    done = figures.record(own.closed)
    rows = [
        ("Realised, fees included", exactly(figures.realised(own.gains))),
        *_open_rows(quote, standing),
        ("Fees", exactly(figures.fees(own.gains)).lstrip("+")),
        ("Volume", reports.money(figures.volume(own.gains))),
        ("Closed trades", f"{done.trades} ({done.wins} won, {done.losses} lost)"),
        ("Win rate", percent(done.win_rate)),
        ("Expectancy a trade", MISSING if done.expectancy is None else signed(done.expectancy)),
        ("Profit factor", _factor(done)),
        *_pair_rows(own.gains),
        ("Deepest fall of realised", _fall(own.gains, standing.zone)),
    ]
    said = over.in_words(standing.zone)
    when = f"{said} {standing.timezone}" if said else "since ever"
    return TableCard(
        title=f"Profit in {quote}, {when}", columns=("what", "figure"), rows=tuple(rows)
    )


def money_rows(trades: AccountTrades, standing: Standing) -> list[tuple[str, str]]:
    """What moved the account beside trades: funding, and what was paid in or out."""
    other: dict[str, list[Decimal]] = {}
    for flow in trades.flows:
        if not flow.worth:
            other.setdefault(flow.currency, []).append(flow.amount)
    rows = [(f"Funding and the like, {c}", exactly(total(found))) for c, found in other.items()]
    paid = total([flow.worth for flow in trades.flows])
    reference = standing.portfolio.reference if standing.portfolio is not None else ""
    rows.append(("Paid in, no profit", f"{exactly(paid)} {reference}".rstrip()))
    return rows


def equity_rows(standing: Standing, *, whole: bool) -> list[tuple[str, str]]:
    """Equity where it is known; for the whole time also less what was paid in, the profit of all.

    Beside the trades that holds what coins of others, and fees in coins, have gained since.
    """
    held = standing.portfolio
    if held is None:
        return []
    partly = "" if held.complete else ", only partly known"
    rows = [("Equity now", f"{exactly(held.equity).lstrip('+')} {held.reference}{partly}")]
    if whole:
        profit = EXACT.subtract(held.equity, standing.paid_in)
        rows.append(("Equity less what was paid in", f"{exactly(profit)} {held.reference}{partly}"))
    return rows


def unrealised(quote: str, positions: Iterable[MarkedPosition]) -> tuple[Decimal, int, int]:
    """Unrealised profit in a currency, how many positions it is of, and how many have no price."""
    own = [held for held in positions if held.position.pair.quote == quote]
    known = [pnl for held in own if (pnl := held.unrealised_pnl) is not None]
    return total(known), len(own), len(own) - len(known)


def _open_rows(quote: str, standing: Standing) -> list[tuple[str, str]]:
    amount, count, missing = unrealised(quote, standing.positions)
    partly = f", {missing} without a price or cost" if missing else ""
    return [("Unrealised now", f"{exactly(amount)} ({count} open{partly})")]


def _pair_rows(gains: Sequence[Gain]) -> list[tuple[str, str]]:
    pairs = list(figures.by_pair(gains).items())
    if not pairs:
        return []
    (best, most), (worst, least) = pairs[0], pairs[-1]
    return [("Best pair", f"{best} {signed(most)}"), ("Worst pair", f"{worst} {signed(least)}")]


def _factor(done: Record) -> str:
    factor = done.profit_factor
    return MISSING if factor is None else reports.money(factor)


def _fall(gains: Sequence[Gain], zone: tzinfo) -> str:
    fall = figures.deepest(gains)
    if fall is None:
        return "none"
    first, last = (at.astimezone(zone).strftime("%m-%d") for at in (fall.since, fall.until))
    return f"{signed(-fall.depth)} ({first} to {last})"


# -- by period, by pair, by end --------------------------------------------------------------------

PERIODS = {
    Period.DAY: ("Daily", "%Y-%m-%d"),
    Period.WEEK: ("Weekly", "from %Y-%m-%d"),
    Period.MONTH: ("Monthly", "%Y-%m"),
}


def period_card(parts: Sequence[Part], period: Period, quote: str, standing: Standing) -> TableCard:
    """One line a period, the newest first, and their sum."""
    name, form = PERIODS[period]
    rows = [
        (part.start.astimezone(standing.zone).strftime(form), *_part(part))
        for part in reversed(parts)
    ]
    whole = Part(
        start=parts[0].start, profit=total([p.profit for p in parts]),
        fees=total([p.fees for p in parts]), volume=total([p.volume for p in parts]),
        trades=sum(p.trades for p in parts),
    )  # fmt: skip
    return TableCard(
        title=f"{name} in {quote}, {standing.timezone}",
        columns=(period.value, "realised", "fees", "trades", "volume"),
        rows=(*rows, ("together", *_part(whole))),
    )


def _part(part: Part) -> tuple[str, str, str, str]:
    return signed(part.profit), reports.money(part.fees), str(part.trades), _round(part.volume)


def pairs_card(trades: AccountTrades, quote: str) -> TableCard:
    """Realised profit by pair, the best first."""
    closed = figures.by(lambda trip: str(trip.pair), trades.closed)
    rows = []
    for pair, amount in figures.by_pair(trades.gains).items():
        done = figures.record(closed.get(pair, ()))
        known = [t.fraction for t in closed.get(pair, ()) if t.fraction is not None]
        mean = sum(known, ZERO) / len(known) if known else None
        rows.append(
            (pair, signed(amount), str(done.trades), percent(done.win_rate), percent(mean, 2))
        )
    columns = ("pair", "realised", "trades", "won", "mean trade")
    return TableCard(title=f"Performance in {quote}", columns=columns, rows=tuple(rows))


def ends_card(trades: AccountTrades, quote: str) -> TableCard:
    """Wins and losses by how a trade ended."""
    groups = figures.by(lambda trip: trip.ended_by, trades.closed)
    rows = [
        (name, str(done.wins), str(done.losses), percent(done.win_rate), signed(done.profit))
        for name, done in ((name, figures.record(trips)) for name, trips in groups.items())
    ]
    columns = ("ended by", "won", "lost", "win rate", "profit")
    return TableCard(title=f"How trades ended, {quote}", columns=columns, rows=tuple(rows))


def times_card(trades: AccountTrades) -> TableCard:
    """How long trades were held that won, and that lost."""
    groups = {
        "won": [t.held_s for t in trades.closed if t.profit > 0],
        "lost": [t.held_s for t in trades.closed if t.profit < 0],
    }
    rows = tuple(
        (name, str(len(held)), span(min(held)), span(figures.typical(held)), span(max(held)))
        for name, held in groups.items()
        if held
    )
    columns = ("trades", "count", "shortest", "median", "longest")
    return TableCard(title="How long they were held", columns=columns, rows=rows)


def asked_card(trips: Iterable[tuple[Asked | None, RoundTrip]], title: str) -> TableCard:
    """Wins and losses by who wanted the order: the channel, what read it, asked about or not."""
    groups: dict[tuple[str, str], list[RoundTrip]] = {}
    for asked, trip in trips:
        groups.setdefault(_who(asked, trip), []).append(trip)
    rows = tuple(
        (*who, str(done.trades), percent(done.win_rate), signed(done.profit))
        for who, done in ((who, figures.record(own)) for who, own in groups.items())
    )
    return TableCard(title=title, columns=("on", "by", "trades", "won", "profit"), rows=rows)


def _who(asked: Asked | None, trip: RoundTrip) -> tuple[str, str]:
    """Where and how it was asked for; what needed no ticket is named by what ended the trade."""
    if asked is None:
        return MISSING, trip.ended_by or "no ticket"
    reader = asked.reader if asked.reader in READ_BY_PEOPLE else f"model {asked.reader}"
    reader = reader if asked.reader else "not known"
    return asked.channel, f"{reader}, unasked" if asked.unasked else reader


# -- single trades ---------------------------------------------------------------------------------


def trades_card(closed: Sequence[RoundTrip], zone: tzinfo, timezone: str) -> TableCard:
    """Closed trades, the newest first."""
    rows = tuple(
        (
            f"{trip.closed_at.astimezone(zone).strftime(STAMP) if trip.closed_at else MISSING}",
            f"{trip.pair}{' short' if trip.side == 'short' else ''}",
            f"{_price(trip.entry)} → {_price(trip.exit)}",
            f"{signed(trip.profit)} ({percent(trip.fraction, 2)})",
            f"{trip.ended_by}, {span(trip.held_s)}",
        )
        for trip in reversed(closed)
    )
    columns = (f"closed {timezone}", "pair", "entry → exit", "profit", "ended by, held")
    return TableCard(title="Closed trades", columns=columns, rows=rows)


def fees_card(gains: Sequence[Gain], quote: str) -> TableCard:
    """Fees in one quote currency: as they were taken, and what they were worth."""
    rows = [
        (f"Taken in {currency}", plain(amount))
        for currency, amount in figures.charged(gains).items()
    ]
    worth, traded = figures.fees(gains), figures.volume(gains)
    rows += [
        (f"Together worth, {quote}", exactly(worth).lstrip("+")),
        ("Of the volume", percent(worth / traded, 3) if traded else MISSING),
    ]
    return TableCard(title=f"Fees on {quote} pairs", columns=("what", "figure"), rows=tuple(rows))


def _price(price: Decimal | None) -> str:
    """An average price with six significant digits, at least two decimals."""
    if price is None:
        return MISSING
    return f"{price:,.{max(2, 5 - price.adjusted())}f}"


def _round(amount: Decimal) -> str:
    return f"{amount.quantize(Decimal(1), ROUND_HALF_EVEN, context=EXACT):,}"
