"""A house whose gateway climbs to Claude: the real client library against a loopback server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.turn import LiveTurn
from kit_tui.runtime.model import open_model
from kit_tui.settings.model import EngineSettings, Settings
from kit_tui.state.slices import CONNECTIONS, TURNS, Connection, Slice
from tests.gateway.house import House, opened
from tests.servers.messages_api import KEY, MessagesServer


class ModelHouse:
    """The house, its model server, and every state of a turn that was shown."""

    def __init__(self, house: House, server: MessagesServer) -> None:
        self.house = house
        self.server = server
        self.shown: list[tuple[LiveTurn, ...]] = []
        house.account.store.subscribe(self._seen)

    def _seen(self, slot: Slice[Any], snapshot: Any) -> None:
        if slot.name == TURNS.name:
            self.shown.append(snapshot)

    @property
    def answers(self) -> list[Message]:
        """What K.I.T. has said."""
        recent = self.house.gateway.conversation.recent
        return [message for message in recent if message.speaker is Speaker.KIT]

    @property
    def line(self) -> Connection | None:
        """The model among the connections."""
        lines = self.house.account.store.get(CONNECTIONS) or ()
        return next((line for line in lines if line.kind == "model"), None)

    async def until_shown(self, text: str) -> None:
        """Wait until a turn shows this text."""
        await until(lambda: any(text in turn.text for turns in self.shown for turn in turns))


async def until(condition: Callable[[], object]) -> None:
    """Wait for what another process or thread brings about."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - any state, of a real server
            await asyncio.sleep(0.005)


@asynccontextmanager
async def model_house(
    home: Path, *, key: str = KEY, names: tuple[str, ...] = (), **engine: Any
) -> AsyncIterator[ModelHouse]:
    """A started house at a started server."""
    async with MessagesServer() as server:
        settings = Settings(engine=EngineSettings(base_url=server.url, **engine))
        async with opened(home, *names, settings=settings) as house:
            environ = {"ANTHROPIC_API_KEY": key} if key else {}
            house.gateway.turns.opener = partial(open_model, house.shared, environ)
            yield ModelHouse(house, server)
            assert server.refused == []
