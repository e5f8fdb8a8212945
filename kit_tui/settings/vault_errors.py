"""What can be wrong with a vault, told apart because each needs something else done."""

from __future__ import annotations

from kit_tui.domain.errors import KitError


class VaultError(KitError):
    """The vault cannot be used as it is."""

    title = "Vault"


class VaultLockedError(VaultError):
    """The vault needs its passphrase, or its keyring, and has neither now."""

    title = "Vault locked"


class WrongPassphraseError(VaultLockedError):
    """The passphrase given does not open the vault."""


class VaultDamagedError(VaultError):
    """The vault's file is not as it was written; it was set aside, never overwritten."""

    title = "Vault damaged"
