"""Markets: from the venue's list, by ticker, pair, name or a slip of a name, never by guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.ai.assets import NAMES, Assets, offline_pairs
from kit_tui.ai.grammar import Grammar
from kit_tui.ai.wordlists import words
from kit_tui.domain.intent import Action
from kit_tui.domain.pair import Pair
from tests.ai.reading import EXECUTABLE, ORDERS, facts, phrases, read


@pytest.mark.parametrize(
    "spelling", ["BTC", "btc", "BTC/USDT", "btcusdt", "BTC-USDT", "btc_usdt", "btc usdt",
                 "bitcoin", "Bitcoin", "$BTC", "bitcon", "bitcoiin", "bticoin"],
)  # fmt: skip
def test_spellings_of_one_market(spelling: str) -> None:
    intent = read(f"buy 0.1 {spelling}")
    assert facts(intent, "intent pair base_amount") == [Action.BUY, "BTC/USDT", intent.base_amount]
    assert str(intent.base_amount) == "0.1"


@pytest.mark.parametrize(
    ("text", "pair"),
    [("buy 5 SOL/ETH", "SOL/ETH"), ("buy 1 ETH/BTC", "ETH/BTC"), ("buy 1 eth eur", "ETH/EUR"),
     ("buy 1 bitcoin cash", "BCH/USDT"), ("buy 1 ethereum classic", "ETC/USDT"),
     ("buy 10 near", "NEAR/USDT"), ("buy 100 shiba inu", "SHIB/USDT"),
     ("buy $100 of BTC/USD", "BTC/USD"), ("buy 1 ether", "ETH/USDT")],
)  # fmt: skip
def test_pairs_and_names(text: str, pair: str) -> None:
    intent = read(text)
    assert facts(intent, "intent pair") == [Action.BUY, pair]


def test_markets_come_from_the_list_at_the_time() -> None:
    listed = [Pair("BTC/USDT")]
    grammar = Grammar(lambda: listed)
    assert grammar.parse("buy 1 ETH").intent is Action.CLARIFY
    listed.append(Pair("ETH/USDT"))
    assert grammar.parse("buy 1 ETH").pair == "ETH/USDT"


def test_no_market_at_all_is_no_order() -> None:
    assert Grammar(lambda: ()).parse("buy $100 of BTC").intent is Action.CLARIFY


def test_a_quote_currency_that_is_not_listed_is_asked_about() -> None:
    grammar = Grammar(lambda: [Pair("WIF/USDT")])
    intent = grammar.parse("buy €100 of WIF")
    assert intent.intent is Action.CLARIFY
    assert "WIF/USDT" in (intent.question or "")


def test_a_listed_ticker_is_always_itself() -> None:
    """Unlisted neighbours of a ticker (LINA, SOLO, ETHW) are not mended into it."""
    for typed in ("LINA", "SOLO", "ETHW", "BTCB", "DOGS", "ADX", "XRPL", "AVA"):
        assert read(f"buy 5 {typed}").intent not in ORDERS


@given(st.sampled_from(sorted(NAMES)), st.data())
def test_slips_lead_to_the_same_market_or_to_none(name: str, data: st.DataObject) -> None:
    assets = Assets(offline_pairs())
    place = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slip = name[:place] + letter + name[place + 1 :]
    found = assets.word(slip)
    exact = slip in assets.names or slip.upper() in assets.bases
    if found is not None and not exact:
        assert found.name == NAMES[name]


@pytest.mark.parametrize("word", ["other", "either", "tether", "iron", "make", "enter"])
def test_plain_words_are_no_slips(word: str) -> None:
    assert read(f"buy 5 {word}").intent not in ORDERS


def test_perpetuals_are_not_taken_for_spot() -> None:
    grammar = Grammar(lambda: [Pair("BTC/USDT:USDT"), Pair("ETH/USDT")])
    assert grammar.parse("buy 1 BTC").intent is Action.CLARIFY


@pytest.mark.parametrize("name", ["BTC", "bitcoin", "BTC/USDT", "btcusdt", "BTC/USDT:USDT"])
def test_where_only_contracts_are_traded_a_coin_names_its_perpetual(name: str) -> None:
    inverse = Pair("ETH/USD:ETH")
    grammar = Grammar(lambda: [Pair("BTC/USDT:USDT"), inverse])
    assert grammar.parse(f"buy 1 {name}").pair == "BTC/USDT:USDT"
    assert grammar.parse("buy 1 ETH").intent is Action.CLARIFY


def test_tickers_that_are_words_of_orders_change_no_order() -> None:
    """Listed as OPEN, MY or STOP, they are named as pairs or after `$` only."""
    tickers = words("MY OPEN ORDER ME FOR IT ALL STOP OF SL TP T R K RSI GRID TODAY WITHOUT")
    listed = offline_pairs() | {Pair(f"{ticker}/USDT") for ticker in tickers}
    grammar = Grammar(lambda: listed)
    for row in phrases():
        if "markets" in row:
            continue
        usual, intent = read(row["text"]), grammar.parse(row["text"])
        if usual.intent in EXECUTABLE or intent.intent in EXECUTABLE:
            assert intent == usual, row["text"]
    assert grammar.parse("buy 5 $OPEN").pair == "OPEN/USDT"
    assert grammar.parse("buy 5 ORDER/USDT").pair == "ORDER/USDT"
