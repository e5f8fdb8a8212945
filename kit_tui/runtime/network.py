"""Whether a venue's host answers at all, asked before anything heavy is imported for it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from types import MappingProxyType
from typing import Any, Final
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

Address = tuple[str, int]


def host_of(venue: str, base_url: str | None) -> Address | None:
    """Host and port of a venue's API; None when only ccxt knows."""
    if base_url:
        return _address(base_url)
    return (HOSTS[venue], 443) if venue in HOSTS else None


def way_to(host: Address, base_url: str | None) -> Address:
    """Whom to connect to for a host: the proxy of the environment, where requests go through it.

    An address of one's own is never asked for through a proxy.
    """
    from urllib.request import getproxies, proxy_bypass

    proxy = getproxies().get("https")
    if base_url or not proxy or proxy_bypass(host[0]):
        return host
    return _address(proxy if "//" in proxy else f"http://{proxy}")


async def answers(venue: str, base_url: str | None) -> bool:
    """Whether a connection to the venue's host can be made within `TIMEOUT_S`."""
    host = host_of(venue, base_url)
    if host is None:
        return True
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await _any_connects(await _resolved(*way_to(host, base_url)))
    except (OSError, TimeoutError):
        return False


def _address(url: str) -> Address:
    parts = urlsplit(url)
    return (parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443))


async def _resolved(host: str, port: int) -> list[Address]:
    """The addresses of a host, asked for in a thread that nobody has to wait for at the end.

    The loop's own threads are waited for when it closes, and a name server that does not answer
    takes half a minute.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Address]] = loop.create_future()

    def settle(result: list[Address] | OSError) -> None:
        if found.done():
            return
        if isinstance(result, OSError):
            found.set_exception(result)
        else:
            found.set_result(result)

    def look_up() -> None:
        result: list[Address] | OSError
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            result = [(str(entry[4][0]), port) for entry in entries]
        except OSError as error:
            result = error
        except UnicodeError as error:  # a name no host can have
            result = OSError(str(error))
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=look_up, name="name lookup", daemon=True).start()
    return await found


async def _any_connects(addresses: list[Address]) -> bool:
    """Whether one of the addresses takes a connection; all are tried at once."""
    tries: set[asyncio.Task[Any]] = {asyncio.create_task(_connect(a)) for a in set(addresses)}
    try:
        for attempt in asyncio.as_completed(tries):
            with contextlib.suppress(OSError):
                await attempt
                return True
    finally:
        for attempt in tries:
            attempt.cancel()
        await asyncio.gather(*tries, return_exceptions=True)
    return False


async def _connect(address: Address) -> None:
    _, writer = await asyncio.open_connection(*address)
    writer.close()
