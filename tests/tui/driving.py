"""Starting the screen on a fake desk, for tests that press keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.pilot import Pilot

from kit_tui.domain.orders import Mode
from kit_tui.gateway.desk import Desk
from kit_tui.settings.early import EarlyUi
from kit_tui.tui.app import KitApp
from kit_tui.tui.spans import text_of
from kit_tui.tui.widgets.lines import Lines
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk


@dataclass
class Stage:
    """A running screen with its desk and its clock."""

    app: KitApp
    desk: FakeDesk
    clock: FakeClock
    pilot: Pilot[None]

    async def settle(self) -> None:
        """Wait until everything that was set in motion is painted."""
        for _ in range(3):
            await self.pilot.pause()
        self.app.bridge.flush()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys and let their consequences happen."""
        await self.pilot.press(*keys)
        await self.settle()

    def asked(self, name: str) -> list[tuple[object, ...]]:
        """What the desk was asked under this name."""
        return [call for call in self.desk.calls if call[0] == name]

    def text(self, selector: str) -> str:
        """What a part of the main screen shows."""
        part = self.app.main.query_one(selector, Lines)
        return "\n".join(text_of(line) for line in part.rows)

    @property
    def focused(self) -> str | None:
        """The id of what has the focus on the main screen."""
        return self.app.main.focused.id if self.app.main.focused else None


@asynccontextmanager
async def stage(
    *,
    size: tuple[int, int] = (120, 40),
    ticket: bool = False,
    empty: bool = False,
    theme: str = "knight",
    mode: Mode = Mode.PAPER,
    keymap: dict[str, str] | None = None,
) -> AsyncIterator[Stage]:
    """The main screen on a filled desk; ready when the desk is shown."""
    clock = FakeClock()
    desk = await FakeDesk(clock, mode).fill(ticket=ticket, empty=empty)

    async def opener() -> Desk:
        return desk

    app = KitApp(opener, EarlyUi(theme=theme, keymap=keymap or {}), clock=clock)
    async with app.run_test(size=size) as pilot:
        stand = Stage(app, desk, clock, pilot)
        for _ in range(50):
            await pilot.pause()
            if app.commands:
                break
        await stand.settle()
        yield stand
