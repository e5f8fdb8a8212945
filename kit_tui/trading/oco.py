"""Sends a target and a stop of which one cancels the other, journal first like any order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from kit_tui.domain.errors import KeysRefusedError, OrderRejectedError, UnknownPairError
from kit_tui.domain.events import Event, OrderMoved, OrderSubmitted
from kit_tui.domain.orders import Order, OrderStatus
from kit_tui.exchanges.base import NewOco
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.sender import VENUE_TIMEOUT_S, Sender
from kit_tui.trading.tickets import client_id

log = logging.getLogger(__name__)


async def send_oco(
    account: TradingAccount, sender: Sender, target: Order, stop: Order, *before: Event
) -> tuple[Order, Order]:
    """Submit both legs: one commit before the venue hears of them and one for the outcome.

    Returns target and stop as they then stand: both confirmed, both refused with proof, or both
    unknown, to be asked for one by one.

    Raises:
        JournalError: when a commit failed. Nothing was sent if it was the first.
    """
    now = account.clock.now()
    await sender.record(
        *before, OrderSubmitted(order=target, at=now), OrderSubmitted(order=stop, at=now)
    )
    events: Sequence[Event]
    try:
        async with asyncio.timeout(VENUE_TIMEOUT_S):
            seen = await account.exchange.create_oco(_to_send(account, target, stop))
    except (OrderRejectedError, UnknownPairError, KeysRefusedError) as error:
        events = _both(account, target, stop, OrderStatus.REJECTED, error.message)
    except Exception as error:  # noqa: BLE001 - whatever it is, it proves nothing
        log.warning("orders %s and %s: outcome unknown: %r", target.id, stop.id, error)
        why = getattr(error, "message", "") or type(error).__name__
        events = _both(account, target, stop, OrderStatus.UNKNOWN, why)
    else:
        events = [*await sender.outcome(target, seen[0]), *await sender.outcome(stop, seen[1])]
    await sender.record(*events)
    return account.ledger.orders[target.id], account.ledger.orders[stop.id]


def _to_send(account: TradingAccount, target: Order, stop: Order) -> NewOco:
    if target.price is None or stop.stop_price is None:
        raise OrderRejectedError("An OCO needs the price of its target and of its stop.")
    group = target.group_id or stop.id
    return NewOco(
        client_id=client_id(account.journal.home_id, group, f"list-{target.id}"),
        pair=stop.pair,
        side=stop.side,
        quantity=stop.quantity,
        target_client_id=target.client_id,
        target_price=target.price,
        stop_client_id=stop.client_id,
        stop_price=stop.stop_price,
        stop_limit_price=stop.price,
    )


def _both(
    account: TradingAccount, target: Order, stop: Order, status: OrderStatus, reason: str
) -> list[Event]:
    now = account.clock.now()
    return [
        OrderMoved(order_id=order.id, status=status, reason=reason, at=now)
        for order in (target, stop)
    ]
