"""An account at the scripted Binance, and orders to send there."""

from __future__ import annotations

import itertools
from typing import Any

from kit_tui.domain.clock import to_ms
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import NewOrder
from kit_tui.exchanges.ccxt_exchange import CcxtExchange
from kit_tui.settings.credentials import Credentials
from tests.servers.binance_trading import BinanceTradingServer
from tests.support.clock import FakeClock

BTC, ETH = Pair("BTC/USDT"), Pair("ETH/USDT")
PERPETUAL = Pair("BTC/USDT:USDT")
KEYS = Credentials("test-key", "test-secret")
_numbers = itertools.count(1)


def scripted(clock: FakeClock) -> BinanceTradingServer:
    """The server on the test's clock."""
    return BinanceTradingServer(now_ms=lambda: to_ms(clock.now()))


def account(server: BinanceTradingServer, clock: FakeClock, **changes: Any) -> CcxtExchange:
    """A live account there."""
    given: dict[str, Any] = {
        "account": "binance", "mode": Mode.LIVE, "credentials": KEYS, "base_url": server.url,
    }  # fmt: skip
    return CcxtExchange("binance", clock, **(given | changes))


def order(
    type_: OrderType = OrderType.LIMIT, side: Side = Side.BUY, quantity: str = "0.01", **more: Any
) -> NewOrder:
    """An order with an id of its own; prices may be text."""
    for name in ("price", "stop_price"):
        if isinstance(more.get(name), str):
            more[name] = Price(more[name])
    if type_ is OrderType.LIMIT:
        more.setdefault("price", Price(60_000))
    given: dict[str, Any] = {
        "client_id": f"order{next(_numbers):028d}", "pair": BTC, "side": side, "type": type_,
        "quantity": Quantity(quantity),
    }  # fmt: skip
    return NewOrder(**(given | more))


def sent(server: BinanceTradingServer, path: str = "/order", method: str = "POST") -> list[Any]:
    """The parameters of what was sent, without those every signed request has."""
    return [
        {k: v for k, v in params.items() if k not in {"timestamp", "signature", "recvWindow"}}
        for params in server.asked(path, method)
    ]
