"""Binance's limits: request weight per address and minute, new orders per account and 10 seconds.

Spot, futures and the wallet count apart. The limits in force come with the list of markets and the
use of them with every reply; these are the published ones to start with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kit_tui.domain.clock import utc_from_ms
from kit_tui.exchanges.budget import Budget, Cost
from kit_tui.exchanges.ccxt_errors import retry_after
from kit_tui.exchanges.ccxt_wire import Call, Request

# ccxt's cost of one unit of weight, by section of the API.
_UNIT = {"public": 0.2, "private": 0.2, "v1": 0.2, "sapi": 0.1, "sapiV2": 0.1, "sapiV3": 0.1}
_FAMILY = {"public": "spot", "private": "spot", "v1": "spot"}
_ORDER_PATHS = frozenset({"order", "orderList/oco", "algoOrder", "order/cancelReplace"})
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3_600, "DAY": 86_400}
_LIMITS = re.compile(r'"rateLimits"\s*:\s*(\[[^\]]*\])')
_BANNED = re.compile(r"banned until (\d{13})")
_HEAD = 20_000


def family_of(request: Request) -> str:
    """Which of the venue's counters a request belongs to."""
    api = request.api
    if api in _FAMILY:
        return _FAMILY[api]
    return "wallet" if api.startswith("sapi") else "futures"


def set_limits(budget: Budget, account: str) -> None:
    """The published limits, for buckets that are not set yet."""
    for bucket, limit, seconds in (
        ("spot weight", 6_000, 60), ("futures weight", 2_400, 60), ("wallet weight", 12_000, 60),
        (f"spot orders 10s {account}", 100, 10), (f"spot orders 1d {account}", 200_000, 86_400),
        (f"futures orders 10s {account}", 300, 10), (f"futures orders 1m {account}", 1_200, 60),
    ):  # fmt: skip
        if not budget.has(bucket):
            budget.limit(bucket, limit, seconds)


def weight_of(request: Request) -> float:
    """A request's weight; quotes of named pairs are counted as Binance counts them."""
    params = request.params
    if request.path == "ticker/24hr" and "symbols" in params:
        named = str(params["symbols"]).count(",") + 1
        return 2 if named <= 20 else 40 if named <= 100 else 80
    return max(1.0, round(request.units / _UNIT.get(request.api, 1.0), 3))


def costs(request: Request, account: str) -> list[Cost]:
    """What a request takes from which buckets."""
    family = family_of(request)
    found = [Cost(f"{family} weight", weight_of(request))]
    if request.method == "POST" and request.path in _ORDER_PATHS:
        orders = 2 if request.path == "orderList/oco" else 1
        found += [Cost(f"{family} orders {span} {account}", orders) for span in ("10s", "1m", "1d")]
    return found


def learn(call: Call, request: Request | None, budget: Budget, account: str) -> None:
    """Limits, what is used of them, and how long to wait, from one reply."""
    if request is None:
        return
    family = family_of(request)
    headers = {str(name).lower(): value for name, value in call.headers.items()}
    _note_use(headers, family, account, budget)
    if call.status == 418:
        until = _BANNED.search(call.venue_message)
        budget.ban(retry_after(headers, banned=True))
        if until is not None:
            budget.ban_until(utc_from_ms(int(until[1])))
    elif call.status == 429 and call.venue_code == -1015:
        wait = retry_after(headers, banned=False)
        budget.close(f"{family} orders 10s {account}", wait)
    elif call.status == 429:
        budget.close(f"{family} weight", retry_after(headers, banned=False))
    elif request.path == "exchangeInfo" and call.status == 200:
        _note_limits(call.body[:_HEAD], family, account, budget)


def _note_use(headers: Mapping[str, Any], family: str, account: str, budget: Budget) -> None:
    for name, bucket in (
        ("x-mbx-used-weight-1m", f"{family} weight"),
        ("x-sapi-used-ip-weight-1m", "wallet weight"),
        ("x-mbx-order-count-10s", f"{family} orders 10s {account}"),
        ("x-mbx-order-count-1m", f"{family} orders 1m {account}"),
    ):
        text = str(headers.get(name, ""))
        if text.isdigit():
            budget.seen(bucket, float(text))


def _note_limits(body: str, family: str, account: str, budget: Budget) -> None:
    found = _LIMITS.search(body)
    if found is None:
        return
    for row in json.loads(found[1]):
        kind, span = row.get("rateLimitType"), _SECONDS.get(str(row.get("interval")), 0)
        seconds, limit = span * int(row.get("intervalNum") or 1), float(row.get("limit") or 0)
        if not seconds or limit <= 0:
            continue
        if kind == "REQUEST_WEIGHT" and seconds == 60:
            budget.limit(f"{family} weight", limit, seconds)
        name = {10: "10s", 60: "1m", 86_400: "1d"}.get(seconds)
        if kind == "ORDERS" and name is not None:
            budget.limit(f"{family} orders {name} {account}", limit, seconds)
