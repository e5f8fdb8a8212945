"""SIGKILL at any moment of a conversation on the phone: nothing is lost, doubled or left over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.channels.kill_house import killed_many_times


@pytest.mark.timeout(120)
async def test_two_kills_while_somebody_talks(tmp_path: Path) -> None:
    house = await killed_many_times(tmp_path / "home", seed=7, kills=2, pace=0.3)
    assert sum(house.kills.values()) == 2
    assert house.said


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(300, 304))
async def test_a_hundred_kills(tmp_path: Path, seed: int) -> None:
    house = await killed_many_times(tmp_path / "home", seed, kills=25)
    assert house.kills["growing"] > 0
    assert house.kills["press"] > 0
    assert house.pressed
