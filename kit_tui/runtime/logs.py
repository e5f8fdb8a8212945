"""The log file: rotating, private, and with every known secret blacked out."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path

SECRET_WORDS = ("KEY", "SECRET", "TOKEN", "PASSPHRASE", "PASSWORD")
SHORTEST_SECRET = 8


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Values of environment variables that hold secrets, the longest first."""
    found = {
        value
        for name, value in environ.items()
        if any(word in name.upper() for word in SECRET_WORDS) and len(value) >= SHORTEST_SECRET
    }
    return tuple(sorted(found, key=len, reverse=True))


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


def log_to_file(path: Path, environ: Mapping[str, str]) -> None:
    """Send warnings and our own information to a rotating file; nothing goes to the terminal."""
    root = logging.getLogger()
    if any(
        isinstance(h, RotatingFileHandler) and h.baseFilename == str(path) for h in root.handlers
    ):
        return
    handler = RotatingFileHandler(path, maxBytes=2_000_000, backupCount=3, encoding="utf-8")
    os.chmod(path, 0o600)  # noqa: PTH101 - the handler holds a name, not a Path
    handler.setFormatter(RedactingFormatter(secrets_in(environ)))
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("kit_tui").setLevel(logging.INFO)
