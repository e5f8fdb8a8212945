"""Closed trades as files for other programs: every figure exact, times in UTC."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from decimal import Decimal

from kit_tui.domain.numbers import plain
from kit_tui.domain.round_trips import Asked, RoundTrip


def trades_file(trips: Iterable[RoundTrip], account: str, form: str) -> bytes:
    """A file of closed trades, `csv` or `json`; numbers are strings in both."""
    rows = [_row(trip, account) for trip in trips]
    if form == "json":
        return (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode()
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _row(trip: RoundTrip, account: str) -> dict[str, str]:
    return {
        "account": account,
        "pair": str(trip.pair),
        "side": trip.side,
        "opened_at": trip.opened_at.isoformat(),
        "closed_at": trip.closed_at.isoformat() if trip.closed_at is not None else "",
        "quantity": plain(trip.quantity),
        "entry_price": _number(trip.entry),
        "exit_price": _number(trip.exit),
        "profit": plain(trip.profit),
        "currency": trip.pair.quote,
        "fees": plain(trip.fees),
        "profit_fraction": _number(trip.fraction),
        "held_seconds": f"{trip.held_s:.0f}",
        "ended_by": trip.ended_by,
        "entry_asked": _asked(trip.entry_asked),
        "exit_asked": _asked(trip.exit_asked),
        "entry_order": trip.entry_order,
        "exit_order": trip.exit_order,
    }


def _number(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _asked(asked: Asked | None) -> str:
    if asked is None:
        return ""
    return f"{asked.channel}, {asked.reader}{', unasked' if asked.unasked else ''}"
