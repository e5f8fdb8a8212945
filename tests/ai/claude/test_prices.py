"""What a call costs, to the last digit, and never nothing when it is not known."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.ai.claude.capabilities import CAPABILITIES, RETIRED
from kit_tui.ai.claude.prices import load_prices
from kit_tui.ai.claude.protocol import Usage
from kit_tui.domain.errors import SettingsError
from kit_tui.settings.model import EngineSettings

PRICES = load_prices()
COUNTS = st.integers(0, 2_000_000)
USAGES = st.builds(
    Usage, input_tokens=COUNTS, cache_read=COUNTS, cache_write_5m=COUNTS, cache_write_1h=COUNTS,
    output_tokens=COUNTS,
)  # fmt: skip
MODELS = st.sampled_from(sorted(PRICES.models))


def prompt(usage: Usage) -> int:
    return usage.input_tokens + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h


def test_a_call_costs_the_sum_of_its_parts() -> None:
    usage = Usage(
        input_tokens=812, cache_read=4_096, cache_write_5m=300, cache_write_1h=1_000,
        output_tokens=57, thinking_tokens=9,
    )  # fmt: skip
    # (812 x 2 + 4096 x 0.10 + 300 x 2.50 + 1000 x 4 + 57 x 10) / 1,000,000; thoughts are output
    assert PRICES.cost("claude-sonnet-5-5", usage) == Decimal("0.0073536")


def test_a_long_prompt_is_dearer_as_a_whole() -> None:
    short = Usage(input_tokens=99_000, cache_read=1_000, output_tokens=100)
    assert PRICES.cost("claude-haiku-5-5", short) == Decimal("0.00996")
    long = Usage(input_tokens=99_000, cache_read=1_001, output_tokens=100)
    assert PRICES.cost("claude-haiku-5-5", long) == Decimal("0.04980005")


@pytest.mark.parametrize("model", ["claude-fable-5-2", "gpt-9", "", "claude-sonnet-5-5-5"])
def test_a_model_without_a_price_costs_an_unknown_amount(model: str) -> None:
    assert PRICES.cost(model, Usage(input_tokens=1)) is None


def test_the_models_used_by_default_have_prices() -> None:
    for model in (EngineSettings().model, EngineSettings().small_model):
        assert PRICES.cost(model, Usage(input_tokens=1)) is not None
    assert set(PRICES.models) <= set(CAPABILITIES)
    assert not set(PRICES.models) & set(RETIRED)


@given(MODELS, USAGES)
def test_nothing_costs_more_than_the_worst_case(model: str, usage: Usage) -> None:
    cost = PRICES.cost(model, usage)
    assert cost is not None
    assert cost <= PRICES.worst_case(model, prompt(usage), usage.output_tokens)


@given(MODELS, USAGES)
def test_a_model_nobody_knows_is_as_dear_as_any(model: str, usage: Usage) -> None:
    known = PRICES.worst_case(model, prompt(usage), usage.output_tokens)
    assert PRICES.worst_case("claude-next", prompt(usage), usage.output_tokens) >= known


@given(MODELS, USAGES, st.integers(1, 100_000))
def test_more_tokens_never_cost_less(model: str, usage: Usage, more: int) -> None:
    from msgspec.structs import replace

    cost = PRICES.cost(model, usage)
    assert cost is not None
    for name in ("input_tokens", "cache_read", "cache_write_5m", "cache_write_1h", "output_tokens"):
        bigger = PRICES.cost(model, replace(usage, **{name: getattr(usage, name) + more}))
        assert bigger is not None
        assert bigger >= cost
    assert PRICES.worst_case(model, prompt(usage) + more, 9) >= PRICES.worst_case(
        model, prompt(usage), 9
    )


@given(MODELS)
def test_the_vendors_multiples_hold_for_every_price(model: str) -> None:
    price = PRICES.models[model]
    for rates in (price.rates, price.long or price.rates):
        assert rates.cache_write_5m == rates.input * Decimal("1.25")
        assert rates.cache_write_1h == rates.input * 2
        assert rates.cache_read < rates.input < rates.output


# -- a list of one's own ------------------------------------------------------------------------


def write(folder: Path, **models: Any) -> None:
    (folder / "prices.json").write_text(json.dumps({"as_of": "2027-01-02", "models": models}))


def test_an_own_list_changes_and_adds_models_and_keeps_the_others(tmp_path: Path) -> None:
    assert load_prices(tmp_path).models == PRICES.models
    write(
        tmp_path,
        **{
            "claude-sonnet-5-5": {"input": 3, "output": 15.5, "cache_read": "0.15"},
            "claude-fable-5-2": {"input": "11", "output": "55"},
        },
    )
    prices = load_prices(tmp_path)
    assert prices.as_of.isoformat() == "2027-01-02"
    assert prices.models["claude-sonnet-5-5"].rates.output == Decimal("15.5")
    assert prices.models["claude-fable-5-2"].rates.cache_write_5m == Decimal("13.75")
    assert prices.models["claude-fable-5-2"].rates.cache_read == Decimal("1.1")
    assert prices.models["claude-opus-5-5"] == PRICES.models["claude-opus-5-5"]


GOOD = {"input": "1", "output": "2"}


@pytest.mark.parametrize(
    ("models", "field"),
    [
        ({"m": {"output": "1"}}, "models.m.input is missing"),
        ({"m": {"input": "1"}}, "models.m.output is missing"),
        ({"m": GOOD | {"input": "cheap"}}, "models.m.input must be an amount"),
        ({"m": GOOD | {"input": True}}, "models.m.input must be an amount"),
        ({"m": GOOD | {"input": None}}, "models.m.input must be an amount"),
        ({"m": GOOD | {"output": "-1"}}, "models.m.output must be an amount"),
        ({"m": GOOD | {"output": "NaN"}}, "models.m.output must be an amount"),
        ({"m": GOOD | {"output": "1e99"}}, "models.m.output must be an amount"),
        ({"m": GOOD | {"cache_raed": "1"}}, "models.m.cache_raed is not known"),
        ({"m": "free"}, "models.m must be an object"),
        ({"m": GOOD | {"long_prompt": GOOD}}, "models.m.long_prompt.above must be a number"),
        ({"m": GOOD | {"long_prompt": {"above": 5}}}, "models.m.long_prompt.input is missing"),
    ],
)
def test_a_mistake_in_an_own_list_is_named(
    tmp_path: Path, models: dict[str, Any], field: str
) -> None:
    write(tmp_path, **models)
    with pytest.raises(SettingsError) as wrong:
        load_prices(tmp_path)
    assert str(tmp_path / "prices.json") in wrong.value.message
    assert field in wrong.value.message
    assert wrong.value.hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{\n  oops", "is not valid JSON in line 2"),
        ("[]", "must be an object"),
        ("[" * 100_000, "is not valid JSON"),
        ('{"as_of": "2026-01-01"}', "models must be an object"),
        ('{"as_of": "soon", "models": {}}', "as_of must be a day"),
        ('{"models": {}}', "as_of must be a day"),
        ('{"as_of": "2026-01-01", "models": {}, "discount": 1}', "discount is not known"),
    ],
)
def test_an_own_list_that_is_none_is_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "prices.json").write_text(content)
    with pytest.raises(SettingsError, match=words):
        load_prices(tmp_path)


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "prices.json").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_prices(tmp_path)
