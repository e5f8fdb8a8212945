"""Sessions: what K.I.T. remembers of one person between messages, in memory, for a day."""

from __future__ import annotations

import asyncio

import msgspec

from kit_tui.domain.clock import Clock
from kit_tui.domain.intent import Intent
from kit_tui.domain.message import Principal


class Session(msgspec.Struct):
    """One person's thread: the question that is still open, and when it was last used.

    `heard` are the words last handed to a model. `turn` lets one turn of a model run at a time,
    `waiting` counts those that run or wait for it.
    """

    principal: Principal
    pending: Intent | None = None
    last_used: float = 0.0
    heard: str = ""
    waiting: int = 0
    turn: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)


class Sessions:
    """Sessions per principal and account. One not used for `ttl_seconds` is forgotten.

    Per account, so that a question about the demo account is never answered on another.
    """

    def __init__(self, clock: Clock, ttl_seconds: float) -> None:
        self._clock = clock
        self._ttl = ttl_seconds
        self._sessions: dict[tuple[str, str], Session] = {}

    def of(self, principal: Principal, account: str = "") -> Session:
        """The principal's session, a new one if there is none or it has run out."""
        self._forget_old()
        key = (principal.key, account)
        session = self._sessions.get(key)
        if session is None or session.principal != principal:
            session = self._sessions[key] = Session(principal)
        session.last_used = self._clock.monotonic()
        return session

    def __len__(self) -> int:
        return len(self._sessions)

    def _forget_old(self) -> None:
        limit = self._clock.monotonic() - self._ttl
        for key in [k for k, s in self._sessions.items() if s.last_used < limit]:
            del self._sessions[key]
