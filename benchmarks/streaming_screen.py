"""The screen while a model answers at length, for `bench_stream`."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime

from kit_tui.domain.cards import Reply
from kit_tui.domain.turn import LiveTurn
from kit_tui.gateway.desk import Desk, Outcome
from kit_tui.settings.early import EarlyUi
from kit_tui.state.slices import TURNS
from kit_tui.tui.app import run_app
from tests.support import fake_turns
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk

TOKENS = 2_000
TOKENS_A_SECOND = 50
BATCHES_A_SECOND = 10
PARAGRAPH = (
    "## What the chart says\n\nThe **4 h** candles of ETH closed at `3,188.20`, under the EMA 20 "
    "at 3,204.50, and volume stayed below its average for six candles in a row.\n\n"
    "- RSI 14 stands at 41.2 and falls\n- support lies at 3,168.20, touched three times\n\n"
)


class StreamingDesk(FakeDesk):
    """Whatever is said to it is answered in batches, at the pace of a model.

    `quick` is answered by the moment at which the answer was published, in nanoseconds.
    """

    async def send(self, text: str, *, approve: bool = False) -> Outcome:
        del approve
        turn = fake_turns.begin(self, fake_turns.ask(self, text), phase="thinking")
        if text == "quick":
            await asyncio.sleep(0.35)
            words = f"at {time.perf_counter_ns()}"
            turn = fake_turns.grow(self, turn, phase="answering", text=words)
            await asyncio.sleep(0.3)
        else:
            turn = await self._stream(turn)
        if turn not in (self.store.get(TURNS) or ()):
            return Outcome(reply=Reply(text="That was broken off."))
        message = fake_turns.finish(self, turn)
        self.add_message("That was all.")
        return Outcome(reply=fake_turns.as_reply(message))

    async def _stream(self, turn: LiveTurn) -> LiveTurn:
        """Say all of it, unless it is broken off."""
        words = (PARAGRAPH * 40)[: 4 * TOKENS]
        step = 4 * TOKENS_A_SECOND // BATCHES_A_SECOND
        for end in range(step, len(words) + 1, step):
            await asyncio.sleep(1 / BATCHES_A_SECOND)
            if turn not in (self.store.get(TURNS) or ()):
                break
            turn = fake_turns.grow(self, turn, phase="answering", text=words[:end])
        return turn


async def open_desk() -> Desk:
    """A desk filled with the present time."""
    return await StreamingDesk(FakeClock(datetime.now(UTC))).fill(ticket=False)


if __name__ == "__main__":
    sys.exit(run_app(open_desk, ui=EarlyUi(), demo=True))
