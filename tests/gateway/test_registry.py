"""From typed words to typed arguments: what cannot be read is named, and nothing is misread."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.commands.command import Context, Effect, command, commands_of
from kit_tui.commands.registry import Registry, bind, read_pair, split_words, typed
from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import UsageError
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Side
from kit_tui.domain.pair import Pair


class Examples:
    """One command for every kind of parameter."""

    @command("trade", effect=Effect.PROPOSES, aliases=("t",))
    async def trade(  # noqa: PLR0917 - one of each kind
        self, ctx: Context, pair: Pair, side: Side, quantity: Decimal, limit: Price | None = None,
        times: int = 1, quiet: bool = False, fraction: Decimal = Decimal(1),
        span: Literal["day", "week"] = "day",
    ) -> Reply:  # fmt: skip
        """Trade."""
        raise NotImplementedError

    @command("stop", effect=Effect.REDUCES)
    async def stop(self, ctx: Context, why: str = "") -> Reply:
        """Stop.

        At once.
        """
        raise NotImplementedError

    @command("amount", effect=Effect.READS)
    async def amount(self, ctx: Context, amount: Decimal) -> Reply:
        """An amount of money."""
        raise NotImplementedError


REGISTRY = Registry(commands_of(Examples(), "examples"))
TRADE, STOP, AMOUNT = (REGISTRY.find(name) for name in ("trade", "stop", "amount"))
GOOD = {"pair": "btc", "side": "buy", "quantity": "0.5"}


def test_every_kind_is_read() -> None:
    bound = bind(
        TRADE,
        {**GOOD, "limit": "67,000.50", "times": "3", "quiet": "yes", "fraction": "50%",
         "span": "week"},
    )  # fmt: skip
    assert bound == {
        "pair": Pair("BTC/USDT"), "side": Side.BUY, "quantity": Decimal("0.5"),
        "limit": Price("67000.50"), "times": 3, "quiet": True, "fraction": Decimal("0.5"),
        "span": "week",
    }  # fmt: skip
    assert type(bound["limit"]) is Price
    assert bind(TRADE, GOOD) == {
        "pair": Pair("BTC/USDT"), "side": Side.BUY, "quantity": Decimal("0.5"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pair", "b/t/c"), ("pair", ""), ("side", "hodl"), ("quantity", "lots"),
        ("quantity", "nan"), ("quantity", "1e999"), ("quantity", "0x10"), ("quantity", "٣"),
        ("limit", "0"), ("limit", "-5"), ("times", "many"), ("times", "1.5"),
        ("quiet", "perhaps"), ("span", "year"), ("fraction", "half"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_the_parameter_and_the_usage(name: str, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        bind(TRADE, {**GOOD, name: text})
    assert name.upper() in refused.value.message
    assert TRADE.usage in refused.value.hint


@pytest.mark.parametrize(
    ("name", "text"),
    [("quantity", "50%"), ("quantity", "$100"), ("fraction", "$1"), ("limit", "5%")],
)
def test_a_mark_that_would_change_the_meaning_is_refused(name: str, text: str) -> None:
    """`/sell BTC 50%` must never sell 0.5 BTC, nor `/sell BTC $100` a hundred."""
    with pytest.raises(UsageError, match=name.upper()):
        bind(TRADE, {**GOOD, name: text})


@pytest.mark.parametrize("text", ["0,5", "1,5", "1,50", "1,2,3", "1.000,50", ",5", "1,"])
def test_a_decimal_comma_is_refused_in_place_of_read_as_thousands(text: str) -> None:
    with pytest.raises(UsageError, match="thousands"):
        bind(AMOUNT, {"amount": text})


@given(st.decimals("0.01", "9999999", places=2))
def test_thousands_and_dollars_are_read_as_written(number: Decimal) -> None:
    assert bind(AMOUNT, {"amount": f"${number:,.2f}"}) == {"amount": number}


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for name in ("pair", "quantity", "limit", "times", "quiet", "fraction", "span"):
        try:
            bind(TRADE, {**GOOD, name: text})
        except UsageError as refused:
            assert name.upper() in refused.message  # noqa: PT017 - both ways are right


def test_arguments_are_written_down_as_a_person_would_type_them() -> None:
    assert typed(TRADE, {"quantity": "1", "side": "buy", "pair": "BTC"}) == "/trade BTC buy 1"
    said = typed(TRADE, {"pair": "BTC", "side": "buy", "quantity": "1", "quiet": "yes"})
    assert said == "/trade BTC buy 1 quiet=yes"
    assert split_words(TRADE, said.removeprefix("/trade ")) == {
        "pair": "BTC", "side": "buy", "quantity": "1", "quiet": "yes",
    }  # fmt: skip
    assert typed(STOP, {"why": "too wild"}) == "/stop too wild"


def test_missing_and_unknown_arguments_are_named() -> None:
    with pytest.raises(UsageError, match="needs SIDE"):
        bind(TRADE, {"pair": "BTC"})
    with pytest.raises(UsageError) as refused:
        bind(TRADE, {**GOOD, "x" * 5000: "1"})
    assert len(refused.value.message) < 100


def test_words_are_spread_by_place_and_the_last_text_takes_the_rest() -> None:
    assert split_words(TRADE, "BTC buy 0.5") == {"pair": "BTC", "side": "buy", "quantity": "0.5"}
    assert split_words(STOP, "the market is falling") == {"why": "the market is falling"}
    assert split_words(STOP, '"two words" three') == {"why": "two words three"}
    with pytest.raises(UsageError, match="does not take '2'"):
        split_words(AMOUNT, "1 2")


@given(st.text(max_size=60))
def test_stopping_never_fails_for_how_its_reason_is_written(text: str) -> None:
    assert set(bind(STOP, split_words(STOP, text))) <= {"why"}


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("btc", "BTC/USDT"), ("BTC/EUR", "BTC/EUR"), ("eth-btc", "ETH/BTC"),
        ("SOLUSDC", "SOL/USDC"), ("xrp_usdt", "XRP/USDT"), ("usdt", "USDT/USDT"),
        ("wbtc", "WBTC/USDT"),
    ],
)  # fmt: skip
def test_pairs_are_read_in_every_usual_spelling(text: str, pair: str) -> None:
    assert read_pair(text) == pair


def test_commands_are_found_by_name_alias_and_slash_and_a_slip_gets_a_hint() -> None:
    assert REGISTRY.find("/T") is TRADE
    assert "stop" in REGISTRY
    with pytest.raises(UsageError, match="Did you mean /stop") as refused:
        REGISTRY.find("stpo")
    assert "/stpo" in refused.value.message


def test_a_name_taken_twice_is_a_mistake_found_at_start() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        Registry([TRADE, TRADE])


def test_help_and_usage_come_from_the_declaration() -> None:
    assert STOP.usage == "/stop [WHY]"
    assert (STOP.help, STOP.detail) == ("Stop.", "At once.")
    assert [c.name for c in REGISTRY.all()] == ["amount", "stop", "trade"]
