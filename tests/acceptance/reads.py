"""Cards AC01 to AC19: connecting, markets, prices, balances, and reads that fail."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit_tui.domain.errors import (
    KeysRefusedError,
    RateLimitedError,
    UnknownPairError,
    VenueError,
    VenueUnavailableError,
)
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import Exchange
from tests.acceptance.harness import GARBLED, LOST, Call, Failure, Harness

READS: tuple[Call, ...] = ("find", "open_orders", "fills", "balances")


async def read(exchange: Exchange, pair: Pair, call: Call) -> object:
    """One of the reads of an account."""
    if call == "find":
        return await exchange.find_order(pair, "kit-rest")
    if call == "open_orders":
        return await exchange.fetch_open_orders()
    if call == "fills":
        return await exchange.fetch_fills(None)
    if call == "positions":
        return await exchange.fetch_positions()
    if call == "ticker":
        return await exchange.fetch_ticker(pair)
    return await exchange.fetch_balances()


class ReadCards:
    """Inherit, and give a `harness` fixture."""

    async def test_ac01_it_answers_and_names_itself(self, harness: Harness) -> None:
        await harness.exchange.open()
        await harness.exchange.ping()
        assert harness.exchange.name
        assert harness.exchange.account

    async def test_ac02_the_market_has_rules(self, harness: Harness) -> None:
        market = await harness.market()
        assert market.pair == harness.pair
        assert market.active
        assert market.tick_size > 0
        assert market.quantity_step > 0

    async def test_ac03_the_price_is_whole_and_dated(self, harness: Harness) -> None:
        ticker = await harness.exchange.fetch_ticker(harness.pair)
        assert ticker.last > 0
        assert ticker.pair == harness.pair
        assert ticker.received_at == harness.clock.now()

    async def test_ac04_candles_arrive(self, harness: Harness) -> None:
        candles = await harness.exchange.fetch_candles(harness.pair, "1h", 5)
        assert 1 <= len(candles) <= 5

    async def test_ac05_an_unknown_pair_is_named(self, harness: Harness) -> None:
        with pytest.raises(UnknownPairError):
            await harness.exchange.fetch_ticker(Pair("NOPE/USDT"))

    async def test_ac06_balances_are_what_the_account_holds(self, harness: Harness) -> None:
        balance = await harness.exchange.get_balance("USDT")
        assert balance.total == balance.free == 10_000

    async def test_ac07_a_fresh_account_has_no_orders_fills_or_positions(
        self, harness: Harness
    ) -> None:
        assert list(await harness.exchange.fetch_open_orders()) == []
        assert list(await harness.exchange.fetch_fills(None)) == []
        assert list(await harness.exchange.fetch_positions()) == []

    async def test_ac08_a_resting_order_locks_funds_until_it_is_cancelled(
        self, harness: Harness
    ) -> None:
        await harness.resting()
        locked = await harness.exchange.get_balance("USDT")
        assert locked.free < 10_000
        assert locked.total == 10_000
        await harness.exchange.cancel_order(harness.pair, "kit-rest")
        assert (await harness.exchange.get_balance("USDT")).free == 10_000

    async def test_ac09_money_from_outside_shows(self, harness: Harness) -> None:
        harness.needs("money")
        harness.deposit(Decimal(500))
        assert (await harness.exchange.get_balance("USDT")).total == 10_500


class BrokenReadCards:
    """For venues behind a network. Inherit, and give a `harness` fixture."""

    @pytest.mark.parametrize("call", READS)
    @pytest.mark.parametrize("how", LOST)
    async def test_ac10_a_read_that_gets_no_answer_is_an_error_never_nothing(
        self, harness: Harness, how: Failure, call: Call
    ) -> None:
        harness.needs("faults")
        await harness.resting()
        harness.fail(how, call, times=5)
        with pytest.raises(VenueUnavailableError):
            await read(harness.exchange, harness.pair, call)
        harness.heal()
        await read(harness.exchange, harness.pair, call)

    @pytest.mark.parametrize("call", READS)
    @pytest.mark.parametrize("how", GARBLED)
    async def test_ac11_a_garbled_answer_is_an_error_never_nothing(
        self, harness: Harness, how: Failure, call: Call
    ) -> None:
        harness.needs("faults")
        await harness.resting()
        harness.fail(how, call, times=5)
        with pytest.raises(VenueError):
            await read(harness.exchange, harness.pair, call)
        harness.heal()
        await read(harness.exchange, harness.pair, call)

    async def test_ac12_a_read_over_the_limit_says_how_long_to_wait(self, harness: Harness) -> None:
        harness.needs("faults")
        await harness.resting()
        harness.fail(Failure.TOO_MANY, "balances")
        with pytest.raises(RateLimitedError) as caught:
            await harness.exchange.fetch_balances()
        assert caught.value.retry_after == 30
        harness.clock.advance(31)
        assert (await harness.exchange.get_balance("USDT")).total == 10_000

    async def test_ac13_a_ban_is_waited_out(self, harness: Harness) -> None:
        harness.needs("faults")
        await harness.resting()
        harness.fail(Failure.BANNED, "open_orders")
        with pytest.raises(RateLimitedError) as caught:
            await harness.exchange.fetch_open_orders()
        assert caught.value.retry_after == 120

    async def test_ac14_a_venue_that_is_down_is_unavailable_and_comes_back_as_it_was(
        self, harness: Harness
    ) -> None:
        harness.needs("faults")
        await harness.resting()
        await harness.go_down()
        for call in READS:
            with pytest.raises(VenueUnavailableError):
                await read(harness.exchange, harness.pair, call)
        await harness.come_back()
        assert [o.client_id for o in await harness.exchange.fetch_open_orders()] == ["kit-rest"]

    async def test_ac15_a_revoked_key_is_told_as_such_even_after_it_worked(
        self, harness: Harness
    ) -> None:
        harness.needs("keys")
        await harness.resting()
        harness.revoke()
        for call in READS:
            with pytest.raises(KeysRefusedError):
                await read(harness.exchange, harness.pair, call)

    async def test_ac16_what_the_key_may_do_is_read(self, harness: Harness) -> None:
        harness.needs("keys")
        may = await harness.exchange.fetch_permissions()
        assert (may.read, may.trade, may.withdraw, may.ip_restricted) == (True, True, False, True)

    async def test_ac17_the_venues_clock_is_measured(self, harness: Harness) -> None:
        harness.needs("clock")
        assert abs(await harness.exchange.clock_offset_s()) < 1
        harness.skew(42)
        assert abs(await harness.exchange.clock_offset_s() - 42) < 1
