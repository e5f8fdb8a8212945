"""The JSON shapes scripts rely on: every key there, numbers as plain strings."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.commands import contract, market_contract
from kit_tui.domain.cards import QuestionCard
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import Price
from tests.cli import fakes
from tests.support.clock import EPOCH

ORDER_KEYS = [
    "id",
    "client_id",
    "venue_order_id",
    "venue",
    "account",
    "mode",
    "pair",
    "side",
    "type",
    "status",
    "quantity",
    "filled",
    "price",
    "stop_price",
    "average_price",
    "time_in_force",
    "reduce_only",
    "fee",
    "fee_currency",
    "parent_id",
    "created_at",
    "updated_at",
]
POSITION_KEYS = [
    "pair",
    "venue",
    "account",
    "side",
    "quantity",
    "entry_price",
    "mark_price",
    "mark_age_s",
    "unrealised_pnl",
    "realised_pnl",
    "stop_price",
    "take_profit_price",
    "leverage",
    "liquidation_price",
]


def floats_in(value: Any, path: str = "") -> list[str]:
    """Where a float hides."""
    if isinstance(value, float):
        return [path]
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return [hit for key, part in inner for hit in floats_in(part, f"{path}.{key}")]
    return []


def test_an_order_has_every_key_of_the_contract() -> None:
    found = contract.order_json(fakes.ORDER)
    assert list(found)[: len(ORDER_KEYS)] == ORDER_KEYS
    assert found["mode"] == "demo"
    assert (found["side"], found["type"], found["status"]) == ("buy", "market", "filled")
    assert found["time_in_force"] == "gtc"
    assert found["average_price"] == "67012.4"
    assert found["price"] is None
    assert found["created_at"] == "2026-11-22T14:03:00Z"


def test_a_ticket_carries_its_order_with_the_keys_of_an_order() -> None:
    found = contract.ticket_json(fakes.TICKET)
    assert list(found)[:5] == ["id", "hash", "state", "expires_at", "order"]
    assert list(found["order"])[: len(ORDER_KEYS)] == ORDER_KEYS
    assert found["expires_at"] == "2026-11-22T14:04:00Z"
    assert found["order"]["id"] is None


def test_a_verdict_lists_its_checks_with_fractions_of_two_decimals_at_least() -> None:
    found = contract.verdict_json(fakes.VERDICT)
    assert found["largest_passing"] == "1000"
    check = found["checks"][0]
    assert list(check)[:7] == ["name", "code", "unit", "limit", "value", "after", "passed"]
    assert (check["limit"], check["value"], check["after"]) == ("0.10", "0.00", "0.01")
    assert found["checks"][1]["limit"] is None


def test_a_position_has_every_key_and_the_age_of_its_mark() -> None:
    found = contract.position_json(fakes.MARKED, EPOCH + timedelta(seconds=2.5))
    assert list(found)[: len(POSITION_KEYS)] == POSITION_KEYS
    assert found["mark_age_s"] == 2.5
    assert found["leverage"] == "1"
    assert found["unrealised_pnl"] == "-1.61"


def test_the_outcome_has_exactly_five_keys_and_null_for_what_does_not_apply() -> None:
    assert contract.outcome_json("hm") == {
        "reply": "hm", "intent": None, "verdict": None, "ticket": None, "order": None,
    }  # fmt: skip


def test_an_intent_is_written_as_in_the_phrase_list() -> None:
    intent = Intent(
        intent=Action.BUY,
        pair=fakes.BTC,
        quote_amount=Decimal("1E+2"),
        order_type="market",
        stop_loss="2%",
    )
    assert contract.intent_json(intent, "Buy BTC for $100") == {
        "text": "Buy BTC for $100", "intent": "buy", "pair": "BTC/USDT", "quote_amount": "100",
        "base_amount": None, "fraction": None, "order_type": "market", "price": None,
        "stop_price": None, "stop_loss": "2%",
    }  # fmt: skip


def test_an_unpriced_holding_is_null_and_never_zero() -> None:
    odd = contract.portfolio_json(fakes.PORTFOLIO)["holdings"][1]
    assert (odd["price"], odd["value"], odd["share"]) == (None, None, None)
    assert odd["locked"] == "2"


def test_no_amount_is_ever_a_float() -> None:
    values = [
        contract.order_json(fakes.ORDER), contract.ticket_json(fakes.TICKET),
        contract.verdict_json(fakes.VERDICT), contract.portfolio_json(fakes.PORTFOLIO),
        contract.risk_json(fakes.RISK), contract.fill_json(fakes.FILL),
        market_contract.analysis_json(fakes.ANALYSIS), market_contract.chart_json(fakes.CHART),
        contract.intent_json(fakes.BOUGHT.intent),  # type: ignore[arg-type]  # it is set
    ]  # fmt: skip
    assert floats_in(values) == []
    json.dumps(values)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_are_exact_and_without_exponent(value: Decimal) -> None:
    written = contract.number(value)
    assert written is not None
    assert "E" not in written.upper()
    assert Decimal(written) == value


def test_a_question_has_its_choices() -> None:
    card = QuestionCard(question="Which one?", choices=("BTC", "ETH"))
    assert contract.question_json(card) == {"question": "Which one?", "choices": ["BTC", "ETH"]}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("0.1", "0.10"), ("0", "0.00"), ("-0", "0.00"), ("5", "5.00"), ("0.125", "0.125"),
        ("1E-12", "0.00"), ("-1E-12", "0.00"), ("1E+2", "100.00"), ("-0.333333333", "-0.33333333"),
    ],
)  # fmt: skip
def test_fractions_have_two_to_eight_decimals(value: str, written: str) -> None:
    assert contract.fraction(Decimal(value)) == written


def test_subclasses_of_decimal_are_written_like_decimals() -> None:
    assert contract.number(Price("67012.40")) == "67012.4"
