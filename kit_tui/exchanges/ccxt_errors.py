"""ccxt's errors in K.I.T.'s taxonomy: wait, unreachable, unknown pair, or refused."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import Any

from kit_tui.domain.errors import (
    KitError,
    RateLimitedError,
    UnknownPairError,
    VenueError,
    VenueUnavailableError,
)

log = logging.getLogger(__name__)

_USUAL_WAIT = 15.0
_BAN_WAIT = 120.0  # a 418 bans the address; asking sooner makes it longer
_LONGEST_WAIT = 86_400.0
_QUERY = re.compile(r"\?[^\s\"'<>]*")
_NAMED = re.compile(
    r"\b(signature|timestamp|apikey|api_key|x-mbx-apikey|secret|password)\b[\"']?\s*[=:]\s*[^\s&,}]+",
    re.IGNORECASE,
)
# What parsing of a reply raises when the reply is not what it should be.
UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError)


def translated(error: Exception, venue: str, headers: Mapping[str, Any] | None) -> KitError:
    """The K.I.T. error for whatever a ccxt call raised."""
    from ccxt.base import errors

    log.info("%s: %s: %s", venue, type(error).__name__, without_secrets(str(error))[:300])
    if isinstance(error, errors.RateLimitExceeded | errors.DDoSProtection):
        wait = retry_after(headers, banned=" 418 " in str(error))
        return RateLimitedError(f"{venue} asks to wait {wait:.0f} s.", retry_after=wait)
    if isinstance(error, errors.BadSymbol):
        return UnknownPairError(f"{venue} does not trade this pair.")
    if isinstance(error, errors.RequestTimeout | asyncio.TimeoutError):
        return VenueUnavailableError(f"{venue} did not answer in time.")
    if isinstance(error, errors.OnMaintenance):
        return VenueUnavailableError(f"{venue} is under maintenance.")
    if isinstance(error, errors.NetworkError | OSError):
        return VenueUnavailableError(f"{venue} is not reachable.")
    if isinstance(error, errors.BaseError):
        return VenueError(f"{venue} refused: {_kind(error)}.", hint="Details are in the log.")
    return VenueError(f"{venue} answered with something unreadable.")


def without_secrets(text: str) -> str:
    """A message of ccxt's without the query strings, signatures and keys that it may quote."""
    return _NAMED.sub(r"\1=…", _QUERY.sub("?…", text))


def retry_after(headers: Mapping[str, Any] | None, *, banned: bool) -> float:
    """Seconds to wait by the Retry-After header, else a cautious default."""
    usual = _BAN_WAIT if banned else _USUAL_WAIT
    for name, value in (headers or {}).items():
        if str(name).lower() == "retry-after":
            try:
                return min(max(float(value), 0.0), _LONGEST_WAIT)
            except (TypeError, ValueError):
                return usual
    return usual


def _kind(error: Exception) -> str:
    """`BadRequest` as `bad request`: the class says enough, the text is the venue's."""
    name = type(error).__name__
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
