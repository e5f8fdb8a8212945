"""The cards on Binance: unmodified ccxt over loopback to the scripted venue, spot and perpetual."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, Literal, get_args

import pytest

from kit_tui.domain.clock import to_ms
from kit_tui.domain.orders import Mode, Side
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.ccxt_exchange import CcxtExchange
from kit_tui.settings.credentials import Credentials
from tests.acceptance.faults import FaultCards
from tests.acceptance.harness import Ability, Call, Failure, Harness
from tests.acceptance.orders import OrderCards
from tests.acceptance.positions import PositionCards
from tests.acceptance.reads import BrokenReadCards, ReadCards
from tests.servers.binance_trading import BinanceTradingServer, Wallet
from tests.servers.scripted_http import FaultKind
from tests.support.clock import FakeClock

EVERYTHING: frozenset[Ability] = frozenset(get_args(Ability))
SPOT: dict[Call, tuple[str, str]] = {
    "create": ("POST", "/api/v3/order"), "create_stop": ("POST", "/api/v3/order"),
    "cancel": ("DELETE", "/api/v3/order"),
    "find": ("GET", "/api/v3/order"), "open_orders": ("GET", "/api/v3/openOrders"),
    "fills": ("GET", "/api/v3/myTrades"), "balances": ("GET", "/api/v3/account"),
    "ticker": ("GET", "/api/v3/ticker/24hr"),
}  # fmt: skip
PERPETUAL: dict[Call, tuple[str, str]] = {
    "create": ("POST", "/fapi/v1/order"), "create_stop": ("POST", "/algoOrder"),
    "cancel": ("DELETE", "/fapi/v1/order"),
    "find": ("GET", "/fapi/v1/order"), "open_orders": ("GET", "/fapi/v1/openOrders"),
    "fills": ("GET", "/fapi/v1/userTrades"), "balances": ("GET", "/account"),
    "positions": ("GET", "/positionRisk"), "ticker": ("GET", "/fapi/v1/ticker/24hr"),
}  # fmt: skip
WRONG: dict[Failure, tuple[FaultKind, dict[str, Any]]] = {
    Failure.TIMEOUT: ("hang", {}),
    Failure.RESET: ("reset", {}),
    Failure.BAD_GATEWAY: ("status", {"status": 502, "body": "<html>", "content_type": "text/html"}),
    Failure.SERVER_ERROR_JSON: (
        "status", {"status": 503, "body": '{"code":-1000,"msg":"An unknown error occurred."}'}
    ),
    Failure.EMPTY: ("body", {"body": ""}),
    Failure.HTML: ("body", {"body": "<html>sorry</html>", "content_type": "text/html"}),
    Failure.CUT_JSON: ("body", {"body": '{"symbol": "BTC'}),
}  # fmt: skip


class BinanceHarness(Harness):
    """Spot or perpetual."""

    abilities = EVERYTHING

    def __init__(
        self, server: BinanceTradingServer, clock: FakeClock, market: Literal["spot", "perpetual"]
    ) -> None:
        self.server, self.clock = server, clock
        self.wallet: Wallet = "spot" if market == "spot" else "futures"
        self.pair = Pair("BTC/USDT" if market == "spot" else "BTC/USDT:USDT")
        self.paths = SPOT if market == "spot" else PERPETUAL
        self.book = server.book_of(self.wallet)
        self.market_kind = market
        self.exchange: CcxtExchange = self._built()
        if market == "spot":
            server.withdraw("BTC", "1")
        server.set_price("BTCUSDT", "50000", bid="49999", ask="50001")

    def _built(self) -> CcxtExchange:
        return CcxtExchange(
            "binance", self.clock, account="binance", mode=Mode.LIVE,
            credentials=Credentials("test-key", "test-secret"), market=self.market_kind,
            base_url=self.server.url,
        )  # fmt: skip

    async def start(self) -> None:
        await self.exchange.load_markets()
        self.exchange._client.timeout = 400

    async def reopen(self) -> None:
        await self.exchange.close()
        self.exchange = self._built()
        await self.start()

    async def move_to(self, price: Decimal) -> None:
        self.server.set_price("BTCUSDT", str(price.quantize(Decimal("0.1"))))
        self.clock.advance(5)

    def fail(self, how: Failure, on: Call, *, accepted: bool = False, times: int = 1) -> None:
        method, path = self.paths[on]
        if how is Failure.TOO_MANY:
            self.server.rate_limit(30, times=times, method=method, path=path)
        elif how is Failure.BANNED:
            self.server.ban(120)
        else:
            kind, details = WRONG[how]
            self.server.fail(
                kind, times=times, method=method, path=path, accepted=accepted, **details
            )

    def heal(self) -> None:
        self.server.faults.clear()

    async def go_down(self) -> None:
        await self.server.go_down()

    async def come_back(self) -> None:
        await self.server.come_back()

    def fill(self, client_id: str, quantity: Decimal) -> None:
        self.server.fill_late(client_id, str(quantity), wallet=self.wallet)

    def hide(self, *, orders_s: float = 0, fills_s: float = 0) -> None:
        self.book.hide_orders_ms = int(orders_s * 1000)
        self.book.hide_fills_ms = int(fills_s * 1000)

    def repeat_fills(self) -> None:
        self.server.spot.duplicate_fills = self.server.perpetuals.duplicate_fills = True

    def revoke(self) -> None:
        self.server.revoke()

    def skew(self, seconds: float) -> None:
        self.server.clock_skew_ms = int(seconds * 1000)

    def deposit(self, amount: Decimal) -> None:
        self.server.deposit("USDT", str(amount), wallet=self.wallet)

    def order_by_somebody(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        self.server.open_order_by_hand(
            "BTCUSDT", side.value, str(quantity), str(price), wallet=self.wallet
        )

    def halt(self) -> None:
        self.server.halt("BTCUSDT", wallet=self.wallet)

    def take_fees_in(self, coin: str) -> None:
        self.book.fees.paid_in = coin
        self.server.deposit(coin, "10", wallet=self.wallet)

    def liquidate(self) -> None:
        self.server.futures.liquidate("main", "BTCUSDT")

    def placed(self, client_id: str) -> int:
        return len(self.book.by_client_id(client_id))


class BinanceCards(ReadCards, BrokenReadCards, OrderCards, PositionCards, FaultCards):
    """Every card."""

    market: Literal["spot", "perpetual"]

    @pytest.fixture
    async def harness(self) -> AsyncIterator[Harness]:
        clock = FakeClock()
        async with BinanceTradingServer(now_ms=lambda: to_ms(clock.now())) as server:
            running = BinanceHarness(server, clock, self.market)
            await running.start()
            yield running
            await running.exchange.close()


class TestBinanceSpot(BinanceCards):
    market = "spot"


class TestBinancePerpetual(BinanceCards):
    market = "perpetual"
