"""What can go wrong when a service is asked about a bot, and why it was not reached, in words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from kit_tui.domain.errors import KitError

PATIENCE_S = 8.0
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_PLAIN_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


class TokenRefusedError(KitError):
    """The service does not know this token."""


class UnreachedError(KitError):
    """The service did not answer."""


def place_of(address: str) -> str:
    """Host and port of an address, without what could be secret in it."""
    parts = urlsplit(address)
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or address[:60]


def unreached(address: str, error: BaseException, environ: Mapping[str, str] = os.environ) -> str:
    """`host is not reachable (ConnectError: …)`, with the proxy that was to be used."""
    cause = error.__cause__ or error
    words = str(cause).split("\n", 1)[0][:120]
    said = f"{type(cause).__name__}: {words}" if words else type(cause).__name__
    names = _PROXIES if address.startswith(("https:", "wss:")) else _PLAIN_PROXIES
    proxy = next((name for name in names if environ.get(name)), "")
    through = f", through the proxy {place_of(environ[proxy])} of {proxy}" if proxy else ""
    return f"{place_of(address)} is not reachable ({said}){through}"
