"""A house for every test of the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.house import House, opened


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as started:
        yield started


@pytest.fixture
async def two_accounts(tmp_path: Path) -> AsyncIterator[House]:
    """A house with a paper and a demo account; paper is the primary one."""
    async with opened(tmp_path, "paper", "demo") as started:
        yield started
