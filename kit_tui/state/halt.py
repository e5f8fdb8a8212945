"""The trading state in a file of its own, so that a halt never depends on the journal."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from kit_tui.domain.risk import TradingState, TradingStatus
from kit_tui.settings.files import write_atomic
from kit_tui.state.codec import DecodeError, decode, encode

log = logging.getLogger(__name__)


class TradingStateFile:
    """Reads and writes the durable `TradingStatus`; whatever cannot be read counts as HALTED."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> TradingStatus:
        """The state as it was last written; ACTIVE when nothing was ever written.

        A corrupt file reads as HALTED: a copy is set aside and HALTED is written in its place, so
        that the next start does not take the missing file for a fresh one.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return TradingStatus()
        except OSError as error:
            return _halted(f"{self.path.name} cannot be read: {error.strerror or error}")
        try:
            return decode(data, TradingStatus)
        except (DecodeError, UnicodeDecodeError):
            return self._fail_closed(data)

    def write(self, status: TradingStatus) -> None:
        """Make a state durable; it is on the disk when this returns.

        Raises:
            OSError: when the disk refuses; the old state then still stands.
        """
        write_atomic(self.path, encode(status))

    def _fail_closed(self, data: bytes) -> TradingStatus:
        status = _halted(f"{self.path.name} was corrupt")
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        aside = self.path.with_name(f"{self.path.name}.corrupt-{stamp}")
        try:
            write_atomic(aside, data)
            self.write(status)
        except OSError:
            log.exception("the corrupt %s could not be set aside", self.path.name)
            return status
        log.error("%s was corrupt; kept as %s, trading is halted", self.path.name, aside.name)
        return status


def _halted(reason: str) -> TradingStatus:
    return TradingStatus(
        state=TradingState.HALTED,
        reason=f"{reason}; resume when you have checked orders and positions",
        by="K.I.T.",
    )
