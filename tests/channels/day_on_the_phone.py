"""A trader's day through Telegram, on the real engine and the simulated market.

`python -m tests.channels.day_on_the_phone > docs/day-on-the-phone.md` writes the page anew.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Callable

from kit_tui.gateway.desk import Desk
from kit_tui.runtime.open import open_desk
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import CONVERSATION, DELIVERIES
from tests.servers.telegram_api import CHAT, TOKEN, Sent, TelegramApi

HEAD = """# A day on the phone

A session over Telegram as it was recorded: the real program on the simulated market (`--demo`),
through the real Telegram library, against a server on this machine that is as strict as
Telegram's. No language model is connected. A test plays it again and compares every line but its
figures; `python -m tests.channels.day_on_the_phone` writes this page anew.
"""

# Headings, what is said, and in brackets what is pressed.
DAY: tuple[str, ...] = (
    "# In the morning",
    "good morning",
    "show my portfolio",
    "price of BTC",
    "Analyze BTC 4h",
    "should I buy SOL?",
    "what are my risk limits",
    "# A purchase",
    "Buy BTC for $100",
    "[Approve]",
    "any open positions?",
    "how much BTC can I buy with a stop at 68000 risking 1%?",
    "Buy $50,000 of BTC",
    "don't buy any ETH",
    "# A limit order with its exits",
    "buy 0.05 ETH at 1500 with stop at 1450 and target 1700",
    "[Approve]",
    "list my open orders",
    "cancel my ETH order",
    "# Looking after a position",
    "stop loss 65,000 for my BTC",
    "[Approve]",
    "move my BTC stop to 66,000",
    "sell half my BTC",
    "[Approve]",
    "why did you do that?",
    "# Figures",
    "/profit",
    "/daily 2",
    "/trades",
    "/count",
    "# What this version does not have yet",
    "alert me when BTC drops below 50k",
    "start trend-following on BTC with $1000",
    "backtest mean reversion on ETH last year",
    "# An emergency",
    "STOP EVERYTHING",
    "buy BTC for $50",
    "[Approve]",
    "any open positions?",
    "resume trading",
)


async def record() -> str:
    """Play the day; what was said on both sides, as Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        async with TelegramApi() as api:
            environ = {"KIT_HOME": folder, "KIT_TELEGRAM_BOT_TOKEN": TOKEN}
            locations = find_locations(environ)
            locations.ensure()
            locations.config_file.write_text(_settings(api.root), encoding="utf-8")
            desk = await open_desk(locations, demo=True, environ=environ)
            try:
                return "\n".join([HEAD, *await _Day(api, desk).play()]) + "\n"
            finally:
                await desk.close()


def masked(page: str) -> list[str]:
    """The page without figures and names drawn by chance; of an analysis only that there is one.

    The simulated market moves with the clock, and what is said of it with the market: there may be
    a line on candles or a sketch, or none.
    """
    text = re.sub(r"\b[0-9a-f]*\d[0-9a-f-]*\b…?|\d[\d.,:]*", "#", page)
    text = re.sub(r"(trade|sent to|there as) .*", r"\1", text.replace("−", ""))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    short = ["• …" if line.startswith("• ") else line.replace("+", "") for line in lines if line]
    return [line for line, before in zip(short, ["", *short], strict=False) if line != before]


def _settings(root: str) -> str:
    return f'[channels.telegram]\nbase_url = "{root}"\nchat_id = {CHAT}\nkeyboard = []\n'


class _Day:
    def __init__(self, api: TelegramApi, desk: Desk) -> None:
        self._api = api
        self._desk = desk
        self._changed = asyncio.Event()
        desk.store.subscribe(lambda *_: self._changed.set())

    async def play(self) -> list[str]:
        """Say and press everything; both sides as lines of Markdown."""
        await self._api.until(lambda: "getUpdates" in self._api.calls, 30)
        page: list[str] = []
        for said in DAY:
            if said.startswith("#"):
                page.append(f"\n#{said}")
            else:
                page += [f"\n**You:** {said}\n", *await self._answer(said)]
        return page

    async def _answer(self, said: str) -> list[str]:
        before = len(self._api.messages)
        if said.startswith("["):
            asked = [m for m in self._api.messages.values() if m.buttons][-1]
            await self._api.press(asked.message_id, said.strip("[]"))
            await self._settled(lambda: not asked.buttons)
        else:
            await self._api.says(said)
            await self._settled(lambda: len(self._api.messages) > before)
        fresh = list(self._api.messages.values())[before:]
        return [line for message in fresh for line in _shown(message)]

    async def _settled(self, condition: Callable[[], bool]) -> None:
        """Wait for the answer, and until nothing more comes."""
        await self._api.until(condition, 30)
        async with asyncio.timeout(30):
            while not self._is_told():
                self._changed.clear()
                await self._changed.wait()

    def _is_told(self) -> bool:
        """Whether everything that was said has reached the phone."""
        said = self._desk.store.get(CONVERSATION) or ()
        told = self._desk.store.get(DELIVERIES) or ()
        return bool(told) and told[0].waiting == 0 and told[0].reached == said[-1].number


def _shown(message: Sent) -> list[str]:
    buttons = " ".join(f"`[{label}]`" for label in message.buttons)
    return ["```text", *message.text.split("\n"), "```", *([buttons] if buttons else [])]


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(record()))
