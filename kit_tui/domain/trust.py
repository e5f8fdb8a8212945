"""How far an account can be believed and used: what is frozen, refused, not armed, not agreed."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kit_tui.domain.pair import Pair


class FrozenPair(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that takes no entries, why in words, and since when.

    `code` is SYMBOL_FROZEN (an order of unknown outcome), MARKET_CLOSED (closed or delisted) or
    OVERFILLED (more was filled than was ordered; a person clears it, or the position goes flat).
    `asked` counts how often the venue was asked for the order of unknown outcome.
    """

    pair: Pair
    code: str
    reason: str
    since: datetime | None = None
    asked: int = 0


class Barrier(msgspec.Struct, frozen=True, kw_only=True):
    """Why entries are refused now: in one pair, or on the whole account when `pair` is None."""

    code: str
    detail: str
    pair: Pair | None = None


class AccountTrust(msgspec.Struct, frozen=True, kw_only=True):
    """One account's state as the screen and the checks see it.

    `keys_refused` and `unreconciled` say what is wrong, empty when nothing is. `armed` is None
    where no real money is traded. `reconciled_at` is when the books last agreed with the venue.
    `unpriced` are coins left out of equity because no price of them was ever known.
    """

    account: str
    frozen: tuple[FrozenPair, ...] = ()
    keys_refused: str = ""
    armed: bool | None = None
    reconciled_at: datetime | None = None
    unreconciled: str = ""
    unpriced: tuple[str, ...] = ()
