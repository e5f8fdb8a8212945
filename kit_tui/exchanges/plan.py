"""What an exchange is built for: one account at one venue, as the settings and the vault say.

A venue of one's own is a subclass of `Exchange` that takes a plan, named in the entry-point group
`kit_tui.exchanges`; docs/add-an-exchange.md shows one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from kit_tui.domain.clock import Clock
from kit_tui.domain.orders import Mode
from kit_tui.settings.credentials import Credentials

if TYPE_CHECKING:
    from kit_tui.exchanges.budget import Budget

ENTRY_POINTS: Final = "kit_tui.exchanges"


class AccountPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One account to be opened.

    `credentials` is None where only public data is wanted, and then `mode` is paper. `budget`
    counts what the venue at this address is asked, for all accounts of this process together.
    """

    venue: str
    account: str
    mode: Mode
    clock: Clock
    credentials: Credentials | None = None
    market: Literal["spot", "perpetual"] = "spot"
    margin: Literal["isolated", "cross"] = "isolated"
    leverage: Decimal = Decimal(1)
    base_url: str | None = None
    budget: Budget | None = None
