"""Connections, markets and the watchlist."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.errors import UnknownPairError, VenueUnavailableError
from kit_tui.domain.orders import Mode
from kit_tui.domain.pair import Pair
from kit_tui.skills.exchange_connector import ExchangeConnector
from kit_tui.state.slices import CONNECTIONS, SESSION, TICKERS, Connection, Session
from tests.skills.context import Bench
from tests.support.clock import EPOCH
from tests.support.market import BTC, make_ticker

ETH = Pair("ETH/USDT")
SKILL = ExchangeConnector({"markets_shown": 2})


def table(reply: Reply) -> TableCard:
    (card,) = reply.cards
    assert isinstance(card, TableCard)
    return card


@pytest.fixture
def ctx() -> Bench:
    found = Bench()
    for name in ("BTC/USDT", "ETH/USDT", "ETH/BTC", "DOGE/USDT"):
        found.market.closes[Pair(name)] = [1.0, 2.0]
    return found


async def test_venues_show_state_latency_age_and_mode(ctx: Bench) -> None:
    up = Connection(
        name="binance", kind="venue", state="up", latency_ms=81.4,
        last_ok_at=EPOCH - timedelta(seconds=2),
    )  # fmt: skip
    down = Connection(name="telegram", kind="channel", state="down", detail="no answer")
    ctx.store.publish(CONNECTIONS, (up, down))
    ctx.store.publish(
        SESSION,
        Session(account="paper", mode=Mode.PAPER, venue="binance", source="binance",
                reference="USDT", started_at=EPOCH),
    )  # fmt: skip
    reply = await SKILL.venues(ctx)
    assert reply.text == "1 of 2 connections up. Prices from binance, paper account paper."
    assert table(reply).rows == (
        ("binance", "venue", "up", "81 ms", "2 s ago", "paper", ""),
        ("telegram", "channel", "down", "–", "–", "–", "no answer"),
    )


async def test_no_connection_yet_is_said(ctx: Bench) -> None:
    assert not (await SKILL.venues(ctx)).ok


async def test_markets_are_found_by_part_of_their_name(ctx: Bench) -> None:
    reply = await SKILL.markets(ctx, "eth")
    assert reply.text == "2 markets."
    assert [row[0] for row in table(reply).rows] == ["ETH/BTC", "ETH/USDT"]
    assert table(reply).rows[1] == (
        "ETH/USDT", "scripted", "0.01", "0.00001", "5 USDT", "0.10%",
    )  # fmt: skip


async def test_a_long_list_of_markets_says_what_is_left_out(ctx: Bench) -> None:
    assert (await SKILL.markets(ctx)).text == "4 markets, the first 2 shown."


async def test_no_such_market_is_said(ctx: Bench) -> None:
    reply = await SKILL.markets(ctx, "qqq")
    assert not reply.ok
    assert "'QQQ'" in reply.text


async def test_watch_and_unwatch(ctx: Bench) -> None:
    assert (await SKILL.watch(ctx, BTC)).text == "BTC/USDT is on the watchlist now."
    assert (await SKILL.watch(ctx, BTC)).text == "BTC/USDT is on the watchlist already."
    assert ctx.watchlist.pairs() == (BTC,)
    assert (await SKILL.unwatch(ctx, BTC)).ok
    assert ctx.watchlist.pairs() == ()
    assert not (await SKILL.unwatch(ctx, BTC)).ok


async def test_a_pair_the_venue_does_not_trade_is_refused_with_a_near_one(ctx: Bench) -> None:
    with pytest.raises(UnknownPairError, match="does not trade ETH/EUR") as refused:
        await SKILL.watch(ctx, Pair("ETH/EUR"))
    assert refused.value.hint == "It has ETH/BTC, ETH/USDT."
    assert ctx.watchlist.pairs() == ()


async def test_watching_needs_the_venues_word(ctx: Bench) -> None:
    ctx.market.failures["markets"] = VenueUnavailableError("down")
    with pytest.raises(VenueUnavailableError):
        await SKILL.watch(ctx, BTC)
    assert ctx.watchlist.pairs() == ()


async def test_the_watchlist_shows_price_and_age_or_that_there_is_none(ctx: Bench) -> None:
    ctx.watchlist.kept = [BTC, ETH]
    ctx.store.publish(TICKERS, {BTC: make_ticker(BTC, "67012.4", change="0.012")})
    ctx.clock.advance(6)
    assert table(await SKILL.watchlist(ctx)).rows == (
        ("BTC/USDT", "67,012.40", "+1.20%", "6 s", "scripted"),
        ("ETH/USDT", "–", "–", "–", "–"),
    )
