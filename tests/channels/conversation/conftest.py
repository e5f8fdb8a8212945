"""Every case of the suite runs on every service; one with `how`, by every means of answering."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.channels.conversation.messenger import Messenger
from tests.channels.conversation.on_discord import OnDiscord
from tests.channels.conversation.on_signal import OnSignal
from tests.channels.conversation.on_telegram import OnTelegram
from tests.support.clock import FakeClock

Service = OnTelegram | OnDiscord | OnSignal
SERVICES: dict[str, type[Service]] = {
    "telegram": OnTelegram, "discord": OnDiscord, "signal": OnSignal
}  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "how" in metafunc.fixturenames:
        each = [(name, how) for name, service in SERVICES.items() for how in service.can.means]
        metafunc.parametrize(("messenger", "how"), each, indirect=["messenger"])
    elif "messenger" in metafunc.fixturenames:
        metafunc.parametrize("messenger", list(SERVICES), indirect=True)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def messenger(request: pytest.FixtureRequest, clock: FakeClock) -> AsyncIterator[Messenger]:
    async with SERVICES[request.param](clock) as service:
        yield service
