"""Secrets typed into a chat are known by their shape; ordinary talk of trading is not disturbed."""

from __future__ import annotations

import random
import string

import pytest

from kit_tui.ai.secrets import looks_like_secret
from tests.ai.reading import phrases

DICE = random.Random(5)


def made(alphabet: str, length: int) -> str:
    """A made-up value of the right shape; it opens nothing."""
    return "".join(DICE.choice(alphabet) for _ in range(length))


LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
HASH = made(HEX, 64)
SEED = "legal winner thank year wave sausage worth useful legal winner thank yellow"


@pytest.mark.parametrize(
    "text",
    [made(LETTERS, 64), f"my binance key is {made(LETTERS, 64)}", made(LETTERS + "+/", 86) + "==",
     f"1234567890:{'AA' + made(LETTERS + '_-', 33)}", f"sk-ant-api03-{made(LETTERS, 40)}",
     f"sk-{made(LETTERS, 40)}",
     "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----",
     f"ghp_{made(LETTERS, 36)}", f"eyJhbGciOiJ9.{made(LETTERS, 30)}.{made(LETTERS, 30)}",
     HASH, f"0x{HASH}", f"here: {HASH}", SEED, f"my seed phrase: {SEED}", SEED.replace(" ", "\n"),
     f"api secret: {made(LETTERS, 20)}1", "password: hunter2!", "passphrase = correcthorse",
     f"KIT_BINANCE_SECRET={made(LETTERS, 30)}9", f"AKIA{made(string.ascii_uppercase, 16)}",
     f"connect kraken {made(LETTERS, 56)}", "Passwort ist geheim123",
     f"xprv{made('abcdefghijk', 70)}"],
)  # fmt: skip
def test_secrets_are_known(text: str) -> None:
    assert looks_like_secret(text) is not None


@pytest.mark.parametrize(
    "text",
    ["buy BTC for $100", f"approve t-12 {HASH}", f"/approve T7 --hash {HASH}", f"approve {HASH}",
     f"approve t1 hash {HASH}", "cancel order 123456789012345678901234567890",
     "cancel order 550e8400-e29b-41d4-a716-446655440000", "how do I set my api key?",
     "where do I put the api key for binance", "is my password safe", "I forgot my password",
     "my api key does not work",
     "https://www.binance.com/en/trade/BTC_USDT?type=spot&x=AbCdEf1234567",
     "send me a mail at someone.with.a.long.name1234@example.com",
     "analyze BTC ETH SOL XRP ADA DOGE LINK AVAX DOT LTC BCH BNB",
     "1234567890123456789012345678901",
     "Donaudampfschifffahrtsgesellschaftskapitän", "buy 0.12345678 BTC at 67012.40 SL 2% TP 6%",
     "what is the difference between a limit order and a stop limit order please",
     "trend-following-with-a-very-long-strategy-name-20-50",
     "seed round funding for solana projects",
     "should i sell now or wait until tomorrow morning before the meeting starts",
     "btc eth sol xrp ada doge link avax dot ltc bch bnb"],
)  # fmt: skip
def test_ordinary_talk_is_left_alone(text: str) -> None:
    assert looks_like_secret(text) is None


def test_no_phrase_of_a_traders_day_is_a_secret() -> None:
    wrong = [row["text"] for row in phrases() if looks_like_secret(row["text"])]
    assert [text for text in wrong if "bc1q" not in text] == []


@pytest.mark.parametrize("length", [43, 56, 64, 72, 88])
def test_random_keys_of_usual_lengths_are_known(length: int) -> None:
    assert all(looks_like_secret(made(LETTERS, length)) for _ in range(200))


def test_a_flood_of_text_is_judged_quickly() -> None:
    assert looks_like_secret("buy now " * 20_000) is None
