"""What the phrases of a message said, slot by slot."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from kit_tui.ai.tokens import Token


class Conflict(ValueError):  # noqa: N818 - a reading, not a failure
    """Two phrases say different things about the same slot."""


@dataclass(slots=True)
class Slots:
    """What the phrases of one message said. Amounts keep the currency they were typed with."""

    verbs: list[str] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    assets: list[Token] = field(default_factory=list)
    amount: Token | None = None
    bare: Decimal | None = None
    base: Decimal | None = None
    lots: Decimal | None = None
    fraction: Decimal | None = None
    vague_part: bool = False
    lone_share: bool = False
    of_cash: bool = False
    price: Token | None = None
    stop: Token | None = None
    protective: bool = False
    target: Token | None = None
    trail: Token | None = None
    condition: str = ""
    quote: str = ""
    venue: str = ""
    everything: bool = False
    order_id: str = ""
    leftover: Token | None = None
    stop_entry: bool = False
    exit_first: bool = False
    answered: bool = False
    promise: str = ""
    bound: str = ""
    in_all: bool = False
    read: list[tuple[str, str]] = field(default_factory=list)

    @property
    def verbs_of_side(self) -> list[str]:
        """The verbs that name a side."""
        return [verb for verb in self.verbs if verb in ("buy", "sell", "bid", "convert")]

    def put(self, name: str, value: object) -> None:
        """Fill a slot once; the same value twice is no conflict."""
        present = getattr(self, name)
        if present not in (None, "", False) and present != value:
            raise Conflict(name)
        setattr(self, name, value)
