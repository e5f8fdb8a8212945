"""How far Telegram's updates were taken in, on disk: none is acted on again after a crash."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import msgspec

from kit_tui.settings.files import write_atomic

log = logging.getLogger(__name__)


class _Kept(msgspec.Struct, frozen=True):
    bot: str
    next: int


class HeardUpdates:
    """The number of the next update of one bot; without a `path` it is not kept."""

    def __init__(self, path: Path | None, token: str) -> None:
        self._path = path
        self._bot = token.partition(":")[0]  # the part that is no secret

    def read(self) -> int | None:
        """The next number, None when it is not known: then Telegram begins where it thinks."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes() if self._path else b"", type=_Kept)
        except (OSError, msgspec.DecodeError):
            return None
        return kept.next if kept.bot == self._bot else None

    async def keep(self, number: int) -> None:
        """Make it durable, before the update is acted on: an order must not be asked for twice."""
        if self._path is None:
            return
        data = msgspec.json.encode(_Kept(self._bot, number))
        try:
            await asyncio.to_thread(write_atomic, self._path, data)
        except OSError as error:
            # A halt from the phone has to get through even now.
            log.warning("how far Telegram was heard is not kept: %s", error.strerror or error)
