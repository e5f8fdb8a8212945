"""Tries the secrets of services that have just one: the language model, the bots of channels."""

from __future__ import annotations

from collections.abc import Mapping

from kit_tui.gateway.key_forms import MODEL, Tested
from kit_tui.gateway.keys import TestSecret
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import Locations
from kit_tui.settings.model import Settings


def testers(locations: Locations, environ: Mapping[str, str]) -> Mapping[str, TestSecret]:
    """What tries a secret, by service; addresses are those of the settings as they are then."""

    def settings() -> Settings:
        return load_settings(locations, environ)

    async def model(key: str) -> Tested:
        from kit_tui.runtime.model import tried_key

        return Tested(notes=await tried_key(key, settings()))

    async def telegram(token: str) -> Tested:
        from kit_tui.channels.telegram_probe import tried_token

        return await tried_token(token, settings().channels.telegram.base_url)

    async def discord(token: str) -> Tested:
        from kit_tui.channels.discord_probe import tried_token

        return await tried_token(token, settings().channels.discord.api_url)

    return {MODEL: model, "telegram": telegram, "discord": discord}
