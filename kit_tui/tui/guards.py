"""Runs the app so that the terminal is clean afterwards, whatever ends it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kit_tui.tui.app import KitApp

log = logging.getLogger(__name__)

RESTORE = (
    "\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Every mode the screen switches on, switched off: paste, wrap, mouse, keys, screen, cursor."""

PATIENCE_S = 6.0
"""How long a signal waits for a clean end before it is forced."""


def run_guarded(make: Callable[[], KitApp], *, mouse: bool = True) -> int:
    """Run an app; returns the exit code.

    A crash is 1 with one line on stderr, a signal 128 + its number, a vanished terminal 129.
    """
    if not (
        sys.__stdin__ and sys.__stderr__ and sys.__stdin__.isatty() and sys.__stderr__.isatty()
    ):
        sys.stderr.write(
            "kit: the full-screen program needs a terminal; `kit ask` works without.\n"
        )
        return 1
    before = _terminal_attributes()
    app = make()
    ending = Ending(app)
    try:
        with ending.handlers():
            asyncio.run(_main(app, mouse=mouse))
    except Exception:
        log.critical("the screen stopped", exc_info=True)
        _restore(before)
        sys.stderr.write("kit: the screen stopped unexpectedly; the log has the details.\n")
        return 1
    ending.finished()
    if ending.terminal_gone:
        _silence()
    if ending.code is not None:
        _restore(before)
        return ending.code
    return app.return_code or 0


async def _main(app: KitApp, *, mouse: bool) -> None:
    try:
        await app.run_async(mouse=mouse)
    finally:
        await app.link.close()


class Ending:
    """What is to happen when a signal arrives or the terminal is gone."""

    def __init__(self, app: KitApp) -> None:
        self._app = app
        self._timer: threading.Timer | None = None
        self._attributes = _terminal_attributes()
        self._lock = threading.Lock()
        self.code: int | None = None
        self.terminal_gone = False
        app.on_terminal_gone = self._on_terminal_gone

    @contextlib.contextmanager
    def handlers(self) -> Iterator[None]:
        """Handle SIGTERM and SIGHUP while the app runs.

        A hang-up that was set to be ignored stays ignored: the reader notices a dead terminal.
        """
        previous = {}
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                previous[number] = signal.signal(number, self._on_signal)
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_terminal_gone(self) -> None:
        self.terminal_gone = True
        self.end(129)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.end(128 + number)

    def end(self, code: int) -> None:
        """Leave with this code: cleanly if the event loop still turns, by force if not."""
        with self._lock:
            if self.code is not None:
                return
            self.code = code
            self._timer = threading.Timer(PATIENCE_S, self._force)
            self._timer.daemon = True
            self._timer.start()
        loop = self._app.loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._app.exit, None, code)

    def _force(self) -> None:
        _restore(self._attributes)
        os._exit(self.code or 1)

    def finished(self) -> None:
        """The app ended by itself in time."""
        if self._timer is not None:
            self._timer.cancel()


def _silence() -> None:
    """Point the standard streams at nothing, so that flushing them at exit cannot fail."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def _terminal_attributes() -> list[object] | None:
    """How the terminal stood before we came."""
    import termios

    try:
        return list(termios.tcgetattr(0))
    except (OSError, termios.error):
        return None


def _restore(attributes: list[object] | None) -> None:
    """Switch every mode off again; a terminal that is gone is no error here."""
    import termios

    # The stream objects may be blocked by a thread of ours, so this writes to the file itself.
    with contextlib.suppress(OSError):
        os.set_blocking(2, False)
        os.write(2, RESTORE.encode())
    with contextlib.suppress(OSError):
        os.set_blocking(2, True)
    if attributes is not None:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(0, termios.TCSANOW, attributes)  # type: ignore[arg-type]  # as read
