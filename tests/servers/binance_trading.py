"""A scripted loopback server that speaks Binance's signed REST, for tests through real ccxt.

`async with BinanceTradingServer() as server:` serves spot (`server.book`) and USDT perpetuals
(`server.futures`) for the key `test-key` / `test-secret`, whose account `main` holds 10,000 USDT
and 1 BTC in spot and 10,000 USDT in futures. `python -m tests.servers.binance_trading` runs it as
a process of its own, with `/control` to script it (see `binance_control`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

from aiohttp import web

from tests.servers.binance_algo import AlgoDesk
from tests.servers.binance_control import Control, main
from tests.servers.binance_futures import FuturesDesk
from tests.servers.binance_futures_public import PerpetualData
from tests.servers.binance_limits import Meter
from tests.servers.binance_rest import BinanceServer, ScriptedMarket
from tests.servers.binance_signed import ApiKey, Door
from tests.servers.binance_spot import SpotDesk
from tests.servers.scripted_http import Asked, FaultKind, Handler, wall_ms
from tests.servers.venue_book import VenueBook
from tests.servers.venue_perpetuals import PerpetualBook
from tests.servers.venue_types import BookFill, BookMarket, BookOrder, Kind, Side

Wallet = Literal["spot", "futures"]


class BinanceTradingServer(BinanceServer):
    """The whole venue: public data, signed accounts, limits, and the test's hands on all of it."""

    def __init__(self, now_ms: Callable[[], int] | None = None, *, port: int = 0) -> None:
        clock = now_ms or wall_ms
        self.door, self.book = Door(clock), VenueBook(clock)
        self.spot = SpotDesk(self.book, self.door)
        self.futures = PerpetualBook(clock)
        self.perpetuals = FuturesDesk(self.futures, self.door)
        self.perpetual_data = PerpetualData(clock)
        for market in self.perpetual_data.markets.values():
            self.futures.markets[market.symbol] = book_market(market)
        self.meters = {"spot": Meter(6000, 100), "futures": Meter(2400, 300)}
        self.control = Control(self)
        self.banned_until_ms = 0
        self.asked_while_banned = 0
        super().__init__(clock, port=port)
        self.door.synced()
        self.add_key(ApiKey())
        self.deposit("USDT", "10000")
        self.deposit("BTC", "1")
        self.deposit("USDT", "10000", wallet="futures")

    # -- accounts and keys ----------------------------------------------------------------------

    def add_key(self, key: ApiKey) -> ApiKey:
        """Open the door for a key; each names its account, several may share one."""
        self.door.keys[key.key] = key
        return key

    def revoke(self, key: str = "test-key") -> None:
        """Turn a key off: from now on -2015."""
        self.door.dead.add(key)

    @property
    def clock_skew_ms(self) -> int:
        """How far the venue's clock runs ahead."""
        return self.door.skew_ms

    @clock_skew_ms.setter
    def clock_skew_ms(self, value: int) -> None:
        self.door.skew_ms = value

    def deposit(
        self, currency: str, amount: str, *, account: str = "main", wallet: Wallet = "spot"
    ) -> None:
        """Coins arrive from outside, with a deposit record."""
        self._move(currency, Decimal(amount), account, wallet, "deposit")

    def withdraw(
        self, currency: str, amount: str, *, account: str = "main", wallet: Wallet = "spot"
    ) -> None:
        """Coins leave, with a withdrawal record."""
        self._move(currency, -Decimal(amount), account, wallet, "withdraw")

    def book_of(self, wallet: Wallet) -> VenueBook:
        """The books of one wallet."""
        return self.book if wallet == "spot" else self.futures

    def _move(
        self, currency: str, amount: Decimal, account: str, wallet: Wallet, kind: str
    ) -> None:
        self.book_of(wallet).deposit(account, currency, amount)
        row: dict[str, Any] = {
            "id": str(len(self.spot.transfers) + 1), "kind": kind, "account": account,
            "coin": currency, "amount": str(abs(amount)), "network": currency,
            "status": 1 if kind == "deposit" else 6, "insertTime": self.now_ms(),
            "applyTime": self.now_ms(), "txId": f"tx-{len(self.spot.transfers) + 1}",
        }  # fmt: skip
        if wallet == "spot":
            self.spot.transfers.append(row)

    # -- markets --------------------------------------------------------------------------------

    def add(self, market: ScriptedMarket) -> ScriptedMarket:
        super().add(market)
        self.book.markets[market.symbol] = book_market(market)
        return market

    def add_perpetual(self, market: ScriptedMarket) -> ScriptedMarket:
        """List a perpetual."""
        self.perpetual_data.add(market)
        self.futures.markets[market.symbol] = book_market(market)
        return market

    def set_price(
        self, symbol: str, last: str, *, bid: str = "", ask: str = "", wallet: Wallet | None = None
    ) -> None:
        """Move a market in both wallets (or one) and match what the price reaches."""
        prices = Decimal(last), Decimal(bid or last), Decimal(ask or last)
        if wallet != "futures" and symbol in self.markets:
            super().set_price(symbol, last, bid=bid, ask=ask)
            self.book.set_price(symbol, *prices)
        if wallet != "spot" and symbol in self.perpetual_data.markets:
            self.perpetual_data.set_price(symbol, last, bid=bid, ask=ask)
            self.perpetual_data.marks.pop(symbol, None)
            self.futures.set_price(symbol, *prices)

    def set_mark(self, symbol: str, mark: str) -> None:
        """Move a perpetual's mark price away from its last price."""
        self.perpetual_data.marks[symbol] = mark
        self.futures.set_mark(symbol, Decimal(mark))

    def halt(self, symbol: str, status: str = "BREAK", *, wallet: Wallet = "spot") -> None:
        """Stop trading in a market: orders are refused, working ones stay, cancels work."""
        self._data(wallet).markets[symbol].status = status
        self.book_of(wallet).markets[symbol].is_open = status == "TRADING"

    def delist(self, symbol: str, *, wallet: Wallet = "spot") -> None:
        """Take a market away: working orders end as expired, every mention of it is -1121."""
        book = self.book_of(wallet)
        for order in book.orders:
            if order.symbol == symbol and order.is_working:
                book.end(order, "expired")
        self._data(wallet).markets.pop(symbol, None)
        book.markets.pop(symbol, None)

    def _data(self, wallet: Wallet) -> BinanceServer:
        return self if wallet == "spot" else self.perpetual_data

    # -- what people do in the venue's own app --------------------------------------------------

    def open_order_by_hand(
        self,
        symbol: str,
        side: Side,
        quantity: str,
        price: str | None = None,
        *,
        account: str = "main",
        wallet: Wallet = "spot",
        client_id: str = "",
        **more: Any,
    ) -> BookOrder:
        """Place an order in the app; without a price it trades at market."""
        book = self.book_of(wallet)
        kind: Kind = "market" if price is None else "limit"
        order = book.new_order(
            account, client_id=client_id or f"web_{len(book.orders) + 1:032d}", symbol=symbol,
            side=side, kind=kind, quantity=Decimal(quantity),
            price=None if price is None else Decimal(price), **more,
        )  # fmt: skip
        return book.place(order)

    def trade_by_hand(
        self,
        symbol: str,
        side: Side,
        quantity: str,
        *,
        account: str = "main",
        wallet: Wallet = "spot",
    ) -> BookOrder:
        """Trade at market in the app."""
        return self.open_order_by_hand(symbol, side, quantity, account=account, wallet=wallet)

    def fill_late(
        self, client_id: str, quantity: str, price: str | None = None, *, wallet: Wallet = "spot"
    ) -> BookFill:
        """Execute the newest order of this id whatever its status: late, or beyond its size."""
        book = self.book_of(wallet)
        order = book.by_client_id(client_id)[-1]
        return book.fill(order, Decimal(quantity), Decimal(price) if price else None)

    # -- limits and faults ----------------------------------------------------------------------

    @property
    def used_weight(self) -> int:
        """The spot weight used in the present minute."""
        return self.meters["spot"].used(self.now_ms())

    @property
    def counts_requests(self) -> bool:
        """Whether requests use up any limit."""
        return all(meter.counts for meter in self.meters.values())

    @counts_requests.setter
    def counts_requests(self, value: bool) -> None:
        for meter in self.meters.values():
            meter.counts = value

    def ban(self, seconds: float) -> None:
        """Answer 418 until then; who asks meanwhile is counted in `asked_while_banned`."""
        self.banned_until_ms = self.now_ms() + int(seconds * 1000)

    def rate_limit(self, seconds: int = 30, *, times: int = 1, **where: Any) -> None:
        """Answer 429 with Retry-After to the next requests."""
        body = '{"code":-1003,"msg":"Too much request weight used."}'
        headers = (("Retry-After", str(seconds)),)
        self.fail("status", times=times, status=429, body=body, headers=headers, **where)

    def refuse(self, code: int, message: str, *, times: int = 1, **where: Any) -> None:
        """Answer one of Binance's errors to the next requests, such as -1021."""
        body = f'{{"code":{code},"msg":"{message}"}}'
        self.fail("status", times=times, status=400, body=body, **where)

    def lose_order_reply(
        self, kind: FaultKind = "hang", *, accepted: bool = True, times: int = 1, **details: Any
    ) -> None:
        """The next new orders (not OCO) get no proper answer, taken by the venue or not."""
        where = {"path": "rder", "method": "POST"} | details  # both /order and /algoOrder
        self.fail(kind, times=times, accepted=accepted, **where)

    async def guard(self, request: web.Request, asked: Asked) -> web.Response | None:
        if asked.path == "/control":
            return None
        now = self.now_ms()
        if now < self.banned_until_ms:
            self.asked_while_banned += 1
            words = f"Way too much request weight used; IP banned until {self.banned_until_ms}."
            left = -(-(self.banned_until_ms - now) // 1000)
            return limited(418, -1003, words, left)
        over = self._meter(asked).take(asked, now)
        return limited(429, *over) if over else None

    def dress(self, asked: Asked, response: web.StreamResponse) -> None:
        now, meter = self.now_ms(), self._meter(asked)
        if not response.prepared:
            response.headers["X-MBX-USED-WEIGHT-1M"] = str(meter.used(now))
            response.headers["X-MBX-USED-WEIGHT"] = str(meter.used(now))
            if asked.method == "POST":
                count = str(meter.orders_in_10s(asked.key, now))
                response.headers["X-MBX-ORDER-COUNT-10S"] = count
        if asked.method != "GET":
            self.control.keep()

    def _meter(self, asked: Asked) -> Meter:
        return self.meters["futures" if asked.path.startswith("/fapi") else "spot"]

    # -- serving --------------------------------------------------------------------------------

    def routes(self) -> dict[tuple[str, str], Handler]:
        return (
            super().routes()
            | self.spot.routes()
            | self.perpetual_data.routes()
            | self.perpetuals.routes()
            | AlgoDesk(self.perpetuals).routes()
            | {
                ("GET", "/fapi/v1/time"): self._time,
                ("GET", "/control"): self.control.show,
                ("POST", "/control"): self.control.act,
            }
        )

    async def _time(self, _: web.Request) -> web.Response:
        self.door.synced()
        return web.json_response({"serverTime": self.door.now()})


def limited(status: int, code: int, message: str, wait: int) -> web.Response:
    """A 429 or 418 with the seconds to wait."""
    return web.json_response(
        {"code": code, "msg": message}, status=status, headers={"Retry-After": str(wait)}
    )


def book_market(market: ScriptedMarket) -> BookMarket:
    """The book's view of a market that is scripted in strings."""
    last = Decimal(market.last)
    return BookMarket(
        symbol=market.symbol, base=market.base, quote=market.quote, tick=Decimal(market.tick),
        step=Decimal(market.step), min_quantity=Decimal(market.min_quantity),
        max_quantity=Decimal(9000), min_notional=Decimal(market.min_notional), last=last,
        bid=Decimal(market.bid), ask=Decimal(market.ask), mark=last,
        is_open=market.status == "TRADING",
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main(BinanceTradingServer))
