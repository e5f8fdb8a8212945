"""Every meaning leads to its command, and nothing that was said is dropped on the way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kit_tui.ai.engine import Understanding
from kit_tui.domain.cards import (
    OrdersCard,
    PortfolioCard,
    PositionsCard,
    QuoteCard,
    RiskCard,
    TableCard,
)
from kit_tui.domain.errors import UsageError
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderType, Side
from kit_tui.gateway.desk import Outcome
from kit_tui.gateway.outcomes import INTERNAL
from kit_tui.gateway.routing import CHAT, COMMANDS, LATER, RESUME, TOPICS, carry_out, order_request
from kit_tui.state.slices import APPROVALS, ORDERS
from tests.gateway.house import ANN, BTC, ETH, House


async def means(house: House, **fields: Any) -> Outcome:
    """A message that is understood as this intent, whatever its words."""
    intent = Intent(**fields)

    class Certain:
        async def understand(self, text: str, pending: Intent | None = None) -> Understanding:
            del text, pending
            return Understanding(intent=intent, engine="offline grammar")

    house.account.understanding = Certain()  # type: ignore[assignment]  # all the gateway asks of it
    return await house.say("as meant")


def test_every_action_has_a_way() -> None:
    handled = {
        Action.BUY, Action.SELL, Action.HALT, Action.KILL, Action.CLARIFY, Action.RESUME,
        Action.CHAT,
    }  # fmt: skip
    assert handled | set(COMMANDS) | set(LATER) == set(Action)


@pytest.mark.parametrize("action", COMMANDS)
async def test_every_command_named_by_an_action_exists(house: House, action: Action) -> None:
    name, fields = COMMANDS[action]
    command = house.account.registry.find(name)
    known = {parameter.name for parameter in command.parameters}
    taken = {to for to in fields.values() if to in known}
    assert set(fields.values()) - taken <= {"timeframe", "pair"}, "a field would be dropped"


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("price of BTC", QuoteCard),
        ("show my portfolio", PortfolioCard),
        ("positions", PositionsCard),
        ("orders", OrdersCard),
        ("what are my risk limits", RiskCard),
        ("daily report", PortfolioCard),
    ],
)
async def test_a_question_is_answered_by_its_command(house: House, text: str, card: type) -> None:
    outcome = await house.say(text)
    assert outcome.reply.ok, outcome.reply.text
    assert isinstance(outcome.reply.cards[0], card)


@pytest.mark.parametrize("action", LATER)
async def test_what_is_not_in_this_version_says_so(house: House, action: Action) -> None:
    outcome = await means(house, intent=action, pair=BTC)
    assert not outcome.reply.ok
    assert "not in this version" in outcome.reply.text


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"leverage": Decimal(3)}, "Leverage"),
        ({"venue": "kraken"}, "kraken"),
        ({"condition": "rsi below 30"}, "condition"),
        ({"period": "daily"}, "period"),
        ({"timeframe": "1h"}, "time frame"),
        ({"order_id": "7"}, "order number"),
    ],
)
@pytest.mark.parametrize("action", [Action.BUY, Action.SELL])
async def test_an_order_with_more_than_can_be_done_is_refused_whole(
    house: House, action: Action, said: dict[str, Any], what: str
) -> None:
    await house.say("buy BTC for $200", approve=True)
    before = house.account.store.get(ORDERS)
    outcome = await means(
        house, intent=action, pair=BTC, base_amount=Decimal("0.001"), order_type="market", **said
    )
    assert not outcome.reply.ok
    assert what in outcome.reply.text
    assert house.account.store.get(APPROVALS) == ()
    assert house.account.store.get(ORDERS) == before


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (Action.CLOSE, {"pair": BTC, "venue": "kraken"}),
        (Action.CLOSE, {"pair": BTC, "price": Decimal(60000)}),
        (Action.CLOSE, {"pair": BTC, "quote_amount": Decimal(50)}),
        (Action.CLOSE_ALL, {"pair": BTC}),
        (Action.CLOSE_ALL, {"fraction": Decimal("0.5")}),
        (Action.CANCEL_ALL, {"order_id": "3"}),
        (Action.PRICE, {"pair": BTC, "venue": "kraken"}),
        (Action.PORTFOLIO, {"venue": "kraken"}),
        (Action.CLOSE, {"pair": BTC, "period": "1d"}),
    ],
)
async def test_a_request_with_more_than_its_command_takes_is_refused(
    house: House, action: Action, said: dict[str, Any]
) -> None:
    await house.say("buy BTC for $200", approve=True)
    outcome = await means(house, intent=action, **said)
    assert not outcome.reply.ok
    assert "nothing was done" in outcome.reply.text
    assert house.account.store.get(APPROVALS) == ()


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ({"intent": Action.PORTFOLIO, "period": "7d"}, "Profit in USDT, since 2026-11-16"),
        ({"intent": Action.PORTFOLIO, "period": "1d"}, "Profit in USDT, since 2026-11-22"),
        ({"intent": Action.REPORT, "period": "30d"}, "Profit in USDT, since 2026-10-24"),
        ({"intent": Action.PORTFOLIO, "period": "7d", "pair": BTC}, "Performance in USDT"),
        ({"intent": Action.REPORT, "topic": "trades"}, "Closed trades"),
        ({"intent": Action.REPORT, "topic": "fees"}, "Fees on USDT pairs"),
        ({"intent": Action.REPORT, "topic": "daily"}, "Daily in USDT, UTC"),
        ({"intent": Action.PORTFOLIO, "topic": "profit", "period": "ytd"}, "since 2026-01-01"),
    ],
)
async def test_a_span_or_a_topic_leads_to_what_was_earned(
    house: House, said: dict[str, Any], title: str
) -> None:
    await house.say("buy BTC for $200", approve=True)
    await house.say("close my BTC position", approve=True)
    card = (await means(house, **said)).reply.cards[0]
    assert isinstance(card, TableCard)
    assert title in card.title


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_leads_to_a_command_that_takes_its_fields(house: House, topic: str) -> None:
    name, fields = TOPICS[topic]
    known = {parameter.name for parameter in house.account.registry.find(name).parameters}
    assert set(fields.values()) <= known


async def test_todays_report_stays_the_report(house: House) -> None:
    outcome = await means(house, intent=Action.REPORT, period="1d")
    assert isinstance(outcome.reply.cards[0], PortfolioCard)


async def test_the_accounts_own_venue_may_be_named(house: House) -> None:
    outcome = await means(house, intent=Action.PRICE, pair=BTC, venue="scripted")
    assert outcome.reply.ok


async def test_cancelling_all_orders_of_one_pair_leaves_the_others(house: House) -> None:
    await house.rest_order(limit="49000")
    await means(house, intent=Action.CANCEL_ALL, pair=ETH)
    assert len(house.venue.open_ids()) == 1
    await means(house, intent=Action.CANCEL_ALL, pair=BTC)
    assert house.venue.open_ids() == []


async def test_an_order_intent_becomes_exactly_its_request(house: House) -> None:
    request = await order_request(
        Intent(
            intent=Action.BUY, pair=BTC, quote_amount=Decimal(100), order_type="limit",
            price=Decimal(49000), stop_loss="2%",
        ),
        house.account,
    )  # fmt: skip
    assert (request.side, request.type, request.pair) == (Side.BUY, OrderType.LIMIT, BTC)
    assert (request.quote_amount, request.price) == (Decimal(100), Decimal(49000))
    assert request.stop_loss == Decimal(48020), "per cent of the order's own price"
    assert not request.reduce_only


async def test_a_stop_loss_of_a_stop_order_counts_from_where_it_is_entered(house: House) -> None:
    request = await order_request(
        Intent(
            intent=Action.BUY, pair=BTC, base_amount=Decimal("0.002"), order_type="stop",
            stop_price=Decimal(52000), stop_loss="10%",
        ),
        house.account,
    )  # fmt: skip
    assert request.stop_loss == Decimal(46800)


async def test_stop_target_and_trail_of_an_entry_become_its_request(house: House) -> None:
    request = await order_request(
        Intent(
            intent=Action.BUY, pair=BTC, base_amount=Decimal("0.01"), order_type="limit",
            price=Decimal(50000), stop_loss="2%", take_profit="6%", trail="3%",
        ),
        house.account,
    )  # fmt: skip
    assert (request.stop_loss, request.take_profit) == (Decimal(49000), Decimal(53000))
    assert request.trail == Decimal("0.03")


@pytest.mark.parametrize(
    ("said", "what"),
    [({"take_profit": "70000"}, "target belongs to an entry"), ({"trail": "2%"}, "exit")],
)
async def test_an_exit_at_market_takes_neither_target_nor_trail(
    house: House, said: dict[str, Any], what: str
) -> None:
    await house.say("buy BTC for $200", approve=True)
    outcome = await means(
        house, intent=Action.SELL, pair=BTC, base_amount=Decimal("0.001"), order_type="market",
        **said,
    )  # fmt: skip
    assert not outcome.reply.ok
    assert what in outcome.reply.text
    assert house.account.store.get(APPROVALS) == ()


async def test_an_oco_in_words_is_one_ticket_with_both(house: House) -> None:
    await house.say("buy BTC for $200", approve=True)
    outcome = await house.say("OCO on BTC stop 45k target 60k")
    assert outcome.ticket is not None, outcome.reply.text
    order = outcome.ticket.order
    assert order.type is OrderType.STOP
    assert (order.stop_price, order.take_profit) == (Price(45000), Price(60000))
    assert "stop 45,000.00 · target 60,000.00" in outcome.reply.text


async def test_a_trailing_stop_in_words_says_that_it_is_watched_here(house: House) -> None:
    await house.say("buy BTC for $200", approve=True)
    outcome = await house.say("trailing stop 3% on BTC")
    assert outcome.ticket is not None, outcome.reply.text
    assert outcome.ticket.order.emulated
    assert "watched here, works only while K.I.T. runs" in outcome.reply.text


async def test_stop_alone_halts_and_with_a_market_moves_the_stop(house: House) -> None:
    await house.say("buy BTC for $200", approve=True)
    outcome = await house.say("/stop BTC/USDT 45000")
    assert "stop 45,000.00 on the venue" in outcome.reply.text
    outcome = await house.say("/stop")
    assert "halted" in outcome.reply.text


async def test_a_sale_never_opens_a_short(house: House) -> None:
    intent = Intent(intent=Action.SELL, pair=BTC, fraction=Decimal(1), order_type="market")
    assert (await order_request(intent, house.account)).reduce_only


async def test_an_order_without_an_asset_is_a_question(house: House) -> None:
    with pytest.raises(UsageError, match="no asset"):
        await order_request(Intent(intent=Action.BUY, quote_amount=Decimal(5)), house.account)


async def test_resuming_by_words_names_the_way(house: House) -> None:
    await house.say("stop everything")
    outcome = await means(house, intent=Action.RESUME)
    assert (outcome.reply.text, outcome.reply.ok) == (RESUME, False)


async def test_chat_is_told_apart_from_orders(house: House) -> None:
    context = house.gateway.context(ANN, "nice weather", house.account)
    reply = await carry_out(Intent(intent=Action.CHAT), house.account, context)
    assert reply.text == CHAT


async def test_a_question_back_is_the_reply(house: House) -> None:
    outcome = await means(house, intent=Action.CLARIFY, question="How much?")
    assert outcome.reply.text == "How much?"


async def test_an_unforeseen_failure_becomes_a_calm_reply_and_a_log_entry(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(text: str, pending: Intent | None = None) -> Understanding:
        del text, pending
        raise ZeroDivisionError("inside")

    house.account.understanding.understand = broken  # type: ignore[method-assign]  # a fault to survive
    outcome = await house.say("buy BTC for $100")
    assert (outcome.reply.text, outcome.reply.ok) == (INTERNAL, False)
    assert house.said[-1] == INTERNAL
    assert "ZeroDivisionError" in caplog.text


async def test_a_command_that_fails_unforeseen_does_not_reach_the_channel_as_an_exception(
    house: House,
) -> None:
    house.account.market.source.fetch_tickers = None  # type: ignore[method-assign,assignment]  # a fault to survive
    house.clock.advance(60)
    phone = await house.channel()
    await house.gateway.handle(ANN, "price of BTC")
    await house.gateway.handle(ANN, "/price BTC")
    assert [text for text in house.said if text == INTERNAL]
    assert phone is not None


async def test_a_stop_said_of_a_position_that_has_one_moves_it(house: House) -> None:
    await house.say("buy BTC for $100", approve=True)
    first = await house.say("stop loss 45000 for my BTC", approve=True)
    assert first.ticket is not None
    moved = await house.say("move my BTC stop to 46000")
    assert moved.ticket is None
    assert "46,000" in moved.reply.text
    working = [o for o in house.account.trading.account.open_orders() if o.reduce_only]
    assert [order.stop_price for order in working] == [Price(46_000)]
    by_model = await means(
        house, intent=Action.SELL, pair=BTC, order_type="stop", stop_price=Decimal(47_000),
        fraction=Decimal("0.5"),
    )  # fmt: skip
    assert by_model.ticket is not None  # for a part of it a ticket is put up, as before
