"""`kit ask` with a language model: real processes, the real client library, a loopback server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.servers.messages_api import KEY, Cut, MessagesServer, Status, reply, text, tool
from tests.servers.messages_script import Entry
from tests.support.model_homes import kit_beside, model_settings

TALK = "gm, how is life on the desk"
UNSURE = "go buy some btc, say 100 usdt worth of it"
NOTHING = {"verdict": None, "ticket": None, "order": None}
PASSPHRASE = "open sesame 4711"


@pytest.fixture
async def server() -> AsyncIterator[MessagesServer]:
    async with MessagesServer() as running:
        yield running
        assert running.refused == []


@pytest.fixture
def home(tmp_path: Path, server: MessagesServer) -> Path:
    return model_settings(tmp_path, server.url)


async def ask(home: Path, text: str, *words: str, key: str = KEY) -> CompletedProcess[str]:
    held = {"ANTHROPIC_API_KEY": key} if key else {}
    done = await kit_beside(home, "ask", text, "--demo", *words, **held)
    assert "Traceback" not in done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr
    return done


async def ordered(home: Path) -> Any:
    return json.loads((await kit_beside(home, "orders", "--demo", "--json")).stdout)


def an_order(body: dict[str, Any]) -> Any:
    """A reading in the form that was asked for: every property, null where nothing is said."""
    schema = body["output_config"]["format"]["schema"]
    said = {"intent": "buy", "pair": "BTC/USDT", "quote_amount": "100", "order_type": "market"}
    return reply(json.dumps(dict.fromkeys(schema["properties"]) | said))


async def test_conversation_is_answered_with_what_the_tools_say(
    home: Path, server: MessagesServer
) -> None:
    server.answer(reply(tool("get_positions", {})), "You hold nothing.")
    done = await ask(home, TALK)
    assert (done.returncode, done.stdout, done.stderr) == (0, "You hold nothing.\n", "")
    server.answer("Still nothing.")
    answer = json.loads((await ask(home, TALK, "--json")).stdout)
    assert answer.pop("intent")["intent"] == "chat"
    assert answer == {"reply": "Still nothing.", **NOTHING}


async def test_an_analysis_is_printed_with_what_the_model_makes_of_it(
    home: Path, server: MessagesServer
) -> None:
    server.answer("The trend is tired.")
    done = await ask(home, "Analyze ETH")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ETH/USDT · 1h\n")
    assert done.stdout.endswith("Not advice.\n\nThe trend is tired.\n")
    server.answer("It still is.")
    answer = json.loads((await ask(home, "Analyze ETH", "--json")).stdout)
    assert answer["intent"]["intent"] == "analyze"
    assert answer["reply"].endswith("It still is.")


async def test_what_a_model_read_waits_for_a_person(home: Path, server: MessagesServer) -> None:
    server.answer(an_order)
    done = await ask(home, UNSURE, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert set(answer) == {"reply", "intent", "verdict", "ticket", "order"}
    assert answer["intent"]["intent"] == "buy"
    assert answer["verdict"]["passed"] is True
    assert (answer["ticket"]["state"], answer["order"]) == ("pending", None)
    assert await ordered(home) == []
    ticket = answer["ticket"]["id"]
    done = await kit_beside(home, "approve", ticket, "--demo", "--json")
    assert json.loads(done.stdout)["order"]["status"] == "filled"


async def test_approve_is_refused_for_what_a_model_read(home: Path, server: MessagesServer) -> None:
    server.answer(an_order)
    done = await ask(home, UNSURE, "--approve", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    assert (answer["ticket"]["state"], answer["order"]) == ("pending", None)
    assert "a model read the message: not approved" in answer["reply"]
    assert await ordered(home) == []


async def test_without_a_key_conversation_fails_and_requests_are_answered(home: Path) -> None:
    done = await ask(home, TALK, key="")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "kit connect anthropic" in done.stderr
    plain = await ask(home, "Analyze ETH", key="")
    assert (plain.returncode, plain.stderr) == (0, "")
    bought = await ask(home, "Buy BTC for $100", "--approve", "--json", key="")
    assert json.loads(bought.stdout)["order"]["status"] == "filled"


FAILURES: dict[str, tuple[Entry, str]] = {
    "key refused": (Status(401), "Claude refused the API key."),
    "overloaded": (Status(529, kind="overloaded_error"), "Claude has trouble on its side."),
    "no credit": (Status(402, kind="billing_error"), "The spending limit or the balance"),
    "model gone": (Status(404), "claude-sonnet-5-5 is not available to this key."),
    "cut": (reply(text("The trend is", stopped=False), Cut()), "Claude's answer broke off."),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_model_that_fails_is_told_in_a_line_and_never_orders(
    name: str, home: Path, server: MessagesServer
) -> None:
    failure, said = FAILURES[name]
    server.always = failure
    done = await ask(home, TALK, "--approve", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    assert said in answer["reply"]
    assert {part: answer[part] for part in NOTHING} == NOTHING
    # The analysis is code's own and stands.
    analysed = await ask(home, "Analyze ETH")
    assert (analysed.returncode, analysed.stderr) == (0, "")
    assert f"Nothing was added: {said}" in analysed.stdout


async def test_a_sentence_that_no_model_reads_is_asked_about(
    home: Path, server: MessagesServer
) -> None:
    server.always = reply(text("{", stopped=False), Cut())
    done = await ask(home, UNSURE, "--approve")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert await ordered(home) == []


async def test_a_cut_answer_keeps_its_part_and_says_so(home: Path, server: MessagesServer) -> None:
    server.answer(reply(text("The trend is", stopped=False), Cut()))
    done = await ask(home, TALK)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The trend is")
    assert "Claude's answer broke off." in done.stderr


async def test_a_server_that_is_down_is_said_to_be(tmp_path: Path) -> None:
    home = model_settings(tmp_path, "http://127.0.0.1:9")
    done = await ask(home, TALK)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Claude is not reachable.")
    assert len(done.stderr.splitlines()) == 1


async def test_a_budget_that_is_used_up_ends_it_before_a_call(
    tmp_path: Path, server: MessagesServer
) -> None:
    home = model_settings(tmp_path, server.url, day_budget="0.0001")
    done = await ask(home, TALK)
    assert done.returncode == 1
    assert "The day's budget of $0.00 for the model is used up." in done.stderr
    assert server.bodies == []


async def test_the_key_of_the_vault_needs_its_passphrase(
    home: Path, server: MessagesServer
) -> None:
    opened = {"KIT_VAULT_PASSPHRASE": PASSPHRASE}
    words = ("connect", "anthropic", "--stdin")
    done = await kit_beside(home, *words, stdin=f"{KEY}\n", **opened)
    assert done.returncode == 0, done.stderr
    server.answer("From the vault.")
    done = await kit_beside(home, "ask", TALK, "--demo", **opened)
    assert (done.returncode, done.stdout) == (0, "From the vault.\n")
    locked = await kit_beside(home, "ask", TALK, "--demo")
    assert locked.returncode == 1
    assert "need their passphrase" in locked.stderr
    wrong = await kit_beside(home, "ask", TALK, "--demo", KIT_VAULT_PASSPHRASE="not that one")
    assert wrong.returncode == 1
    assert "does not open the vault" in wrong.stderr


async def test_what_code_answers_loads_no_client_library(
    home: Path, server: MessagesServer
) -> None:
    held = {"ANTHROPIC_API_KEY": KEY, "PYTHONPROFILEIMPORTTIME": "1"}
    for words in (
        ("ask", "Buy BTC for $100", "--approve"), ("positions",), ("risk",), ("orders",),
        ("why",), ("ask", "what are my risk limits?"),
    ):  # fmt: skip
        done = await kit_beside(home, *words, "--demo", **held)
        assert done.returncode == 0, words
        loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert "kit_tui.gateway.model_turns" in loaded
        assert not loaded & {"anthropic", "httpx2"}, words
    assert server.seen == []
