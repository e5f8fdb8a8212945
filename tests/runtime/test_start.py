"""Starting and stopping an engine: what the start concludes, and what a fault leaves behind."""

from __future__ import annotations

import asyncio
import gc
import socket
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.errors import JournalError, KitError
from kit_tui.domain.events import OrderSubmitted
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import Quantity
from kit_tui.domain.orders import OrderStatus
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import TradingState
from kit_tui.runtime import open as opening
from kit_tui.runtime.clock import SystemClock
from kit_tui.runtime.engine import Engine
from kit_tui.runtime.open import open_desk
from kit_tui.runtime.owner import OwnerLock
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import Locations, find_locations
from kit_tui.state.journal import Journal
from kit_tui.state.slices import CONVERSATION, ORDERS, TICKERS, WATCHLIST
from tests.domain.examples import an_order

PERSON = Principal(channel="test", user="local", name="you", role=Role.OWNER, local=True)


@pytest.fixture
def locations(tmp_path: Path) -> Locations:
    places = find_locations({"KIT_HOME": str(tmp_path)})
    places.ensure()
    return places


def engine_on(places: Locations) -> Engine:
    return Engine(places, load_settings(places, {}), SystemClock(), {}, verify_after_s=0)


async def test_an_order_that_was_never_sent_is_cancelled_at_the_start_and_told(
    locations: Locations,
) -> None:
    """Killed between journal and send: the start is the one moment that may conclude this."""
    clock = SystemClock()
    journal = await Journal.open(locations.journal, clock)
    order = an_order(
        id="1", client_id="never-sent", venue="simulator", account="demo",
        quantity=Quantity("0.001"), created_at=clock.now(), updated_at=clock.now(),
    )  # fmt: skip
    await journal.append(OrderSubmitted(order=order, at=clock.now()))
    await journal.close()
    engine = engine_on(locations)
    await engine.start(demo=True)
    store = (await engine.account("demo")).store
    (found,) = store.get(ORDERS) or ()
    assert found.status is OrderStatus.CANCELED
    assert found.reason.startswith("never sent")
    (message,) = store.get(CONVERSATION) or ()
    assert message.text == f"Order 1 was canceled: {found.reason}"
    await engine.stop()


async def test_a_part_that_does_not_stop_keeps_no_other_from_it(
    locations: Locations, caplog: pytest.LogCaptureFixture
) -> None:
    engine = engine_on(locations)
    await engine.start(demo=True)
    account = await engine.account("demo")
    close = account.exchange.close

    async def broken() -> None:
        await close()
        raise RuntimeError("stuck")

    account.exchange.close = broken  # type: ignore[method-assign]  # a fault to survive
    await engine.stop()
    assert "did not stop cleanly" in caplog.text
    with pytest.raises(JournalError, match="closed"):
        await engine.gateway.conversation._journal.append(
            OrderSubmitted(order=an_order(), at=SystemClock().now())
        )
    assert not locations.socket.exists()


async def test_an_unknown_account_is_refused(locations: Locations) -> None:
    engine = engine_on(locations)
    with pytest.raises(KitError, match="not running"):
        await engine.account("demo")
    await engine.start(demo=True)
    with pytest.raises(KitError, match="no account"):
        await engine.account("live")
    await engine.stop()


async def test_an_account_asked_for_twice_at_once_is_one_account(locations: Locations) -> None:
    engine = engine_on(locations)
    await engine.start(demo=True)
    one, two = await asyncio.gather(engine.account("demo"), engine.account("demo"))
    assert one is two
    await engine.stop()


async def test_an_owner_that_does_not_answer_is_named_in_time(
    locations: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE_S", 0.3)
    lock = OwnerLock(locations.lock)
    assert lock.acquire()
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(locations.socket))
        deaf.listen()
        with pytest.raises(KitError, match="does not answer") as refused:
            await open_desk(locations, demo=True, environ={}, channel="cli")
    assert str(lock.owner_pid()) in refused.value.message
    lock.release()
    gc.collect()


async def test_a_start_that_fails_frees_the_home(locations: Locations) -> None:
    locations.journal.write_bytes(b"this is no journal" * 100)
    with pytest.raises(KitError):
        await open_desk(locations, demo=True, environ={}, channel="cli")
    lock = OwnerLock(locations.lock)
    assert lock.acquire()
    lock.release()


async def test_nobody_on_the_socket_passes_for_the_phone_or_a_guard(locations: Locations) -> None:
    engine = engine_on(locations)
    await engine.start(demo=True)
    for channel in ("telegram", "guard", "autonomy", ""):
        with pytest.raises(KitError, match="No desk"):
            await engine.open_desk("demo", channel)
    await engine.stop()


async def test_the_watchlist_is_durable_shared_and_polled(locations: Locations) -> None:
    engine = engine_on(locations)
    await engine.start(demo=True)
    desk = await engine.open_desk("demo", "terminal")
    for name in ("BTC/USDT", "ETH/USDT"):
        await desk.run("unwatch", {"pair": name})
    watched = desk.store.get(WATCHLIST)
    assert watched is not None
    assert Pair("BTC/USDT") not in watched
    await asyncio.gather(
        desk.run("watch", {"pair": "BTC/USDT"}), desk.run("watch", {"pair": "ETH/USDT"})
    )
    after = desk.store.get(WATCHLIST)
    assert after is not None
    assert set(after) == {*watched, Pair("BTC/USDT"), Pair("ETH/USDT")}
    await desk.close()
    await engine.stop()
    again = engine_on(locations)
    await again.start(demo=True)
    store = (await again.account("demo")).store
    assert (store.get(WATCHLIST) or ())[-2:] in (
        (Pair("BTC/USDT"), Pair("ETH/USDT")),
        (Pair("ETH/USDT"), Pair("BTC/USDT")),
    )
    assert (store.get(TICKERS) or {})[Pair("BTC/USDT")].last > Decimal(0)
    await again.stop()


async def test_damage_behind_the_snapshot_halts_a_running_engine_and_is_told(
    locations: Locations,
) -> None:
    """Opening reads the snapshot and the tail; only the check in the background sees the rest."""
    first = engine_on(locations)
    await first.start(demo=True)
    await first.gateway.message(PERSON, "price of BTC", account="demo")
    await first.stop()
    with sqlite3.connect(locations.journal) as file:
        file.execute("UPDATE events SET payload = CAST('{}' AS BLOB) WHERE seq = 2")
    file.close()
    engine = engine_on(locations)
    await engine.start(demo=True, serve_channels=True)
    account = await engine.account("demo")
    told = asyncio.Event()
    account.store.subscribe(lambda slot, _: told.set() if slot is CONVERSATION else None)
    try:
        async with asyncio.timeout(10):
            await told.wait()
        assert account.trading.status.state is TradingState.HALTED
        assert "damaged at event 2" in account.trading.status.reason
        said = (account.store.get(CONVERSATION) or ())[-1]
        assert "kit journal verify" in said.text
    finally:
        await engine.stop()
