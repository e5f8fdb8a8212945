"""The log file: rotating, private, and with every known secret blacked out."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from kit_tui.settings.redaction import RedactingFormatter, remember, secrets_in

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


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
    remember(*secrets_in(environ))
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
    handler.setFormatter(RedactingFormatter(FORMAT))
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("kit_tui").setLevel(logging.INFO)
