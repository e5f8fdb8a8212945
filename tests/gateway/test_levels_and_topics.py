"""Levels in ATRs and R, topics, lots, and wishes of later versions that are repeated."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kit_tui.domain.cards import AnalysisCard, TicketCard
from kit_tui.domain.errors import UsageError
from kit_tui.domain.intent import Action, Intent
from kit_tui.gateway.routing import TOPICS, order_request
from kit_tui.gateway.understood import understood
from kit_tui.state.slices import APPROVALS
from kit_tui.trading.average_range import average_range
from tests.gateway.house import BTC, ETH, SOL, House
from tests.gateway.test_routing import means
from tests.support.market import walk


@pytest.fixture
def candles(house: House) -> House:
    """A house whose venue has hourly candles of bitcoin around its price."""
    closes = walk(300, start=50_000.0)
    house.venue.closes[BTC] = [close * 50_000 / closes[-1] for close in closes]
    return house


BUY: dict[str, Any] = {
    "intent": Action.BUY, "pair": BTC, "base_amount": Decimal("0.002"), "order_type": "market",
}  # fmt: skip


async def test_levels_in_ranges_are_counted_with_the_atr_that_the_reply_names(
    candles: House,
) -> None:
    found = await average_range(candles.venue, candles.clock, BTC)
    outcome = await means(candles, **BUY, stop_loss="1.5atr", take_profit="3atr")
    assert outcome.ticket is not None, outcome.reply.text
    order = outcome.ticket.order
    assert order.stop_loss is not None
    assert order.take_profit is not None
    assert abs(order.stop_loss - (50_000 - found.value * Decimal("1.5"))) <= Decimal("0.01")
    assert abs(order.take_profit - (50_000 + found.value * 3)) <= Decimal("0.01")
    assert outcome.reply.text.endswith(f"{found.said}.")
    assert outcome.reply.text.count("ATR 14") == 1


async def test_a_target_in_r_counts_from_the_stop(house: House) -> None:
    request = await order_request(Intent(**BUY, stop_loss="2%", take_profit="2r"), house.account)
    assert (request.stop_loss, request.take_profit) == (Decimal(49000), Decimal(52000))
    limit = {**BUY, "order_type": "limit", "price": Decimal(48000)}
    request = await order_request(
        Intent(**limit, stop_loss="47000", take_profit="1.5r"), house.account
    )
    assert request.take_profit == Decimal(49500)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"take_profit": "2r"}, "needs a stop"),
        ({"stop_loss": "51000", "take_profit": "2r"}, "needs a stop below"),
        ({"stop_loss": "100%"}, "is no price"),
        ({"stop_loss": "soon"}, "cannot be"),
        ({"lots": Decimal(2)}, "Lots belong to a MetaTrader account"),
    ],
)
async def test_levels_that_mean_nothing_are_refused_whole(
    house: House, said: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        await order_request(Intent(**BUY, **said), house.account)
    assert house.account.store.get(APPROVALS) == ()


async def test_without_candles_there_is_no_range_and_no_order(house: House) -> None:
    outcome = await means(house, **BUY, stop_loss="1.5atr")
    assert not outcome.reply.ok
    assert "needs 70 closed 1h candles" in outcome.reply.text
    assert outcome.ticket is None


@pytest.mark.parametrize("topic", TOPICS)
async def test_every_topic_has_its_command(house: House, topic: str) -> None:
    name, fields = TOPICS[topic]
    known = {parameter.name for parameter in house.account.registry.find(name).parameters}
    assert set(fields.values()) <= known


async def test_topics_lead_to_their_answers(candles: House) -> None:
    outcome = await means(
        candles, intent=Action.RISK, topic="size", pair=BTC, stop_price=Decimal(49000),
        fraction=Decimal("0.01"),
    )  # fmt: skip
    assert outcome.reply.text.startswith("Buy 0.0199 BTC")
    outcome = await means(candles, intent=Action.RISK, topic="size", pair=BTC, stop_loss="2%")
    assert "with a stop at 49,000.00" in outcome.reply.text
    outcome = await means(candles, intent=Action.ANALYZE, topic="recommend", pair=BTC)
    assert any(isinstance(card, AnalysisCard) for card in outcome.reply.cards)
    assert "Not advice." in outcome.reply.text


async def test_asking_why_tells_the_newest_order(house: House) -> None:
    await house.say("buy BTC for $100", approve=True)
    outcome = await means(house, intent=Action.CHAT, topic="why")
    assert "buy BTC for $100" in str(outcome.reply.cards)
    assert not any(isinstance(card, TicketCard) for card in outcome.reply.cards)


async def test_a_question_about_a_size_that_says_more_is_refused(house: House) -> None:
    outcome = await means(
        house, intent=Action.RISK, topic="size", pair=BTC, stop_price=Decimal(49000),
        leverage=Decimal(3),
    )  # fmt: skip
    assert "cannot take leverage" in outcome.reply.text


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            {"intent": Action.ALERT, "pair": SOL, "price": Decimal("2E+2"), "direction": "above"},
            "alert when SOL/USDT is above 200",
        ),
        (
            {"intent": Action.ALERT, "pair": BTC, "direction": "below", "condition": "rsi < 30"},
            "alert of BTC/USDT when rsi < 30",
        ),
        ({"intent": Action.ALERT, "condition": "list"}, "list alerts"),
        ({"intent": Action.ALERT, "condition": "remove", "order_id": "3"}, "remove alert 3"),
        (
            {"intent": Action.BACKTEST, "pair": BTC, "strategy": "rsi", "period": "1y"},
            "backtest rsi on BTC/USDT over 1y",
        ),
        (
            {"intent": Action.STRATEGY, "pair": ETH, "strategy": "grid", "condition": "start"},
            "start grid on ETH/USDT",
        ),
        ({"intent": Action.STRATEGY, "condition": "stop"}, "stop strategy"),
        ({"intent": Action.STRATEGY}, "strategy"),
        ({"intent": Action.REBALANCE}, "rebalance"),
        (
            {
                "intent": Action.STRATEGY, "strategy": "dca", "condition": "start", "pair": BTC,
                "quote_amount": Decimal(50), "period": "weekly",
            },
            "start dca on BTC/USDT over weekly amount 50",
        ),
    ],
)  # fmt: skip
def test_what_was_understood_is_one_line(said: dict[str, Any], line: str) -> None:
    assert understood(Intent(**said)) == line


async def test_a_wish_of_a_later_version_is_repeated_and_nothing_is_set_up(house: House) -> None:
    outcome = await means(
        house, intent=Action.ALERT, pair=SOL, price=Decimal(200), direction="above"
    )
    assert outcome.reply.text == (
        "Understood: alert when SOL/USDT is above 200. "
        "Alerts are not in this version; nothing was set up."
    )
