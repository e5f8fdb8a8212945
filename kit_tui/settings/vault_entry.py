"""What a vault keeps for an account, and how it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kit_tui.settings.credentials import Credentials
from kit_tui.settings.redaction import remember
from kit_tui.settings.sealing import UnreadableSealError

Permissions = Mapping[str, bool | None]


@dataclass(frozen=True, slots=True)
class VaultEntry:
    """What may be shown of an account's keys. `permissions` are those seen when it was stored."""

    account: str
    fingerprint: str
    created_at: datetime
    permissions: Permissions
    where: str


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """An account's keys with what is known of them."""

    credentials: Credentials = field(repr=False)
    created_at: datetime
    permissions: Permissions = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Kept({self.credentials.fingerprint})"

    def entry(self, account: str, where: str) -> VaultEntry:
        """The same without its secrets."""
        return VaultEntry(
            account, self.credentials.fingerprint, self.created_at, self.permissions, where
        )


def to_json(kept: Kept) -> dict[str, Any]:
    """Keys as plain values, for encryption only."""
    keys = kept.credentials
    return {
        "key": keys.api_key, "secret": keys.secret, "password": keys.password,
        "created_at": kept.created_at.isoformat(), "permissions": dict(kept.permissions),
    }  # fmt: skip


def from_json(value: Any) -> Kept:
    """Keys from plain values; what was read is blacked out everywhere from now on.

    Raises:
        UnreadableSealError: when they are none.
    """
    try:
        texts = [value[name] for name in ("key", "secret", "password")]
        created_at = datetime.fromisoformat(value["created_at"])
        seen = {str(name): each for name, each in value["permissions"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UnreadableSealError("an account in it cannot be read") from None
    if not all(isinstance(text, str) for text in texts):
        raise UnreadableSealError("an account in it cannot be read")
    remember(*texts)
    return Kept(Credentials(*texts), created_at, seen)


def pack_all(held: Mapping[str, Kept]) -> bytes:
    """All accounts as bytes, for encryption only."""
    return json.dumps({account: to_json(kept) for account, kept in held.items()}).encode()


def unpack_all(content: bytes) -> dict[str, Kept]:
    """All accounts from decrypted bytes.

    Raises:
        UnreadableSealError: when they are none.
    """
    try:
        held = json.loads(content)
    except ValueError:
        raise UnreadableSealError("its content cannot be read") from None
    if not isinstance(held, dict):
        raise UnreadableSealError("its content cannot be read")
    return {account: from_json(value) for account, value in held.items()}
