"""The seed's sequence on Signal, through the real engine on the simulated market."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.gateway.desk import Desk
from kit_tui.gateway.people import LETTERS
from kit_tui.runtime.open import open_desk
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import CONNECTIONS, CONVERSATION, POSITIONS
from tests.servers.signal_book import ANN, BEN
from tests.servers.signal_cli import SignalCli


@pytest.fixture
async def daemon() -> AsyncIterator[SignalCli]:
    async with SignalCli(on_connection=True) as server:
        yield server


@pytest.fixture
async def desk(daemon: SignalCli, tmp_path: Path) -> AsyncIterator[Desk]:
    environ = {"KIT_HOME": str(tmp_path / "home")}
    locations = find_locations(environ)
    locations.ensure()
    locations.config_file.write_text(
        f'[channels.signal]\nurl = "{daemon.url}"\nusers = ["{ANN.number}"]\n', encoding="utf-8"
    )
    opened = await open_desk(locations, demo=True, environ=environ)
    yield opened
    await opened.close()


async def test_buy_approve_bought_in_both_windows(daemon: SignalCli, desk: Desk) -> None:
    await daemon.says("Buy BTC for $100", by=BEN)
    await daemon.says("Buy BTC for $100")
    await daemon.until(lambda: any("answer approve" in text for text in daemon.texts))
    ticket = next(m for m in daemon.book.messages.values() if "answer approve" in m.text)
    code = re.search(rf"approve ([{LETTERS}]{{6}}) or reject", ticket.text)
    assert code is not None
    await daemon.says(f"approve {code[1]}")
    await daemon.until(lambda: any(text.startswith("Bought: ") for text in daemon.texts))
    await daemon.until(lambda: code[1] not in ticket.text)
    assert "Approved by Ann · signal" in ticket.text
    spoken = [message.text for message in desk.store.get(CONVERSATION) or ()]
    assert spoken.count("Buy BTC for $100") == 1
    assert any(text.startswith("Bought: ") for text in spoken)
    (held,) = desk.store.get(POSITIONS) or ()
    assert held.position.pair == "BTC/USDT"
    (phone,) = [c for c in desk.store.get(CONNECTIONS) or () if c.kind == "channel"]
    assert (phone.name, phone.state) == ("signal", "up")
