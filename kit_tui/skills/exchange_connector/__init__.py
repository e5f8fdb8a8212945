"""Exchange connector: connections to venues, the markets they trade, and the watchlist."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches

from kit_tui.commands.command import Context, Effect, Skill, command
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.errors import UnknownPairError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.pair import Market, Pair
from kit_tui.skills import wording
from kit_tui.state.slices import CONNECTIONS, SESSION, TICKERS, Connection, Session


class ExchangeConnector(Skill):
    """Connections to venues, the markets they trade, and the watchlist."""

    name = "exchange-connector"
    version = "1.0.0"

    @command("venues", effect=Effect.READS, aliases=("exchanges", "connections"))
    async def venues(self, ctx: Context) -> Reply:
        """List every connection with its state, latency, age and mode."""
        session, now = ctx.store.get(SESSION), ctx.clock.now()
        found = ctx.store.get(CONNECTIONS) or ()
        if not found:
            return Reply(text="No connection was made yet.", ok=False)
        table = TableCard(
            title="Connections",
            columns=("name", "kind", "state", "latency", "last answer", "mode", "detail"),
            rows=tuple(_connection(each, session, now) for each in found),
        )
        return Reply(text=_summary(found, session), cards=(table,))

    @command("markets", effect=Effect.READS)
    async def markets(self, ctx: Context, text: str = "") -> Reply:
        """List the tradable pairs whose name holds a text."""
        markets = await ctx.market.markets()
        wanted = text.strip().upper()
        found = sorted(p for p, m in markets.items() if wanted in p and m.active)
        shown = found[: int(self.config.get("markets_shown", 40))]
        if not found:
            return Reply(
                text=f"No market of {len(markets):,} has {wanted!r} in its name.", ok=False
            )
        table = TableCard(
            title="Markets",
            columns=("pair", "venue", "tick", "step", "minimum", "taker fee"),
            rows=tuple(_market(markets[pair]) for pair in shown),
        )
        part = "" if len(shown) == len(found) else f", the first {len(shown)} shown"
        return Reply(text=f"{wording.count(len(found), 'market')}{part}.", cards=(table,))

    @command("watchlist", effect=Effect.READS, aliases=("wl",))
    async def watchlist(self, ctx: Context) -> Reply:
        """Show the watched markets with price, change and age."""
        pairs = ctx.watchlist.pairs()
        if not pairs:
            return Reply(text="The watchlist is empty. Add a market with `/watch PAIR`.")
        quotes, now = ctx.store.get(TICKERS) or {}, ctx.clock.now()
        table = TableCard(
            title="Watchlist",
            columns=("pair", "price", "24 h", "age", "venue"),
            rows=tuple(_quote(pair, quotes.get(pair), now) for pair in pairs),
        )
        return Reply(text=f"{wording.count(len(pairs), 'market')} watched.", cards=(table,))

    @command("watch", effect=Effect.SETS)
    async def watch(self, ctx: Context, pair: Pair) -> Reply:
        """Add a market to the watchlist."""
        if pair in ctx.watchlist.pairs():
            return Reply(text=f"{pair} is on the watchlist already.")
        markets = await ctx.market.markets()
        if pair not in markets:
            raise UnknownPairError(
                f"The venue does not trade {pair}.", hint=_nearest(pair, markets)
            )
        await ctx.watchlist.add(pair)
        return Reply(text=f"{pair} is on the watchlist now.")

    @command("unwatch", effect=Effect.SETS)
    async def unwatch(self, ctx: Context, pair: Pair) -> Reply:
        """Take a market off the watchlist."""
        if pair not in ctx.watchlist.pairs():
            return Reply(text=f"{pair} is not on the watchlist.", ok=False)
        await ctx.watchlist.remove(pair)
        return Reply(text=f"{pair} is off the watchlist.")


def _connection(each: Connection, session: Session | None, now: datetime) -> tuple[str, ...]:
    latency = wording.MISSING if each.latency_ms is None else f"{each.latency_ms:.0f} ms"
    answered = (
        wording.MISSING
        if each.last_ok_at is None
        else f"{wording.span((now - each.last_ok_at).total_seconds())} ago"
    )
    trades = session is not None and each.name in (session.venue, session.source)
    mode = session.mode.value if session is not None and trades else wording.MISSING
    return (each.name, each.kind, each.state, latency, answered, mode, each.detail)


def _summary(found: tuple[Connection, ...], session: Session | None) -> str:
    up = sum(each.state == "up" for each in found)
    text = f"{up} of {wording.count(len(found), 'connection')} up."
    if session is None:
        return text
    text += f" Prices from {session.source}, {session.mode.value} account {session.account}."
    return f"{text} {session.notice}".rstrip()


def _market(market: Market) -> tuple[str, ...]:
    minimum = (
        wording.MISSING
        if market.min_notional == ZERO
        else f"{wording.amount(market.min_notional)} {market.pair.quote}"
    )
    fee = wording.percent(market.taker_fee, sign=False)
    steps = (wording.amount(market.tick_size), wording.amount(market.quantity_step))
    return (str(market.pair), market.venue, *steps, minimum, fee)


def _quote(pair: Pair, ticker: Ticker | None, now: datetime) -> tuple[str, ...]:
    if ticker is None:
        return (str(pair), wording.MISSING, wording.MISSING, wording.MISSING, wording.MISSING)
    price = wording.price(ticker.last.normalize())
    change, age = wording.percent(ticker.change_24h), wording.span(ticker.age(now))
    return (str(pair), price, change, age, ticker.venue)


def _nearest(pair: Pair, markets: Mapping[Pair, Market]) -> str:
    same = sorted(name for name in markets if name.base == pair.base)
    near = same[:3] or get_close_matches(pair, list(markets), n=3)
    return f"It has {', '.join(near)}." if near else "See /markets."
