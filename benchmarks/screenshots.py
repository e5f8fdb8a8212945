"""Write `screenshots/` from the running program: SVG always, PNG where a converter is installed.

A whole engine runs on the simulated market with a clock that stands still between steps, so that
the same sources give the same pictures.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from kit_tui.gateway.desk import Desk
from kit_tui.runtime.accounts import DEMO
from kit_tui.runtime.engine import Engine
from kit_tui.settings.credentials import MODEL_VARIABLE
from kit_tui.settings.early import EarlyUi
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from kit_tui.tui.app import KitApp
from tests.servers import telegram_api
from tests.servers.messages_api import KEY, MessagesServer, reply, tool
from tests.servers.telegram_api import TelegramApi

FOLDER = Path(__file__).resolve().parent.parent / "screenshots"
FONT = "DejaVu Sans Mono"
MOMENT = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)
Picture = tuple[str, str, tuple[int, int], tuple[str, ...]]
PICTURES: tuple[Picture, ...] = (
    ("main-80x24", "knight", (80, 24), ()),
    ("main-120x40", "knight", (120, 40), ()),
    ("main-200x60", "knight", (200, 60), ()),
    ("daylight-80x24", "daylight", (80, 24), ()),
    ("daylight-120x40", "daylight", (120, 40), ()),
    ("daylight-200x60", "daylight", (200, 60), ()),
    ("phone-40x20", "knight", (40, 20), ()),
    ("order-form-120x40", "knight", (120, 40), ("escape", "escape", "n")),
    ("help-120x40", "knight", (120, 40), ("escape", "escape", "question_mark")),
    ("analysis-120x40", "knight", (120, 40), ("say:Analyze ETH",)),
    ("refusal-120x40", "knight", (120, 40), ("say:Buy $50,000 of BTC",)),
    ("halted-120x40", "knight", (120, 40), ("f9",)),
    (
        "telegram-120x40",
        "knight",
        (120, 40),
        ("phone:Buy SOL for $120", "press:Approve", "say:price of SOL"),
    ),
    ("claude-120x40", "knight", (120, 40), ("ask:Anything on my book to worry about?", "ctrl+o")),
)
# What the model of the picture does; a loopback server says it, everything else is real.
CLAUDE = (
    reply(tool("get_positions", {})),
    reply(
        "None of your four longs has a **stop**.\n\n"
        "- SOL/USDT carries the most: +6.33 USDT at 171.36\n"
        "- BTC/USDT is the only loss: −1.56 USDT\n\n"
        "Name a level, such as `set my SOL stop to …`, and it becomes a ticket. Not advice."
    ),
)
DAY: tuple[tuple[int, str], ...] = (
    (360, "Buy SOL for $600"),
    (240, "Buy ETH for $400"),
    (90, "Buy XRP for $250"),
    (12, "Sell 1 SOL at 190"),
    (2, "Buy BTC for $650"),
)
"""Minutes before the picture, and what was said then; every ticket was approved."""


class StillClock:
    """Time that only moves when told to; sleepers wake as it passes them."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._elapsed + seconds, woken))
        await woken

    async def move_to(self, moment: datetime) -> None:
        """Let time pass up to a moment, and what it sets off happen."""
        self._elapsed = (moment - self._start).total_seconds()
        due = [woken for at, woken in self._sleepers if at <= self._elapsed]
        self._sleepers = [(at, woken) for at, woken in self._sleepers if at > self._elapsed]
        for woken in due:
            if not woken.done():
                woken.set_result(None)
        await asyncio.sleep(0.25)


