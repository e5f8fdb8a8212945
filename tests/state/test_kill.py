"""A process killed at any moment of its writing loses nothing it had acknowledged."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kit_tui.state.journal import verify_file
from tests.state.journals import opened

# Appends numbered notices, several at a time, and says each number once it is durable.
WRITER = """
import asyncio, sys
from pathlib import Path
from tests.state.journals import notice, opened, said

async def main():
    journal = await opened(Path(sys.argv[1]))
    number = journal.seq
    async def one(n):
        await journal.append(notice(str(n)))
        sys.stdout.buffer.write(b"%d\\n" % n)
        sys.stdout.buffer.flush()
    while True:
        await asyncio.gather(*(one(n) for n in range(number + 1, number + 6)))
        number += 5

asyncio.run(main())
"""


async def killed_after(path: Path, lines: int, extra_bytes: int) -> list[int]:
    """Run the writer, kill it after so many acknowledgements, return all it acknowledged."""
    process = subprocess.Popen(  # noqa: ASYNC220 - the test has nothing else to do
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    heard = b"".join(process.stdout.readline() for _ in range(lines))
    heard += process.stdout.read(extra_bytes)
    process.send_signal(signal.SIGKILL)
    heard += process.stdout.read()
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    return [int(line) for line in heard.split(b"\n")[:-1]]


async def kill_and_check(path: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged = 0
    for _ in range(rounds):
        numbers = await killed_after(path, chance.randrange(1, 40), chance.randrange(8))
        assert numbers
        acknowledged = numbers[-1]
        report = verify_file(path)
        assert report.ok, report.problem
        assert report.events >= acknowledged
        journal = await opened(path)
        texts = [notice.text for notice in journal.ledger.notices]
        assert texts == [str(n) for n in range(1, journal.seq + 1)][-len(texts) :]
        assert journal.seq >= acknowledged
        if chance.random() < 0.5:
            await journal.close()
        else:
            journal._writer.close()  # no snapshot: the next round folds from further back


async def test_ten_kills_lose_nothing_acknowledged(tmp_path: Path) -> None:
    await kill_and_check(tmp_path / "journal.sqlite", rounds=10, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
async def test_a_hundred_kills_lose_nothing_acknowledged(tmp_path: Path, seed: int) -> None:
    await kill_and_check(tmp_path / "journal.sqlite", rounds=10, seed=seed)
