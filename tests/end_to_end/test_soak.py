"""Three accounts on a hundred moving markets: no missed poll, little of a core, flat memory.

The engine is `kit gateway` in a process of its own, the venue another one. What was asked, and
whether a limit was ever exceeded, is counted by the venue. The long run takes ten minutes
(`make test-long`), a short one is in the suite.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kit_tui.gateway.remote import RemoteDesk
from kit_tui.state.slices import CONNECTIONS, PORTFOLIO, TICKERS
from tests.servers.binance_soak import SYMBOLS
from tests.support.homes import kit_environment

POLL_S = 5.0
WARM_UP_S = 12.0
NAMES = ("binance", "binance-alt", "binance-third")
KEYS = {
    "KIT_BINANCE_API_KEY": "test-key", "KIT_BINANCE_SECRET": "test-secret",
    "KIT_BINANCE_ALT_API_KEY": "alt-key", "KIT_BINANCE_ALT_SECRET": "alt-secret",
    "KIT_BINANCE_THIRD_API_KEY": "third-key", "KIT_BINANCE_THIRD_SECRET": "third-secret",
}  # fmt: skip
SETTINGS = """
watchlist = {pairs}
[exchanges.binance]
base_url = "{url}"
mode = "sandbox"
[exchanges.binance.accounts.alt]
mode = "sandbox"
[exchanges.binance.accounts.third]
mode = "sandbox"
"""


@dataclass
class Soak:
    """What was seen: of the venue's summary, and of our process second by second."""

    venue: dict[str, Any] = field(default_factory=dict)
    cpu: float = 0.0
    memory: list[tuple[float, float]] = field(default_factory=list)
    orders: int = 0
    put_off: int = 0

    def gaps(self, kind: str) -> list[float]:
        """Seconds between requests of one kind, warm-up left out."""
        came = self.venue["came"].get(kind, [])
        late = [at for at in came if at - came[0] > WARM_UP_S]
        return [later - earlier for earlier, later in pairwise(late)]

    @property
    def slope(self) -> float:
        """Megabytes a minute, by least squares."""
        count = len(self.memory)
        mean_t = sum(t for t, _ in self.memory) / count
        mean_m = sum(m for _, m in self.memory) / count
        above = sum((t - mean_t) * (m - mean_m) for t, m in self.memory)
        return 60 * above / sum((t - mean_t) ** 2 for t, _ in self.memory)


@contextmanager
def process(*words: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A Python process that is gone at the end."""
    found = subprocess.Popen(
        [sys.executable, "-m", *words], env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield found
    finally:
        found.kill()
        found.wait()
        if found.stdout is not None:
            found.stdout.close()


def cpu_seconds(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


async def desks_on(home: Path) -> list[RemoteDesk]:
    """A desk on each account, as terminals have it."""
    socket, deadline = home / "state" / "kit.sock", time.monotonic() + 30
    while not socket.exists():
        assert time.monotonic() < deadline, "the engine did not start"
        await asyncio.sleep(0.1)
    return [await RemoteDesk.connect(socket, account=name, channel="terminal") for name in NAMES]


async def trade(desk: RemoteDesk, turn: int) -> bool:
    """Buy a little of a coin, or sell what was bought before.

    False when the books do not agree yet with what somebody else just did: then nothing is sent.
    """
    coin = SYMBOLS[2 + turn // 2 % 90]
    words = f"sell all {coin}/USDT" if turn % 2 else f"buy {coin}/USDT for $50"
    outcome = await desk.send(words)
    if outcome.ticket is None:
        assert "portfolioComplete" in outcome.reply.text, outcome.reply.text
        return False
    done = await desk.approve(outcome.ticket.id, outcome.ticket.hash)
    assert done.order is not None, done.reply.text
    return True


async def soaked(home: Path, seconds: float, *, trade_every_s: float) -> Soak:
    """Let everything run for a while and look at it."""
    seen = Soak()
    environ = kit_environment(home, **KEYS)
    root = {**environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with process("tests.servers.binance_soak", environ=root) as venue:
        assert venue.stdout is not None
        url = (await asyncio.to_thread(venue.stdout.readline)).strip()
        (home / "config").mkdir()
        pairs = json.dumps([f"{symbol}/USDT" for symbol in SYMBOLS])
        (home / "config" / "config.toml").write_text(SETTINGS.format(url=url, pairs=pairs))
        with process("kit_tui", "gateway", environ=environ) as engine:
            desks = await desks_on(home)
            await asyncio.sleep(WARM_UP_S)
            tickers = desks[0].store.get(TICKERS)
            assert tickers is not None
            assert len(tickers) == len(SYMBOLS)
            began, used = time.monotonic(), cpu_seconds(engine.pid)
            turns = [0] * len(NAMES)
            traded = began
            while time.monotonic() - began < seconds:
                await asyncio.sleep(1)
                seen.memory.append((time.monotonic() - began, megabytes(engine.pid)))
                if time.monotonic() - traded >= trade_every_s:
                    traded = time.monotonic()
                    number = sum(turns) % 3
                    if await trade(desks[number], turns[number]):
                        turns[number] += 1
                        seen.orders += 1
                    else:
                        seen.put_off += 1
            wall = time.monotonic() - began
            seen.cpu = (cpu_seconds(engine.pid) - used) / wall
            for desk in desks:
                states = {(c.kind, c.name): c.state for c in desk.store.get(CONNECTIONS) or ()}
                assert {states[("account", name)] for name in NAMES} == {"up"}
                portfolio = desk.store.get(PORTFOLIO)
                assert portfolio is not None
                await desk.close()
            venue.terminate()
            seen.venue = json.loads(await asyncio.to_thread(venue.stdout.readline))
    first, last = seen.memory[0][1], seen.memory[-1][1]
    print(
        f"\n{seconds:.0f} s: CPU {seen.cpu:.1%} of a core, memory {first:.0f} → {last:.0f} MB "
        f"({seen.slope:+.2f} MB/min), weight {seen.venue['weight_peak']} of 6000 a minute, "
        f"{seen.orders} orders of ours, {seen.put_off} put off, "
        f"longest poll gap {max(seen.gaps('tickers')):.2f} s"
    )
    return seen


def check(seen: Soak, seconds: float) -> None:
    """What holds however long it runs."""
    polls = seen.gaps("tickers")
    assert len(polls) >= seconds / POLL_S - 2, "a poll cycle was missed"
    assert max(polls) < POLL_S * 1.5, "a poll cycle was missed"
    for key in ("test-key", "alt-key", "third-key"):
        gaps = seen.gaps(f"account {key}")
        assert max(gaps) < POLL_S * 1.5, f"a cycle of {key} was missed"
    assert seen.venue["refused"] == 0
    assert seen.venue["weight_peak"] <= 6_000
    assert seen.orders > 3 * seen.put_off, "books take too long to agree with outside trades"
    assert seen.cpu < 0.25, f"{seen.cpu:.0%} of a core"


async def test_a_short_soak(tmp_path: Path) -> None:
    seconds = 21
    check(await soaked(tmp_path, seconds, trade_every_s=4), seconds)


@pytest.mark.long
@pytest.mark.timeout(1_200)
async def test_three_accounts_on_a_hundred_markets_for_ten_minutes(tmp_path: Path) -> None:
    seconds = 600
    seen = await soaked(tmp_path, seconds, trade_every_s=10)
    check(seen, seconds)
    settled = [
        (at, size) for at, size in seen.memory if at > 300
    ]  # the last day of every pair is drawn by then
    assert Soak(memory=settled).slope < 0.5, "memory grows"
    assert seen.orders >= 50
