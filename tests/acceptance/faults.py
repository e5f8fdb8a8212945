"""Cards AC50 to AC69: what becomes of orders when answers do not come, or come wrong."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest

from kit_tui.domain.errors import (
    KeysRefusedError,
    OrderOutcomeUnknownError,
    OrderRejectedError,
    VenueError,
    VenueUnavailableError,
)
from kit_tui.domain.orders import OrderStatus, OrderType, Side
from kit_tui.exchanges.base import NewOrder, VenueOrder
from tests.acceptance.harness import GARBLED, LOST, Failure, Harness


async def limit(harness: Harness, client_id: str = "kit-1") -> NewOrder:
    """A buy below the market, not sent yet."""
    return harness.order(
        client_id, Side.BUY, await harness.some(), OrderType.LIMIT,
        price=await harness.price("0.9"),
    )  # fmt: skip


class FaultCards:
    """Inherit, and give a `harness` fixture."""

    @pytest.mark.parametrize("how", LOST)
    async def test_ac50_an_answer_lost_after_acceptance_is_unknown_then_found(
        self, harness: Harness, how: Failure
    ) -> None:
        harness.needs("faults")
        order = await limit(harness)
        harness.fail(how, "create", accepted=True)
        with pytest.raises(OrderOutcomeUnknownError):
            await harness.exchange.create_order(order)
        seen = await harness.exchange.find_order(harness.pair, "kit-1")
        assert seen is not None
        assert (seen.status, seen.quantity) == (OrderStatus.ACCEPTED, order.quantity)
        assert harness.placed("kit-1") == 1

    @pytest.mark.parametrize("how", LOST)
    async def test_ac51_an_answer_lost_without_acceptance_is_unknown_and_not_found(
        self, harness: Harness, how: Failure
    ) -> None:
        harness.needs("faults")
        order = await limit(harness)
        harness.fail(how, "create")
        with pytest.raises(OrderOutcomeUnknownError):
            await harness.exchange.create_order(order)
        assert await harness.exchange.find_order(harness.pair, "kit-1") is None
        assert harness.placed("kit-1") == 0

    @pytest.mark.parametrize("how", GARBLED)
    @pytest.mark.parametrize("accepted", [True, False])
    async def test_ac52_a_garbled_answer_to_an_order_is_never_a_refusal(
        self, harness: Harness, how: Failure, accepted: bool
    ) -> None:
        """Unknown, or the true order if the adapter asked again; nothing else."""
        harness.needs("faults")
        order = await limit(harness)
        harness.fail(how, "create", accepted=accepted)
        told: VenueOrder | None = None
        with contextlib.suppress(OrderOutcomeUnknownError):
            told = await harness.exchange.create_order(order)
        assert told is None or (accepted and told.client_id == "kit-1")
        seen = await harness.exchange.find_order(harness.pair, "kit-1")
        assert (seen is not None) is accepted
        assert harness.placed("kit-1") == int(accepted)

    async def test_ac53_a_market_order_whose_answer_was_lost_is_found_with_its_fill(
        self, harness: Harness
    ) -> None:
        harness.needs("faults")
        order = harness.order("kit-1", Side.BUY, await harness.some())
        harness.fail(Failure.TIMEOUT, "create", accepted=True)
        with pytest.raises(OrderOutcomeUnknownError):
            await harness.exchange.create_order(order)
        seen = await harness.exchange.find_order(harness.pair, "kit-1")
        assert seen is not None
        assert (seen.status, seen.filled) == (OrderStatus.FILLED, order.quantity)
        assert [f.order_id for f in await harness.exchange.fetch_fills(None)] == ["kit-1"]

    async def test_ac54_a_venue_that_is_down_proves_nothing_or_that_nothing_was_sent(
        self, harness: Harness
    ) -> None:
        harness.needs("faults")
        order = await limit(harness)
        await harness.go_down()
        with pytest.raises((OrderOutcomeUnknownError, OrderRejectedError)):
            await harness.exchange.create_order(order)
        await harness.come_back()
        assert await harness.exchange.find_order(harness.pair, "kit-1") is None
        assert harness.placed("kit-1") == 0

    async def test_ac55_too_many_requests_is_never_taken_for_acceptance(
        self, harness: Harness
    ) -> None:
        harness.needs("faults")
        order = await limit(harness)
        harness.fail(Failure.TOO_MANY, "create")
        with pytest.raises((OrderOutcomeUnknownError, OrderRejectedError)):
            await harness.exchange.create_order(order)
        assert harness.placed("kit-1") == 0
        harness.clock.advance(61)
        placed = await harness.exchange.create_order(order)
        assert placed.status is OrderStatus.ACCEPTED

    @pytest.mark.parametrize("seconds", [-3, 20])
    async def test_ac56_a_clock_that_is_off_costs_one_resync_and_no_second_order(
        self, harness: Harness, seconds: float
    ) -> None:
        harness.needs("clock")
        order = await limit(harness)
        await harness.exchange.fetch_balances()
        harness.skew(seconds)
        placed = await harness.exchange.create_order(order)
        assert placed.status is OrderStatus.ACCEPTED
        assert harness.placed("kit-1") == 1

    async def test_ac57_a_revoked_key_refuses_orders_and_cancels(self, harness: Harness) -> None:
        harness.needs("keys")
        order = await limit(harness)
        await harness.resting()
        harness.revoke()
        with pytest.raises(KeysRefusedError):
            await harness.exchange.create_order(order)
        with pytest.raises(KeysRefusedError):
            await harness.exchange.cancel_order(harness.pair, "kit-rest")
        assert harness.placed("kit-1") == 0

    @pytest.mark.parametrize("how", LOST)
    async def test_ac58_a_cancel_whose_answer_was_lost_is_an_error_or_the_truth(
        self, harness: Harness, how: Failure
    ) -> None:
        """A dropped connection may be repeated below the client: cancels do no harm twice."""
        harness.needs("faults")
        await harness.resting()
        harness.fail(how, "cancel", accepted=True)
        try:
            told = await harness.exchange.cancel_order(harness.pair, "kit-rest")
        except VenueUnavailableError:
            told = await harness.exchange.cancel_order(harness.pair, "kit-rest")
        assert told.status is OrderStatus.CANCELED

    @pytest.mark.parametrize("how", GARBLED)
    async def test_ac59_a_garbled_answer_to_a_cancel_never_tells_a_lie(
        self, harness: Harness, how: Failure
    ) -> None:
        """An error, or how the order truly stands."""
        harness.needs("faults")
        await harness.resting()
        harness.fail(how, "cancel")
        try:
            told = await harness.exchange.cancel_order(harness.pair, "kit-rest")
        except VenueError:
            pass
        else:
            assert told.status is OrderStatus.ACCEPTED
        seen = await harness.exchange.find_order(harness.pair, "kit-rest")
        assert seen is not None
        assert seen.status is OrderStatus.ACCEPTED

    async def test_ac60_one_execution_told_twice_has_one_id(self, harness: Harness) -> None:
        harness.needs("late")
        await harness.exchange.create_order(harness.order("kit-1", Side.BUY, await harness.some()))
        harness.repeat_fills()
        fills = await harness.exchange.fetch_fills(None)
        assert len({fill.key for fill in fills}) == 1

    async def test_ac61_an_execution_after_a_cancel_is_told(self, harness: Harness) -> None:
        harness.needs("late", "partial")
        order = await harness.resting()
        await harness.exchange.cancel_order(harness.pair, "kit-rest")
        part = Decimal(order.quantity) - (await harness.market()).quantity_step
        harness.fill("kit-rest", part)
        seen = await harness.exchange.find_order(harness.pair, "kit-rest")
        assert seen is not None
        assert (seen.status, seen.filled) == (OrderStatus.CANCELED, part)
        assert [f.quantity for f in await harness.exchange.fetch_fills(None)] == [part]

    async def test_ac62_more_than_the_order_is_told_as_it_is(self, harness: Harness) -> None:
        harness.needs("late", "partial")
        order = await harness.resting()
        more = Decimal(order.quantity) * 2
        harness.fill("kit-rest", more)
        seen = await harness.exchange.find_order(harness.pair, "kit-rest")
        assert seen is not None
        assert (seen.status, seen.filled) == (OrderStatus.FILLED, more)
        assert sum(f.quantity for f in await harness.exchange.fetch_fills(None)) == more

    async def test_ac63_an_order_the_venue_does_not_show_yet_is_not_found_then_found(
        self, harness: Harness
    ) -> None:
        harness.needs("late", "faults")
        order = await limit(harness)
        harness.hide(orders_s=5)
        harness.fail(Failure.TIMEOUT, "create", accepted=True)
        with pytest.raises(OrderOutcomeUnknownError):
            await harness.exchange.create_order(order)
        assert await harness.exchange.find_order(harness.pair, "kit-1") is None
        harness.clock.advance(6)
        assert await harness.exchange.find_order(harness.pair, "kit-1") is not None

    async def test_ac64_executions_told_late_are_not_missed(self, harness: Harness) -> None:
        """Asked from a moment before the trade, though the last look was after it."""
        harness.needs("late")
        since = harness.clock.now()
        harness.clock.advance(1)
        harness.hide(fills_s=20)
        await harness.exchange.create_order(harness.order("kit-1", Side.BUY, await harness.some()))
        assert list(await harness.exchange.fetch_fills(since)) == []
        harness.clock.advance(21)
        fills = await harness.exchange.fetch_fills(since)
        assert [fill.order_id for fill in fills] == ["kit-1"]

    async def test_ac65_an_older_execution_told_after_a_newer_one_is_not_missed(
        self, harness: Harness
    ) -> None:
        harness.needs("late")
        since = harness.clock.now()
        harness.hide(fills_s=20)
        await harness.exchange.create_order(harness.order("kit-1", Side.BUY, await harness.some()))
        harness.hide()
        await harness.exchange.create_order(harness.order("kit-2", Side.BUY, await harness.some()))
        seen = await harness.exchange.fetch_fills(since)
        assert [fill.order_id for fill in seen] == ["kit-2"]
        harness.clock.advance(21)
        seen = await harness.exchange.fetch_fills(since)
        assert {fill.order_id for fill in seen} == {"kit-1", "kit-2"}

    async def test_ac66_a_stop_whose_answer_was_lost_is_found(self, harness: Harness) -> None:
        harness.needs("faults")
        harness.needs_type(OrderType.STOP)
        order = harness.order(
            "kit-stop", Side.SELL, await harness.hold_some(), OrderType.STOP,
            stop_price=await harness.price("0.97"), reduce_only=harness.exchange.is_margined,
        )  # fmt: skip
        harness.fail(Failure.TIMEOUT, "create_stop", accepted=True)
        with pytest.raises(OrderOutcomeUnknownError):
            await harness.exchange.create_order(order)
        seen = await harness.exchange.find_order(harness.pair, "kit-stop")
        assert seen is not None
        assert (seen.type, seen.status) == (OrderType.STOP, OrderStatus.ACCEPTED)

    async def test_ac68_more_executions_than_fit_a_page_all_arrive(self, harness: Harness) -> None:
        harness.needs("partial")
        await harness.resting()
        step = (await harness.market()).quantity_step
        for _ in range(1_100):
            harness.fill("kit-rest", step)
        fills = await harness.exchange.fetch_fills(None)
        assert len({fill.trade_id for fill in fills}) == 1_100