@asynccontextmanager
async def traded_day(
    home: str, model_url: str, phone: TelegramApi | None = None
) -> AsyncIterator[tuple[Desk, StillClock]]:
    """An engine on which a day was traded, at the moment of the picture."""
    environ = {"KIT_HOME": home}
    locations = find_locations(environ)
    locations.ensure()
    if model_url:
        environ[MODEL_VARIABLE] = KEY
        locations.config_file.write_text(f'[engine]\nbase_url = "{model_url}"\n')
    if phone is not None:
        environ["KIT_TELEGRAM_BOT_TOKEN"] = telegram_api.TOKEN
        locations.config_file.write_text(
            f'[channels.telegram]\nbase_url = "{phone.root}"\nchat_id = {telegram_api.CHAT}\n'
        )
    clock = StillClock(MOMENT - timedelta(hours=8))
    engine = Engine(locations, load_settings(locations, environ), clock, environ)
    await engine.start(demo=True, serve_channels=phone is not None)
    try:
        desk = await engine.open_desk(DEMO, "terminal")
        for minutes, words in DAY:
            await clock.move_to(MOMENT - timedelta(minutes=minutes))
            await desk.send(words, approve=True)
        await clock.move_to(MOMENT - timedelta(seconds=6))
        await clock.move_to(MOMENT)
        yield desk, clock
    finally:
        await engine.stop()


async def take(picture: Picture) -> str:
    """The SVG of one picture."""
    name = picture[0]
    async with MessagesServer(*CLAUDE) as server, TelegramApi() as phone:
        model_url = server.url if name.startswith("claude") else ""
        used = phone if name.startswith("telegram") else None
        with tempfile.TemporaryDirectory() as home:
            async with traded_day(home, model_url, used) as (desk, clock):
                return await _taken(picture, desk, clock, phone)


async def _taken(picture: Picture, desk: Desk, clock: StillClock, phone: TelegramApi) -> str:
    _, theme, size, steps = picture

    async def opener() -> Desk:
        return desk

    app = KitApp(opener, EarlyUi(theme=theme), clock=clock)
    async with app.run_test(size=size) as pilot:
        await _settle(pilot, app)
        if not steps or steps[0] == "f9":
            await desk.send("Buy BTC for $100")
            await _settle(pilot, app)
        for step in steps:
            await _do(step, pilot, app, desk, phone)
        await _settle(pilot, app)
        await clock.move_to(MOMENT + timedelta(seconds=2))
        app.main.tick()
        await _settle(pilot, app)
        app.clear_notifications()
        await pilot.pause()
        return plain_font(app.export_screenshot(title="K.I.T."))


async def _do(step: str, pilot: Pilot[Any], app: KitApp, desk: Desk, phone: TelegramApi) -> None:
    """One step: a key, or `say:`, `ask:`, `phone:` and `press:` with words."""
    kind, _, words = step.partition(":")
    if not words:
        await pilot.press(step)
        return
    if kind == "say":
        app.link.send(words)
        await pilot.pause(1.5)
        return
    if kind == "ask":
        await desk.send(words)
    elif kind == "phone":
        await phone.says(words)
        await phone.until(lambda: any(m.buttons for m in phone.messages.values()))
    else:
        asked = next(m for m in phone.messages.values() if m.buttons)
        await phone.press(asked.message_id, words)
        await phone.until(lambda: not any(m.buttons for m in phone.messages.values()))
    await _settle(pilot, app)


async def _settle(pilot: Pilot[Any], app: KitApp) -> None:
    for _ in range(60):
        await pilot.pause()
        if app.commands:
            break
    await pilot.pause(0.4)


def plain_font(svg: str) -> str:
    """Use an installed font instead of one from the network, and keep blanks at both ends."""
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family:[^;]*;", f"font-family: {FONT}, monospace;", svg)
    # Cells are 12.2 wide in the picture; at this size the font fills them exactly.
    svg = svg.replace("font-size: 20px", "font-size: 20.27px")
    # The exporter names its styles by a random number.
    svg = re.sub(r"terminal-\d+", "kit", svg)
    return svg.replace("<text ", '<text xml:space="preserve" ')


def main() -> int:
    """Write all pictures, or those whose names begin with the arguments."""
    FOLDER.mkdir(exist_ok=True)
    converter = shutil.which("rsvg-convert")
    wanted = tuple(sys.argv[1:])
    for picture in PICTURES:
        if wanted and not picture[0].startswith(wanted):
            continue
        path = FOLDER / f"{picture[0]}.svg"
        path.write_text(asyncio.run(take(picture)), encoding="utf-8")
        print(path.relative_to(FOLDER.parent))
        if converter is not None:
            subprocess.run([converter, str(path), "-o", str(path.with_suffix(".png"))], check=True)
    if converter is None:
        print("No PNG: rsvg-convert is not installed (package librsvg2-bin).")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
