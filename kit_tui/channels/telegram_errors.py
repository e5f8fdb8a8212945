"""What Telegram's errors mean: for the line, and for the post that met them."""

from __future__ import annotations

import warnings

from kit_tui.channels.transport import Gone, Moved, Refused, Shut, Unreachable, Wait
from kit_tui.state.slices import ConnectionState

TOKEN_VARIABLE = "KIT_TELEGRAM_BOT_TOKEN"  # noqa: S105 - the variable's name, not a token
_NO_TOKEN = "the token is not accepted: kit connect telegram --rotate"  # noqa: S105 - words
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
WEBHOOK = "a webhook sends the bot's messages elsewhere"
OTHER_PROGRAM = "another program listens with the same bot"
_NOT_MODIFIED = "message is not modified"


def trouble_of(error: Exception) -> tuple[ConnectionState, str, float]:
    """What an error says of the line, without the token some errors repeat.

    The last figure is how many seconds Telegram asks to wait, zero when it does not.
    """
    from telegram.error import (
        BadRequest,
        Conflict,
        Forbidden,
        InvalidToken,
        NetworkError,
        RetryAfter,
    )

    if isinstance(error, RetryAfter):
        return "degraded", "asked to wait", retry_after_seconds(error)
    if isinstance(error, InvalidToken):
        return "down", _NO_TOKEN, 0.0
    if isinstance(error, Conflict):
        webhook = "webhook" in error.message.lower()
        return "degraded", WEBHOOK if webhook else OTHER_PROGRAM, 0.0
    if isinstance(error, Forbidden):
        return "down", "Telegram forbids it", 0.0
    if isinstance(error, BadRequest) or not isinstance(error, NetworkError):
        return "degraded", "Telegram gives an error", 0.0
    return "down", "not reachable", 0.0


def failure_of(error: Exception) -> Refused | Shut | Moved | Wait | Unreachable:
    """What an error says of the post that met it."""
    from telegram.error import (
        BadRequest,
        ChatMigrated,
        Conflict,
        Forbidden,
        InvalidToken,
        NetworkError,
        RetryAfter,
    )

    if isinstance(error, RetryAfter):
        return Wait(retry_after_seconds(error))
    if isinstance(error, ChatMigrated):
        return Moved(str(error.new_chat_id))
    if isinstance(error, Forbidden) and not isinstance(error, InvalidToken):
        blocked = "blocked" in error.message
        return Shut("the bot is blocked there" if blocked else error.message)
    if isinstance(error, BadRequest):
        words = error.message.lower()
        return Gone(error.message) if any(g in words for g in _GONE) else Refused(error.message)
    if isinstance(error, InvalidToken):
        return Unreachable(_NO_TOKEN)
    if isinstance(error, Conflict):
        return Unreachable("another program uses the same bot")
    if isinstance(error, NetworkError):
        return Unreachable("Telegram is not reachable", in_doubt=not _was_never_sent(error))
    return Refused(str(error) or type(error).__name__)


def is_not_modified(refusal: Refused) -> bool:
    """Whether a post was refused because it reads so already."""
    return _NOT_MODIFIED in str(refusal).lower()


def _was_never_sent(error: Exception) -> bool:
    """Whether no connection was made, so that Telegram cannot have got anything."""
    import httpx

    never = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return isinstance(error.__cause__, never)


def retry_after_seconds(error: Exception) -> float:
    """How long a `RetryAfter` asks to wait, at least a second.

    The library is moving this attribute from numbers to timedelta; both are understood.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        value = getattr(error, "retry_after", 1)
    seconds = value.total_seconds() if hasattr(value, "total_seconds") else float(value)
    return max(1.0, seconds)
