"""The journal's head in a second small file, so that a truncated journal is noticed."""

from __future__ import annotations

import contextlib
import os
from hashlib import sha256
from pathlib import Path

import msgspec

_SLOT_BYTES = 512
_SLOTS = 2
_MARK = "kit-head-1"


class Head(msgspec.Struct, frozen=True):
    """The newest event: its sequence number and its hash."""

    seq: int
    hash: bytes


class HeadFile:
    """Remembers the head after each commit, in two slots written in turn.

    It is written after the journal's own commit and not fsynced each time: after a crash it may
    lag behind, which is fine, but it is never ahead. A torn slot fails its checksum and the other
    one counts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None
        self._writes = 0

    def read(self) -> Head | None:
        """The newest sound slot; None if there is no file or no sound slot.

        Raises:
            OSError: when the file exists and cannot be read.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        slots = (data[i * _SLOT_BYTES : (i + 1) * _SLOT_BYTES] for i in range(_SLOTS))
        heads = [head for slot in slots if (head := _parse(slot)) is not None]
        return max(heads, key=lambda head: head.seq, default=None)

    def write(self, head: Head) -> None:
        """Note a new head.

        Raises:
            OSError: when the disk refuses.
        """
        if self._handle is None:
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        slot = (self._writes % _SLOTS) * _SLOT_BYTES
        os.pwrite(self._handle, _line(head), slot)
        self._writes += 1

    def close(self) -> None:
        """Bring the head to the disk and let go of the file."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.fsync(self._handle)
            os.close(self._handle)
            self._handle = None


def _line(head: Head) -> bytes:
    text = f"{_MARK} {head.seq} {head.hash.hex()}"
    check = sha256(text.encode()).hexdigest()[:16]
    return f"{text} {check}".ljust(_SLOT_BYTES - 1).encode() + b"\n"


def _parse(slot: bytes) -> Head | None:
    text, _, check = slot.decode("ascii", "replace").strip().rpartition(" ")
    parts = text.split(" ")
    if len(parts) != 3 or parts[0] != _MARK:
        return None
    if sha256(text.encode()).hexdigest()[:16] != check:
        return None
    return Head(int(parts[1]), bytes.fromhex(parts[2]))
