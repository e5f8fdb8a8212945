"""From a row of the outcome table to the error its caller sees: on creating, changing, reading."""

from __future__ import annotations

from dataclasses import dataclass

from kit_tui.domain.errors import (
    KeysRefusedError,
    MarketClosedError,
    OrderOutcomeUnknownError,
    OrderRejectedError,
    RateLimitedError,
    UnknownPairError,
    VenueError,
    VenueUnavailableError,
)
from kit_tui.exchanges.budget import RATE_LIMIT
from kit_tui.exchanges.ccxt_errors import retry_after
from kit_tui.exchanges.ccxt_outcomes import UNREACHABLE, Fault, Row, Verdict
from kit_tui.exchanges.ccxt_wire import Call

_KEYS_HINT = "Give new keys with kit connect."


@dataclass(eq=False)
class Refused(Exception):  # noqa: N818 - carries a verdict to where it becomes an error
    """A call that failed, with the row that says what this proves."""

    row: Row
    fault: Fault
    call: Call

    @property
    def wait(self) -> float:
        """Seconds the venue asks to wait."""
        return retry_after(self.call.headers, banned=self.call.status == 418)

    @property
    def is_limited(self) -> bool:
        """Whether the venue asks to wait, which for an order is no proof by itself."""
        by_class = not self.fault.kinds.isdisjoint({"DDoSProtection", "RateLimitExceeded"})
        return by_class or self.row.verdict is Verdict.RATE or self.row.code == RATE_LIMIT

    @property
    def is_unreachable(self) -> bool:
        status = self.fault.status
        lost = "NetworkError" in self.fault.kinds and (status == 408 or not 400 <= status < 500)
        unclear = self.row.verdict is Verdict.UNKNOWN and (lost or status >= 500)
        return self.row is UNREACHABLE or unclear


def on_create(venue: str, refused: Refused) -> VenueError:
    """The error of a new order. Anything but a rejection or refused keys proves nothing."""
    row = refused.row
    if row.verdict is Verdict.KEYS:
        return KeysRefusedError(f"{venue} refused the account's keys.", hint=_KEYS_HINT)
    if row.verdict is Verdict.CLOSED:
        return MarketClosedError(_refusal(venue, row), code=row.code)
    if row.verdict is Verdict.RATE:
        text = f"{venue} asks to wait {refused.wait:.0f} s; it did not take the order."
        return OrderRejectedError(text, code=RATE_LIMIT)
    if row.verdict in {Verdict.REJECTED, Verdict.CLOCK}:
        return OrderRejectedError(_refusal(venue, row), code=row.code)
    return OrderOutcomeUnknownError(
        f"{venue} gave no proof of what became of the order.",
        hint="It is asked for until that is known.",
    )


def on_change(venue: str, refused: Refused) -> VenueError:
    """The error of a cancel or a setting."""
    row = refused.row
    if row.verdict is Verdict.KEYS:
        return KeysRefusedError(f"{venue} refused the account's keys.", hint=_KEYS_HINT)
    if refused.is_limited:
        return _wait(venue, refused)
    if refused.is_unreachable:
        return VenueUnavailableError(f"{venue} did not answer in time or cannot be reached.")
    if row.verdict in {Verdict.REJECTED, Verdict.CLOSED, Verdict.NOT_FOUND}:
        return OrderRejectedError(_refusal(venue, row), code=row.code)
    return VenueError(f"{venue} gave no clear answer.")


def on_read(venue: str, refused: Refused) -> VenueError:
    """The error of a query."""
    row = refused.row
    if row.verdict is Verdict.KEYS:
        return KeysRefusedError(f"{venue} refused the account's keys.", hint=_KEYS_HINT)
    if refused.is_limited:
        return _wait(venue, refused)
    if refused.is_unreachable:
        return VenueUnavailableError(f"{venue} did not answer in time or cannot be reached.")
    if row.code == "INSTRUMENT_NOT_FOUND" or "BadSymbol" in refused.fault.kinds:
        return UnknownPairError(f"{venue} does not trade this pair.")
    if row.verdict is Verdict.CLOCK:
        return VenueError(f"{venue} says that our clock differs from its own.")
    if 200 <= refused.fault.status < 300:
        return VenueError(f"{venue} answered with something unreadable.")
    return VenueError(f"{venue} refused to answer.", hint="Details are in the log.")


def _refusal(venue: str, row: Row) -> str:
    return f"{venue} refused: {row.words or 'no reason given'}."


def _wait(venue: str, refused: Refused) -> RateLimitedError:
    text = f"{venue} asks to wait {refused.wait:.0f} s."
    return RateLimitedError(text, retry_after=refused.wait)
