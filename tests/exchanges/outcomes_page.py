"""Writes docs/outcomes.md from the tables. Run with `python -m tests.exchanges.outcomes_page`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kit_tui.exchanges.binance_outcomes import ROWS
from kit_tui.exchanges.ccxt_outcomes import COMMON_ROWS, Row, Verdict

_HEAD = """# What a venue's error proves

A call that changes something has three outcomes: confirmed, refused with proof, or unknown. Which
errors are proof is decided by the tables below and by nothing else; the first row that fits
decides. `tests/exchanges/test_ccxt_outcomes.py` proves every row through ccxt against a scripted
venue. This page is made from the tables.

- Whatever never left this machine, because ccxt or the rate budget refused it or no connection
  came about, is refused with proof: `NOT_SENT`, `RATE_LIMIT`, `VENUE_UNREACHABLE`.
- A reply with a good status whose body is empty, garbled or names no order of ours is unknown for
  a new order, and an error for a query; it is never an empty account.
- What no row knows is unknown. An order that is unknown is asked for by its client id. It is never
  sent again.
"""
_CREATE = {
    Verdict.REJECTED: "rejected, `{}`",
    Verdict.CLOSED: "rejected, `{}`",
    Verdict.DUPLICATE: "already placed: asked for and returned",
    Verdict.NOT_FOUND: "unknown",
    Verdict.KEYS: "rejected, keys refused",
    Verdict.RATE: "rejected, `RATE_LIMIT`",
    Verdict.CLOCK: "clock read, sent once more under the same id; then rejected, `CLOCK`",
    Verdict.UNKNOWN: "unknown",
}
_CANCEL = {
    Verdict.REJECTED: "refused",
    Verdict.CLOSED: "refused",
    Verdict.DUPLICATE: "not clear",
    Verdict.NOT_FOUND: "asked for: how it ended, or `UNKNOWN_ORDER`",
    Verdict.KEYS: "keys refused",
    Verdict.RATE: "wait, then again",
    Verdict.CLOCK: "clock read, once more",
    Verdict.UNKNOWN: "not clear, again later",
}
_READ = {
    Verdict.NOT_FOUND: "absent, where the code is −2013",
    Verdict.KEYS: "keys refused",
    Verdict.RATE: "wait",
    Verdict.CLOCK: "clock read, once more",
    Verdict.UNKNOWN: "error, again later",
}


def page() -> str:
    """The whole page."""
    return "\n".join(
        [_HEAD, "## Binance, spot and perpetuals", "", *_table(ROWS), "",
         "## Every venue, after its own rows", "", *_table(COMMON_ROWS), ""]
    )  # fmt: skip


def _table(rows: Sequence[Row]) -> list[str]:
    head = ["| error | on a new order | on a cancel | on a query |", "|---|---|---|---|"]
    return head + [
        f"| {_error(row)} | {_CREATE[row.verdict].format(row.code)} | {_CANCEL[row.verdict]} "
        f"| {_READ.get(row.verdict, 'error')} |"
        for row in rows
    ]


def _error(row: Row) -> str:
    parts = []
    if row.codes:
        parts.append(", ".join(_span(code) for code in row.codes))
    if row.statuses:
        parts.append("HTTP " + ", ".join(_span(status) for status in row.statuses))
    if row.kinds:
        parts.append("ccxt " + ", ".join(row.kinds))
    if row.says:
        says = row.says.replace("|", "\\|")
        parts.append(f"saying `{says}`")
    return "; ".join(parts)


def _span(value: int | tuple[int, int]) -> str:
    if isinstance(value, tuple):
        return f"{_span(value[0])} to {_span(value[1])}"
    return str(value).replace("-", "−")


if __name__ == "__main__":
    Path("docs/outcomes.md").write_text(page(), encoding="utf-8")
