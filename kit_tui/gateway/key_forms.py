"""What is asked and answered when keys are connected. Light: the screen imports it at start."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

MODEL: Final = "anthropic"
"""What the key of the language model is kept under; it has no secret beside it."""
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
    The key of the language model has no mode, market or permissions.
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


def permission_word(value: bool | None) -> str:
    """`yes`, `no`, or that the venue does not say."""
    return {True: "yes", False: "no", None: "not said"}[value]
