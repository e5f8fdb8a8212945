"""One call of a model with its money: set aside before, recorded after, whatever happens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from kit_tui.ai.claude.budget import Purse
from kit_tui.ai.claude.protocol import (
    AiError,
    AiErrorKind,
    ModelBackend,
    ModelEvent,
    ModelReply,
    ModelRequest,
    OnEvent,
    TextDelta,
    ThinkingDelta,
)

log = logging.getLogger(__name__)

INTERRUPTED: Final = "The answer was interrupted."


class Caller:
    """Asks the model on behalf of one turn."""

    def __init__(self, backend: Callable[[], ModelBackend], purse: Purse) -> None:
        self._backend = backend
        self.purse = purse

    async def call(self, request: ModelRequest, on_event: OnEvent | None = None) -> ModelReply:
        """One call, its answer shortened to what is affordable.

        Raises:
            AiError: when it failed, or is not affordable.
            asyncio.CancelledError: when it was interrupted; recorded as an estimate.
        """
        backend = self._backend()
        limited, reserved = self.purse.reserve(request)
        heard = _Heard(on_event)
        try:
            reply = await backend.call(limited, heard)
        except AiError as error:
            self.purse.failed(limited, reserved, error, heard.text)
            raise
        except asyncio.CancelledError:
            stopped = AiError(AiErrorKind.INTERRUPTED, INTERRUPTED)
            self.purse.failed(limited, reserved, stopped, heard.text)
            raise
        except Exception as error:
            log.exception("a call of the model failed in an unknown way")
            bad = AiError(AiErrorKind.BAD_REPLY, "The model's answer could not be read.")
            self.purse.failed(limited, reserved, bad, heard.text)
            raise bad from error
        self.purse.paid(limited, reserved, reply)
        return reply

    async def quietly(self, request: ModelRequest) -> ModelReply:
        """As `call`, for what nobody watches."""
        return await self.call(request)


class _Heard:
    """Passes events on and keeps what was said, because a broken call still has to be paid."""

    def __init__(self, on_event: OnEvent | None) -> None:
        self._pass_on = on_event
        self.text = ""

    def __call__(self, event: ModelEvent) -> None:
        if isinstance(event, TextDelta | ThinkingDelta):
            self.text += event.text
        if self._pass_on is not None:
            self._pass_on(event)
