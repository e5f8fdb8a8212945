"""Asks for the vault's passphrase before an engine starts, where it will be needed."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping

from kit_tui.cli.owner import owner_of
from kit_tui.gateway.key_forms import MODEL
from kit_tui.settings.credentials import find_channel_token, find_credentials, find_model_key
from kit_tui.settings.early import bots, real_accounts, wants_model
from kit_tui.settings.locations import Locations
from kit_tui.settings.vault import open_vault
from kit_tui.settings.vault_errors import WrongPassphraseError
from kit_tui.settings.vault_file import ATTEMPTS, VARIABLE


def unlocked(
    locations: Locations, environ: Mapping[str, str], *, model: bool = False, channels: bool = False
) -> Mapping[str, str]:
    """The environment with the passphrase a person typed, for this process's engine only.

    `model` says that the language model may be asked and `channels` that they are served: their
    secrets may be in the vault as well.
    Unchanged where none is needed, where an engine runs already, where nobody can be asked, and
    where the person just presses Enter: then accounts whose keys it guards stay closed.
    """
    needed = [n for n in real_accounts(locations) if find_credentials(n, environ, None) is None]
    if model and wants_model(locations) and not find_model_key(MODEL, environ, None):
        needed.append(MODEL)
    if channels:
        needed += [c for c in bots(locations) if not find_channel_token(c, environ, None)]
    if not needed or environ.get(VARIABLE) or not _somebody() or owner_of(locations) is not None:
        return environ
    names = ", ".join(needed)
    for _ in range(ATTEMPTS):
        question = f"Passphrase of the vault, for {names} (Enter starts without): "
        try:
            typed = getpass.getpass(question, stream=sys.stderr)
        except EOFError:
            return environ
        if not typed:
            return environ
        opened = {**environ, VARIABLE: typed}
        try:
            open_vault(locations, opened).unlock()
        except WrongPassphraseError:
            print("kit: it does not open the vault.", file=sys.stderr)
        else:
            return opened
    return environ


def _somebody() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
