"""Asks a signal-cli daemon whether it is there, and which accounts it serves."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from kit_tui.channels.reach import PATIENCE_S, UnreachedError, unreached

METHOD_NOT_FOUND = -32_601
START = "signal-cli -a +NUMBER daemon --http 127.0.0.1:8080 --receive-mode=on-connection"


class DaemonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A daemon: its version, and the numbers it serves; None where it was started for one."""

    version: str
    accounts: tuple[str, ...] | None


async def daemon_facts(url: str, *, patience_s: float = PATIENCE_S) -> DaemonFacts:
    """What the daemon tells of itself.

    Raises:
        UnreachedError: when nothing answers there, or something that is no such daemon.
    """
    import httpx

    for library in ("httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)
    root = url.rstrip("/")
    try:
        async with httpx.AsyncClient(timeout=patience_s) as client:
            (await client.get(f"{root}/api/v1/check")).raise_for_status()
            version = await _call(client, root, "version")
            listed = await _call(client, root, "listAccounts")
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise UnreachedError(
            f"No signal-cli daemon answers: {unreached(root, error)}.", hint=f"Start it: {START}"
        ) from None
    accounts = None if listed is None else tuple(str(one["number"]) for one in listed)
    return DaemonFacts(version=str((version or {}).get("version", "?")), accounts=accounts)


async def _call(client: Any, root: str, method: str) -> Any:
    """The result of a method; None where this daemon does not have it."""
    body = {"jsonrpc": "2.0", "method": method, "id": 1}
    answer = (await client.post(f"{root}/api/v1/rpc", json=body)).raise_for_status().json()
    if answer.get("error", {}).get("code") == METHOD_NOT_FOUND:
        return None
    return answer.get("result")
