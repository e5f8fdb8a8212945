"""Cards AC20 to AC49: every order type, cancels, look-ups, executions, refusals with proof."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from kit_tui.domain.errors import MarketClosedError, OrderRejectedError
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import OrderStatus, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import NewOco, NewOrder, VenueOrder
from tests.acceptance.harness import Harness

WORKING = {OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED}
OVER = {OrderStatus.CANCELED, OrderStatus.EXPIRED}


class OrderCards:
    """Inherit, and give a `harness` fixture."""

    async def test_ac20_a_market_order_fills_and_says_at_what(self, harness: Harness) -> None:
        quantity = await harness.some()
        done = await harness.exchange.create_order(harness.order("kit-1", Side.BUY, quantity))
        assert (done.status, done.filled, done.client_id) == (OrderStatus.FILLED, quantity, "kit-1")
        assert done.venue_order_id
        assert done.average_price is not None
        assert abs(done.average_price / await harness.price() - 1) < Decimal("0.01")

    async def test_ac21_its_execution_carries_our_id_price_and_fee(self, harness: Harness) -> None:
        quantity = await harness.some()
        await harness.exchange.create_order(harness.order("kit-1", Side.BUY, quantity))
        fills = await harness.exchange.fetch_fills(None)
        assert sum(fill.quantity for fill in fills) == quantity
        assert {fill.order_id for fill in fills} == {"kit-1"}
        assert all(fill.fee > 0 and fill.fee_currency and fill.trade_id for fill in fills)
        assert {(fill.account, fill.pair) for fill in fills} == {
            (harness.exchange.account, harness.pair)
        }

    async def test_ac22_what_was_bought_is_held_less_its_fee(self, harness: Harness) -> None:
        quantity = await harness.some()
        await harness.exchange.create_order(harness.order("kit-1", Side.BUY, quantity))
        (fill,) = await harness.exchange.fetch_fills(None)
        if harness.exchange.is_margined:
            (position,) = await harness.exchange.fetch_positions()
            assert (position.pair, position.quantity) == (harness.pair, quantity)
            return
        fee = fill.fee if fill.fee_currency == harness.pair.base else Decimal(0)
        assert (await harness.exchange.get_balance(harness.pair.base)).total == quantity - fee

    async def test_ac23_a_limit_order_rests_and_is_listed(self, harness: Harness) -> None:
        order = await harness.resting()
        (seen,) = await harness.exchange.fetch_open_orders()
        assert (seen.client_id, seen.status) == ("kit-rest", OrderStatus.ACCEPTED)
        assert seen.filled == 0
        assert (seen.price, seen.quantity) == (order.price, order.quantity)
        assert (seen.type, seen.side, seen.pair) == (OrderType.LIMIT, Side.BUY, harness.pair)

    async def test_ac24_a_limit_order_fills_when_reached(self, harness: Harness) -> None:
        harness.needs("moves")
        order = await harness.resting(factor="0.98")
        assert order.price is not None
        await harness.move_to(order.price * Decimal("0.99"))
        seen = await harness.exchange.find_order(harness.pair, "kit-rest")
        assert seen is not None
        assert (seen.status, seen.average_price) == (OrderStatus.FILLED, order.price)
        assert list(await harness.exchange.fetch_open_orders()) == []

    async def test_ac25_a_limit_order_through_the_market_fills_at_once(
        self, harness: Harness
    ) -> None:
        order = harness.order(
            "kit-1", Side.BUY, await harness.some(), OrderType.LIMIT,
            price=await harness.price("1.02"),
        )  # fmt: skip
        done = await harness.exchange.create_order(order)
        assert done.status is OrderStatus.FILLED
        assert done.average_price is not None
        assert order.price is not None
        assert done.average_price <= order.price

    @pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
    async def test_ac26_what_may_not_rest_ends_at_once(
        self, harness: Harness, tif: TimeInForce
    ) -> None:
        order = harness.order(
            "kit-1", Side.BUY, await harness.some(), OrderType.LIMIT,
            price=await harness.price("0.9"), time_in_force=tif,
        )  # fmt: skip
        done = await harness.exchange.create_order(order)
        assert done.status in OVER
        assert done.filled == 0

    async def test_ac27_post_only_rests_or_is_refused(self, harness: Harness) -> None:
        if not harness.exchange.has_post_only:
            pytest.skip("no post-only here")
        far = harness.order(
            "kit-1", Side.BUY, await harness.some(), OrderType.LIMIT,
            price=await harness.price("0.9"), post_only=True,
        )  # fmt: skip
        placed = await harness.exchange.create_order(far)
        assert (placed.status, placed.post_only) == (OrderStatus.ACCEPTED, True)
        near = msgspec.structs.replace(far, client_id="kit-2", price=await harness.price("1.02"))
        with pytest.raises(OrderRejectedError):
            await harness.exchange.create_order(near)
        assert await harness.exchange.find_order(harness.pair, "kit-2") is None

    async def test_ac28_a_stop_waits_and_then_sells(self, harness: Harness) -> None:
        harness.needs_type(OrderType.STOP)
        placed = await self._stop(harness, OrderType.STOP, stop_price=await harness.price("0.97"))
        assert (placed.type, placed.status) == (OrderType.STOP, OrderStatus.ACCEPTED)
        seen = await harness.exchange.find_order(harness.pair, "kit-stop")
        assert seen is not None
        assert (seen.type, seen.stop_price) == (OrderType.STOP, placed.stop_price)
        assert [o.client_id for o in await harness.exchange.fetch_open_orders()] == ["kit-stop"]
        harness.needs("moves")
        await harness.move_to(await harness.price("0.96"))
        await self._sold(harness, "kit-stop")

    async def test_ac29_a_stop_limit_waits_turns_into_a_limit_and_sells(
        self, harness: Harness
    ) -> None:
        harness.needs_type(OrderType.STOP_LIMIT)
        stop, limit = await harness.price("0.97"), await harness.price("0.95")
        placed = await self._stop(harness, OrderType.STOP_LIMIT, stop_price=stop, price=limit)
        assert (placed.type, placed.price, placed.stop_price) == (OrderType.STOP_LIMIT, limit, stop)
        harness.needs("moves")
        await harness.move_to(await harness.price("0.965"))
        await self._sold(harness, "kit-stop")

    async def test_ac30_a_trailing_stop_follows_and_then_sells(self, harness: Harness) -> None:
        harness.needs_type(OrderType.TRAILING_STOP)
        placed = await self._stop(harness, OrderType.TRAILING_STOP, trail=Decimal("0.01"))
        assert (placed.type, placed.trail) == (OrderType.TRAILING_STOP, Decimal("0.01"))
        harness.needs("moves")
        start = await harness.price()
        await harness.move_to(start * Decimal("1.05"))
        assert len(await harness.exchange.fetch_open_orders()) == 1
        await harness.move_to(start * Decimal("1.035"))
        await self._sold(harness, "kit-stop")

    async def test_ac31_a_stop_already_crossed_is_refused(self, harness: Harness) -> None:
        harness.needs_type(OrderType.STOP)
        with pytest.raises(OrderRejectedError) as caught:
            await self._stop(harness, OrderType.STOP, stop_price=await harness.price("1.01"))
        assert caught.value.code == "STOP_WOULD_TRIGGER"
        assert await harness.exchange.find_order(harness.pair, "kit-stop") is None

    async def test_ac32_of_an_oco_one_ends_the_other(self, harness: Harness) -> None:
        oco = await self._oco(harness)
        target, stop = await harness.exchange.create_oco(oco)
        assert (target.client_id, stop.client_id) == ("kit-target", "kit-stop")
        assert {target.status, stop.status} == {OrderStatus.ACCEPTED}
        assert target.group_id == stop.group_id != ""
        assert len(await harness.exchange.fetch_open_orders()) == 2
        harness.needs("moves")
        await harness.move_to(oco.target_price * Decimal("1.01"))
        await self._sold(harness, "kit-target")
        seen = await harness.exchange.find_order(harness.pair, "kit-stop")
        assert seen is not None
        assert seen.status in OVER

    async def test_ac33_cancelling_one_leg_of_an_oco_leaves_none(self, harness: Harness) -> None:
        oco = await self._oco(harness)
        await harness.exchange.create_oco(oco)
        await harness.exchange.cancel_order(harness.pair, "kit-stop")
        assert list(await harness.exchange.fetch_open_orders()) == []

    async def test_ac34_reduce_only_closes_and_never_opens(self, harness: Harness) -> None:
        if not harness.exchange.is_margined:
            pytest.skip("not a margined account")
        quantity = await harness.hold_some()
        sell = harness.order("kit-1", Side.SELL, quantity, reduce_only=True)
        await harness.exchange.create_order(sell)
        assert list(await harness.exchange.fetch_positions()) == []
        with pytest.raises(OrderRejectedError):
            await harness.exchange.create_order(msgspec.structs.replace(sell, client_id="kit-2"))

    async def test_ac35_leverage_and_margin_are_set_again_and_again(self, harness: Harness) -> None:
        if not harness.exchange.is_margined:
            with pytest.raises(OrderRejectedError):
                await harness.exchange.set_leverage(harness.pair, Decimal(2), "isolated")
            return
        for leverage in (Decimal(3), Decimal(5)):
            await harness.exchange.set_leverage(harness.pair, leverage, "isolated")
        await harness.hold_some()
        (position,) = await harness.exchange.fetch_positions()
        assert position.leverage == 5
        assert position.margin == "isolated"
        assert position.liquidation_price is not None

    # -- cancelling -----------------------------------------------------------------------------

    async def test_ac36_a_cancel_cancels(self, harness: Harness) -> None:
        await harness.resting()
        gone = await harness.exchange.cancel_order(harness.pair, "kit-rest")
        assert (gone.client_id, gone.status) == ("kit-rest", OrderStatus.CANCELED)
        assert list(await harness.exchange.fetch_open_orders()) == []

    async def test_ac37_cancelling_twice_is_no_error(self, harness: Harness) -> None:
        await harness.resting()
        for _ in range(2):
            gone = await harness.exchange.cancel_order(harness.pair, "kit-rest")
            assert gone.status is OrderStatus.CANCELED

    async def test_ac38_cancelling_what_filled_tells_that_it_filled(self, harness: Harness) -> None:
        await harness.exchange.create_order(harness.order("kit-1", Side.BUY, await harness.some()))
        seen = await harness.exchange.cancel_order(harness.pair, "kit-1")
        assert seen.status is OrderStatus.FILLED

    async def test_ac39_cancelling_what_never_was_is_refused(self, harness: Harness) -> None:
        await harness.exchange.load_markets()
        with pytest.raises(OrderRejectedError) as caught:
            await harness.exchange.cancel_order(harness.pair, "kit-never")
        assert caught.value.code == "UNKNOWN_ORDER"

    @pytest.mark.parametrize("kind", [OrderType.STOP, OrderType.TRAILING_STOP])
    async def test_ac70_a_waiting_stop_can_be_cancelled(
        self, harness: Harness, kind: OrderType
    ) -> None:
        harness.needs_type(kind)
        if kind is OrderType.STOP:
            await self._stop(harness, kind, stop_price=await harness.price("0.97"))
        else:
            await self._stop(harness, kind, trail=Decimal("0.02"))
        for _ in range(2):
            gone = await harness.exchange.cancel_order(harness.pair, "kit-stop")
            assert (gone.status, gone.client_id) == (OrderStatus.CANCELED, "kit-stop")
        assert list(await harness.exchange.fetch_open_orders()) == []

    # -- looking up -----------------------------------------------------------------------------

    async def test_ac40_an_order_is_found_whatever_became_of_it(self, harness: Harness) -> None:
        await harness.resting("kit-open")
        await harness.resting("kit-gone", "0.89")
        await harness.exchange.cancel_order(harness.pair, "kit-gone")
        await harness.exchange.create_order(
            harness.order("kit-done", Side.BUY, await harness.some())
        )
        found = {}
        for name in ("kit-open", "kit-gone", "kit-done", "kit-never"):
            seen = await harness.exchange.find_order(harness.pair, name)
            found[name] = None if seen is None else (seen.client_id, seen.status)
        assert found == {
            "kit-open": ("kit-open", OrderStatus.ACCEPTED),
            "kit-gone": ("kit-gone", OrderStatus.CANCELED),
            "kit-done": ("kit-done", OrderStatus.FILLED),
            "kit-never": None,
        }

    async def test_ac41_executions_are_told_from_a_time_on_oldest_first(
        self, harness: Harness
    ) -> None:
        moments = []
        for number in range(3):
            moments.append(harness.clock.now())
            await harness.exchange.create_order(
                harness.order(f"kit-{number}", Side.BUY, await harness.some())
            )
            harness.clock.advance(60)
        everything = await harness.exchange.fetch_fills(None)
        assert [fill.order_id for fill in everything] == ["kit-0", "kit-1", "kit-2"]
        late = await harness.exchange.fetch_fills(moments[1])
        assert [fill.order_id for fill in late] == ["kit-1", "kit-2"]
        assert list(await harness.exchange.fetch_fills(moments[2] + timedelta(seconds=1))) == []

    async def test_ac42_a_partial_fill_is_told_and_kept_by_a_cancel(self, harness: Harness) -> None:
        harness.needs("partial")
        order = await harness.resting()
        part = Quantity(order.quantity - (await harness.market()).quantity_step)
        harness.fill("kit-rest", part)
        seen = await harness.exchange.find_order(harness.pair, "kit-rest")
        assert seen is not None
        assert (seen.status, seen.filled) == (OrderStatus.PARTIALLY_FILLED, part)
        gone = await harness.exchange.cancel_order(harness.pair, "kit-rest")
        assert (gone.status, gone.filled) == (OrderStatus.CANCELED, part)

    async def test_ac43_an_order_of_somebody_else_is_listed_with_an_id(
        self, harness: Harness
    ) -> None:
        harness.needs("others")
        price = await harness.price("0.9")
        harness.order_by_somebody(Side.BUY, await harness.some(), price)
        (seen,) = await harness.exchange.fetch_open_orders()
        assert seen.client_id
        gone = await harness.exchange.cancel_order(harness.pair, seen.client_id)
        assert gone.status is OrderStatus.CANCELED

    async def test_ac67_a_new_process_sees_orders_and_executions_of_the_one_before(
        self, harness: Harness
    ) -> None:
        harness.needs("reopens")
        since = harness.clock.now()
        await harness.exchange.create_order(harness.order("kit-1", Side.BUY, await harness.some()))
        await harness.resting()
        await harness.reopen()
        harness.exchange.watch_pairs([harness.pair])
        assert [o.client_id for o in await harness.exchange.fetch_open_orders()] == ["kit-rest"]
        fills = await harness.exchange.fetch_fills(since)
        assert [fill.order_id for fill in fills] == ["kit-1"]
        gone = await harness.exchange.cancel_order(harness.pair, "kit-rest")
        assert gone.status is OrderStatus.CANCELED

    # -- refusals with proof --------------------------------------------------------------------

    async def test_ac44_more_than_there_is_is_refused(self, harness: Harness) -> None:
        too_much = await harness.some(9_000_000)
        await self._refused(
            harness, harness.order("kit-1", Side.BUY, too_much), "INSUFFICIENT_FUNDS"
        )

    async def test_ac45_too_little_or_off_the_step_is_refused(self, harness: Harness) -> None:
        market, price = await harness.market(), await harness.price("0.9")
        step = market.quantity_step
        for quantity in (Quantity(step), Quantity(await harness.some() + step / 3)):
            order = harness.order("kit-1", Side.BUY, quantity, OrderType.LIMIT, price=price)
            if quantity * price >= market.min_notional and quantity % step == 0:
                continue  # one step is worth enough here
            await self._refused(harness, order)

    async def test_ac46_a_price_off_the_tick_is_refused(self, harness: Harness) -> None:
        tick = (await harness.market()).tick_size
        price = Price(await harness.price("0.9") + tick / 3)
        order = harness.order("kit-1", Side.BUY, await harness.some(), OrderType.LIMIT, price=price)
        await self._refused(harness, order)

    async def test_ac47_a_pair_it_does_not_trade_is_refused(self, harness: Harness) -> None:
        order = harness.order("kit-1", Side.BUY, await harness.some())
        await self._refused(harness, msgspec.structs.replace(order, pair=Pair("NOPE/USDT")))

    async def test_ac48_a_second_working_order_of_one_id_is_never_placed(
        self, harness: Harness
    ) -> None:
        """The venue says duplicate, which means placed before: told as such, or as that order."""
        order = await harness.resting()
        with contextlib.suppress(OrderRejectedError):
            assert (await harness.exchange.create_order(order)).client_id == "kit-rest"
        assert harness.placed("kit-rest") == 1

    async def test_ac49_a_closed_market_takes_no_orders_and_lets_cancels_through(
        self, harness: Harness
    ) -> None:
        harness.needs("halts")
        order = await harness.resting()
        harness.halt()
        with pytest.raises(MarketClosedError):
            await harness.exchange.create_order(msgspec.structs.replace(order, client_id="kit-2"))
        gone = await harness.exchange.cancel_order(harness.pair, "kit-rest")
        assert gone.status is OrderStatus.CANCELED

    # -- words ----------------------------------------------------------------------------------

    @staticmethod
    async def _refused(harness: Harness, order: NewOrder, code: str = "") -> None:
        before = await harness.exchange.get_balance("USDT")
        with pytest.raises(OrderRejectedError) as caught:
            await harness.exchange.create_order(order)
        assert caught.value.code
        assert code in {"", caught.value.code}
        assert harness.placed(order.client_id) == 0
        assert await harness.exchange.get_balance("USDT") == before

    @staticmethod
    async def _stop(harness: Harness, kind: OrderType, **prices: object) -> VenueOrder:
        quantity = await harness.hold_some()
        margined = harness.exchange.is_margined
        order = harness.order("kit-stop", Side.SELL, quantity, kind, reduce_only=margined, **prices)
        return await harness.exchange.create_order(order)

    @staticmethod
    async def _oco(harness: Harness) -> NewOco:
        if not harness.exchange.has_oco:
            pytest.skip("no OCO here")
        return NewOco(
            client_id="kit-oco", pair=harness.pair, side=Side.SELL,
            quantity=await harness.hold_some(), target_client_id="kit-target",
            target_price=await harness.price("1.03"), stop_client_id="kit-stop",
            stop_price=await harness.price("0.97"),
        )  # fmt: skip

    @staticmethod
    async def _sold(harness: Harness, client_id: str) -> None:
        seen = await harness.exchange.find_order(harness.pair, client_id)
        assert seen is not None
        assert (seen.status, seen.client_id) == (OrderStatus.FILLED, client_id)
        assert seen.average_price is not None
        fills = await harness.exchange.fetch_fills(None)
        assert fills[-1].order_id == client_id
