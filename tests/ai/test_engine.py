"""The ladder: it says which engine answered and keeps the question that is open."""

from __future__ import annotations

from kit_tui.ai.assets import offline_pairs
from kit_tui.ai.engine import OFFLINE, AiEngine
from kit_tui.domain.intent import Action


async def test_the_engine_is_named_with_the_reason() -> None:
    understood = await AiEngine(offline_pairs).understand("buy BTC for $100")
    assert understood.engine == OFFLINE == "offline grammar"
    assert understood.intent.intent is Action.BUY
    assert understood.note


async def test_an_open_question_is_answered() -> None:
    engine = AiEngine(offline_pairs)
    first = await engine.understand("buy BTC")
    second = await engine.understand("$100", first.intent)
    assert second.intent.intent is Action.BUY
    assert second.intent.quote_amount == 100
