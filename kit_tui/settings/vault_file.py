"""The vault as one encrypted file for all accounts: `data/vault.kit`, for its owner only."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kit_tui.settings.files import set_aside, write_atomic
from kit_tui.settings.redaction import remember
from kit_tui.settings.sealing import (
    Cost,
    SealBrokenError,
    SealKey,
    UnknownSealError,
    UnreadableSealError,
    key_for,
    new_key,
    seal,
    unseal,
)
from kit_tui.settings.vault_entry import Kept, pack_all, unpack_all
from kit_tui.settings.vault_errors import (
    VaultDamagedError,
    VaultError,
    VaultLockedError,
    WrongPassphraseError,
)

VARIABLE = "KIT_VAULT_PASSPHRASE"
SHORTEST_PASSPHRASE = 8
ATTEMPTS = 3
Ask = Callable[[str], str]


class FileVault:
    """Accounts' keys in a sealed file. The passphrase is asked for only when it is needed."""

    def __init__(
        self, path: Path, passphrase: str = "", ask: Ask | None = None, cost: Cost | None = None
    ) -> None:
        self.path = path
        self._passphrase = passphrase
        self._ask = ask
        self._cost = cost
        self._key: SealKey | None = None
        remember(passphrase)

    def __repr__(self) -> str:
        return f"FileVault({self.path})"

    @property
    def where(self) -> str:
        """Where the keys lie, for people."""
        return str(self.path)

    def exists(self) -> bool:
        """Whether there is such a file."""
        return self.path.exists()

    def read_all(self) -> dict[str, Kept]:
        """Everything in the file; nothing when there is none.

        Raises:
            VaultLockedError: without its passphrase.
            VaultDamagedError: when it is not as it was written; it was then set aside.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise VaultError(f"{self.path} cannot be read: {error.strerror or error}.") from None
        try:
            return unpack_all(self._open(data))
        except UnknownSealError:
            raise VaultError(
                f"{self.path} was written by another version of K.I.T.",
                hint="Use that version, or move the file away and connect again.",
            ) from None
        except UnreadableSealError as error:
            aside = set_aside(self.path)
            raise VaultDamagedError(
                f"The vault is damaged: {error}. It was set aside as {aside}.",
                hint="Put a copy of it back, or type the keys in again with kit connect.",
            ) from None

    def change(self, edit: Callable[[dict[str, Kept]], object]) -> None:
        """Read, edit and write as one step, alone among all processes of this user.

        Raises:
            VaultError: as `read_all`, or when the file cannot be written.
        """
        # Questions come first: nobody else should wait for the lock while a person thinks.
        self.read_all()
        if self._key is None:
            self._key = new_key(self._new_passphrase(), self._cost)
        try:
            with self._alone():
                held = self.read_all()
                edit(held)
                write_atomic(self.path, seal(pack_all(held), self._key))
        except OSError as error:
            raise VaultError(f"{self.path} cannot be written: {error.strerror or error}.") from None

    def _open(self, data: bytes) -> bytes:
        if self._key is not None:
            try:
                return unseal(data, self._key)
            except SealBrokenError:  # another process sealed it anew: its passphrase decides
                self._key = None
        for attempt in range(ATTEMPTS):
            key = key_for(data, self._present_passphrase(again=attempt > 0))
            try:
                content = unseal(data, key)
            except SealBrokenError:
                if self._passphrase:
                    break
            else:
                self._key = key
                return content
        where = f"{VARIABLE} does" if self._passphrase else "The passphrase does"
        raise WrongPassphraseError(
            f"{where} not open the vault {self.path}.",
            hint="Without its passphrase nobody can; move the file away and connect again.",
        )

    def _present_passphrase(self, *, again: bool) -> str:
        if self._passphrase:
            return self._passphrase
        if self._ask is None:
            raise VaultLockedError(
                f"The keys in {self.path} need their passphrase.",
                hint=f"Start kit in a terminal, where it is asked for, or set {VARIABLE}.",
            )
        given = self._ask("Not that one. Passphrase: " if again else "Passphrase of the vault: ")
        remember(given)
        return given

    def _new_passphrase(self) -> str:
        if self._passphrase:
            return self._passphrase
        if self._ask is None:
            raise VaultLockedError(
                "This machine has no keyring, so the keys go into a file which needs a passphrase.",
                hint=f"Do this in a terminal, where one is asked for, or set {VARIABLE}.",
            )
        for _ in range(ATTEMPTS):
            chosen = self._ask(f"New passphrase ({SHORTEST_PASSPHRASE} characters or more): ")
            remember(chosen)
            if len(chosen) >= SHORTEST_PASSPHRASE and self._ask("The same again: ") == chosen:
                return chosen
        raise VaultError("No passphrase was chosen; nothing was stored.", title="Not stored")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self.path.with_name(f"{self.path.name}.lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
