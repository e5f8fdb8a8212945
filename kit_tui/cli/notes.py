"""What a command says about the account it acted on, when that is not the one to be expected."""

from __future__ import annotations

from kit_tui.domain.orders import Mode
from kit_tui.gateway.desk import Desk
from kit_tui.state.slices import SESSION


def notice_of(desk: Desk, *, demo: bool) -> str:
    """A sentence when a command without --demo reached the demo account; otherwise nothing."""
    session = desk.store.get(SESSION)
    if session is None or demo:
        return ""
    if session.notice:
        return f"{session.notice.rstrip('.')}."
    if session.mode is Mode.DEMO:
        return "The engine that runs here is on the demo account: simulated prices."
    return ""
