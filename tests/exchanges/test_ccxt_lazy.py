"""Every exchange of ccxt loads and constructs through the lazy package, in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import asyncio, json, sys
from kit_tui.exchanges.ccxt_lazy import LazyPackage, exchange_class

async def main():
    exchange_class("binance")
    import ccxt.async_support
    package = ccxt.async_support
    assert isinstance(package, LazyPackage)
    failed = {}
    for name in package.exchanges:
        try:
            kind = exchange_class(name)
            client = kind({})
            assert client.id == name and getattr(package, name) is kind, client.id
            assert isinstance(client, package.Exchange)
        except Exception as error:
            failed[name] = repr(error)[:200]
    print(json.dumps({"count": len(package.exchanges), "failed": failed}))

asyncio.run(main())
"""


def test_all_exchanges_load_and_construct_one_by_one() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=110
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["failed"] == {}
    assert told["count"] > 90


def test_the_ordinary_import_is_used_where_the_lazy_one_fails() -> None:
    script = (
        "from kit_tui.exchanges import ccxt_lazy\n"
        "ccxt_lazy._install = lambda: (_ for _ in ()).throw(ImportError('another layout'))\n"
        "kind = ccxt_lazy.exchange_class('kraken')\n"
        "import ccxt.async_support\n"
        "assert not isinstance(ccxt.async_support, ccxt_lazy.LazyPackage)\n"
        "print(kind({}).id)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "kraken"
