"""Whether a venue's host answers at all, asked before anything heavy is imported for it."""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

TIMEOUT_S = 1.5

# Hosts of the public REST endpoints that ccxt uses for these venues.
HOSTS: Final = MappingProxyType(
    {
        "binance": "api.binance.com",
        "kraken": "api.kraken.com",
        "coinbase": "api.coinbase.com",
    }
)


def host_of(venue: str, base_url: str | None) -> tuple[str, int] | None:
    """Host and port of a venue's API; None when only ccxt knows."""
    if base_url:
        parts = urlsplit(base_url)
        return (parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443))
    return (HOSTS[venue], 443) if venue in HOSTS else None


async def answers(venue: str, base_url: str | None) -> bool:
    """Whether a connection to the venue's host can be made within `TIMEOUT_S`."""
    host = host_of(venue, base_url)
    if host is None:
        return True
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, writer = await asyncio.open_connection(*host)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
