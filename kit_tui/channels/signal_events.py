"""The daemon's event stream, cut into events."""

from __future__ import annotations

from collections.abc import Iterator

LONGEST = 4_000_000
"""Bytes of one event; the daemon never sends files in it."""


class TooLongError(Exception):
    """An event grows beyond every measure."""


class EventReader:
    """Turns what arrives, in pieces of any size, into the data of whole events.

    Lines end with carriage return, line feed or both, and with nothing else: a separator that
    Unicode knows may stand in somebody's words, and must not begin a line of the protocol there.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[bytes] = []
        self._after_return = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The data of the events that are complete with this piece.

        Raises:
            TooLongError: when an event does not end.
        """
        if self._after_return and piece.startswith(b"\n"):
            piece = piece[1:]
            self._after_return = False
        if not piece:
            return
        self._after_return = piece.endswith(b"\r")
        whole = bytes(self._line) + piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = whole.split(b"\n")
        self._line = bytearray(rest)
        for line in lines:
            yield from self._take(line)
        if len(self._line) + sum(map(len, self._data)) > LONGEST:
            raise TooLongError

    def _take(self, line: bytes) -> Iterator[bytes]:
        if not line:
            if self._data:
                yield b"\n".join(self._data)
            self._data = []
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
