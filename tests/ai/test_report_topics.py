"""Questions about the books open the page they name, and the report where they name none."""

from __future__ import annotations

import pytest

from kit_tui.ai.report_topics import page_of
from kit_tui.domain.intent import Action
from kit_tui.gateway.routing import TOPICS
from tests.ai.reading import read


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("what fees did i pay this month", "fees"), ("wie hoch waren meine Gebühren", "fees"),
        ("show me my last 5 trades", "trades"), ("trade history", "trades"),
        ("letzte Trades zeigen", "trades"), ("export my trades as csv", "export"),
        ("today's fills", "fills"), ("what's my win rate", "stats"),
        ("my profit by coin", "performance"), ("best pair", "performance"),
        ("show me my pnl per day", "daily"), ("weekly pnl", "weekly"),
        ("monthly profits please", "monthly"), ("report", None), ("how did i do this week", None),
    ],
)  # fmt: skip
def test_the_page_that_a_question_names(text: str, page: str | None) -> None:
    meant = read(text)
    assert meant.intent in (Action.REPORT, Action.PORTFOLIO)
    assert meant.topic == page


def test_a_page_of_all_days_takes_no_span() -> None:
    assert read("weekly pnl").period is None
    assert read("what fees did i pay this month").period == "this month"


def test_every_page_has_its_command() -> None:
    pages = {"fees", "trades", "export", "fills", "stats", "performance", "daily", "weekly",
             "monthly"}  # fmt: skip
    assert pages <= TOPICS.keys()
    assert {page_of(word) for word in ("fees", "csv", "fills", "stats")} <= pages


@pytest.mark.parametrize("text", ["what is bitcoin", "how did i do today", "morning report"])
def test_a_question_that_names_no_page(text: str) -> None:
    assert page_of(text) is None
