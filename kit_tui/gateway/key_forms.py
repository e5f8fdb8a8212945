"""What is asked and answered when keys are connected. Light: the screen imports it at start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from kit_tui.settings.credentials import CHANNEL_VARIABLES, MODEL_VARIABLE

MODEL: Final = "anthropic"
"""What the key of the language model is kept under; it has no secret beside it."""
SIGNAL: Final = "signal"
"""A channel that is connected without a secret."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """Something reached with one secret and nothing beside it: the model, or a channel's bot.

    `secret` is what the service calls it, `variable` the environment variable that comes before
    what is stored, `may` what whoever holds it can do, `where` the place that gives and revokes
    it. A secret that does not look like `shape` is none.
    """

    name: str
    secret: str
    variable: str
    may: str
    where: str
    shape: str = ""
    is_channel: bool = True

    def looks_right(self, secret: str) -> bool:
        """Whether this can be such a secret at all."""
        return not self.shape or re.fullmatch(self.shape, secret) is not None


SERVICES: Final[Mapping[str, Service]] = {
    service.name: service
    for service in (
        Service(
            name=MODEL, secret="key", variable=MODEL_VARIABLE, may="answer questions",  # noqa: S106
            where="the Anthropic console", is_channel=False,
        ),
        Service(
            name="telegram", secret="token", may="talk to people",  # noqa: S106
            variable=CHANNEL_VARIABLES["telegram"], shape=r"\d{5,}:[\w-]{20,}",
            where="@BotFather on Telegram",
        ),
        Service(
            name="discord", secret="token", may="talk to people",  # noqa: S106
            variable=CHANNEL_VARIABLES["discord"], shape=r"[\w-]{4,}\.[\w-]{4,}\.[\w-]{10,}",
            where="discord.com/developers/applications, page Bot",
        ),
    )
}  # fmt: skip
CHANNELS: Final = (*(s.name for s in SERVICES.values() if s.is_channel), SIGNAL)
WITHDRAW_WORD: Final = "WITHDRAW-RISK"
HAS_KEYS: Final = "Keys are there already"
"""Title of the refusal that `rotate` gets past."""
LARGEST_OFFSET_S: Final = 10.0
Needs = Literal["", "word", "passphrase", "new passphrase"]


class ConnectRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of one account, to be tested and kept. They never show in a repr.

    `mode` is empty for what the settings say, else live; `name` is empty for the venue's unnamed
    account. `rotate` replaces keys that are there. `word` confirms a key that may withdraw, and
    `passphrase` opens or begins the vault's file; both are asked for by the report when needed.
    """

    venue: str
    api_key: str
    secret: str
    password: str = ""
    name: str = ""
    mode: Literal["", "sandbox", "live"] = ""
    market: Literal["", "spot", "perpetual"] = ""
    rotate: bool = False
    word: str = ""
    passphrase: str = ""

    def __repr__(self) -> str:
        return f"ConnectRequest({self.venue} {self.name})".replace(" )", ")")


class KeyReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a key may do and what became of it.

    `needs` names what has to be given before it is stored, and `problem` says why in a sentence.
    What has one secret has no mode, market or permissions; `named` is who it belongs to, where the
    service says: `@kit_bot`.
    `permissions` has read, trade, withdraw and ip_restricted, None where the venue does not say;
    `clock_offset_s` is how far the venue's clock is ahead of ours.
    """

    account: str
    venue: str
    mode: str
    market: str
    fingerprint: str
    permissions: dict[str, bool | None]
    clock_offset_s: float
    balances: int
    notes: tuple[str, ...] = ()
    needs: Needs = ""
    problem: str = ""
    stored: bool = False
    where: str = ""
    replaced: str = ""
    named: str = ""


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """What a service said of a secret that works: whose it is, and what is worth knowing."""

    named: str = ""
    notes: tuple[str, ...] = ()


def permission_word(value: bool | None) -> str:
    """`yes`, `no`, or that the venue does not say."""
    return {True: "yes", False: "no", None: "not said"}[value]
