"""SIGKILL at random points of trading on a venue of its own: nothing is lost and nothing doubled.

The venue is another process and lives on; prices move while K.I.T. trades and while it is dead, so
that entries, stops and targets fill at any time. After every kill a new life reconciles, and what
it believes is compared with the venue's own books (`venue_truth`).
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kit_tui.domain.ledger import Ledger
from kit_tui.runtime.clock import SystemClock
from kit_tui.state.journal import Journal, export_lines, verify_file
from tests.servers.venue_process import VenueProcess, venue_process
from tests.support.homes import kit_environment

SETTINGS = """
watchlist = ["BTC/USDT{suffix}", "ETH/USDT{suffix}"]
[risk_manager]
daily_loss_limit = 0.9
drawdown_reduce = 0.8
drawdown_halt = 0.9
[exchanges.binance]
base_url = "{url}"
mode = "sandbox"
market = "{market}"
"""
BASE = {"BTCUSDT": 67000.0, "ETHUSDT": 3200.0}
OPENING = "held when the account was opened"
START_UP_S = 0.35
SHORTEST_S, LONGEST_S = 0.01, 0.8


@dataclass(slots=True)
class Lives:
    """The process that is forked for every life, and what the lives have said."""

    process: subprocess.Popen[str]
    acknowledged: set[str] = field(default_factory=set)
    compared: int = 0
    fills: int = 0
    orders: int = 0

    def begin(self, seed: str) -> None:
        self._write(f"live {seed}")

    def kill(self) -> None:
        """SIGKILL, and what was said until then."""
        self._write("kill")
        assert self.until("gone") == "-9", "it ended by itself"

    def until(self, word: str) -> str:
        """Read on until a line begins with `word`; the rest of it."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            first, _, rest = line.strip().partition(" ")
            self._note(first, rest)
            if first == word:
                return rest
        raise AssertionError(f"it ended before it said {word}")

    def _note(self, first: str, rest: str) -> None:
        if first == "differs":
            raise AssertionError("\n".join(json.loads(rest)))
        if first == "agreed":
            self.compared += 1
            self.orders, self.fills = map(int, rest.split())
        if first == "ack" and len(rest.split()) == 2:
            self.acknowledged.add(rest.split(maxsplit=1)[0])

    def _write(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


@contextmanager
def lives_of(home: Path, url: str, market: str) -> Iterator[Lives]:
    """Import everything once, ready to be forked."""
    suffix = ":USDT" if market == "perpetual" else ""
    (home / "config").mkdir(parents=True)
    text = SETTINGS.format(url=url, market=market, suffix=suffix)
    (home / "config" / "config.toml").write_text(text)
    command = [sys.executable, "-m", "tests.end_to_end.venue_loop", str(home), url, market]
    with subprocess.Popen(
        command, env=kit_environment(home, OPENBLAS_NUM_THREADS="1"), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        lives = Lives(process)
        try:
            lives.until("ready")
            yield lives
        finally:
            process.stdin.close()  # the last life ends with it
            process.wait()


@dataclass(slots=True)
class Market:
    """Moves the venue's prices and makes it slow or forgetful, by chance."""

    venue: VenueProcess
    chance: random.Random

    def move(self, far: float) -> None:
        """One market to some price around its base."""
        symbol = self.chance.choice(list(BASE))
        price = BASE[symbol] * (1 + self.chance.uniform(-far, far))
        self.venue.do("set_price", symbol, f"{price:.1f}")

    def trouble(self) -> None:
        """Sometimes a reply is late or lost, or an order fills in part only."""
        what = self.chance.random()
        accepted = self.chance.random() < 0.5
        if what < 0.25:
            seconds = self.chance.uniform(0.02, 0.25)
            self.venue.do("lose_order_reply", "slow", accepted=accepted, seconds=seconds)
        elif what < 0.35:
            self.venue.do("lose_order_reply", "reset", accepted=accepted)
        elif what < 0.45:
            seconds = self.chance.uniform(0.02, 0.25)
            self.venue.do("fail", "slow", path="rder", method="DELETE", accepted=accepted,
                          seconds=seconds)  # fmt: skip
        elif what < 0.55:
            self.venue.do("fail", "slow", path="oco", method="POST", accepted=accepted,
                          seconds=0.1)  # fmt: skip

    def while_alive(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, self.chance.uniform(0.01, 0.06)))
            self.move(self.chance.choice([0.004, 0.004, 0.015]))

    def while_dead(self) -> None:
        for _ in range(self.chance.randint(0, 3)):
            self.move(0.02)


def kill_many_times(tmp_path: Path, seed: int, market: str, kills: int) -> Lives:
    chance = random.Random(f"{market}-{seed}")
    home = tmp_path / "home"
    with (
        venue_process(tmp_path / "venue.json") as venue,
        lives_of(home, venue.url, market) as lives,
    ):
        venue.put("counts_requests", False)
        venue.put("remembers", False)
        prices = Market(venue, chance)
        for number in range(kills):
            lives.begin(f"{seed}-{number}")
            if chance.random() < 0.2:  # while it starts up or reconciles
                time.sleep(chance.uniform(0, START_UP_S))
            else:
                lives.until("trading")
                prices.trouble()
                prices.while_alive(chance.uniform(SHORTEST_S, LONGEST_S))
            lives.kill()
            prices.while_dead()
        lives.begin(f"{seed}-last")
        lives.until("trading")
        lives.kill()
    check_journal(home, lives)
    return lives


def check_journal(home: Path, lives: Lives) -> None:
    """What no life can see: that the journal is whole and that nothing was explained away."""
    path = home / "data" / "journal.sqlite"
    report = verify_file(path)
    assert report.ok, report.problem
    events = [json.loads(line) for line in export_lines(path)]
    kinds = [event["kind"] for event in events]
    flows: list[Any] = [e["event"] for e in events if e["kind"] == "flow"]
    assert [flow for flow in flows if flow["note"] != OPENING] == []
    assert "order_adopted" not in kinds
    assert "position_adjusted" not in kinds
    ledger = asyncio.run(folded(path))
    assert lives.acknowledged <= ledger.orders.keys(), "an acknowledged order is gone"
    assert lives.compared > 0
    assert lives.fills > 0


async def folded(path: Path) -> Ledger:
    journal = await Journal.open(path, SystemClock())
    await journal.close()
    return journal.ledger


@pytest.mark.parametrize(
    ("market", "seed", "kills"), [("spot", 1, 10), ("spot", 2, 10), ("perpetual", 1, 5)]
)
def test_kills_leave_the_journal_and_the_venue_agreeing(
    tmp_path: Path, market: str, seed: int, kills: int
) -> None:
    kill_many_times(tmp_path, seed, market, kills)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(100, 120))
def test_five_hundred_kills(tmp_path: Path, seed: int) -> None:
    market = "perpetual" if seed % 5 == 0 else "spot"
    kill_many_times(tmp_path, seed, market, 25)
