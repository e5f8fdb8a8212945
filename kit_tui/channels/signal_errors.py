"""What the failures of a signal-cli daemon mean for a post."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kit_tui.channels.transport import Refused, Unreachable, Wait

SILENT = "the daemon does not answer"
USER, IO, UNTRUSTED, RATE_LIMIT, CAPTCHA = -1, -3, -4, -5, -6
NO_METHOD, BAD_PARAMS, INTERNAL = -32_601, -32_602, -32_603
UNNAMED_WAIT_S = 60.0
CAPTCHA_WAIT_S = 300.0
_LASTING = {
    "IDENTITY_FAILURE": "the safety number has changed: confirm it with signal-cli trust",
    "NETWORK_FAILURE": "Signal is not reachable for the daemon",
}


class Puzzled(Unreachable):
    """The daemon failed within; it may be for this post's sake, so it is not tried forever."""


class RateLimited(Wait):
    """Signal asks for a pause of `told` seconds, or wants to see a human first."""

    def __init__(self, told: float, *, captcha: bool = False) -> None:
        # A captcha ends it early, and nobody tells us.
        super().__init__(min(told, CAPTCHA_WAIT_S) if captcha else told)
        self.told = told
        self.captcha = captcha


def failure_of(error: Mapping[str, Any]) -> Refused | Wait | Unreachable:
    """What an error of the daemon says of the post that met it."""
    code, words = error.get("code"), str(error.get("message") or "")
    data = error.get("data")
    response = data.get("response") if isinstance(data, dict) else None
    failed = failed_row(response)
    if failed is not None:
        return failed
    if code == RATE_LIMIT:
        return RateLimited(UNNAMED_WAIT_S)
    if code == CAPTCHA:
        return RateLimited(CAPTCHA_WAIT_S, captcha=True)
    if code == UNTRUSTED:
        return Unreachable(_LASTING["IDENTITY_FAILURE"])
    if code == IO:
        return Unreachable(_LASTING["NETWORK_FAILURE"], in_doubt=True)
    if code == BAD_PARAMS:
        return Unreachable(f"the daemon's account: {words[:80]}")
    if code == INTERNAL:
        return Puzzled(f"the daemon failed: {words[:80]}", in_doubt=True)
    return Refused(f"{words[:80]} ({code})")


def failed_row(response: object) -> Refused | Wait | Unreachable | None:
    """The first recipient who did not get it; the daemon calls it done if another did."""
    for row in _rows(response):
        kind = row.get("type")
        if kind == "SUCCESS":
            continue
        if kind in ("RATE_LIMIT_FAILURE", "PROOF_REQUIRED_FAILURE"):
            seconds = row.get("retryAfterSeconds")
            told = float(seconds) if isinstance(seconds, int) else UNNAMED_WAIT_S
            return RateLimited(told, captcha=bool(row.get("token")))
        if kind in _LASTING:
            return Unreachable(_LASTING[kind])
        return Refused("not on Signal" if kind == "UNREGISTERED_FAILURE" else str(kind)[:40])
    return None


def _rows(response: object) -> Iterator[Mapping[str, Any]]:
    rows = response.get("results") if isinstance(response, dict) else None
    return (row for row in rows or () if isinstance(row, dict))
