"""Textual's Linux driver made to survive what terminals really send, and terminals that vanish.

Textual 8.2 dies of a byte that is not UTF-8, of key reports with an event type, of a resize report
without pixels followed by the mouse; it blocks the event loop on a stalled terminal, and spins
when the terminal is gone. This driver replaces its reader and its writer.
"""

from __future__ import annotations

import codecs
import errno
import logging
import os
import re
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING

from textual import constants, events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.keys import Keys
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App

log = logging.getLogger(__name__)

MAX_COLUMNS, MAX_ROWS = 1000, 500
MAX_PASTE = 1_000_000
TICK_S = 0.1
PASTE_PAUSE_S = 1.0
MAX_BACKLOG = 2_000_000
"""Characters waiting for a stalled terminal; beyond that frames are dropped and painted anew."""

_KEY_WITH_EVENT = re.compile(r"\x1b\[([\d:]*);(\d+):(\d+)((?:;[\d:]*)?)([u~ABCDEFHPQRS])")
_RELEASE = "3"
_STRING = re.compile(r"\x1b[\]PX^_](?=.)", re.DOTALL)
"""The start of a report that is text up to a terminator: a colour, the clipboard, a version."""
_STRING_END = re.compile("\x07|\x9c|\x1b\\\\|(?=\x1b)")
"""Its terminator; any other escape ends it too, so that a cut report swallows nothing."""


class GuardedParser(XTermParser):
    """Textual's parser; what it cannot take is ignored instead of fatal."""

    @property
    def is_waiting(self) -> bool:
        """Whether there was an Esc which may be the key, or begin the sequence of another."""
        return self._timeout_time is not None

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        match = _KEY_WITH_EVENT.fullmatch(sequence)
        if match is not None:
            code, modifiers, kind, text, end = match.groups()
            if kind == _RELEASE:
                return [events.Key(Keys.Ignore, sequence)]
            sequence = f"\x1b[{code};{modifiers}{text}{end}"
        try:
            return list(super()._sequence_to_key_events(sequence, alt))
        except (ValueError, OverflowError, IndexError, KeyError, TypeError):
            log.debug("ignored the key report %r", sequence)
            return [events.Key(Keys.Ignore, sequence)]

    def parse_mouse_code(self, code: str) -> Message | None:
        try:
            if not all(self.terminal_pixel_size or (0, 0)):
                # No pixel size means the coordinates are cells, whatever mode was asked for.
                self.terminal_pixel_size = None
            return super().parse_mouse_code(code)
        except (ValueError, OverflowError, ZeroDivisionError, IndexError):
            log.debug("ignored the mouse report %r", code)
            return None


def is_sane(message: Message) -> bool:
    """Whether a message may go on to the app: a size of nothing or of a million cells may not."""
    if isinstance(message, events.Resize):
        width, height = message.size
        return 0 < width <= MAX_COLUMNS and 0 < height <= MAX_ROWS
    return True


