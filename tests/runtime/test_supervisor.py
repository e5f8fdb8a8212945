"""Background jobs: restarted with growing pauses, and stopped for good."""

from __future__ import annotations

import asyncio

import pytest

from kit_tui.runtime.supervisor import LONGEST_PAUSE_S, Supervisor
from tests.support.clock import FakeClock


class PausingClock(FakeClock):
    """Notes every pause; after `patience` of them the next one never ends."""

    def __init__(self, patience: int) -> None:
        super().__init__()
        self.patience = patience
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) > self.patience:
            await asyncio.Event().wait()
        await super().sleep(seconds)


async def settle() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


async def test_a_failing_job_is_restarted_with_growing_pauses_up_to_a_minute() -> None:
    clock = PausingClock(patience=9)
    supervisor = Supervisor(clock)

    async def fail() -> None:
        raise RuntimeError("again")

    supervisor.spawn("failing", fail)
    await settle()
    assert clock.pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    await supervisor.stop()


async def test_a_job_that_ran_well_for_a_while_is_restarted_at_once_again() -> None:
    clock = PausingClock(patience=3)
    supervisor, lasts = Supervisor(clock), iter([0.0, 0.0, LONGEST_PAUSE_S + 1, 0.0])

    async def fail() -> None:
        clock.advance(next(lasts))
        raise RuntimeError("again")

    supervisor.spawn("failing", fail)
    await settle()
    assert clock.pauses == [1, 2, 4, 1]
    await supervisor.stop()


async def test_failures_are_logged_with_the_name_of_the_job(
    caplog: pytest.LogCaptureFixture,
) -> None:
    supervisor = Supervisor(PausingClock(patience=0))

    async def fail() -> None:
        raise ValueError("why it failed")

    supervisor.spawn("prices", fail)
    await settle()
    assert "the job prices failed" in caplog.text
    assert "why it failed" in caplog.text
    await supervisor.stop()


async def test_a_job_that_returns_is_done() -> None:
    clock = PausingClock(patience=5)
    supervisor, runs = Supervisor(clock), list[int]()

    async def once() -> None:
        runs.append(1)

    supervisor.spawn("once", once)
    await settle()
    assert runs == [1]
    assert clock.pauses == []
    await supervisor.stop()


async def test_stopping_ends_jobs_newest_first_and_waits_for_their_clean_up() -> None:
    supervisor, ended = Supervisor(FakeClock()), list[str]()

    def job(name: str) -> None:
        async def run() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                ended.append(name)

        supervisor.spawn(name, run)

    job("first")
    job("second")
    await settle()
    await supervisor.stop()
    assert ended == ["second", "first"]
    await supervisor.stop()
