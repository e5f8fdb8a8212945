"""A keyring in memory, and one that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class MemoryKeyring:
    """What a desktop's keyring does; `locked` makes it refuse, `forgets` makes it lose writes."""

    items: dict[tuple[str, str], str] = field(default_factory=dict)
    locked: bool = False
    forgets: bool = False

    def get_password(self, service: str, name: str) -> str | None:
        self._check()
        return self.items.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self._check()
        if not self.forgets:
            self.items[(service, name)] = value

    def delete_password(self, service: str, name: str) -> None:
        self._check()
        del self.items[(service, name)]

    def _check(self) -> None:
        if self.locked:
            raise RuntimeError("locked: the value was s3cr3t-from-the-backend")