class InputGuard:
    """From bytes to messages: any bytes, cut sequences and endless pastes included."""

    def __init__(self, debug: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._debug = debug
        self._clock = clock
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._parser = GuardedParser(debug)
        self._held = ""
        self._paste: list[str] | None = None
        self._pasted = 0
        self._paste_at = 0.0
        self._in_string = False
        self._string_at = 0.0

    def feed(self, data: bytes) -> list[Message]:
        """The messages in these bytes."""
        return self._split(self._decode(data))

    @property
    def patience(self) -> float:
        """Seconds after which `tick` is due: soon where a lone Esc waits to be told."""
        return constants.ESCAPE_DELAY + 0.001 if self._parser.is_waiting else TICK_S

    def tick(self) -> list[Message]:
        """Called now and then: ends cut sequences and pastes whose end never came."""
        found: list[Message] = []
        if self._held and self._paste is None:
            held, self._held = self._held, ""
            found += self._parse(held)
        if self._in_string and self._clock() - self._string_at > PASTE_PAUSE_S:
            self._in_string = False
        if self._paste is not None and self._clock() - self._paste_at > PASTE_PAUSE_S:
            found += self._end_paste()
        return found + self._guarded(self._parser.tick)

    def _split(self, text: str) -> list[Message]:
        """Take pastes out before the parser, which reads them one character at a time."""
        text = self._held + text
        self._held = ""
        found: list[Message] = []
        while text:
            marker = BRACKETED_PASTE_START if self._paste is None else BRACKETED_PASTE_END
            at = text.find(marker)
            if at < 0:
                # A lone escape may be the key, so the parser gets it; inside a paste it is not.
                least = 2 if self._paste is None else 1
                text, self._held = _hold_back(text, marker, least)
                found += self._take(text)
                break
            found += self._take(text[:at])
            if self._paste is None:
                self._paste, self._pasted, self._paste_at = [], 0, self._clock()
            else:
                found += self._end_paste()
            text = text[at + len(marker) :]
        return found

    def _take(self, text: str) -> list[Message]:
        if not text:
            return []
        if self._paste is None:
            return self._parse(self._without_strings(text))
        self._paste_at = self._clock()
        self._pasted += len(text)
        if self._pasted <= MAX_PASTE + len(text):
            self._paste.append(text)
        return []

    def _without_strings(self, text: str) -> str:
        """Text without reports nobody asked for, which would be typed into the prompt."""
        kept = []
        while text:
            if self._in_string:
                self._string_at = self._clock()
                end = _STRING_END.search(text)
                if end is None:
                    break
                self._in_string, text = False, text[end.end() :]
            else:
                start = _STRING.search(text)
                kept.append(text[: start.start()] if start else text)
                self._in_string, text = start is not None, text[start.end() :] if start else ""
        return "".join(kept)

    def _end_paste(self) -> list[Message]:
        text = "".join((*(self._paste or ()), self._held))[:MAX_PASTE].replace("\x00", "")
        self._paste, self._held = None, ""
        return [events.Paste(text)]

    def _parse(self, text: str) -> list[Message]:
        return self._guarded(lambda: self._parser.feed(text)) if text else []

    def _guarded(self, read: Callable[[], Iterable[Message]]) -> list[Message]:
        found: list[Message] = []
        try:
            found.extend(message for message in read() if is_sane(message))
        except Exception:
            log.exception("terminal input could not be read; going on with a new parser")
            fresh = GuardedParser(self._debug)
            fresh.terminal_size = self._parser.terminal_size
            self._parser = fresh
        return found


def _hold_back(text: str, marker: str, least: int) -> tuple[str, str]:
    """Text without the first `least` or more characters of `marker` at its end, and those."""
    for size in range(min(len(marker) - 1, len(text)), least - 1, -1):
        if text.endswith(marker[:size]):
            return text[:-size], text[-size:]
    return text, ""


class GuardedWriter(threading.Thread):
    """Writes to the terminal in the background and never makes the event loop wait.

    When the terminal stalls, whole frames are dropped once the backlog is full; `on_caught_up` is
    called when it moves again. When it is gone, `on_gone` is called once and output is dropped.
    """

    def __init__(
        self, file: IO[str], on_gone: Callable[[], None], on_caught_up: Callable[[], None]
    ) -> None:
        super().__init__(daemon=True, name="kit-output")
        self._file = file
        self._on_gone = on_gone
        self._on_caught_up = on_caught_up
        self._waiting: deque[str] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._dropped = False
        self.gone = False

    def write(self, text: str) -> None:
        """Queue text; returns at once."""
        with self._changed:
            if self.gone:
                return
            if self._size > MAX_BACKLOG and not self._stopping and len(text) > 64:
                # Short writes are modes and cursor moves; only frames can be painted again.
                self._dropped = True
                return
            self._waiting.append(text)
            self._size += len(text)
            self._changed.notify()

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def flush(self) -> None:
        """Flushing is done by the thread."""

    def run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._stopping:
                    self._changed.wait()
                if not self._waiting:
                    return
                text = "".join(self._waiting)
                self._waiting.clear()
                self._size = 0
                dropped, self._dropped = self._dropped, False
            try:
                self._file.write(text)
                self._file.flush()
            except (OSError, ValueError):
                self.gone = True
                self._on_gone()
                return
            if dropped:
                self._on_caught_up()

    def stop(self) -> None:
        """Write what is left, but do not wait for a terminal that no longer takes it."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self.join(timeout=1.0)


class GuardedDriver(LinuxDriver):
    """The Linux driver with a reader and a writer that cannot be killed by a terminal."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        self._writer: GuardedWriter | None = None
        super().__init__(app, debug=debug, mouse=mouse, size=size)

    # Textual makes its own writer thread in start_application_mode and assigns it here; it is
    # replaced before it is started.
    @property  # type: ignore[override]  # it has the methods Textual calls
    def _writer_thread(self) -> GuardedWriter | None:
        return self._writer

    @_writer_thread.setter
    def _writer_thread(self, thread: object) -> None:
        self._writer = (
            GuardedWriter(self._file, self._gone, self._caught_up)
            if thread is not None and self._file is not None
            else None
        )

    def _gone(self) -> None:
        """The terminal is gone: leave, from whichever thread noticed."""
        vanished = getattr(self._app, "terminal_gone", None)
        if vanished is not None:
            vanished()

    def _caught_up(self) -> None:
        """Frames were dropped while the terminal stalled: paint everything again."""
        self._app.call_later(self._app.screen.refresh, layout=True)

    def run_input_thread(self) -> None:
        guard = InputGuard(self._debug)
        selector = selectors.DefaultSelector()
        selector.register(self.fileno, selectors.EVENT_READ)
        try:
            while not self.exit_event.is_set():
                if selector.select(guard.patience):
                    try:
                        data = os.read(self.fileno, 65_536)
                    except OSError as error:
                        if error.errno in (errno.EINTR, errno.EAGAIN):
                            continue
                        data = b""
                    if not data:
                        self._gone()
                        return
                    self._pass_on(guard.feed(data))
                else:
                    self._pass_on(guard.tick())
        finally:
            selector.close()

    def _pass_on(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)
