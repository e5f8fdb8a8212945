"""Where the keys of an account come from: the environment first, then the vault."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from kit_tui.settings.redaction import remember

MODEL_VARIABLE = "ANTHROPIC_API_KEY"
CHANNEL_VARIABLES = {"telegram": "KIT_TELEGRAM_BOT_TOKEN", "discord": "KIT_DISCORD_BOT_TOKEN"}


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """The keys of one account. They never show in a repr, a log or a traceback."""

    api_key: str
    secret: str
    password: str = ""

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that name this key without revealing it."""
        return hashlib.sha256(f"kit:{self.api_key}".encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"Credentials({self.fingerprint})"


class Vault(Protocol):
    """Somewhere that keeps secrets, by account."""

    def read(self, account: str) -> Credentials | None:
        """The keys of an account, or None. What cannot be read now is an error, never None."""
        ...


def account_name(venue: str, name: str = "") -> str:
    """What an account is called: the venue alone, or `venue-name`."""
    return f"{venue}-{name}" if name else venue


def account_parts(text: str, account: str = "") -> tuple[str, str]:
    """Venue and name of an account: `binance-alt`, or `binance` with `alt` or `binance-alt`."""
    venue, _, name = text.partition("-")
    if account:
        name = "" if account == venue else account.removeprefix(f"{venue}-")
    return venue, name


def variables_for(account: str) -> tuple[str, str, str]:
    """The environment variables with key, secret and password of an account."""
    stem = re.sub(r"\W", "_", account).upper()
    return f"KIT_{stem}_API_KEY", f"KIT_{stem}_SECRET", f"KIT_{stem}_PASSWORD"


def find_model_key(name: str, environ: Mapping[str, str], vault: Vault | None) -> str:
    """The key of the language model kept under `name`; empty when there is none."""
    return find_secret(name, MODEL_VARIABLE, environ, vault)


def find_channel_token(channel: str, environ: Mapping[str, str], vault: Vault | None) -> str:
    """The token of a channel's bot; empty when there is none."""
    return find_secret(channel, CHANNEL_VARIABLES[channel], environ, vault)


def find_secret(name: str, variable: str, environ: Mapping[str, str], vault: Vault | None) -> str:
    """The one secret of a service, from its variable or kept under `name`; empty when none is."""
    secret = environ.get(variable, "").strip()
    if secret:
        remember(secret)
        return secret
    kept = vault.read(name) if vault is not None else None
    return kept.api_key if kept is not None else ""


def find_credentials(
    account: str, environ: Mapping[str, str], vault: Vault | None
) -> Credentials | None:
    """The keys of an account, or None when there are none."""
    key, secret, password = (environ.get(name, "").strip() for name in variables_for(account))
    if key and secret:
        remember(key, secret, password)
        return Credentials(key, secret, password)
    return vault.read(account) if vault is not None else None
