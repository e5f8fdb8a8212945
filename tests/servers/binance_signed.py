"""Binance's door: API keys, HMAC signatures, the receive window, and its words for refusals."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.servers.binance_rest import refused
from tests.servers.scripted_http import Handler
from tests.servers.venue_types import Refusal, Why

RECEIVE_WINDOW_MS = 5_000


@dataclass(slots=True)
class ApiKey:
    """A key of one account and what it may do."""

    key: str = "test-key"
    secret: str = "test-secret"
    account: str = "main"
    trades: bool = True
    futures: bool = True
    withdraws: bool = False
    ip_restricted: bool = True


class Denied(Exception):  # noqa: N818 - an answer of the venue, not a failure of the server
    """An error in Binance's own code and words."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(slots=True)
class Call:
    """One signed request that passed the door."""

    params: dict[str, str]
    key: ApiKey

    @property
    def account(self) -> str:
        return self.key.account

    def need(self, name: str) -> str:
        """A mandatory parameter."""
        value = self.params.get(name, "")
        if not value:
            raise Denied(
                -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
            )
        return value

    def number(self, name: str) -> int | None:
        value = self.params.get(name)
        return int(value) if value else None


SPOT_WORDS: dict[Why, tuple[int, str]] = {
    "insufficient": (-2010, "Account has insufficient balance for requested action."),
    "duplicate": (-2010, "Duplicate order sent."),
    "would_match": (-2010, "Order would immediately match and take."),
    "would_trigger": (-2010, "Stop price would trigger immediately."),
    "closed": (-1013, "Market is closed."),
    "unknown_symbol": (-1121, "Invalid symbol."),
    "unknown_order": (-2013, "Order does not exist."),
    "quantity": (-1013, "Filter failure: LOT_SIZE"),
    "price": (-1013, "Filter failure: PRICE_FILTER"),
    "notional": (-1013, "Filter failure: NOTIONAL"),
    "price_band": (-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    "too_many": (-1013, "Filter failure: MAX_NUM_ORDERS"),
    "precision": (-1111, "Parameter 'quantity' has too much precision."),
    "reduce_only": (-2010, "Order would not reduce."),
    "client_id": (
        -1100,
        "Illegal characters found in parameter 'newClientOrderId'; legal range is "
        r"'^[\.A-Z\:/a-z0-9_-]{1,36}$'.",
    ),
    "stop_order_of_list": (
        -1013, "The relationship of the prices for the orders is not correct."
    ),
}  # fmt: skip
FUTURES_WORDS: dict[Why, tuple[int, str]] = {
    "insufficient": (-2019, "Margin is insufficient."),
    "duplicate": (-4116, "ClientOrderId is duplicated."),
    "would_match": (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
        "The order will not be recorded in the order history.",
    ),
    "would_trigger": (-2021, "Order would immediately trigger."),
    "closed": (-4140, "Invalid symbol status for opening position."),
    "unknown_symbol": (-1121, "Invalid symbol."),
    "unknown_order": (-2013, "Order does not exist."),
    "quantity": (-4004, "Quantity less than min quantity."),
    "price": (-4014, "Price not increased by tick size."),
    "notional": (
        -4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."
    ),
    "price_band": (-4016, "Limit price can't be higher than allowed."),
    "too_many": (-4045, "Reach max stop order limit."),
    "precision": (-1111, "Precision is over the maximum defined for this asset."),
    "reduce_only": (-2022, "ReduceOnly Order is rejected."),
    "client_id": (-4015, "Client order id length should not be more than 36 chars"),
    "stop_order_of_list": (-1013, "Invalid order list."),
}  # fmt: skip


class Door:
    """Lets signed requests through to plain functions and gives their refusals Binance's words.

    `skew_ms` moves the venue's clock; `revoke` turns a key off.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._skew_ms = 0
        self.keys: dict[str, ApiKey] = {}
        self.dead: set[str] = set()
        self.synced()

    @property
    def skew_ms(self) -> int:
        return self._skew_ms

    @skew_ms.setter
    def skew_ms(self, value: int) -> None:
        self._skew_ms = value
        self.synced()

    def now(self) -> int:
        """The time the venue believes it is."""
        return self._now_ms() + self._skew_ms

    def synced(self) -> None:
        """Remember both clocks: from here on a client can only know the wall's passing.

        Clients sign by the wall clock. When the venue runs on an injected clock, the two drift
        apart between a client's readings of the venue's time through no fault of the client.
        """
        self._base = (self._now_ms(), time.time() * 1000)

    def admit(self, name: str, trades: bool = False, futures: bool = False) -> ApiKey:
        """The key's record, when it may do what is asked."""
        if not name:
            raise Denied(-2014, "API-key format invalid.", 401)
        key = self.keys.get(name)
        may = key is not None and (key.trades or not trades) and (key.futures or not futures)
        if key is None or not may or name in self.dead:
            raise Denied(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        return key

    def signed(
        self,
        act: Callable[[Call], Any],
        words: dict[Why, tuple[int, str]],
        *,
        trades: bool = False,
        futures: bool = False,
    ) -> Handler:
        """An endpoint which checks key, signature and time before `act`."""

        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                key = self.admit(request.headers.get("X-MBX-APIKEY", ""), trades, futures)
                payload = request.rel_url.raw_query_string + await request.text()
                call = Call(await self._checked(request, payload, key), key)
                return web.json_response(act(call))
            except Denied as denied:
                return refused(denied.code, denied.message, denied.status)
            except Refusal as refusal:
                code, message = words[refusal.why]
                return refused(code, refusal.detail or message)

        return handler

    async def _checked(self, request: web.Request, payload: str, key: ApiKey) -> dict[str, str]:
        body, _, given = payload.rpartition("&signature=")
        if not given:
            raise Denied(
                -1102, "Mandatory parameter 'signature' was not sent, was empty/null, or malformed."
            )
        true = hmac.new(key.secret.encode(), body.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(true, given):
            raise Denied(-1022, "Signature for this request is not valid.")
        params = {name: str(value) for name, value in request.query.items()}
        params |= {name: str(value) for name, value in (await request.post()).items()}
        self._check_time(params)
        return params

    def _check_time(self, params: dict[str, str]) -> None:
        if not params.get("timestamp", "").isdigit():
            raise Denied(
                -1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."
            )
        window = int(params.get("recvWindow") or RECEIVE_WINDOW_MS)
        if window > 60_000:
            raise Denied(-1131, "recvWindow must be less than 60000")
        slack = abs(self._now_ms() - self._base[0] - (time.time() * 1000 - self._base[1]))
        behind = self.now() - int(params["timestamp"])
        if behind < -1000 - slack:
            raise Denied(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
        if behind > window + slack:
            raise Denied(-1021, "Timestamp for this request is outside of the recvWindow.")
