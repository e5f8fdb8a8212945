"""How much may be bought with a stop: the loss is what was risked, and a cap is named."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Side
from kit_tui.domain.ticket import OrderRequest
from kit_tui.skills.market_analysis.settings import AnalysisSettings
from kit_tui.trading.average_range import TIMEFRAME
from tests.support.market import walk
from tests.support.scripted_exchange import BTC
from tests.trading.bench import OWNER, Bench, bench
from tests.trading.test_commands import Turn, run


def test_ranges_are_taken_from_the_candles_that_analyses_use() -> None:
    assert AnalysisSettings().default_timeframe == TIMEFRAME


async def test_a_size_loses_what_was_risked_when_no_limit_is_in_the_way(desk: Bench) -> None:
    desk.with_risk(max_position_size=Decimal(1))
    await desk.restart()
    size = await desk.engine.size(BTC, Price(45000), risk=Decimal("0.01"))
    assert (size.quantity, size.loss, size.cap) == (Decimal("0.02"), Decimal(100), "")
    assert size.verdict.passed


async def test_the_limit_that_shrinks_a_size_is_named_with_its_figures(desk: Bench) -> None:
    reply = await run(desk, "size BTC stop=49000 risk=1%")
    assert reply.ok
    assert reply.text == (
        "Buy 0.0199 BTC for 995.00 USDT at 50,000.00 with a stop at 49,000.00: stopped out it "
        "loses 19.90 USDT, fees not counted.\n"
        "Risking 1 % of 10,000.00 USDT would be 0.1 BTC for 5,000.00 USDT; less is allowed by "
        "maxPositionSize: 50 % of equity, limit 10 %.\n"
        "To propose it: /order buy BTC/USDT market base_amount=0.0199 stop_loss=49000"
    )


async def test_free_cash_is_named_when_it_is_the_nearest_limit(desk: Bench) -> None:
    desk.with_risk(checks=("dailyLossLimit",))
    await desk.restart()
    size = await desk.engine.size(BTC, Price(49900), risk=Decimal("0.02"))
    assert size.cap == "freeBalance"
    assert size.notional < 10_000


async def test_a_full_house_leaves_nothing_and_says_which_limit(desk: Bench) -> None:
    await desk.buy(usdt="995")
    reply = await run(desk, "size BTC 49000")
    assert not reply.ok
    assert "Nothing of BTC/USDT may be bought now: maxPositionSize" in reply.text


async def test_a_halt_is_told_beside_the_size(desk: Bench) -> None:
    await desk.engine.halt("enough", by="Ada")
    assert "It would be refused now: tradingState" in (await run(desk, "size BTC 49000")).text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("size BTC 51000", "must be below the entry"),
        ("size BTC 49000 risk=50%", "at most a quarter"),
        ("size BTC 49000 risk=0", "more than nothing"),
        ("size BTC 49000 risk=0.000005", "less than scripted trades"),
        ("size XRP 1", "does not trade"),
        ("size BTC", "needs 70 closed 1h candles"),
    ],
)
async def test_what_cannot_be_sized_says_why(desk: Bench, text: str, why: str) -> None:
    with pytest.raises(KitError, match=why):
        await sized(desk, text)


async def sized(desk: Bench, text: str) -> str:
    """The words of `/size` with the venue as the market."""
    return (await run(desk, text, turn=MarketTurn(OWNER, f"/{text}", desk.store, desk=desk))).text


class MarketTurn(Turn):
    """A turn that can look at the market."""

    def __init__(self, *args: object, desk: Bench) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # passed on
        object.__setattr__(self, "market", desk.venue)
        object.__setattr__(self, "clock", desk.clock)


async def test_without_a_stop_it_stands_two_ranges_away_and_says_which(desk: Bench) -> None:
    desk.venue.closes[BTC] = walk(300, start=50_000.0)
    text = await sized(desk, "size BTC")
    assert "Stop 2 ATR away: ATR 14 of BTC/USDT on 1h is " in text
    assert "(scripted, candle closed " in text


async def test_candles_that_stopped_give_no_range(desk: Bench) -> None:
    desk.venue.closes[BTC] = walk(300, start=50_000.0)
    found = await desk.venue.candles(BTC, "1h", 200)
    desk.clock.advance(5 * 3600)

    async def stopped(*_: object) -> object:
        return found

    desk.venue.candles = stopped  # type: ignore[method-assign,assignment]  # a feed that stands still
    with pytest.raises(KitError, match="stopped 5 h ago"):
        await sized(desk, "size BTC")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    stop=st.integers(30_000, 49_990), risk=st.sampled_from(["0.002", "0.01", "0.05", "0.2"]),
    held=st.sampled_from(["0", "300", "900"]), limit=st.sampled_from(["0.05", "0.1", "0.5", "1"]),
)  # fmt: skip
def test_a_size_always_passes_and_never_risks_more(
    stop: int, risk: str, held: str, limit: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def go(home: Path) -> None:
        async with bench(home) as desk:
            if held != "0":
                await desk.buy(usdt=held)
            desk.with_risk(max_position_size=Decimal(limit))
            await desk.restart()
            try:
                size = await desk.engine.size(BTC, Price(stop), risk=Decimal(risk))
            except KitError:
                return
            assert size.loss <= size.equity * size.risk
            if size.quantity == 0:
                assert not size.verdict_wanted.passed
                return
            request = OrderRequest(
                side=Side.BUY, pair=BTC, base_amount=size.quantity, stop_loss=size.stop
            )
            _, verdict, why = await desk.engine.preview(request)
            assert verdict is not None, why
            assert verdict.passed

    asyncio.run(go(tmp_path_factory.mktemp("home")))
