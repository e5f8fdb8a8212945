"""Measures how long a position is without the stop it should have."""

from __future__ import annotations

from kit_tui.domain.pair import Pair
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.sender import Sender

# Without a stop for longer than this is told in every round until it ends.
BOUND_S = 10.0
# Shorter gaps are those of every exit that releases its coins first.
WORTH_TELLING_S = 1.0
KIND = "without a stop"


class Gaps:
    """When each pair lost its stop, by the monotonic clock."""

    def __init__(self, account: TradingAccount, sender: Sender) -> None:
        self._account = account
        self._sender = sender
        self._since: dict[Pair, float] = {}

    def begins(self, pair: Pair) -> None:
        """Its stop is taken away now."""
        self._since.setdefault(pair, self._account.clock.monotonic())

    def lasts(self, pair: Pair, why: str) -> None:
        """It has none still; beyond the bound that is an alert, each time."""
        self.begins(pair)
        seconds = self._account.clock.monotonic() - self._since[pair]
        if seconds >= BOUND_S:
            reason = f": {why}" if why else ". Its stop is tried again"
            self._sender.notice(
                KIND, f"{pair} has been without a stop for {seconds:.0f} s{reason}."
            )

    def ends(self, pair: Pair) -> None:
        """It has one again; a gap worth telling is told with its seconds."""
        since = self._since.pop(pair, None)
        if since is None:
            return
        seconds = self._account.clock.monotonic() - since
        if seconds >= WORTH_TELLING_S:
            self._sender.notice(KIND, f"{pair} was without a stop for {seconds:.1f} s.")

    def forget(self, pair: Pair) -> None:
        """The position is closed; nothing needs a stop."""
        self._since.pop(pair, None)
