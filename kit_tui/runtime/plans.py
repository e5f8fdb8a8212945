"""Which accounts the settings name, which of them comes first, and what keeps one from opening."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kit_tui.domain.errors import KitError, SettingsError
from kit_tui.domain.orders import Mode
from kit_tui.settings.credentials import (
    Credentials,
    Vault,
    account_name,
    find_credentials,
    variables_for,
)
from kit_tui.settings.model import Settings, VenueAccountSettings

PAPER = "paper"
DEMO = "demo"
_MODES = {"sandbox": Mode.SANDBOX, "live": Mode.LIVE}


class KeysMissingError(KitError):
    """An account has no keys, so that it cannot be opened."""

    title = "No keys"


class RealAccount(msgspec.Struct, frozen=True):
    """An account at a venue, with its testnet or with real money."""

    name: str
    venue: str
    mode: Mode
    settings: VenueAccountSettings
    base_url: str | None

    @property
    def address(self) -> str:
        """What tells apart the places a venue is at: its own, its testnet, or another host."""
        return self.base_url or (self.mode.value if self.mode is Mode.SANDBOX else "")


def real_accounts(settings: Settings) -> Mapping[str, RealAccount]:
    """Every sandbox and live account by name, the one that comes first in front.

    Raises:
        SettingsError: when two would have the same name, or one that is taken.
    """
    found: dict[str, RealAccount] = {}
    venues = sorted(settings.exchanges, key=lambda name: name != settings.default_exchange)
    for venue in venues:
        entry = settings.exchanges[venue]
        for name, account in (("", entry), *entry.accounts.items()):
            if account.mode not in _MODES:
                continue
            called = account_name(venue, name)
            if called in found or called in (PAPER, DEMO):
                raise SettingsError(f"Two accounts would be called {called}.")
            found[called] = RealAccount(
                called, venue, _MODES[account.mode], account, entry.base_url
            )
    return found


def primary_of(settings: Settings, accounts: Mapping[str, RealAccount]) -> str:
    """The account a desk begins with: a real one on the default venue, else paper."""
    own = (a.name for a in accounts.values() if a.venue == settings.default_exchange)
    return next(own, PAPER)


def keys_of(account: RealAccount, environ: Mapping[str, str], vault: Vault | None) -> Credentials:
    """The account's keys.

    Raises:
        KeysMissingError: when there are none.
        KitError: when the vault cannot be read.
    """
    found = find_credentials(account.name, environ, vault)
    if found is None:
        key, secret, _ = variables_for(account.name)
        raise KeysMissingError(
            f"The {account.name} account has no keys and is left out.",
            hint=f"Run kit connect {account.name}, or set {key} and {secret}.",
        )
    return found
