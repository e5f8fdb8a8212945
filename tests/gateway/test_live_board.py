"""Turns under way are shown at once, then in batches, and gone when they end."""

from __future__ import annotations

import asyncio

from kit_tui.domain.turn import LiveTurn
from kit_tui.gateway.live_board import BATCH_S, LiveBoard
from tests.support.clock import FakeClock

Shown = list[tuple[str, ...]]


def a_turn(text: str, turn_id: str = "m1") -> LiveTurn:
    return LiveTurn(
        id=turn_id, principal="terminal:local", channel="terminal", reply_to=turn_id,
        model="m", since=FakeClock().now(), text=text,
    )  # fmt: skip


def a_board() -> tuple[LiveBoard, Shown]:
    shown: Shown = []
    return LiveBoard(lambda turns: shown.append(tuple(turn.text for turn in turns))), shown


async def test_the_first_change_is_shown_at_once_and_the_rest_in_one_batch() -> None:
    board, shown = a_board()
    for length in range(1, 101):
        board.show(a_turn("x" * length))
    assert shown == [("x",)]
    await _next_batch()
    assert shown == [("x",), ("x" * 100,)]


async def test_nothing_is_published_while_nothing_changes() -> None:
    board, shown = a_board()
    board.show(a_turn("x"))
    await _next_batch()
    await _next_batch()
    assert shown == [("x",)]


async def test_after_a_pause_the_next_change_is_shown_at_once_again() -> None:
    board, shown = a_board()
    board.show(a_turn("x"))
    await _next_batch()
    board.show(a_turn("xy"))
    assert shown == [("x",), ("xy",)]


async def test_a_turn_that_ends_is_gone_at_once_and_the_others_stay() -> None:
    board, shown = a_board()
    board.show(a_turn("x"))
    board.show(a_turn("y", "m2"))
    board.end("m1")
    board.end("m1")
    board.end("m2")
    assert shown[-2:] == [("y",), ()]
    assert board.get("m2") is None


async def _next_batch() -> None:
    """Let the batch's own timer run out; the loop's time is real, the wait is a tenth."""
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(BATCH_S + 0.01, done.set)
    await done.wait()
