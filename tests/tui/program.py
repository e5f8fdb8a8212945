"""The screen on a fake desk as a program of its own, for tests on a pseudo terminal."""

from __future__ import annotations

import sys

from kit_tui.gateway.desk import Desk
from kit_tui.settings.early import EarlyUi
from kit_tui.tui.app import run_app
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk


async def open_desk() -> Desk:
    """A filled desk; with `crash`, one whose data breaks the screen itself."""
    desk = await FakeDesk(FakeClock()).fill(ticket=False)
    if "crash" in sys.argv:
        from kit_tui.tui.screens.main import MainScreen

        def broken(self: MainScreen, changed: frozenset[str]) -> None:
            raise ZeroDivisionError("a fault of our own")

        MainScreen.deliver = broken  # type: ignore[method-assign]  # the fault to be survived
    return desk


if __name__ == "__main__":
    sys.exit(run_app(open_desk, ui=EarlyUi(), demo=True))
