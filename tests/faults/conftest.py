"""A bench on a fresh home and a fresh venue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.exchanges import ccxt_public
from tests.faults.bench import FaultBench, fault_bench, scripted_binance


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits less long for an answer than it does for people; name it before `bench`."""
    monkeypatch.setattr(ccxt_public, "_TIMEOUT_MS", 600)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[FaultBench]:
    async with (
        scripted_binance() as (server, clock),
        fault_bench(tmp_path, server, clock) as running,
    ):
        yield running
