"""What the screen may believe: which venues answer, which pairs are frozen, what stops an entry."""

from __future__ import annotations

import math
from typing import Final

from kit_tui.domain.orders import Mode, Order
from kit_tui.domain.pair import Pair
from kit_tui.domain.ticket import OrderDraft
from kit_tui.domain.trust import AccountTrust, FrozenPair
from kit_tui.state.slices import CONNECTIONS, TRUST, Connection
from kit_tui.tui import formats
from kit_tui.tui.order_rows import opens, unknown_orders
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.view import View

CLOCK_LIMIT_S = 1.0
"""From here on a difference between our clock and a venue's is shown."""

BAN_S = 120.0
"""A venue that wants to be left alone for longer than this has banned us rather than slowed us."""


NOTHING_KNOWN: Final = AccountTrust(account="")


def trust_of(view: View) -> AccountTrust:
    """How far the account shown can be believed; nothing is against it until that is published."""
    return view.get(TRUST) or NOTHING_KNOWN


def frozen_pairs(view: View) -> dict[Pair, FrozenPair]:
    """Pairs that take no entries: as published, and those an order of unknown outcome freezes."""
    frozen = {
        order.pair: FrozenPair(
            pair=order.pair, code="SYMBOL_FROZEN", since=order.updated_at,
            reason=f"order #{order.id[-6:]} has no known outcome",
        )
        for order in unknown_orders(view.orders)
        if opens(order)
    }  # fmt: skip
    return frozen | {item.pair: item for item in trust_of(view).frozen}


def times_asked(view: View, order: Order) -> int | None:
    """How often a venue was asked for an order of unknown outcome, where that is counted."""
    found = frozen_pairs(view).get(order.pair)
    return found.asked or None if found is not None else None


def venue_connection(view: View, venue: str) -> Connection | None:
    """The connection to a venue, if one was published."""
    found = (c for c in view.get(CONNECTIONS) or () if c.kind == "venue" and c.name == venue)
    return next(found, None)


def shown_connections(view: View) -> list[Connection]:
    """What a bar has to tell: an account only when it is worse off than its venue.

    What is wrong with the account shown stands in chips of its own.
    """
    every = [c for c in view.get(CONNECTIONS) or () if c.state != "off" and c.name != "simulator"]
    well = {c.name: c.state == "up" for c in every if c.kind == "venue"}
    session, trust = view.session, trust_of(view)
    told: list[Connection] = []
    for connection in every:
        if connection.kind == "account":
            own = session is not None and connection.name == session.account
            venue = session.venue if own and session else connection.name.partition("-")[0]
            chips = own and (trust.keys_refused or trust.unreconciled)
            if connection.state == "up" or chips or not well.get(venue, True):
                continue
        told.append(connection)
    return told


def is_down(view: View, venue: str) -> bool:
    """Whether a venue is known not to answer."""
    connection = venue_connection(view, venue)
    return connection is not None and connection.state == "down"


def calm_age(seconds: float | None) -> str:
    """An age that counts without hurry: in tens of seconds, then minutes, hours, days."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{max(0, int(seconds // 10)) * 10}s" if seconds >= 10 else "<10s"
    return formats.age(seconds)


def entry_block(view: View, draft: OrderDraft) -> str:
    """Why an entry would not be sent now, in few words; empty when nothing is known against it.

    Exits are never blocked here: what reduces is always worth trying.
    """
    if draft.reduce_only:
        return ""
    trust, frozen = trust_of(view), frozen_pairs(view).get(draft.pair)
    connection = venue_connection(view, draft.venue)
    if trust.keys_refused:
        return f"{draft.venue} refused the keys"
    if draft.mode is Mode.LIVE and trust.armed is False:
        return f"not armed: /live {safe_line(draft.account)}"
    if frozen is not None:
        return f"{draft.pair} frozen: {safe_line(frozen.reason)}"
    if connection is not None and connection.state == "down":
        age = calm_age(view.age_of(connection.since))
        return f"{safe_line(draft.venue)} down {age}".rstrip()
    if trust.unreconciled:
        return f"not reconciled: {safe_line(trust.unreconciled)}"
    return ""


def clock_words(connection: Connection) -> str:
    """`clock off by 2.3 s`, when a venue's clock differs from ours by more than the limit."""
    offset = connection.clock_offset_s
    if offset is None or abs(offset) < CLOCK_LIMIT_S:
        return ""
    return f"clock off by {abs(offset):.1f} s"


def trouble_word(view: View, connection: Connection) -> str:
    """What is wrong with a connection, with its age: `down 40s`, `rate limited, 42 s`."""
    age = calm_age(view.age_of(connection.since))
    waiting = wait_words(view, connection)
    if waiting:
        return waiting
    if connection.state == "down":
        return f"down {age}".rstrip()
    if connection.state == "connecting":
        return f"connecting {age}".rstrip() if age not in ("", "<10s") else "connecting"
    if connection.state == "degraded":
        skew = clock_words(connection)
        return skew or brief_reason(safe_line(connection.detail)) or f"degraded {age}".rstrip()
    return connection.state


def wait_words(view: View, connection: Connection) -> str:
    """How long a venue that asked us to wait is left alone: in seconds, or until when."""
    if connection.until is None or connection.until <= view.now:
        return ""
    left = (connection.until - view.now).total_seconds()
    if left > BAN_S:
        return f"banned until {formats.clock(connection.until)}"
    return f"rate limited, {max(1, math.ceil(left / 10) * 10)} s"


def brief_reason(detail: str) -> str:
    """The first clause of a longer explanation, when that is short enough for a bar."""
    clause = detail.split(". ", maxsplit=1)[0].rstrip(".")
    return clause if len(clause) <= 32 else ""
