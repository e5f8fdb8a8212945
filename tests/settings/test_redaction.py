"""Secrets leave the program in no text: not by value, not by shape, not in any traceback."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.settings.credentials import find_credentials
from kit_tui.settings.redaction import MARK, redact, remember

SECRET = "Zq9+vault/secret=that'nobody\"sees"


@given(
    before=st.text(max_size=30),
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=8, max_size=70),
    after=st.text(max_size=30),
)
def test_what_is_remembered_is_gone_in_every_spelling(before: str, secret: str, after: str) -> None:
    remember(secret)
    for spelling in (
        secret, quote(secret, safe=""), repr(secret)[1:-1], b64encode(secret.encode()).decode(),
    ):  # fmt: skip
        if len(spelling.strip()) >= 8:
            assert spelling.strip() not in redact(f"{before} {spelling} {after}").replace(MARK, "")


@pytest.mark.parametrize(
    "text",
    [
        "GET https://api.binance.com/api/v3/account?timestamp=1&signature=9f8e7d6c5b4a39281706",
        "headers={'X-MBX-APIKEY': '9f8e7d6c5b4a39281706', 'User-Agent': 'x'}",
        '{"apiKey": "9f8e7d6c5b4a39281706", "ok": true}',
        "Authorization: Bearer 9f8e7d6c5b4a39281706",
        "API-Sign=9f8e7d6c5b4a39281706",
        "CB-ACCESS-SIGN: 9f8e7d6c5b4a39281706",
        "wss://stream/ws?listenKey=9f8e7d6c5b4a39281706",
        "-----BEGIN EC PRIVATE KEY-----\n9f8e7d6c5b4a39281706\n-----END EC PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\n9f8e7d6c5b4a39281706 cut",
        "sk-ant-9f8e7d6c5b4a39281706",
        "https://api.telegram.org/bot123456789:AAF9f8e7d6c5b4a392817069f8e7d6c5b4a/getMe",
        "api_key=9f8e7d6c5b4a39281706",
    ],
)
def test_what_is_shaped_like_a_secret_is_gone(text: str) -> None:
    told = redact(text)
    assert "9f8e7d6c5b4a39281706" not in told
    assert MARK in told


@pytest.mark.parametrize(
    "text",
    [
        "bought 0.00149 BTC/USDT at 67,012.40, order kit-0031, ticket 12",
        "token bucket: 1200 of 6000, key frame, sign of life",
        "binance: NetworkError: binance GET https://api.binance.com/api/v3/ping",
        "secret: none is stored; api key of binance: 3f9a0c41d7e2",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


def test_keys_that_were_found_are_remembered() -> None:
    key, secret = "the-key-that-was-found-1", "the-secret-that-was-found-2"
    find_credentials("okx", {"KIT_OKX_API_KEY": key, "KIT_OKX_SECRET": secret}, None)
    assert redact(f"{key} {secret}") == f"{MARK} {MARK}"


CRASHES = {
    "an exception nobody caught": "raise ValueError(f'bad key {SECRET}')",
    "a chain of them": """
try:
    raise ValueError(SECRET)
except ValueError as error:
    raise RuntimeError('it failed') from error
""",
    "a thread": """
import threading
def work():
    raise ValueError(SECRET)
thread = threading.Thread(target=work, name=SECRET)
thread.start()
thread.join()
""",
    "a finaliser": """
class Holder:
    def __del__(self):
        raise ValueError(SECRET)
    def __repr__(self):
        return SECRET
holder = Holder()
del holder
""",
    "a task nobody waited for": """
import asyncio, gc
async def fails():
    raise ValueError(SECRET)
async def main():
    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    asyncio.get_running_loop().call_soon(print, 1 / 1)
asyncio.run(main())
gc.collect()
""",
    "a callback": """
import asyncio
def fails():
    raise ValueError(SECRET)
async def main():
    asyncio.get_running_loop().call_soon(fails)
    await asyncio.sleep(0.01)
asyncio.run(main())
""",
    "a log before there is a log file": """
import logging
logging.getLogger('kit_tui.test').error('bad key %s', SECRET)
""",
}


@pytest.mark.parametrize("code", CRASHES.values(), ids=CRASHES.keys())
def test_no_crash_prints_a_secret(code: str) -> None:
    start = (
        "import sys\nfrom kit_tui.settings.redaction import guard_crashes, remember\n"
        "guard_crashes()\nSECRET = sys.argv[1]\nremember(SECRET)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", start + code, SECRET],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert MARK in done.stderr, done.stderr
    for spelling in (SECRET, repr(SECRET)[1:-1]):
        assert spelling not in done.stdout + done.stderr
