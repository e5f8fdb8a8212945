"""The report of the day comes once, at its time, whatever the machine's clock does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.cards import PortfolioCard
from kit_tui.domain.message import Message, Speaker
from kit_tui.gateway.gateway import Gateway
from kit_tui.runtime.clock import SystemClock
from kit_tui.runtime.daily_report import LOOK_EVERY_S, DailyReport, next_time
from kit_tui.runtime.engine import Engine
from kit_tui.settings.channels import ChannelSettings
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from kit_tui.settings.values import time_of
from tests.support.clock import FakeClock

EIGHT = time(8)
BEFORE = datetime(2026, 11, 30, 7, 59, 30, tzinfo=UTC)


class DayClock(FakeClock):
    """A clock that ends what waits on it after so many sleeps; `jumps` move it at one of them."""

    def __init__(self, start: datetime, sleeps: int, jumps: dict[int, timedelta] | None = None):
        super().__init__(start)
        self._left = sleeps
        self._jumps = jumps or {}

    async def sleep(self, seconds: float) -> None:
        if self._left == 0:
            raise asyncio.CancelledError
        self.time += self._jumps.get(self._left, timedelta())
        self._left -= 1
        await super().sleep(seconds)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    places = find_locations({"KIT_HOME": str(tmp_path)})
    places.ensure()
    engine = Engine(places, load_settings(places, {}), SystemClock(), {})
    await engine.start(demo=True)
    yield engine.gateway
    await engine.stop()


async def reports(gateway: Gateway, clock: DayClock, timezone: str = "UTC") -> list[Message]:
    with pytest.raises(asyncio.CancelledError):
        await DailyReport(gateway, clock, EIGHT, timezone).run()
    return [said for said in gateway.conversation.recent if said.kind == "report"]


async def test_it_comes_once_a_day_with_the_account_in_it(gateway: Gateway) -> None:
    two_days = int(timedelta(days=2).total_seconds() / LOOK_EVERY_S)
    told = await reports(gateway, DayClock(BEFORE, two_days))
    assert len(told) == 2
    assert told[0].speaker is Speaker.SYSTEM
    assert told[0].text.startswith("Report of the day")
    assert any(isinstance(card, PortfolioCard) for card in told[0].cards)


async def test_it_comes_by_the_clock_of_the_time_zone(gateway: Gateway) -> None:
    assert not await reports(gateway, DayClock(BEFORE, 10), "Europe/Berlin")
    early = BEFORE - timedelta(hours=1)
    assert len(await reports(gateway, DayClock(early, 10), "Europe/Berlin")) == 1


async def test_a_machine_that_slept_a_little_tells_late_and_one_that_slept_long_does_not(
    gateway: Gateway,
) -> None:
    late = DayClock(BEFORE, 10, {9: timedelta(minutes=40)})
    assert len(await reports(gateway, late)) == 1
    long = DayClock(BEFORE, 10, {9: timedelta(hours=5)})
    assert len(await reports(gateway, long)) == 1  # the one from before


async def test_a_clock_that_is_put_back_tells_no_second_time(gateway: Gateway) -> None:
    assert len(await reports(gateway, DayClock(BEFORE, 60, {30: -timedelta(minutes=15)}))) == 1


async def test_a_setting_starts_it(tmp_path: Path) -> None:
    places = find_locations({"KIT_HOME": str(tmp_path)})
    places.ensure()
    places.config_file.write_text('[channels]\nreport_at = "8:05"\n', encoding="utf-8")
    settings = load_settings(places, {})
    assert settings.channels == ChannelSettings(report_at="8:05")
    engine = Engine(places, settings, SystemClock(), {})
    await engine.start(demo=True, serve_channels=True)
    try:
        assert "the daily report" in {task.get_name() for task in asyncio.all_tasks()}
    finally:
        await engine.stop()


@pytest.mark.parametrize("text", ["8", "24:00", "8:60", "08.00", "", "08:00-09:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a time"):
        time_of(text)


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - made aware below
    st.times(),
    ZONES,
)
def test_the_next_time_lies_ahead_and_within_a_day(at: datetime, daily: time, zone: str) -> None:
    now = at.replace(tzinfo=UTC)
    due = next_time(now, daily.replace(second=0, microsecond=0), ZoneInfo(zone))
    assert timedelta() < due - now <= timedelta(hours=25)
