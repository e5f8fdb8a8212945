"""What the store tells the screen: the first change at once, then no more than once a frame."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kit_tui.domain.pair import Pair
from kit_tui.domain.turn import LiveTurn
from kit_tui.state.slices import CONNECTIONS, TICKERS, TURNS, WATCHLIST
from kit_tui.state.store import Store
from kit_tui.tui.bridge import Bridge
from kit_tui.tui.view import Precision
from tests.support.clock import EPOCH

FRAME = 0.1


class Screen:
    """Notes what is delivered; `turn` lets the time until the next scheduled call go by."""

    def __init__(self) -> None:
        self.delivered: list[set[str]] = []
        self.scheduled: list[tuple[float, Callable[[], None]]] = []
        self.store = Store()
        self.bridge = Bridge(self._deliver, self._schedule, 1 / FRAME, Precision())
        self.bridge.follow(self.store)

    def _deliver(self, changed: frozenset[str]) -> None:
        self.delivered.append(set(changed))

    def _schedule(self, pause: float, callback: Callable[[], None]) -> None:
        self.scheduled.append((pause, callback))

    def turn(self) -> float:
        """Run what is scheduled next; returns how long that had to wait."""
        pause, callback = self.scheduled.pop(0)
        callback()
        return pause


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_the_first_change_is_told_without_waiting(screen: Screen) -> None:
    screen.store.publish(CONNECTIONS, ())
    screen.store.publish(WATCHLIST, ())
    assert screen.turn() == 0
    assert screen.delivered == [{CONNECTIONS.name, WATCHLIST.name}]


def test_what_follows_within_the_frame_is_told_once_at_its_end(screen: Screen) -> None:
    screen.store.publish(CONNECTIONS, ())
    screen.turn()
    for name in ("BTC/USDT", "ETH/USDT", "SOL/USDT"):
        screen.store.publish(WATCHLIST, (Pair(name),))
    assert len(screen.delivered) == 1
    assert screen.turn() == pytest.approx(FRAME)
    assert screen.delivered[1:] == [{WATCHLIST.name}]


def test_after_a_quiet_frame_nothing_is_scheduled_and_a_change_is_told_at_once(
    screen: Screen,
) -> None:
    screen.store.publish(CONNECTIONS, ())
    screen.turn()
    screen.turn()
    assert not screen.scheduled
    screen.store.publish(WATCHLIST, ())
    assert screen.turn() == 0
    assert len(screen.delivered) == 2


def test_quotes_that_are_taken_away_are_a_change_like_any_other(screen: Screen) -> None:
    screen.store.publish(TICKERS, {})
    screen.turn()
    screen.turn()
    screen.store.forget(TICKERS)
    screen.turn()
    assert screen.delivered[1:] == [{TICKERS.name}]


def turn(text: str) -> tuple[LiveTurn, ...]:
    return (
        LiveTurn(id="t", principal="terminal:owner", channel="terminal", reply_to="m1",
                 model="claude-sonnet-5-5", since=EPOCH, text=text),
    )  # fmt: skip


def test_the_first_words_of_an_answer_and_its_end_wait_for_no_frame(screen: Screen) -> None:
    screen.store.publish(TURNS, turn(""))
    screen.turn()
    screen.store.publish(TURNS, turn("ETH"))
    pauses = [pause for pause, _ in screen.scheduled]
    assert pauses == [pytest.approx(FRAME), 0]
    screen.scheduled.pop(1)[1]()
    assert screen.delivered[1:] == [{TURNS.name}]
    screen.store.publish(TURNS, turn("ETH leans"))
    assert len(screen.scheduled) == 1
    assert screen.turn() == pytest.approx(FRAME)
    assert screen.delivered[2:] == [{TURNS.name}]
    screen.store.publish(TURNS, ())
    assert [pause for pause, _ in screen.scheduled] == [pytest.approx(FRAME), 0]


def test_a_store_that_was_left_is_not_heard(screen: Screen) -> None:
    screen.bridge.leave()
    screen.store.publish(CONNECTIONS, ())
    assert not screen.scheduled
