"""Time until a venue is ready, paired with importing all of ccxt; each in a process of its own.

Ready means: Python started, our modules and ccxt's one exchange imported, the client built. The
other side only imports `ccxt.async_support`. Prints medians and their ratio (target 0.6).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

ROUNDS = int(os.environ.get("ROUNDS", "7"))
TARGET = 0.6
READY = """
import asyncio
from kit_tui.domain.orders import Mode
from kit_tui.exchanges.ccxt_exchange import CcxtExchange
from kit_tui.runtime.clock import SystemClock
from kit_tui.settings.credentials import Credentials

async def main():
    venue = CcxtExchange(
        "binance", SystemClock(), account="binance", mode=Mode.LIVE,
        credentials=Credentials("key", "secret"),
    )
    await venue.open()
    assert venue._client.id == "binance"  # no connection is open yet, so there is none to close

asyncio.run(main())
"""
ALL = "import ccxt.async_support"


def seconds(program: str) -> float:
    """Wall time of a fresh process."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> int:
    """Run the pairs; 1 when the target is missed."""
    for program in (READY, ALL):
        seconds(program)  # compile, and fill the file cache
    pairs = [(seconds(READY), seconds(ALL)) for _ in range(ROUNDS)]
    ready, everything = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"binance ready       {ready * 1000:6.0f} ms")
    print(f"all of ccxt, async  {everything * 1000:6.0f} ms")
    print(f"ratio               {ratio:6.2f}  (target {TARGET})")
    return int(ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main())
