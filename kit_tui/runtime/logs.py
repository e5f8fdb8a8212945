"""The log file: rotating, private, and with every known secret blacked out."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

SECRET_WORDS = ("KEY", "SECRET", "TOKEN", "PASSPHRASE", "PASSWORD")
SHORTEST_SECRET = 8


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Values of environment variables that hold secrets, in every spelling, the longest first."""
    found = {
        spelling
        for name, value in environ.items()
        if any(word in name.upper() for word in SECRET_WORDS)
        for spelling in _spellings(value.strip())
        if len(spelling) >= SHORTEST_SECRET
    }
    return tuple(sorted(found, key=len, reverse=True))


def _spellings(secret: str) -> Iterator[str]:
    """A secret as itself, in an address, in a `repr`, in base 64; a key file also line by line."""
    from base64 import b64encode
    from urllib.parse import quote

    yield secret
    yield quote(secret, safe="")
    yield repr(secret)[1:-1]
    yield b64encode(secret.encode()).decode()
    yield from (line for line in secret.splitlines() if not line.startswith("-----"))


class RedactingFormatter(logging.Formatter):
    """Formats a record, then removes every secret from it by value, tracebacks included."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "‹secret›")
        return text


class PrivateFileHandler(RotatingFileHandler):
    """A rotating log file that only its owner can read, also after it was rotated."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.fchmod(descriptor, 0o600)
        return open(descriptor, "a", encoding=self.encoding, errors="backslashreplace")  # noqa: PTH123 - a descriptor has no path


def log_to_file(path: Path, environ: Mapping[str, str]) -> None:
    """Send warnings and our own information to a rotating file; nothing goes to the terminal.

    A log that cannot be written keeps nobody from trading: it is left out.
    """
    root = logging.getLogger()
    if any(
        isinstance(h, RotatingFileHandler) and h.baseFilename == str(path) for h in root.handlers
    ):
        return
    try:
        handler = PrivateFileHandler(path, maxBytes=2_000_000, backupCount=3, encoding="utf-8")
    except OSError:
        root.handlers = [logging.NullHandler()]
        return
    handler.setFormatter(RedactingFormatter(secrets_in(environ)))
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("kit_tui").setLevel(logging.INFO)
