"""Asks Discord about a bot without going online as it: who it is, and on which servers."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from kit_tui.channels.reach import PATIENCE_S, TokenRefusedError, UnreachedError, unreached
from kit_tui.gateway.key_forms import Tested

ADDRESS = "https://discord.com/api/v10"
INVITE = "https://discord.com/oauth2/authorize?client_id={}&scope=bot%20applications.commands"


class DiscordFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A bot: name and number, and what it sees of the server that was asked for.

    `on_server` is None when none was, or Discord did not say.
    """

    named: str
    number: str
    on_server: bool | None = None


async def tried_token(token: str, api_url: str | None) -> Tested:
    """Whose token this is.

    Raises:
        TokenRefusedError: when Discord does not know it.
        UnreachedError: when Discord does not answer.
    """
    facts = await bot_facts(token, api_url)
    return Tested(
        named=facts.named,
        notes=(f"Invite it to your server: {INVITE.format(facts.number)}",),
    )


async def bot_facts(
    token: str, api_url: str | None, guild: int | None = None, *, patience_s: float = PATIENCE_S
) -> DiscordFacts:
    """What Discord tells of a bot.

    Raises:
        TokenRefusedError: when Discord does not know the token.
        UnreachedError: when Discord does not answer in time, or not as it should.
    """
    import httpx

    for library in ("httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)
    address = (api_url or ADDRESS).rstrip("/")
    headers = {"Authorization": f"Bot {token}", "User-Agent": "DiscordBot (kit-tui, 0.1)"}
    try:
        async with httpx.AsyncClient(headers=headers, timeout=patience_s) as client:
            me = await client.get(f"{address}/users/@me")
            if me.status_code == 401:
                raise TokenRefusedError(
                    "Discord refuses this token.",
                    hint="discord.com/developers/applications, page Bot, makes a new one.",
                )
            told: dict[str, Any] = me.raise_for_status().json()
            on_server = None
            if guild is not None:
                status = (await client.get(f"{address}/guilds/{guild}")).status_code
                on_server = {200: True, 403: False, 404: False}.get(status)
        return DiscordFacts(
            named=f"@{told['username']}", number=str(told["id"]), on_server=on_server
        )
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise UnreachedError(
            f"Discord: {unreached(address, error)}.",
            hint="Check the network, or channels.discord.api_url if it is set.",
        ) from None
