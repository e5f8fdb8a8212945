"""The test's hands on a scripted Binance that runs as a process of its own.

`GET /control` answers with the books as JSON. `POST /control` takes one step or a list of steps,
`{"do": "set_price", "args": ["BTCUSDT", "49000"], "with": {"bid": "48999"}}`, each a method of the
server (`STEPS`), or `{"set": "book.hide_orders_ms", "to": 5000}`, and answers with the books.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.servers.binance_signed import ApiKey
from tests.servers.venue_book import VenueBook
from tests.servers.venue_types import Piece, Refusal

if TYPE_CHECKING:
    from tests.servers.binance_trading import BinanceTradingServer

STEPS = frozenset(
    {
        "ban", "delist", "deposit", "fail", "fill_late", "halt", "lose_order_reply",
        "open_order_by_hand", "rate_limit", "refuse", "release", "revoke", "set_mark", "set_price",
        "trade_by_hand", "withdraw",
    }
)  # fmt: skip
SETTABLE = frozenset(
    {
        "book.hide_fills_ms", "book.hide_orders_ms", "book.fees.paid_in", "clock_skew_ms",
        "counts_requests", "futures.hide_fills_ms", "futures.hide_orders_ms",
        "spot.duplicate_fills", "perpetuals.duplicate_fills", "remembers",
    }
)  # fmt: skip


class Control:
    """`keep` writes the books to `state` (when set) after every change."""

    def __init__(self, server: BinanceTradingServer) -> None:
        self.server = server
        self.state: Path | None = None

    async def show(self, _: web.Request) -> web.Response:
        return web.Response(text=self.text(), content_type="application/json")

    async def act(self, request: web.Request) -> web.Response:
        steps = await request.json()
        for step in steps if isinstance(steps, list) else [steps]:
            try:
                self.do(step)
            except (KeyError, TypeError, ValueError, ArithmeticError, Refusal) as error:
                return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return await self.show(request)

    def do(self, step: dict[str, Any]) -> None:
        """One step of a script."""
        if "set" in step:
            self._set(step["set"], step["to"])
        elif step["do"] == "next_fills":
            symbol, *pieces = step["args"]
            book = self.server.book_of(step.get("with", {}).get("wallet", "spot"))
            book.next_fills(symbol, *(Piece(Decimal(piece)) for piece in pieces))
        elif step["do"] == "add_key":
            self.server.add_key(ApiKey(**step["with"]))
        elif step["do"] in STEPS:
            getattr(self.server, step["do"])(*step.get("args", ()), **step.get("with", {}))
        else:
            raise ValueError(f"no step called {step['do']}")

    def keep(self) -> None:
        """Write the state file, whole or not at all."""
        if self.state is not None:
            part = self.state.with_suffix(".part")
            part.write_text(self.text())
            part.replace(self.state)

    def text(self) -> str:
        """Everything the venue knows, as JSON; numbers are strings."""
        server = self.server
        told = {
            "url": server.url,
            "requests": server.count,
            "used_weight": server.used_weight,
            "peak_weight": {name: meter.peak for name, meter in server.meters.items()},
            "refused": {name: meter.refused for name, meter in server.meters.items()},
            "held": server.held,
            "spot": _books(server.book),
            "futures": _books(server.futures)
            | {"positions": [asdict(p) for p in server.futures.positions.values()]},
        }
        return json.dumps(told, default=str)

    def _set(self, path: str, value: Any) -> None:
        if path not in SETTABLE:
            raise ValueError(f"{path} cannot be set")
        *parents, name = path.split(".")
        target: Any = self.server
        for parent in parents:
            target = getattr(target, parent)
        setattr(target, name, value)


def _books(book: VenueBook) -> dict[str, Any]:
    return {
        "orders": [asdict(order) for order in book.orders],
        "fills": [asdict(fill) for fill in book.fills],
        "balances": {
            account: {name: {"free": purse.free, "locked": purse.locked}
                      for name, purse in purses.items()}
            for account, purses in book.balances.items()
        },
    }  # fmt: skip


def main(build: Callable[..., BinanceTradingServer]) -> int:
    """Serve until SIGTERM or SIGINT; prints the address once it answers."""
    parser = argparse.ArgumentParser(description="A scripted Binance.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="a file that always holds the books as JSON")
    options = parser.parse_args()
    asyncio.run(_serve(build, options.port, options.state))
    return 0


async def _serve(build: Callable[..., BinanceTradingServer], port: int, state: Path | None) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with build(port=port) as server:
        server.control.state = state
        server.control.keep()
        print(server.url, flush=True)
        await stopped.wait()
