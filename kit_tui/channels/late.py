"""Words that come long after they were said, such as all that waited while K.I.T. was off.

Whoever said "buy" yesterday may want something else by now: such words are not acted on, and
whoever said them is told so.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from kit_tui.channels.transport import Heard
from kit_tui.domain.clock import Clock
from kit_tui.domain.message import Principal
from kit_tui.gateway.channel import ChannelGateway, LateWords

LATE = timedelta(minutes=5)
"""Older words are late. Shorter outages and retries pass unnoticed."""
GATHER_S = 0.5
"""So long is waited for more of them, which are told of together."""


class Lateness:
    """Knows late words, and gathers those of one person to be told of as one."""

    def __init__(self, gateway: ChannelGateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock
        self._gathered: dict[str, list[LateWords]] = {}
        self._telling: dict[str, asyncio.Task[None]] = {}

    def is_late(self, heard: Heard) -> bool:
        """Whether this was said too long ago to be acted on."""
        return heard.at is not None and self._clock.now() - heard.at > LATE

    async def tell(self, principal: Principal, heard: Heard) -> None:
        """Tell of late words with what is said next to them; done when all was told."""
        assert heard.at is not None  # noqa: S101 - else it is not late
        key = principal.key
        self._gathered.setdefault(key, []).append(LateWords(heard.text, heard.at, heard.mark))
        if key not in self._telling:
            self._telling[key] = asyncio.create_task(self._tell(principal))
        await asyncio.shield(self._telling[key])

    async def _tell(self, principal: Principal) -> None:
        try:
            await self._clock.sleep(GATHER_S)
        finally:
            words = self._gathered.pop(principal.key, [])
            del self._telling[principal.key]
        await self._gateway.came_late(principal, tuple(words))
