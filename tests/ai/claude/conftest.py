"""A Messages API on the loopback and a backend that speaks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ai.claude.talking import Talk
from tests.gateway.house import House, opened
from tests.servers.messages_api import MessagesServer


@pytest.fixture
async def server() -> AsyncIterator[MessagesServer]:
    async with MessagesServer() as server:
        yield server


@pytest.fixture
async def talk(server: MessagesServer) -> AsyncIterator[Talk]:
    talk = Talk(server)
    yield talk
    await talk.backend.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway with a paper account on a scripted venue."""
    async with opened(tmp_path) as made:
        yield made
