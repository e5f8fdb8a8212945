"""The prompt cache from our side: what is sent stays the same to the byte, so that it hits."""

from __future__ import annotations

from typing import Any

from kit_tui.ai.claude.prices import load_prices
from tests.ai.claude.talking import PRICE, Talk

RULES = "You help a trader, and never promise a profit. " * 200


def block(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


SYSTEM = (block(RULES, cache_control={"type": "ephemeral", "ttl": "1h"}),)


def question(words: str) -> tuple[dict[str, Any], ...]:
    return ({"role": "user", "content": words},)


async def test_the_second_call_reads_what_the_first_one_wrote(talk: Talk) -> None:
    first = await talk.ask("Yes.", system=SYSTEM, messages=question("One?"))
    second = await talk.ask("No.", system=SYSTEM, messages=question("Two, and longer?"))
    assert first.usage.cache_write_1h > 1_024
    assert first.usage.cache_read == 0
    assert second.usage.cache_read == first.usage.cache_write_1h
    assert second.usage.cache_write_1h == 0
    prices = load_prices()
    dear, cheap = (prices.cost("claude-sonnet-5-5", one.usage) for one in (first, second))
    assert dear is not None
    assert cheap is not None
    assert cheap < dear / 10


async def test_two_equal_requests_are_equal_to_the_byte(talk: Talk) -> None:
    for _ in range(2):
        await talk.ask("Yes.", system=SYSTEM, tools=(PRICE,))
    first, second = talk.server.bodies
    assert str(first) == str(second)


async def test_other_tools_miss(talk: Talk) -> None:
    await talk.ask("Yes.", system=SYSTEM, tools=(PRICE,))
    assert (await talk.ask("Yes.", system=SYSTEM, tools=())).usage.cache_read == 0
