"""What a new user tries in a shell: autonomy, what waits, sizes, ideas, and why it was done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.homes import kit, kit_json

SENT_UNASKED = "Sent without asking: semi-auto, 1 of 20 orders"


def test_autonomy_is_raised_by_its_word_and_counts_what_it_sends(tmp_path: Path) -> None:
    assert "manual: every order is asked about" in kit(tmp_path, "autonomy", "--demo").stdout
    refused = kit(tmp_path, "autonomy", "semi-auto", "--demo")
    assert refused.returncode == 1
    assert "Type kit autonomy semi-auto SEMI-AUTO" in refused.stderr
    raised = kit(tmp_path, "autonomy", "semi-auto", "SEMI-AUTO", "--demo")
    assert raised.returncode == 0
    assert "orders below 500 USDT are sent without asking, at most 20 orders" in raised.stdout
    small = kit_json(tmp_path, "ask", "Buy BTC for $100", "--demo")
    assert small["order"]["status"] == "filled"
    assert SENT_UNASKED in small["reply"]
    large = kit_json(tmp_path, "ask", "Buy BTC for $600", "--demo")
    assert (large["ticket"]["state"], large["order"]) == ("pending", None)
    assert kit(tmp_path, "halt", "--demo").returncode == 0
    assert "manual" in kit(tmp_path, "autonomy", "--demo").stdout


def test_what_waits_is_listed_and_answered_as_a_shell_takes_it(tmp_path: Path) -> None:
    assert kit(tmp_path, "pending", "--demo").stdout == "No tickets wait for an answer.\n"
    assert kit_json(tmp_path, "pending", "--demo") == []
    ticket = kit_json(tmp_path, "order", "buy", "BTC/USDT", "quote_amount=50", "--demo")["ticket"]
    assert ticket["state"] == "pending"
    listed = kit(tmp_path, "pending", "--demo").stdout
    assert "kit approve NUMBER or kit reject NUMBER" in listed
    (row,) = kit_json(tmp_path, "pending", "--demo")
    assert row == ticket
    assert (row["read_by"], len(row["hash"])) == ("command", 64)
    assert kit(tmp_path, "reject", ticket["id"], "--demo").returncode == 0
    assert kit(tmp_path, "approve", ticket["id"], "--demo").returncode == 1


def test_a_size_and_an_idea_can_be_proposed_as_they_are_printed(tmp_path: Path) -> None:
    sized = kit(tmp_path, "size", "BTC", "--demo")
    assert sized.returncode == 0
    line = next(text for text in sized.stdout.splitlines() if "To propose it: kit " in text)
    words = line.partition("kit ")[2].split()
    proposed = kit_json(tmp_path, *words, "--demo")
    assert proposed["ticket"]["state"] == "pending"
    assert proposed["ticket"]["order"]["stop_loss"] == words[-1].partition("=")[2]
    idea = kit(tmp_path, "recommend", "BTC", "--demo")
    assert idea.returncode == 0
    assert "Wrong if" in idea.stdout or "no trade" in idea.stdout


def test_why_carries_its_story_in_json_too(tmp_path: Path) -> None:
    nothing = kit(tmp_path, "why", "--demo", "--json")
    assert nothing.returncode == 1
    assert nothing.stderr
    kit_json(tmp_path, "ask", "Buy BTC for $100", "--demo", "--approve")
    told = kit_json(tmp_path, "why", "--demo")
    assert set(told) == {"reply", "intent", "verdict", "ticket", "order", "story"}
    assert told["order"]["status"] == "filled"
    story = [line["what"] for line in told["story"]]
    assert story[:2] == ["asked by you on cli: Buy BTC for $100", "read by the offline grammar"]
    assert any(line.startswith("passed: maxPositionSize") for line in story)
    assert "ticket 1 approved by you on cli" in story
    pending = kit_json(tmp_path, "ask", "buy 0.01 ETH", "--demo")["ticket"]["id"]
    told = kit_json(tmp_path, "why", f"t{pending}", "--demo")
    assert told["order"] is None
    assert told["story"][0]["what"] == "asked by you on cli: buy 0.01 ETH"
    kit(tmp_path, "ask", "Buy $50,000 of BTC", "--demo")
    told = kit_json(tmp_path, "why", "--demo")
    assert any(line["what"].startswith("failed: maxPositionSize") for line in told["story"])


@pytest.mark.parametrize("name", ["autonomy", "pending", "order", "size", "recommend", "why"])
def test_every_command_explains_itself(tmp_path: Path, name: str) -> None:
    done = kit(tmp_path, name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: kit {name}")
    assert "--json" in done.stdout
    assert f"/{name} " not in done.stdout


def test_a_level_that_is_none_is_answered_with_those_there_are(tmp_path: Path) -> None:
    done = kit(tmp_path, "autonomy", "foo", "--demo")
    assert done.returncode == 1
    assert "(one of manual, semi-auto, full-auto)" in done.stderr


def test_the_list_of_commands_is_as_narrow_as_they_are(tmp_path: Path) -> None:
    listed = kit(tmp_path, "help", "--demo").stdout
    rows = [line for line in listed.splitlines() if line.startswith("kit ")]
    assert len(rows) > 30
    assert any(row.startswith("kit order SIDE PAIR …  ") for row in rows)
    assert max(map(len, rows)) <= 115


def test_help_of_another_name_and_of_none(tmp_path: Path) -> None:
    assert "kit recommend PAIR" in kit(tmp_path, "idea", "--help").stdout
    unknown = kit(tmp_path, "portfoilo", "--help")
    assert unknown.returncode == 2
    assert "portfoilo" in unknown.stderr
    assert json.loads(kit(tmp_path, "autonomy", "--demo", "--json").stdout)["reply"]
