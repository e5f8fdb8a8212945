"""Leaves a model alone for a while after several failures in a row, then tries once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from kit_tui.ai.claude.protocol import (
    AiError,
    AiErrorKind,
    ModelBackend,
    ModelReply,
    ModelRequest,
    OnEvent,
)
from kit_tui.domain.clock import Clock

FAILURES = 3
REST_S = 60.0

# These say nothing about whether the service works.
_SILENT = {
    AiErrorKind.NO_KEY, AiErrorKind.OFF, AiErrorKind.AUTH, AiErrorKind.BUDGET,
    AiErrorKind.RESTING, AiErrorKind.INTERRUPTED,
}  # fmt: skip


class Breaker:
    """Counts failures. Ask `permit` before a call and tell `note` how it ended."""

    def __init__(self, clock: Clock, *, failures: int = FAILURES, rest_s: float = REST_S) -> None:
        self._clock = clock
        self._most = failures
        self._rest_s = rest_s
        self._failures = 0
        self._until: float | None = None
        self._probing = False

    @property
    def rests_for_s(self) -> float:
        """Seconds until the model is tried again; 0 when it may be asked now."""
        if self._until is None:
            return 0.0
        return max(0.0, self._until - self._clock.monotonic())

    def permit(self) -> None:
        """Let a call through. After the rest only one at a time, until one has worked.

        Raises:
            AiError: of kind RESTING, with the seconds left.
        """
        left = self.rests_for_s
        if left > 0 or self._probing:
            raise AiError(
                AiErrorKind.RESTING, f"Claude failed {self._failures} times in a row and rests.",
                hint=f"It is tried again in {left:.0f} s." if left else "It is being tried now.",
                retry_after_s=left,
            )  # fmt: skip
        self._probing = self._until is not None

    def note(self, error: AiError | None) -> None:
        """How a permitted call ended; None for an answer."""
        self._probing = False
        if error is None or error.kind is AiErrorKind.REFUSED:
            self._failures, self._until = 0, None
        elif error.kind not in _SILENT:
            self._failures += 1
            if self._failures >= self._most:
                self._until = self._clock.monotonic() + self._rest_s

    def interrupted(self) -> None:
        """A permitted call was cancelled, which says nothing either way."""
        self._probing = False


class RestingBackend:
    """A `ModelBackend` with a breaker before it. Lists of models are asked for in any case."""

    def __init__(self, backend: ModelBackend, breaker: Breaker) -> None:
        self._backend = backend
        self.breaker = breaker

    async def call(self, request: ModelRequest, on_event: OnEvent) -> ModelReply:
        """The backend's call, unless it rests; raises AiError of kind RESTING then."""
        self.breaker.permit()
        try:
            reply = await self._backend.call(request, on_event)
        except AiError as error:
            self.breaker.note(error)
            raise
        except (asyncio.CancelledError, Exception):
            self.breaker.interrupted()
            raise
        self.breaker.note(None)
        return reply

    async def models(self) -> Mapping[str, str]:
        """Ids and names of the models the key may use; raises AiError."""
        return await self._backend.models()

    async def close(self) -> None:
        """Let go of the connection."""
        await self._backend.close()
