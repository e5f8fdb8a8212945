"""The vault in the operating system's keyring, where there is one that really keeps secrets."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable
from typing import Any

from kit_tui.settings.sealing import UnreadableSealError
from kit_tui.settings.vault_entry import Kept, from_json, to_json
from kit_tui.settings.vault_errors import VaultDamagedError, VaultError, VaultLockedError

# Named one by one: the others lose secrets (null, fail) or write them down in plain text.
TRUSTED = frozenset(
    f"keyring.backends.{name}"
    for name in ("macOS", "Windows", "SecretService", "libsecret", "kwallet")
)
WHERE = "the keyring of this system"
_INDEX = "(accounts)"
_PROBE = "(probe)"
log = logging.getLogger(__name__)


class KeyringVault:
    """Accounts' keys in a keyring: one item each, and one that lists them."""

    where = WHERE

    def __init__(self, backend: Any, service: str) -> None:
        self._backend = backend
        self._service = service

    def usable(self) -> bool:
        """Whether a value written comes back and can be deleted."""
        value = secrets.token_hex(8)
        try:
            self._backend.set_password(self._service, _PROBE, value)
            same: bool = self._backend.get_password(self._service, _PROBE) == value
            self._backend.delete_password(self._service, _PROBE)
        except Exception as error:  # noqa: BLE001 - backends raise what their systems raise
            log.info("the keyring is not usable: %s", type(error).__name__)
            return False
        return same

    def accounts(self) -> tuple[str, ...]:
        """The accounts whose keys lie here.

        Raises:
            VaultLockedError: when the keyring does not answer.
        """
        text = self._do(lambda: self._backend.get_password(self._service, _INDEX))
        try:
            found = json.loads(text) if text else []
        except ValueError:
            raise VaultDamagedError("The list of accounts in the keyring cannot be read.") from None
        return tuple(str(name) for name in found)

    def read(self, account: str) -> Kept | None:
        """The keys of an account, or None.

        Raises:
            VaultLockedError: when the keyring does not answer.
        """
        text = self._do(lambda: self._backend.get_password(self._service, account))
        if not text:
            return None
        try:
            return from_json(json.loads(text))
        except (ValueError, UnreadableSealError):
            raise VaultDamagedError(
                f"The keys of {account} in the keyring cannot be read.",
                hint=f"Remove them with kit connect --remove {account} and connect again.",
            ) from None

    def write(self, account: str, kept: Kept) -> None:
        """Keep an account's keys; the list first, so that no item is ever forgotten."""
        known = self.accounts()
        if account not in known:
            self._list((*known, account))
        self._do(
            lambda: self._backend.set_password(self._service, account, json.dumps(to_json(kept)))
        )

    def remove(self, account: str) -> bool:
        """Delete an account's keys; False when there were none."""
        known = self.accounts()
        if account not in known:
            return False
        if self._do(lambda: self._backend.get_password(self._service, account)) is not None:
            self._do(lambda: self._backend.delete_password(self._service, account))
        self._list(tuple(name for name in known if name != account))
        return True

    def _list(self, accounts: tuple[str, ...]) -> None:
        self._do(lambda: self._backend.set_password(self._service, _INDEX, json.dumps(accounts)))

    def _do(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except VaultError:
            raise
        except Exception as error:  # noqa: BLE001 - backends raise what their systems raise
            # The text of the error is a backend's own and may hold what it was given.
            raise VaultLockedError(
                f"The keyring of this system does not answer ({type(error).__name__}).",
                hint="Unlock it and try again.",
            ) from None


def trusted_backend() -> Any | None:
    """The system's keyring, or None: never one that forgets, and never one in plain text."""
    try:
        import keyring

        backend = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001 - a broken keyring set-up must not stop anybody
        log.info("there is no keyring: %s", type(error).__name__)
        return None
    for candidate in (backend, *getattr(backend, "backends", ())):
        if type(candidate).__module__ in TRUSTED:
            return candidate
    return None
