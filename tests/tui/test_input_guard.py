"""Bytes to messages: whatever comes, however it is cut, keys after it are still keys."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import constants, events
from textual.message import Message

from kit_tui.tui.driver_guard import MAX_PASTE, TICK_S, GuardedWriter, InputGuard


class Ticks:
    """A clock for pastes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def keys(messages: list[Message]) -> list[str]:
    """The names of the keys among messages."""
    return [message.key for message in messages if isinstance(message, events.Key)]


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.sampled_from(
            [b"\x1b[97;1:3u", b"\x1b[48;40;120;0;0t", b"\x1b[<35;1;1M", b"\x1b[200~", b"\x1b[201~",
             b"\x1b]52;c;AA", b"\x1b\\", b"\x1b", b"\x1b[I", b"\xf0\x9f"]
        ),
    ),
    max_size=12,
)  # fmt: skip


@settings(deadline=None)
@given(PIECES)
def test_after_any_bytes_a_key_is_a_key(pieces: list[bytes]) -> None:
    clock = Ticks()
    guard = InputGuard(clock=clock)
    for piece in pieces:
        guard.feed(piece)
    # What was cut ends by itself: an escape sequence at once, a paste or a report after a pause.
    guard._parser._timeout_time = 0.0 if guard._parser._timeout_time is not None else None
    clock.now += 5
    guard.tick()
    assert keys(guard.feed(b"z"))[-1:] == ["z"]


@given(st.text(alphabet="abc\x1b[~20é", max_size=40), st.integers(1, 7))
def test_a_paste_arrives_whole_however_it_is_cut(text: str, step: int) -> None:
    if "\x1b[200~" in text or "\x1b[201~" in text:
        return
    guard = InputGuard(clock=Ticks())
    data = b"\x1b[200~" + text.encode() + b"\x1b[201~"
    found: list[Message] = []
    # The opening marker comes whole; cut, it is Textual's own parser that reads the paste.
    found += guard.feed(data[:6])
    for at in range(6, len(data), step):
        found += guard.feed(data[at : at + step])
    assert [m.text for m in found if isinstance(m, events.Paste)] == [text]


def test_a_huge_paste_is_bounded() -> None:
    guard = InputGuard(clock=Ticks())
    found = guard.feed(b"\x1b[200~" + b"x" * (3 * MAX_PASTE) + b"\x1b[201~y")
    paste, key = found
    assert isinstance(paste, events.Paste)
    assert len(paste.text) == MAX_PASTE
    assert keys([key]) == ["y"]


def test_releases_are_no_presses() -> None:
    guard = InputGuard(clock=Ticks())
    assert keys(guard.feed(b"\x1b[97;1:1u\x1b[97;1:2u\x1b[97;1:3u")) == ["a", "a"]


def test_reports_nobody_asked_for_are_not_typed() -> None:
    guard = InputGuard(clock=Ticks())
    found = guard.feed(b"a\x1b]11;rgb:0a0a/0a0a/0b0b\x1b\\b\x1bP>|term 1.0\x1b\\c\x1b]52;c;AA\x07d")
    assert keys(found) == ["a", "b", "c", "d"]


class Gone:
    """A terminal file that is no longer there."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")

    def flush(self) -> None:
        """Nothing."""

    def fileno(self) -> int:
        return 2


def test_a_writer_without_a_terminal_says_so_once_and_never_blocks() -> None:
    said: list[str] = []
    writer = GuardedWriter(Gone(), lambda: said.append("gone"), lambda: None)  # type: ignore[arg-type]  # a stand-in
    writer.start()
    for _ in range(200):
        writer.write("x" * 1000)
    writer.stop()
    writer.write("more")
    assert said == ["gone"]
    assert not writer.is_alive()


def test_a_lone_escape_is_told_soon_and_the_start_of_a_key_is_not_taken_for_it() -> None:
    """Esc stops an answer within 100 ms, so that it cannot wait for the usual tick."""
    guard = InputGuard()
    assert guard.patience == TICK_S
    assert guard.feed(b"\x1b") == []
    assert guard.patience == pytest.approx(constants.ESCAPE_DELAY, abs=0.002)
    assert [m.key for m in guard.feed(b"[A") if isinstance(m, events.Key)] == ["up"]
    assert guard.patience == TICK_S
