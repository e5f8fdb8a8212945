"""How failures are told: a short panel for what we know, one line and a log for what we do not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TextIO

from kit_tui.domain.errors import KitError, UsageError
from kit_tui.settings.locations import Locations
from kit_tui.settings.redaction import redact

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

log = logging.getLogger(__name__)


def exit_code(error: KitError) -> int:
    """2 for words that do not fit a command, else 1; titles survive the socket, classes do not."""
    return WRONG_USAGE if error.title == UsageError.title else FAILED


def explain(error: KitError, stream: TextIO) -> None:
    """Title, message and hint, each on its line."""
    lines = [f"kit: {error.title}", f"  {error.message}"]
    if error.hint:
        lines.append(f"  {error.hint}")
    print(redact("\n".join(lines)), file=stream)


def crashed(
    error: Exception, locations: Locations, environ: Mapping[str, str], stream: TextIO
) -> int:
    """Write the traceback to the log file and say where it is; nothing else reaches the user."""
    from kit_tui.runtime.logs import log_to_file

    kind = type(error).__name__
    try:
        locations.ensure()
        log_to_file(locations.log_file, environ)
        log.error("kit failed", exc_info=error)
        where = f"The details are in {locations.log_file}."
    except OSError as problem:
        where = f"The log {locations.log_file} cannot be written ({problem.strerror or problem})."
    print(f"kit: something failed inside K.I.T. ({kind}). {where}", file=stream)
    return FAILED
