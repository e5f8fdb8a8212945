"""Sessions: what K.I.T. remembers of one person between messages, in memory, for a day."""

from __future__ import annotations

from dataclasses import dataclass

from kit_tui.domain.clock import Clock
from kit_tui.domain.intent import Intent
from kit_tui.domain.message import Principal


@dataclass(slots=True)
class Session:
    """One person's thread: the question that is still open, and when it was last used."""

    principal: Principal
    pending: Intent | None = None
    last_used: float = 0.0


class Sessions:
    """Sessions per principal. One that was not used for `ttl_seconds` is forgotten."""

    def __init__(self, clock: Clock, ttl_seconds: float) -> None:
        self._clock = clock
        self._ttl = ttl_seconds
        self._sessions: dict[str, Session] = {}

    def of(self, principal: Principal) -> Session:
        """The principal's session, a new one if there is none or it has run out."""
        self._forget_old()
        session = self._sessions.get(principal.key)
        if session is None or session.principal != principal:
            session = self._sessions[principal.key] = Session(principal)
        session.last_used = self._clock.monotonic()
        return session

    def __len__(self) -> int:
        return len(self._sessions)

    def _forget_old(self) -> None:
        limit = self._clock.monotonic() - self._ttl
        for key in [k for k, s in self._sessions.items() if s.last_used < limit]:
            del self._sessions[key]
