"""An engine that trades on a scripted Binance until it is killed: `python -m … HOME URL MARKET`.

It imports once and is forked for every life. Standard input takes `live SEED` and `kill`; every
life prints `started`, then `agreed` or `differs WHY` when its books were compared with the
venue's, then `trading`, and `ack ORDER STATUS` only after the engine has answered. `gone STATUS`
follows each end.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import signal
import sys
import traceback
import urllib.request
from collections.abc import Awaitable, Callable
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Order, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import Position
from kit_tui.domain.ticket import OrderRequest
from kit_tui.exchanges.base import NotFoundRule
from kit_tui.exchanges.ccxt_lazy import exchange_class
from kit_tui.gateway.account import Account
from kit_tui.runtime.clock import SystemClock
from kit_tui.runtime.engine import Engine
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from tests.end_to_end.venue_truth import NAME, differences, is_unsure

PERSON = Principal(channel="test", user="local", name="loop", role=Role.OWNER, local=True)
KEYS = {"KIT_BINANCE_API_KEY": "test-key", "KIT_BINANCE_SECRET": "test-secret"}
# The venue's rule made quick: the script keeps nothing from us for as long as this.
RULE = NotFoundRule(times=4, seconds=0.6)
PATIENCE_S = 10.0


def say(*words: object) -> None:
    """One line, written whole."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


# -- one life ------------------------------------------------------------------------------------


