"""The vault: where the keys of accounts are kept, in the system's keyring or in a sealed file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from kit_tui.settings.credentials import Credentials
from kit_tui.settings.locations import Locations
from kit_tui.settings.redaction import remember
from kit_tui.settings.sealing import Cost
from kit_tui.settings.vault_entry import Kept, Permissions, VaultEntry
from kit_tui.settings.vault_errors import VaultLockedError
from kit_tui.settings.vault_file import VARIABLE, Ask, FileVault
from kit_tui.settings.vault_keyring import KeyringVault, trusted_backend

FindBackend = Callable[[], Any | None]


class HomeVault:
    """The keys of one home. Reading looks in the keyring and in the file, wherever they are.

    New keys go into the file when there is one already or a passphrase is set in the environment,
    else into the keyring if it proves usable, else into a new file.
    """

    def __init__(
        self,
        file: FileVault,
        service: str,
        *,
        prefers_file: bool,
        find_backend: FindBackend = trusted_backend,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._file = file
        self._service = service
        self._prefers_file = prefers_file
        self._find_backend = find_backend
        self._now = now
        self._keyring: KeyringVault | None = None
        self._looked = False

    def __repr__(self) -> str:
        return f"HomeVault({self._file.path})"

    @property
    def has_file(self) -> bool:
        """Whether keys lie in a file, so that a passphrase may be needed."""
        return self._file.exists()

    def needs_new_file(self) -> bool:
        """Whether storing keys would begin a file, which needs a passphrase to be chosen."""
        return not self._file.exists() and self._place_for_new() is self._file

    def unlock(self) -> None:
        """Open the file now, if there is one, asking for its passphrase where that is possible.

        Raises:
            VaultLockedError: when it stays locked.
            VaultDamagedError: when it cannot be read.
        """
        self._file.read_all()

    def read(self, account: str) -> Credentials | None:
        """The keys of an account, or None when they are in no place.

        Raises:
            VaultLockedError: when a place cannot be looked into and no other has them.
            VaultDamagedError: when the file cannot be read; it was set aside.
        """
        kept, problem = None, None
        keyring = self._ring()
        if keyring is not None:
            try:
                kept = keyring.read(account)
            except VaultLockedError as error:
                problem = error
        if kept is None:
            kept = self._file.read_all().get(account)
        if kept is None and problem is not None:
            raise problem
        return kept.credentials if kept is not None else None

    def write(
        self, account: str, credentials: Credentials, permissions: Permissions | None = None
    ) -> VaultEntry:
        """Keep the keys of an account in place of any it had.

        Raises:
            VaultError: when they could not be stored; the ones before are then still there.
        """
        remember(credentials.api_key, credentials.secret, credentials.password)
        kept = Kept(credentials, self._now(), dict(permissions or {}))
        place = self._place_for_new()
        if isinstance(place, KeyringVault):
            place.write(account, kept)
        else:
            place.change(lambda held: held.update({account: kept}))
            keyring = self._ring()
            if keyring is not None:
                keyring.remove(account)
        return kept.entry(account, place.where)

    def remove(self, account: str) -> bool:
        """Delete an account's keys from every place; False when there were none."""
        keyring = self._ring()
        removed = keyring.remove(account) if keyring is not None else False
        if self._file.exists() and account in self._file.read_all():
            self._file.change(lambda held: held.pop(account, None))
            removed = True
        return removed

    def names(self) -> tuple[VaultEntry, ...]:
        """What may be shown of all keys here, by account.

        Raises:
            VaultLockedError: when a place cannot be looked into.
        """
        found: dict[str, VaultEntry] = {
            account: kept.entry(account, self._file.where)
            for account, kept in self._file.read_all().items()
        }
        keyring = self._ring()
        for account in keyring.accounts() if keyring is not None else ():
            kept = keyring.read(account) if keyring is not None else None
            if kept is not None:
                found[account] = kept.entry(account, KeyringVault.where)
        return tuple(found[account] for account in sorted(found))

    def _ring(self) -> KeyringVault | None:
        """The keyring if the system has a trusted one; found once."""
        if not self._looked:
            self._looked = True
            backend = self._find_backend()
            if backend is not None:
                self._keyring = KeyringVault(backend, self._service)
        return self._keyring

    def _place_for_new(self) -> FileVault | KeyringVault:
        if self._prefers_file or self._file.exists():
            return self._file
        keyring = self._ring()
        return keyring if keyring is not None and keyring.usable() else self._file


def open_vault(
    locations: Locations,
    environ: Mapping[str, str],
    ask: Ask | None = None,
    *,
    cost: Cost | None = None,
    find_backend: FindBackend = trusted_backend,
) -> HomeVault:
    """The vault of a home; nothing is read, imported or asked before it is used.

    `ask` shows a question and returns what was typed unseen; None where nobody can be asked.
    """
    passphrase = environ.get(VARIABLE, "")
    home = hashlib.sha256(os.fsencode(locations.data.absolute())).hexdigest()[:12]
    return HomeVault(
        FileVault(locations.vault, passphrase, ask, cost),
        f"kit-tui {home}",
        prefers_file=bool(passphrase),
        find_backend=find_backend,
    )
