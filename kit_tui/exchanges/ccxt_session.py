"""A signed connection to one account through ccxt: keys, clock, budget, and errors by the table.

Between ccxt and the network nothing is taken on trust: numbers that differ from what was approved
are not sent, and a reply of the wrong shape is an error, never an empty account.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError, OrderRejectedError, RateLimitedError, VenueError
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import Mode
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.budget import RATE_LIMIT, Budget, Purpose
from kit_tui.exchanges.ccxt_clock import VenueClock
from kit_tui.exchanges.ccxt_errors import without_secrets
from kit_tui.exchanges.ccxt_outcomes import Verdict, fault_of, row_for
from kit_tui.exchanges.ccxt_public import CcxtMarketData
from kit_tui.exchanges.ccxt_raising import Refused, on_read
from kit_tui.exchanges.ccxt_wire import Call, Request, calling
from kit_tui.settings.credentials import Credentials

log = logging.getLogger(__name__)


class CcxtSession(CcxtMarketData):
    """What an account needs below its orders. The keys go to the client and nowhere else."""

    def __init__(
        self,
        exchange_id: str,
        clock: Clock,
        *,
        account: str,
        mode: Mode,
        credentials: Credentials,
        market: str,
        base_url: str | None,
        budget: Budget | None,
    ) -> None:
        super().__init__(
            exchange_id, clock, base_url, market=market, sandbox=mode is Mode.SANDBOX,
            account=account, budget=budget or Budget(clock),
        )  # fmt: skip
        self._credentials = credentials
        self._venue_clock = VenueClock(clock, self._read_time)

    # -- getting ready --------------------------------------------------------------------------

    def _secrets(self) -> dict[str, str]:
        keys = self._credentials
        found = {"apiKey": keys.api_key, "secret": keys.secret}
        return found | ({"password": keys.password} if keys.password else {})

    def _built(self, kind: Any) -> Any:
        client = super()._built(kind)
        self._venue_clock.drive(client)
        return client

    async def _read_time(self) -> int:
        return await self._call(lambda client: client.fetch_time(), int)

    async def _ready(self) -> None:
        """Markets known and the clock read, where the venue tells the time."""
        await self.load_markets()
        if self._venue_clock.is_due and self._client.has.get("fetchTime"):
            await self._read_clock()

    async def _ready_to_send(self) -> None:
        """The same before an order, where a failure proves that nothing was sent."""
        try:
            await self._ready()
        except RateLimitedError as error:
            raise OrderRejectedError(error.message, code=RATE_LIMIT) from None
        except VenueError as error:
            raise OrderRejectedError(
                f"Nothing was sent: {error.message}", code="NOT_SENT", hint=error.hint
            ) from None

    def _exact(self, pair: Pair, quantity: Decimal, prices: Sequence[Decimal | None]) -> str:
        """The quantity as the client will send it; whatever it would round is refused."""
        market = self._markets.get(pair)
        if market is None:
            raise OrderRejectedError(
                f"{self.name} does not trade {pair}.", code="INSTRUMENT_NOT_FOUND"
            )
        for price in prices:
            if price is not None and not self._survives("price_to_precision", pair, price):
                raise OrderRejectedError(
                    f"{plain(price)} is not a price that {self.name} takes for {pair}; "
                    f"its step is {plain(market.tick_size)}.",
                    code="PRICE_INVALID",
                )
        contracts = quantity / self._dialect.frame.size(pair)
        if not self._survives("amount_to_precision", pair, contracts):
            raise OrderRejectedError(
                f"{plain(quantity)} is not a quantity that {self.name} takes for {pair}; "
                f"its step is {plain(market.quantity_step)}.",
                code="QUANTITY_INVALID",
            )
        return plain(contracts)

    def _survives(self, method: str, pair: Pair, value: Decimal) -> bool:
        """Whether ccxt would send a number as it is."""
        if value <= 0:
            return False
        try:
            return bool(Decimal(getattr(self._client, method)(str(pair), plain(value))) == value)
        except Exception as error:  # noqa: BLE001 - ccxt's own refusals are of many kinds
            log.info("%s: %s: %s", self.name, method, error)
            return False

    async def _before_sending(self, call: Call, request: Request) -> None:
        if call.expected and request.method == "POST":
            self._refuse_changes(call.expected, request)
        await super()._before_sending(call, request)

    def _refuse_changes(self, expected: Mapping[str, object], request: Request) -> None:
        """The last look before an order goes out: it says what was approved, to the digit."""
        for name, wanted in expected.items():
            given = request.params.get(name)
            same = (
                given is not None and Decimal(str(given)) == wanted
                if isinstance(wanted, Decimal)
                else given == wanted
            )
            if not same:
                raise OrderRejectedError(
                    f"Nothing was sent: {name} would have gone out as {given}.",
                    code="QUANTITY_INVALID" if name == "quantity" else "PRICE_INVALID",
                )

    # -- calls and their errors -----------------------------------------------------------------

    async def _asked(self, call: Call, act: Callable[[Any], Awaitable[Any]]) -> Any:
        """One call; after a clock error once more, since that proves that nothing was done.

        Raises:
            Refused: with the row of the table that says what the failure proves.
        """
        for is_last in (False, True):
            call.sent = False
            try:
                with calling(call):
                    return await act(self._client)
            except KitError:
                raise
            except Exception as error:  # noqa: BLE001 - the table decides what it means
                fault = fault_of(error, call)
                row = row_for(fault, self._dialect.rows)
                text = without_secrets(str(error))[:300]
                log.info("%s: %s: %s: %s", self.name, row.verdict, type(error).__name__, text)
                if row.verdict is not Verdict.CLOCK or is_last:
                    raise Refused(row, fault, call) from None
                await self._read_clock()
        raise AssertionError("unreachable")

    async def _read(
        self, what: str, act: Callable[[Any], Awaitable[Any]], purpose: Purpose = Purpose.READ
    ) -> Any:
        """One query whose every reply must have the shape of `what`."""
        await self._ready()
        try:
            return await self._asked(Call(purpose, what=what), act)
        except Refused as refused:
            raise on_read(self.name, refused) from None

    def _after_reply(self, call: Call, request: Request | None) -> None:
        super()._after_reply(call, request)
        if not call.what or request is None or not 200 <= call.status < 300:
            return
        if not self._dialect.is_readable(call.what, request, call.answer):
            raise VenueError(f"{self.name} answered with something unreadable.")

    async def _read_clock(self) -> None:
        """Set our offset from the venue's clock; without an answer it stays as it is."""
        try:
            await self._venue_clock.read()
        except VenueError as error:
            self._venue_clock.put_off()
            log.warning("%s does not tell its time: %s", self.name, error.message)
