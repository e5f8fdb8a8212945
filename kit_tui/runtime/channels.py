"""Builds the channels that are set up, and starts each anew when its key changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from decimal import Decimal

from msgspec.structs import replace

from kit_tui.channels.chat import ChatChannel
from kit_tui.channels.manners import Manners
from kit_tui.channels.transport import Transport
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError, SettingsError
from kit_tui.domain.message import Role
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.people import Person
from kit_tui.gateway.gateway import Gateway
from kit_tui.gateway.people import Rules, declared, random_code
from kit_tui.settings.channels import ChatSettings, TelegramSettings
from kit_tui.settings.credentials import find_channel_token
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import Locations
from kit_tui.settings.model import Settings
from kit_tui.settings.values import hours_between
from kit_tui.settings.vault_errors import VaultError
from kit_tui.state.deliveries import Deliveries
from kit_tui.state.slices import Connection

log = logging.getLogger(__name__)


CODE_LENGTH = 6
Begin = Callable[[], Awaitable[tuple[ChatChannel, Rules] | None]]
"""Builds a channel with who may speak there; None when it is not set up."""


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
        if begin is None:
            return
        with suppress(SettingsError):  # what was written there with the token counts as well
            self._settings = await asyncio.to_thread(load_settings, self._locations, self._environ)
        await self._gateway.stop_channel(name)
        self._gateway.people.drop_rules(name)
        await self._begin(name, begin)

    async def stop(self) -> None:
        """Stop every channel and let go of what they remember."""
        await self._gateway.stop_channels()
        if self._deliveries is not None:
            self._deliveries.close()

    # -- inside ------------------------------------------------------------------------------

    def _begins(self) -> dict[str, Begin]:
        return {"telegram": self._telegram, "discord": self._discord, "signal": self._signal}

    async def _begin(self, name: str, begin: Begin) -> None:
        section: ChatSettings = getattr(self._settings.channels, name)
        if not section.enabled:
            return
        try:
            begun = await begin()
        except KitError as error:
            log.warning("the channel %s does not start: %s", name, error)
            self._gateway.connection(
                Connection(
                    name=name, kind="channel", state="down", since=self._clock.now(),
                    detail=error.message,
                )
            )  # fmt: skip
            return
        if begun is None:
            return
        channel, rules = begun
        quiet = f"{section.quiet_hours} {self._settings.timezone}" if section.quiet_hours else ""
        self._gateway.people.set_rules(name, replace(rules, quiet=quiet))
        await self._gateway.add_channel(channel)

    def _token(self, name: str) -> str:
        keeper = self._gateway.keys
        try:
            return find_channel_token(name, self._environ, keeper.vault if keeper else None)
        except VaultError as error:
            raise KitError(error.message, hint=error.hint) from error

    def _channel(self, transport: Transport, section: ChatSettings, board: object) -> ChatChannel:
        return ChatChannel(
            transport, self._known_deliveries(), self._clock,
            manners=manners_of(section, self._settings.timezone),
            approve_live=section.approve_live, board="" if board is None else str(board),
            **({} if transport.limits.buttons else {"make_nonce": _typed_code}),
        )  # fmt: skip

    def _known_deliveries(self) -> Deliveries:
        if self._deliveries is not None:
            return self._deliveries
        found = self._deliveries = Deliveries(self._locations.deliveries)
        if found.set_aside is not None:
            name = self._locations.deliveries.name
            self._gateway.conversation.system_said(
                f"{name}, which says what phones were told, was damaged and is kept as "
                f"{found.set_aside.name}. They are told what is new; older messages that waited "
                "for them are only here, and tickets shown there are answered here.",
                account=self._gateway.primary,
            )
        return found

    async def _telegram(self) -> tuple[ChatChannel, Rules] | None:
        from kit_tui.channels.telegram import TelegramTransport

        token = await asyncio.to_thread(self._token, "telegram")
        if not token:
            return None
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

    async def _discord(self) -> tuple[ChatChannel, Rules] | None:
        from kit_tui.channels.discord import DiscordTransport
        from kit_tui.channels.discord_reading import NAME, chat_of

        token = await asyncio.to_thread(self._token, "discord")
        if not token:
            return None
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

    async def _signal(self) -> tuple[ChatChannel, Rules] | None:
        from kit_tui.channels.signal import SignalTransport

        section = self._settings.channels.signal
        if not section.url:
            return None
        users = _signal_users(self._settings)
        transport = SignalTransport(
            section.url, self._clock, account=section.account or "", users=users
        )  # fmt: skip
        return self._channel(transport, section, None), Rules(
            people=declared("signal", [(user, user) for user in users]),
            live_up_to=live_up_to(section),
        )


def _typed_code() -> str:
    return random_code(CODE_LENGTH)


def declared_people(settings: Settings) -> tuple[Person, ...]:
    """Everybody whom the settings let in, whether their channel runs or not."""
    from kit_tui.channels.discord_reading import NAME, chat_of

    channels = settings.channels
    return (
        *declared("telegram", _telegram_people(channels.telegram)),
        *declared(NAME, [(str(user), chat_of(user)) for user in channels.discord.users]),
        *declared("signal", [(user, user) for user in _signal_users(settings)]),
    )


def _signal_users(settings: Settings) -> list[str]:
    from kit_tui.channels.signal_reading import normal

    return [normal(user) for user in settings.channels.signal.users]


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
