"""The screen on data that stands still but is always fresh, for `bench_idle`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from kit_tui.gateway.desk import Desk
from kit_tui.settings.early import EarlyUi
from kit_tui.tui.app import run_app
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk


async def open_desk() -> Desk:
    """A desk filled with the present time."""
    return await FakeDesk(FakeClock(datetime.now(UTC))).fill(ticket=False)


if __name__ == "__main__":
    sys.exit(run_app(open_desk, ui=EarlyUi(), demo=True))
