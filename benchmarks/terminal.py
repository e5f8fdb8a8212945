"""A program on a pseudo terminal, with what it has painted as text."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

ROOT = Path(__file__).resolve().parent.parent


class Terminal:
    """Starts a command on a pty and reads it; `screen` is what a person would see."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 40,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.output = bytearray()
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._fed = 0
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # pragma: no cover - the child becomes the program
            self._become(command, environment or {})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @staticmethod
    def _become(command: Sequence[str], environment: Mapping[str, str]) -> None:
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
        full = {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
        os.chdir(ROOT)
        os.execvpe(command[0], list(command), full)  # noqa: S606 - no shell is meant

    def read(self, seconds: float) -> int:
        """Read for so long; returns how many bytes came."""
        before = len(self.output)
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                data = os.read(self.fd, 65_536)
            except OSError:
                break
            if not data:
                break
            self.output += data
        return len(self.output) - before

    def text(self) -> str:
        """The screen as text."""
        self._stream.feed(bytes(self.output[self._fed :]))
        self._fed = len(self.output)
        return "\n".join(self.screen.display)

    def wait_for(self, *needles: str, timeout: float = 10) -> float:
        """Seconds since the start when all needles are on the screen.

        Raises:
            TimeoutError: with the screen as it was.
        """
        deadline = time.perf_counter() + timeout
        seen: set[str] = set()
        while time.perf_counter() < deadline:
            self.read(0.004)
            # The byte stream is searched first, because emulating the screen takes longer.
            seen |= {needle for needle in needles if needle.encode() in self.output}
            if len(seen) == len(set(needles)):
                return time.perf_counter() - self.started
        raise TimeoutError(f"{set(needles) - seen} not seen in\n{self.text()}")

    def wait_on_screen(self, *needles: str, timeout: float = 10) -> str:
        """The screen once it shows all needles; slower than `wait_for`, blind to what is gone.

        Raises:
            TimeoutError: with the screen as it was.
        """
        deadline = time.perf_counter() + timeout
        while time.perf_counter() < deadline:
            self.read(0.05)
            screen = self.text()
            if all(needle in screen for needle in needles):
                return screen
        raise TimeoutError(f"{[n for n in needles if n not in screen]} not seen in\n{screen}")

    def send(self, keys: str | bytes) -> None:
        """Type."""
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size as a terminal window does."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def exit_code(self, timeout: float = 10) -> int | None:
        """The exit code once the program has ended, None if it goes on running."""
        deadline = time.perf_counter() + timeout
        while time.perf_counter() < deadline:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
