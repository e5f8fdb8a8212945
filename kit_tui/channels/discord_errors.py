"""What discord.py's errors mean: for the line, and for the post that met them."""

from __future__ import annotations

from kit_tui.channels.transport import Gone, Refused, Shut, Unreachable, Wait
from kit_tui.state.slices import ConnectionState

NOT_CONNECTED = "not connected"
_NO_TOKEN = "the token is not accepted"  # noqa: S105 - words, not a token
_UNKNOWN_MESSAGE = 10008
_TOKEN_REFUSED = 4004
_BANNED_S = 60.0
_REFUSALS = {
    10003: "Discord does not know this channel",
    10013: "Discord does not know this user",
}
# What somebody can set right, so that posts are kept for it.
_SHUT = {
    50001: "the bot does not see this channel",
    50007: "this person takes no direct messages from the bot",
    50013: "the bot may not write in this channel",
}


def trouble_of(error: BaseException) -> tuple[ConnectionState, str, float]:
    """What an error says of the line; the last figure is how long Discord asks to wait, or zero."""
    from discord import ConnectionClosed, HTTPException, LoginFailure, PrivilegedIntentsRequired

    if isinstance(error, LoginFailure):
        return "down", _NO_TOKEN, 0.0
    if isinstance(error, PrivilegedIntentsRequired):
        return "down", "Discord does not grant what the bot asks to read", 0.0
    if isinstance(error, ConnectionClosed):
        refused = error.code == _TOKEN_REFUSED
        return "down", _NO_TOKEN if refused else f"Discord closed the line ({error.code})", 0.0
    if isinstance(error, HTTPException) and error.status == 429:
        return "degraded", "asked to wait", _BANNED_S
    return "down", "not reachable", 0.0


def failure_of(error: Exception) -> Refused | Shut | Wait | Unreachable:
    """What an error says of the post that met it."""
    from aiohttp import ClientConnectorError
    from discord import HTTPException, RateLimited

    if isinstance(error, RateLimited):
        return Wait(error.retry_after)
    if isinstance(error, HTTPException):
        return _answered(error.status, error.code, error.text)
    if isinstance(error, RuntimeError):  # the client was closed meanwhile
        return Unreachable(NOT_CONNECTED)
    return Unreachable("not reachable", in_doubt=not isinstance(error, ClientConnectorError))


def network_errors() -> tuple[type[Exception], ...]:
    """Everything a call may raise that is Discord's or the network's doing."""
    from aiohttp import ClientError
    from discord import DiscordException

    return (DiscordException, ClientError, OSError, TimeoutError, RuntimeError)


def _answered(status: int, code: int, words: str) -> Refused | Shut | Wait | Unreachable:
    if status == 429:  # one that discord.py did not wait for: the address is shut out for a while
        return Wait(_BANNED_S)
    if status == 401:
        return Unreachable(_NO_TOKEN)
    if status >= 500:
        return Unreachable("Discord has trouble", in_doubt=True)
    if code == _UNKNOWN_MESSAGE:
        return Gone("the message is gone")
    if code in _SHUT:
        return Shut(_SHUT[code])
    return Refused(_REFUSALS.get(code) or words or f"Discord refused it ({status})")
