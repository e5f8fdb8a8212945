"""Textual's environment switches: calm everywhere, and cheap on a line that is far away."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

import msgspec

SSH_FRAMES = "15"
ESCAPE_MS, SSH_ESCAPE_MS = "25", "50"
"""How long a lone Esc waits for the rest of a key's sequence; Esc stops an answer within 100 ms."""


class Profile(msgspec.Struct, frozen=True):
    """How often the screen may change. `frames` is store updates a second."""

    remote: bool
    frames: float
    scanner_frames: float


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether this terminal is at the other end of an SSH line."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def apply_profile(environ: MutableMapping[str, str]) -> None:
    """Set Textual's switches; what the user has set already is left alone."""
    environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # Smooth scrolling also switches pixel mouse reports on, which break on odd terminals.
    environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    environ.setdefault("ESCDELAY", SSH_ESCAPE_MS if is_remote(environ) else ESCAPE_MS)
    if is_remote(environ):
        environ.setdefault("TEXTUAL_FPS", SSH_FRAMES)


def read_profile(environ: Mapping[str, str], motion: str = "auto") -> Profile:
    """The rates of this session; `motion` is auto (less over SSH), full or none."""
    remote = is_remote(environ)
    still = motion == "none" or (motion == "auto" and remote)
    return Profile(remote=remote, frames=4 if remote else 10, scanner_frames=0 if still else 3)
