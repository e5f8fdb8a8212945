"""Settings of the channels beside the terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import field

from kit_tui.settings.section import Section
from kit_tui.settings.values import (
    Address,
    Cash,
    Flag,
    Hours,
    Identities,
    Identity,
    Names,
    Text,
    TimeOfDay,
)

Topic = Literal["words", "answers", "fill", "order", "notice", "guard", "halt", "report", "alert"]
Manner = Literal["sound", "silent", "off"]


class ChatSettings(Section, frozen=True):
    """What every channel has."""

    enabled: Flag = True
    """Whether the channel starts when it is set up."""
    approve_live: Flag = False
    """Whether orders with real money can be approved there; rejecting and halting always work."""
    approve_live_up_to: Cash = Decimal(250)
    """The largest order with real money that can be approved there, in the reference currency."""
    quiet_hours: Hours | None = None
    """When nothing makes a sound but guards and halts, such as "23:00-07:00", in `timezone`."""
    tells: dict[Topic, Manner] = field(default_factory=dict)
    """How each kind comes: sound, silent or off; `docs/channels.md` names the kinds."""


class TelegramSettings(ChatSettings, frozen=True):
    """Telegram; its token comes from `kit connect telegram` or KIT_TELEGRAM_BOT_TOKEN."""

    base_url: Address | None = None
    """Another Bot API server."""
    chat_id: Identity | None = None
    """A private chat that is listened to beside the people who were paired by a code."""
    user_id: Identity | None = None
    """The one user who is listened to in it; else the one whose chat it is."""
    groups: Identities = ()
    """Groups in which a known person may ask about markets, by mention."""
    alert_chat: Identity | None = None
    """A channel or group that is told what nobody asked for: fills, halts, guards, alerts."""
    keyboard: Names = ("Portfolio, Positions, Orders", "Risk, Report, Halt")
    """Rows of words offered below the text field; an empty list offers none."""


class DiscordSettings(ChatSettings, frozen=True):
    """Discord; its token comes from `kit connect discord` or KIT_DISCORD_BOT_TOKEN."""

    api_url: Address | None = None
    """Another server that speaks Discord's API."""
    guild: Identity | None = None
    """The server whose roles count, and where commands appear at once."""
    roles: dict[Text, Literal["viewer", "trader"]] = field(default_factory=dict)
    """What roles of that server may do here, by their name."""
    users: Identities = ()
    """Users who may speak beside those who were paired by a code."""
    groups: Identities = ()
    """Channels of that server in which a known person may ask about markets, by mention."""
    alert_chat: Identity | None = None
    """A channel that is told what nobody asked for: fills, halts, guards, alerts."""


class SignalSettings(ChatSettings, frozen=True):
    """Signal, through a signal-cli daemon that runs with `--http`."""

    url: Address | None = None
    """The daemon's address, such as "http://127.0.0.1:8080"; without it the channel is off."""
    account: Text | None = None
    """The number K.I.T. speaks from; only needed where the daemon serves several."""
    users: Names = ()
    """Numbers or ids of people who may speak beside those who were paired by a code."""


class ChannelSettings(Section, frozen=True):
    """Channels beside the terminal; all are closed until set up."""

    report_at: TimeOfDay | None = None
    """When the report of the day is told everywhere, such as "08:00", in `timezone`."""

    telegram: TelegramSettings = TelegramSettings()
    """Telegram."""
    discord: DiscordSettings = DiscordSettings()
    """Discord."""
    signal: SignalSettings = SignalSettings()
    """Signal."""
