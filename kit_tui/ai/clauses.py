"""Messages of several clauses of which one alone counts: `no ETH today, just buy 0.02 BTC`."""

from __future__ import annotations

import re
from collections.abc import Callable

from kit_tui.ai import asking
from kit_tui.domain.intent import Action, Intent

Read = Callable[[str], Intent]

_APART = re.compile(
    r"[,;:.!]+(?:\s+|$)|\s-\s|\b(?:but|instead|rather|sondern|stattdessen|aber|lieber)\b"
)
_ORDERS = (Action.BUY, Action.SELL)
MOST_CLAUSES = 4


def clauses_of(text: str) -> list[str]:
    """The clauses of a message, the empty ones left out."""
    found = (clause.strip() for clause in _APART.split(text))
    return [clause for clause in found if clause]


def offered_beside(text: str, read: Read) -> Intent | None:
    """The one clause that is an order beside one that denies another: to be confirmed by itself."""
    said = clauses_of(text)
    if not 1 < len(said) <= MOST_CLAUSES:
        return None
    readings = [(clause, read(clause)) for clause in said]
    found = [(clause, meant) for clause, meant in readings if meant.intent in _ORDERS]
    if len(found) != 1:
        return None
    said_of, meant = found[0]
    clause = re.sub(r"^(?:just|only|nur|and|then|und) ", "", said_of)
    return asking.ask(
        f"Only this, then: {clause}?", pair=meant.pair, note="said beside a denial",
        choices=(clause,),
    )  # fmt: skip


def alert_beside(text: str, is_alert: Callable[[str], bool], read: Read) -> Intent | None:
    """The one clause that sets an alert, whatever is told beside it: an alert trades nothing."""
    found = [clause for clause in clauses_of(text) if is_alert(clause)]
    meant = read(found[0]) if len(found) == 1 else None
    return meant if meant is not None and meant.intent is Action.ALERT else None


def said_twice(text: str, read: Read) -> Intent | None:
    """`I want out of everything, close the lot`: the same exit in every clause."""
    said = clauses_of(text)
    if not 1 < len(said) <= MOST_CLAUSES:
        return None
    meant = {read(clause).intent for clause in said}
    return Intent(intent=Action.CLOSE_ALL) if meant == {Action.CLOSE_ALL} else None
