"""A model that breaks off while its answer grows on the phone: the post ends, and says why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kit_tui.channels.chat import ChatChannel
from kit_tui.channels.telegram import TelegramTransport
from kit_tui.domain.message import Role
from kit_tui.gateway.people import Rules, declared
from kit_tui.runtime.clock import SystemClock
from kit_tui.state.deliveries import Deliveries
from tests.gateway.model_house import ModelHouse, model_house, until
from tests.servers.messages_api import Cut, Gate, Status, error_event, reply, text
from tests.servers.messages_script import Eof
from tests.servers.telegram_api import CHAT, OWNER, TOKEN, TelegramApi

TALK = "what is a short squeeze?"
PART = "The trend is"


@pytest.fixture
async def api() -> AsyncIterator[TelegramApi]:
    async with TelegramApi() as server:
        yield server


@pytest.fixture
async def home(api: TelegramApi, tmp_path: Path) -> AsyncIterator[ModelHouse]:
    async with model_house(tmp_path) as found:
        gateway = found.house.gateway
        people = declared("telegram", [(str(OWNER), str(CHAT))], Role.TRADER)
        gateway.people.set_rules("telegram", Rules(people=people))
        transport = TelegramTransport(TOKEN, SystemClock(), base_url=api.root)
        await gateway.add_channel(ChatChannel(transport, Deliveries(), SystemClock()))
        yield found
        await gateway.stop_channels()


@pytest.mark.parametrize("fault", [Cut(), Eof(), error_event("overloaded_error", "busy"), "/esc"])
async def test_a_growing_post_ends_with_what_was_said_and_why(
    api: TelegramApi, home: ModelHouse, fault: Any
) -> None:
    gate, stopped = Gate(), fault == "/esc"
    home.server.answer(reply(text(PART, gate, stopped=False), *([] if stopped else [fault])))
    await api.says(TALK)
    await api.until(lambda: api.texts == [f"{PART}\n…"])
    if stopped:
        await api.says("/esc")
    else:
        gate.opened.set()
    await api.until(lambda: "…" not in api.texts[0])
    gate.opened.set()
    said = api.texts[0].lower()
    assert PART.lower() in said
    assert said.count("broken off") + said.count("interrupted") == 1
    await until(lambda: len(api.texts) == len(home.answers))
    assert not any("…" in told for told in api.texts)


async def test_a_model_that_says_nothing_but_an_error_is_answered_for(
    api: TelegramApi, home: ModelHouse
) -> None:
    home.server.answer(*[Status(529)] * 5)
    await api.says(TALK)
    await until(lambda: home.answers)
    await api.until(lambda: len(api.texts) == len(home.answers))
    assert not any("…" in told for told in api.texts)
