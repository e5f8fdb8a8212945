"""A link as a QR code of half blocks, where a terminal has the room and the characters for it."""

from __future__ import annotations

import os

from kit_tui.cli.shell import Shell

QUIET = 2
ROWS_BESIDE = 8
"""Lines that stay free for what is said around it."""
_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
_INK = "\x1b[38;5;231;48;5;16m"
_RESET = "\x1b[0m"


def qr_lines(text: str, *, colour: bool) -> list[str]:
    """The lines of a QR code; light modules are drawn, in white on black where colours are.

    Without colours it is right on a dark background, and inverted on a light one.
    """
    import segno

    matrix = [
        [not dark for dark in row]
        for row in segno.make(text, error="l", micro=False).matrix_iter(border=QUIET)
    ]
    if len(matrix) % 2:
        matrix.append([False] * len(matrix[0]))
    lines = [
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(matrix[::2], matrix[1::2], strict=True)
    ]
    return [f"{_INK}{line}{_RESET}" for line in lines] if colour else lines


def qr_for(shell: Shell, text: str) -> str:
    """The QR code of a link; empty where it cannot be shown whole."""
    stream = shell.stdout
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
    if not text or not shell.style.weight or encoding != "utf8":
        return ""
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return ""
    lines = qr_lines(text, colour=shell.style.colour)
    width = len(qr_lines(text, colour=False)[0])
    if size.columns < width or size.lines < len(lines) + ROWS_BESIDE:
        return ""
    return "\n".join(lines)
