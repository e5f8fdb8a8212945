"""Builds the channels that are set up, and starts each anew when its key changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from decimal import Decimal

from kit_tui.channels.chat import ChatChannel
from kit_tui.channels.manners import Manners
from kit_tui.channels.transport import Transport
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Role
from kit_tui.domain.numbers import ZERO
from kit_tui.gateway.gateway import Gateway
from kit_tui.gateway.people import Rules, declared
from kit_tui.settings.channels import ChatSettings, TelegramSettings
from kit_tui.settings.credentials import find_channel_token
from kit_tui.settings.locations import Locations
from kit_tui.settings.model import Settings
from kit_tui.settings.values import hours_between
from kit_tui.settings.vault_errors import VaultError
from kit_tui.state.deliveries import Deliveries
from kit_tui.state.slices import Connection

log = logging.getLogger(__name__)


class Channels:
    """The channels of one engine."""

    def __init__(
        self,
        gateway: Gateway,
        settings: Settings,
        locations: Locations,
        environ: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._gateway = gateway
        self._settings = settings
        self._locations = locations
        self._environ = environ
        self._clock = clock
        self._deliveries: Deliveries | None = None

    async def start(self) -> None:
        """Start every channel that is set up; one that cannot start keeps no other from it."""
        for name, begin in self._begins().items():
            await self._begin(name, begin)

    async def key_changed(self, name: str) -> None:
        """Start a channel whose token was connected just now, in place of the one before."""
        begin = self._begins().get(name)
        if begin is not None:
            await self._gateway.stop_channel(name)
            await self._begin(name, begin)

    async def stop(self) -> None:
        """Stop every channel and let go of what they remember."""
        await self._gateway.stop_channels()
        if self._deliveries is not None:
            self._deliveries.close()

    # -- inside ------------------------------------------------------------------------------

    def _begins(self) -> dict[str, Callable[[str], tuple[ChatChannel, Rules]]]:
        return {"telegram": self._telegram, "discord": self._discord}

    async def _begin(self, name: str, begin: Callable[[str], tuple[ChatChannel, Rules]]) -> None:
        section: ChatSettings = getattr(self._settings.channels, name)
        if not section.enabled:
            return
        try:
            token = await asyncio.to_thread(self._token, name)
            if not token:
                return
            channel, rules = begin(token)
        except KitError as error:
            log.warning("the channel %s does not start: %s", name, error)
            self._gateway.connection(
                Connection(
                    name=name, kind="channel", state="down", since=self._clock.now(),
                    detail=error.message,
                )
            )  # fmt: skip
            return
        self._gateway.people.set_rules(name, rules)
        await self._gateway.add_channel(channel)

    def _token(self, name: str) -> str:
        keeper = self._gateway.keys
        try:
            return find_channel_token(name, self._environ, keeper.vault if keeper else None)
        except VaultError as error:
            raise KitError(error.message, hint=error.hint) from error

    def _channel(self, transport: Transport, section: ChatSettings, board: object) -> ChatChannel:
        if self._deliveries is None:
            self._deliveries = Deliveries(self._locations.deliveries)
        return ChatChannel(
            transport, self._deliveries, self._clock,
            manners=manners_of(section, self._settings.timezone),
            approve_live=section.approve_live, board="" if board is None else str(board),
        )  # fmt: skip

    def _telegram(self, token: str) -> tuple[ChatChannel, Rules]:
        from kit_tui.channels.telegram import TelegramTransport

        section = self._settings.channels.telegram
        rows = [[word.strip() for word in row.split(",")] for row in section.keyboard]
        transport = TelegramTransport(
            token, self._clock, base_url=section.base_url, keyboard=rows
        )  # fmt: skip
        return self._channel(transport, section, section.alert_chat), Rules(
            people=declared("telegram", _telegram_people(section)),
            live_up_to=live_up_to(section),
            groups=frozenset(map(str, section.groups)),
            link=transport.link,
        )

    def _discord(self, token: str) -> tuple[ChatChannel, Rules]:
        from kit_tui.channels.discord import DiscordTransport
        from kit_tui.channels.discord_reading import NAME, chat_of

        section = self._settings.channels.discord
        groups = frozenset(map(str, section.groups))
        transport = DiscordTransport(
            token, self._clock, api_url=section.api_url, guild=section.guild,
            roles=bool(section.roles), groups=groups, in_channels=section.alert_chat is not None,
        )  # fmt: skip
        return self._channel(transport, section, section.alert_chat), Rules(
            people=declared(NAME, [(str(user), chat_of(user)) for user in section.users]),
            live_up_to=live_up_to(section),
            groups=groups,
            roles={name: Role[role.upper()] for name, role in section.roles.items()},
            link=transport.link,
        )


def live_up_to(section: ChatSettings) -> Decimal:
    """The real money that may be approved on a channel; zero unless it was allowed."""
    return section.approve_live_up_to if section.approve_live else ZERO


def manners_of(section: ChatSettings, timezone: str) -> Manners:
    """How a channel tells, by its settings."""
    start, end = hours_between(section.quiet_hours) if section.quiet_hours else (None, None)
    topics = {str(topic): manner for topic, manner in section.tells.items()}
    return Manners(topics=topics, quiet_from=start, quiet_to=end, timezone=timezone)


def _telegram_people(section: TelegramSettings) -> list[tuple[str, str]]:
    """The one whose chat is set: a private chat has the number of the user it is with."""
    if section.chat_id is None:
        return []
    return [(str(section.user_id or section.chat_id), str(section.chat_id))]
