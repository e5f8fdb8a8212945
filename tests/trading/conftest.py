"""Fixtures of the trading engine's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.domain.orders import Mode
from tests.trading.bench import Bench, bench


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    """A started engine on a scripted venue with pretended money."""
    async with bench(tmp_path) as made:
        yield made


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Bench]:
    """The same, where the venue counts as a real one."""
    async with bench(tmp_path, mode=Mode.LIVE) as made:
        yield made