class Life:
    """One run of an engine, from start to SIGKILL."""

    def __init__(self, home: Path, url: str, margined: bool, seed: str) -> None:
        self.home, self.url = home, url
        self.chance = random.Random(seed)
        suffix = ":USDT" if margined else ""
        self.pairs = (Pair(f"BTC/USDT{suffix}"), Pair(f"ETH/USDT{suffix}"))
        self.margined = margined
        self.account: Account

    async def run(self) -> None:
        locations = find_locations({"KIT_HOME": str(self.home)})
        locations.ensure()
        engine = Engine(locations, load_settings(locations, KEYS), SystemClock(), KEYS)
        await engine.start(demo=False)
        say("started")
        self.account = engine.gateway.accounts[NAME]
        self.account.exchange.not_found = RULE
        await self.compare()
        say("trading")
        while True:
            await self.act()

    async def compare(self) -> None:
        """Look until nothing is unsure, twice more, and compare with the venue's own books."""
        loop = asyncio.get_running_loop()
        late = loop.time() + PATIENCE_S
        looks = 2
        while looks and loop.time() < late:
            await self.account.market.poll_once()
            if is_unsure(self.account.trading.ledger):
                await asyncio.sleep(0.1)
            else:
                looks -= 1
        found = list(differences(self.account, await asyncio.to_thread(self.books)))
        ledger = self.account.trading.ledger
        if found:
            say("differs", json.dumps(found))
        else:
            say("agreed", len(ledger.orders), len(ledger.fills))

    def books(self) -> Any:
        with urllib.request.urlopen(f"{self.url}/control", timeout=10) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    async def act(self) -> None:
        """One random deed; what the engine refuses is no matter."""
        deeds: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (6, self.enter), (4, self.rest), (3, self.cancel), (4, self.reduce),
            (2, self.move_stop), (1, self.move_target), (4, self.account.market.poll_once),
        ]  # fmt: skip
        deed = self.chance.choices([d for _, d in deeds], [w for w, _ in deeds])[0]
        try:
            await deed()
        except KitError as error:
            if os.environ.get("LOOP_VERBOSE"):
                say("refused", error.message)
        await asyncio.sleep(0)

    # -- deeds -----------------------------------------------------------------------------------

    async def enter(self) -> None:
        pair = self.chance.choice(self.pairs)
        side = self.side()
        stop, target = await self.levels(pair, side)
        await self.order(
            OrderRequest(
                side=side, pair=pair, quote_amount=self.money(), stop_loss=stop,
                take_profit=target,
            )
        )  # fmt: skip

    async def rest(self) -> None:
        pair, side = self.chance.choice(self.pairs), self.side()
        last = (await self.account.market.ticker(pair)).last
        away = self.near("0.001", "0.012")
        price = _tick(last * (1 - away if side is Side.BUY else 1 + away))
        stop, target = await self.levels(pair, side, price)
        request = OrderRequest(
            side=side, pair=pair, type=OrderType.LIMIT, price=price,
            base_amount=self.money() / price, stop_loss=stop, take_profit=target,
        )  # fmt: skip
        await self.order(request)

    async def cancel(self) -> None:
        entries = [o for o in self.account.trading.ledger.open_orders(NAME) if not o.reduce_only]
        if entries:
            chosen: Order = self.chance.choice(entries)
            await self.account.trading.cancel(chosen.id, principal=PERSON)

    async def reduce(self) -> None:
        held = self.held()
        if held is None:
            return
        share = self.chance.choice([Decimal("0.3"), Decimal("0.5"), Decimal(1)])
        proposal = await self.account.trading.close_position(
            held.pair, share, principal=PERSON, words="loop"
        )
        await self.approve(proposal.ticket)

    async def move_stop(self) -> None:
        await self._move(self.account.trading.move_stop, -1)

    async def move_target(self) -> None:
        held = self.held()
        if held is not None:
            price = await self._away(held, 1)
            await self.account.trading.move_target(held.pair, price, principal=PERSON)

    async def _move(self, move: Callable[..., Awaitable[Any]], way: int) -> None:
        held = self.held()
        if held is not None:
            await move(held.pair, price=await self._away(held, way), principal=PERSON)

    async def _away(self, held: Position, way: int) -> Price:
        last = (await self.account.market.ticker(held.pair)).last
        sign = way if held.signed_quantity > 0 else -way
        return _tick(last * (1 + sign * self.near("0.005", "0.02")))

    async def order(self, request: OrderRequest) -> None:
        proposal = await self.account.trading.propose(request, principal=PERSON, words="loop")
        if proposal.ticket is None:
            raise KitError(proposal.reply.text)
        await self.approve(proposal.ticket)

    async def approve(self, ticket: Any) -> None:
        if ticket is None:
            return
        answer = await self.account.trading.approve(
            ticket.id, principal=PERSON, ticket_hash=ticket.hash
        )
        if answer.order is not None:
            say("ack", answer.order.id, answer.order.status.value)

    # -- chances ---------------------------------------------------------------------------------

    def side(self) -> Side:
        return self.chance.choice(list(Side)) if self.margined else Side.BUY

    def money(self) -> Decimal:
        low = 250 if self.margined else 15
        return Decimal(self.chance.randint(low, low * 4))

    def near(self, low: str, high: str) -> Decimal:
        return Decimal(str(round(self.chance.uniform(float(low), float(high)), 5)))

    def held(self) -> Position | None:
        held = self.account.trading.ledger.open_positions(NAME)
        return self.chance.choice(held) if held else None

    async def levels(
        self, pair: Pair, side: Side, price: Price | None = None
    ) -> tuple[Price, Price | None]:
        """A stop always, a target most times."""
        at = price or (await self.account.market.ticker(pair)).last
        sign = 1 if side is Side.BUY else -1
        target = at * (1 + sign * self.near("0.006", "0.02"))
        stop = _tick(at * (1 - sign * self.near("0.006", "0.02")))
        return stop, _tick(target) if self.chance.random() < 0.7 else None


def _tick(price: Decimal) -> Price:
    return Price(price.quantize(Decimal("0.1"), ROUND_DOWN))


# -- the server of lives -------------------------------------------------------------------------


def live(home: Path, url: str, margined: bool, seed: str) -> None:
    """In the forked child: nothing of it is left when this returns."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdin.close()
    try:
        asyncio.run(Life(home, url, margined, seed).run())
    except BaseException:  # noqa: BLE001 - whatever ended it is told
        say("differs", json.dumps([traceback.format_exc()]))
    os._exit(1)


def main(home: Path, url: str, market: str) -> None:
    logging.basicConfig(filename=home / "loop.log", level=logging.INFO)
    exchange_class("binance" if market == "spot" else "binanceusdm")
    child = 0
    say("ready")
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "live":
            child = os.fork()
            if child == 0:
                live(home, url, market == "perpetual", rest)
        elif word == "kill":
            say(f"\ngone {end(child)}")
            child = 0
    if child:  # whoever asked is gone
        end(child)


def end(child: int) -> int:
    """SIGKILL a life and take leave of it; its exit code."""
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
