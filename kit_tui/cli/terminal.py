"""What this terminal can show: size, colours, encoding, and how wide it draws our glyphs."""

from __future__ import annotations

import os
import re
import select
import termios
import tty
from collections.abc import Iterator, Mapping

from kit_tui.cli.findings import Finding
from kit_tui.cli.shell import Shell

CANDLES = "╷╵│╻╹┃╽╿"
"""The candle glyphs but the ninth, which is a blank; their font must hold them all."""
SAMPLE = f"{CANDLES} ▲▼●◂−▪▮"
WIDE = "価格"
_REPORT = re.compile(rb"\x1b\[(\d+);(\d+)R")
REPORT_PATIENCE_S = 0.4


def terminal_findings(shell: Shell) -> Iterator[Finding]:
    """Size, colours, line and characters."""
    if not shell.stdout.isatty():
        yield Finding("terminal", "note", "none here; run kit doctor in the one you use")
    else:
        yield _size(shell)
        yield Finding("colours", "note", colours(shell.environ))
    yield Finding("line", "note", line(shell.environ))
    yield _encoding(shell)
    yield from _widths(shell)


def colours(environ: Mapping[str, str]) -> str:
    """How many colours the terminal says it has."""
    if environ.get("NO_COLOR"):
        return "none (NO_COLOR)"
    if environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return "16 million"
    return "256" if "256" in environ.get("TERM", "") else "16"


def line(environ: Mapping[str, str]) -> str:
    """What lies between the program and the person."""
    parts = ["over SSH" if environ.get("SSH_CONNECTION") else "local"]
    if environ.get("TMUX"):
        parts.append("inside tmux")
    elif environ.get("STY"):
        parts.append("inside screen")
    return ", ".join([*parts, f"TERM={environ.get('TERM', 'not set')}"])


def _size(shell: Shell) -> Finding:
    try:
        columns, rows = os.get_terminal_size(shell.stdout.fileno())
    except (OSError, ValueError):
        return Finding("size", "warning", "the terminal does not tell its size")
    small = columns < 60 or rows < 24
    detail = f"{columns} × {rows}" + (
        "; below 60 × 24 panes are shown one at a time" if small else ""
    )
    return Finding("size", "note" if small else "ok", detail)


def _encoding(shell: Shell) -> Finding:
    encoding = getattr(shell.stdout, "encoding", None) or "unknown"
    if encoding.lower().replace("-", "") == "utf8":
        return Finding("encoding", "ok", encoding)
    return Finding("encoding", "problem", f"{encoding}; set a UTF-8 locale, for instance C.UTF-8")


def _widths(shell: Shell) -> Iterator[Finding]:
    """How far the cursor moves for our glyphs, asked of the terminal itself."""
    yield Finding("candles", "note", f"{SAMPLE}  must look like one unbroken face")
    if not (shell.stdin.isatty() and shell.stdout.isatty()):
        return
    for name, text, wanted in (("glyphs", SAMPLE, len(SAMPLE)), ("wide text", WIDE, 2 * len(WIDE))):
        moved = measured(shell.stdin.fileno(), shell.stdout.fileno(), text)
        if moved is None:
            yield Finding(name, "note", "the terminal does not report its cursor")
        elif moved == wanted:
            yield Finding(name, "ok", f"{wanted} columns, as expected")
        else:
            yield Finding(
                name, "warning", f"{moved} columns where {wanted} are right; check the font"
            )


def measured(source: int, target: int, text: str) -> int | None:
    """Columns the terminal draws `text` in, or None when it does not answer."""
    try:
        before = termios.tcgetattr(source)
    except termios.error:
        return None
    try:
        tty.setcbreak(source, termios.TCSANOW)
        os.write(target, f"\r{text}\x1b[6n".encode())
        found = _answer(source)
        os.write(target, b"\r\x1b[K")
    finally:
        termios.tcsetattr(source, termios.TCSANOW, before)
    return None if found is None else found - 1


def _answer(source: int) -> int | None:
    """The column of a cursor report."""
    received = b""
    while select.select([source], [], [], REPORT_PATIENCE_S)[0]:
        part = os.read(source, 64)
        if not part:
            return None
        received += part
        report = _REPORT.search(received)
        if report:
            return int(report[2])
    return None
