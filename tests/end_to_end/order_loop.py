"""A process that trades in a loop until it is killed: `python -m … HOME`.

It opens the demo account (recovering whatever the last victim left), prints `ready`, then buys and
sells and prints `ack ORDER_ID` only after the engine has answered.
"""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal

from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.ticket import OrderRequest
from kit_tui.runtime.clock import SystemClock
from kit_tui.runtime.engine import Engine
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations

PERSON = Principal(channel="test", user="local", name="loop", role=Role.OWNER, local=True)
PAIRS = (Pair("BTC/USDT"), Pair("ETH/USDT"), Pair("SOL/USDT"))


async def main(home: str) -> None:
    locations = find_locations({"KIT_HOME": home})
    locations.ensure()
    engine = Engine(locations, load_settings(locations, {}), SystemClock(), {})
    await engine.start(demo=True)
    trading = (await engine.account("demo")).trading
    print("ready", flush=True)
    number = 0
    while True:
        number += 1
        pair = PAIRS[number % len(PAIRS)]
        side = Side.BUY if number % 3 else Side.SELL
        request = OrderRequest(side=side, pair=pair, quote_amount=Decimal(40))
        if number % 7 == 0:
            request = OrderRequest(
                side=Side.BUY, pair=pair, type=OrderType.LIMIT, base_amount=Decimal("0.01"),
                price=Price("150"),
            )  # fmt: skip
        try:
            proposal = await trading.propose(request, principal=PERSON, words="loop")
        except KitError:  # nothing held to sell
            continue
        if proposal.ticket is None:
            await asyncio.sleep(0.001)
            continue
        answer = await trading.approve(
            proposal.ticket.id, principal=PERSON, ticket_hash=proposal.ticket.hash
        )
        if answer.order is not None:
            print("ack", answer.order.id, answer.order.status.value, flush=True)
        if number % 5 == 0:
            await trading.tick()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
