"""Cards AC71 to AC79: fees in other coins, and positions of margined accounts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit_tui.domain.numbers import Quantity
from kit_tui.domain.orders import OrderStatus, OrderType, Side
from tests.acceptance.harness import Harness


class PositionCards:
    """Inherit, and give a `harness` fixture."""

    async def test_ac71_a_fee_in_a_third_coin_is_told_and_leaves_the_base_whole(
        self, harness: Harness
    ) -> None:
        harness.needs("fees")
        harness.take_fees_in("BNB")
        quantity = await harness.some()
        await harness.exchange.create_order(harness.order("kit-1", Side.BUY, quantity))
        (fill,) = await harness.exchange.fetch_fills(None)
        assert fill.fee_currency == "BNB"
        assert fill.fee > 0
        if not harness.exchange.is_margined:
            assert (await harness.exchange.get_balance(harness.pair.base)).total == quantity

    async def test_ac72_a_larger_opposite_order_flips_the_position(self, harness: Harness) -> None:
        quantity = await self._held(harness)
        more = Quantity(quantity * 3)
        await harness.exchange.create_order(harness.order("kit-1", Side.SELL, more))
        (position,) = await harness.exchange.fetch_positions()
        assert position.quantity == -2 * quantity

    async def test_ac73_a_liquidation_leaves_no_position_and_tells_its_execution(
        self, harness: Harness
    ) -> None:
        harness.needs("liquidates")
        quantity = await self._held(harness)
        harness.liquidate()
        assert list(await harness.exchange.fetch_positions()) == []
        fills = await harness.exchange.fetch_fills(None)
        assert [fill.quantity for fill in fills] == [quantity, quantity]
        assert fills[-1].order_id not in {"", "kit-entry"}

    async def test_ac74_a_stop_whose_position_is_gone_opens_nothing(self, harness: Harness) -> None:
        harness.needs("moves")
        quantity = await self._held(harness)
        stop = harness.order(
            "kit-stop", Side.SELL, quantity, OrderType.STOP, reduce_only=True,
            stop_price=await harness.price("0.97"),
        )  # fmt: skip
        await harness.exchange.create_order(stop)
        await harness.exchange.create_order(
            harness.order("kit-1", Side.SELL, quantity, reduce_only=True)
        )
        await harness.move_to(await harness.price("0.96"))
        assert list(await harness.exchange.fetch_positions()) == []
        seen = await harness.exchange.find_order(harness.pair, "kit-stop")
        assert seen is not None
        assert seen.status in {OrderStatus.REJECTED, OrderStatus.EXPIRED, OrderStatus.CANCELED}
        assert seen.filled == 0

    async def test_ac75_a_triggered_stop_limit_that_rests_is_listed_once_and_cancelled(
        self, harness: Harness
    ) -> None:
        harness.needs("moves", "gaps")
        harness.needs_type(OrderType.STOP_LIMIT)
        quantity = await harness.hold_some()
        stop = harness.order(
            "kit-stop", Side.SELL, quantity, OrderType.STOP_LIMIT,
            reduce_only=harness.exchange.is_margined,
            stop_price=await harness.price("0.97"), price=await harness.price("0.965"),
        )  # fmt: skip
        await harness.exchange.create_order(stop)
        await harness.move_to(await harness.price("0.95"))
        (seen,) = await harness.exchange.fetch_open_orders()
        assert seen.client_id == "kit-stop"
        gone = await harness.exchange.cancel_order(harness.pair, "kit-stop")
        assert (gone.client_id, gone.status) == ("kit-stop", OrderStatus.CANCELED)
        assert list(await harness.exchange.fetch_open_orders()) == []

    async def test_ac76_profit_not_taken_is_no_balance(self, harness: Harness) -> None:
        """A margined account's balance is its wallet, so that equity can add what is open."""
        harness.needs("moves")
        await self._held(harness)
        before = (await harness.exchange.get_balance("USDT")).total
        await harness.move_to(await harness.price("1.1"))
        assert (await harness.exchange.get_balance("USDT")).total == before
        (position,) = await harness.exchange.fetch_positions()
        assert position.entry_price is not None
        assert position.mark_price is not None
        assert (position.mark_price - position.entry_price) * position.quantity > Decimal(50)

    @staticmethod
    async def _held(harness: Harness) -> Quantity:
        if not harness.exchange.is_margined:
            pytest.skip("not a margined account")
        return await harness.hold_some()
