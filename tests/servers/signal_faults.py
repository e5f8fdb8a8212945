"""The words of a test's script that become errors of the scripted signal-cli."""

from __future__ import annotations

from tests.servers.signal_book import Failure
from tests.servers.signal_rpc import (
    CAPTCHA_REJECTED_ERROR,
    INTERNAL_ERROR,
    IO_ERROR,
    RpcError,
)

BEFORE = {"drop", "hang"}
AFTER = {"lost", "stall", "malformed"}
_ERRORS = {
    "io": (IO_ERROR, "Unable to reach the server: timeout (SocketTimeoutException)"),
    "captcha-rejected": (CAPTCHA_REJECTED_ERROR, "Captcha rejected"),
    "internal": (INTERNAL_ERROR, "Failed to send message: closed (UnexpectedErrorException)"),
}
_FAILURES = {
    "untrusted": "IDENTITY_FAILURE",
    "unregistered": "UNREGISTERED_FAILURE",
    "network": "NETWORK_FAILURE",
}


def forced_failure(how: str) -> Failure | None:
    """What befalls every recipient of this call."""
    kind, _, rest = how.partition(":")
    if kind == "rate":
        return Failure("RATE_LIMIT_FAILURE", int(rest) if rest else None)
    if kind == "captcha":
        token, _, seconds = rest.partition(":")
        return Failure("RATE_LIMIT_FAILURE", int(seconds), token)
    return Failure(_FAILURES[kind]) if kind in _FAILURES else None


def forced_error(how: str) -> RpcError | None:
    """An error that comes before any result."""
    kind, _, rest = how.partition(":")
    if kind == "error":
        code, _, words = rest.partition(":")
        return RpcError(int(code), words)
    return RpcError(*_ERRORS[kind]) if kind in _ERRORS else None
