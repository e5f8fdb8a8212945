"""What a venue's refusal proves, by a table: rejected, already there, keys refused, or unknown.

Each venue has rows of its own in front of the common ones; the first row that fits decides. What
no row knows is UNKNOWN for an order: a guess here would be a doubled or a lost order.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kit_tui.exchanges.ccxt_wire import Call


class Verdict(StrEnum):
    """What an error proves about a call."""

    REJECTED = "rejected"
    CLOSED = "market closed"
    DUPLICATE = "already placed"
    NOT_FOUND = "not found"
    KEYS = "keys refused"
    RATE = "rate limited"
    CLOCK = "clock off"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as the table sees it: names of its ccxt classes, HTTP status, code and message."""

    kinds: frozenset[str]
    status: int = 0
    code: int | None = None
    message: str = ""
    left: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row; what is empty fits everything. `codes` may hold ranges as (low, high).

    `code` is K.I.T.'s deny code of a rejection, `words` what a person is told.
    """

    verdict: Verdict
    codes: tuple[int | tuple[int, int], ...] = ()
    statuses: tuple[int | tuple[int, int], ...] = ()
    kinds: tuple[str, ...] = ()
    says: str = ""
    code: str = "VENUE_REJECTED"
    words: str = ""
    needs_code: bool = False

    def fits(self, fault: Fault) -> bool:
        if self.codes and not (fault.code is not None and _among(fault.code, self.codes)):
            return False
        if self.statuses and not _among(fault.status, self.statuses):
            return False
        if self.kinds and fault.kinds.isdisjoint(self.kinds):
            return False
        if self.needs_code and fault.code is None:
            return False
        return not self.says or re.search(self.says, fault.message, re.IGNORECASE) is not None


NEVER_SENT = Row(Verdict.REJECTED, code="NOT_SENT", words="nothing was sent")
UNREACHABLE = Row(
    Verdict.REJECTED, code="VENUE_UNREACHABLE", words="it cannot be reached; nothing was sent"
)
UNKNOWN = Row(Verdict.UNKNOWN, code="", words="")

# Errors of ccxt's own which say what is the matter though nothing was sent.
_TELLING = frozenset({"AuthenticationError", "BadSymbol"})

# For venues without a table. ccxt maps many unclear replies to its general classes, so only those
# which every adapter uses for a refusal in words count as proof.
COMMON_ROWS: tuple[Row, ...] = (
    Row(Verdict.UNKNOWN, statuses=((500, 599),)),
    Row(Verdict.CLOCK, kinds=("InvalidNonce",), code="CLOCK",
        words="our clock differs from its own"),
    Row(Verdict.UNKNOWN, kinds=("NetworkError",)),
    Row(Verdict.DUPLICATE, kinds=("DuplicateOrderId",)),
    Row(Verdict.NOT_FOUND, kinds=("OrderNotFound",)),
    Row(Verdict.KEYS, kinds=("AuthenticationError",), words="it refused the keys"),
    Row(Verdict.REJECTED, kinds=("InsufficientFunds",), code="INSUFFICIENT_FUNDS",
        words="the balance is too small"),
    Row(Verdict.CLOSED, kinds=("MarketClosed",), code="MARKET_CLOSED",
        words="the market is closed"),
    Row(Verdict.CLOSED, kinds=("BadSymbol",), code="INSTRUMENT_NOT_FOUND",
        words="it does not trade this pair"),
    Row(Verdict.REJECTED, kinds=("OrderImmediatelyFillable",), code="POST_ONLY_WOULD_TAKE",
        words="it would trade at once"),
    Row(Verdict.REJECTED, kinds=("OrderNotFillable",), code="NOT_FILLABLE",
        words="it cannot be filled at once"),
    Row(Verdict.REJECTED, kinds=("InvalidOrder",), words="it does not take this order"),
)  # fmt: skip


def fault_of(error: Exception, call: Call) -> Fault:
    """An error and what went over the wire, as the table wants it."""
    kinds = frozenset(kind.__name__ for kind in type(error).__mro__)
    message = call.venue_message if call.answered else ""
    return Fault(
        kinds=kinds,
        status=call.status if call.answered else 0,
        code=call.venue_code if call.answered else None,
        message=message or str(error),
        left=call.sent and not _never_connected(error),
    )


def row_for(fault: Fault, rows: Sequence[Row]) -> Row:
    """The first row that fits; what never left this machine is rejected without any."""
    if not fault.left and fault.kinds.isdisjoint(_TELLING):
        return UNREACHABLE if "NetworkError" in fault.kinds else NEVER_SENT
    return next((row for row in (*rows, *COMMON_ROWS) if row.fits(fault)), UNKNOWN)


def _never_connected(error: Exception) -> bool:
    """Whether no connection came about, so that not one byte of the request was sent."""
    cause = error.__cause__
    if isinstance(cause, socket.gaierror):
        return True
    return any(kind.__name__ == "ClientConnectorError" for kind in type(cause).__mro__)


def _among(value: int, wanted: Sequence[int | tuple[int, int]]) -> bool:
    return any(
        one[0] <= value <= one[1] if isinstance(one, tuple) else value == one for one in wanted
    )
