"""A pause of the pilot ends when the event loop has nothing left to do."""

from __future__ import annotations

import pytest
import textual.app
import textual.pilot

from tests.tui.quiet import until_quiet


@pytest.fixture(autouse=True)
def _pauses_wait_for_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (textual.app, textual.pilot):
        monkeypatch.setattr(module, "wait_for_idle", until_quiet)
